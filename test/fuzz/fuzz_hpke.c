#include "kms/people/hpke.h"

#include <stdlib.h>

/*
 * Any bytes as a sealed box: opening it comes to its end, and gives nothing unless it was sealed to
 * this key. The same bytes, sealed, come back; with one bit turned, they do not.
 */

/* The recipient of the test vector of RFC 9180, which is among the seeds. */
static const uint8_t private_key[HPKE_KEY_SIZE] = {
    0x49, 0x7b, 0x45, 0x02, 0x66, 0x4c, 0xfe, 0xa5, 0xd5, 0xaf, 0x0b, 0x39, 0x93, 0x4d, 0xac, 0x72,
    0x24, 0x2a, 0x74, 0xf8, 0x48, 0x04, 0x51, 0xe1, 0xae, 0xe7, 0xd6, 0xa5, 0x33, 0x20, 0x33, 0x3d,
};

static void hold(bool what)
{
    if (!what) {
        abort();
    }
}

static void open_any(struct span private, struct span sealed)
{
    struct secret got = {0};
    struct why why = {0};
    enum fault fault = hpke_open(private, span_text("Ode on a Grecian Urn"), span_text("Count-0"),
                                 sealed, &got, &why);

    hold((fault == FAULT_NONE) == (got.at != NULL));
    hold((fault == FAULT_NONE) == (why.rule == NULL));
    hold(fault != FAULT_NONE || got.len + HPKE_OVERHEAD == sealed.len);
    hold((fault == FAULT_SYNTAX) == (sealed.len < HPKE_OVERHEAD));
    secret_clear(&got);
}

static void come_back(struct span private, struct span plain)
{
    struct buffer sealed = buffer_with_max(HPKE_PLAIN_MAX + HPKE_OVERHEAD);
    size_t bit = plain.len > 1 ? (size_t)plain.at[0] << 8 | plain.at[1] : 0;
    uint8_t public[HPKE_KEY_SIZE];
    struct secret got = {0};
    struct why why = {0};

    hold(hpke_public(private, public, &why) == FAULT_NONE);
    hold(hpke_seal(public, plain, plain, plain, &sealed, &why) == FAULT_NONE);
    hold(hpke_open(private, plain, plain, buffer_span(&sealed), &got, &why) == FAULT_NONE);
    hold(span_equal(secret_span(&got), plain));
    secret_clear(&got);
    bit %= sealed.len * 8;
    sealed.at[bit / 8] ^= (uint8_t)(1 << bit % 8);
    hold(hpke_open(private, plain, plain, buffer_span(&sealed), &got, &why) == FAULT_DENIED);
    hold(got.at == NULL);
    buffer_clear(&sealed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct span private = span_of(private_key, sizeof(private_key));
    uint8_t *bytes = malloc(size > 0 ? size : 1);

    hold(bytes != NULL);
    memcpy(bytes, data, size);
    open_any(private, span_of(bytes, size));
    come_back(private, span_upto(span_of(bytes, size), HPKE_PLAIN_MAX));
    free(bytes);
    return 0;
}
