#include "kms/vault/deal.h"

enum { ENCODED_VERSION = 1, ENCODED_HEAD = 4 };

void vault_public_encode(const struct vault_public *public, struct buffer *out)
{
    buffer_add_byte(out, ENCODED_VERSION);
    buffer_add_byte(out, (uint8_t) public->curve);
    buffer_add_byte(out, (uint8_t) public->quorum);
    buffer_add_byte(out, (uint8_t) public->count);
    for (unsigned j = 0; j < public->quorum; j++) {
        buffer_add(out, vault_point_span(&public->commitments[j]));
    }
}

static bool take_public(struct cursor *in, struct vault_public *out)
{
    struct span head, point;
    size_t size;

    if (!cursor_take(in, ENCODED_HEAD, &head) || head.at[0] != ENCODED_VERSION ||
        vault_point_size(head.at[1]) == 0) {
        return false;
    }
    *out = (struct vault_public){.curve = head.at[1], .quorum = head.at[2], .count = head.at[3]};
    size = vault_point_size(out->curve);
    if (out->quorum < VAULT_QUORUM_MIN || out->quorum > out->count ||
        out->count > VAULT_AGENTS_MAX) {
        return false;
    }
    for (unsigned j = 0; j < out->quorum; j++) {
        if (!cursor_take(in, size, &point)) {
            return false;
        }
        memcpy(out->commitments[j].at, point.at, size);
        out->commitments[j].len = size;
    }
    return in->rest.len == 0;
}

enum fault vault_public_decode(struct span bytes, struct vault_public *out, struct why *why)
{
    struct cursor in = cursor_over(bytes);
    struct vault_public public;
    struct vault *vault = NULL;
    enum fault fault;

    if (!take_public(&in, &public)) {
        return fault_at(FAULT_SYNTAX, in.offset, "these are not the public bytes of an escrow",
                        why);
    }
    fault = vault_open(&public, &vault, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    vault_close(vault);
    *out = public;
    return FAULT_NONE;
}

/* SubjectPublicKeyInfo up to the point: RFC 5480, 2. */
static const uint8_t spki_p256[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
static const uint8_t spki_p384[] = {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
                                    0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
                                    0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00};

/* The public key, not compressed. */
static bool put_key(struct vault *vault, uint8_t out[2 * VAULT_SCALAR_MAX + 1])
{
    struct group *group = vault_group(vault);
    struct point *key;

    group_begin(group);
    key = point_take(group);
    (void)point_decode(group, key, vault_public_key(vault_public(vault))); /* it is one */
    point_encode_whole(group, key, out);
    return group_end(group);
}

enum fault vault_public_spki(const struct vault_public *public, struct buffer *out, struct why *why)
{
    uint8_t point[2 * VAULT_SCALAR_MAX + 1];
    struct vault *vault = NULL;
    bool right;
    enum fault fault = vault_open(public, &vault, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    right = put_key(vault, point);
    vault_close(vault);
    if (!right) {
        return group_gave_out(why);
    }
    buffer_add(out, public->curve == VAULT_P256 ? span_of(spki_p256, sizeof(spki_p256))
                                                : span_of(spki_p384, sizeof(spki_p384)));
    buffer_add(out, span_of(point, 2 * vault_scalar_size(public->curve) + 1));
    return out->fault == FAULT_NONE ? FAULT_NONE : fault_at(out->fault, 0, "out of memory", why);
}
