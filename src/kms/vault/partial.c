#include "kms/vault/partial.h"

#include "kms/people/transcript.h"

#include <stdlib.h>

#include <openssl/crypto.h>

enum { ENCODED_VERSION = 1, ENCODED_HEAD = 3 };

/* The statement of a proof: log_R D = log_G Y, of one agent, for one context. */
struct statement {
    unsigned index;
    struct span context;
    const struct point *share;     /* Y */
    const struct point *ephemeral; /* R */
    const struct point *result;    /* D */
};

static const char *const not_a_point = "the envelope's point is not on the recovery key's curve";
static const char *const not_proven = "the partial result's proof does not hold";

static void add_point(struct transcript *t, struct group *group, const struct point *p)
{
    struct vault_point encoded;

    point_encode(group, p, &encoded);
    transcript_add(t, vault_point_span(&encoded));
    OPENSSL_cleanse(&encoded, sizeof(encoded));
}

/* c, of the statement and of the commitments A = k·G and B = k·R. */
static enum fault make_challenge(struct vault *vault, const struct statement *s,
                                 const struct point *a, const struct point *b,
                                 uint8_t out[PARTIAL_CHALLENGE], struct why *why)
{
    const struct vault_public *public = vault_public(vault);
    struct group *group = vault_group(vault);
    struct transcript t = transcript_begin("keyroster partial proof v1");

    transcript_add_number(&t, public->curve);
    transcript_add(&t, vault_public_key(public));
    transcript_add_number(&t, s->index);
    add_point(&t, group, s->share);
    add_point(&t, group, s->ephemeral);
    add_point(&t, group, s->result);
    add_point(&t, group, a);
    add_point(&t, group, b);
    transcript_add(&t, s->context);
    return transcript_end(&t, out, why);
}

enum fault partial_context(struct span request, struct span serial, struct span agent,
                           uint8_t out[PARTIAL_CONTEXT], struct why *why)
{
    struct transcript t = transcript_begin("keyroster partial context v1");

    transcript_add(&t, request);
    transcript_add(&t, serial);
    transcript_add(&t, agent);
    return transcript_end(&t, out, why);
}

/* k, of the share, of what it is for, and of fresh randomness. */
static enum fault make_nonce(struct vault *vault, const struct scalar *share, unsigned index,
                             const struct point *ephemeral, struct span context, struct scalar *out,
                             struct why *why)
{
    struct transcript t = transcript_begin("keyroster partial nonce v1");
    uint8_t message[TRANSCRIPT_SIZE];
    enum fault fault;

    transcript_add(&t, vault_public_key(vault_public(vault)));
    transcript_add_number(&t, index);
    add_point(&t, vault_group(vault), ephemeral);
    transcript_add(&t, context);
    fault = transcript_end(&t, message, why);
    if (fault == FAULT_NONE) {
        scalar_nonce(vault_group(vault), out, share, span_of(message, sizeof(message)));
    }
    return fault;
}

