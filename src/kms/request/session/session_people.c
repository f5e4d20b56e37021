#include <stdio.h>
#include <string.h>

#include "kms/request/session/ca_keys.h"
#include "kms/request/session/person.h"
#include "kms/request/session/session_internal.h"
#include "kms/request/session/vouch.h"

enum { ARENA_MAX = 4 << 20, SESSION_OTHERS_SIZE = SESSION_WHO_SIZE + 64 };

const struct kms_actor *kms_actor_find(const struct kms *kms, const char *name)
{
    for (size_t i = 0; i < kms->actor_count; i++) {
        if (strcmp(kms->actors[i].name, name) == 0) {
            return &kms->actors[i];
        }
    }
    return NULL;
}

/* An attempt that fails is audited under the names of those who are there, and the one tried. */
static enum fault refuse_attempt(struct kms *kms, const char *name, enum fault fault,
                                 struct why *why)
{
    char who[SESSION_WHO_SIZE];
    size_t len = session_who(kms, who).len;

    len += (size_t)snprintf(who + len, PERSON_NAME_SIZE, "%s%.*s", len > 0 ? "," : "",
                            PERSON_NAME_MAX - 1, name);
    return session_refuse(kms, span_of(who, len), fault, why);
}

/* Opens the keys of a person by his passphrase, and holds them against those in the store. */
static enum fault unlock(struct kms *kms, const struct person_row *row,
                         const struct secret *passphrase, struct identity *out, struct why *why)
{
    enum fault fault = person_unlock(kms, row->name, row->locked, passphrase, out, why);

    if (fault == FAULT_DENIED) {
        why->rule = "wrong passphrase";
        return fault;
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    if (!span_equal(row->signing, span_of(out->signing, sizeof(out->signing))) ||
        !span_equal(row->sealing, span_of(out->sealing, sizeof(out->sealing)))) {
        identity_clear(out);
        return fault_at(FAULT_SYNTAX, 0, "the person's keys in the store do not fit each other",
                        why);
    }
    return FAULT_NONE;
}

/* What whoever signs in first confirms; the others are held against the same. */
static enum fault take_anchor(struct kms *kms, struct why *why)
{
    if (kms->actor_count > 0) {
        return FAULT_NONE;
    }
    anchor_clear(&kms->anchor);
    return anchor_read(kms->store, &kms->arena, &kms->anchor, why);
}

/* The person of that name, by his passphrase, and as the CA vouches for him. */
static enum fault recognize(struct kms *kms, const char *name, const struct secret *passphrase,
                            struct arena *arena, struct person_row *row, struct identity *identity,
                            struct why *why)
{
    enum fault fault = person_find(kms->store, span_text(name), arena, row, why);

    if (fault == FAULT_ABSENT) {
        return fault_at(FAULT_DENIED, 0, "nobody of that name acts in this store", why);
    }
    if (fault == FAULT_NONE) {
        fault = take_anchor(kms, why);
    }
    if (fault == FAULT_NONE) {
        fault = unlock(kms, row, passphrase, identity, why);
    }
    if (fault == FAULT_NONE) {
        fault = vouch_check(kms, row, why);
    }
    if (fault != FAULT_NONE) {
        identity_clear(identity);
    }
    return fault;
}

enum fault kms_sign_in(struct kms *kms, const char *name, const struct secret *passphrase,
                       struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct kms_actor *actor = &kms->actors[kms->actor_count];
    struct person_row row;
    struct identity identity = {0};
    enum fault fault;

    if (kms_actor_find(kms, name) != NULL) {
        return FAULT_NONE;
    }
    if (kms->actor_count == KMS_PEOPLE_MAX) {
        return fault_at(FAULT_LIMIT, 0, "more people than can act at once", why);
    }
    fault = recognize(kms, name, passphrase, &arena, &row, &identity, why);
    if (fault == FAULT_NONE) {
        *actor = (struct kms_actor){
            .id = row.id, .is_admin = row.is_admin, .is_agent = row.is_agent, .identity = identity};
        (void)snprintf(actor->name, sizeof(actor->name), "%s", name);
        kms->actor_count++;
    }
    arena_clear(&arena);
    if (fault == FAULT_DENIED) {
        return refuse_attempt(kms, name, fault, why);
    }
    return fault == FAULT_NONE ? FAULT_NONE : session_keep(kms, fault, why);
}

static size_t count_administrators(const struct kms *kms)
{
    size_t count = 0;

    for (size_t i = 0; i < kms->actor_count; i++) {
        count += kms->actors[i].is_admin ? 1 : 0;
    }
    return count;
}

/* How many administrators a task wants; any one for what is no task of the policy. */
static enum fault wanted(struct kms *kms, enum kms_task task, size_t *out, struct why *why)
{
    struct policy policy;
    enum fault fault = FAULT_NONE;

    *out = 1;
    if (task != TASK_COUNT) {
        fault = vouched_policy(kms, &policy, why);
        *out = fault == FAULT_NONE ? policy.counts[task] : *out;
    }
    if (fault == FAULT_DENIED) {
        return kms_refuse(kms, fault, why);
    }
    return fault == FAULT_NONE ? FAULT_NONE : session_keep(kms, fault, why);
}

enum fault kms_lacking(struct kms *kms, enum kms_task task, size_t *out, struct why *why)
{
    const size_t there = count_administrators(kms);
    size_t want = 0;
    enum fault fault = wanted(kms, task, &want, why);

    if (fault == FAULT_NONE) {
        *out = want > there ? want - there : 0;
    }
    return fault;
}

/* The names of the administrators among those who act, or of the others. */
static size_t names_of(const struct kms *kms, bool administrators, char out[SESSION_WHO_SIZE])
{
    size_t count = 0, told = 0, len = 0;

    for (size_t i = 0; i < kms->actor_count; i++) {
        count += kms->actors[i].is_admin == administrators ? 1 : 0;
    }
    out[0] = '\0';
    for (size_t i = 0; i < kms->actor_count && told < count; i++) {
        if (kms->actors[i].is_admin == administrators) {
            const char *before = told == 0 ? "" : told + 1 < count ? ", " : " and ";

            len += (size_t)snprintf(out + len, SESSION_WHO_SIZE - len, "%s%s", before,
                                    kms->actors[i].name);
            told++;
        }
    }
    return count;
}

/* " (zoe is no administrator)", of those whose passphrase does not count; or nothing. */
static void name_others(const struct kms *kms, char out[SESSION_OTHERS_SIZE])
{
    char who[SESSION_WHO_SIZE];
    const size_t count = names_of(kms, false, who);

    out[0] = '\0';
    if (count > 0) {
        (void)snprintf(out, SESSION_OTHERS_SIZE, " (%s %s)", who,
                       count == 1 ? "is no administrator" : "are no administrators");
    }
}

static enum fault tell_lacking(struct kms *kms, size_t want, size_t there, struct why *why)
{
    char who[SESSION_WHO_SIZE], others[SESSION_OTHERS_SIZE];

    (void)names_of(kms, true, who);
    name_others(kms, others);
    if (there == 0) {
        return kms_tell(kms, FAULT_DENIED, why,
                        "%s takes the passphrase of %zu administrator%s%s%s", kms->act, want,
                        want == 1 ? "" : "s", others,
                        others[0] == '\0' ? " (--passphrase NAME=FILE)" : "");
    }
    return kms_tell(kms, FAULT_DENIED, why,
                    "%s takes %zu administrators by the policy, and %zu act%s: %s%s", kms->act,
                    want, there, there == 1 ? "s" : "", who, others);
}

enum fault kms_allow(struct kms *kms, enum kms_task task, struct why *why)
{
    const size_t there = count_administrators(kms);
    size_t want = 0;
    enum fault fault = wanted(kms, task, &want, why);

    if (fault != FAULT_NONE || there >= want) {
        return fault;
    }
    return kms_refuse(kms, tell_lacking(kms, want, there, why), why);
}

enum fault kms_require(struct kms *kms, enum kms_task task, struct why *why)
{
    enum fault fault = kms_allow(kms, task, why);

    if (fault == FAULT_NONE) {
        fault = ca_open(kms, why);
    }
    return fault == FAULT_NONE ? FAULT_NONE : session_keep(kms, fault, why);
}

enum fault kms_require_one(struct kms *kms, struct why *why)
{
    return kms_require(kms, TASK_COUNT, why);
}
