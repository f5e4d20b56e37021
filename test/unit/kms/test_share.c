#include "base/base64.h"
#include "kms/request/session/share.h"

#include "support.h"

/* A share, sealed to an agent, and whether it opens where it was meant to and nowhere else. */
static const struct share_place home = {
    .store_id = {(const uint8_t *)"0123456789abcdef", 16}, .escrow = 1, .index = 2, .name = "xena"};

static struct identity agent, other;
static struct buffer sealed;
static struct secret share;

static int make(void **state)
{
    struct why why;

    (void)state;
    sealed = buffer_with_max(1024);
    if (identity_make(&agent, &why) != FAULT_NONE || identity_make(&other, &why) != FAULT_NONE ||
        secret_copy(span_text("thirty-two bytes of a share, yes"), &share, &why) != FAULT_NONE) {
        return 1;
    }
    return share_seal(&home, agent.sealing, &share, &sealed, &why) == FAULT_NONE ? 0 : 1;
}

static int drop(void **state)
{
    (void)state;
    identity_clear(&agent);
    identity_clear(&other);
    secret_clear(&share);
    buffer_clear(&sealed);
    return 0;
}

static enum fault opens(const struct share_place *place, const struct identity *who,
                        struct span bytes)
{
    struct secret out = {0};
    struct why why = {0};
    enum fault fault = share_open(place, who, bytes, &out, &why);

    if (fault == FAULT_NONE) {
        assert_true(secret_equal(&out, &share));
    } else {
        assert_null(out.at);
    }
    secret_clear(&out);
    return fault;
}

static void it_opens_for_its_agent(void **state)
{
    (void)state;
    assert_int_equal(opens(&home, &agent, buffer_span(&sealed)), FAULT_NONE);
}

static void it_opens_for_nobody_else(void **state)
{
    (void)state;
    assert_int_equal(opens(&home, &other, buffer_span(&sealed)), FAULT_DENIED);
}

static void it_opens_in_no_other_place(void **state)
{
    const struct span stores[] = {span_text("0123456789abcdeg"), span_text("0123456789abcde")};
    struct share_place place = home;

    (void)state;
    for (size_t i = 0; i < COUNT(stores); i++) {
        place.store_id = stores[i];
        assert_int_equal(opens(&place, &agent, buffer_span(&sealed)), FAULT_DENIED);
    }
    place = home;
    place.escrow = 2;
    assert_int_equal(opens(&place, &agent, buffer_span(&sealed)), FAULT_DENIED);
    place = home;
    place.index = 1;
    assert_int_equal(opens(&place, &agent, buffer_span(&sealed)), FAULT_DENIED);
    place = home;
    place.name = "yuri";
    assert_int_equal(opens(&place, &agent, buffer_span(&sealed)), FAULT_DENIED);
}

static void every_bit_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < 8 * sealed.len; i++) {
        sealed.at[i / 8] ^= (uint8_t)(1U << (i % 8));
        assert_int_equal(opens(&home, &agent, buffer_span(&sealed)), FAULT_DENIED);
        sealed.at[i / 8] ^= (uint8_t)(1U << (i % 8));
    }
    for (size_t len = 0; len < sealed.len; len++) {
        assert_int_equal(opens(&home, &agent, span_upto(buffer_span(&sealed), len)), FAULT_DENIED);
    }
}

static void a_file_and_back(void **state)
{
    struct buffer text = buffer_with_max(4096), back = buffer_with_max(4096);
    struct why why = {0};

    (void)state;
    share_file_text(buffer_span(&sealed), &text);
    assert_int_equal(share_file_read(buffer_span(&text), &back, &why), FAULT_NONE);
    assert_true(span_equal(buffer_span(&back), buffer_span(&sealed)));
    buffer_clear(&text);
    buffer_clear(&back);
}

static const struct file_row {
    const char *name, *text;
    size_t len;
    enum fault fault;
} file_rows[] = {
    {"a share among other text",
     TEXT("kept since May\n-----BEGIN KEYROSTER SHARE-----\nAAAA\n-----END KEYROSTER "
          "SHARE-----\n"),
     FAULT_NONE},
    {"nothing", TEXT(""), FAULT_SYNTAX},
    {"no block", TEXT("AAAA\n"), FAULT_SYNTAX},
    {"a certificate", TEXT("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
     FAULT_SYNTAX},
    {"no end", TEXT("-----BEGIN KEYROSTER SHARE-----\nAAAA\n"), FAULT_SYNTAX},
    {"no base64", TEXT("-----BEGIN KEYROSTER SHARE-----\n?\n-----END KEYROSTER SHARE-----\n"),
     FAULT_SYNTAX},
    {"a digit left over",
     TEXT("-----BEGIN KEYROSTER SHARE-----\nAAAAA\n-----END KEYROSTER SHARE-----\n"), FAULT_SYNTAX},
    {"an empty block", TEXT("-----BEGIN KEYROSTER SHARE-----\n\n-----END KEYROSTER SHARE-----\n"),
     FAULT_SYNTAX},
};

static void file_holds(void **state)
{
    const struct file_row *row = *state;
    uint8_t *block = exact_copy(row->text, row->len);
    struct buffer out = buffer_with_max(4096);
    struct why why = {0};

    assert_int_equal(share_file_read(span_of(block, row->len), &out, &why), row->fault);
    assert_int_equal(out.len, row->fault == FAULT_NONE ? 3 : 0);
    buffer_clear(&out);
    free(block);
}

/* `len` bytes in one line of base64, as another program may write them. */
static enum fault read_in_one_line(size_t len, struct buffer *back)
{
    static const char begin[] = "-----BEGIN KEYROSTER SHARE-----\n",
                      end[] = "\n-----END KEYROSTER SHARE-----\n";
    uint8_t bytes[1024] = {0};
    struct buffer text = buffer_with_max(4096);
    struct why why = {0};
    enum fault fault;

    buffer_add_text(&text, begin);
    base64_add(&text, span_of(bytes, len));
    buffer_add_text(&text, end);
    fault = share_file_read(buffer_span(&text), back, &why);
    buffer_clear(&text);
    return fault;
}

/* How the lines are cut decides nothing: the longest share of one line can be written and read. */
static void the_longest_share(void **state)
{
    struct buffer once = buffer_with_max(4096), text = buffer_with_max(4096),
                  twice = buffer_with_max(4096);
    struct why why = {0};

    (void)state;
    assert_int_equal(read_in_one_line(769, &once), FAULT_SYNTAX);
    assert_int_equal(once.len, 0);
    assert_int_equal(read_in_one_line(768, &once), FAULT_NONE);
    share_file_text(buffer_span(&once), &text);
    assert_int_equal(share_file_read(buffer_span(&text), &twice, &why), FAULT_NONE);
    assert_true(span_equal(buffer_span(&once), buffer_span(&twice)));
    buffer_clear(&once);
    buffer_clear(&text);
    buffer_clear(&twice);
}

int main(void)
{
    struct CMUnitTest tests[6 + COUNT(file_rows)] = {
        cmocka_unit_test(it_opens_for_its_agent),
        cmocka_unit_test(it_opens_for_nobody_else),
        cmocka_unit_test(it_opens_in_no_other_place),
        cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(a_file_and_back),
        cmocka_unit_test(the_longest_share),
    };

    (void)TESTS_OF(tests + 6, file_rows, file_holds);
    return cmocka_run_group_tests(tests, make, drop);
}
