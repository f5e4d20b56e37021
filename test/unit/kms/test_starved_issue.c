#include <stdarg.h>
#include <stdatomic.h>

#include <openssl/err.h>

#include "kms/people/transcript.h"
#include "kms/request/inspect/check.h"
#include "kms/request/issue/complete.h"
#include "kms/request/issue/enrol_many.h"
#include "kms/store/certificate_rows.h"
#include "kms/store/people_rows.h"

#include "recover_support.h"

/*
 * Issuing with no memory for one allocation, whichever: from the opening of the store, over the
 * signing in, keys, certificates, envelope and PKCS#12, to the commit. The linker sends here what
 * we and SQLite ask for; libcrypto asks through kms/people/memory.c, and so comes here too. The act
 * says that memory ran out, or is done; nothing is half done, and the store is whole. libcrypto
 * does not always say that it was want of memory: reading the keys of the CA, an act may take them
 * for keys that do not open, and says that the store is damaged. Those are counted, and no more
 * than a quarter.
 *
 * There are some fifty thousand allocations in an act, most of them alike, in the reading of
 * keys and the rounds of a PKCS#12. KEYROSTER_ALLOCATION_STEP (199) is the distance of those that
 * fail, behind the first, each of which does; 1 takes every one. KEYROSTER_ALLOCATION_FROM (1) is
 * the first of them, so that several processes can share all of them among themselves.
 */
void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t len);
void *__real_realloc(void *at, size_t len);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t count, size_t len);
void *__wrap_realloc(void *at, size_t len);
char *__wrap_strdup(const char *text);
int __wrap_asprintf(char **out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The allocation that fails, counted from 1; 0: none does. */
static atomic_size_t failing, made;

static bool fails(void) { return atomic_fetch_add(&made, 1) + 1 == atomic_load(&failing); }

void *__wrap_malloc(size_t len) { return fails() ? NULL : __real_malloc(len); }

void *__wrap_calloc(size_t count, size_t len) { return fails() ? NULL : __real_calloc(count, len); }

void *__wrap_realloc(void *at, size_t len) { return fails() ? NULL : __real_realloc(at, len); }

char *__wrap_strdup(const char *text) { return fails() ? NULL : __real_strdup(text); }

int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list values;
    int len;

    if (fails()) {
        *out = NULL;
        return -1;
    }
    va_start(values, format);
    len = vasprintf(out, format, values);
    va_end(values);
    return len;
}

enum {
    DAY = 86400,
    ADDRESS_SIZE = 64,
    LOCKED_MAX = 4096,
    CHECK_EVERY = 64,
    STEP_USUAL = 199,
    FIRST = 200
};

static struct site site;
static char folder[96];

/* Signing in costs next to nothing then: it is not what is tested here, and is done each time. */
static void lock_cheaply(void)
{
    static const struct lock_cost cheap = {.passes = 1, .memory_kib = 8, .lanes = 1};
    struct buffer locked = buffer_with_max(LOCKED_MAX);
    struct transcript t = transcript_begin("keyroster person v1");
    uint8_t context[TRANSCRIPT_SIZE];
    struct kms *kms = &site.kms[ANNA];
    const struct kms_actor *anna;

    site_enter(&site, ANNA, "enrol");
    anna = kms_actor_find(kms, "anna");
    transcript_add(&t, store_id(kms->store));
    transcript_add(&t, span_text("anna"));
    transcript_add(&t, kms->anchor.recovery_key);
    transcript_add(&t, kms->anchor.issuing_key);
    ASSERT_DONE(transcript_end(&t, context, why));
    ASSERT_DONE(identity_lock(&anna->identity, &site.passphrases[ANNA], cheap,
                              span_of(context, sizeof(context)), &locked, why));
    ASSERT_DONE(store_begin(kms->store, why));
    ASSERT_DONE(person_set_locked(kms->store, anna->id, buffer_span(&locked), why));
    ASSERT_DONE(store_commit(kms->store, why));
    buffer_clear(&locked);
    kms_close(kms);
}

/* One user who is asked for, and what was told of him. */
struct ask {
    const char *address;
    bool is_taken;
    enum enrol_result result;
    size_t told;
    char token[TOKEN_TEXT_SIZE];
};

static enum fault next_address(void *context, struct arena *arena, struct enrol_asked *out,
                               struct why *why)
{
    struct ask *ask = context;

