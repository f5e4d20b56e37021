#include "kms/people/lock.h"

#include <assert.h>
#include <sys/mman.h>

#include <argon2.h>

#include "kms/people/aead.h"
#include "kms/people/random.h"
#include "kms/people/transcript.h"

enum {
    MAGIC_SIZE = 4,
    NUMBER_SIZE = 4,
    SALT_SIZE = 16,
    SALT_AT = MAGIC_SIZE + 3 * NUMBER_SIZE,
    NONCE_AT = SALT_AT + SALT_SIZE,
    HEAD_SIZE = NONCE_AT + AEAD_NONCE_SIZE,
    LANE_KIB_MIN = 8, /* RFC 9106, section 3.1 */
};

static_assert(HEAD_SIZE + AEAD_TAG_SIZE == LOCK_OVERHEAD, "the header says how much longer it is");

static const uint8_t magic[MAGIC_SIZE] = {'K', 'R', 'L', '1'};

static void put_number(uint8_t *at, uint32_t n)
{
    for (size_t i = NUMBER_SIZE; i > 0; i--) {
        at[i - 1] = (uint8_t)n;
        n >>= 8;
    }
}

static uint32_t number_at(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool is_in_bounds(struct lock_cost cost)
{
    return cost.passes >= 1 && cost.passes <= LOCK_PASSES_MAX && cost.lanes >= 1 &&
           cost.lanes <= LOCK_LANES_MAX && cost.memory_kib >= LANE_KIB_MIN * cost.lanes &&
           cost.memory_kib <= LOCK_MEMORY_KIB_MAX;
}

/*
 * The memory that Argon2 works in, from which the key could be computed: not dumped, locked where
 * it may be, and never a part of the heap. libargon2 wipes it before it gives it back.
 */
static int take_memory(uint8_t **out, size_t len)
{
    void *pages = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED) {
        *out = NULL;
        return ARGON2_MEMORY_ALLOCATION_ERROR;
    }
    (void)madvise(pages, len, MADV_DONTDUMP);
    (void)mlock(pages, len);
    *out = pages;
    return ARGON2_OK;
}

static void free_memory(uint8_t *memory, size_t len)
{
    if (memory != NULL) {
        (void)munmap(memory, len);
    }
}

static enum fault key_make(const struct secret *passphrase, struct lock_cost cost,
                           const uint8_t *salt, struct secret *key, struct why *why)
{
    enum fault fault = secret_new(AEAD_KEY_SIZE, key, why);
    argon2_context context = {
        .outlen = AEAD_KEY_SIZE,
        .pwd = passphrase->at,
        .pwdlen = (uint32_t)passphrase->len,
        .salt = (uint8_t *)(uintptr_t)salt, /* libargon2 does not write to it */
        .saltlen = SALT_SIZE,
        .t_cost = cost.passes,
        .m_cost = cost.memory_kib,
        .lanes = cost.lanes,
        .threads = cost.lanes,
        .allocate_cbk = take_memory,
        .free_cbk = free_memory,
        .version = ARGON2_VERSION_13,
    };

    if (fault != FAULT_NONE) {
        return fault;
    }
    context.out = key->at;
    if (argon2id_ctx(&context) != ARGON2_OK) {
        secret_clear(key);
        return fault_at(FAULT_RESOURCE, 0, "no memory or threads for Argon2id", why);
    }
    return FAULT_NONE;
}

/* What is authenticated beside the locked bytes. */
static enum fault bind_to(struct span head, struct span context, uint8_t aad[TRANSCRIPT_SIZE],
                          struct why *why)
{
    struct transcript t = transcript_begin("keyroster lock v1");

    transcript_add(&t, head);
    transcript_add(&t, context);
    return transcript_end(&t, aad, why);
}

