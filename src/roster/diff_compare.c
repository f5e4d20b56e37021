#include <stdlib.h>

#include "roster/diff_side.h"

static void match(struct diff_side *old, size_t i, struct diff_side *new, size_t k)
{
    old->records[i].partner = (uint32_t)k;
    new->records[k].partner = (uint32_t)i;
}

/* What those are found by that are not known by the same: the address; who has none, by the name.
 */
enum other_key { OTHER_ADDRESS, OTHER_NAME };

/* None where the mailbox has been found, or has no such key. */
static struct keyed_digest other_key_of(const struct diff_record *record, enum other_key key)
{
    const struct diff_facts *facts = &record->facts;

    if (record->partner != DIFF_NOBODY) {
        return (struct keyed_digest){0};
    }
    if (key == OTHER_ADDRESS) {
        return facts->address;
    }
    return keyed_is_none(facts->address) && facts->name_told
               ? (struct keyed_digest){.words = {facts->name, 1}}
               : (struct keyed_digest){0};
}

/* The first of those mailboxes of a side that have the same key, in open addressing. */
struct others {
    const struct diff_side *side;
    enum other_key key;
    uint32_t *slots; /* index of a record plus one; 0: free */
    size_t count;
};

static uint32_t *find_other(const struct others *others, struct keyed_digest digest)
{
    size_t at = (size_t)digest.words[0] & (others->count - 1);

    while (others->slots[at] != 0 &&
           !keyed_equal(other_key_of(&others->side->records[others->slots[at] - 1], others->key),
                        digest)) {
        at = (at + 1) & (others->count - 1);
    }
    return &others->slots[at];
}

static enum fault others_init(struct others *others)
{
    const struct diff_side *side = others->side;
    size_t alone = 0;

    for (size_t i = 0; i < side->count; i++) {
        alone += !keyed_is_none(other_key_of(&side->records[i], others->key));
    }
    others->count = 1024;
    while (others->count * 3 < alone * 4 + 4) {
        others->count *= 2;
    }
    others->slots = calloc(others->count, sizeof(*others->slots));
    if (others->slots == NULL) {
        return FAULT_RESOURCE;
    }
    for (size_t i = 0; i < side->count; i++) {
        struct keyed_digest digest = other_key_of(&side->records[i], others->key);

        if (!keyed_is_none(digest)) {
            uint32_t *slot = find_other(others, digest);

            *slot = *slot != 0 ? *slot : (uint32_t)i + 1;
        }
    }
    return FAULT_NONE;
}

/* The first of both sides that have the key: a later one with it has nobody. */
static enum fault match_others(struct diff_side *old, struct diff_side *new, enum other_key key)
{
    struct others before = {.side = old, .key = key}, now = {.side = new, .key = key};
    enum fault fault = others_init(&before);

    if (fault == FAULT_NONE) {
        fault = others_init(&now);
    }
    for (size_t at = 0; at < now.count && fault == FAULT_NONE; at++) {
        uint32_t k = now.slots[at], i;

        if (k > 0) {
            i = *find_other(&before, other_key_of(&new->records[k - 1], key));
            if (i > 0) {
                /* Their keys are gone with that, but nobody else has them in this table. */
                match(old, i - 1, new, k - 1);
            }
        }
    }
    free(before.slots);
    free(now.slots);
    return fault;
}

static void match_by_identity(struct diff_side *old, struct diff_side *new)
{
    for (size_t k = 0; k < new->count; k++) {
        size_t i;

        if (diff_side_find(old, &new->records[k].facts.identity, &i)) {
            match(old, i, new, k);
        }
    }
}

/* The first revoked certificate of the mailbox, or of one behind it. */
static size_t first_revoked(const struct diff_side *side, size_t record)
{
    size_t low = 0, high = side->revoked_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (side->revoked[middle].record < record) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* A certificate that both have is revoked; those of a mailbox are sorted. */
static bool share_revoked(const struct diff_side *old, size_t i, const struct diff_side *new,
                          size_t k)
{
    size_t a = first_revoked(old, i), b = first_revoked(new, k);

    while (a < old->revoked_count && old->revoked[a].record == i &&
           b < new->revoked_count &&new->revoked[b].record == k) {
        uint64_t left = old->revoked[a].certificate, right = new->revoked[b].certificate;

        if (left == right) {
            return true;
        }
        a += left < right;
        b += right < left;
    }
    return false;
}

static unsigned differences(const struct diff_facts *a, const struct diff_facts *b)
{
    bool dn = a->identity.known == DIFF_BY_DN && b->identity.known == DIFF_BY_DN &&
              !keyed_equal(a->identity.digest, b->identity.digest);
    bool name = a->name_told && b->name_told && a->name != b->name;
    bool address = a->address_told && b->address_told && !keyed_equal(a->address, b->address);

    return (dn || name ? DIFF_NAMES : 0U) |
           (address || a->addresses != b->addresses ? DIFF_ADDRESSES : 0U) |
           (a->certificates != b->certificates ? DIFF_CERTIFICATES : 0U);
}

static bool is_active(const struct diff_facts *facts)
{
    return facts->standing == STANDING_ACTIVE || facts->standing == STANDING_EXPIRING;
}

static enum diff_change change_of(const struct diff_side *old, size_t i,
                                  const struct diff_side *new, size_t k, unsigned differs)
{
    const struct diff_facts *before = &old->records[i].facts, *now = &new->records[k].facts;

    if (share_revoked(old, i, new, k) || (is_active(before) && now->standing == STANDING_REVOKED)) {
        return DIFF_REVOKED;
    }
    if (is_active(before) != is_active(now)) {
        return is_active(now) ? DIFF_ENROLLED : DIFF_LAPSED;
    }
    if (is_active(now) && before->best != now->best) {
        return DIFF_RENEWED;
    }
    return differs != 0 ? DIFF_CHANGED : DIFF_NONE;
}

enum fault diff_compare(struct diff_side *old, struct diff_side *new, uint64_t counts[DIFF_CHANGES])
{
    enum fault fault;

    match_by_identity(old, new);
    fault = match_others(old, new, OTHER_ADDRESS);
    if (fault == FAULT_NONE) {
        fault = match_others(old, new, OTHER_NAME);
    }
    for (size_t k = 0; k < new->count &&fault == FAULT_NONE; k++) {
        struct diff_record *record = &new->records[k];
        struct diff_record *before;

        if (record->partner == DIFF_NOBODY) {
            record->change = DIFF_APPEARED;
        } else {
            before = &old->records[record->partner];
            record->differs = (uint8_t)differences(&before->facts, &record->facts);
            record->change = (uint8_t)change_of(old, record->partner, new, k, record->differs);
            before->change = record->change;
        }
        counts[record->change]++;
    }
    for (size_t i = 0; i < old->count && fault == FAULT_NONE; i++) {
        if (old->records[i].partner == DIFF_NOBODY) {
            old->records[i].change = DIFF_LEFT;
            counts[DIFF_LEFT]++;
        }
    }
    return fault;
}
