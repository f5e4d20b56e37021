#ifndef KMS_REQUEST_ISSUE_USER_DIGEST_H
#define KMS_REQUEST_ISSUE_USER_DIGEST_H

#include "base/cursor.h"

/*
 * Who a user is, in a few bytes: his name and the addresses that hold, in the order in which they
 * are certified. An enrolment tells it in its signed audit row, so that a name or an address that
 * somebody changed in the database later is found (check.h).
 *
 * It is the start of the transcript "keyroster user v1" of the store, the user's number, the name,
 * and each address.
 */
struct kms;

enum { USER_DIGEST_SIZE = 16, USER_DETAIL_SIZE = 80 };

struct user_identity {
    int64_t id;
    struct span name;
    const struct span *addresses;
    size_t address_count;
};

/* FAULT_RESOURCE */
MUST_USE enum fault user_digest(struct span store, const struct user_identity *user,
                                uint8_t out[USER_DIGEST_SIZE], struct why *why);

/*
 * What the audit row tells, of the user's row as it is within the transaction: ", user 17 is
 * 9f86d081…". Faults of the store.
 */
MUST_USE enum fault user_detail(struct kms *kms, int64_t user, char out[USER_DETAIL_SIZE],
                                struct why *why);

/* Finds it in the detail of an audit row; false: it tells of no user. */
MUST_USE bool user_detail_read(struct span detail, int64_t *user, uint8_t digest[USER_DIGEST_SIZE]);

#endif
