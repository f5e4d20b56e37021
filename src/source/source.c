#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/count.h"
#include "source/ahead.h"
#include "source/internal.h"
#include "source/packed.h"
#include "source/recognise.h"

enum {
    BATCH_SIZE = 1024 * 1024,
    READ_ROOM = SOURCE_BATCH_MIN, /* stream_read() wants at least this much */
};

enum fault source_open(const char *path, const struct source_options *options, struct source **out,
                       struct why *why)
{
    struct stat status = {0};
    struct source *source;
    enum fault fault;

    if (options->live != NULL && directory_is_url(path)) {
        if (options->part.of > 0) {
            return fault_at(FAULT_SYNTAX, 0,
                            "a live directory cannot be divided into parts (export it first, or "
                            "narrow the search by its base)",
                            why);
        }
        return live_open(path, options, out, why);
    }
    int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                    : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0 || fstat(fd, &status) != 0) {
        fault = errno == EACCES || errno == EPERM    ? FAULT_DENIED
                : errno == EMFILE || errno == ENFILE ? FAULT_RESOURCE
                                                     : FAULT_ABSENT;
        return fault_at(fault, 0, strerrordesc_np(errno), why);
    }
    if (S_ISDIR(status.st_mode)) {
        (void)close(fd);
        return fault_at(FAULT_SYNTAX, 0, "a directory: name the export files in it", why);
    }
    if (options->part.of > 0 && !S_ISREG(status.st_mode)) {
        (void)close(fd);
        return fault_at(
            FAULT_SYNTAX, 0,
            "no regular file: it cannot be divided into parts (save it to a file first)", why);
    }
    source = calloc(1, sizeof(*source));
    if (source == NULL) {
        (void)close(fd);
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    source->options = *options;
    source->size = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
    source->repeats = S_ISREG(status.st_mode) && lseek(fd, 0, SEEK_CUR) == 0;
    source->line = source->next_line = 1;
    fault = stream_open_take(fd, options->encoding, &source->stream, why);
    if (fault != FAULT_NONE) {
        free(source);
        return fault;
    }
    if (options->unpack_ahead) {
        stream_unpack_ahead(source->stream);
    }
    part_divide(source);
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    *out = source;
    return FAULT_NONE;
}

static uint8_t *batch_memory(const struct batch *batch)
{
    return batch->bytes == NULL ? NULL : batch->bytes - batch->front;
}

/* Gives the batch room for `capacity` bytes; what it holds stays. */
static enum fault batch_resize(struct batch *batch, size_t capacity, struct why *why)
{
    uint8_t *bytes;

    if (capacity == batch->capacity) {
        return FAULT_NONE;
    }
    bytes = realloc(batch_memory(batch), batch->front + capacity);
    if (bytes == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    batch->bytes = bytes + batch->front;
    batch->capacity = capacity;
    return FAULT_NONE;
}

void batch_clear(struct batch *batch)
{
    free(batch_memory(batch));
    *batch = (struct batch){0};
}

/* Reads until the batch is full or the stream ends; a fault of the stream is kept for later. */
static void fill(struct source *source, struct batch *batch)
{
    while (!source->ended && batch->capacity - batch->len >= READ_ROOM) {
        size_t n = 0;
        enum fault fault = stream_read(source->stream, batch->bytes + batch->len,
                                       batch->capacity - batch->len, &n, &source->end_why);

        batch->len += n;
        if (fault != FAULT_NONE || n == 0) {
            source->ended = true;
            source->end_fault = fault;
        }
    }
}

/* Puts what stands behind `whole` bytes aside for the next batch. */
static enum fault carry_over(struct source *source, struct batch *batch, size_t whole,
                             struct why *why)
{
    struct span rest = span_from(span_of(batch->bytes, batch->len), whole);

    source->carry.len = 0;
    if (rest.len > source->carry.capacity || source->carry.capacity > 4 * (size_t)BATCH_SIZE) {
        batch_clear(&source->carry);
        enum fault fault = batch_resize(&source->carry, rest.len + READ_ROOM, why);

        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    if (rest.len > 0) {
        memcpy(source->carry.bytes, rest.at, rest.len);
    }
    source->carry.len = rest.len;
    batch->len = whole;
    return FAULT_NONE;
}

/* Up to which byte `text` may be handed out: whole records, of a CSV as far as line ends tell. */
static size_t whole_records(const struct source *source, struct span text)
{
    const uint8_t *end;

    if (source->format == SOURCE_LDIF) {
        return ldif_whole_records(text);
    }
    end = text.len > 0 ? memrchr(text.at, '\n', text.len) : NULL;
    return end != NULL ? (size_t)(end - text.at) + 1 : 0;
}

static enum fault start_csv(struct source *source, struct batch *head, struct why *why)
{
    size_t size = 0;
    enum fault fault = csv_header_read(span_of(head->bytes, head->len), source->ended,
                                       &source->options.csv, &source->header, &size, why);