    (void)arena;
    (void)why;
    if (ask->is_taken) {
        return FAULT_ABSENT;
    }
    ask->is_taken = true;
    out->order.address = span_text(ask->address);
    return FAULT_NONE;
}

static enum fault hear(void *context, const struct enrol_row *row, struct why *why)
{
    struct ask *ask = context;

    (void)why;
    ask->told++;
    ask->result = row->result;
    if (row->token != NULL) {
        (void)snprintf(ask->token, sizeof(ask->token), "%s", row->token);
    }
    return FAULT_NONE;
}

static enum fault enrol(struct kms *kms, struct ask *ask, const struct issue_terms *terms,
                        const struct p12_dir *dir, struct why *why)
{
    const struct enrol_many many = {
        .terms = {.kind = KIND_P256, .valid_for = DAY, .issues = terms != NULL},
        .issue = terms,
        .dir = dir,
        .threads = 1,
        .context = ask,
        .next = next_address,
        .tell = hear,
    };

    return enrol_many(kms, &many, why);
}

static enum fault sign_in(struct kms *kms, struct why *why)
{
    enum fault fault = kms_open(kms, site.path, KMS_WRITE, "enrol", SITE_NOW, why);

    if (fault == FAULT_NONE) {
        fault = kms_sign_in(kms, "anna", &site.passphrases[ANNA], why);
    }
    return fault == FAULT_NONE ? kms_require(kms, TASK_ENROL, why) : fault;
}

static enum fault terms_of(struct kms *kms, struct issue_terms *terms, struct why *why)
{
    enum fault fault = issue_terms_of(kms, terms, why);

    terms->passphrase = &site.p12;
    terms->form = PKCS12_TODAY;
    return fault;
}

/* enrol --issue */
static enum fault issue_at_once(const char *address, const char *token, bool *told, struct why *why)
{
    struct ask ask = {.address = address};
    struct issue_terms terms = {0};
    struct p12_dir dir = {0};
    struct kms kms = {0};
    enum fault fault = sign_in(&kms, why);

    (void)token;
    if (fault == FAULT_NONE) {
        fault = terms_of(&kms, &terms, why);
    }
    if (fault == FAULT_NONE) {
        fault = p12_dir_open(folder, &dir, why);
    }
    if (fault == FAULT_NONE) {
        fault = enrol(&kms, &ask, &terms, &dir, why);
    }
    *told = ask.told == 1 && ask.result == ENROL_ISSUED;
    if (ask.told == 1 && ask.result != ENROL_ISSUED && fault == FAULT_NONE) {
        fault = FAULT_RESOURCE; /* the row says why it failed, and the run went on */
    }
    p12_dir_close(&dir);
    kms_close(&kms);
    return fault;
}

static enum fault complete_all(struct kms *kms, const char *address, const char *token,
                               struct complete *complete, struct why *why)
{
    struct issue_terms terms = {0};
    struct p12_dir dir = {0};
    char name[P12_NAME_SIZE];
    enum fault fault = complete_look(kms, span_text(token), complete, why);

    if (fault == FAULT_NONE) {
        fault = terms_of(kms, &terms, why);
    }
    if (fault == FAULT_NONE) {
        fault = complete_make(kms, &terms, complete, why);
    }
    if (fault == FAULT_NONE) {
        fault = p12_dir_name(span_text(address), name, why);
    }
    if (fault == FAULT_NONE) {
        fault = p12_dir_open(folder, &dir, why);
    }
    if (fault == FAULT_NONE) {
        fault = complete_settle(kms, &terms, &dir, name, complete, why);
    }
    p12_dir_close(&dir);
    return fault;
}

static enum fault complete_token(const char *address, const char *token, bool *told,
                                 struct why *why)
{
    struct complete complete = {0};
    struct kms kms = {0};
    enum fault fault = sign_in(&kms, why);

    if (fault == FAULT_NONE) {
        fault = complete_all(&kms, address, token, &complete, why);
    }
    *told = fault == FAULT_NONE;
    complete_clear(&complete);
    kms_close(&kms);
    return fault;
}

static const struct row {
    const char *name;
    enum fault (*act)(const char *address, const char *token, bool *told, struct why *why);
    bool has_token;
} rows[] = {
    {"enrolling with --issue", issue_at_once, false},
    {"completing", complete_token, true},
};

static void token_for(const char *address, char out[TOKEN_TEXT_SIZE])
{
    struct ask ask = {.address = address};
    struct kms kms = {0};

    ASSERT_DONE(sign_in(&kms, why));
    ASSERT_DONE(enrol(&kms, &ask, NULL, &(const struct p12_dir){0}, why));
    assert_int_equal(ask.result, ENROL_TOKEN);
    memcpy(out, ask.token, TOKEN_TEXT_SIZE);
    kms_close(&kms);
}

