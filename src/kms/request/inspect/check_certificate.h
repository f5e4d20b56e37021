#ifndef KMS_REQUEST_INSPECT_CHECK_CERTIFICATE_H
#define KMS_REQUEST_INSPECT_CHECK_CERTIFICATE_H

#include "kms/request/inspect/check_internal.h"
#include "kms/store/certificate_rows.h"
#include "kms/store/escrow_rows.h"
#include "kms/store/user_rows.h"

/* One certificate of a user, looked at by itself: the work of a crew (base/crew.h). */

struct certificate_owner {
    int64_t id;
    struct span first, name;
    struct user_address_row *others; /* those that hold no longer too */
    size_t count;
};

struct certificate_item {
    struct certificate_row row;
    const struct certificate_owner *owner;
    struct envelope_row envelope; /* of an encryption key's */
    bool has_envelope;
    const char *what; /* what is wrong with it, a constant; NULL: nothing */
};

/*
 * A hand's tools, made of a `struct checking` whose CAs have been read, and which does not change
 * meanwhile; NULL without memory.
 */
void *certificate_judge_new(void *context);
void certificate_judge_free(void *tools);

/* Fills in item->what: its row against itself, the CA's signatures, the owner's addresses. */
void certificate_judge(void *tools, void *item);

#endif
