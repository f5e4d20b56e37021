#include "source/live_frame.h"

#include "support.h"

/* What the names of all tests mean: no name has two meanings. */
static struct attribute_memory memory;

static void put(struct frame_writer *writer, const char *name, const char *value)
{
    assert_int_equal(frame_value(writer, span_text(name), span_text(value)), FAULT_NONE);
}

static struct cursor written(const struct frame_writer *writer)
{
    return cursor_over(span_of(writer->bytes, writer->whole));
}

static void entries_come_back(void **state)
{
    struct frame_writer writer = {.max = 1 << 20};
    struct arena arena = arena_with_max(1 << 20);
    struct entry entry;
    struct cursor batch;
    struct why why;

    (void)state;
    assert_int_equal(frame_begin(&writer, span_text("cn=a,dc=x")), FAULT_NONE);
    put(&writer, "objectClass", "person");
    put(&writer, "cn", "Anna");
    put(&writer, "mail", "a@x.example");
    put(&writer, "userCertificate;binary", "0one");
    put(&writer, "userCertificate;binary", "0two");
    put(&writer, "userSMIMECertificate", "0three");
    frame_end(&writer);
    assert_int_equal(frame_begin(&writer, span_text("cn=b,dc=x")), FAULT_NONE);
    frame_end(&writer);
    batch = written(&writer);
    assert_int_equal(frame_entry_next(&batch, NULL, &memory, &arena, &entry, &why), FAULT_NONE);
    assert_span(entry.dn, "cn=a,dc=x");
    assert_span(entry.common_name, "Anna");
    assert_span(entry.mail, "a@x.example");
    assert_int_equal(entry.kind, ENTRY_MAILBOX);
    assert_int_equal(entry.value_count, 3);
    assert_span(entry.values[1].value.bytes, "0two");
    assert_span(entry.values[1].name, "userCertificate");
    assert_span(entry.values[1].full, "userCertificate;binary");
    assert_span(entry.values[1].raw, "0two");
    assert_span(entry.values[2].full, "userSMIMECertificate");
    assert_int_equal(entry.values[2].attribute, ATTRIBUTE_CERT_FIRST);
    assert_false(entry.cut_off || entry.hidden);
    assert_int_equal(frame_entry_next(&batch, NULL, &memory, &arena, &entry, &why), FAULT_NONE);
    assert_span(entry.dn, "cn=b,dc=x");
    assert_int_equal(entry.value_count, 0);
    assert_int_equal(frame_entry_next(&batch, NULL, &memory, &arena, &entry, &why), FAULT_ABSENT);
    arena_clear(&arena);
    free(writer.bytes);
}

static void one_value_under_two_names_counts_once(void **state)
{
    struct frame_writer writer = {.max = 1 << 20};
    struct arena arena = arena_with_max(1 << 20);
    struct entry entry;
    struct cursor batch;
    struct why why;

    (void)state;
    assert_int_equal(frame_begin(&writer, span_text("cn=a")), FAULT_NONE);
    put(&writer, "userCertificate", "0one");
    put(&writer, "userCertificate;binary", "0one");
    put(&writer, "userCertificate;binary", "0two");
    put(&writer, "userCertificate;binary", "0two"); /* twice under one name is the server's word */
    frame_end(&writer);
    batch = written(&writer);
    assert_int_equal(frame_entry_next(&batch, NULL, &memory, &arena, &entry, &why), FAULT_NONE);
    assert_int_equal(entry.value_count, 3);
    arena_clear(&arena);
    free(writer.bytes);
}

