#include "cert/key.h"

#include "cert/name.h"

#include "build.h"

#define RSA     "300b 0609 2a864886f70d010101"
#define RSA_PSS "300b 0609 2a864886f70d01010a"

/* Explicit parameters of P-256 (RFC 3279, section 2.3.5), but for the generator. */
#define P256_FIELD                                                                                 \
    "0201 01 302c 0607 2a8648ce3d0101 0221 00ffffffff000000010000000000000000"                     \
    "00000000ffffffffffffffffffffffff"
#define P256_CURVE                                                                                 \
    "3044 0420 ffffffff00000001000000000000000000000000fffffffffffffffffffffffc"                   \
    "0420 5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b"
#define P256_ORDER "0221 00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551 0201 01"
#define P256_BASE  "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define OTHER_BASE "037cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978"
#define EXPLICIT(base)                                                                             \
    "3081d7 3081cc 0607 2a8648ce3d0201 3081c0 " P256_FIELD P256_CURVE "0421 " base P256_ORDER      \
    "0306 00 0400000000"

static const struct row {
    const char *name, *spki, *type; /* type NULL: an OID */
    uint32_t bits;
    const char *curve;
} rows[] = {
    {"RSA", "3018 " RSA " 0309 00 3006 0201 7f 0201 03", "RSA", 7, NULL},
    {"a zero in front of a modulus is no bit", "301a " RSA " 030b 00 3008 0203 008001 0201 03",
     "RSA", 16, NULL},
    {"a modulus that looks negative is not", "3018 " RSA " 0309 00 3006 0201 80 0201 03", "RSA", 8,
     NULL},
    {"RSA-PSS", "3018 " RSA_PSS " 0309 00 3006 0201 7f 0201 03", "RSA-PSS", 7, NULL},
    {"P-256", PART_EC_KEY, "EC", 256, "secp256r1"},
    {"P-384", "3016 3010 0607 2a8648ce3d0201 0605 2b81040022 0302 0004", "EC", 384, "secp384r1"},
    {"P-521", "3016 3010 0607 2a8648ce3d0201 0605 2b81040023 0302 0004", "EC", 521, "secp521r1"},
    {"a binary curve", "3016 3010 0607 2a8648ce3d0201 0605 2b8104001a 0302 0004", "EC", 233,
     "sect233k1"},
    {"Brainpool", "301a 3014 0607 2a8648ce3d0201 0609 2b2403030208010107 0302 0004", "EC", 256,
     "brainpoolP256r1"},
    {"a curve without a name of SECG",
     "3019 3013 0607 2a8648ce3d0201 0608 2a8648ce3d030104 0302 0004", "EC", 239, NULL},
    {"a curve nobody knows", "3012 300c 0607 2a8648ce3d0201 0601 2a 0302 0004", "EC", 0, NULL},
    {"an EC key without a curve", "300f 3009 0607 2a8648ce3d0201 0302 0004", "EC", 0, NULL},
    {"explicit parameters of a known curve", EXPLICIT(P256_BASE), "EC", 256, "secp256r1"},
    {"… with another generator are another curve's", EXPLICIT(OTHER_BASE), "EC", 256, NULL},
    {"Ed25519", "300b 3005 0603 2b6570 0302 00aa", "Ed25519", 256, NULL},
    {"a key without an octet is none", "3009 3005 0603 2b6570 0300", NULL, 0, NULL},
    {"X25519", "300b 3005 0603 2b656e 0302 00aa", "X25519", 256, NULL},
    {"Ed448", "300b 3005 0603 2b6571 0302 00aa", "Ed448", 456, NULL},
    {"X448", "300b 3005 0603 2b656f 0302 00aa", "X448", 448, NULL},
    {"DSA, by its prime", "301b 3014 0607 2a8648ce380401 3009 0201 7f 0201 03 0201 02 0303 00 0201",
     "DSA", 7, NULL},
    {"DSA with inherited parameters", "3010 3009 0607 2a8648ce380401 0303 00 0201", "DSA", 0, NULL},
    {"RSA whose key is none", "3012 " RSA " 0303 00 0500", "RSA", 0, NULL},
    {"RSA without a key", "3010 " RSA " 0301 00", "RSA", 0, NULL},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct built b = {0};
    struct cursor in;
    struct span spki = {0};
    struct cert_key key;
    const char *type, *curve;
    uint8_t *block;

    build_hex(&b, row->spki);
    block = exact_copy((const char *)b.at, b.len);
    in = cursor_over(span_of(block, b.len));
    if (row->type == NULL) {
        assert_false(key_take(&in, &spki, &key)); /* a BIT STRING without an octet */
        assert_int_equal(in.offset, 0);
        free(block);
        return;
    }
    assert_true(key_take(&in, &spki, &key));
    assert_int_equal(spki.len, b.len);
    type = key_type_name(key.type);
    assert_string_equal(type, row->type);
    assert_int_equal(key.bits, row->bits);
    curve = curve_name(key.curve);
    assert_true((curve == NULL) == (row->curve == NULL));
    if (curve != NULL && row->curve != NULL) {
        assert_string_equal(curve, row->curve);
    }
    free(block);
}

