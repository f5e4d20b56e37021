#include "kms/request/session/audit.h"

#include <jansson.h>

#include "base/hex.h"
#include "base/utc.h"
#include "kms/people/transcript.h"
#include "kms/request/session/vouch.h"
#include "kms/store/store.h"
#include "report/json.h"

enum { ARENA_MAX = 4 << 20 };

static enum fault head_digest(struct span store, const struct audit_head *head,
                              uint8_t digest[TRANSCRIPT_SIZE], struct why *why)
{
    struct transcript t = transcript_begin("keyroster audit head v1");

    transcript_add(&t, store);
    transcript_add_number(&t, (uint64_t)head->seq);
    transcript_add_number(&t, (uint64_t)head->at);
    transcript_add(&t, span_of(head->hash, sizeof(head->hash)));
    return transcript_end(&t, digest, why);
}

static enum fault add_signatures(const struct kms *kms, struct span digest, struct buffer *out,
                                 struct why *why)
{
    for (size_t i = 0; i < kms->actor_count; i++) {
        uint8_t signature[IDENTITY_SIGNATURE_SIZE];
        enum fault fault = identity_sign(&kms->actors[i].identity, digest, signature, why);

        if (fault != FAULT_NONE) {
            return fault;
        }
        buffer_add_text(out, i > 0 ? ",\n  {\"name\":" : "\n  {\"name\":");
        json_add_string(out, span_text(kms->actors[i].name));
        buffer_add_text(out, ",\"signature\":\"");
        buffer_add_hex(out, span_of(signature, sizeof(signature)));
        buffer_add_text(out, "\"}");
    }
    return FAULT_NONE;
}

enum fault audit_head_write(struct kms *kms, struct buffer *out, struct why *why)
{
    struct audit_head head;
    uint8_t digest[TRANSCRIPT_SIZE];
    char at[UTC_TEXT_SIZE];
    enum fault fault = audit_head(kms->store, &head, why);

