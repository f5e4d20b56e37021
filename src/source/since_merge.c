#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "source/since_work.h"

static const char damaged[] = "the file is damaged";

enum { FLAGS_AT = sizeof(uint32_t) };

enum fault since_add(struct since *since, struct span entry, struct why *why)
{
    uint32_t flags;

    memcpy(&flags, entry.at + FLAGS_AT, sizeof(flags));
    since->saw_certificate |= (flags & FRAME_CERTIFICATE) != 0;
    return kept_add(&since->writer, entry, why);
}

/* ---- names ---- */

/* FNV-1a twice, of a DN without regard to case: a set of names takes no more than keys. */
static void digest_name(struct span dn, uint8_t out[KEPT_KEY_SIZE])
{
    uint64_t one = 14695981039346656037U, two = 0x9E3779B97F4A7C15U;

    for (size_t i = 0; i < dn.len; i++) {
        uint8_t c = ascii_lower(dn.at[i]);

        one = (one ^ c) * 1099511628211U;
        two = (two + c) * 0xFF51AFD7ED558CCDU;
    }
    memcpy(out, &one, sizeof(one));
    memcpy(out + sizeof(one), &two, sizeof(two));
}

static enum fault note_name(struct since *since, struct span dn, struct why *why)
{
    uint8_t digest[KEPT_KEY_SIZE];
    struct change *change;

    digest_name(dn, digest);
    change = change_take(&since->renamed, span_of(digest, sizeof(digest)));
    if (change == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    change->kind = CHANGE_GONE;
    return FAULT_NONE;
}

/* True when the DN lies beneath a name that an entry had. */
static bool is_beneath_old_name(const struct since *since, struct span dn)
{
    for (size_t i = 0; i < dn.len; i++) {
        uint8_t digest[KEPT_KEY_SIZE];

        if (dn.at[i] == '\\') {
            i++;
        } else if (dn.at[i] == ',') {
            digest_name(span_from(dn, i + 1), digest);
            if (change_find(&since->renamed, span_of(digest, sizeof(digest))) != NULL) {
                return true;
            }
        }
    }
    return false;
}

static enum fault check_batch(const struct since *since, const struct batch *batch, struct why *why)
{
    struct cursor in = cursor_over(span_of(batch->bytes, batch->len));
    struct frame frame;

    while (frame_next(&in, &frame, why) == FAULT_NONE) {
        const struct change *change = change_find(&since->index, kept_key_of(&frame));

        if ((change == NULL || change->kind != CHANGE_ENTRY) &&
            is_beneath_old_name(since, frame.dn)) {
            return fault_at(FAULT_ABSENT, 0, "a container has another name", why);
        }
    }
    return FAULT_NONE;
}

enum fault since_check_names(struct since *since, int fd, struct why *why)
{
    struct kept_reader reader = {0};
    struct batch batch = {0};
    enum fault fault;

    if (since->renamed.count == 0) {
        return FAULT_NONE;
    }
    fault = kept_open(&reader, fd, why);
    while (fault == FAULT_NONE) {
        fault = kept_read(&reader, &batch, why);
        if (fault == FAULT_ABSENT) {
            fault = FAULT_NONE;
            break;
        }
        if (fault == FAULT_NONE) {
            fault = check_batch(since, &batch, why);
        }
    }
    batch_clear(&batch);
    kept_reader_clear(&reader);
    return fault;
}

/* ---- merging ---- */

/* Brings back what was put aside; it lies in the entry writer's memory, which is free now. */
static enum fault bring_back(struct since *since, const struct change *change, struct span *out,
                             struct why *why)
{
    if (change->size > since->entry.capacity) {
        uint8_t *grown = realloc(since->entry.bytes, change->size);

        if (grown == NULL) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
        since->entry.bytes = grown;
        since->entry.capacity = change->size;
    }
    for (size_t got = 0; got < change->size;) {
        ssize_t n = pread(since->options->aside, since->entry.bytes + got, change->size - got,
                          (off_t)(change->at + got));

        if (n <= 0 && !(n < 0 && errno == EINTR)) {
            return fault_at(FAULT_RESOURCE, 0, n < 0 ? strerrordesc_np(errno) : damaged, why);
        }
        got += n > 0 ? (size_t)n : 0;
    }
    *out = span_of(since->entry.bytes, change->size);
    return FAULT_NONE;
}

/* An entry in the place of what it was. */
static enum fault replace(struct since *since, struct change *change, struct span old_dn,
                          struct why *why)
{
    struct span entry;
    struct cursor in;
    struct frame frame;
    enum fault fault = bring_back(since, change, &entry, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    change->used = true;
    since->facts.changed++;
    in = cursor_over(entry);
    fault = frame_next(&in, &frame, why);
    if (fault == FAULT_NONE && !ascii_equal_nocase(frame.dn, old_dn)) {
        fault = note_name(since, old_dn, why);
    }
    return fault == FAULT_NONE ? since_add(since, entry, why) : fault;
}

static void note_gone(struct since *since, struct span dn)
{
    const uint32_t length = (uint32_t)dn.len;

    since->facts.gone++;
    if (since->options->tell_gone != NULL) {
        buffer_add(&since->gone, span_of(&length, sizeof(length)));
        buffer_add(&since->gone, dn);
    }
}

/* One entry of the last roster. */
static enum fault merge_entry(struct since *since, const struct frame *frame, struct span entry,
                              struct why *why)
{
    struct span key = kept_key_of(frame);
    struct change *change = change_find(&since->index, key);

