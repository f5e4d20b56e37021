#include "kms/request/session/session_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "kms/authority/ca.h"
#include "kms/store/audit_rows.h"
#include "kms/store/store.h"

enum { ARENA_MAX = 16 << 20 };

enum fault session_keep(struct kms *kms, enum fault fault, struct why *why)
{
    if (why->rule != kms->told) {
        (void)snprintf(kms->told, sizeof(kms->told), "%s", why->rule);
        why->rule = kms->told;
    }
    return fault;
}

static enum fault read_profile(struct kms *kms, struct why *why)
{
    struct buffer text = buffer_with_max(STORE_PROFILE_MAX);
    enum fault fault = store_profile_read(kms->store, &text, why);
    size_t line = 0;

    if (fault != FAULT_NONE) {
        fault = kms_tell(kms, fault, why, "profile.conf: %s", why->rule);
    } else {
        fault = profile_parse(buffer_span(&text), &kms->profile, &line, why);
        if (fault != FAULT_NONE) {
            fault = kms_tell(kms, fault, why, "profile.conf: line %zu: %s", line, why->rule);
        }
    }
    buffer_clear(&text);
    return fault;
}

enum fault kms_open(struct kms *kms, const char *path, enum kms_access access, const char *act,
                    int64_t now, struct why *why)
{
    enum fault fault;

    *kms = (struct kms){.now = now, .writes = access == KMS_WRITE};
    kms->arena = arena_with_max(ARENA_MAX);
    (void)snprintf(kms->act, sizeof(kms->act), "%s", act);
    fault = store_open(path, access == KMS_WRITE ? STORE_WRITE : STORE_READ, now, &kms->store, why);
    if (fault == FAULT_NONE) {
        fault = store_meta_get(kms->store, "org", &kms->arena, &kms->organization, why);
        fault = fault == FAULT_ABSENT
                    ? fault_at(FAULT_SYNTAX, 0, "the store has no organization", why)
                    : fault;
    }
    if (fault == FAULT_NONE) {
        fault = access == KMS_WRITE ? read_profile(kms, why) : FAULT_NONE;
    }
    return fault == FAULT_NONE ? FAULT_NONE : session_keep(kms, fault, why);
}

void kms_close(struct kms *kms)
{
    if (kms == NULL) {
        return;
    }
    kms_rollback(kms);
    for (size_t i = 0; i < kms->actor_count; i++) {
        identity_clear(&kms->actors[i].identity);
    }
    kms->actor_count = 0;
    authority_free(kms->authority);
    kms->authority = NULL;
    private_key_free(kms->vouching);
    kms->vouching = NULL;
    anchor_clear(&kms->anchor);
    store_close(kms->store);
    kms->store = NULL;
    kms->organization = (struct span){0};
    arena_clear(&kms->arena);
}

void kms_subject(struct kms *kms, struct span subject)
{
    (void)snprintf(kms->subject, sizeof(kms->subject), "%.*s", (int)subject.len,
                   subject.len > 0 ? (const char *)subject.at : "");
}

enum fault kms_begin(struct kms *kms, struct why *why)
{
    enum fault fault = store_begin(kms->store, why);

    if (fault != FAULT_NONE) {
        return session_keep(kms, fault, why); /* one may be open still */
    }
    kms->in_transaction = true;
    return FAULT_NONE;
}

enum fault kms_commit(struct kms *kms, struct why *why)
{
    enum fault fault = store_commit(kms->store, why);

    kms->in_transaction = false;
    return fault == FAULT_NONE ? FAULT_NONE : session_keep(kms, fault, why);
}

void kms_rollback(struct kms *kms)
{
    if (kms->in_transaction) {
        store_rollback(kms->store);
        kms->in_transaction = false;
    }
}

static enum fault sign(const void *key, struct span hash, uint8_t signature[AUDIT_SIGNATURE_SIZE],
                       struct why *why)
{
    const struct identity *identity = key;

    return identity_sign(identity, hash, signature, why);
}

struct span session_who(const struct kms *kms, char out[SESSION_WHO_SIZE])
{
    size_t len = 0;

    for (size_t i = 0; i < kms->actor_count; i++) {
        len += (size_t)snprintf(out + len, SESSION_WHO_SIZE - len, "%s%s", i > 0 ? "," : "",
                                kms->actors[i].name);
    }
    return span_of(out, len);
}

static enum fault append(struct kms *kms, struct span who, struct span subject, const char *result,
                         struct span detail, struct why *why)
{
    struct audit_signer signers[KMS_PEOPLE_MAX];
    const struct audit_row row = {
        .at = kms->now,
        .act = span_text(kms->act),
        .who = who,
        .subject = subject,
        .result = span_text(result),
        .detail = detail,
    };

    for (size_t i = 0; i < kms->actor_count; i++) {
        signers[i] = (struct audit_signer){
            .person = kms->actors[i].id, .key = &kms->actors[i].identity, .sign = sign};
    }
    return audit_append(kms->store, &row, signers, kms->actor_count, why);
}

enum fault kms_audit(struct kms *kms, struct span subject, const char *result, struct span detail,
                     struct why *why)
{
    char who[SESSION_WHO_SIZE];
    enum fault fault = append(kms, session_who(kms, who), subject, result, detail, why);

    return fault == FAULT_NONE ? FAULT_NONE : session_keep(kms, fault, why);
}

enum fault session_refuse(struct kms *kms, struct span who, enum fault fault, struct why *why)
{
    struct why passed_over;

    (void)session_keep(kms, fault, why);
    kms_rollback(kms);
    if (!kms->writes || store_begin(kms->store, &passed_over) != FAULT_NONE) {
        return fault;
    }
    if (append(kms, who, span_text(kms->subject), "refused", span_text(kms->told), &passed_over) !=
            FAULT_NONE ||
        store_commit(kms->store, &passed_over) != FAULT_NONE) {
        store_rollback(kms->store);
    }
    return fault;
}

enum fault kms_refuse(struct kms *kms, enum fault fault, struct why *why)
{
    char who[SESSION_WHO_SIZE];

    return session_refuse(kms, session_who(kms, who), fault, why);
}

enum fault kms_tell(struct kms *kms, enum fault fault, struct why *why, const char *format, ...)
{
    char sentence[KMS_TOLD_SIZE]; /* a part of it may be in kms->told now */
    va_list more;

    va_start(more, format);
    (void)vsnprintf(sentence, sizeof(sentence), format, more);
    va_end(more);
    memcpy(kms->told, sentence, sizeof(sentence));
    return fault_at(fault, 0, kms->told, why);
}
