#include "directory/sync_value.h"

#include "directory/element.h"

/* Tags of syncInfoValue's choices. */
enum {
    TAG_NEW_COOKIE = 0x80,
    TAG_REFRESH_DELETE = 0xA1,
    TAG_REFRESH_PRESENT = 0xA2,
    TAG_KEYS = 0xA3,
    REFRESH_ONLY = 1,
    LENGTH_BYTES = 4, /* of a length that one byte does not hold */
};

/* Opens a value that is one element and nothing else. */
static bool open_only(struct span value, uint8_t wanted, struct cursor *inside)
{
    struct cursor in = cursor_over(value);
    struct span body;

    if (!element_take_tagged(&in, wanted, &body) || in.rest.len > 0) {
        return false;
    }
    *inside = cursor_over(body);
    return true;
}

/* An optional cookie, and a boolean with its default. */
static void take_options(struct cursor *in, struct span *cookie, bool *flag)
{
    struct span body;

    if (element_take_tagged(in, ELEMENT_OCTETS, &body)) {
        *cookie = body;
    }
    if (element_take_tagged(in, ELEMENT_BOOLEAN, &body) && body.len == 1) {
        *flag = body.at[0] != 0;
    }
}

static void put_length(struct buffer *out, size_t length)
{
    if (length < 0x80) {
        buffer_add_byte(out, (uint8_t)length);
        return;
    }
    buffer_add_byte(out, 0x80 + LENGTH_BYTES);
    for (int shift = 24; shift >= 0; shift -= 8) {
        buffer_add_byte(out, (uint8_t)(length >> shift));
    }
}

void sync_request_put(struct buffer *out, struct span cookie)
{
    const size_t head = cookie.len < 0x80 ? 2 : 2 + LENGTH_BYTES;

    buffer_add_byte(out, ELEMENT_SEQUENCE);
    put_length(out, 3 + (cookie.len > 0 ? head + cookie.len : 0));
    buffer_add_byte(out, ELEMENT_ENUMERATED);
    buffer_add_byte(out, 1);
    buffer_add_byte(out, REFRESH_ONLY);
    if (cookie.len > 0) {
        buffer_add_byte(out, ELEMENT_OCTETS);
        put_length(out, cookie.len);
        buffer_add(out, cookie);
    }
}

enum fault sync_state_read(struct span value, struct sync_state_value *out)
{
    struct cursor in;
    struct span state, key;

    if (!open_only(value, ELEMENT_SEQUENCE, &in) ||
        !element_take_tagged(&in, ELEMENT_ENUMERATED, &state) ||
        !element_take_tagged(&in, ELEMENT_OCTETS, &key) || state.len != 1 ||
        state.at[0] > SYNC_DELETE || key.len != SYNC_KEY_SIZE) {
        return FAULT_SYNTAX;
    }
    *out = (struct sync_state_value){.state = (enum sync_state)state.at[0], .key = key};
    return FAULT_NONE;
}

enum fault sync_done_read(struct span value, struct sync_done_value *out)
{
    struct sync_done_value done = {0};
    struct cursor in;

    if (!open_only(value, ELEMENT_SEQUENCE, &in)) {
        return FAULT_SYNTAX;
    }
    take_options(&in, &done.cookie, &done.refresh_deletes);
    *out = done;
    return FAULT_NONE;
}

enum fault sync_info_read(struct span value, struct sync_info_value *out)
{
    struct sync_info_value info = {0};
    struct cursor in = cursor_over(value);
    struct span body;
    uint8_t tag;
    bool done = true;

    if (!element_take(&in, &tag, &body) || in.rest.len > 0) {
        return FAULT_SYNTAX;
    }
    in = cursor_over(body);
    switch (tag) {
    case TAG_NEW_COOKIE:
        info.kind = SYNC_INFO_COOKIE;
        info.cookie = body;
        break;
    case TAG_REFRESH_DELETE:
    case TAG_REFRESH_PRESENT:
        info.kind = tag == TAG_REFRESH_DELETE ? SYNC_INFO_DELETES : SYNC_INFO_PRESENTS;
        take_options(&in, &info.cookie, &done);
        break;
    case TAG_KEYS:
        info.kind = SYNC_INFO_KEYS;
        take_options(&in, &info.cookie, &info.deletes);
        if (!element_take_tagged(&in, ELEMENT_SET, &body)) {
            return FAULT_SYNTAX;
        }
        info.keys = cursor_over(body);
        break;
    default:
        return FAULT_SYNTAX;
    }
    *out = info;
    return FAULT_NONE;
}

enum fault sync_key_next(struct cursor *keys, struct span *key)
{
    struct span body;

    if (keys->rest.len == 0) {
        return FAULT_ABSENT;
    }
    if (!element_take_tagged(keys, ELEMENT_OCTETS, &body) || body.len != SYNC_KEY_SIZE) {
        keys->rest = (struct span){0};
        return FAULT_SYNTAX;
    }
    *key = body;
    return FAULT_NONE;
}
