#include "source/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <iconv.h>

#include "base/text.h"
#include "source/packed.h"
#include "source/recognise.h"

enum {
    RAW_SIZE = 128 * 1024, /* what is read of the file to tell how it is compressed, at most */
    WIDE_SIZE = 64 * 1024, /* a piece decompressed, before it is turned into UTF-8 */
    HEAD_SIZE = 64,        /* room that a caller gives at least, and what tells compression */
    STEP_MAX = 16,         /* room that one step of decoding needs at most */
    GUESS_SIZE = 256,      /* what is looked at to tell UTF-16: column names, as a rule */
};

/* A byte of the file, and what it is in the text: UINT64_MAX until that is known. */
struct mark {
    uint64_t stored, text;
};

struct stream {
    int fd;
    uint64_t position;
    bool file_ended;
    bool failed;
    bool started; /* compression and encoding are known */
    bool bare_cr;
    enum fault broken; /* what ends the stream, once the bytes before it have been handed out */
    struct why broken_why;
    enum encoding encoding, wanted;
    iconv_t iconv;
    bool ahead;            /* what is compressed is unpacked by a thread of its own */
    struct packed *packed; /* NULL: the file is not compressed */
    struct cursor raw;     /* of raw_bytes, not yet handed on */
    struct cursor wide;    /* of wide_bytes, not yet in UTF-8 */
    uint8_t *raw_bytes, *wide_bytes;
    uint64_t wide_at; /* which byte of the file `wide` starts with, unless compressed */
    uint64_t text_at; /* bytes of text made of those before it, where it is decoded */
    struct mark marks[STREAM_MARKS];
};

static enum fault read_file(struct stream *stream, uint8_t *out, size_t room, size_t *n,
                            struct why *why)
{
    ssize_t got;

    do {
        got = read(stream->fd, out, room);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return fault_at(FAULT_RESOURCE, stream->position, strerrordesc_np(errno), why);
    }
    stream->file_ended = got == 0;
    stream->position += (uint64_t)got;
    *n = (size_t)got;
    return FAULT_NONE;
}

/* Moves what is left of `piece` to the front of `bytes` and reads more of the file behind it. */
static enum fault refill(struct stream *stream, struct why *why)
{
    size_t left = stream->raw.rest.len;
    size_t got = 0;
    enum fault fault;

    if (left > 0) {
        memmove(stream->raw_bytes, stream->raw.rest.at, left);
    }
    fault = read_file(stream, stream->raw_bytes + left, RAW_SIZE - left, &got, why);
    stream->raw = cursor_over(span_of(stream->raw_bytes, left + got));
    return fault;
}

/* Hands out what detection has read ahead of a file that is not compressed. */
static void take_raw(struct stream *stream, uint8_t *out, size_t room, size_t *n)
{
    struct span taken = {0};

    *n = stream->raw.rest.len < room ? stream->raw.rest.len : room;
    if (cursor_take(&stream->raw, *n, &taken) && taken.len > 0) {
        memcpy(out, taken.at, taken.len);
    }
}

/*
 * The next bytes of the file, decompressed: none at its end. A fault is told after the bytes
 * that came before it, and from then on.
 */
static enum fault read_bytes(struct stream *stream, uint8_t *out, size_t room, size_t *n,
                             struct why *why)
{
    enum fault fault = FAULT_NONE;

    *n = 0;
    if (stream->broken != FAULT_NONE) {
        *why = stream->broken_why;
        return stream->broken;
    }
    if (stream->packed != NULL) {
        fault = packed_read(stream->packed, out, room, n, why);
    } else if (stream->raw.rest.len > 0) {
        take_raw(stream, out, room, n);
    } else if (!stream->file_ended) {
        fault = read_file(stream, out, room, n, why);
    }
    if (fault != FAULT_NONE) {
        stream->broken = fault;
        stream->broken_why = *why;
    }
    return *n > 0 ? FAULT_NONE : fault;
}