static enum fault head_make(struct lock_cost cost, uint8_t head[HEAD_SIZE], struct why *why)
{
    memcpy(head, magic, MAGIC_SIZE);
    put_number(head + MAGIC_SIZE, cost.passes);
    put_number(head + MAGIC_SIZE + NUMBER_SIZE, cost.memory_kib);
    put_number(head + MAGIC_SIZE + 2 * NUMBER_SIZE, cost.lanes);
    return random_bytes(head + SALT_AT, HEAD_SIZE - SALT_AT, why); /* salt and nonce */
}

enum fault lock_seal(const struct secret *passphrase, struct lock_cost cost, struct span context,
                     struct span plain, struct buffer *out, struct why *why)
{
    uint8_t aad[TRANSCRIPT_SIZE];
    struct secret key = {0};
    enum fault fault;
    uint8_t *room;

    if (plain.len > LOCK_PLAIN_MAX) {
        return fault_at(FAULT_LIMIT, LOCK_PLAIN_MAX, "more than 64 KiB to lock", why);
    }
    if (!is_in_bounds(cost)) {
        return fault_at(FAULT_LIMIT, 0, "RFC 9106: a cost that is out of bounds", why);
    }
    room = buffer_room(out, plain.len + LOCK_OVERHEAD);
    if (room == NULL) {
        return fault_at(out->fault, 0, "no room for what is locked", why);
    }
    fault = head_make(cost, room, why);
    if (fault == FAULT_NONE) {
        fault = bind_to(span_of(room, HEAD_SIZE), context, aad, why);
    }
    if (fault == FAULT_NONE) {
        fault = key_make(passphrase, cost, room + SALT_AT, &key, why);
    }
    if (fault == FAULT_NONE) {
        fault = aead_seal((struct aead_key){key.at, room + NONCE_AT}, span_of(aad, sizeof(aad)),
                          plain, room + HEAD_SIZE, why);
    }
    secret_clear(&key);
    if (fault == FAULT_NONE) {
        out->len += plain.len + LOCK_OVERHEAD;
    }
    return fault;
}

static enum fault head_read(struct span locked, struct lock_cost *cost, struct why *why)
{
    if (locked.len < LOCK_OVERHEAD) {
        return fault_at(FAULT_SYNTAX, locked.len, "locked bytes that are cut off", why);
    }
    if (memcmp(locked.at, magic, MAGIC_SIZE) != 0) {
        return fault_at(FAULT_SYNTAX, 0, "these bytes were not locked by keyroster", why);
    }
    if (locked.len > LOCK_PLAIN_MAX + LOCK_OVERHEAD) {
        return fault_at(FAULT_LIMIT, LOCK_PLAIN_MAX, "more than 64 KiB of locked bytes", why);
    }
    *cost = (struct lock_cost){
        .passes = number_at(locked.at + MAGIC_SIZE),
        .memory_kib = number_at(locked.at + MAGIC_SIZE + NUMBER_SIZE),
        .lanes = number_at(locked.at + MAGIC_SIZE + 2 * NUMBER_SIZE),
    };
    if (!is_in_bounds(*cost)) {
        return fault_at(FAULT_LIMIT, MAGIC_SIZE, "RFC 9106: a cost that is out of bounds", why);
    }
    return FAULT_NONE;
}

enum fault lock_open(const struct secret *passphrase, struct span context, struct span locked,
                     struct secret *out, struct why *why)
{
    uint8_t aad[TRANSCRIPT_SIZE];
    struct secret key = {0};
    struct lock_cost cost;
    enum fault fault = head_read(locked, &cost, why);

    if (fault == FAULT_NONE) {
        fault = bind_to(span_upto(locked, HEAD_SIZE), context, aad, why);
    }
    if (fault == FAULT_NONE) {
        fault = key_make(passphrase, cost, locked.at + SALT_AT, &key, why);
    }
    if (fault == FAULT_NONE) {
        fault = aead_open((struct aead_key){key.at, locked.at + NONCE_AT},
                          span_of(aad, sizeof(aad)), span_from(locked, HEAD_SIZE), out, why);
    }
    secret_clear(&key);
    if (fault == FAULT_DENIED) {
        return fault_at(fault, 0, "a wrong passphrase, or the locked bytes were altered", why);
    }
    return fault;
}
