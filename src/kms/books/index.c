#include "kms/books/index.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "cert/digest.h"
#include "kms/people/random.h"
#include "verdict/address.h"

#define INDEX_MAX ((size_t)64 << 30)

/* A longer one is nobody's: a store keeps addresses of 254 bytes at most. */
enum { KEY_MAX = 2048, FIRST_SLOTS = 1 << 10 };

/* An address in the form that is the same for all ways to write it. */
struct indexed {
    const struct book_note *note;
    uint64_t hash;
    uint32_t length;
    uint8_t key[];
};

struct book_index {
    struct arena kept;
    struct indexed **slots; /* open addressing: a power of two, half of them empty at least */
    size_t slot_count, count;
    atomic_bool *seen; /* by number of the user */
    size_t users;
    uint64_t seed; /* so that nobody knows which addresses fall together */
};

/* FNV-1a, from a secret start. */
static uint64_t hash_of(const struct book_index *index, struct span key)
{
    uint64_t hash = 0xcbf29ce484222325U ^ index->seed;

    for (size_t i = 0; i < key.len; i++) {
        hash = (hash ^ key.at[i]) * 0x100000001b3U;
    }
    return hash ^ hash >> 32;
}

/* False where the address is too long to be anybody's. */
static bool key_of(struct span address, uint8_t *bytes, struct span *out)
{
    struct buffer key = {.at = bytes, .capacity = KEY_MAX, .max = KEY_MAX};

    address_add_key(&key, address);
    *out = buffer_span(&key);
    return key.fault == FAULT_NONE && key.len > 0;
}

/* The slot of the key, or the empty one where it belongs. */
static struct indexed **slot_of(const struct book_index *index, uint64_t hash, struct span key)
{
    size_t at = hash & (index->slot_count - 1);

    for (;; at = (at + 1) & (index->slot_count - 1)) {
        const struct indexed *there = index->slots[at];

        if (there == NULL ||
            (there->hash == hash && span_equal(span_of(there->key, there->length), key))) {
            return &index->slots[at];
        }
    }
}

static enum fault make_room(struct book_index *index)
{
    struct indexed **old = index->slots;
    const size_t old_count = index->slot_count;

    if (index->count + 1 <= old_count / 2) {
        return FAULT_NONE;
    }
    index->slot_count = old_count > 0 ? old_count * 2 : FIRST_SLOTS;
    index->slots = (struct indexed **)calloc(index->slot_count, sizeof(*index->slots));
    if (index->slots == NULL) {
        index->slots = old;
        index->slot_count = old_count;
        return FAULT_RESOURCE;
    }
    for (size_t i = 0; i < old_count; i++) {
        if (old[i] != NULL) {
            *slot_of(index, old[i]->hash, span_of(old[i]->key, old[i]->length)) = old[i];
        }
    }
    free((void *)old);
    return FAULT_NONE;
}

/* One that somebody has already stays his: the store has it once. */
static enum fault add_address(struct book_index *index, const struct book_note *note,
                              struct span address)
{
    uint8_t bytes[KEY_MAX];
    struct span key;
    struct indexed *added, **slot;

    if (!key_of(address, bytes, &key)) {
        return FAULT_NONE;
    }
    if (make_room(index) != FAULT_NONE) {
        return FAULT_RESOURCE;
    }
    slot = slot_of(index, hash_of(index, key), key);
    if (*slot != NULL) {
        return FAULT_NONE;
    }
    added = arena_take(&index->kept, sizeof(*added) + key.len);
    if (added == NULL) {
        return FAULT_RESOURCE;
    }
    *added =
        (struct indexed){.note = note, .hash = hash_of(index, key), .length = (uint32_t)key.len};
    memcpy(added->key, key.at, key.len);
    *slot = added;
    index->count++;
    return FAULT_NONE;
}

static enum fault digest_of(struct span der, uint8_t out[BOOK_DIGEST_SIZE])
{
    uint8_t whole[SHA256_SIZE];
    enum fault fault = digest_sha256(der, whole);

