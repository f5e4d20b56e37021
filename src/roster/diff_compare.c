#include <stdlib.h>

#include "roster/diff_side.h"

static void match(struct diff_side *old, size_t i, struct diff_side *new, size_t k)
{
    old->records[i].partner = (uint32_t)k;
    new->records[k].partner = (uint32_t)i;
}

struct keyed_digest diff_other_key(const struct diff_facts *facts, enum diff_other by)
{
    if (by == DIFF_OTHER_ADDRESS) {
        return facts->address;
    }
    return keyed_is_none(facts->address) && facts->name_told
               ? (struct keyed_digest){.words = {facts->name, 1}}
               : (struct keyed_digest){0};
}

/* None where somebody has been found for the mailbox. */
static struct keyed_digest open_key(const struct diff_record *record, enum diff_other by)
{
    return record->partner == DIFF_NOBODY ? diff_other_key(&record->facts, by)
                                          : (struct keyed_digest){0};
}

static uint32_t *find_other(const struct diff_others *others, struct keyed_digest key)
{
    size_t at = (size_t)key.words[0] & (others->count - 1);

    while (
        others->slots[at] != 0 &&
        !keyed_equal(
            diff_other_key(&others->side->records[others->slots[at] - 1].facts, others->by), key)) {
        at = (at + 1) & (others->count - 1);
    }
    return &others->slots[at];
}

enum fault diff_others_init(struct diff_others *others, const struct diff_side *side,
                            enum diff_other by)
{
    size_t alone = 0;

    *others = (struct diff_others){.side = side, .by = by, .count = 1024};
    for (size_t i = 0; i < side->count; i++) {
        alone += !keyed_is_none(open_key(&side->records[i], by));
    }
    while (others->count * 3 < alone * 4 + 4) {
        others->count *= 2;
    }
    others->slots = calloc(others->count, sizeof(*others->slots));
    if (others->slots == NULL) {
        return FAULT_RESOURCE;
    }
    for (size_t i = 0; i < side->count; i++) {
        struct keyed_digest key = open_key(&side->records[i], by);

        if (!keyed_is_none(key)) {
            uint32_t *slot = find_other(others, key);

            *slot = *slot != 0 ? *slot : (uint32_t)i + 1;
        }
    }
    return FAULT_NONE;
}

bool diff_others_find(const struct diff_others *others, struct keyed_digest key, size_t *index)
{
    uint32_t slot = others->slots != NULL && !keyed_is_none(key) ? *find_other(others, key) : 0;

    *index = slot > 0 ? slot - 1 : 0;
    return slot > 0;
}

void diff_others_clear(struct diff_others *others)
{
    free(others->slots);
    *others = (struct diff_others){0};
}

/* The first of both sides that have the key: a later one with it has nobody. */
static enum fault match_others(struct diff_side *old, struct diff_side *new, enum diff_other by)
{
    struct diff_others before, now = {0};
    enum fault fault = diff_others_init(&before, old, by);

    if (fault == FAULT_NONE) {
        fault = diff_others_init(&now, new, by);
    }
    for (size_t at = 0; at < now.count && fault == FAULT_NONE; at++) {
        size_t k = now.slots[at], i;

        if (k > 0 &&
            diff_others_find(&before, diff_other_key(&new->records[k - 1].facts, by), &i)) {
            match(old, i, new, k - 1);
        }
    }
    diff_others_clear(&before);
    diff_others_clear(&now);
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

enum diff_change diff_change_of(const struct diff_facts *before, const struct diff_facts *now,
                                unsigned *differs)
{
    *differs = differences(before, now);
    if (is_active(before) && now->standing == STANDING_REVOKED) {
        return DIFF_REVOKED;
    }
    if (is_active(before) != is_active(now)) {
        return is_active(now) ? DIFF_ENROLLED : DIFF_LAPSED;
    }
    if (is_active(now) && before->best != now->best) {
        return DIFF_RENEWED;
    }
    return *differs != 0 ? DIFF_CHANGED : DIFF_NONE;
}

/* What has become of both, who are the same. */
static void settle(struct diff_side *old, struct diff_side *new, size_t k)
{
    struct diff_record *now = &new->records[k], *before = &old->records[now->partner];
    unsigned differs;
    enum diff_change change = diff_change_of(&before->facts, &now->facts, &differs);

    if (share_revoked(old, now->partner, new, k)) {
        change = DIFF_REVOKED;
    }
    now->change = before->change = (uint8_t)change;
    now->differs = before->differs = (uint8_t)differs;
}

enum fault diff_compare(struct diff_side *old, struct diff_side *new, uint64_t counts[DIFF_CHANGES])
{
    enum fault fault;

    match_by_identity(old, new);
    fault = match_others(old, new, DIFF_OTHER_ADDRESS);
    if (fault == FAULT_NONE) {
        fault = match_others(old, new, DIFF_OTHER_NAME);
    }
    for (size_t k = 0; k < new->count &&fault == FAULT_NONE; k++) {
        if (new->records[k].partner == DIFF_NOBODY) {
            new->records[k].change = DIFF_APPEARED;
        } else {
            settle(old, new, k);
        }
        counts[new->records[k].change]++;
    }
    for (size_t i = 0; i < old->count && fault == FAULT_NONE; i++) {
        if (old->records[i].partner == DIFF_NOBODY) {
            old->records[i].change = DIFF_LEFT;
            counts[DIFF_LEFT]++;
        }
    }
    return fault;
}
