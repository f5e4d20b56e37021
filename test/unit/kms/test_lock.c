#include "kms/people/lock.h"

#include <stdio.h>
#include <time.h>

#include "base/hex.h"
#include "support.h"

enum { PASSES_AT = 4, MEMORY_AT = 8, LANES_AT = 12, BYTES_MAX = 256 };

static const struct lock_cost cheap = {.passes = 1, .memory_kib = 8, .lanes = 1};

static struct secret secret_of(const char *text)
{
    struct secret secret = {0};
    struct why why;

    assert_int_equal(secret_copy(span_text(text), &secret, &why), FAULT_NONE);
    return secret;
}

/* By ./make-locked, which knows nothing of our code and has an Argon2id of its own. */
static const struct known {
    const char *name, *passphrase, *context, *plain, *locked;
} known[] = {
    {"one pass in one lane", "hunter2", "anna", "a secret",
     "4b524c31000000010000000800000001000102030405060708090a0b0c0d0e0f6465666768696a6b6c6d6e6f59538"
     "1e23e623902a6c6c38cbc32667b74e816f3738a2103"},
    {"three passes in four lanes", "copper walrus", "", "another secret",
     "4b524c31000000030000004000000004000102030405060708090a0b0c0d0e0f6465666768696a6b6c6d6e6f939a9"
     "a498614b41755cb3795bd7c72f90b0544efa51afb0834df1f7ca07d"},
    {"nothing, under nothing", "", "bert", "",
     "4b524c31000000020000002800000002000102030405060708090a0b0c0d0e0f6465666768696a6b6c6d6e6feb902"
     "a45654ff8418edf29bcd973b452"},
};

static size_t unhex(const char *text, uint8_t out[BYTES_MAX])
{
    assert_true(strlen(text) <= 2 * (size_t)BYTES_MAX);
    return hex_decode_run(span_text(text), out) / 2;
}

static void known_opens(void **state)
{
    const struct known *row = *state;
    struct secret passphrase = secret_of(row->passphrase), got = {0};
    uint8_t locked[BYTES_MAX];
    size_t len = unhex(row->locked, locked);
    struct why why = {0};

    assert_int_equal(
        lock_open(&passphrase, span_text(row->context), span_of(locked, len), &got, &why),
        FAULT_NONE);
    assert_span(secret_span(&got), row->plain);
    secret_clear(&got);
    secret_clear(&passphrase);
}

/* The numbers of the cost are not refused because the tag does not fit: that would be too late. */
static const struct cost_row {
    const char *name;
    struct lock_cost cost;
} costs[] = {
    {"no pass", {0, 8, 1}},
    {"too many passes", {LOCK_PASSES_MAX + 1, 8, 1}},
    {"passes without end", {UINT32_MAX, 8, 1}},
    {"no lane", {1, 8, 0}},
    {"too many lanes", {1, LOCK_MEMORY_KIB_MAX, LOCK_LANES_MAX + 1}},
    {"lanes that overflow", {1, 8, UINT32_MAX / 8 + 2}},
    {"no memory", {1, 0, 1}},
    {"too little for a lane", {1, 7, 1}},
    {"too little for four", {1, 31, 4}},
    {"too much memory", {1, LOCK_MEMORY_KIB_MAX + 1, 1}},
    {"memory without end", {1, UINT32_MAX, 1}},
};

static void put_number(uint8_t *at, uint32_t n)
{
    for (size_t i = 0; i < 4; i++) {
        at[i] = (uint8_t)(n >> (24 - 8 * i));
    }
}

static void cost_is_refused(void **state)
{
    const struct cost_row *row = *state;
    struct secret passphrase = secret_of("hunter2"), got = {0};
    struct buffer out = buffer_with_max(BYTES_MAX);
    uint8_t locked[BYTES_MAX];
    size_t len = unhex(known[0].locked, locked);
    struct why why = {0};
    clock_t before;

    assert_int_equal(
        lock_seal(&passphrase, row->cost, span_text("anna"), span_text("x"), &out, &why),
        FAULT_LIMIT);
    assert_int_equal(out.len, 0);
    put_number(locked + PASSES_AT, row->cost.passes);
    put_number(locked + MEMORY_AT, row->cost.memory_kib);
    put_number(locked + LANES_AT, row->cost.lanes);
    before = clock();
    assert_int_equal(lock_open(&passphrase, span_text("anna"), span_of(locked, len), &got, &why),
                     FAULT_LIMIT);
    assert_true(clock() - before < CLOCKS_PER_SEC / 10);
    assert_null(got.at);
    secret_clear(&passphrase);
    buffer_clear(&out);
}

