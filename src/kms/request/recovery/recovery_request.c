#include "kms/request/recovery/recovery_request.h"

#include "base/ascii.h"
#include "base/text.h"
#include "base/utc.h"
#include "report/json.h"

#define DIGEST_LABEL "keyroster recovery request v1"

enum fault recovery_why_check(struct span text, struct why *why)
{
    struct cursor in = cursor_over(text);

    if (ascii_trim(text).len == 0) {
        return fault_at(FAULT_SYNTAX, 0, "a recovery has a reason", why);
    }
    if (text.len > RECOVERY_WHY_MAX || !text_is_utf8(text)) {
        return fault_at(FAULT_SYNTAX, 0, "the reason is UTF-8, 1000 bytes at most", why);
    }
    while (in.rest.len > 0) {
        if (text_is_unsafe(text_next(&in))) {
            return fault_at(FAULT_SYNTAX, 0, "the reason is one line without control characters",
                            why);
        }
    }
    return FAULT_NONE;
}

enum fault recovery_request_digest(const struct recovery_request *request,
                                   uint8_t out[TRANSCRIPT_SIZE], struct why *why)
{
    struct transcript t = transcript_begin(DIGEST_LABEL);

    transcript_add_number(&t, RECOVERY_VERSION);
    transcript_add(&t, request->store_id);
    transcript_add_number(&t, (uint64_t)request->user);
    transcript_add_number(&t, request->address_count);
    for (size_t i = 0; i < request->address_count; i++) {
        transcript_add(&t, request->addresses[i]);
    }
    transcript_add_number(&t, request->key_count);
    for (size_t i = 0; i < request->key_count; i++) {
        transcript_add(&t, request->keys[i].serial);
        transcript_add(&t, span_of(request->keys[i].envelope, TRANSCRIPT_SIZE));
    }
    transcript_add(&t, request->why);
    transcript_add(&t, request->requester);
    transcript_add_number(&t, (uint64_t)request->created);
    transcript_add_number(&t, (uint64_t)request->expires);
    transcript_add(&t, span_of(request->key, sizeof(request->key)));
    return transcript_end(&t, out, why);
}

enum fault recovery_request_sign(struct recovery_request *request, const struct identity *requester,
                                 struct why *why)
{
    enum fault fault = recovery_request_digest(request, request->digest, why);

    if (fault == FAULT_NONE) {
        fault = identity_sign(requester, span_of(request->digest, sizeof(request->digest)),
                              request->signature, why);
    }
    return fault;
}

enum fault recovery_request_verify(const struct recovery_request *request,
                                   const uint8_t signing[IDENTITY_KEY_SIZE], struct why *why)
{
    const struct span claimed = span_of(request->digest, sizeof(request->digest));
    uint8_t digest[TRANSCRIPT_SIZE];
    enum fault fault = recovery_request_digest(request, digest, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    if (!span_equal(claimed, span_of(digest, sizeof(digest)))) {
        return fault_at(FAULT_DENIED, 0, "the request was altered: its digest is another", why);
    }
    fault = identity_verify(signing, claimed,
                            span_of(request->signature, sizeof(request->signature)), why);
    if (fault == FAULT_DENIED) {
        why->rule = "the signature is not that of the one who is said to ask";
    }
    return fault;
}

static void add_text(struct buffer *out, const char *name, struct span text)
{
    buffer_add_text(out, ",\n  \"");
    buffer_add_text(out, name);
    buffer_add_text(out, "\": ");
    json_add_string(out, text);
}

static void add_hex(struct buffer *out, struct span bytes)
{
    buffer_add_byte(out, '"');
    buffer_add_hex(out, bytes);
    buffer_add_byte(out, '"');
}

static void add_bytes(struct buffer *out, const char *name, const uint8_t *bytes, size_t len)
{
    buffer_add_text(out, ",\n  \"");
    buffer_add_text(out, name);
    buffer_add_text(out, "\": ");
    add_hex(out, span_of(bytes, len));
}

static void add_time(struct buffer *out, const char *name, int64_t at)
{
    char text[UTC_TEXT_SIZE];

    utc_text(at, text);
    add_text(out, name, span_text(text));
}

static void add_addresses(struct buffer *out, const struct recovery_request *request)
{
    buffer_add_text(out, ",\n  \"addresses\": [");
    for (size_t i = 0; i < request->address_count; i++) {
        buffer_add_text(out, i > 0 ? ", " : "");
        json_add_string(out, request->addresses[i]);
    }
    buffer_add_byte(out, ']');
}

static void add_keys(struct buffer *out, const struct recovery_request *request)
{
    buffer_add_text(out, ",\n  \"keys\": [");
    for (size_t i = 0; i < request->key_count; i++) {
        buffer_add_text(out, i > 0 ? ",\n    {\"serial\": " : "\n    {\"serial\": ");
        add_hex(out, request->keys[i].serial);
        buffer_add_text(out, ", \"envelope\": ");
        add_hex(out, span_of(request->keys[i].envelope, TRANSCRIPT_SIZE));
        buffer_add_byte(out, '}');
    }
    buffer_add_text(out, "\n  ]");
}

void recovery_request_write(const struct recovery_request *request, struct buffer *out)
{
    buffer_add_text(out, "{\n  \"version\": ");
    buffer_add_uint(out, RECOVERY_VERSION);
    add_text(out, "store", request->store_id);
    buffer_add_text(out, ",\n  \"user\": ");
    buffer_add_uint(out, (uint64_t)request->user);
    add_addresses(out, request);
    add_keys(out, request);
    add_text(out, "why", request->why);
    add_text(out, "requester", request->requester);
    add_time(out, "created", request->created);
    add_time(out, "expires", request->expires);
    add_bytes(out, "key", request->key, sizeof(request->key));
    add_bytes(out, "digest", request->digest, sizeof(request->digest));
    add_bytes(out, "signature", request->signature, sizeof(request->signature));
    buffer_add_text(out, "\n}\n");
}