static void what_was_begun_and_not_ended_is_dropped(void **state)
{
    struct frame_writer writer = {.max = 1 << 20};
    struct frame frame;
    struct cursor batch;
    struct why why;

    (void)state;
    assert_int_equal(frame_begin(&writer, span_text("cn=a")), FAULT_NONE);
    put(&writer, "cn", "a");
    assert_int_equal(frame_begin(&writer, span_text("cn=b")), FAULT_NONE);
    frame_end(&writer);
    assert_int_equal(frame_begin(&writer, span_text("cn=c")), FAULT_NONE);
    batch = written(&writer);
    assert_int_equal(frame_next(&batch, &frame, &why), FAULT_NONE);
    assert_span(frame.dn, "cn=b");
    assert_int_equal(frame_next(&batch, &frame, &why), FAULT_ABSENT);
    free(writer.bytes);
}

static void an_entry_too_long_is_cut_and_says_so(void **state)
{
    struct frame_writer writer = {.max = 64};
    struct arena arena = arena_with_max(1 << 20);
    struct entry entry;
    struct cursor batch;
    struct why why;
    static const char value[100] = "0";

    (void)state;
    assert_int_equal(frame_begin(&writer, span_text("cn=a")), FAULT_NONE);
    put(&writer, "cn", "a");
    assert_int_equal(
        frame_value(&writer, span_text("userCertificate"), span_of(value, sizeof(value))),
        FAULT_NONE);
    frame_end(&writer);
    batch = written(&writer);
    assert_int_equal(frame_entry_next(&batch, NULL, &memory, &arena, &entry, &why), FAULT_NONE);
    assert_true(entry.cut_off);
    assert_non_null(entry.remark);
    assert_span(entry.common_name, "a");
    assert_int_equal(entry.value_count, 0);
    arena_clear(&arena);
    free(writer.bytes);
}

static void all_entries_are_marked(void **state)
{
    struct frame_writer writer = {.max = 1 << 20};
    struct arena arena = arena_with_max(1 << 20);
    struct cursor batch;
    struct entry entry;
    struct why why;

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(frame_begin(&writer, span_text("cn=a")), FAULT_NONE);
        put(&writer, "cn", "a");
        frame_end(&writer);
    }
    frame_mark_all(&writer, FRAME_HIDDEN);
    batch = written(&writer);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(frame_entry_next(&batch, NULL, &memory, &arena, &entry, &why), FAULT_NONE);
        assert_true(entry.hidden);
        assert_false(entry.cut_off);
    }
    arena_clear(&arena);
    free(writer.bytes);
}

static void out_of_memory_is_told_and_the_next_comes(void **state)
{
    struct frame_writer writer = {.max = 1 << 20};
    struct arena arena = arena_with_max(0);
    struct cursor batch;
    struct entry entry;
    struct why why;

    (void)state;
    assert_int_equal(frame_begin(&writer, span_text("cn=a")), FAULT_NONE);
    put(&writer, "userCertificate", "0");
    frame_end(&writer);
    assert_int_equal(frame_begin(&writer, span_text("cn=b")), FAULT_NONE);
    frame_end(&writer);
    batch = written(&writer);
    assert_int_equal(frame_entry_next(&batch, NULL, &memory, &arena, &entry, &why), FAULT_RESOURCE);
    assert_int_equal(frame_entry_next(&batch, NULL, &memory, &arena, &entry, &why), FAULT_NONE);
    assert_span(entry.dn, "cn=b");
    free(writer.bytes);
}

/* The property: cut anywhere, a batch gives its whole entries, is refused, and is not overread. */
static void a_cut_batch_is_safe(void **state)
{
    struct frame_writer writer = {.max = 1 << 20};

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(frame_begin(&writer, span_text("cn=somebody")), FAULT_NONE);
        put(&writer, "cn", "a");
        put(&writer, "userCertificate;binary", "0123456789");
        frame_end(&writer);
    }
    for (size_t len = 0; len < writer.whole; len++) {
        struct arena arena = arena_with_max(1 << 20);
        uint8_t *block = exact_copy((const char *)writer.bytes, len);
        struct cursor batch = cursor_over(span_of(block, len));
        enum fault fault = FAULT_NONE;
        struct entry entry;
        struct why why;
        size_t count = 0;

        while ((fault = frame_entry_next(&batch, NULL, &memory, &arena, &entry, &why)) ==
               FAULT_NONE) {
            count++;
        }
        assert_int_equal(count, len / (writer.whole / 3));
        assert_int_equal(fault, len % (writer.whole / 3) == 0 ? FAULT_ABSENT : FAULT_SYNTAX);
        assert_int_equal(frame_entry_next(&batch, NULL, &memory, &arena, &entry, &why),
                         FAULT_ABSENT);
        free(block);
        arena_clear(&arena);
    }
    free(writer.bytes);
}

