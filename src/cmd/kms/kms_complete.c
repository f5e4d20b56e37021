#include <signal.h>
#include <stdint.h>
#include <string.h>

#include "base/readfile.h"
#include "cmd/kms/kms.h"
#include "cmd/kms/kms_issuing.h"
#include "kms/authority/csr.h"
#include "kms/request/issue/complete.h"

enum {
    OPTION_TOKEN = KMS_OWN_OPTION,
    OPTION_TOKEN_FILE,
    OPTION_CSR,
    OPTION_P12,
    OPTION_LEGACY_P12,
};

static const struct option long_options[] = {
    {"token", required_argument, NULL, OPTION_TOKEN},
    {"token-file", required_argument, NULL, OPTION_TOKEN_FILE},
    {"csr", required_argument, NULL, OPTION_CSR},
    {"p12", required_argument, NULL, OPTION_P12},
    {"legacy-p12", no_argument, NULL, OPTION_LEGACY_P12},
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: keyroster kms complete STORE --token-file FILE [--csr FILE] --p12 FILE\n"
    "\n"
    "What a user does with a token: makes his keys, gets his certificates, and writes\n"
    "both into a PKCS#12 under the passphrase p12. The encryption key is in escrow\n"
    "before that; the signing key is kept nowhere else. Takes one administrator.\n"
    "\n"
    "      --token-file FILE the token; - is standard input\n"
    "      --token TOKEN     the token itself, which others on the machine may see\n"
    "      --csr FILE        the user has made his signing key himself: the request\n"
    "                        for its certificate, PEM or DER\n"
    "      --p12 FILE        where the PKCS#12 is written\n"
    "      --legacy-p12      in the form that old readers know\n";

struct job {
    struct secret token;
    const char *token_file, *csr, *p12;
    bool legacy;
    struct kms *kms;
    struct kms_issuing issuing;
    struct complete complete;
    struct key_pool *pool;
};

/* Takes the token, and wipes it where everybody on the machine can see it. */
static const char *take_token(struct job *job, const char *argument)
{
    char *seen = (char *)(uintptr_t)argument;
    struct why why;
    enum fault fault;

    secret_clear(&job->token);
    fault = secret_copy(span_text(argument), &job->token, &why);
    memset(seen, 'x', strlen(seen));
    return fault == FAULT_NONE ? NULL : "out of memory at";
}

static const char *take(void *own, int code, const char *argument)
{
    struct job *job = own;

    switch (code) {
    case OPTION_TOKEN:
        return take_token(job, argument);
    case OPTION_TOKEN_FILE:
        job->token_file = argument;
        return NULL;
    case OPTION_CSR:
        job->csr = argument;
        return NULL;
    case OPTION_P12:
        job->p12 = argument;
        return *argument != '\0' ? NULL : "--p12 is the name of a file, not";
    default:
        job->legacy = true;
        return NULL;
    }
}

static const char *check_together(const struct job *job)
{
    if ((job->token.at == NULL) == (job->token_file == NULL)) {
        return "a token comes by --token-file FILE or --token TOKEN";
    }
    return job->p12 == NULL ? "--p12 FILE says where the PKCS#12 is written" : NULL;
}

static bool read_token(struct job *job)
{
    struct why why = {0};

    if (job->token_file == NULL || secret_read(job->token_file, &job->token, &why) == FAULT_NONE) {
        return true;
    }
    complain(job->token_file, 0, why.rule);
    return false;
}

static int refused(const struct job *job, const struct why *why)
{
    complain(job->token_file, 0, why->rule);
    return EXIT_NOT_DONE;
}

static bool take_csr(struct job *job, int *status)
{
    struct buffer csr = buffer_with_max(CSR_MAX + 1);
    struct why why = {0};
    enum fault fault;

    if (job->csr == NULL) {
        return true;
    }
    fault = readfile(job->csr, &csr, &why);
    if (fault == FAULT_NONE) {
        fault = complete_take_csr(job->kms, &job->complete, buffer_span(&csr), &why);
    }
    buffer_clear(&csr);
    if (fault != FAULT_NONE) {
        complain(job->csr, 0, why.rule);
        *status = EXIT_NOT_DONE;
    }
    return fault == FAULT_NONE;
}

static const struct kms_column columns[] = {
    {"address", 32, false}, {"result", 8, false},     {"encryption", 32, false},
    {"signing", 32, false}, {"not_after", 20, false}, {"file", 0, true},
    {"notice", 0, true},
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

static int tell(const struct job *job, const struct kms_options *o)
{
    const struct issue *issue = &job->complete.issue;
    const struct kms_value values[COLUMN_COUNT] = {
        kms_span(job->complete.order.addresses[0]),
        kms_text("issued"),
        kms_encryption_serial(issue),
        kms_signing_serial(issue),
        kms_not_after(issue),
        kms_text(job->p12),
        kms_notice(job->kms, true),
    };
    struct kms_rows rows = {.out = {.fd = -1}};
    struct why why = {0};
    enum fault fault = kms_rows_open(&rows, NULL, o->jsonl, columns, COLUMN_COUNT, &why);
    int status;

    kms_tell_notice(job->kms, o->jsonl);
    if (fault == FAULT_NONE) {
        fault = kms_rows_add(&rows, values, &why);
    }
    status = kms_finish(o, &rows, fault, false, &why);
    kms_rows_clear(&rows);
    return status;
}

/*
 * An RSA key takes its time: one is made while the passphrase is typed, or while the other one is
 * made. Where no thread is to be had, it is made later.
 */
static void begin_key(struct job *job)
{
    const enum key_kind kind = job->complete.order.kind;
    struct why why;

    if (key_kind_is_slow(kind) && key_pool_new(kind, 1, 1, &job->pool, &why) == FAULT_NONE) {
        key_pool_limit(job->pool, 1);
    }
}

static int complete(struct job *job, struct kms_options *o)
{
    struct why why = {0};
    int status = EXIT_NOT_DONE;

    if (complete_look(job->kms, secret_span(&job->token), &job->complete, &why) != FAULT_NONE) {
        return refused(job, &why);
    }
    begin_key(job);
    if (!take_csr(job, &status) || !kms_issuing_open(&job->issuing, job->kms, o, NULL, job->p12)) {
        return status;
    }
    job->issuing.terms.form = job->legacy ? PKCS12_OLD : PKCS12_TODAY;
    job->issuing.terms.is_one = true;
    job->issuing.terms.pool = job->pool;
    job->issuing.terms.pool_kind = job->complete.order.kind;
    if (complete_make(job->kms, &job->issuing.terms, &job->complete, &why) != FAULT_NONE) {
        return kms_complain(o, &why);
    }
    if (complete_settle(job->kms, &job->issuing.terms, &job->issuing.dir, job->issuing.file,
                        &job->complete, &why) != FAULT_NONE) {
        complain(job->complete.is_at_file ? job->p12 : o->store, 0, why.rule);
        return EXIT_NOT_DONE;
    }
    return tell(job, o);
}

static int run(struct job *job, struct kms_options *o)
{
    struct kms kms = {0};
    int status = EXIT_NOT_DONE;

    job->kms = &kms;
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an answer of write(2) */
    (void)signal(SIGXFSZ, SIG_IGN); /* so is a limit on the size of files */
    if (read_token(job) && kms_options_enter(o, "complete", "", TASK_COUNT, &kms, &status)) {
        status = complete(job, o);
    }
    key_pool_free(job->pool);
    complete_clear(&job->complete);
    kms_issuing_clear(&job->issuing);
    kms_close(&kms);
    return status;
}

int kms_verb_complete(int argc, char **argv)
{
    static const struct kms_verb verb = {
        .name = "complete", .help = help, .options = long_options, .take = take};
    struct job job = {0};
    struct kms_options options;
    int status;

    if (kms_options_parse(argc, argv, &verb, &job, &options, &status)) {
        const char *wrong = check_together(&job);

        status = wrong != NULL ? complain_usage(options.verb, wrong, NULL) : run(&job, &options);
    }
    secret_clear(&job.token);
    kms_options_clear(&options);
    return status;
}
