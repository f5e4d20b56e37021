#include "cmd/tidy_apply.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "directory/modify.h"
#include "report/change.h"

enum { SENTENCE_MAX = 16 * 1024, DN_SHOWN = 4 * 1024, ANSWER_MAX = 16, SIZE_BYTES = 4 };

/* One change has the values of one record of a source, with their heads. */
#define CHANGE_MAX ((size_t)1 << 30)

bool tidy_apply_ask(struct span question)
{
    char answer[ANSWER_MAX];
    size_t n = 0;
    struct span said;

    (void)!write(STDERR_FILENO, question.at, question.len);
    while (n < sizeof(answer)) {
        ssize_t got = read(STDIN_FILENO, answer + n, 1);

        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0 || answer[n] == '\n') {
            break;
        }
        n++;
    }
    said = ascii_trim(span_of(answer, n));
    return ascii_equal_nocase(said, span_text("y")) || ascii_equal_nocase(said, span_text("yes"));
}

/* What has been done so far. */
struct done {
    uint64_t entries, failed;
    uint64_t changed;       /* of the entries those from which values were removed */
    uint64_t removed, gone; /* values */
};

static void complain_of(const struct tidy_applying *applying, struct span dn, const char *what)
{
    struct buffer sentence = buffer_with_max(SENTENCE_MAX);

    progress_clear(applying->progress);
    text_add_safe(&sentence, span_upto(dn, DN_SHOWN));
    buffer_add_text(&sentence, ": ");
    buffer_add_text(&sentence, what);
    complain_span(applying->name, 0, buffer_span(&sentence));
    buffer_clear(&sentence);
}

static size_t count_values(const struct change *change)
{
    struct cursor in = change->values;
    struct change_value value;
    size_t count = 0;

    while (change_value_next(&in, &value)) {
        count++;
    }
    return count;
}

static enum fault do_change(const struct tidy_applying *applying, const struct change *change,
                            struct directory_removed *removed, struct why *why)
{
    size_t count = count_values(change), n = 0;
    struct directory_value *values = calloc(count > 0 ? count : 1, sizeof(*values));
    const struct directory_removal removal = {.dn = change->dn, .values = values, .count = count};
    struct cursor in = change->values;
    struct change_value value;
    enum fault fault;

    if (values == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    while (change_value_next(&in, &value)) {
        values[n++] = (struct directory_value){.name = value.name,
                                               .bytes = value.bytes,
                                               .removed = value.kinds != 0,
                                               .whole = value.whole};
    }
    fault = directory_remove(applying->directory, &removal, removed, why);
    free(values);
    return fault;
}

/* Fetches the change at `*at` and moves on; FAULT_RESOURCE when the file cannot be read. */
static enum fault fetch(const struct tidy_applying *applying, uint64_t *at, struct buffer *bytes,
                        struct change *out, struct why *why)
{
    struct cursor in;
    enum fault fault;

    buffer_reset(bytes);
    fault = spool_fetch(applying->changes, *at, SIZE_BYTES, bytes, why);
    if (fault == FAULT_NONE) {
        size_t length = change_length(buffer_span(bytes));

        fault = spool_fetch(applying->changes, *at + SIZE_BYTES, length - SIZE_BYTES, bytes, why);
        *at += length;
    }
    in = cursor_over(buffer_span(bytes));
    if (fault == FAULT_NONE && change_next(&in, out) != FAULT_NONE) {
        fault = fault_at(FAULT_RESOURCE, 0, "the changes that were put aside are damaged", why);
    }
    return fault;
}

static void add_count(struct buffer *out, uint64_t count, const char *one, const char *many)
{
    buffer_add_uint(out, count);
    buffer_add_text(out, count == 1 ? one : many);
}

static void tell(const struct tidy_applying *applying, const struct done *done)
{
    struct buffer sentence = buffer_with_max(SENTENCE_MAX);
    uint64_t left = applying->entries - done->entries - done->failed;

    progress_clear(applying->progress);
    buffer_add_text(&sentence, "removed ");
    add_count(&sentence, done->removed, " value from ", " values from ");
    add_count(&sentence, done->changed, " entry", " entries");
    if (done->gone > 0) {
        buffer_add_text(&sentence, ", ");
        add_count(&sentence, done->gone, " more was gone already", " more were gone already");
    }
    if (done->failed > 0) {
        buffer_add_text(&sentence, "; ");
        add_count(&sentence, done->failed, " entry failed", " entries failed");
    }
    if (left > 0) {
        buffer_add_text(&sentence, "; ");
        add_count(&sentence, left, " entry was", " entries were");
        buffer_add_text(&sentence, " not come to (run it again: it does what is left)");
    }
    complain_span(applying->name, 0, buffer_span(&sentence));
    buffer_clear(&sentence);
}

int tidy_apply(const struct tidy_applying *applying)
{
    struct buffer bytes = buffer_with_max(CHANGE_MAX);
    struct done done = {0};
    enum fault fault = FAULT_NONE;

    for (uint64_t at = 0; at < applying->size && fault != FAULT_RESOURCE;) {
        struct directory_removed removed = {0};
        struct change change = {0};
        struct why why = {0};

        fault = fetch(applying, &at, &bytes, &change, &why);
        if (fault == FAULT_NONE) {
            fault = do_change(applying, &change, &removed, &why);
        }
        if (fault != FAULT_NONE) {
            complain_of(applying, change.dn, why.rule);
            done.failed++;
            continue;
        }
        done.entries++;
        done.changed += removed.removed > 0;
        done.removed += removed.removed;
        done.gone += removed.gone;
        progress_show(applying->progress, applying->name, at, applying->size,
                      done.entries + done.failed);
    }
    buffer_clear(&bytes);
    tell(applying, &done);
    if (done.failed == 0) {
        return EXIT_DONE;
    }
    return fault == FAULT_RESOURCE && done.entries == 0 ? EXIT_NOT_DONE : EXIT_SOME;
}
