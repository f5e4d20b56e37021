#ifndef VERDICT_CANDIDATE_H
#define VERDICT_CANDIDATE_H

#include <stdbool.h>

#include "verdict/verdict.h"

/* One certificate of a mailbox, judged by itself. */

/*
 * How many of a mailbox's addresses are compared. Directories allow some hundreds; the bound
 * keeps a hostile export of many addresses and many certificates from taking hours.
 */
enum { CANDIDATE_ADDRESSES_MAX = 4096 };

/* Writes `fault` and `usable`. A chain certificate gets STANDING_ACTIVE and is never usable. */
void candidate_judge(struct candidate *candidate, const struct mailbox *mailbox,
                     const struct rules *rules);

/* Compares the addresses, once; what came of it stays in the candidate. */
struct candidate_addresses candidate_compare(struct candidate *candidate,
                                             const struct mailbox *mailbox);

/* True when the certificate has ended; one that is not valid yet is not outdated. */
bool candidate_is_outdated(const struct candidate *candidate, const struct rules *rules);

/* Takes the certificate's next address; what is no mail address (a user principal name) is not. */
MUST_USE bool candidate_next_address(struct cert_emails *in, struct span *out);

#endif