static enum fault fill_wide(struct stream *stream, bool *last, struct why *why)
{
    size_t left = stream->wide.rest.len;
    size_t n = 0;
    enum fault fault;

    if (left > 0) {
        memmove(stream->wide_bytes, stream->wide.rest.at, left);
    }
    fault = read_bytes(stream, stream->wide_bytes + left, WIDE_SIZE - left, &n, why);
    stream->wide = cursor_over(span_of(stream->wide_bytes, left + n));
    *last = fault == FAULT_NONE && n == 0;
    return fault;
}

/* A byte that the named encoding does not know becomes U+FFFD. */
static void iconv_step(struct stream *stream, struct span in, bool last, uint8_t *out, size_t room,
                       size_t *used, size_t *made)
{
    char *from = (char *)(uintptr_t)in.at;
    char *to = (char *)out;
    size_t from_left = in.len, to_left = room;

    while (from_left > 0 && iconv(stream->iconv, &from, &from_left, &to, &to_left) == (size_t)-1) {
        bool cut = errno == EINVAL;

        if (errno == E2BIG || to_left < 3 || (cut && !last)) {
            break;
        }
        memcpy(to, "\xEF\xBF\xBD", 3);
        to += 3;
        to_left -= 3;
        from++;
        from_left--;
    }
    *used = in.len - from_left;
    *made = room - to_left;
}

/* Decodes the first `len` bytes of what is wide, as far as the room reaches. */
static size_t recode(struct stream *stream, size_t len, bool last, uint8_t *out, size_t room)
{
    struct span in = span_upto(stream->wide.rest, len), taken;
    size_t used = 0, made = 0;

    if (stream->encoding == ENCODING_ICONV) {
        iconv_step(stream, in, last, out, room, &used, &made);
    } else {
        text_utf16_step(in,
                        stream->encoding == ENCODING_UTF16LE ? TEXT_LITTLE_ENDIAN : TEXT_BIG_ENDIAN,
                        last, out, room, &used, &made);
    }
    (void)!cursor_take(&stream->wide, used, &taken);
    stream->wide_at += used;
    stream->text_at += made;
    return made;
}

/*
 * Decodes up to the marks that lie in what is wide, and notes where they are in the text. False
 * when the room ends before one of them.
 */
static bool recode_to_marks(struct stream *stream, uint8_t *out, size_t room, size_t *made)
{
    *made = 0;
    for (size_t i = 0; i < STREAM_MARKS; i++) {
        struct mark *mark = &stream->marks[i];

        if (mark->text != UINT64_MAX || mark->stored - stream->wide_at >= stream->wide.rest.len) {
            continue;
        }
        *made += recode(stream, (size_t)(mark->stored - stream->wide_at), false, out + *made,
                        room - *made);
        if (stream->wide_at != mark->stored && room - *made < STEP_MAX) {
            return false;
        }
        mark->text = stream->text_at;
    }
    return true;
}

static enum fault read_recoded(struct stream *stream, uint8_t *out, size_t room, size_t *n,
                               struct why *why)
{
    bool last = stream->file_ended && stream->raw.rest.len == 0 && stream->packed == NULL;

    for (;;) {
        enum fault fault;

        if (recode_to_marks(stream, out, room, n)) {
            *n += recode(stream, stream->wide.rest.len, last, out + *n, room - *n);
        }
        if (*n > 0 || (last && stream->wide.rest.len == 0)) {
            return FAULT_NONE;
        }
        fault = fill_wide(stream, &last, why);
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
}

static enum fault start_unpacking(struct stream *stream, struct why *why)
{
    enum unpack_kind kind;

