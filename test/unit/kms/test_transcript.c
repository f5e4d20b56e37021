#include "kms/people/transcript.h"

#include "base/hex.h"
#include "support.h"

enum { FIELDS_MAX = 3 };

/* The digests are of sha256sum(1), over the bytes as the header of transcript.h says they are. */
static const struct row {
    const char *name, *label;
    const char *fields[FIELDS_MAX];
    const char *digest;
} rows[] = {
    {"a label alone",
     "keyroster test v1",
     {NULL},
     "644607ad11bdd380b906fb12ed48455910f63201947cd2433161e210ae542368"},
    {"an empty field is a field",
     "keyroster test v1",
     {""},
     "f29b6cdfda22a5268ddd97200f49d274434d2ca9e4c49716dfe6e57c2c2ad291"},
    {"two fields",
     "keyroster test v1",
     {"ab", "c"},
     "678cba6191e11b0ffc44f6345320e03d2b83abaa4e2f90fe38e41ae45b437d70"},
    {"the same bytes, cut elsewhere",
     "keyroster test v1",
     {"a", "bc"},
     "03dda3bde77d63fe096c5404f967873d5bddad9c9ed200047f0add8320b258ee"},
    {"in one field",
     "keyroster test v1",
     {"abc"},
     "111ee5a0fd5c19c5d6ade05b77fb689825f4d4721af16ab812b48b6e1ea7674d"},
    {"another label",
     "keyroster test v2",
     {"ab", "c"},
     "fa804463de450922ac1ae83d7d70ccf28002990b4c511d331fd1eeffb7f139b0"},
};

static struct transcript begin(const struct row *row)
{
    struct transcript t = transcript_begin(row->label);

    for (size_t i = 0; i < FIELDS_MAX && row->fields[i] != NULL; i++) {
        transcript_add_text(&t, row->fields[i]);
    }
    return t;
}

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct transcript t = begin(row);
    uint8_t got[TRANSCRIPT_SIZE], want[TRANSCRIPT_SIZE];
    struct why why = {0};

    assert_int_equal(hex_decode_run(span_text(row->digest), want), 2 * TRANSCRIPT_SIZE);
    assert_int_equal(transcript_end(&t, got, &why), FAULT_NONE);
    assert_memory_equal(got, want, sizeof(want));
    assert_null(t.hash);
}

static void no_two_rows_are_alike(void **state)
{
    uint8_t digests[COUNT(rows)][TRANSCRIPT_SIZE];
    struct why why = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct transcript t = begin(&rows[i]);

        assert_int_equal(transcript_end(&t, digests[i], &why), FAULT_NONE);
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(digests[i], digests[j], TRANSCRIPT_SIZE);
        }
    }
}

static void number_is_eight_bytes(void **state)
{
    struct transcript number = transcript_begin("x"), bytes = transcript_begin("x");
    uint8_t one[TRANSCRIPT_SIZE], two[TRANSCRIPT_SIZE];
    struct why why = {0};

    (void)state;
    transcript_add_number(&number, UINT64_C(0x0102030405060708));
    transcript_add(&bytes, span_text("\x01\x02\x03\x04\x05\x06\x07\x08"));
    assert_int_equal(transcript_end(&number, one, &why), FAULT_NONE);
    assert_int_equal(transcript_end(&bytes, two, &why), FAULT_NONE);
    assert_memory_equal(one, two, sizeof(one));
}

/* Its length does not fit; not one byte of it is read. */
static void too_long_a_field_is_told(void **state)
{
    struct transcript t = transcript_begin("x");
    uint8_t digest[TRANSCRIPT_SIZE];
    struct why why = {0};

    (void)state;
    transcript_add(&t, span_of("", (size_t)UINT32_MAX + 1));
    transcript_add_text(&t, "what follows is dropped");
    assert_int_equal(transcript_end(&t, digest, &why), FAULT_LIMIT);
    assert_non_null(why.rule);
    assert_null(t.hash);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 3] = {
        cmocka_unit_test(no_two_rows_are_alike),
        cmocka_unit_test(number_is_eight_bytes),
        cmocka_unit_test(too_long_a_field_is_told),
    };

    (void)TESTS_OF(tests + 3, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
