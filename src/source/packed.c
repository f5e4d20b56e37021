#include "source/packed.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    PIECE_SIZE = PACKED_MEMORY - PACKED_FRONT,
    PIECE_COUNT = 2, /* one being filled, and one that waits; a third one is with the reader */
};

/* What the thread hands over: bytes, and how the file went on behind them. */
struct piece {
    uint8_t *memory; /* PACKED_MEMORY bytes; what was unpacked stands behind PACKED_FRONT of them */
    size_t len;
    uint64_t position; /* of the file, when this was made */
    bool last;         /* nothing follows */
    enum fault fault;  /* last: why it is */
    struct why why;
};

struct packed {
    /* Of whoever unpacks: the thread, or the reader where there is none. */
    int fd;
    struct unpack *unpack;
    struct cursor raw; /* of raw_bytes, not yet unpacked */
    uint8_t *raw_bytes;
    uint64_t read; /* bytes of the file */
    bool file_ended;

    /* Of the reader. */
    uint64_t position;
    struct piece *piece; /* being read; NULL: none */
    struct span rest;    /* of it */
    bool ended;          /* nothing follows `rest` */
    enum fault fault;    /* ended: why */
    struct why why;

    bool ahead; /* there is a thread */
    pthread_t thread;
    int stop; /* eventfd: the thread is to end, whatever it waits for */
    struct piece pieces[PIECE_COUNT];
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t moved;
    uint64_t filled, emptied; /* pieces, since the start */
    bool stopped;
};

/* Waits until the file has something to read; false when the thread is to end. */
static bool wait_for_file(const struct packed *packed)
{
    struct pollfd ready[] = {{.fd = packed->stop, .events = POLLIN},
                             {.fd = packed->fd, .events = POLLIN}};

    while (poll(ready, 2, -1) < 0) {
        if (errno != EINTR) {
            return true; /* read(2) will tell, or wait by itself */
        }
    }
    return ready[0].revents == 0;
}

static enum fault refill(struct packed *packed, struct why *why)
{
    ssize_t got;

    if (packed->stop >= 0 && !wait_for_file(packed)) {
        packed->file_ended = true; /* nobody will ask what became of it */
        return FAULT_NONE;
    }
    do {
        got = read(packed->fd, packed->raw_bytes, PACKED_HEAD_MAX);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return fault_at(FAULT_RESOURCE, packed->read, strerrordesc_np(errno), why);
    }
    packed->file_ended = got == 0;
    packed->read += (uint64_t)got;
    packed->raw = cursor_over(span_of(packed->raw_bytes, (size_t)got));
    return FAULT_NONE;
}

/* Unpacks until there is something to hand out, or the file is at its end. */
static enum fault unpack_some(struct packed *packed, uint8_t *out, size_t room, size_t *n,
                              struct why *why)
{
    *n = 0;
    while (*n == 0) {
        enum fault fault = FAULT_NONE;

        if (packed->raw.rest.len == 0 && !packed->file_ended) {
            fault = refill(packed, why);
        }
        if (fault == FAULT_NONE) {
            fault = unpack_step(packed->unpack, &packed->raw, out, room, n, why);
        }
        if (fault != FAULT_NONE) {
            return fault;
        }
        if (*n == 0 && packed->file_ended && packed->raw.rest.len == 0) {
            return unpack_at_end(packed->unpack)
                       ? FAULT_NONE
                       : fault_at(FAULT_SYNTAX, packed->read,
                                  "the compressed file ends early; what came before was read", why);
        }
    }
    return FAULT_NONE;
}

/* ---- the thread ---- */

static void fill_piece(struct packed *packed, struct piece *piece)
{
    size_t n = 1;

    piece->len = 0;
    piece->fault = FAULT_NONE;
    while (piece->len < PIECE_SIZE && piece->fault == FAULT_NONE && n > 0) {
        piece->fault = unpack_some(packed, piece->memory + PACKED_FRONT + piece->len,
                                   PIECE_SIZE - piece->len, &n, &piece->why);
        piece->len += n; /* a fault may come with bytes before it */
    }
    piece->last = piece->fault != FAULT_NONE || n == 0;
    piece->position = packed->read;
}

/* The next piece to fill, once there is one; NULL when the thread is to end. */
static struct piece *wait_for_empty(struct packed *packed)
{
    struct piece *piece = NULL;

    (void)pthread_mutex_lock(&packed->lock);
    while (!packed->stopped && packed->filled - packed->emptied == PIECE_COUNT) {
        (void)pthread_cond_wait(&packed->moved, &packed->lock);
    }
    if (!packed->stopped) {
        piece = &packed->pieces[packed->filled % PIECE_COUNT];
    }
    (void)pthread_mutex_unlock(&packed->lock);
    return piece;
}

static void *run_ahead(void *context)
{
    struct packed *packed = context;
    struct piece *piece;
    bool last = false;

    while (!last && (piece = wait_for_empty(packed)) != NULL) {
        fill_piece(packed, piece);
        last = piece->last;
        (void)pthread_mutex_lock(&packed->lock);
        packed->filled++;
        (void)pthread_cond_signal(&packed->moved);
        (void)pthread_mutex_unlock(&packed->lock);
    }
    return NULL;
}

