#include "kms/request/recovery/recovery_request.h"

#include "support.h"

#include "base/text.h"

enum { FILE_MAX = 1 << 16, ARENA_MAX = 1 << 20 };

static struct identity anna, bert;

/* A request as `recover` would make it, of two keys. */
static struct recovery_request request_of_two(void)
{
    static struct span addresses[2];
    static struct recovery_key keys[2];
    struct recovery_request request = {
        .store_id = span_text("00112233445566778899aabbccddeeff"),
        .user = 7,
        .addresses = addresses,
        .address_count = 2,
        .keys = keys,
        .key_count = 2,
        .why = span_text("lost smart card, \"ticket\" 17 \xc3\xa4"),
        .requester = span_text("anna"),
        .created = 1800000000,
        .expires = 1800259200,
    };
    struct why why;

    addresses[0] = span_text("carl@example.org");
    addresses[1] = span_text("carl.old@example.org");
    keys[0] = (struct recovery_key){.serial = span_text("\x5a\x01"), .envelope = {1}};
    keys[1] = (struct recovery_key){.serial = span_text("\x5a\x02"), .envelope = {2}};
    memset(request.key, 9, sizeof(request.key));
    assert_int_equal(recovery_request_sign(&request, &anna, &why), FAULT_NONE);
    return request;
}

static struct buffer file_of(const struct recovery_request *request)
{
    struct buffer out = buffer_with_max(FILE_MAX);

    recovery_request_write(request, &out);
    assert_int_equal(out.fault, FAULT_NONE);
    return out;
}

static int make_people(void **state)
{
    struct why why;

    (void)state;
    assert_int_equal(identity_make(&anna, &why), FAULT_NONE);
    assert_int_equal(identity_make(&bert, &why), FAULT_NONE);
    return 0;
}

static int forget_people(void **state)
{
    (void)state;
    identity_clear(&anna);
    identity_clear(&bert);
    return 0;
}

static void what_is_written_is_read(void **state)
{
    const struct recovery_request request = request_of_two();
    struct buffer file = file_of(&request);
    struct arena arena = arena_with_max(ARENA_MAX);
    struct recovery_request read = {0};
    struct buffer again;
    struct why why;

    (void)state;
    assert_int_equal(recovery_request_read(buffer_span(&file), &arena, &read, &why), FAULT_NONE);
    assert_int_equal(read.user, 7);
    assert_int_equal(read.address_count, 2);
    assert_span(read.addresses[1], "carl.old@example.org");
    assert_span(read.keys[1].serial, "\x5a\x02");
    assert_span(read.why, "lost smart card, \"ticket\" 17 \xc3\xa4");
    assert_int_equal(read.expires, 1800259200);
    assert_int_equal(recovery_request_verify(&read, anna.signing, &why), FAULT_NONE);
    again = file_of(&read);
    assert_true(span_equal(buffer_span(&file), buffer_span(&again)));
    buffer_clear(&again);
    buffer_clear(&file);
    arena_clear(&arena);
}

static void signature_of_another_is_refused(void **state)
{
    struct recovery_request request = request_of_two();
    struct why why;

    (void)state;
    assert_int_equal(recovery_request_verify(&request, bert.signing, &why), FAULT_DENIED);
    assert_non_null(strstr(why.rule, "signature"));
}

/* The digest that is said is not the one that is meant. */
static void digest_of_another_is_refused(void **state)
{
    struct recovery_request request = request_of_two();
    struct why why;

    (void)state;
    request.digest[31] ^= 1;
    assert_int_equal(recovery_request_verify(&request, anna.signing, &why), FAULT_DENIED);
    assert_non_null(strstr(why.rule, "altered"));
}

/* Every byte of the file, changed in each of its bits: refused, or it means the same. */
static void every_altered_bit_is_refused(void **state)
{
    const struct recovery_request request = request_of_two();
    struct buffer file = file_of(&request);
    struct arena arena = arena_with_max(ARENA_MAX);
    struct why why;

    (void)state;
    for (size_t i = 0; i < file.len * 8; i++) {
        struct recovery_request read = {0};

        arena_reset(&arena);
        file.at[i / 8] ^= (uint8_t)(1U << i % 8);
        if (recovery_request_read(buffer_span(&file), &arena, &read, &why) == FAULT_NONE &&
            recovery_request_verify(&read, anna.signing, &why) == FAULT_NONE) {
            struct buffer again = file_of(&read);

            file.at[i / 8] ^= (uint8_t)(1U << i % 8);
            assert_true(span_equal(buffer_span(&file), buffer_span(&again))); /* a blank, say */
            file.at[i / 8] ^= (uint8_t)(1U << i % 8);
            buffer_clear(&again);
        }
        file.at[i / 8] ^= (uint8_t)(1U << i % 8);
    }
    buffer_clear(&file);
    arena_clear(&arena);
}

