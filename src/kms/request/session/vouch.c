#include "kms/request/session/vouch.h"

#include "kms/request/session/ca_keys.h"
#include "kms/request/session/policy_history.h"
#include "kms/request/session/session_internal.h"
#include "kms/request/session/vouch_internal.h"
#include "kms/store/store.h"

#define PERSON_LABEL  "keyroster person row v1"
#define POLICY_LABEL  "keyroster policy v1"
#define POLICY_RECORD "policy-vouched" /* the meta value with the policy's signature */

enum { ARENA_MAX = 1 << 20 };

enum fault vouch_message_end(struct vouch_message *message, const char *label, struct transcript *t,
                             struct why *why)
{
    const struct span text = span_text(label);

    memcpy(message->at, text.at, text.len);
    message->len = text.len + TRANSCRIPT_SIZE;
    return transcript_end(t, message->at + text.len, why);
}

static enum fault message_of_person(struct kms *kms, const struct person_row *person,
                                    struct vouch_message *out, struct why *why)
{
    struct transcript t = transcript_begin(PERSON_LABEL);

    transcript_add(&t, store_id(kms->store));
    transcript_add_number(&t, (uint64_t)person->id);
    transcript_add(&t, person->name);
    transcript_add_number(&t, person->is_admin);
    transcript_add_number(&t, person->is_agent);
    transcript_add_number(&t, (uint64_t)person->since);
    transcript_add_number(&t, (uint64_t)person->until);
    transcript_add(&t, person->signing);
    transcript_add(&t, person->sealing);
    return vouch_message_end(out, PERSON_LABEL, &t, why);
}

static enum fault message_of_policy(struct kms *kms, const int64_t counts[TASK_COUNT],
                                    struct vouch_message *out, struct why *why)
{
    struct transcript t = transcript_begin(POLICY_LABEL);

    transcript_add(&t, store_id(kms->store));
    for (size_t i = 0; i < TASK_COUNT; i++) {
        transcript_add_text(&t, policy_task_name((enum kms_task)i));
        transcript_add_number(&t, (uint64_t)counts[i]);
    }
    return vouch_message_end(out, POLICY_LABEL, &t, why);
}

enum fault vouch_holds(struct kms *kms, const struct vouch_message *message, struct span signature,
                       bool *out, struct why *why)
{
    enum fault fault = FAULT_NONE;

    if (kms->anchor.issuing == NULL) {
        fault = anchor_read(kms->store, &kms->arena, &kms->anchor, why);
    }
    if (fault == FAULT_NONE) {
        *out =
            key_verifier_check(kms->anchor.issuing, span_of(message->at, message->len), signature);
    }
    return fault;
}

enum fault vouch_add_signature(struct kms *kms, const struct vouch_message *message,
                               struct buffer *out, struct why *why)
{
    struct secret secret = {0};
    enum fault fault = FAULT_NONE;

    if (kms->vouching == NULL) {
        fault = ca_secret_open(kms, &secret, why);
        if (fault == FAULT_NONE) {
            fault = ca_key_open(kms, AUTHORITY_ISSUING, &secret, &kms->vouching, why);
        }
        secret_clear(&secret);
    }
    if (fault == FAULT_NONE) {
        fault = private_key_sign(kms->vouching, span_of(message->at, message->len), out, why);
    }
    return fault;
}

enum fault vouch_check(struct kms *kms, const struct person_row *person, struct why *why)
{
    struct vouch_message message;
    bool holds = false;
    enum fault fault = message_of_person(kms, person, &message, why);

    if (fault == FAULT_NONE) {
        fault = vouch_holds(kms, &message, person->vouched, &holds, why);
    }
    if (fault == FAULT_NONE && !holds) {
        fault = kms_tell(kms, FAULT_DENIED, why,
                         "the store was altered: the CA does not vouch for the row of %.*s",
                         (int)person->name.len, (const char *)person->name.at);
    }
    return fault;
}

enum fault vouched_get(struct kms *kms, int64_t id, struct arena *arena, struct person_row *out,
                       struct why *why)
{
    enum fault fault = person_get(kms->store, id, arena, out, why);

    return fault == FAULT_NONE ? vouch_check(kms, out, why) : fault;
}

enum fault vouched_list(struct kms *kms, struct arena *arena, struct person_row **out,
                        size_t *count, struct why *why)
{
    enum fault fault = person_list(kms->store, false, arena, out, count, why);

    for (size_t i = 0; fault == FAULT_NONE && i < *count; i++) {
        fault = vouch_check(kms, &(*out)[i], why);
    }
    return fault;
}

enum fault vouch_sign(struct kms *kms, const struct person_row *person, struct why *why)
{
    struct buffer signature = buffer_with_max(VOUCH_SIGNATURE_MAX);
    struct vouch_message message;
    enum fault fault = message_of_person(kms, person, &message, why);

