#include "directory/sync_value.h"

/* Tags of X.690, 8.1.2, and those of syncInfoValue's choices. */
enum {
    TAG_BOOLEAN = 0x01,
    TAG_OCTETS = 0x04,
    TAG_ENUMERATED = 0x0A,
    TAG_SEQUENCE = 0x30,
    TAG_SET = 0x31,
    TAG_NEW_COOKIE = 0x80,
    TAG_REFRESH_DELETE = 0xA1,
    TAG_REFRESH_PRESENT = 0xA2,
    TAG_KEYS = 0xA3,
    REFRESH_ONLY = 1,
    LENGTH_BYTES_MAX = 4, /* no value of an LDAP message is longer */
};

/* Takes one element with a definite length. */
static bool take(struct cursor *in, uint8_t *tag, struct span *body)
{
    struct cursor walk = *in;
    struct span bytes;
    size_t length;

    if (!cursor_take(&walk, 2, &bytes)) {
        return false;
    }
    *tag = bytes.at[0];
    length = bytes.at[1];
    if (length >= 0x80) {
        struct span more;

        if (length == 0x80 || length - 0x80 > LENGTH_BYTES_MAX ||
            !cursor_take(&walk, length - 0x80, &more)) {
            return false;
        }
        length = 0;
        for (size_t i = 0; i < more.len; i++) {
            length = length << 8 | more.at[i];
        }
    }
    if (!cursor_take(&walk, length, body)) {
        return false;
    }
    *in = walk;
    return true;
}

/* Takes one element if it has this tag. */
static bool take_tagged(struct cursor *in, uint8_t wanted, struct span *body)
{
    struct cursor walk = *in;
    uint8_t tag;

    if (!take(&walk, &tag, body) || tag != wanted) {
        return false;
    }
    *in = walk;
    return true;
}

/* Opens a value that is one element and nothing else. */
static bool open_only(struct span value, uint8_t wanted, struct cursor *inside)
{
    struct cursor in = cursor_over(value);
    struct span body;

    if (!take_tagged(&in, wanted, &body) || in.rest.len > 0) {
        return false;
    }
    *inside = cursor_over(body);
    return true;
}

/* An optional cookie, and a boolean with its default. */
static void take_options(struct cursor *in, struct span *cookie, bool *flag)
{
    struct span body;

    if (take_tagged(in, TAG_OCTETS, &body)) {
        *cookie = body;
    }
    if (take_tagged(in, TAG_BOOLEAN, &body) && body.len == 1) {
        *flag = body.at[0] != 0;
    }
}

static void put_length(struct buffer *out, size_t length)
{
    if (length < 0x80) {
        buffer_add_byte(out, (uint8_t)length);
        return;
    }
    buffer_add_byte(out, 0x80 + LENGTH_BYTES_MAX);
    for (int shift = 24; shift >= 0; shift -= 8) {
        buffer_add_byte(out, (uint8_t)(length >> shift));
    }
}

void sync_request_put(struct buffer *out, struct span cookie)
{
    const size_t head = cookie.len < 0x80 ? 2 : 2 + LENGTH_BYTES_MAX;

    buffer_add_byte(out, TAG_SEQUENCE);
    put_length(out, 3 + (cookie.len > 0 ? head + cookie.len : 0));
    buffer_add_byte(out, TAG_ENUMERATED);
    buffer_add_byte(out, 1);
    buffer_add_byte(out, REFRESH_ONLY);
    if (cookie.len > 0) {
        buffer_add_byte(out, TAG_OCTETS);
        put_length(out, cookie.len);
        buffer_add(out, cookie);
    }
}

enum fault sync_state_read(struct span value, struct sync_state_value *out)
{
    struct cursor in;
    struct span state, key;

    if (!open_only(value, TAG_SEQUENCE, &in) || !take_tagged(&in, TAG_ENUMERATED, &state) ||
        !take_tagged(&in, TAG_OCTETS, &key) || state.len != 1 || state.at[0] > SYNC_DELETE ||
        key.len != SYNC_KEY_SIZE) {
        return FAULT_SYNTAX;
    }
    *out = (struct sync_state_value){.state = (enum sync_state)state.at[0], .key = key};
    return FAULT_NONE;
}

enum fault sync_done_read(struct span value, struct sync_done_value *out)
{
    struct sync_done_value done = {0};
    struct cursor in;

    if (!open_only(value, TAG_SEQUENCE, &in)) {
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

    if (!take(&in, &tag, &body) || in.rest.len > 0) {
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
        if (!take_tagged(&in, TAG_SET, &body)) {
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
    if (!take_tagged(keys, TAG_OCTETS, &body) || body.len != SYNC_KEY_SIZE) {
        keys->rest = (struct span){0};
        return FAULT_SYNTAX;
    }
    *key = body;
    return FAULT_NONE;
}
