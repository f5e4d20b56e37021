#include "roster/diff_side.h"

#include <stdlib.h>

enum { SLOTS_FIRST = 1024, RECORDS_FIRST = 1024 };

/* Makes room for `more` elements behind `count`. */
static enum fault make_room(void **array, size_t size, size_t count, size_t more, size_t *capacity)
{
    size_t wanted = *capacity > 0 ? *capacity : RECORDS_FIRST;
    void *grown;

    while (wanted < count + more) {
        wanted *= 2;
    }
    if (wanted == *capacity) {
        return FAULT_NONE;
    }
    grown = reallocarray(*array, wanted, size);
    if (grown == NULL) {
        return FAULT_RESOURCE;
    }
    *array = grown;
    *capacity = wanted;
    return FAULT_NONE;
}

/* What tells most others apart without a look at their records. */
static uint64_t tag_of(const struct diff_identity *identity)
{
    return identity->digest.words[1] & ~(uint64_t)UINT32_MAX;
}

static struct diff_record *record_of(const struct diff_side *side, uint64_t slot)
{
    return &side->records[(uint32_t)slot - 1];
}

/* The slot of the mailbox, or the free one where it belongs. */
static uint64_t *find_slot(const struct diff_side *side, const struct diff_identity *identity)
{
    size_t mask = side->slot_count - 1;
    size_t at = (size_t)identity->digest.words[0] & mask;
    uint64_t tag = tag_of(identity);

    while (
        side->slots[at] != 0 &&
        ((side->slots[at] & ~(uint64_t)UINT32_MAX) != tag ||
         !keyed_equal(record_of(side, side->slots[at])->facts.identity.digest, identity->digest))) {
        at = (at + 1) & mask;
    }
    return &side->slots[at];
}

static enum fault grow_slots(struct diff_side *side)
{
    size_t count = side->slot_count > 0 ? side->slot_count * 2 : SLOTS_FIRST;
    uint64_t *slots = calloc(count, sizeof(*slots));

    if (slots == NULL) {
        return FAULT_RESOURCE;
    }
    free(side->slots);
    side->slots = slots;
    side->slot_count = count;
    for (size_t i = 0; i < side->count; i++) {
        if (side->records[i].facts.identity.known != DIFF_BY_NOTHING) {
            const struct diff_identity *identity = &side->records[i].facts.identity;

            *find_slot(side, identity) = tag_of(identity) | (i + 1);
        }
    }
    return FAULT_NONE;
}

static enum fault add_revoked(struct diff_side *side, const uint64_t *revoked, size_t count)
{
    enum fault fault = make_room((void **)&side->revoked, sizeof(*side->revoked),
                                 side->revoked_count, count, &side->revoked_capacity);

    for (size_t i = 0; i < count && fault == FAULT_NONE; i++) {
        side->revoked[side->revoked_count++] =
            (struct diff_revoked){.certificate = revoked[i], .record = (uint32_t)side->count};
    }
    return fault;
}

enum fault diff_side_add(struct diff_side *side, const struct diff_facts *facts, uint64_t line,
                         const uint64_t *revoked, size_t revoked_count, size_t *index)
{
    uint64_t *slot;

    if (side->count >= DIFF_NOBODY - 1) {
        return FAULT_LIMIT;
    }
    if ((side->count + 1) * 4 > side->slot_count * 3 && grow_slots(side) != FAULT_NONE) {
        return FAULT_RESOURCE;
    }
    slot = find_slot(side, &facts->identity);
    if (*slot != 0) {
        return FAULT_ABSENT;
    }
    if (make_room((void **)&side->records, sizeof(*side->records), side->count, 1,
                  &side->capacity) != FAULT_NONE ||
        (revoked_count > 0 && add_revoked(side, revoked, revoked_count) != FAULT_NONE)) {
        return FAULT_RESOURCE;
    }
    side->records[side->count] =
        (struct diff_record){.facts = *facts, .place = line, .partner = DIFF_NOBODY};
    *slot = tag_of(&facts->identity) | (side->count + 1);
    *index = side->count++;
    return FAULT_NONE;
}

bool diff_side_find(const struct diff_side *side, const struct diff_identity *identity,
                    size_t *index)
{
    uint64_t slot = side->slot_count > 0 ? *find_slot(side, identity) : 0;

    *index = slot > 0 ? (uint32_t)slot - 1 : 0;
    return slot > 0;
}

void diff_side_clear(struct diff_side *side)
{
    free(side->records);
    free(side->slots);
    free(side->revoked);
    *side = (struct diff_side){0};
}