    if (fault == FAULT_NONE) {
        memcpy(out, whole, BOOK_DIGEST_SIZE);
    }
    return fault;
}

static enum fault add_user(struct book_index *index, const struct book_row *row,
                           const struct book_note *note)
{
    const size_t size = book_note_size(note->count);
    struct book_note *kept = arena_take(&index->kept, size);
    enum fault fault = kept != NULL ? FAULT_NONE : FAULT_RESOURCE;

    if (fault == FAULT_NONE) {
        memcpy(kept, note, size);
    }
    for (size_t i = 0; i < note->count && fault == FAULT_NONE; i++) {
        fault = digest_of(row->certificates[note->count - 1 - i].der, kept->certificates[i].digest);
    }
    if (fault == FAULT_NONE) {
        fault = add_address(index, kept, row->user.address);
    }
    for (size_t i = 0; i < row->address_count && fault == FAULT_NONE; i++) {
        fault = add_address(index, kept, row->addresses[i]);
    }
    index->users++;
    return fault;
}

enum fault book_index_new(struct ledger *ledger, struct book_index **out, struct why *why)
{
    struct book_index *index = calloc(1, sizeof(*index));
    struct book_row row;
    struct book_note *note = NULL;
    enum fault fault;

    if (index == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    index->kept = arena_with_max(INDEX_MAX);
    fault = random_bytes((uint8_t *)&index->seed, sizeof(index->seed), why);
    if (fault == FAULT_NONE && make_room(index) != FAULT_NONE) {
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (fault == FAULT_NONE) {
        fault = ledger_start(ledger, why);
    }
    while (fault == FAULT_NONE) {
        fault = ledger_next(ledger, &row, &note, why);
        if (fault == FAULT_NONE && add_user(index, &row, note) != FAULT_NONE) {
            fault = fault_at(FAULT_RESOURCE, 0, "out of memory for the index of the books", why);
        }
    }
    if (fault == FAULT_ABSENT) {
        index->seen = calloc(index->users + 1, sizeof(*index->seen));
        fault =
            index->seen != NULL ? FAULT_NONE : fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (fault != FAULT_NONE) {
        book_index_free(index);
        return fault;
    }
    *out = index;
    return FAULT_NONE;
}

void book_index_free(struct book_index *index)
{
    if (index == NULL) {
        return;
    }
    arena_clear(&index->kept);
    free((void *)index->slots);
    free(index->seen);
    free(index);
}

const struct book_note *book_index_find(const struct book_index *index, struct span address)
{
    uint8_t bytes[KEY_MAX];
    struct span key;
    const struct indexed *found;

    if (!key_of(address, bytes, &key)) {
        return NULL;
    }
    found = *slot_of(index, hash_of(index, key), key);
    return found != NULL ? found->note : NULL;
}

bool book_index_see(struct book_index *index, const struct book_note *note)
{
    return !atomic_exchange_explicit(&index->seen[note->number], true, memory_order_relaxed);
}

bool book_index_has_seen(const struct book_index *index, uint32_t number)
{
    return number < index->users &&
           atomic_load_explicit(&index->seen[number], memory_order_relaxed);
}

enum fault book_note_find(const struct book_note *note, struct span serial, struct span der,
                          uint32_t *out)
{
    uint8_t digest[BOOK_DIGEST_SIZE];
    bool has_digest = false;

    *out = 0;
    for (uint32_t i = 0; i < note->count; i++) {
        const struct book_certificate *c = &note->certificates[i];

        if (!span_equal(span_of(c->serial, c->serial_length), serial)) {
            continue;
        }
        if (!has_digest && digest_of(der, digest) != FAULT_NONE) {
            return FAULT_RESOURCE;
        }
        has_digest = true;
        if (memcmp(c->digest, digest, sizeof(digest)) == 0) {
            *out = i + 1;
            return FAULT_NONE;
        }
    }
    return FAULT_NONE;
}