static void cut_file_is_refused(void **state)
{
    const struct recovery_request request = request_of_two();
    struct buffer file = file_of(&request);
    struct arena arena = arena_with_max(ARENA_MAX);
    struct recovery_request read = {0};
    struct why why;

    (void)state;
    for (size_t len = 0; len + 1 < file.len; len++) { /* the last byte is a line end */
        uint8_t *block = exact_copy((const char *)file.at, len);

        assert_int_equal(recovery_request_read(span_of(block, len), &arena, &read, &why),
                         FAULT_SYNTAX);
        free(block);
        arena_reset(&arena);
    }
    buffer_clear(&file);
    arena_clear(&arena);
}

/* The first place of `from` in the file becomes `to`. */
static const struct row {
    const char *name, *from, *to;
    enum fault fault; /* of reading; FAULT_NONE: it reads, and is not the one that was signed */
} rows[] = {
    {"another version is told", "\"version\": 1", "\"version\": 2", FAULT_SYNTAX},
    {"a version is a number", "\"version\": 1", "\"version\": \"1\"", FAULT_SYNTAX},
    {"another store", "00112233", "10112233", FAULT_NONE},
    {"another user", "\"user\": 7", "\"user\": 8", FAULT_NONE},
    {"a user is greater than 0", "\"user\": 7", "\"user\": 0", FAULT_SYNTAX},
    {"a user is a whole number", "\"user\": 7", "\"user\": 7.0", FAULT_SYNTAX},
    {"a number has 63 bits", "\"user\": 7", "\"user\": 9223372036854775808", FAULT_SYNTAX},
    {"another address", "carl@", "cari@", FAULT_NONE},
    {"an address less", "\"carl@example.org\", ", "", FAULT_NONE},
    {"addresses moved from one to the next", "carl@example.org\", \"carl",
     "carl@example.orgcarl\", \"", FAULT_NONE},
    {"an address is a text", "\"carl@example.org\"", "17", FAULT_SYNTAX},
    {"an address has no line end", "carl@", "carl\\n@", FAULT_SYNTAX},
    {"an address does not turn the writing", "carl@", "carl\\u202e@", FAULT_SYNTAX},
    {"another serial", "5a01", "5a03", FAULT_NONE},
    {"a longer serial", "5a01", "5a0100", FAULT_NONE},
    {"a serial in capital letters", "5a01", "5A01", FAULT_SYNTAX},
    {"a serial of half a byte", "5a01", "5a0", FAULT_SYNTAX},
    {"a serial of nothing", "5a01", "", FAULT_SYNTAX},
    {"a serial of 21 bytes", "5a01", "010203040506070809101112131415161718192021", FAULT_SYNTAX},
    {"another envelope", "\"envelope\": \"01", "\"envelope\": \"03", FAULT_NONE},
    {"an envelope's digest is whole", "\"envelope\": \"01", "\"envelope\": \"", FAULT_SYNTAX},
    {"another reason", "lost", "last", FAULT_NONE},
    {"a reason is one line", "lost", "lost\\n", FAULT_SYNTAX},
    {"a reason has no NUL", "lost", "lost\\u0000", FAULT_SYNTAX},
    {"another requester", "\"anna\"", "\"bert\"", FAULT_NONE},
    {"a requester has a name", "\"anna\"", "\"\"", FAULT_SYNTAX},
    {"asked later", "\"created\": \"2027-01-15T08", "\"created\": \"2027-01-15T09", FAULT_NONE},
    {"good for longer", "\"expires\": \"2027-01-18", "\"expires\": \"2027-01-28", FAULT_NONE},
    {"ended before it began", "\"expires\": \"2027-01-18", "\"expires\": \"2027-01-08",
     FAULT_SYNTAX},
    {"a time is in UTC", "00Z\",\n  \"expires", "00+00:00\",\n  \"expires", FAULT_SYNTAX},
    {"another key", "\"key\": \"0909", "\"key\": \"0908", FAULT_NONE},
    {"a key is whole", "\"key\": \"0909", "\"key\": \"09", FAULT_SYNTAX},
    {"another signature", "\"signature\": \"", "\"signature\": \"00", FAULT_SYNTAX},
    {"a member twice", "\"user\": 7", "\"user\": 7, \"user\": 7", FAULT_SYNTAX},
    {"a member more", "\"user\": 7", "\"user\": 7, \"note\": 1", FAULT_SYNTAX},
    {"a member of another name", "\"why\"", "\"reason\"", FAULT_SYNTAX},
    {"a member more of a key", "\"serial\"", "\"note\": 1, \"serial\"", FAULT_SYNTAX},
    {"no list of keys", "\"keys\": [", "\"keys\": 1, \"x\": [", FAULT_SYNTAX},
    {"something behind it", "\n}\n", "\n} {}", FAULT_SYNTAX},
    {"no object", "{\n  \"version\"", "[{\n  \"version\"", FAULT_SYNTAX},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    const struct recovery_request request = request_of_two();
    struct buffer file = file_of(&request);
    struct buffer altered = buffer_with_max(FILE_MAX);
    struct arena arena = arena_with_max(ARENA_MAX);
    struct recovery_request read = {0};
    struct why why = {0};
    const char *place = memmem(file.at, file.len, row->from, strlen(row->from));

    assert_non_null(place);
    buffer_add(&altered, span_of(file.at, (size_t)(place - (char *)file.at)));
    buffer_add_text(&altered, row->to);
    buffer_add(&altered, span_from(buffer_span(&file),
                                   (size_t)(place - (char *)file.at) + strlen(row->from)));
    assert_int_equal(recovery_request_read(buffer_span(&altered), &arena, &read, &why), row->fault);
    if (row->fault == FAULT_NONE) {
        assert_int_equal(recovery_request_verify(&read, anna.signing, &why), FAULT_DENIED);
    } else {
        assert_non_null(why.rule);
        assert_int_equal(read.user, 0); /* nothing is written */
    }
    buffer_clear(&file);
    buffer_clear(&altered);
    arena_clear(&arena);
}

