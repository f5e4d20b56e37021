#ifndef VERDICT_WARNING_H
#define VERDICT_WARNING_H

#include "verdict/candidate.h"
#include "verdict/verdict.h"

/* What a mailbox shows to the rules of its warnings: one step after the standing. */
struct warning_facts {
    const struct mailbox *mailbox;
    const struct rules *rules;
    const struct candidate *first, *second; /* what a client takes from each attribute, or NULL */
    const struct candidate *best;           /* as in struct verdict, before `expiring` is told */
    const struct candidate *told;           /* whose properties are warned of: what senders use, */
                                            /* else `best`; NULL: no certificate of the user */
    struct candidate_addresses addresses;   /* of `told` */
};

/* The warnings that apply, of enum warning; all but WARNING_SHARED_KEY. */
uint32_t warnings_of(const struct warning_facts *facts);

#endif