    while (stream->raw.rest.len < HEAD_SIZE && !stream->file_ended) {
        enum fault fault = refill(stream, why);

        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    if (recognise_stranger(stream->raw.rest) != NULL) {
        return fault_at(FAULT_SYNTAX, 0, recognise_stranger(stream->raw.rest), why);
    }
    kind = unpack_detect(stream->raw.rest);
    if (kind != UNPACK_NONE) {
        stream->packed = packed_new(stream->fd, kind, stream->raw.rest, stream->ahead);
        if (stream->packed == NULL) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
    }
    return FAULT_NONE;
}

/* What can be told of the marks now: all, where the text is what is stored. */
static void start_marks(struct stream *stream)
{
    for (size_t i = 0; i < STREAM_MARKS; i++) {
        struct mark *mark = &stream->marks[i];

        if (mark->stored <= stream->wide_at) {
            mark->text = 0;
        } else if (stream->encoding == ENCODING_BYTES && mark->stored != UINT64_MAX) {
            mark->text = mark->stored - stream->wide_at;
        }
    }
}

static enum fault start(struct stream *stream, struct why *why)
{
    size_t mark = 0, at;
    bool last = false;
    struct span seen;
    enum encoding guessed;
    enum fault fault = start_unpacking(stream, why);

    /* Up to the first line end, for that shows which kind the file has. */
    while (fault == FAULT_NONE && !last &&
           (stream->wide.rest.len < GUESS_SIZE ||
            (stream->wide.rest.len < WIDE_SIZE && !span_find(stream->wide.rest, '\n', &at)))) {
        fault = fill_wide(stream, &last, why);
    }
    if (fault != FAULT_NONE && stream->wide.rest.len == 0) {
        return fault;
    }
    guessed = recognise_encoding(span_upto(stream->wide.rest, GUESS_SIZE), &mark);
    stream->encoding = stream->wanted == ENCODING_UNTOLD ? guessed : stream->wanted;
    stream->bare_cr = recognise_bare_cr(stream->wide.rest, last);
    if (guessed == stream->encoding || mark == 3) {
        (void)!cursor_take(&stream->wide, mark, &seen);
        stream->wide_at = mark;
    }
    start_marks(stream);
    return FAULT_NONE; /* a fault after some bytes is told when they have been handed out */
}

enum fault stream_read(struct stream *stream, uint8_t *out, size_t room, size_t *n, struct why *why)
{
    enum fault fault = FAULT_NONE;

    *n = 0;
    if (stream->failed) {
        return FAULT_NONE;
    }
    if (!stream->started) {
        fault = start(stream, why);
        stream->started = true;
    }
    if (fault == FAULT_NONE && stream->encoding == ENCODING_BYTES) {
        if (stream->wide.rest.len > 0) { /* what detection has looked at comes first */
            struct span taken;

            *n = stream->wide.rest.len < room ? stream->wide.rest.len : room;
            memcpy(out, stream->wide.rest.at, *n);
            (void)!cursor_take(&stream->wide, *n, &taken);
        } else {
            fault = read_bytes(stream, out, room, n, why);
        }
    } else if (fault == FAULT_NONE) {
        fault = read_recoded(stream, out, room, n, why);
    }
    for (size_t i = 0; stream->bare_cr && i < *n; i++) {
        out[i] = out[i] == '\r' ? '\n' : out[i];
    }
    stream->failed = fault != FAULT_NONE;
    return fault;
}

bool stream_swaps(const struct stream *stream)
{
    return stream->packed != NULL && packed_is_ahead(stream->packed) && stream->started &&
           !stream->failed && stream->broken == FAULT_NONE && !stream->bare_cr &&
           stream->encoding == ENCODING_BYTES && stream->wide.rest.len == 0;
}

enum fault stream_swap(struct stream *stream, uint8_t **memory, struct span *text, struct why *why)
{
    enum fault fault = packed_swap(stream->packed, memory, text, why);