/* Lengths that lie about an entry's inside. */
static void a_damaged_entry_is_refused(void **state)
{
    struct frame_writer writer = {.max = 1 << 20};
    uint64_t seed = 42;

    (void)state;
    assert_int_equal(frame_begin(&writer, span_text("cn=somebody")), FAULT_NONE);
    put(&writer, "cn", "a");
    put(&writer, "userCertificate;binary", "0123456789");
    frame_end(&writer);
    for (int i = 0; i < 20000; i++) {
        struct arena arena = arena_with_max(1 << 20);
        uint8_t *block = exact_copy((const char *)writer.bytes, writer.whole);
        struct cursor batch;
        struct entry entry;
        struct why why;

        block[random_next(&seed) % writer.whole] = (uint8_t)random_next(&seed);
        batch = cursor_over(span_of(block, writer.whole));
        while (frame_entry_next(&batch, NULL, &memory, &arena, &entry, &why) == FAULT_NONE) {
            assert_true(entry.dn.len <= writer.whole);
        }
        free(block);
        arena_clear(&arena);
    }
    free(writer.bytes);
}

static void a_projection_keeps_what_it_asks_for(void **state)
{
    static const char *const kept[] = {"Berg", "37", "Dr."};
    const struct span names[] = {span_text("Last name"), span_text("shoe-size"), span_text("title"),
                                 span_text("X509-Cert")};
    struct frame_writer writer = {.max = 1 << 20};
    struct arena arena = arena_with_max(1 << 20);
    struct projection *projection;
    struct entry entry;
    struct cursor batch;
    struct why why;

    (void)state;
    assert_int_equal(projection_new(names, COUNT(names), false, &projection, &why), FAULT_NONE);
    assert_int_equal(frame_begin(&writer, span_text("cn=a")), FAULT_NONE);
    put(&writer, "sn", "Berg");
    put(&writer, "Shoe-Size;lang-de", "37");
    put(&writer, "description", "nobody asks");
    put(&writer, "userCertificate;binary", "0one"); /* a value as ever, and no extra */
    put(&writer, "title", "Dr.");
    frame_end(&writer);
    batch = written(&writer);
    assert_int_equal(frame_entry_next(&batch, projection, &memory, &arena, &entry, &why),
                     FAULT_NONE);
    assert_int_equal(entry.extra_count, COUNT(kept));
    assert_int_equal(entry.value_count, 1);
    for (size_t i = 0; i < COUNT(kept); i++) {
        assert_span(entry.extras[i].text, kept[i]);
        assert_true(entry.extras[i].route > 0);
    }
    batch = written(&writer);
    assert_int_equal(frame_entry_next(&batch, NULL, &memory, &arena, &entry, &why), FAULT_NONE);
    assert_int_equal(entry.extra_count, 0);
    projection_free(projection);
    arena_clear(&arena);
    free(writer.bytes);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_projection_keeps_what_it_asks_for),
        cmocka_unit_test(entries_come_back),
        cmocka_unit_test(one_value_under_two_names_counts_once),
        cmocka_unit_test(what_was_begun_and_not_ended_is_dropped),
        cmocka_unit_test(an_entry_too_long_is_cut_and_says_so),
        cmocka_unit_test(all_entries_are_marked),
        cmocka_unit_test(out_of_memory_is_told_and_the_next_comes),
        cmocka_unit_test(a_cut_batch_is_safe),
        cmocka_unit_test(a_damaged_entry_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
