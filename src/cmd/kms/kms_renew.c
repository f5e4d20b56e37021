#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/readfile.h"
#include "base/utc.h"
#include "cmd/kms/kms.h"
#include "cmd/kms/kms_issuing.h"
#include "kms/authority/csr.h"
#include "kms/request/issue/renew.h"
#include "kms/store/certificate_rows.h"
#include "kms/store/user_rows.h"
#include "verdict/address.h"

enum { VALID_FOR_DAYS = 7, SENTENCE_SIZE = 256 };

enum {
    OPTION_P12 = KMS_OWN_OPTION,
    OPTION_DAYS_LEFT,
    OPTION_P12_DIR,
    OPTION_USER_KEY,
    OPTION_VALID_FOR,
    OPTION_CSR,
    OPTION_LEGACY_P12,
    OPTION_THREADS,
};

static const struct option long_options[] = {
    {"p12", required_argument, NULL, OPTION_P12},
    {"days-left", required_argument, NULL, OPTION_DAYS_LEFT},
    {"p12-dir", required_argument, NULL, OPTION_P12_DIR},
    {"user-key", required_argument, NULL, OPTION_USER_KEY},
    {"valid-for", required_argument, NULL, OPTION_VALID_FOR},
    {"csr", required_argument, NULL, OPTION_CSR},
    {"legacy-p12", no_argument, NULL, OPTION_LEGACY_P12},
    {"threads", required_argument, NULL, OPTION_THREADS},
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: keyroster kms renew STORE ADDRESS --p12 FILE [OPTION]...\n"
    "       keyroster kms renew STORE --days-left N [--p12-dir DIR] [OPTION]...\n"
    "\n"
    "New keys and certificates for one user, or for all whose certificates end within\n"
    "N days. Those of before stay valid until they end, and their keys in escrow.\n"
    "\n"
    "      --p12 FILE        where the PKCS#12 of the user is written, under the\n"
    "                        passphrase p12\n"
    "      --days-left N     all whose certificates end within N days\n"
    "      --p12-dir DIR     where DIR/ADDRESS.p12 is written for each; without it\n"
    "                        each gets a token, to be completed as an enrolment is\n"
    "      --user-key TYPE   p256, p384, rsa2048, rsa3072, rsa4096, ed25519; else\n"
    "                        the type that the user has\n"
    "      --valid-for TIME  of a token (7d)\n"
    "      --csr FILE        one user has made his signing key himself: the request\n"
    "                        for its certificate, PEM or DER\n"
    "      --legacy-p12      in the form that old readers know\n"
    "      --threads N       threads to make keys with\n";

struct job {
    const char *p12, *p12_dir, *csr;
    bool has_days, has_kind, legacy;
    int64_t within; /* seconds */
    int64_t valid_for;
    enum key_kind kind, signing_kind;
    struct buffer signing;
    size_t threads;
    struct kms *kms;
    struct kms_issuing issuing;
    struct kms_rows rows;
    int64_t *users;
    size_t count;
    bool some, told_notice;
};

static const char *take(void *own, int code, const char *argument)
{
    struct job *job = own;

    switch (code) {
    case OPTION_P12:
        job->p12 = argument;
        return *argument != '\0' ? NULL : "--p12 is the name of a file, not";
    case OPTION_DAYS_LEFT:
        job->has_days = true;
        return kms_take_days(argument, &job->within) ? NULL : "--days-left is a number, not";
    case OPTION_P12_DIR:
        job->p12_dir = argument;
        return *argument != '\0' ? NULL : "--p12-dir is a directory, not";
    case OPTION_USER_KEY:
        job->has_kind = true;
        return kms_take_user_key(argument, &job->kind);
    case OPTION_VALID_FOR:
        return kms_take_valid_for(argument, &job->valid_for);
    case OPTION_CSR:
        job->csr = argument;
        return NULL;
    case OPTION_THREADS:
        return kms_take_threads(argument, &job->threads);
    default:
        job->legacy = true;
        return NULL;
    }
}

static const char *check_together(const struct job *job, const struct kms_options *o)
{
    if (job->has_days == (o->rest_count > 0)) {
        return "who is to be renewed comes as ADDRESS or by --days-left N";
    }
    if (o->rest_count > 0 && (job->p12 == NULL || job->p12_dir != NULL)) {
        return "--p12 FILE says where the PKCS#12 of ADDRESS is written";
    }
    if (job->has_days && (job->p12 != NULL || job->csr != NULL)) {
        return "--p12 and --csr belong to one ADDRESS (--p12-dir DIR is for many)";
    }
    return job->legacy && job->p12 == NULL && job->p12_dir == NULL
               ? "--legacy-p12 belongs to --p12 or --p12-dir"
               : NULL;
}

static const struct kms_column columns[] = {
    {"address", 32, false}, {"result", 8, false}, {"serial", 32, false}, {"expires", 20, false},
    {"token", 23, false},   {"reason", 0, false}, {"signing", 32, true}, {"not_after", 20, true},
    {"file", 0, true},      {"notice", 0, true},
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

static enum fault tell(void *context, const struct renew_row *row, struct why *why)
{
    struct job *job = context;
    const bool is_new = row->result == RENEW_RENEWED || row->result == RENEW_TOKEN;
    const struct kms_value values[COLUMN_COUNT] = {
        kms_span(row->address),
        kms_text(renew_result_name(row->result)),
        kms_encryption_serial(row->issue),
        row->expires != 0 ? kms_time(row->expires) : kms_null(),
        kms_text(row->token),
        kms_text(row->reason),
        kms_signing_serial(row->issue),
        kms_not_after(row->issue),
        kms_text(row->file),
        kms_notice(job->kms, is_new),
    };

    if (row->result == RENEW_FAILED) {
        struct buffer sentence = buffer_with_max(1024);

        job->some = true;
        buffer_add(&sentence, row->address);
        buffer_add_text(&sentence, ": ");
        buffer_add_text(&sentence, row->reason);
        complain_span(NULL, 0, buffer_span(&sentence));
        buffer_clear(&sentence);
    }
    if (is_new && !job->told_notice) {
        job->told_notice = true;
        kms_tell_notice(job->kms, job->rows.jsonl);
    }
    return kms_rows_add(&job->rows, values, why);
}

/* What is made new ends before N days are over, and would be due in the next run again. */
static void warn_always_due(const struct job *job)
{
    char sentence[SENTENCE_SIZE];

    if (job->has_days && job->within >= job->kms->profile.validity) {
        (void)snprintf(sentence, sizeof(sentence),
                       "--days-left takes in every certificate, new ones too: they are valid for "
                       "%lld days (validity in profile.conf), so each run renews everybody",
                       (long long)(job->kms->profile.validity / UTC_DAY));
        complain(NULL, 0, sentence);
    }
}

/* Who is to be renewed; false, told: nobody of that address. */
static bool find_users(struct job *job, const struct kms_options *o)
{
    struct user_row row;
    struct why why = {0};
    enum fault fault;

    if (job->has_days) {
        fault = certificate_due(job->kms->store, job->kms->now + job->within, &job->users,
                                &job->count, &why);
        if (fault != FAULT_NONE) {
            complain(o->store, 0, why.rule);
        }
        return fault == FAULT_NONE;
    }
    fault = address_is_one(span_text(o->rest[0]))
                ? user_find(job->kms->store, span_text(o->rest[0]), &job->kms->arena, &row, &why)
                : FAULT_ABSENT;
    if (fault == FAULT_ABSENT) {
        complain(o->rest[0], 0, "nobody here has that address");
        return false;
    }
    job->users = fault == FAULT_NONE ? malloc(sizeof(*job->users)) : NULL;
    if (job->users == NULL) {
        complain(o->store, 0, fault != FAULT_NONE ? why.rule : "out of memory");
        return false;
    }
    job->users[0] = row.id;
    job->count = 1;
    return true;
}

static bool read_csr(struct job *job)
{
    struct buffer csr = buffer_with_max(CSR_MAX + 1);
    struct why why = {0};
    enum fault fault = FAULT_NONE;

    job->signing = buffer_with_max(CSR_MAX);
    if (job->csr != NULL) {
        fault = readfile(job->csr, &csr, &why);
        if (fault == FAULT_NONE) {
            fault = csr_read(buffer_span(&csr), &job->signing_kind, &job->signing, &why);
        }
        if (fault != FAULT_NONE) {
            complain(job->csr, 0, why.rule);
        }
    }
    buffer_clear(&csr);
    return fault == FAULT_NONE;
}

static int renew(struct job *job, const struct kms_options *o)
{
    const bool issues = job->p12 != NULL || job->p12_dir != NULL;
    const struct renew_many many = {
        .users = job->users,
        .count = job->count,
        .before = job->has_days ? job->kms->now + job->within : INT64_MAX,
        .has_kind = job->has_kind,
        .kind = job->kind,
        .valid_for = job->valid_for,
        .issue = issues ? &job->issuing.terms : NULL,
        .dir = &job->issuing.dir,
        .file = job->p12 != NULL ? job->issuing.file : NULL,
        .signing = buffer_span(&job->signing),
        .signing_kind = job->signing_kind,
        .threads = job->threads,
        .context = job,
        .tell = tell,
    };
    struct why why = {0};
    enum fault fault = kms_rows_open(&job->rows, NULL, o->jsonl, columns, COLUMN_COUNT, &why);

    if (fault == FAULT_NONE) {
        fault = renew_many(job->kms, &many, &why);
    }
    return kms_finish(o, &job->rows, fault, job->some, &why);
}

static int run(struct job *job, struct kms_options *o)
{
    struct kms kms = {0};
    const char *subject = o->rest_count > 0 ? o->rest[0] : "";
    const bool issues = job->p12 != NULL || job->p12_dir != NULL;
    int status = EXIT_NOT_DONE;

    job->kms = &kms;
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an answer of write(2) */
    (void)signal(SIGXFSZ, SIG_IGN); /* so is a limit on the size of files */
    if (read_csr(job) && kms_options_enter(o, "renew", subject, TASK_RENEW, &kms, &status)) {
        status = EXIT_NOT_DONE;
        warn_always_due(job);
        if (find_users(job, o) &&
            (!issues || kms_issuing_open(&job->issuing, &kms, o, job->p12_dir, job->p12))) {
            job->issuing.terms.form = job->legacy ? PKCS12_OLD : PKCS12_TODAY;
            job->issuing.terms.is_one = job->p12 != NULL;
            status = renew(job, o);
        }
    }
    complain_end();
    free(job->users);
    buffer_clear(&job->signing);
    kms_rows_clear(&job->rows);
    kms_issuing_clear(&job->issuing);
    kms_close(&kms);
    return status;
}

int kms_verb_renew(int argc, char **argv)
{
    static const struct kms_verb verb = {.name = "renew",
                                         .help = help,
                                         .options = long_options,
                                         .take = take,
                                         .rest_max = 1,
                                         .rest_name = "ADDRESS"};
    struct job job = {.valid_for = (int64_t)VALID_FOR_DAYS * UTC_DAY,
                      .threads = kms_threads_usual(),
                      .rows = {.out = {.fd = -1}}};
    struct kms_options options;
    int status;

    if (kms_options_parse(argc, argv, &verb, &job, &options, &status)) {
        const char *wrong = check_together(&job, &options);

        status = wrong != NULL ? complain_usage(options.verb, wrong, NULL) : run(&job, &options);
    }
    kms_options_clear(&options);
    return status;
}
