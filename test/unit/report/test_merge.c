#include "report/merge.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "support.h"

enum { DOCUMENTS_MAX = 4, TEXT_SIZE = 2048 };

static const char some_time[] = "2026-11-01T00:00:00Z";
static const char other_time[] = "2026-11-02T00:00:00Z";
static const char same_time[] = "2026-11-01T02:00:00+02:00";

/* A document in which all mailboxes are `active`. */
struct document {
    const char *sources; /* the list, as JSON has it */
    uint64_t mailboxes;
    unsigned part, parts; /* 0: no part */
    const char *bare;     /* of a part */
    bool incomplete;
    const char *at;     /* NULL: some_time */
    enum fault refused; /* what merge_add() says of it */
};

static void write_document(const struct document *document, char *out, size_t size)
{
    char part[200] = "";
    int n;

    if (document->parts > 0) {
        (void)snprintf(part, sizeof(part), "\"part\":{\"number\":%u,\"of\":%u,\"bare\":%s},",
                       document->part, document->parts, document->bare);
    }
    n = snprintf(out, size,
                 "{\"at\":\"%s\",\"sources\":%s,%s\"summary\":{\"mailboxes\":%" PRIu64
                 ",\"uses_kms\":{\"yes\":%" PRIu64 ",\"no\":0,\"unknown\":0},\"standing\":{"
                 "\"active\":%" PRIu64 ",\"expiring\":0,\"signing-only\":0,\"not-yet-valid\":0,"
                 "\"expired\":0,\"revoked\":0,\"untrusted\":0,\"mismatched\":0,\"foreign\":0,"
                 "\"unreadable\":0,\"none\":0,\"unknown\":0},\"incomplete\":%s}}",
                 document->at != NULL ? document->at : some_time, document->sources, part,
                 document->mailboxes, document->mailboxes, document->mailboxes,
                 document->incomplete ? "true" : "false");
    assert_true(n > 0 && (size_t)n < size);
}

