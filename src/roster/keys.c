#include "roster/keys.h"

#include <stdlib.h>
#include <string.h>

#include "cert/digest.h"

enum { SLOTS_FIRST = 1024 };

struct slot {
    struct key_id id;
    uint64_t mailbox; /* number plus one; 0: the slot is free */
    bool shared;
};

/* Open addressing; the keys are digests, so their first bytes are hash enough. */
struct keys {
    struct slot *slots;
    size_t size, used; /* size is a power of two */
};

enum fault key_id_of(const struct cert *cert, struct key_id *out)
{
    uint8_t digest[SHA256_SIZE];
    enum fault fault = digest_sha256(cert->spki, digest);

    if (fault == FAULT_NONE) {
        memcpy(out->bytes, digest, KEY_ID_SIZE);
    }
    return fault;
}

struct keys *keys_new(void)
{
    struct keys *keys = calloc(1, sizeof(*keys));

    if (keys == NULL) {
        return NULL;
    }
    keys->size = SLOTS_FIRST;
    keys->slots = calloc(keys->size, sizeof(*keys->slots));
    if (keys->slots == NULL) {
        free(keys);
        return NULL;
    }
    return keys;
}

void keys_free(struct keys *keys)
{
    if (keys != NULL) {
        free(keys->slots);
        free(keys);
    }
}

/* The slot that holds the key, or the free one where it belongs. */
static struct slot *find_slot(struct slot *slots, size_t size, const struct key_id *id)
{
    size_t at;

    memcpy(&at, id->bytes, sizeof(at));
    for (at &= size - 1;; at = (at + 1) & (size - 1)) {
        if (slots[at].mailbox == 0 || memcmp(&slots[at].id, id, sizeof(*id)) == 0) {
            return &slots[at];
        }
    }
}

static enum fault grow(struct keys *keys)
{
    size_t size = keys->size * 2;
    struct slot *slots = calloc(size, sizeof(*slots));

    if (slots == NULL) {
        return FAULT_RESOURCE;
    }
    for (size_t i = 0; i < keys->size; i++) {
        if (keys->slots[i].mailbox != 0) {
            *find_slot(slots, size, &keys->slots[i].id) = keys->slots[i];
        }
    }
    free(keys->slots);
    keys->slots = slots;
    keys->size = size;
    return FAULT_NONE;
}

enum fault keys_note(struct keys *keys, const struct key_id *id, uint64_t mailbox)
{
    struct slot *slot;

    if (keys->used * 4 >= keys->size * 3 && grow(keys) != FAULT_NONE) {
        return FAULT_RESOURCE;
    }
    slot = find_slot(keys->slots, keys->size, id);
    if (slot->mailbox == 0) {
        *slot = (struct slot){.id = *id, .mailbox = mailbox + 1};
        keys->used++;
    } else if (slot->mailbox != mailbox + 1) {
        slot->shared = true;
    }
    return FAULT_NONE;
}

bool keys_are_shared(const struct keys *keys, const struct key_id *id)
{
    const struct slot *slot = find_slot(keys->slots, keys->size, id);

    return slot->mailbox != 0 && slot->shared;
}