#define EKU_MAIL  "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x04"
#define EKU_ANY   "\x06\x04\x55\x1d\x25\x00"
#define EKU_OTHER "\x06\x01\x2a"

enum { ABSENT = 1 << 15, SIGN = USAGE_DIGITAL_SIGNATURE, ENCIPHER = USAGE_KEY_ENCIPHERMENT };

static const struct purpose_row {
    const char *name;
    enum key_type type;
    unsigned usage;
    const char *eku; /* NULL: absent */
    enum purpose purpose;
} purpose_rows[] = {
    {"RSA can do both", KEY_RSA, ABSENT, NULL, PURPOSE_BOTH},
    {"EC can do both", KEY_EC, ABSENT, NULL, PURPOSE_BOTH},
    {"Ed25519 signs", KEY_ED25519, ABSENT, NULL, PURPOSE_SIGNING},
    {"X25519 encrypts", KEY_X25519, ABSENT, NULL, PURPOSE_ENCRYPTION},
    {"RSA-PSS signs", KEY_RSA_PSS, ABSENT, NULL, PURPOSE_SIGNING},
    {"DSA signs", KEY_DSA, ABSENT, NULL, PURPOSE_SIGNING},
    {"digitalSignature signs", KEY_RSA, SIGN, NULL, PURPOSE_SIGNING},
    {"nonRepudiation signs", KEY_RSA, USAGE_NON_REPUDIATION, NULL, PURPOSE_SIGNING},
    {"keyEncipherment encrypts with RSA", KEY_RSA, ENCIPHER, NULL, PURPOSE_ENCRYPTION},
    {"both bits do both", KEY_RSA, SIGN | ENCIPHER, NULL, PURPOSE_BOTH},
    {"keyAgreement encrypts with EC", KEY_EC, USAGE_KEY_AGREEMENT, NULL, PURPOSE_ENCRYPTION},
    {"keyAgreement is nothing to RSA", KEY_RSA, USAGE_KEY_AGREEMENT, NULL, PURPOSE_NEITHER},
    {"keyEncipherment is nothing to EC", KEY_EC, ENCIPHER, NULL, PURPOSE_NEITHER},
    {"dataEncipherment is nothing", KEY_RSA, USAGE_DATA_ENCIPHERMENT, NULL, PURPOSE_NEITHER},
    {"an authority's usage is neither", KEY_RSA, USAGE_KEY_CERT_SIGN, NULL, PURPOSE_NEITHER},
    {"no usage at all is neither", KEY_RSA, 0, NULL, PURPOSE_NEITHER},
    {"X25519 does not sign", KEY_X25519, SIGN, NULL, PURPOSE_NEITHER},
    {"Ed25519 does not encrypt", KEY_ED25519, USAGE_KEY_AGREEMENT, NULL, PURPOSE_NEITHER},
    {"mail is a purpose", KEY_RSA, ABSENT, EKU_MAIL, PURPOSE_BOTH},
    {"any is one", KEY_RSA, SIGN, EKU_ANY, PURPOSE_SIGNING},
    {"mail among others is one", KEY_RSA, ABSENT, EKU_OTHER EKU_MAIL, PURPOSE_BOTH},
    {"others are none", KEY_RSA, ABSENT, EKU_OTHER, PURPOSE_NEITHER},
    {"no purpose at all is none", KEY_RSA, ABSENT, "", PURPOSE_NEITHER},
};

static void purpose_row_holds(void **state)
{
    const struct purpose_row *row = *state;
    const char *eku = row->eku;
    size_t len = 0;
    struct cert cert = {.key = {.type = row->type}};

    if (row->usage != ABSENT) {
        cert.has_key_usage = true;
        cert.key_usage = (uint16_t)row->usage;
    }
    if (eku != NULL) {
        while (eku[len] == 0x06) { /* one OID after the other: they hold zero octets */
            len += 2 + (size_t)eku[len + 1];
        }
        cert.eku = span_of(eku, len);
    }
    assert_int_equal(cert_purpose(&cert), row->purpose);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + COUNT(purpose_rows)];
    size_t n = TESTS_OF(tests, rows, row_holds);

    (void)TESTS_OF(tests + n, purpose_rows, purpose_row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