    if (fault == FAULT_NONE) {
        fault = head_digest(store_id(kms->store), &head, digest, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    utc_text(head.at, at);
    buffer_add_text(out, "{\"version\":1,\"store\":");
    json_add_string(out, store_id(kms->store));
    buffer_add_text(out, ",\"seq\":");
    buffer_add_uint(out, (uint64_t)head.seq);
    buffer_add_text(out, ",\"at\":\"");
    buffer_add_text(out, at);
    buffer_add_text(out, "\",\"hash\":\"");
    buffer_add_hex(out, span_of(head.hash, sizeof(head.hash)));
    buffer_add_text(out, "\",\"signatures\":[");
    fault = add_signatures(kms, span_of(digest, sizeof(digest)), out, why);
    buffer_add_text(out, "]}\n");
    if (fault == FAULT_NONE && out->fault != FAULT_NONE) {
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    return fault;
}

/* A text member of an object; an empty span for what is none. */
static struct span member(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return json_is_string(value) ? span_of(json_string_value(value), json_string_length(value))
                                 : (struct span){0};
}

/* Hexadecimal of exactly `size` bytes. */
static bool read_hex(struct span text, uint8_t *out, size_t size)
{
    return text.len == 2 * size && hex_run_length(text) == text.len &&
           hex_decode_run(text, out) == text.len;
}

/* Whether somebody of that name, in office or not, made the signature. */
static enum fault check_signer(struct kms *kms, struct span name, struct span digest,
                               struct span signature, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct person_row *people = NULL;
    struct why passed_over;
    size_t count = 0;
    enum fault fault = person_list(kms->store, true, &arena, &people, &count, why);
    bool found = false;

    for (size_t i = 0; fault == FAULT_NONE && i < count && !found; i++) {
        found =
            span_equal(people[i].name, name) &&
            vouch_check(kms, &people[i], &passed_over) == FAULT_NONE &&
            identity_verify(people[i].signing.at, digest, signature, &passed_over) == FAULT_NONE;
    }
    arena_clear(&arena);
    if (fault == FAULT_NONE && !found) {
        fault = fault_at(FAULT_DENIED, 0, "a signature of the head is not by whom it names", why);
    }
    return fault;
}

static enum fault check_signatures(struct kms *kms, const json_t *root,
                                   const struct audit_head *head, struct why *why)
{
    const json_t *signatures = json_object_get(root, "signatures");
    uint8_t digest[TRANSCRIPT_SIZE];
    enum fault fault = head_digest(store_id(kms->store), head, digest, why);

    if (fault == FAULT_NONE && !json_is_array(signatures)) {
        return fault_at(FAULT_SYNTAX, 0, "the head has no list of signatures", why);
    }
    for (size_t i = 0; fault == FAULT_NONE && i < json_array_size(signatures); i++) {
        const json_t *one = json_array_get(signatures, i);
        uint8_t signature[IDENTITY_SIGNATURE_SIZE];

        if (!read_hex(member(one, "signature"), signature, sizeof(signature))) {
            return fault_at(FAULT_SYNTAX, 0, "a signature of the head is none", why);
        }
        fault = check_signer(kms, member(one, "name"), span_of(digest, sizeof(digest)),
                             span_of(signature, sizeof(signature)), why);
    }
    return fault;
}

static enum fault read_head(struct kms *kms, const json_t *root, struct audit_head *out,
                            struct why *why)
{
    struct audit_head head = {.seq = json_integer_value(json_object_get(root, "seq"))};

    if (json_integer_value(json_object_get(root, "version")) != 1 || head.seq < 1 ||
        utc_parse(member(root, "at"), &head.at, why) != FAULT_NONE ||
        !read_hex(member(root, "hash"), head.hash, sizeof(head.hash))) {
        return fault_at(FAULT_SYNTAX, 0, "no head of an audit", why);
    }
    if (!span_equal(member(root, "store"), store_id(kms->store))) {
        return fault_at(FAULT_DENIED, 0, "the head is that of another store's audit", why);
    }
    *out = head;
    return FAULT_NONE;
}

enum fault audit_head_read(struct kms *kms, struct span text, struct audit_head *out,
                           struct why *why)
{
    json_error_t error;
    json_t *root = text.len <= AUDIT_HEAD_MAX
                       ? json_loadb((const char *)text.at, text.len, JSON_REJECT_DUPLICATES, &error)
                       : NULL;
    struct audit_head head;
    enum fault fault;

    if (root == NULL) {
        return fault_at(FAULT_SYNTAX, 0, "no head of an audit: it is no JSON", why);
    }
    fault = read_head(kms, root, &head, why);
    if (fault == FAULT_NONE) {
        fault = check_signatures(kms, root, &head, why);
    }
    if (fault == FAULT_NONE) {
        *out = head;
    }
    json_decref(root);
    return fault;
}

bool audit_signature_fits(struct span signing, struct span hash, struct span signature)
{
    struct why why;

    return signing.len == IDENTITY_KEY_SIZE &&
           identity_verify(signing.at, hash, signature, &why) == FAULT_NONE;
}

/* Else a row could be signed by somebody whom nobody but the database's writer knows. */
static enum fault check_everybody(struct kms *kms, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct person_row *people = NULL;
    size_t count = 0;
    enum fault fault = person_list(kms->store, true, &arena, &people, &count, why);

    for (size_t i = 0; fault == FAULT_NONE && i < count; i++) {
        fault = vouch_check(kms, &people[i], why);
    }
    arena_clear(&arena);
    return fault;
}

enum fault audit_check_chain(struct kms *kms, const struct audit_head *kept,
                             struct audit_verdict *out, struct why *why)
{
    return audit_verify(kms->store, audit_signature_fits, kms->threads, kept, out, why);
}

enum fault audit_check(struct kms *kms, const struct audit_head *kept, struct audit_verdict *out,
                       struct why *why)
{
    enum fault fault = audit_check_chain(kms, kept, out, why);

    return fault == FAULT_NONE && out->bad_seq == 0 ? check_everybody(kms, why) : fault;
}