/* D, and the proof by the nonce `k`. Within a frame. */
static enum fault prove(struct vault *vault, struct statement *s, const struct scalar *share,
                        const struct scalar *k, struct partial *out, struct why *why)
{
    struct group *group = vault_group(vault);
    struct point *result = point_take(group);
    struct point *a = point_take(group);
    struct point *b = point_take(group);
    struct scalar *c = scalar_take(group);
    struct scalar *z = scalar_take(group);
    enum fault fault;

    point_multiply(group, result, share, s->ephemeral);
    point_multiply(group, a, k, NULL);
    point_multiply(group, b, k, s->ephemeral);
    s->result = result;
    fault = make_challenge(vault, s, a, b, out->challenge, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    scalar_reduce(group, c, span_of(out->challenge, PARTIAL_CHALLENGE));
    scalar_multiply(group, z, c, share);
    scalar_add(group, z, z, k);
    point_encode(group, result, &out->result);
    scalar_encode(group, z, out->response);
    return FAULT_NONE;
}

/* Within a frame; `nonce` is NULL where it is to be drawn. */
static enum fault make_in_frame(struct vault *vault, struct statement *s,
                                const struct secret *share, struct span ephemeral,
                                const struct secret *nonce, struct partial *out, struct why *why)
{
    struct group *group = vault_group(vault);
    struct scalar *secret = scalar_take(group);
    struct scalar *k = scalar_take(group);
    struct point *r = point_take(group);
    enum fault fault = FAULT_NONE;

    if (!point_decode(group, r, ephemeral)) {
        return fault_at(FAULT_SYNTAX, 0, not_a_point, why);
    }
    if (!scalar_decode(group, secret, secret_span(share))) {
        return fault_at(FAULT_DENIED, 0, "the share is not this recovery agent's", why);
    }
    s->ephemeral = r;
    if (nonce == NULL) {
        fault = make_nonce(vault, secret, s->index, r, s->context, k, why);
    } else if (!scalar_decode(group, k, secret_span(nonce)) || scalar_is_zero(group, k)) {
        fault = fault_at(FAULT_SYNTAX, 0, "a nonce is from 1 to the order less 1", why);
    }
    return fault != FAULT_NONE ? fault : prove(vault, s, secret, k, out, why);
}

static enum fault make(struct vault *vault, unsigned index, const struct secret *share,
                       struct span ephemeral, struct span context, const struct secret *nonce,
                       struct partial *out, struct why *why)
{
    struct group *group = vault_group(vault);
    struct partial made = {.curve = group_curve(group), .index = index};
    struct statement s = {.index = index, .context = context};
    enum fault fault = vault_share_fits(vault, index, share, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    s.share = vault_share_point(vault, index);
    group_begin(group);
    fault = make_in_frame(vault, &s, share, ephemeral, nonce, &made, why);
    if (!group_end(group)) {
        fault = group_gave_out(why);
    }
    if (fault == FAULT_NONE) {
        *out = made;
    }
    partial_clear(&made);
    return fault;
}

enum fault partial_make(struct vault *vault, unsigned index, const struct secret *share,
                        struct span ephemeral, struct span context, struct partial *out,
                        struct why *why)
{
    return make(vault, index, share, ephemeral, context, NULL, out, why);
}

enum fault partial_make_with_nonce(struct vault *vault, unsigned index, const struct secret *share,
                                   struct span ephemeral, struct span context,
                                   const struct secret *nonce, struct partial *out, struct why *why)
{
    return make(vault, index, share, ephemeral, context, nonce, out, why);
}

/* out = z·p - c·q; G where p is NULL. */
static void subtract_multiples(struct group *group, struct point *out, const struct scalar *z,
                               const struct point *p, const struct scalar *c, const struct point *q)
{
    struct point *other;

    group_begin(group);
    other = point_take(group);
    point_multiply(group, out, z, p);
    point_multiply(group, other, c, q);
    point_subtract(group, out, out, other);
    (void)group_end(group);
}

/* Whether the proof holds of the statement, whose points are decoded. Within a frame. */
static enum fault verify(struct vault *vault, const struct statement *s,
                         const struct partial *partial, struct why *why)
{
    struct group *group = vault_group(vault);
    struct point *a = point_take(group);
    struct point *b = point_take(group);
    struct scalar *c = scalar_take(group);
    struct scalar *z = scalar_take(group);
    uint8_t challenge[PARTIAL_CHALLENGE];
    enum fault fault;

    if (!scalar_decode(group, z,
                       span_of(partial->response, vault_scalar_size(group_curve(group))))) {
        return fault_at(FAULT_DENIED, 0, not_proven, why);
    }
    scalar_reduce(group, c, span_of(partial->challenge, PARTIAL_CHALLENGE));
    subtract_multiples(group, a, z, NULL, c, s->share);
    subtract_multiples(group, b, z, s->ephemeral, c, s->result);
    fault = make_challenge(vault, s, a, b, challenge, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    return CRYPTO_memcmp(challenge, partial->challenge, PARTIAL_CHALLENGE) == 0
               ? FAULT_NONE
               : fault_at(FAULT_DENIED, 0, not_proven, why);
}

enum fault partial_check_point(struct vault *vault, const struct point *ephemeral,
                               struct span context, const struct partial *partial,
                               struct point *result, struct why *why)
{
    struct group *group = vault_group(vault);
    const struct vault_public *public = vault_public(vault);
    struct statement s = {partial->index, context, NULL, ephemeral, result};
    enum fault fault;

    if (partial->curve != public->curve || partial->index < 1 || partial->index > public->count) {
        return fault_at(FAULT_DENIED, 0, "the partial result is of no agent of this escrow", why);
    }
    s.share = vault_share_point(vault, partial->index);
    if (s.share == NULL) {
        return group_gave_out(why);
    }
    group_begin(group);
    if (partial->result.len == vault_point_size(public->curve) &&
        point_decode(group, result, vault_point_span(&partial->result))) {
        fault = verify(vault, &s, partial, why);
    } else {
        fault = fault_at(FAULT_DENIED, 0, not_proven, why);
    }
    return group_end(group) ? fault : group_gave_out(why);
}

enum fault partial_check(struct vault *vault, struct span ephemeral, struct span context,
                         const struct partial *partial, struct why *why)
{
    struct group *group = vault_group(vault);
    struct point *r, *result;
    enum fault fault;

    group_begin(group);
    r = point_take(group);
    result = point_take(group);
    if (point_decode(group, r, ephemeral)) {
        fault = partial_check_point(vault, r, context, partial, result, why);
    } else {
        fault = fault_at(FAULT_SYNTAX, 0, not_a_point, why);
    }
    return group_end(group) ? fault : group_gave_out(why);
}

size_t partial_size(enum vault_curve curve)
{
    const size_t scalar = vault_scalar_size(curve);

    return scalar == 0 ? 0 : ENCODED_HEAD + vault_point_size(curve) + PARTIAL_CHALLENGE + scalar;
}

size_t partial_encode(const struct partial *partial, uint8_t out[PARTIAL_MAX])
{
    const size_t point = vault_point_size(partial->curve);
    uint8_t *at = out + ENCODED_HEAD;

    out[0] = ENCODED_VERSION;
    out[1] = (uint8_t)partial->curve;
    out[2] = (uint8_t)partial->index;
    memcpy(at, partial->result.at, point);
    memcpy(at + point, partial->challenge, PARTIAL_CHALLENGE);
    memcpy(at + point + PARTIAL_CHALLENGE, partial->response, vault_scalar_size(partial->curve));
    return partial_size(partial->curve);
}

enum fault partial_decode(struct span bytes, struct partial *out, struct why *why)
{
    struct partial read = {0};
    const uint8_t *at;

    if (bytes.len < ENCODED_HEAD || bytes.at[0] != ENCODED_VERSION ||
        partial_size(bytes.at[1]) != bytes.len) {
        return fault_at(FAULT_SYNTAX, 0, "these bytes are not a partial result", why);
    }
    read.curve = bytes.at[1];
    read.index = bytes.at[2];
    read.result.len = vault_point_size(read.curve);
    at = bytes.at + ENCODED_HEAD;
    memcpy(read.result.at, at, read.result.len);
    memcpy(read.challenge, at + read.result.len, PARTIAL_CHALLENGE);
    memcpy(read.response, at + read.result.len + PARTIAL_CHALLENGE, vault_scalar_size(read.curve));
    *out = read;
    partial_clear(&read);
    return FAULT_NONE;
}

void partial_clear(struct partial *partial)
{
    if (partial != NULL) {
        OPENSSL_cleanse(partial, sizeof *partial);
    }
}