static void a_large_file_is_refused(void **state)
{
    uint8_t *blanks = malloc(RECOVERY_FILE_MAX + 1);
    struct arena arena = arena_with_max(ARENA_MAX);
    struct recovery_request read = {0};
    struct why why;

    (void)state;
    assert_non_null(blanks);
    memset(blanks, ' ', RECOVERY_FILE_MAX + 1);
    assert_int_equal(
        recovery_request_read(span_of(blanks, RECOVERY_FILE_MAX + 1), &arena, &read, &why),
        FAULT_LIMIT);
    assert_int_equal(recovery_request_read(span_of(blanks, RECOVERY_FILE_MAX), &arena, &read, &why),
                     FAULT_SYNTAX);
    free(blanks);
    arena_clear(&arena);
}

static void too_many_are_refused(void **state)
{
    struct recovery_request request = request_of_two();
    struct span addresses[RECOVERY_ADDRESSES_MAX + 1];
    struct arena arena = arena_with_max(ARENA_MAX);
    struct recovery_request read = {0};
    struct buffer file;
    struct why why;

    (void)state;
    for (size_t i = 0; i < COUNT(addresses); i++) {
        addresses[i] = span_text("carl@example.org");
    }
    request.addresses = addresses;
    request.address_count = COUNT(addresses);
    file = file_of(&request);
    assert_int_equal(recovery_request_read(buffer_span(&file), &arena, &read, &why), FAULT_LIMIT);
    buffer_clear(&file);
    arena_clear(&arena);
}

static void reasons_are_checked(void **state)
{
    char longest[RECOVERY_WHY_MAX + 1];
    struct why why;

    (void)state;
    memset(longest, 'x', sizeof(longest));
    assert_int_equal(recovery_why_check(span_of(longest, RECOVERY_WHY_MAX), &why), FAULT_NONE);
    assert_int_equal(recovery_why_check(span_of(longest, sizeof(longest)), &why), FAULT_SYNTAX);
    assert_int_equal(recovery_why_check(span_text("he left"), &why), FAULT_NONE);
    assert_int_equal(recovery_why_check(span_text(""), &why), FAULT_SYNTAX);
    assert_int_equal(recovery_why_check(span_text("  \t "), &why), FAULT_SYNTAX);
    assert_int_equal(recovery_why_check(span_text("two\nlines"), &why), FAULT_SYNTAX);
    assert_int_equal(recovery_why_check(span_text("\xff"), &why), FAULT_SYNTAX);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 8] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(signature_of_another_is_refused),
        cmocka_unit_test(digest_of_another_is_refused),
        cmocka_unit_test(every_altered_bit_is_refused),
        cmocka_unit_test(cut_file_is_refused),
        cmocka_unit_test(a_large_file_is_refused),
        cmocka_unit_test(too_many_are_refused),
        cmocka_unit_test(reasons_are_checked),
    };

    (void)TESTS_OF(tests + 8, rows, row_holds);
    return cmocka_run_group_tests(tests, make_people, forget_people);
}
