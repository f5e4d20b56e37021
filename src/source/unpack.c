#include "source/unpack.h"

#include <limits.h>
#include <stdlib.h>

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
    GZIP_WINDOW = 15 + 16, /* zlib.h, inflateInit2: gzip only */
    GZIP_FIRST_BYTE = 0x1F,
    ZSTD_FIRST_PIECE = 5, /* zstd.h: what ZSTD_initDStream() asks for, at the start of each frame */
};

struct unpack {
    enum unpack_kind kind;
    z_stream gzip;
    ZSTD_DCtx *zstd;
    size_t zstd_wants; /* bytes up to the end of a block */
    bool zstd_holds;   /* it may hold more of the last block than there was room for */
    bool at_end;       /* between members or frames */
    bool trailing;     /* bytes that are no further member: passed over, as gzip(1) does */
};

enum unpack_kind unpack_detect(struct span head)
{
    static const uint8_t gzip[] = {GZIP_FIRST_BYTE, 0x8B}, zstd[] = {0x28, 0xB5, 0x2F, 0xFD};
    static const uint8_t skippable[] = {0x2A, 0x4D, 0x18}; /* RFC 8878, 3.1.2: after 50 to 5F */

    if (span_equal(span_upto(head, sizeof(gzip)), span_of(gzip, sizeof(gzip)))) {
        return UNPACK_GZIP;
    }
    if (span_equal(span_upto(head, sizeof(zstd)), span_of(zstd, sizeof(zstd))) ||
        (head.len > sizeof(skippable) && (head.at[0] & 0xF0) == 0x50 &&
         memcmp(head.at + 1, skippable, sizeof(skippable)) == 0)) {
        return UNPACK_ZSTD;
    }
    return UNPACK_NONE;
}

struct unpack *unpack_new(enum unpack_kind kind)
{
    struct unpack *unpack = calloc(1, sizeof(*unpack));

    if (unpack == NULL) {
        return NULL;
    }
    unpack->kind = kind;
    if (kind == UNPACK_GZIP && inflateInit2(&unpack->gzip, GZIP_WINDOW) == Z_OK) {
        return unpack;
    }
    if (kind == UNPACK_ZSTD) {
        unpack->zstd = ZSTD_createDCtx();
        unpack->zstd_wants = ZSTD_FIRST_PIECE;
        if (unpack->zstd != NULL) {
            return unpack;
        }
    }
    free(unpack);
    return NULL;
}

void unpack_free(struct unpack *unpack)
{
    if (unpack == NULL) {
        return;
    }
    if (unpack->kind == UNPACK_GZIP) {
        (void)inflateEnd(&unpack->gzip);
    }
    (void)ZSTD_freeDCtx(unpack->zstd);
    free(unpack);
}

/* A member is over: another one follows, or bytes that are none, which do not count. */
static void start_member(struct unpack *unpack, struct span rest)
{
    if (unpack_detect(rest) != UNPACK_GZIP && (rest.len >= 2 || rest.at[0] != GZIP_FIRST_BYTE)) {
        unpack->trailing = true;
        return;
    }
    (void)inflateReset(&unpack->gzip);
    unpack->at_end = false;
}

static enum fault gzip_step(struct unpack *unpack, struct cursor *in, uint8_t *out, size_t room,
                            size_t *n, struct why *why)
{
    z_stream *z = &unpack->gzip;
    size_t given = in->rest.len < UINT_MAX ? in->rest.len : UINT_MAX;
    size_t place = room < UINT_MAX ? room : UINT_MAX;
    struct span used;
    int status;

    if (unpack->at_end) {
        start_member(unpack, in->rest);
    }
    if (unpack->trailing) {
        (void)!cursor_take(in, in->rest.len, &used);
        *n = 0;
        return FAULT_NONE;
    }
    z->next_in = (Bytef *)(uintptr_t)in->rest.at; /* zlib does not write there */
    z->avail_in = (uInt)given;
    z->next_out = out;
    z->avail_out = (uInt)place;
    status = inflate(z, Z_NO_FLUSH);
    (void)!cursor_take(in, given - z->avail_in, &used);
    *n = place - z->avail_out;
    if (status == Z_STREAM_END) {
        unpack->at_end = true;
        return FAULT_NONE;
    }
    if (status != Z_OK && status != Z_BUF_ERROR) {
        return fault_at(status == Z_MEM_ERROR ? FAULT_RESOURCE : FAULT_SYNTAX, in->offset,
                        "the gzip data is damaged", why);
    }
    return FAULT_NONE;
}

/*
 * A block at a time, as libzstd asks for them: where it finds a damaged one, it does not tell what
 * it has made of those before it in the same call.
 */
static enum fault zstd_step(struct unpack *unpack, struct cursor *in, uint8_t *out, size_t room,
                            size_t *n, struct why *why)
{
    size_t wanted = unpack->zstd_holds ? 0 : unpack->zstd_wants;
    size_t given = in->rest.len < wanted ? in->rest.len : wanted;
    ZSTD_inBuffer from = {.src = in->rest.at, .size = given};
    ZSTD_outBuffer to = {.dst = out, .size = room};
    size_t status = ZSTD_decompressStream(unpack->zstd, &to, &from);
    struct span used;

    (void)!cursor_take(in, from.pos, &used);
    *n = to.pos;
    unpack->zstd_holds = to.pos == room;
    if (!ZSTD_isError(status)) {
        unpack->at_end = status == 0;
        unpack->zstd_wants = status == 0 ? ZSTD_FIRST_PIECE : status;
        return FAULT_NONE;
    }
    if (ZSTD_getErrorCode(status) == ZSTD_error_frameParameter_windowTooLarge) {
        return fault_at(FAULT_LIMIT, in->offset,
                        "the zstd frame asks for a window of more than 128 MiB "
                        "(compress it again without --ultra and --long)",
                        why);
    }
    return fault_at(FAULT_SYNTAX, in->offset, "the zstd data is damaged", why);
}

enum fault unpack_step(struct unpack *unpack, struct cursor *in, uint8_t *out, size_t room,
                       size_t *n, struct why *why)
{
    if (unpack->at_end && in->rest.len == 0) { /* libzstd would ask for the next frame */
        *n = 0;
        return FAULT_NONE;
    }
    return unpack->kind == UNPACK_GZIP ? gzip_step(unpack, in, out, room, n, why)
                                       : zstd_step(unpack, in, out, room, n, why);
}

bool unpack_at_end(const struct unpack *unpack) { return unpack->at_end; }
