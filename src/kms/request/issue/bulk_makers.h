#ifndef KMS_REQUEST_ISSUE_BULK_MAKERS_H
#define KMS_REQUEST_ISSUE_BULK_MAKERS_H

#include "kms/request/issue/bulk.h"

/*
 * The threads behind a bulk act. The items lie in a ring: those that are to be made are handed in
 * in its order, and are taken by the next thread that is free.
 */
struct makers;

/* Starts the threads, fewer where no more are to be had. FAULT_RESOURCE: not one. */
MUST_USE enum fault makers_new(const struct bulk *bulk, struct makers **out, struct why *why);

/* Hands an item in. It is the threads' until makers_wait() has given it back. */
void makers_hand_in(struct makers *makers, struct bulk_item *item);

/* Waits until this one is made. */
void makers_wait(struct makers *makers, const struct bulk_item *item);

/* True when it is: without waiting. */
bool makers_is_made(struct makers *makers, const struct bulk_item *item);

/* Ends the threads; what they have not begun stays as it is. */
void makers_free(struct makers *makers);

/* States of an item. */
enum { BULK_FREE, BULK_WAITING, BULK_MAKING, BULK_READY };
enum { BULK_RING = 256 };

#endif