    if (fault != FAULT_NONE && recognise_ldif(span_of(head->bytes, head->len))) {
        return fault_at(FAULT_SYNTAX, 0, "LDIF, and not CSV (leave --from out)", why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    source->line = 1 + count_byte(span_of(head->bytes, size), '\n');
    source->next_line = source->line;
    /* The carry is what follows the header. */
    memmove(head->bytes, head->bytes + size, head->len - size);
    head->len -= size;
    source->text_at = size;
    source->format = SOURCE_CSV;
    source->counts_lines |= !source->header->names_mailbox; /* rows are called by their lines */
    source->dialect = source->header->dialect;
    return FAULT_NONE;
}

enum fault source_start(struct source *source, struct why *why)
{
    struct batch *head = &source->carry;
    size_t newline;
    enum fault fault;

    if (source->live != NULL) {
        return live_start(source->live, why);
    }
    if (source->filler != NULL) {
        return filled_start(source, why);
    }
    fault = batch_resize(head, BATCH_SIZE, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    fill(source, head);
    /* A header line may be longer than a batch: one column a day, over the years. */
    while (!source->ended && !span_find(span_of(head->bytes, head->len), '\n', &newline) &&
           head->capacity < SOURCE_RECORD_MAX) {
        fault = batch_resize(head, head->capacity * 2, why);
        if (fault != FAULT_NONE) {
            return fault;
        }
        fill(source, head);
    }
    if (source->end_fault != FAULT_NONE && head->len == 0) {
        *why = source->end_why;
        return source->end_fault;
    }
    if (source->options.part.of > 0 && stream_is_packed(source->stream)) {
        return fault_at(FAULT_SYNTAX, 0,
                        "compressed: it cannot be divided into parts (unpack it first: "
                        "gzip -d or zstd -d)",
                        why);
    }
    source->first = true;
    source->counts_lines = source->options.count_lines;
    source->format = source->options.format;
    if (source->format == SOURCE_LDIF ||
        (source->format == SOURCE_UNTOLD && recognise_ldif(span_of(head->bytes, head->len)))) {
        source->format = SOURCE_LDIF;
        fault = ahead_look(source, why);
        if (fault == FAULT_NONE) {
            fill(source, head); /* again, where it was begun again */
        }
        return fault;
    }
    return start_csv(source, head, why);
}

/* Finds where a record ends that is too long to look into: a line end, or LDIF's empty line. */
static bool find_overlong_end(enum source_format format, struct span text, size_t *end)
{
    size_t at = 0, next;

    while (span_find(span_from(text, at), '\n', &next)) {
        struct span line;

        at += next + 1;
        line = span_upto(span_from(text, at), 2);
        if (format != SOURCE_LDIF || (line.len > 0 && line.at[0] == '\n')) {
            *end = format != SOURCE_LDIF ? at : at + 1;
            return true;
        }
        if (span_is(line, "\r\n")) {
            *end = at + 2;
            return true;
        }
    }
    return false;
}

/* Drops bytes up to the end of a record that is longer than we agree to hold. */
static void skip_overlong(struct source *source, struct batch *batch)
{
    enum { KEPT = 2 /* an empty line may be cut in two by the end of what we see */ };
    bool found;

    batch->skipped = "a record longer than 64 MiB: skipped";
    batch->skipped_at = batch->at;
    do {
        struct span text = span_of(batch->bytes, batch->len);
        size_t size = text.len > KEPT && !source->ended ? text.len - KEPT : text.len;

        found = find_overlong_end(source->format, text, &size);
        batch->skipped_lines += count_byte(span_upto(text, size), '\n');
        memmove(batch->bytes, batch->bytes + size, batch->len - size);
        batch->len -= size;
        batch->at += size;
        if (!found) {
            fill(source, batch);
        }
    } while (!found && !(source->ended && batch->len == 0));
}

/* Takes what was unpacked ahead as it is, and puts what the last batch left in front of it. */
static enum fault begin_swapped(struct source *source, struct batch *batch, struct why *why)
{
    uint8_t *memory;
    struct span text = {0};
    enum fault fault = batch_resize(batch, PACKED_MEMORY, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    memory = batch->bytes;
    source->end_fault = stream_swap(source->stream, &memory, &text, &source->end_why);
    source->ended = text.len == 0;
    batch->front = (text.len > 0 ? (size_t)(text.at - memory) : PACKED_FRONT) - source->carry.len;
    batch->bytes = memory + batch->front;
    batch->capacity = PACKED_MEMORY - batch->front;
    batch->len = source->carry.len + text.len;
    return FAULT_NONE;
}

/* Takes over what the last batch left, into a batch of the usual size where that suffices. */
static enum fault begin_batch(struct source *source, struct batch *batch, struct why *why)
{
    const size_t left = source->carry.len;
    size_t wanted = source->options.batch_size > 0 ? source->options.batch_size : BATCH_SIZE;
    enum fault fault;

    batch->bytes = batch_memory(batch);
    batch->capacity += batch->front;
    batch->front = 0;
    if (source->options.batch_size == 0 && !source->ended && left <= PACKED_FRONT &&
        stream_swaps(source->stream)) {
        fault = begin_swapped(source, batch, why);
    } else {
        while (wanted < left + READ_ROOM) {
            wanted *= 2;
        }
        fault = batch_resize(batch, wanted, why);
        batch->len = left;
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    if (left > 0) {
        memcpy(batch->bytes, source->carry.bytes, left);
    }
    batch->skipped = NULL;
    batch->skipped_lines = 0;
    batch->torn = batch->last = false;
    batch->at = source->text_at;
    batch->beyond = 0;
    source->carry.len = 0;
    return FAULT_NONE;
}

static bool ends_whole(const struct source *source, const struct batch *batch)
{
    struct span text = span_of(batch->bytes, batch->len);

    return source->format == SOURCE_LDIF ? ldif_whole_records(text) == text.len
                                         : csv_whole_records(text, &source->dialect) == text.len;
}

/* What the end of the file leaves is a record too, though a stream that broke tore it. */
static size_t take_rest(const struct source *source, struct batch *batch)
{
    batch->torn = source->end_fault != FAULT_NONE && !ends_whole(source, batch);
    batch->last = true;
    return batch->len;
}

enum fault source_read_batch(struct source *source, struct batch *batch, struct why *why)
{
    size_t whole = 0;
    enum fault fault;

    if (source->live != NULL) {
        return live_read(source->live, batch, why);
    }
    if (source->filler != NULL) {
        return filled_read(source, batch, why);
    }
    fault = begin_batch(source, batch, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    while (whole == 0 && batch->skipped == NULL) {
        fill(source, batch);
        if (source->ended) {
            whole = take_rest(source, batch);
            break;
        }
        whole = whole_records(source, span_of(batch->bytes, batch->len));
        if (whole == 0 && batch->capacity >= SOURCE_RECORD_MAX) {
            skip_overlong(source, batch);
        } else if (whole == 0) {
            fault = batch_resize(batch, batch->capacity * 2, why);
            if (fault != FAULT_NONE) {
                return fault;
            }
        }
    }
    if (whole == 0 && batch->skipped == NULL) {
        *why = source->end_why;
        return source->end_fault != FAULT_NONE ? source->end_fault : FAULT_ABSENT;
    }
    batch->first = source->first;
    source->first = false;
    fault = carry_over(source, batch, whole, why);
    source->text_at = batch->at + whole;
    batch->first_line = 0;
    if (source->counts_lines) {
        source->line += batch->skipped_lines;
        batch->first_line = source->line;
        source->line += count_byte(span_of(batch->bytes, batch->len), '\n');
    }
    return fault;
}

enum fault source_read(struct source *source, struct batch *batch, struct why *why)
{
    return source->options.part.of > 0 ? part_read(source, batch, why)
                                       : source_read_batch(source, batch, why);
}

bool source_has_left(const struct source *source) { return source->left.len > 0; }

enum fault source_join(struct source *source, struct batch *batch, struct why *why)
{
    struct batch *left = &source->left;
    enum fault fault = FAULT_NONE;

    batch->first_line = source->next_line + batch->skipped_lines;
    if (left->len == 0) {
        return FAULT_NONE;
    }
    if (left->beyond > 0) {
        batch->beyond = left->beyond + batch->len;
    }
    if (batch->len > left->capacity - left->len) {
        fault = batch_resize(left, left->len + batch->len, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    if (batch->len > 0) {
        memcpy(left->bytes + left->len, batch->bytes, batch->len);
    }
    left->len += batch->len;
    batch_swap(batch, left);
    left->len = 0;
    return FAULT_NONE;
}

enum source_format source_format(const struct source *source) { return source->format; }

const struct entry_column *source_columns(const struct source *source, size_t *count)
{
    const struct csv_header *header = source->header;

    *count = header != NULL ? header->count : 0;
    return header != NULL ? header->columns : NULL;
}

bool source_names_mailboxes(const struct source *source)
{
    return source->format != SOURCE_CSV || source->header->names_mailbox;
}

bool source_shows_certificates(const struct source *source)
{
    return source->format != SOURCE_LDIF || source->names_certificate;
}

enum fault source_rewind(struct source *source, struct why *why)
{
    enum fault fault;

    if (source->live != NULL) {
        live_rewind(source->live);
        return FAULT_NONE;
    }
    if (source->filler != NULL) {
        source->first = true;
        source->incomplete = false;
        source->filled = 0;
        return FAULT_NONE;
    }
    fault = stream_rewind(source->stream, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    csv_header_free(source->header);
    source->header = NULL;
    source->carry.len = 0;
    batch_clear(&source->left);
    source->line = source->next_line = 1;
    source->text_at = 0;
    source->part_begun = false;
    part_divide(source);
    source->ended = source->incomplete = source->names_certificate = false;
    source->end_fault = FAULT_NONE;
    return FAULT_NONE;
}

void source_free(struct source *source)
{
    if (source == NULL) {
        return;
    }
    stream_free(source->stream);
    live_free(source->live);
    csv_header_free(source->header);
    batch_clear(&source->carry);
    batch_clear(&source->left);
    free(source);
}