    if (fault == FAULT_NONE) {
        fault = vouch_add_signature(kms, &message, &signature, why);
    }
    if (fault == FAULT_NONE) {
        fault = person_set_vouched(kms->store, person->id, buffer_span(&signature), why);
    }
    buffer_clear(&signature);
    return fault;
}

enum fault vouch_add(struct kms *kms, const struct person_row *person, int64_t *id, struct why *why)
{
    struct person_row row = *person;
    enum fault fault = person_add(kms->store, &row, &row.id, why);

    if (fault == FAULT_NONE) {
        fault = vouch_sign(kms, &row, why);
    }
    if (fault == FAULT_NONE) {
        *id = row.id;
    }
    return fault;
}

enum fault vouch_set_roles(struct kms *kms, const struct person_row *person, bool is_admin,
                           bool is_agent, struct why *why)
{
    struct person_row row = *person;
    enum fault fault = person_set_roles(kms->store, row.id, is_admin, is_agent, why);

    row.is_admin = is_admin;
    row.is_agent = is_agent;
    return fault == FAULT_NONE ? vouch_sign(kms, &row, why) : fault;
}

enum fault vouch_end(struct kms *kms, const struct person_row *person, struct why *why)
{
    struct person_row row = *person;
    struct buffer signature = buffer_with_max(VOUCH_SIGNATURE_MAX);
    struct vouch_message message;
    enum fault fault;

    row.until = kms->now;
    /* The key is opened first: the slot that opens it may be the one that goes. */
    fault = message_of_person(kms, &row, &message, why);
    if (fault == FAULT_NONE) {
        fault = vouch_add_signature(kms, &message, &signature, why);
    }
    if (fault == FAULT_NONE) {
        fault = person_end(kms->store, row.id, row.until, why);
    }
    if (fault == FAULT_NONE) {
        fault = person_set_vouched(kms->store, row.id, buffer_span(&signature), why);
    }
    buffer_clear(&signature);
    return fault;
}

static enum fault read_counts(struct kms *kms, int64_t counts[TASK_COUNT], struct why *why)
{
    enum fault fault = FAULT_NONE;

    for (size_t i = 0; fault == FAULT_NONE && i < TASK_COUNT; i++) {
        fault =
            policy_get(kms->store, span_text(policy_task_name((enum kms_task)i)), &counts[i], why);
    }
    return fault;
}

/* Numbers, signature and what the audit tells, all of one moment: see vouched_policy(). */
static enum fault policy_of_now(struct kms *kms, struct policy *out, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    int64_t counts[TASK_COUNT] = {0};
    struct vouch_message message;
    struct span signature = {0};
    bool holds = false;
    enum fault fault = read_counts(kms, counts, why);

    if (fault == FAULT_NONE) {
        fault = store_meta_get(kms->store, POLICY_RECORD, &arena, &signature, why);
        fault = fault == FAULT_ABSENT ? FAULT_NONE : fault; /* nothing is no signature */
    }
    if (fault == FAULT_NONE) {
        fault = message_of_policy(kms, counts, &message, why);
    }
    if (fault == FAULT_NONE) {
        fault = vouch_holds(kms, &message, signature, &holds, why);
    }
    if (fault == FAULT_NONE && !holds) {
        fault = kms_tell(kms, FAULT_DENIED, why,
                         "the store was altered: the CA does not vouch for the policy");
    }
    for (size_t i = 0; fault == FAULT_NONE && i < TASK_COUNT; i++) {
        out->counts[i] = (unsigned)counts[i];
    }
    arena_clear(&arena);
    return fault == FAULT_NONE ? policy_history_check(kms, out, why) : fault;
}

enum fault vouched_policy(struct kms *kms, struct policy *out, struct why *why)
{
    /* Another keyroster may be changing it. */
    const bool is_alone = !store_is_within(kms->store);
    enum fault fault = is_alone ? store_begin_reading(kms->store, why) : FAULT_NONE;

    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = policy_of_now(kms, out, why);
    if (is_alone) {
        fault = fault == FAULT_NONE ? FAULT_NONE : session_keep(kms, fault, why);
        store_rollback(kms->store);
    }
    return fault;
}

enum fault vouch_policy(struct kms *kms, const struct policy *policy, struct why *why)
{
    struct buffer signature = buffer_with_max(VOUCH_SIGNATURE_MAX);
    int64_t counts[TASK_COUNT];
    struct vouch_message message;
    enum fault fault = FAULT_NONE;

    for (size_t i = 0; fault == FAULT_NONE && i < TASK_COUNT; i++) {
        counts[i] = policy->counts[i];
        fault =
            policy_set(kms->store, span_text(policy_task_name((enum kms_task)i)), counts[i], why);
    }
    if (fault == FAULT_NONE) {
        fault = message_of_policy(kms, counts, &message, why);
    }
    if (fault == FAULT_NONE) {
        fault = vouch_add_signature(kms, &message, &signature, why);
    }
    if (fault == FAULT_NONE) {
        fault = store_meta_set(kms->store, POLICY_RECORD, buffer_span(&signature), why);
    }
    buffer_clear(&signature);
    return fault;
}
