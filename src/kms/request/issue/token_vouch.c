#include "kms/request/issue/token_vouch.h"

#include "kms/request/issue/enrol.h"
#include "kms/request/session/vouch_internal.h"
#include "kms/store/store.h"

#define LABEL "keyroster token row v1"

enum { ARENA_MAX = 1 << 20 };

static enum fault message_of(struct kms *kms, const struct token_row *row,
                             const struct issue_order *subject, struct vouch_message *out,
                             struct why *why)
{
    struct transcript t = transcript_begin(LABEL);

    transcript_add(&t, store_id(kms->store));
    transcript_add(&t, row->id);
    transcript_add(&t, row->hash);
    transcript_add_number(&t, (uint64_t)row->created);
    transcript_add_number(&t, (uint64_t)row->expires);
    transcript_add(&t, row->key_kind);
    transcript_add_number(&t, (uint64_t)row->user);
    transcript_add(&t, subject->name);
    for (size_t i = 0; i < subject->address_count; i++) {
        transcript_add(&t, subject->addresses[i]);
    }
    return vouch_message_end(out, LABEL, &t, why);
}

/* Of the user as he is now. FAULT_ABSENT: there is none. */
static enum fault message_of_now(struct kms *kms, const struct token_row *row,
                                 struct vouch_message *out, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct issue_order subject = {0};
    enum fault fault = enrol_subject_of(kms, row->user, &arena, &subject, why);

    if (fault == FAULT_NONE) {
        fault = message_of(kms, row, &subject, out, why);
    }
    arena_clear(&arena);
    return fault;
}

enum fault token_vouch(struct kms *kms, const struct token_row *row, struct buffer *out,
                       struct why *why)
{
    struct vouch_message message;
    enum fault fault = message_of_now(kms, row, &message, why);

    return fault == FAULT_NONE ? vouch_add_signature(kms, &message, out, why) : fault;
}

enum fault token_vouch_check(struct kms *kms, const struct token_row *row, bool *out,
                             struct why *why)
{
    struct vouch_message message;
    enum fault fault = message_of_now(kms, row, &message, why);

    if (fault == FAULT_ABSENT) {
        *out = false;
        return FAULT_NONE;
    }
    return fault == FAULT_NONE ? vouch_holds(kms, &message, row->vouched, out, why) : fault;
}
