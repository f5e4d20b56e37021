#include "verdict/weak.h"

enum { RSA_BITS_LEAST = 2048, EC_BITS_LEAST = 256, OID_MAX = 9 };

struct oid {
    uint8_t len, at[OID_MAX];
};

/* Signature algorithms over a broken hash. */
static const struct oid weak_algorithms[] = {
    {9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x02}}, /* md2WithRSAEncryption */
    {9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x03}}, /* md4WithRSAEncryption */
    {9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x04}}, /* md5WithRSAEncryption */
    {9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x05}}, /* sha1WithRSAEncryption */
    {7, {0x2A, 0x86, 0x48, 0xCE, 0x38, 0x04, 0x03}},             /* dsa-with-sha1 */
    {7, {0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x01}},             /* ecdsa-with-SHA1 */
    {5, {0x2B, 0x0E, 0x03, 0x02, 0x02}},                         /* OIW md4WithRSA */
    {5, {0x2B, 0x0E, 0x03, 0x02, 0x03}},                         /* OIW md5WithRSA */
    {5, {0x2B, 0x0E, 0x03, 0x02, 0x04}},                         /* OIW md4WithRSAEncryption */
    {5, {0x2B, 0x0E, 0x03, 0x02, 0x0D}},                         /* OIW dsaWithSHA */
    {5, {0x2B, 0x0E, 0x03, 0x02, 0x0F}},                         /* OIW shaWithRSASignature */
    {5, {0x2B, 0x0E, 0x03, 0x02, 0x18}},                         /* OIW md2WithRSASignature */
    {5, {0x2B, 0x0E, 0x03, 0x02, 0x19}},                         /* OIW md5WithRSASignature */
    {5, {0x2B, 0x0E, 0x03, 0x02, 0x1B}},                         /* OIW dsaWithSHA1 */
    {5, {0x2B, 0x0E, 0x03, 0x02, 0x1D}},                         /* OIW sha1WithRSASignature */
};

static const struct oid weak_hashes[] = {
    {8, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x02}}, /* md2 */
    {8, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x04}}, /* md4 */
    {8, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x05}}, /* md5 */
    {5, {0x2B, 0x0E, 0x03, 0x02, 0x1A}},                   /* sha1 */
};

static const struct oid rsa_pss = {9, {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A}};

static bool oid_is(struct span oid, const struct oid *known)
{
    return span_equal(oid, span_of(known->at, known->len));
}

static bool oid_is_among(struct span oid, const struct oid *known, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (oid_is(oid, &known[i])) {
            return true;
        }
    }
    return false;
}

/* Takes one element of at most 127 bytes: those of the parameters are no longer. */
static bool take_element(struct cursor *in, uint8_t tag, struct cursor *contents)
{
    struct span length, inside;

    if (!cursor_step(in, tag) || !cursor_take(in, 1, &length) || length.at[0] > 127 ||
        !cursor_take(in, length.at[0], &inside)) {
        return false;
    }
    *contents = cursor_over(inside);
    return true;
}

/* RFC 4055, section 3.1: RSASSA-PSS-params, of which [0] names the hash; SHA-1 when absent. */
static bool pss_hash_is_weak(struct span params)
{
    struct cursor in = cursor_over(params);
    struct cursor sequence, tagged, algorithm, oid;

    if (!take_element(&in, 0x30, &sequence)) {
        return false;
    }
    if (sequence.rest.len == 0 || sequence.rest.at[0] != 0xA0) {
        return true;
    }
    if (!take_element(&sequence, 0xA0, &tagged) || !take_element(&tagged, 0x30, &algorithm) ||
        !take_element(&algorithm, 0x06, &oid)) {
        return false;
    }
    return oid_is_among(oid.rest, weak_hashes, sizeof(weak_hashes) / sizeof(weak_hashes[0]));
}

bool weak_key(const struct cert_key *key)
{
    switch (key->type) {
    case KEY_RSA:
    case KEY_RSA_PSS:
        return key->bits > 0 && key->bits < RSA_BITS_LEAST;
    case KEY_EC:
        return key->bits > 0 && key->bits < EC_BITS_LEAST;
    case KEY_DSA:
        return true;
    default:
        return false;
    }
}

bool weak_signature(const struct cert *cert)
{
    if (oid_is(cert->signature_algorithm, &rsa_pss)) {
        return pss_hash_is_weak(cert->signature_params);
    }
    return oid_is_among(cert->signature_algorithm, weak_algorithms,
                        sizeof(weak_algorithms) / sizeof(weak_algorithms[0]));
}
