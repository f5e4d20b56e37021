#include "make.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "make_extensions.h"
#include "make_names.h"

enum { SERIAL_MAX = 21, SIGNATURE_SIZE = 64 };

static void add_key(struct maker *m, EVP_PKEY *key)
{
    if (key == NULL || m->key_count == MAKE_KEYS) {
        abort();
    }
    m->keys[m->key_count++] = key;
}

static EVP_PKEY *make_explicit_ec(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");

    if (key != NULL) {
        (void)EVP_PKEY_set_utf8_string_param(key, "encoding", "explicit");
    }
    return key;
}

static EVP_PKEY *make_rsa_pss(void)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
    EVP_PKEY *key = NULL;

    if (EVP_PKEY_keygen_init(context) != 1 ||
        EVP_PKEY_CTX_set_rsa_keygen_bits(context, 1024) != 1 ||
        EVP_PKEY_generate(context, &key) != 1) {
        abort();
    }
    EVP_PKEY_CTX_free(context);
    return key;
}

void maker_init(struct maker *m, uint64_t seed)
{
    *m = (struct maker){.chance = {seed}};
    add_key(m, EVP_RSA_gen(1024));
    add_key(m, EVP_RSA_gen(1031));
    add_key(m, make_rsa_pss());
    add_key(m, EVP_EC_gen("P-256"));
    add_key(m, EVP_EC_gen("brainpoolP384r1"));
    add_key(m, EVP_EC_gen("sect233k1"));
    add_key(m, make_explicit_ec());
    add_key(m, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    add_key(m, EVP_PKEY_Q_keygen(NULL, NULL, "X25519"));
    add_key(m, EVP_PKEY_Q_keygen(NULL, NULL, "ED448"));
}

void maker_clear(struct maker *m)
{
    for (size_t i = 0; i < m->key_count; i++) {
        EVP_PKEY_free(m->keys[i]);
    }
    m->key_count = 0;
}

static void set_serial(struct maker *m, X509 *x)
{
    uint8_t bytes[SERIAL_MAX];
    size_t len = chance_below(&m->chance, SERIAL_MAX);
    BIGNUM *number;

    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)chance_next(&m->chance);
    }
    number = BN_bin2bn(bytes, (int)len, NULL);
    BN_set_negative(number, chance_once_in(&m->chance, 8) ? 1 : 0);
    (void)BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
    BN_free(number);
}

/* Digits of a date that there is, mostly. */
static size_t put_date(struct chance *c, char *out, bool long_year)
{
    static const char *const zones[] = {"Z", "Z", "Z", "+0100", "-0930", "+1259", "-1300", "", "z"};
    size_t n = 0;

    if (long_year) {
        n += (size_t)sprintf(out, "%02u", (unsigned)chance_below(c, 100));
    }
    n += (size_t)sprintf(out + n, "%02u%02u%02u%02u%02u", (unsigned)chance_below(c, 100),
                         1 + (unsigned)chance_below(c, 12), 1 + (unsigned)chance_below(c, 31),
                         (unsigned)chance_below(c, 24), (unsigned)chance_below(c, 60));
    if (!chance_once_in(c, 8)) {
        n += (size_t)sprintf(out + n, "%02u", (unsigned)chance_below(c, 60));
    }
    if (chance_once_in(c, 16)) {
        n += (size_t)sprintf(out + n, ".%u", (unsigned)chance_below(c, 1000));
    }
    n += (size_t)sprintf(out + n, "%s", zones[chance_once_in(c, 4) ? chance_below(c, 9) : 0]);
    if (chance_once_in(c, 64)) {
        out[chance_below(c, n)] = '/';
    }
    return n;
}

static void set_time(struct maker *m, ASN1_TIME *time)
{
    bool long_year = chance_once_in(&m->chance, 2);
    char text[64];
    size_t n = put_date(&m->chance, text, long_year);

    (void)ASN1_STRING_set(time, text, (int)n);
    time->type = long_year ? V_ASN1_GENERALIZEDTIME : V_ASN1_UTCTIME;
}

static void set_signature(struct maker *m, X509 *x)
{
    static const int algorithms[] = {NID_sha256WithRSAEncryption, NID_ecdsa_with_SHA256,
                                     NID_ED25519, NID_sha1WithRSAEncryption};
    int nid = algorithms[chance_below(&m->chance, 4)];
    int params = chance_once_in(&m->chance, 2) ? V_ASN1_NULL : V_ASN1_UNDEF;
    uint8_t bytes[SIGNATURE_SIZE];
    const ASN1_BIT_STRING *signature;
    const X509_ALGOR *outer;

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)chance_next(&m->chance);
    }
    X509_get0_signature(&signature, &outer, x);
    (void)ASN1_BIT_STRING_set((ASN1_BIT_STRING *)signature, bytes, sizeof(bytes));
    (void)X509_ALGOR_set0((X509_ALGOR *)outer, OBJ_nid2obj(nid), params, NULL);
    (void)X509_ALGOR_set0((X509_ALGOR *)X509_get0_tbs_sigalg(x), OBJ_nid2obj(nid), params, NULL);
}

size_t maker_make(struct maker *m, uint8_t out[MADE_MAX])
{
    X509 *x = X509_new();
    unsigned char *end = out;
    int len;

    (void)X509_set_version(x, chance_once_in(&m->chance, 16) ? (long)chance_below(&m->chance, 5)
                                                             : X509_VERSION_3);
    set_serial(m, x);
    make_name(&m->chance, X509_get_issuer_name(x));
    make_name(&m->chance, X509_get_subject_name(x));
    set_time(m, X509_getm_notBefore(x));
    set_time(m, X509_getm_notAfter(x));
    (void)X509_set_pubkey(x, m->keys[chance_below(&m->chance, m->key_count)]);
    make_extensions(&m->chance, x);
    set_signature(m, x);
    len = i2d_X509(x, NULL);
    if (len > 0 && len <= MADE_MAX / 2) {
        (void)i2d_X509(x, &end);
    } else {
        len = 0;
    }
    X509_free(x);
    return (size_t)len;
}

/* A place to damage: the front more often than the rest, where keys and signatures are. */
static size_t damaged_place(struct maker *m, size_t len)
{
    return chance_below(&m->chance, chance_once_in(&m->chance, 2) && len > 256 ? 256 : len);
}

size_t maker_damage(struct maker *m, uint8_t out[MADE_MAX], size_t len)
{
    size_t at = damaged_place(m, len);
    size_t other = damaged_place(m, len);

    switch (chance_below(&m->chance, 7)) {
    case 0:
        return at; /* cut off */
    case 1:
        out[at] = (uint8_t)chance_next(&m->chance);
        return len;
    case 2: /* a length or a tag that is one off */
        out[at] = (uint8_t)(out[at] + (chance_once_in(&m->chance, 2) ? 1 : -1));
        return len;
    case 3: /* a byte too few */
        memmove(out + at, out + at + 1, len - at - 1);
        return len - 1;
    case 4: /* a byte too many */
        memmove(out + at + 1, out + at, len - at);
        return len + 1;
    case 5: /* bytes of another place */
        memmove(out + at, out + other, at + 8 < len && other + 8 < len ? 8 : 1);
        return len;
    default:
        out[at] ^= (uint8_t)(1U << chance_below(&m->chance, 8));
        return len;
    }
}