    stream->failed = fault != FAULT_NONE;
    return fault;
}

/* The encodings that we read ourselves, by their usual names. */
static enum encoding find_encoding(const char *name)
{
    static const struct {
        const char *name;
        enum encoding encoding;
    } own[] = {
        {"utf-8", ENCODING_BYTES},      {"utf8", ENCODING_BYTES},
        {"cp1252", ENCODING_BYTES},     {"windows-1252", ENCODING_BYTES},
        {"ansi", ENCODING_BYTES},       {"utf-16le", ENCODING_UTF16LE},
        {"utf-16be", ENCODING_UTF16BE}, {"utf16le", ENCODING_UTF16LE},
        {"utf16be", ENCODING_UTF16BE},
    };

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (strcasecmp(name, own[i].name) == 0) {
            return own[i].encoding;
        }
    }
    return strcasecmp(name, "utf-16") == 0 ? ENCODING_UNTOLD : ENCODING_ICONV;
}

enum fault stream_open_take(int fd, const char *encoding, struct stream **out, struct why *why)
{
    struct stream *stream = calloc(1, sizeof(*stream));

    if (stream == NULL) {
        (void)close(fd);
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    stream->fd = fd;
    for (size_t i = 0; i < STREAM_MARKS; i++) {
        stream_mark(stream, i, UINT64_MAX);
    }
    stream->iconv = (iconv_t)-1;
    stream->wanted = encoding == NULL ? ENCODING_UNTOLD : find_encoding(encoding);
    if (stream->wanted == ENCODING_ICONV) {
        stream->iconv = iconv_open("UTF-8", encoding);
        if (stream->iconv == (iconv_t)-1) {
            stream_free(stream);
            return fault_at(FAULT_ABSENT, 0, "no such encoding (iconv -l lists them)", why);
        }
    }
    stream->raw_bytes = malloc(RAW_SIZE);
    stream->wide_bytes = malloc(WIDE_SIZE);
    if (stream->raw_bytes == NULL || stream->wide_bytes == NULL) {
        stream_free(stream);
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    *out = stream;
    return FAULT_NONE;
}

bool stream_knows_encoding(const char *name)
{
    iconv_t iconv;

    if (find_encoding(name) != ENCODING_ICONV) {
        return true;
    }
    iconv = iconv_open("UTF-8", name);
    return iconv != (iconv_t)-1 && iconv_close(iconv) == 0;
}

void stream_unpack_ahead(struct stream *stream) { stream->ahead = true; }

void stream_mark(struct stream *stream, size_t mark, uint64_t stored)
{
    stream->marks[mark] = (struct mark){.stored = stored, .text = UINT64_MAX};
}

uint64_t stream_marked(const struct stream *stream, size_t mark)
{
    return stream->marks[mark].text;
}

bool stream_is_packed(const struct stream *stream) { return stream->packed != NULL; }

uint64_t stream_position(const struct stream *stream)
{
    return stream->packed != NULL ? packed_position(stream->packed) : stream->position;
}

enum fault stream_rewind(struct stream *stream, struct why *why)
{
    if (lseek(stream->fd, 0, SEEK_CUR) < 0) {
        return fault_at(FAULT_RESOURCE, 0, "a pipe cannot be read twice (save it to a file first)",
                        why);
    }
    packed_free(stream->packed); /* whose thread reads the file */
    stream->packed = NULL;
    if (lseek(stream->fd, 0, SEEK_SET) != 0) {
        return fault_at(FAULT_RESOURCE, 0, strerrordesc_np(errno), why);
    }
    stream->raw = stream->wide = cursor_over((struct span){0});
    stream->position = stream->wide_at = stream->text_at = 0;
    stream->broken = FAULT_NONE;
    stream->file_ended = stream->failed = stream->started = stream->bare_cr = false;
    if (stream->iconv != (iconv_t)-1) {
        (void)iconv(stream->iconv, NULL, NULL, NULL, NULL);
    }
    return FAULT_NONE;
}

void stream_free(struct stream *stream)
{
    if (stream == NULL) {
        return;
    }
    packed_free(stream->packed); /* whose thread reads the file */
    (void)close(stream->fd);
    if (stream->iconv != (iconv_t)-1) {
        (void)iconv_close(stream->iconv);
    }
    free(stream->raw_bytes);
    free(stream->wide_bytes);
    free(stream);
}
