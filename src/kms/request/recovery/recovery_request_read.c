#include "kms/request/recovery/recovery_request.h"

#include <jansson.h>

#include "base/hex.h"
#include "base/text.h"
#include "base/utc.h"
#include "kms/request/session/person_name.h"

enum { MEMBERS = 12, KEY_MEMBERS = 2, ADDRESS_MAX_BYTES = 512, STORE_ID_MAX = 64 };

static enum fault refuse(const char *rule, struct why *why)
{
    return fault_at(FAULT_SYNTAX, 0, rule, why);
}

/* A view into the document. */
static struct span text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return json_is_string(value) ? span_of(json_string_value(value), json_string_length(value))
                                 : (struct span){0};
}

/* Text that may be shown: not empty, no longer than `max`, nothing that upsets a terminal. */
static bool is_plain(struct span text, size_t max)
{
    struct cursor in = cursor_over(text);

    if (text.len == 0 || text.len > max || !text_is_utf8(text)) {
        return false;
    }
    while (in.rest.len > 0) {
        if (text_is_unsafe(text_next(&in))) {
            return false;
        }
    }
    return true;
}

static bool is_lower_hex(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] >= 'A' && text.at[i] <= 'F') {
            return false;
        }
    }
    return text.len > 0 && text.len % 2 == 0 && hex_run_length(text) == text.len;
}

/* Exactly `size` bytes in hexadecimal. */
static bool read_bytes(const json_t *object, const char *name, uint8_t *out, size_t size)
{
    const struct span text = text_of(object, name);

    return is_lower_hex(text) && text.len == 2 * size && hex_decode_run(text, out) == text.len;
}

/* As it is written: in UTC, without a fraction. */
static bool read_time(const json_t *object, const char *name, int64_t *out)
{
    const struct span text = text_of(object, name);
    char again[UTC_TEXT_SIZE];
    struct why passed_over;

    if (utc_parse(text, out, &passed_over) != FAULT_NONE) {
        return false;
    }
    utc_text(*out, again);
    return span_is(text, again);
}

static enum fault keep(struct arena *arena, struct span text, struct span *out, struct why *why)
{
    enum fault fault = arena_copy(arena, text, out);

    return fault == FAULT_NONE ? FAULT_NONE
                               : fault_at(FAULT_RESOURCE, 0, "out of memory for the request", why);
}

static enum fault read_addresses(const json_t *root, struct arena *arena,
                                 struct recovery_request *out, struct why *why)
{
    static const char rule[] = "addresses is no list of mail addresses";
    const json_t *list = json_object_get(root, "addresses");
    const size_t count = json_array_size(list); /* 0 for what is no array */
    enum fault fault = FAULT_NONE;

    if (count > RECOVERY_ADDRESSES_MAX) {
        return fault_at(FAULT_LIMIT, 0, "more addresses than a request may have", why);
    }
    if (count == 0) {
        return refuse(rule, why);
    }
    out->addresses = arena_take_array(arena, count, sizeof(*out->addresses));
    if (out->addresses == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory for the request", why);
    }
    out->address_count = count;
    for (size_t i = 0; i < count && fault == FAULT_NONE; i++) {
        const json_t *value = json_array_get(list, i);
        const struct span text = span_of(json_string_value(value), json_string_length(value));

        fault = json_is_string(value) && is_plain(text, ADDRESS_MAX_BYTES)
                    ? keep(arena, text, &out->addresses[i], why)
                    : refuse(rule, why);
    }
    return fault;
}

static enum fault read_key(const json_t *object, struct arena *arena, struct recovery_key *out,
                           struct why *why)
{
    const struct span serial = text_of(object, "serial");
    uint8_t *bytes = arena_take(arena, RECOVERY_SERIAL_MAX);

    if (bytes == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory for the request", why);
    }
    if (json_object_size(object) != KEY_MEMBERS || !is_lower_hex(serial) ||
        serial.len > (size_t)2 * RECOVERY_SERIAL_MAX || hex_decode_run(serial, bytes) == 0 ||
        !read_bytes(object, "envelope", out->envelope, sizeof(out->envelope))) {
        return refuse("keys is no list of serials and digests of envelopes", why);
    }
    out->serial = span_of(bytes, serial.len / 2);
    return FAULT_NONE;
}