/* False without memory, descriptors or threads: the reader will unpack. */
static bool start_thread(struct packed *packed)
{
    for (size_t i = 0; i < PIECE_COUNT; i++) {
        packed->pieces[i].memory = malloc(PACKED_MEMORY);
        if (packed->pieces[i].memory == NULL) {
            return false;
        }
    }
    packed->stop = eventfd(0, EFD_CLOEXEC);
    if (packed->stop < 0) {
        return false;
    }
    packed->ahead = pthread_create(&packed->thread, NULL, run_ahead, packed) == 0;
    return packed->ahead;
}

static void stop_thread(struct packed *packed)
{
    if (!packed->ahead) {
        return;
    }
    (void)eventfd_write(packed->stop, 1);
    (void)pthread_mutex_lock(&packed->lock);
    packed->stopped = true;
    (void)pthread_cond_signal(&packed->moved);
    (void)pthread_mutex_unlock(&packed->lock);
    (void)pthread_join(packed->thread, NULL);
}

/* ---- the reader ---- */

static void give_back(struct packed *packed)
{
    (void)pthread_mutex_lock(&packed->lock);
    packed->emptied++;
    (void)pthread_cond_signal(&packed->moved);
    (void)pthread_mutex_unlock(&packed->lock);
    packed->piece = NULL;
    packed->rest = (struct span){0};
}

static void take_piece(struct packed *packed)
{
    const struct piece *piece;

    (void)pthread_mutex_lock(&packed->lock);
    while (packed->filled == packed->emptied) {
        (void)pthread_cond_wait(&packed->moved, &packed->lock);
    }
    (void)pthread_mutex_unlock(&packed->lock);
    piece = packed->piece = &packed->pieces[packed->emptied % PIECE_COUNT];
    packed->rest = span_of(piece->memory + PACKED_FRONT, piece->len);
    packed->position = piece->position;
    packed->ended = piece->last;
    packed->fault = piece->fault;
    packed->why = piece->why;
}

/* True when there are bytes to read, in `rest`; waits for them. */
static bool has_bytes(struct packed *packed)
{
    if (packed->rest.len == 0 && packed->piece != NULL) {
        give_back(packed);
    }
    if (packed->rest.len == 0 && !packed->ended) {
        take_piece(packed);
    }
    return packed->rest.len > 0;
}

static enum fault tell_end(const struct packed *packed, struct why *why)
{
    *why = packed->why;
    return packed->fault;
}

enum fault packed_read(struct packed *packed, uint8_t *out, size_t room, size_t *n, struct why *why)
{
    *n = 0;
    if (packed->ahead && has_bytes(packed)) {
        *n = packed->rest.len < room ? packed->rest.len : room;
        memcpy(out, packed->rest.at, *n);
        packed->rest = span_from(packed->rest, *n);
    } else if (!packed->ended) {
        packed->fault = unpack_some(packed, out, room, n, &packed->why);
        packed->ended = packed->fault != FAULT_NONE || *n == 0;
        packed->position = packed->read;
    }
    return *n > 0 ? FAULT_NONE : tell_end(packed, why);
}

enum fault packed_swap(struct packed *packed, uint8_t **memory, struct span *text, struct why *why)
{
    uint8_t *empty = *memory;

    *text = (struct span){0};
    if (!has_bytes(packed)) {
        return tell_end(packed, why);
    }
    *text = packed->rest;
    *memory = packed->piece->memory;
    packed->piece->memory = empty;
    give_back(packed);
    return FAULT_NONE;
}

bool packed_is_ahead(const struct packed *packed) { return packed->ahead; }

uint64_t packed_position(const struct packed *packed) { return packed->position; }

struct packed *packed_new(int fd, enum unpack_kind kind, struct span head, bool ahead)
{
    struct packed *packed = calloc(1, sizeof(*packed));

    if (packed == NULL) {
        return NULL;
    }
    (void)pthread_mutex_init(&packed->lock, NULL);
    (void)pthread_cond_init(&packed->moved, NULL);
    packed->fd = fd;
    packed->stop = -1;
    packed->position = packed->read = head.len;
    packed->unpack = unpack_new(kind);
    packed->raw_bytes = malloc(PACKED_HEAD_MAX);
    if (packed->unpack == NULL || packed->raw_bytes == NULL) {
        packed_free(packed);
        return NULL;
    }
    if (head.len > 0) {
        memcpy(packed->raw_bytes, head.at, head.len);
    }
    packed->raw = cursor_over(span_of(packed->raw_bytes, head.len));
    if (ahead) {
        (void)start_thread(packed);
    }
    return packed;
}

void packed_free(struct packed *packed)
{
    if (packed == NULL) {
        return;
    }
    stop_thread(packed);
    if (packed->stop >= 0) {
        (void)close(packed->stop);
    }
    for (size_t i = 0; i < PIECE_COUNT; i++) {
        free(packed->pieces[i].memory);
    }
    (void)pthread_cond_destroy(&packed->moved);
    (void)pthread_mutex_destroy(&packed->lock);
    unpack_free(packed->unpack);
    free(packed->raw_bytes);
    free(packed);
}