static void others_do_not_open(void **state)
{
    struct secret right = secret_of("hunter2"), wrong = secret_of("hunter3"), none = secret_of("");
    struct secret got = {0};
    uint8_t bytes[BYTES_MAX];
    struct span locked = span_of(bytes, unhex(known[0].locked, bytes));
    struct why why = {0};

    (void)state;
    assert_int_equal(lock_open(&wrong, span_text("anna"), locked, &got, &why), FAULT_DENIED);
    assert_int_equal(lock_open(&none, span_text("anna"), locked, &got, &why), FAULT_DENIED);
    assert_int_equal(lock_open(&right, span_text("bert"), locked, &got, &why), FAULT_DENIED);
    assert_int_equal(lock_open(&right, span_text(""), locked, &got, &why), FAULT_DENIED);
    assert_null(got.at);
    secret_clear(&right);
    secret_clear(&wrong);
    secret_clear(&none);
}

/* A bit anywhere. In the cost it may ask for work that is within bounds: the dearest are left out.
 */
static void every_bit_counts(void **state)
{
    struct secret passphrase = secret_of("hunter2"), got = {0};
    uint8_t locked[BYTES_MAX];
    size_t len = unhex(known[0].locked, locked);
    struct why why = {0};

    (void)state;
    for (size_t bit = 0; bit < len * 8; bit++) {
        enum fault fault;

        if (bit / 8 == MEMORY_AT + 1) {
            continue; /* 64 MiB to 1 GiB, up to seconds each */
        }
        locked[bit / 8] ^= (uint8_t)(1 << bit % 8);
        fault = lock_open(&passphrase, span_text("anna"), span_of(locked, len), &got, &why);
        assert_true(fault == (bit / 8 < PASSES_AT ? FAULT_SYNTAX : FAULT_DENIED) ||
                    (fault == FAULT_LIMIT && bit / 8 >= PASSES_AT && bit / 8 < LANES_AT + 4));
        assert_null(got.at);
        locked[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(lock_open(&passphrase, span_text("anna"), span_of(locked, len), &got, &why),
                     FAULT_NONE);
    secret_clear(&got);
    secret_clear(&passphrase);
}

static void cut_bytes_are_refused(void **state)
{
    struct secret passphrase = secret_of("hunter2"), got = {0};
    uint8_t locked[BYTES_MAX];
    size_t whole = unhex(known[0].locked, locked);
    struct why why = {0};

    (void)state;
    for (size_t len = 0; len < whole; len++) {
        uint8_t *block = exact_copy((const char *)locked, len);

        assert_int_equal(lock_open(&passphrase, span_text("anna"), span_of(block, len), &got, &why),
                         len < LOCK_OVERHEAD ? FAULT_SYNTAX : FAULT_DENIED);
        assert_null(got.at);
        free(block);
    }
    locked[whole] = 0;
    assert_int_equal(
        lock_open(&passphrase, span_text("anna"), span_of(locked, whole + 1), &got, &why),
        FAULT_DENIED);
    secret_clear(&passphrase);
}

static const size_t lengths[] = {0, 1, 64, LOCK_PLAIN_MAX};

/* What was locked is opened again; locked twice, it is not alike: salt and nonce are fresh. */
static void locked_bytes_come_back(void **state)
{
    struct secret passphrase = secret_of("hunter2"), got = {0};
    struct buffer one = buffer_with_max(LOCK_PLAIN_MAX + LOCK_OVERHEAD);
    struct buffer two = buffer_with_max(LOCK_PLAIN_MAX + LOCK_OVERHEAD);
    uint8_t *plain = calloc(1, LOCK_PLAIN_MAX + 2 + LOCK_OVERHEAD);
    struct why why = {0};

    (void)state;
    assert_non_null(plain);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        const struct span bytes = span_of(plain, lengths[i]), context = span_text("anna");

        buffer_reset(&one);
        buffer_reset(&two);
        assert_int_equal(lock_seal(&passphrase, cheap, context, bytes, &one, &why), FAULT_NONE);
        assert_int_equal(lock_seal(&passphrase, cheap, context, bytes, &two, &why), FAULT_NONE);
        assert_int_equal(one.len, lengths[i] + LOCK_OVERHEAD);
        assert_memory_not_equal(one.at + 16, two.at + 16, 16);
        assert_memory_not_equal(one.at + 32, two.at + 32, 12);
        assert_int_equal(lock_open(&passphrase, context, buffer_span(&two), &got, &why),
                         FAULT_NONE);
        assert_true(span_equal(secret_span(&got), bytes));
        secret_clear(&got);
    }
    assert_int_equal(lock_seal(&passphrase, cheap, span_text(""),
                               span_of(plain, LOCK_PLAIN_MAX + 1), &one, &why),
                     FAULT_LIMIT);
    memcpy(plain, one.at, one.len);
    assert_int_equal(lock_open(&passphrase, span_text("anna"),
                               span_of(plain, LOCK_PLAIN_MAX + LOCK_OVERHEAD + 1), &got, &why),
                     FAULT_LIMIT);
    buffer_clear(&one);
    buffer_clear(&two);
    secret_clear(&passphrase);
    free(plain);
}

static void nothing_is_added_on_failure(void **state)
{
    struct secret passphrase = secret_of("hunter2");
    struct buffer out = buffer_with_max(LOCK_OVERHEAD);
    struct why why = {0};

    (void)state;
    buffer_add_byte(&out, 'x');
    assert_int_equal(lock_seal(&passphrase, cheap, span_text(""), span_text(""), &out, &why),
                     FAULT_LIMIT);
    assert_int_equal(out.len, 1);
    buffer_clear(&out);
    secret_clear(&passphrase);
}

/* The usual cost is the second recommendation of RFC 9106, and works. */
static void usual_cost_works(void **state)
{
    struct secret passphrase = secret_of("hunter2"), got = {0};
    struct buffer out = buffer_with_max(BYTES_MAX);
    struct lock_cost cost = lock_cost_usual();
    struct why why = {0};

    (void)state;
    assert_int_equal(cost.passes, 3);
    assert_int_equal(cost.memory_kib, 64 * 1024);
    assert_int_equal(cost.lanes, 4);
    assert_int_equal(lock_seal(&passphrase, cost, span_text("a"), span_text("b"), &out, &why),
                     FAULT_NONE);
    assert_int_equal(lock_open(&passphrase, span_text("a"), buffer_span(&out), &got, &why),
                     FAULT_NONE);
    assert_span(secret_span(&got), "b");
    secret_clear(&got);
    secret_clear(&passphrase);
    buffer_clear(&out);
}

enum { MARK_SIZE = 24 };

/* How often the mark, kept here with all bits turned, stands anywhere in memory we may write. */
static size_t count_in_memory(const uint8_t turned[MARK_SIZE])
{
    FILE *maps = fopen("/proc/self/maps", "re");
    size_t count = 0;
    char line[512];

    assert_non_null(maps);
    while (fgets(line, sizeof(line), maps) != NULL) {
        unsigned long long from, to;
        char access[5];

        if (sscanf(line, "%llx-%llx %4s", &from, &to, access) != 3 || access[0] != 'r' ||
            access[1] != 'w') {
            continue;
        }
        for (unsigned long long at = from; at + MARK_SIZE <= to; at++) {
            const volatile uint8_t *byte = (const volatile uint8_t *)(uintptr_t)at;
            size_t same = 0;

            while (same < MARK_SIZE && (byte[same] ^ turned[same]) == UINT8_MAX) {
                same++;
            }
            count += same == MARK_SIZE;
        }
    }
    assert_int_equal(fclose(maps), 0);
    return count;
}

/* Not searched for with a sanitizer, whose shadow is terabytes of such memory. */
static void assert_copies(const uint8_t turned[MARK_SIZE], size_t count)
{
    const char *sanitized = getenv("KEYROSTER_SANITIZED");

    if (sanitized == NULL || strcmp(sanitized, "1") != 0) {
        assert_int_equal(count_in_memory(turned), count);
    }
}

/*
 * Locked, opened and cleared, neither the passphrase nor what was locked is anywhere in this
 * process.
 */
static void no_copy_stays(void **state)
{
    uint8_t passphrase_turned[MARK_SIZE], plain_turned[MARK_SIZE];
    struct secret passphrase = {0}, plain = {0}, got = {0};
    struct buffer out = buffer_with_max(BYTES_MAX);
    uint64_t seed = 99;
    struct why why = {0};

    (void)state;
    assert_int_equal(secret_new(MARK_SIZE, &passphrase, &why), FAULT_NONE);
    assert_int_equal(secret_new(MARK_SIZE, &plain, &why), FAULT_NONE);
    for (size_t i = 0; i < MARK_SIZE; i++) {
        passphrase_turned[i] = (uint8_t)random_next(&seed);
        passphrase.at[i] = (uint8_t)~passphrase_turned[i];
        plain_turned[i] = (uint8_t)random_next(&seed);
        plain.at[i] = (uint8_t)~plain_turned[i];
    }
    assert_int_equal(lock_seal(&passphrase, cheap, span_text("a"), secret_span(&plain), &out, &why),
                     FAULT_NONE);
    assert_int_equal(lock_open(&passphrase, span_text("a"), buffer_span(&out), &got, &why),
                     FAULT_NONE);
    assert_true(span_equal(secret_span(&got), secret_span(&plain)));
    assert_copies(passphrase_turned, 1); /* the search does find it */
    assert_copies(plain_turned, 2);
    secret_clear(&passphrase);
    secret_clear(&plain);
    secret_clear(&got);
    assert_copies(passphrase_turned, 0);
    assert_copies(plain_turned, 0);
    buffer_clear(&out);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(known) + COUNT(costs) + 7] = {
        cmocka_unit_test(others_do_not_open),
        cmocka_unit_test(every_bit_counts),
        cmocka_unit_test(cut_bytes_are_refused),
        cmocka_unit_test(locked_bytes_come_back),
        cmocka_unit_test(usual_cost_works),
        cmocka_unit_test(no_copy_stays),
        cmocka_unit_test(nothing_is_added_on_failure),
    };
    size_t count = 7;

    count += TESTS_OF(tests + count, known, known_opens);
    (void)TESTS_OF(tests + count, costs, cost_is_refused);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