static enum fault read_keys(const json_t *root, struct arena *arena, struct recovery_request *out,
                            struct why *why)
{
    const json_t *list = json_object_get(root, "keys");
    const size_t count = json_array_size(list);
    enum fault fault = FAULT_NONE;

    if (count > RECOVERY_KEYS_MAX) {
        return fault_at(FAULT_LIMIT, 0, "more keys than a request may have", why);
    }
    if (count == 0) {
        return refuse("keys is no list of serials and digests of envelopes", why);
    }
    out->keys = arena_take_array(arena, count, sizeof(*out->keys));
    if (out->keys == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory for the request", why);
    }
    out->key_count = count;
    for (size_t i = 0; i < count && fault == FAULT_NONE; i++) {
        fault = read_key(json_array_get(list, i), arena, &out->keys[i], why);
    }
    return fault;
}

static enum fault read_texts(const json_t *root, struct arena *arena, struct recovery_request *out,
                             struct why *why)
{
    const struct span store = text_of(root, "store");
    const struct span name = text_of(root, "requester");
    const struct span reason = text_of(root, "why");
    enum fault fault = recovery_why_check(reason, why);

    if (fault != FAULT_NONE) {
        return refuse("why is no reason in one line", why);
    }
    if (!is_plain(store, STORE_ID_MAX)) {
        return refuse("store is no name of a store", why);
    }
    if (!is_plain(name, PERSON_NAME_MAX)) {
        return refuse("requester is no name", why);
    }
    fault = keep(arena, reason, &out->why, why);
    if (fault == FAULT_NONE) {
        fault = keep(arena, store, &out->store_id, why);
    }
    return fault == FAULT_NONE ? keep(arena, name, &out->requester, why) : fault;
}

static enum fault read_numbers(const json_t *root, struct recovery_request *out, struct why *why)
{
    const json_t *user = json_object_get(root, "user");

    if (!json_is_integer(user) || json_integer_value(user) < 1) {
        return refuse("user is no number of a user", why);
    }
    out->user = json_integer_value(user);
    if (!read_time(root, "created", &out->created) || !read_time(root, "expires", &out->expires) ||
        out->created >= out->expires) {
        return refuse("created and expires are no times, one after the other", why);
    }
    if (!read_bytes(root, "key", out->key, sizeof(out->key)) ||
        !read_bytes(root, "digest", out->digest, sizeof(out->digest)) ||
        !read_bytes(root, "signature", out->signature, sizeof(out->signature))) {
        return refuse("key, digest and signature are not hexadecimal of their lengths", why);
    }
    return FAULT_NONE;
}

static enum fault read_root(const json_t *root, struct arena *arena, struct recovery_request *out,
                            struct why *why)
{
    const json_t *version = json_object_get(root, "version");
    enum fault fault;

    if (!json_is_integer(version)) {
        return refuse("no recovery request (made by keyroster kms recover?)", why);
    }
    if (json_integer_value(version) != RECOVERY_VERSION) {
        return refuse("a recovery request of another version of keyroster", why);
    }
    if (json_object_size(root) != MEMBERS) {
        return refuse("members are missing in the request, or unknown", why);
    }
    fault = read_numbers(root, out, why);
    if (fault == FAULT_NONE) {
        fault = read_texts(root, arena, out, why);
    }
    if (fault == FAULT_NONE) {
        fault = read_addresses(root, arena, out, why);
    }
    return fault == FAULT_NONE ? read_keys(root, arena, out, why) : fault;
}

enum fault recovery_request_read(struct span text, struct arena *arena,
                                 struct recovery_request *out, struct why *why)
{
    struct recovery_request request = {0};
    json_error_t error;
    json_t *root;
    enum fault fault;

    if (text.len > RECOVERY_FILE_MAX) {
        return fault_at(FAULT_LIMIT, 0, "larger than a recovery request may be", why);
    }
    root = json_loadb((const char *)text.at, text.len, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        return fault_at(FAULT_SYNTAX, error.position > 0 ? (size_t)error.position : 0,
                        "the request is not JSON (RFC 8259), or names a member twice", why);
    }
    fault = read_root(root, arena, &request, why);
    json_decref(root);
    if (fault == FAULT_NONE) {
        *out = request;
    }
    return fault;
}