static const struct sum_row {
    const char *name;
    struct document documents[DOCUMENTS_MAX];
    uint64_t mailboxes;
    const char *sources;  /* of the sum, with a blank behind each */
    const char *sentence; /* where the first that merge_end() says begins; NULL: it says nothing */
    const char *of;       /* the source of which it says so */
    size_t said;          /* how many sentences */
    bool incomplete;
} sums[] = {
    {"nothing", {{NULL}}, 0, "", NULL, NULL, 0, false},
    {"one document", {{"[\"a\"]", 3}}, 3, "a ", NULL, NULL, 0, false},
    {"counts are added",
     {{"[\"a\"]", 3}, {"[\"b\"]", 4}, {"[\"c\"]", 0}},
     7,
     "a b c ",
     NULL,
     NULL,
     0,
     false},
    {"a source that comes twice is named once",
     {{"[\"a\",\"b\",\"a\"]", 3}, {"[\"b\",\"c\"]", 4}},
     7,
     "a b c ",
     NULL,
     NULL,
     0,
     false},
    {"no sources", {{"[]", 3}}, 3, "", NULL, NULL, 0, false},
    {"incomplete stays",
     {{"[\"a\"]", 3, .incomplete = true}, {"[\"b\"]", 1}},
     4,
     "a b ",
     NULL,
     NULL,
     0,
     true},
    {"the same time, told otherwise",
     {{"[\"a\"]", 3}, {"[\"b\"]", 4, .at = same_time}},
     7,
     "a b ",
     NULL,
     NULL,
     0,
     false},
    {"another time is refused",
     {{"[\"a\"]", 3}, {"[\"b\"]", 4, .at = other_time, .refused = FAULT_SYNTAX}, {"[\"c\"]", 5}},
     8,
     "a c ",
     NULL,
     NULL,
     0,
     false},
    {"all parts, in any order",
     {{"[\"a\"]", 1, 3, 3, "[false]"},
      {"[\"a\"]", 2, 1, 3, "[false]"},
      {"[\"a\"]", 4, 2, 3, "[false]"}},
     7,
     "a ",
     NULL,
     NULL,
     0,
     false},
    {"a part is missing",
     {{"[\"a\"]", 1, 1, 3, "[false]"}, {"[\"a\"]", 2, 3, 3, "[false]"}},
     3,
     "a ",
     "of 3 parts only 2 are here: the sum is incomplete (the first that is missing: --part 2/3)",
     "a",
     1,
     true},
    {"all parts but one are missing",
     {{"[\"a\"]", 1, 1, 4000000000, "[false]"}},
     1,
     "a ",
     "of 4000000000 parts only 1 is here: the sum is incomplete (the first that is missing: "
     "--part 2/4000000000)",
     "a",
     1,
     true},
    {"parts of no source are missing",
     {{"[]", 1, 2, 2, "[]"}},
     1,
     "",
     "of 2 parts only 1 is here",
     NULL,
     1,
     true},
    {"a part comes twice",
     {{"[\"a\"]", 1, 1, 2, "[false]"},
      {"[\"a\"]", 2, 2, 2, "[false]"},
      {"[\"a\"]", 1, 1, 2, "[false]", .refused = FAULT_SYNTAX}},
     3,
     "a ",
     NULL,
     NULL,
     0,
     false},
    {"a part twice stands for no other",
     {{"[\"a\"]", 1, 2, 2, "[false]"}, {"[\"a\"]", 1, 2, 2, "[false]", .refused = FAULT_SYNTAX}},
     1,
     "a ",
     "of 2 parts only 1 is here: the sum is incomplete (the first that is missing: --part 1/2)",
     "a",
     1,
     true},
    {"the file is in other folders elsewhere",
     {{"[\"/x/a\"]", 1, 1, 2, "[false]"}, {"[\"y/a\"]", 2, 2, 2, "[false]"}},
     3,
     "/x/a y/a ",
     NULL,
     NULL,
     0,
     false},
    {"another file has parts of its own",
     {{"[\"a\"]", 1, 1, 2, "[false]"}, {"[\"b\"]", 2, 2, 2, "[false]"}},
     3,
     "a b ",
     "of 2 parts only 1 is here",
     "a",
     2,
     true},
    {"another number of parts is another division",
     {{"[\"a\"]", 1, 1, 2, "[false]"},
      {"[\"a\"]", 2, 2, 2, "[false]"},
      {"[\"a\"]", 4, 1, 1, "[false]"}},
     7,
     "a ",
     NULL,
     NULL,
     0,
     false},
    {"no part has a certificate attribute",
     {{"[\"a\",\"b\"]", 1, 1, 2, "[true,true]"}, {"[\"a\",\"b\"]", 2, 2, 2, "[true,false]"}},
     3,
     "a b ",
     REPORT_NO_CERTIFICATES,
     "a",
     1,
     false},
    {"which is not said while one is missing",
     {{"[\"a\"]", 1, 1, 2, "[true]"}},
     1,
     "a ",
     "of 2 parts only 1 is here",
     "a",
     1,
     true},
    {"as many as 63 bits count",
     {{"[\"a\"]", INT64_MAX - 1}, {"[\"b\"]", 1}},
     INT64_MAX,
     "a b ",
     NULL,
     NULL,
     0,
     false},
    {"one more than that is left out",
     {{"[\"a\"]", INT64_MAX}, {"[\"b\"]", 1, .refused = FAULT_LIMIT}, {"[\"c\"]", 0}},
     INT64_MAX,
     "a c ",
     NULL,
     NULL,
     0,
     false},
    {"a part too many may be missing then",
     {{"[\"a\"]", INT64_MAX, 1, 2, "[false]"},
      {"[\"a\"]", 1, 2, 2, "[false]", .refused = FAULT_LIMIT}},
     INT64_MAX,
     "a ",
     "of 2 parts only 1 is here",
     "a",
     1,
     true},
    {"a number of 64 bits is none",
     {{"[\"a\"]", (uint64_t)INT64_MAX + 1, .refused = FAULT_SYNTAX}, {"[\"b\"]", 2}},
     2,
     "b ",
     NULL,
     NULL,
     0,
     false},
};

/* What merge_end() said first, and how often it said something. */
struct said {
    size_t count;
    const char *source;
    char sentence[400];
};

static void note_sentence(void *context, const char *source, struct span sentence)
{
    struct said *said = context;

    if (said->count++ == 0) {
        said->source = source;
        (void)snprintf(said->sentence, sizeof(said->sentence), "%.*s", (int)sentence.len,
                       (const char *)sentence.at);
    }
}