    if (key.len == 0) {
        return fault_at(FAULT_ABSENT, 0, damaged, why);
    }
    if (change == NULL && since->changes.absent_gone) {
        note_gone(since, frame->dn);
        return FAULT_NONE;
    }
    if (change == NULL) {
        return since_add(since, entry, why);
    }
    if (change->kind == CHANGE_GONE) {
        note_gone(since, frame->dn);
        return FAULT_NONE;
    }
    if (change->kind == CHANGE_ENTRY) {
        return replace(since, change, frame->dn, why);
    }
    change->used = true;
    return since_add(since, entry, why);
}

static enum fault merge_batch(struct since *since, const struct batch *batch, struct why *why)
{
    struct cursor in = cursor_over(span_of(batch->bytes, batch->len));
    enum fault fault = FAULT_NONE;

    while (fault == FAULT_NONE) {
        const uint8_t *start = in.rest.at;
        size_t left = in.rest.len;
        struct frame frame;

        fault = frame_next(&in, &frame, why);
        if (fault == FAULT_ABSENT) {
            return FAULT_NONE;
        }
        if (fault != FAULT_NONE) {
            return fault_at(FAULT_ABSENT, 0, damaged, why);
        }
        fault = merge_entry(since, &frame, span_of(start, left - in.rest.len), why);
    }
    return fault;
}

/* The entries that the last roster did not have, in the order in which they came. */
static enum fault add_new(struct since *since, struct why *why)
{
    uint64_t at = 0;
    enum fault fault = FAULT_NONE;

    while (fault == FAULT_NONE && at < since->aside) {
        struct change here = {.at = at, .size = sizeof(uint32_t)};
        struct span bytes;
        struct cursor in;
        struct frame frame;
        struct change *change;
        uint32_t size;

        fault = bring_back(since, &here, &bytes, why);
        if (fault != FAULT_NONE) {
            break;
        }
        memcpy(&size, bytes.at, sizeof(size));
        here.size = size + (uint32_t)sizeof(size);
        fault = bring_back(since, &here, &bytes, why);
        in = cursor_over(bytes);
        if (fault == FAULT_NONE) {
            fault = frame_next(&in, &frame, why);
        }
        if (fault != FAULT_NONE) {
            break;
        }
        change = change_find(&since->index, kept_key_of(&frame));
        if (change != NULL && change->kind == CHANGE_ENTRY && !change->used && change->at == at) {
            since->facts.added++;
            fault = since_add(since, bytes, why);
        }
        at += here.size;
    }
    return fault;
}

/* A key that is there and that the last roster does not have: something was missed. */
static bool has_missed(const struct change_index *index)
{
    for (size_t i = 0; i < index->capacity; i++) {
        if (index->slots[i].kind == CHANGE_PRESENT && !index->slots[i].used) {
            return true;
        }
    }
    return false;
}

enum fault since_verify(struct since *since, struct why *why)
{
    struct batch batch = {0};
    enum fault fault = FAULT_NONE;

    kept_rewind(&since->old);
    while (fault == FAULT_NONE) {
        fault = kept_read(&since->old, &batch, why);
    }
    batch_clear(&batch);
    if (fault == FAULT_SYNTAX) {
        return fault_at(FAULT_ABSENT, 0, damaged, why);
    }
    return fault == FAULT_ABSENT ? FAULT_NONE : fault;
}

enum fault since_merge(struct since *since, struct why *why)
{
    struct batch batch = {0};
    enum fault fault = FAULT_NONE;

    kept_rewind(&since->old);
    while (fault == FAULT_NONE) {
        fault = kept_read(&since->old, &batch, why);
        if (fault == FAULT_NONE) {
            fault = merge_batch(since, &batch, why);
        } else if (fault == FAULT_SYNTAX) {
            fault = fault_at(FAULT_ABSENT, 0, damaged, why);
            break;
        } else if (fault == FAULT_ABSENT) {
            fault = add_new(since, why);
            break;
        }
    }
    batch_clear(&batch);
    if (fault == FAULT_NONE && has_missed(&since->index)) {
        fault =
            fault_at(FAULT_ABSENT, 0, "the server has entries that the last roster has not", why);
    }
    return fault;
}
