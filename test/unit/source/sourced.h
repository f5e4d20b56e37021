#ifndef TEST_UNIT_SOURCE_SOURCED_H
#define TEST_UNIT_SOURCE_SOURCED_H

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buffer.h"
#include "source/source.h"
#include "support.h"

/* Whole files, made by a test and read by a source. */

enum { BATCH = 1024 * 1024 };

static const struct source_options usual = {.follow_folder = -1, .count_lines = true};

struct file {
    int fd;
    char path[32];
};

static inline struct file file_of(struct span bytes)
{
    struct file file = {.fd = memfd_create("source", MFD_CLOEXEC)};

    assert_true(file.fd >= 0);
    while (bytes.len > 0) {
        ssize_t n = write(file.fd, bytes.at, bytes.len);

        assert_true(n > 0);
        bytes = span_from(bytes, (size_t)n);
    }
    (void)snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
    return file;
}

static inline struct source *open_file(const struct file *file,
                                       const struct source_options *options)
{
    struct source *source = NULL;
    struct why why = {0};

    assert_int_equal(source_open(file->path, options, &source, &why), FAULT_NONE);
    return source;
}

/*
 * What a file gives as lines of text: `12 Anna` for an entry of line 12, `12 ! rule` for a
 * record that cannot be read, `12 Anna ? remark`, `12 Anna ~` when it is cut off, and what was
 * skipped. Values follow their entry as `=` and their length.
 */
static inline void add_entry(struct buffer *out, const struct entry *entry)
{
    buffer_add_uint(out, entry->line);
    buffer_add_byte(out, ' ');
    buffer_add(out, entry_name(entry));
    for (size_t i = 0; i < entry->value_count; i++) {
        buffer_add_text(out, entry->values[i].value.state == VALUE_BYTES ? " =" : " x");
        buffer_add_uint(out, entry->values[i].value.bytes.len);
    }
    if (entry->cut_off) {
        buffer_add_text(out, " ~");
    }
    if (entry->remark != NULL) {
        buffer_add_text(out, " ? ");
        buffer_add(out, span_upto(span_text(entry->remark), 20));
    }
    buffer_add_byte(out, '\n');
}

static inline void add_refusal(struct buffer *out, uint64_t line, const char *rule)
{
    buffer_add_uint(out, line);
    buffer_add_text(out, " ! ");
    buffer_add(out, span_upto(span_text(rule), 20));
    buffer_add_byte(out, '\n');
}

/* One pass over the batch; what it comes to is to be committed. */
static inline struct records render_records(struct source *source, struct batch *batch,
                                            struct buffer *out)
{
    struct records records = records_of(source, batch);
    struct arena arena = arena_with_max((size_t)256 << 20);
    enum fault fault;

    if (batch->skipped != NULL) {
        add_refusal(out, batch->first_line - batch->skipped_lines, batch->skipped);
    }
    do {
        struct entry entry;
        struct why why = {0};
        uint64_t line = 0;

        arena_reset(&arena);
        fault = records_next(&records, &arena, &entry, &line, &why);
        if (fault == FAULT_NONE) {
            add_entry(out, &entry);
        } else if (fault != FAULT_ABSENT) {
            add_refusal(out, line, why.rule);
        }
    } while (fault != FAULT_ABSENT);
    arena_clear(&arena);
    return records;
}

static inline void render_batch(struct source *source, struct batch *batch, struct buffer *out)
{
    size_t before = out->len;
    struct records records = render_records(source, batch, out);
    struct why why;
    uint64_t base;

    if (records_commit(&records, &base) == FAULT_ABSENT) {
        out->len = before; /* read too early: once more */
        assert_int_equal(source_join(source, batch, &why), FAULT_NONE);
        records = render_records(source, batch, out);
        assert_int_equal(records_commit(&records, &base), FAULT_NONE);
    }
    assert_int_equal(base, 0); /* lines are counted, or told by source_join() */
}

/* Reads from the start; tells how the stream ended. */
static inline enum fault render_source(struct source *source, struct buffer *out, size_t *batches)
{
    struct batch batch = {0};
    struct why why = {0};
    enum fault fault = source_start(source, &why);

    *batches = 0;
    if (fault == FAULT_NONE) {
        while ((fault = source_read(source, &batch, &why)) == FAULT_NONE) {
            assert_int_equal(batch.first, *batches == 0);
            render_batch(source, &batch, out);
            ++*batches;
        }
        if (source_has_left(source)) { /* the file's last record came in no batch of its own */
            batch.len = batch.beyond = 0;
            batch.last = true;
            batch.skipped = NULL;
            render_batch(source, &batch, out);
        }
    }
    batch_clear(&batch);
    if (fault != FAULT_ABSENT || *batches == 0) {
        buffer_add_text(out, "end: ");
        buffer_add_text(out, fault == FAULT_ABSENT ? "none" : why.rule);
        buffer_add_byte(out, '\n');
    }
    return fault;
}

static inline void assert_reads(struct span bytes, const struct source_options *options,
                                const char *want)
{
    struct file file = file_of(bytes);
    struct source *source = open_file(&file, options);
    struct buffer got = buffer_with_max(1 << 20);
    size_t batches;

    (void)render_source(source, &got, &batches);
    buffer_add_byte(&got, '\0');
    assert_string_equal((const char *)got.at, want);
    buffer_clear(&got);
    source_free(source);
    (void)close(file.fd);
}

#define CSV_HEADER "Display Name,Tagged-X509-Cert\n"

#endif
