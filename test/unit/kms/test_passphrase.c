#include "kms/people/passphrase.h"

#include <signal.h>
#include <sys/wait.h>

#include "support.h"

static const char *const names[] = {"Example Works", "anna.berg@example.org", "keyroster", NULL};

static const struct row {
    const char *name, *text;
    size_t len;
    enum fault fault;
} rows[] = {
    {"words without a connection", TEXT("copper walrus ninety ladder"), FAULT_NONE},
    {"letters by chance", TEXT("xK4#vq9!Lm2z"), FAULT_NONE},
    {"twelve bytes are enough", TEXT("qhzv-7wnk-bx"), FAULT_NONE},
    {"bytes beyond ASCII", TEXT("v\xc3\xa4rldens \xc3\xb6knar br\xc3\xa4nns"), FAULT_NONE},
    {"nothing", TEXT(""), FAULT_DENIED},
    {"eleven bytes, however good", TEXT("xK4#vq9!Lm2"), FAULT_DENIED},
    {"a known one", TEXT("password1234"), FAULT_DENIED},
    {"one letter again and again", TEXT("aaaaaaaaaaaaaaaaaaaaaaaa"), FAULT_DENIED},
    {"a sequence", TEXT("abcdefghijklmnop"), FAULT_DENIED},
    {"keys side by side", TEXT("qwertyuiop123"), FAULT_DENIED},
    {"the organisation's name", TEXT("ExampleWorks"), FAULT_DENIED},
    {"the person's", TEXT("annabergannaberg"), FAULT_DENIED},
    {"the person's, and the program's", TEXT("anna-keyroster"), FAULT_DENIED},
    {"a NUL byte", TEXT("copper walrus\0ninety ladder"), FAULT_DENIED},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct secret passphrase = {0};
    struct why why = {0};

    assert_int_equal(secret_copy(span_of(row->text, row->len), &passphrase, &why), FAULT_NONE);
    assert_int_equal(passphrase_check(&passphrase, names, &why), row->fault);
    assert_true((why.rule != NULL) == (row->fault != FAULT_NONE));
    secret_clear(&passphrase);
}

/* Its time stays short, whatever is typed. */
static void longest_is_estimated_too(void **state)
{
    struct secret passphrase = {0};
    struct why why = {0};
    uint64_t seed = 7;

    (void)state;
    assert_int_equal(secret_new(SECRET_MAX, &passphrase, &why), FAULT_NONE);
    for (size_t i = 0; i < passphrase.len; i++) {
        passphrase.at[i] = (uint8_t)('a' + random_next(&seed) % 26);
    }
    assert_int_equal(passphrase_check(&passphrase, names, &why), FAULT_NONE);
    secret_clear(&passphrase);
}

/* Where the answer of the other process is lost, nothing is taken for good. */
static void lost_answer_is_no_consent(void **state)
{
    struct secret passphrase = {0};
    struct why why = {0};

    (void)state;
    assert_int_equal(secret_copy(span_text("copper walrus ninety ladder"), &passphrase, &why),
                     FAULT_NONE);
    assert_true(signal(SIGCHLD, SIG_IGN) != SIG_ERR); /* the kernel then keeps no status */
    assert_int_equal(passphrase_check(&passphrase, names, &why), FAULT_RESOURCE);
    assert_true(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
    assert_int_equal(passphrase_check(&passphrase, names, &why), FAULT_NONE);
    secret_clear(&passphrase);
}

static void no_process_is_left(void **state)
{
    struct secret passphrase = {0};
    struct why why = {0};

    (void)state;
    assert_int_equal(secret_copy(span_text("copper walrus ninety ladder"), &passphrase, &why),
                     FAULT_NONE);
    assert_int_equal(passphrase_check(&passphrase, names, &why), FAULT_NONE);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    secret_clear(&passphrase);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 3] = {
        cmocka_unit_test(longest_is_estimated_too),
        cmocka_unit_test(lost_answer_is_no_consent),
        cmocka_unit_test(no_process_is_left),
    };

    (void)TESTS_OF(tests + 3, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