static void add_all(struct merge *merge, const struct sum_row *row)
{
    for (size_t i = 0; i < DOCUMENTS_MAX && row->documents[i].sources != NULL; i++) {
        const struct document *document = &row->documents[i];
        const size_t before = merge->documents;
        const uint64_t mailboxes = merge->total.summary.mailboxes;
        char text[TEXT_SIZE];
        struct why why = {0};

        write_document(document, text, sizeof(text));
        assert_int_equal(merge_add(merge, span_text(text), &why), document->refused);
        if (document->refused != FAULT_NONE) {
            assert_non_null(why.rule);
            assert_int_equal(merge->documents, before);
            assert_int_equal(merge->total.summary.mailboxes, mailboxes);
        } else {
            assert_int_equal(merge->documents, before + 1);
            assert_int_equal(merge->last_incomplete, document->incomplete);
        }
    }
}

static void sum_holds(void **state)
{
    const struct sum_row *row = *state;
    struct merge merge = {0};
    struct said said = {0};
    char sources[200] = "";

    add_all(&merge, row);
    assert_int_equal(merge_end(&merge, note_sentence, &said), row->said == 0);
    assert_int_equal(said.count, row->said);
    if (row->sentence != NULL) {
        assert_memory_equal(said.sentence, row->sentence, strlen(row->sentence));
        if (row->of != NULL) {
            assert_string_equal(said.source, row->of);
        } else {
            assert_null(said.source);
        }
    }
    for (size_t i = 0; i < merge.total.source_count; i++) {
        (void)strcat(sources, merge.total.sources[i]);
        (void)strcat(sources, " ");
    }
    assert_string_equal(sources, row->sources);
    assert_int_equal(merge.total.summary.mailboxes, row->mailboxes);
    assert_int_equal(merge.total.summary.standing[STANDING_ACTIVE], row->mailboxes);
    assert_int_equal(merge.total.summary.uses[USES_YES], row->mailboxes);
    assert_int_equal(merge.total.summary.incomplete, row->incomplete);
    merge_clear(&merge);
    assert_int_equal(merge.documents, 0);
    merge_clear(&merge);
}

/* One piece of a good document that is written otherwise; nothing of it is added. */
static const struct refusal {
    const char *name, *from, *to;
} refusals[] = {
    {"a standing that we do not know", "\"untrusted\"", "\"lazy\""},
    {"a standing too many", "\"untrusted\":0", "\"untrusted\":0,\"lazy\":0"},
    {"a standing too few", "\"untrusted\":0,", ""},
    {"a standing twice", "\"untrusted\":0", "\"expired\":0"},
    {"standings that do not add up", "\"expired\":0", "\"expired\":1"},
    {"a negative standing", "\"expired\":0", "\"expired\":-1"},
    {"a standing of more than 63 bits", "\"expired\":0", "\"expired\":9223372036854775808"},
    {"an answer that we do not know", "\"unknown\":0}", "\"maybe\":0}"},
    {"answers that do not add up", "\"no\":0", "\"no\":1"},
    {"half a mailbox", "\"no\":0", "\"no\":0.5"},
    {"no word on being incomplete", ",\"incomplete\":false", ""},
    {"a source without a name", "[\"a\"]", "[null]"},
    {"no time", "\"at\"", "\"when\""},
    {"part 0", "\"number\":1", "\"number\":0"},
    {"a part behind the last", "\"number\":1", "\"number\":3"},
    {"no word on each source", "[true]", "[true,true]"},
    {"no end", "false}}", "false}"},
    {"something behind the end", "false}}", "false}}]"},
};

static void refusal_holds(void **state)
{
    const struct refusal *row = *state;
    const struct document document = {"[\"a\"]", 1, 1, 2, "[true]"};
    char good[TEXT_SIZE], bad[2 * TEXT_SIZE];
    struct merge merge = {0};
    struct why why = {0};
    const char *at;
    uint8_t *copy;

    write_document(&document, good, sizeof(good));
    at = strstr(good, row->from);
    assert_non_null(at);
    (void)snprintf(bad, sizeof(bad), "%.*s%s%s", (int)(at - good), good, row->to,
                   at + strlen(row->from));
    copy = exact_copy(bad, strlen(bad));
    assert_int_equal(merge_add(&merge, span_of(copy, strlen(bad)), &why), FAULT_SYNTAX);
    assert_non_null(why.rule);
    assert_int_equal(merge.documents, 0);
    assert_int_equal(merge.set_count, 0);
    assert_int_equal(merge.total.source_count, 0);
    assert_int_equal(merge_add(&merge, span_text(good), &why), FAULT_NONE);
    merge_clear(&merge);
    free(copy);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(sums) + COUNT(refusals)];
    size_t n = TESTS_OF(tests, sums, sum_holds);

    n += TESTS_OF(tests + n, refusals, refusal_holds);
    assert(n == COUNT(tests));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
