#ifndef VERDICT_TIDY_H
#define VERDICT_TIDY_H

#include <stdbool.h>
#include <stdint.h>

#include "verdict/verdict.h"

/*
 * Which certificate values of a mailbox may go. Pure, as the verdict is: facts in, answer out. The
 * rules are those of the manual, keyroster-tidy(1), section WHAT IS REMOVED.
 */

/* Why a certificate may go; in this order the first that is asked for and applies is told. */
enum tidy_kind {
    TIDY_EXPIRED = 1 << 0,    /* it has ended */
    TIDY_REVOKED = 1 << 1,    /* a list given revokes it */
    TIDY_FOREIGN = 1 << 2,    /* issuers were named, and none of them signed it */
    TIDY_SUPERSEDED = 1 << 3, /* it is valid, and so is one that began later, for the same */
    TIDY_UNREADABLE = 1 << 4, /* no certificate can be read in it */
};
enum { TIDY_KIND_COUNT = 5 };

struct tidy_rules {
    uint32_t remove;    /* of enum tidy_kind: what is asked for */
    int64_t older_than; /* seconds: it has been expired, revoked or superseded for so long */
    bool even_last;     /* the last usable certificate of a mailbox may go too */
};

/*
 * One value of the directory. Its certificates are mailbox->candidates[first] and those that
 * follow; tagged settings and PKCS#7 may hold several.
 */
struct tidy_value {
    size_t first, count;
    bool broken;    /* something in it is no certificate that can be read */
    uint32_t kinds; /* out: of enum tidy_kind, why it is to be removed; 0: it stays */
    bool last;      /* out: it stays only because it holds the last usable certificate */
};

/*
 * Settles which of the `count` values are to be removed: those all of whose certificates of the
 * user qualify, each by any of the kinds asked for. A value with chain certificates alone stays;
 * one with something unreadable beside certificates goes only if `unreadable` is asked for too.
 *
 * Superseded is a certificate that is valid (in its time, neither revoked nor untrusted), where
 * another valid one of the mailbox began later, comes from an issuer of the same name, is good for
 * the same purpose and names every address that it names. Neither of the two needs to be usable.
 *
 * When no certificate that a sender could use would be left, the value with the one of them that
 * began last stays.
 *
 * Candidates must have been judged: verdict_of().
 */
void tidy_mailbox(const struct mailbox *mailbox, const struct rules *rules,
                  const struct tidy_rules *tidy, struct tidy_value *values, size_t count);

/* Finds a kind by its name; false when there is no such one. */
MUST_USE bool tidy_kind_find(struct span name, uint32_t *out);

/* "expired", …; `index` is the number of the kind's bit. */
const char *tidy_kind_name(size_t index);

#endif
