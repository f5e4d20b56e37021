#include "kms/request/ceremony/admins.h"
#include "kms/request/session/vouch.h"
#include "kms/store/escrow_rows.h"

/* Where somebody's share is kept, of those that are dealt now. */
static enum admins_share share_of(const struct share_row *shares, size_t count, int64_t person)
{
    for (size_t i = 0; i < count; i++) {
        if (shares[i].person == person) {
            return shares[i].sealed.len > 0 ? ADMINS_SHARE_STORE : ADMINS_SHARE_FILE;
        }
    }
    return ADMINS_SHARE_NONE;
}

enum fault admins_list(struct kms *kms, struct admins_list *out, struct why *why)
{
    struct person_row *people = NULL;
    struct share_row *shares = NULL;
    struct escrow_row escrow = {0};
    size_t count = 0, share_count = 0;
    enum fault fault = vouched_list(kms, &kms->arena, &people, &count, why);

    if (fault == FAULT_NONE) {
        fault = escrow_current(kms->store, &kms->arena, &escrow, why);
    }
    if (fault == FAULT_NONE) {
        fault = share_list(kms->store, escrow.id, &kms->arena, &shares, &share_count, why);
    }
    if (fault == FAULT_NONE) {
        fault = admins_get_policy(kms, &out->policy, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    out->quorum = escrow.quorum;
    out->count = count < KMS_PEOPLE_MAX ? count : KMS_PEOPLE_MAX;
    for (size_t i = 0; i < out->count; i++) {
        out->people[i] = (struct admins_person){
            .name = people[i].name,
            .is_admin = people[i].is_admin,
            .is_agent = people[i].is_agent,
            .share = share_of(shares, share_count, people[i].id),
            .since = people[i].since,
        };
    }
    return FAULT_NONE;
}