static enum fault print_place(void *context, const char *where, const char *what, struct why *why)
{
    (void)context;
    (void)why;
    print_error("%s: not so: %s\n", where, what);
    return FAULT_NONE;
}

static void assert_whole(void)
{
    struct kms kms = {0};
    struct check check = {.each = print_place};

    ASSERT_DONE(kms_open(&kms, site.path, KMS_READ, "check", SITE_NOW, why));
    ASSERT_DONE(check_store(&kms, &check, why));
    assert_int_equal(check.broken, 0);
    kms_close(&kms);
}

static bool file_is_there(const char *address)
{
    char path[sizeof(folder) + ADDRESS_SIZE + 8];

    (void)snprintf(path, sizeof(path), "%s/%s.p12", folder, address);
    return access(path, F_OK) == 0;
}

/* As many certificates as there were, or two more, with the file; told only then. */
static int64_t assert_all_or_nothing(const char *address, int64_t before, bool told)
{
    struct kms kms = {0};
    int64_t count = 0;

    ASSERT_DONE(kms_open(&kms, site.path, KMS_READ, "users", SITE_NOW, why));
    ASSERT_DONE(certificate_count(kms.store, &count, why));
    kms_close(&kms);
    assert_true(count == before + 2 || (count == before && !told));
    assert_int_equal(file_is_there(address), count != before);
    return count;
}

static size_t asked_for(const char *name, size_t otherwise)
{
    const char *text = getenv(name);
    const long asked = text != NULL ? strtol(text, NULL, 10) : 0;

    return asked > 0 ? (size_t)asked : otherwise;
}

struct sums {
    int64_t certificates; /* in the store */
    size_t tried, refused, mistaken;
};

/* One act with its n-th allocation failing. How many there were. */
static size_t starve(const struct row *row, size_t n, struct sums *sums)
{
    char address[ADDRESS_SIZE], token[TOKEN_TEXT_SIZE] = "";
    struct why why = {0};
    bool told = false;
    enum fault fault;
    size_t count;

    (void)snprintf(address, sizeof(address), "%c%zu@example.org", row->has_token ? 'c' : 'e', n);
    if (row->has_token) {
        token_for(address, token);
    }
    atomic_store(&made, 0);
    atomic_store(&failing, n);
    fault = row->act(address, token, &told, &why);
    atomic_store(&failing, 0);
    count = atomic_load(&made);
    if (fault != FAULT_NONE && fault != FAULT_RESOURCE) {
        assert_true(fault == FAULT_SYNTAX || fault == FAULT_DENIED);
        sums->mistaken++;
    }
    assert_int_equal(ERR_peek_error(), 0);
    sums->refused += fault != FAULT_NONE;
    sums->certificates = assert_all_or_nothing(address, sums->certificates, told);
    return count;
}

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct sums sums = {0};
    struct kms kms = {0};
    const size_t from = asked_for("KEYROSTER_ALLOCATION_FROM", 1),
                 step = asked_for("KEYROSTER_ALLOCATION_STEP", STEP_USUAL);

    ASSERT_DONE(kms_open(&kms, site.path, KMS_READ, "users", SITE_NOW, why));
    ASSERT_DONE(certificate_count(kms.store, &sums.certificates, why));
    kms_close(&kms);
    for (size_t n = from; starve(row, n, &sums) >= n; n += n < FIRST ? 1 : step) {
        if (sums.tried++ % CHECK_EVERY == 0) {
            assert_whole();
        }
    }
    assert_whole();
    print_message("%s: %zu allocations failed, %zu acts refused, %zu of them with another fault\n",
                  row->name, sums.tried, sums.refused, sums.mistaken);
    assert_true(sums.refused > sums.tried / 2);
    assert_true(sums.mistaken <= sums.tried / 4);
}

static int prepare(void **state)
{
    (void)state;
    site_init(&site, NULL);
    (void)snprintf(folder, sizeof(folder), "%s/p12", site.folder);
    lock_cheaply();
    return 0;
}

static int put_away(void **state)
{
    (void)state;
    site_clear(&site);
    return 0;
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows)];

    (void)TESTS_OF(tests, rows, row_holds);
    return cmocka_run_group_tests(tests, prepare, put_away);
}
