#ifndef ROSTER_DIFF_SIDE_H
#define ROSTER_DIFF_SIDE_H

#include "report/diff_report.h"
#include "roster/diff_facts.h"

/* One mailbox of one side: some 100 bytes, whatever certificates it has. */
struct diff_record {
    struct diff_facts facts;
    uint64_t place;       /* the line that it is read from; of its text, once that is put aside */
    uint32_t text_length; /* 0: it is not put aside */
    uint32_t partner;     /* the same mailbox on the other side, or DIFF_NOBODY */
    uint8_t change;       /* enum diff_change */
    uint8_t differs;      /* of enum diff_difference */
    bool shown;           /* its row is */
    bool done;            /* it has come in the second reading */
};

#define DIFF_NOBODY UINT32_MAX

/* That a list revokes a certificate of a mailbox. */
struct diff_revoked {
    uint64_t certificate;
    uint32_t record;
};

/*
 * All mailboxes of one roster, in its order, found by what they are known by: open addressing by a
 * keyed digest, which nobody who writes the roster can foresee. {0} is empty.
 */
struct diff_side {
    struct diff_record *records;
    size_t count, capacity;
    uint64_t *slots; /* index of a record plus one, above it a part of its digest; 0: free */
    size_t slot_count;
    struct diff_revoked *revoked; /* in the order of the records */
    size_t revoked_count, revoked_capacity;
};

/*
 * Adds a mailbox, read from `line`; `*index` is its place.
 *
 * FAULT_ABSENT    an earlier one is known by the same: nothing is added
 * FAULT_LIMIT     more than 4294967294
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault diff_side_add(struct diff_side *side, const struct diff_facts *facts,
                                  uint64_t line, const uint64_t *revoked, size_t revoked_count,
                                  size_t *index);

/* Finds the mailbox that is known by this; false when there is none. */
MUST_USE bool diff_side_find(const struct diff_side *side, const struct diff_identity *identity,
                             size_t *index);

void diff_side_clear(struct diff_side *side);

/*
 * Those of a side who are found otherwise: the first with each address, or with each name of those
 * who have no address, where nobody has been found for them yet.
 */
enum diff_other { DIFF_OTHER_ADDRESS, DIFF_OTHER_NAME };

struct diff_others {
    const struct diff_side *side;
    enum diff_other by;
    uint32_t *slots; /* index of a record plus one; 0: free */
    size_t count;
};

/* FAULT_RESOURCE without memory. The side must not grow meanwhile. */
MUST_USE enum fault diff_others_init(struct diff_others *others, const struct diff_side *side,
                                     enum diff_other by);

/* By what the mailbox would be found; none: by nothing. */
struct keyed_digest diff_other_key(const struct diff_facts *facts, enum diff_other by);

MUST_USE bool diff_others_find(const struct diff_others *others, struct keyed_digest key,
                               size_t *index);

void diff_others_clear(struct diff_others *others);

/*
 * What has become of a mailbox from one side to the other, revoked certificates that both sides
 * have left out; `*differs` is in what they differ.
 */
enum diff_change diff_change_of(const struct diff_facts *before, const struct diff_facts *now,
                                unsigned *differs);

/*
 * Finds for each mailbox itself on the other side, and what has become of it:
 *
 * - first by what both are known by: the DN, or the address or name of those without a DN;
 * - those that are left, by the address to write to, the first of each side that has it;
 * - those of them without any address, by the name, likewise.
 *
 * Writes `partner`, `change` and `differs` of both, and counts the changes. FAULT_RESOURCE without
 * memory.
 */
MUST_USE enum fault diff_compare(struct diff_side *old, struct diff_side *new,
                                 uint64_t counts[DIFF_CHANGES]);

#endif
