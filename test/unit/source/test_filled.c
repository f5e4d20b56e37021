#include "source/filled.h"

#include "support.h"

enum { ENTRIES = 5, A_BATCH = 2 };

/* Writes ENTRIES entries, A_BATCH at a time, then ends as `end` says. */
struct given {
    int next, starts;
    enum fault end;
};

static enum fault start(void *context, struct why *why)
{
    struct given *given = context;

    (void)why;
    given->next = 0;
    given->starts++;
    return FAULT_NONE;
}

static enum fault fill(void *context, struct frame_writer *writer, struct why *why)
{
    struct given *given = context;

    if (given->next == ENTRIES) {
        return fault_at(given->end, 0, "it ends here", why);
    }
    for (int i = 0; i < A_BATCH && given->next < ENTRIES; i++) {
        const char name[] = {'u', (char)('0' + given->next++), '@', 'x', '\0'};

        assert_int_equal(frame_begin(writer, (struct span){0}), FAULT_NONE);
        assert_int_equal(frame_value(writer, span_text("mail"), span_text(name)), FAULT_NONE);
        assert_int_equal(frame_value(writer, span_text("note"), span_text("kept")), FAULT_NONE);
        frame_end(writer);
    }
    return FAULT_NONE;
}

/* Reads all batches; how many entries came, each as it should be. */
static int read_all(struct source *source, enum fault end, bool notes)
{
    struct batch batch = {0};
    struct arena arena = arena_with_max(1 << 20);
    struct why why = {0};
    int count = 0, batches = 0;
    enum fault fault;

    assert_int_equal(source_start(source, &why), FAULT_NONE);
    while ((fault = source_read(source, &batch, &why)) == FAULT_NONE) {
        struct records records = records_of(source, &batch);
        struct entry entry;
        uint64_t line = 0, base = 1;

        assert_int_equal(batch.first, batches++ == 0);
        while (records_next(&records, &arena, &entry, &line, &why) == FAULT_NONE) {
            const char name[] = {'u', (char)('0' + count++), '@', 'x', '\0'};

            assert_span(entry.mail, name);
            assert_true(entry_is_mailbox(&entry, false));
            assert_int_equal(entry.extra_count, notes ? 1 : 0);
            if (notes) {
                assert_span(entry.extras[0].text, "kept");
            }
        }
        assert_int_equal(records_commit(&records, &base), FAULT_NONE);
        assert_int_equal(base, 0);
    }
    assert_int_equal(fault, end);
    batch_clear(&batch);
    arena_clear(&arena);
    return count;
}

static void what_is_filled_is_read_and_read_again(void **state)
{
    struct given given = {.end = FAULT_ABSENT};
    const struct filler filler = {&given, start, fill};
    struct source *source = NULL;
    uint64_t position = 0, size = 1;
    struct why why = {0};

    (void)state;
    assert_int_equal(source_open_filled(&filler, NULL, &source, &why), FAULT_NONE);
    assert_int_equal(source_connect(source, &why), FAULT_NONE);
    assert_int_equal(read_all(source, FAULT_ABSENT, false), ENTRIES);
    source_progress(source, &position, &size);
    assert_true(position > 0);
    assert_int_equal(size, 0);
    assert_int_equal(source_rewind(source, &why), FAULT_NONE);
    assert_int_equal(read_all(source, FAULT_ABSENT, false), ENTRIES);
    assert_int_equal(given.starts, 2);
    assert_false(source_is_incomplete(source));
    assert_false(source_live_facts(source).hidden);
    assert_true(source_shows_certificates(source));
    source_free(source);
}

static void a_projection_keeps_what_it_names(void **state)
{
    const struct span names[] = {span_text("note")};
    struct given given = {.end = FAULT_ABSENT};
    const struct filler filler = {&given, start, fill};
    struct projection *projection = NULL;
    struct source *source = NULL;
    struct why why = {0};

    (void)state;
    assert_int_equal(projection_new(names, 1, true, &projection, &why), FAULT_NONE);
    assert_int_equal(source_open_filled(&filler, projection, &source, &why), FAULT_NONE);
    assert_int_equal(read_all(source, FAULT_ABSENT, true), ENTRIES);
    source_free(source);
    projection_free(projection);
}

static enum fault refuse(void *context, struct why *why)
{
    (void)context;
    return fault_at(FAULT_RESOURCE, 0, "it does not begin", why);
}

static void one_that_does_not_begin_is_incomplete(void **state)
{
    struct given given = {.end = FAULT_ABSENT};
    const struct filler filler = {&given, refuse, fill};
    struct source *source = NULL;
    struct why why = {0};

    (void)state;
    assert_int_equal(source_open_filled(&filler, NULL, &source, &why), FAULT_NONE);
    assert_false(source_is_incomplete(source));
    assert_int_equal(source_start(source, &why), FAULT_RESOURCE);
    assert_true(source_is_incomplete(source));
    source_free(source);
}

static void one_that_breaks_off_is_incomplete(void **state)
{
    struct given given = {.end = FAULT_RESOURCE};
    const struct filler filler = {&given, start, fill};
    struct source *source = NULL;
    struct why why = {0};

    (void)state;
    assert_int_equal(source_open_filled(&filler, NULL, &source, &why), FAULT_NONE);
    assert_int_equal(read_all(source, FAULT_RESOURCE, false), ENTRIES);
    assert_true(source_is_incomplete(source));
    source_free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_filled_is_read_and_read_again),
        cmocka_unit_test(a_projection_keeps_what_it_names),
        cmocka_unit_test(one_that_does_not_begin_is_incomplete),
        cmocka_unit_test(one_that_breaks_off_is_incomplete),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
