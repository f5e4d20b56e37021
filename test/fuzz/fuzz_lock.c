#include "kms/people/lock.h"

#include <stdlib.h>

/*
 * Any bytes as locked bytes: opening them comes to its end, within the cost that the format allows,
 * and gives nothing unless they were locked with this passphrase. The same bytes, locked, come
 * back; with one bit turned, they do not. The seeds are what test/unit/kms/make-locked prints, with
 * the cost raised or the end cut off.
 */
enum { HEAD_SIZE = 16, PASSES_AT = 4, MEMORY_AT = 8, PASSES_MAX = 3 };

static const struct lock_cost cheap = {.passes = 1, .memory_kib = 8, .lanes = 1};

static void hold(bool what)
{
    if (!what) {
        abort();
    }
}

/* A cost that is within bounds but takes seconds is made a small one; others stay. */
static void make_cheap(uint8_t *bytes, size_t size)
{
    uint8_t *memory = bytes + MEMORY_AT, *passes = bytes + PASSES_AT;

    if (size >= HEAD_SIZE && memory[0] == 0 && memory[1] <= LOCK_MEMORY_KIB_MAX >> 16) {
        memory[1] = 0;
        memory[2] = 0;
    }
    if (size >= HEAD_SIZE && passes[3] <= LOCK_PASSES_MAX) {
        passes[3] %= PASSES_MAX;
    }
}

static void open_any(const struct secret *passphrase, const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    struct secret got = {0};
    struct why why = {0};
    enum fault fault;

    hold(bytes != NULL);
    memcpy(bytes, data, size);
    make_cheap(bytes, size);
    fault = lock_open(passphrase, span_text("anna"), span_of(bytes, size), &got, &why);
    hold((fault == FAULT_NONE) == (got.at != NULL));
    hold((fault == FAULT_NONE) == (why.rule == NULL));
    hold(fault != FAULT_NONE || got.len + LOCK_OVERHEAD == size);
    hold(fault != FAULT_SYNTAX || size < LOCK_OVERHEAD || memcmp(bytes, "KRL1", 4) != 0);
    secret_clear(&got);
    free(bytes);
}

static void come_back(const struct secret *passphrase, const uint8_t *data, size_t size)
{
    struct buffer locked = buffer_with_max(LOCK_PLAIN_MAX + LOCK_OVERHEAD);
    const struct span plain = span_of(data, size < LOCK_PLAIN_MAX ? size : LOCK_PLAIN_MAX);
    size_t bit = size > 1 ? (size_t)data[0] << 8 | data[1] : 0;
    struct secret got = {0};
    struct why why = {0};

    hold(lock_seal(passphrase, cheap, plain, plain, &locked, &why) == FAULT_NONE);
    hold(lock_open(passphrase, plain, buffer_span(&locked), &got, &why) == FAULT_NONE);
    hold(span_equal(secret_span(&got), plain));
    secret_clear(&got);
    bit %= (locked.len - HEAD_SIZE) * 8; /* behind the cost, which may ask for more work */
    locked.at[HEAD_SIZE + bit / 8] ^= (uint8_t)(1 << bit % 8);
    hold(lock_open(passphrase, plain, buffer_span(&locked), &got, &why) == FAULT_DENIED);
    hold(got.at == NULL);
    buffer_clear(&locked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct secret passphrase = {0};
    struct why why;

    hold(secret_copy(span_text("hunter2"), &passphrase, &why) == FAULT_NONE);
    open_any(&passphrase, data, size);
    come_back(&passphrase, data, size);
    secret_clear(&passphrase);
    return 0;
}
