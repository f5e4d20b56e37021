#include <signal.h>
#include <stdlib.h>

#include "base/utc.h"
#include "cmd/kms/kms.h"
#include "cmd/kms/kms_issuing.h"
#include "cmd/kms/kms_source.h"
#include "kms/request/issue/enrol_many.h"

enum { VALID_FOR_DAYS = 7, ADDRESSES_GIVEN_MAX = 1 << 20 };

enum {
    OPTION_USER_KEY = KMS_AFTER_SOURCE,
    OPTION_VALID_FOR,
    OPTION_AGAIN,
    OPTION_ISSUE,
    OPTION_P12_DIR,
    OPTION_LEGACY_P12,
    OPTION_NAME,
    OPTION_ALSO,
    OPTION_INSTEAD_OF,
};

static const struct option long_options[] = {
    {"user-key", required_argument, NULL, OPTION_USER_KEY},
    {"valid-for", required_argument, NULL, OPTION_VALID_FOR},
    {"again", no_argument, NULL, OPTION_AGAIN},
    {"issue", no_argument, NULL, OPTION_ISSUE},
    {"p12-dir", required_argument, NULL, OPTION_P12_DIR},
    {"legacy-p12", no_argument, NULL, OPTION_LEGACY_P12},
    {"name", required_argument, NULL, OPTION_NAME},
    {"also", required_argument, NULL, OPTION_ALSO},
    {"instead-of", required_argument, NULL, OPTION_INSTEAD_OF},
    {"threads", required_argument, NULL, OPTION_THREADS},
    KMS_SOURCE_LONG_OPTIONS,
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: keyroster kms enrol STORE ADDRESS... [OPTION]...\n"
    "       keyroster kms enrol STORE --from SOURCE [OPTION]...\n"
    "\n"
    "Gives each user a one-time token, with which 'keyroster kms complete' makes keys\n"
    "and certificates; or makes them here at once. Who is done is passed over, so the\n"
    "same can be run again.\n"
    "\n"
    "      --from SOURCE     the mailboxes of an export (CSV, LDIF; - is standard\n"
    "                        input) or of a live directory (ldap://HOST/BASE)\n"
    "      --user-key TYPE   p256, p384, rsa2048, rsa3072, rsa4096, ed25519; else\n"
    "                        what profile.conf says\n"
    "      --valid-for TIME  of a token (7d)\n"
    "      --again           void an open token, and enrol those anew who have\n"
    "                        certificates\n"
    "      --issue           both certificates at once, with all keys made here\n"
    "      --p12-dir DIR     where DIR/ADDRESS.p12 is written with --issue, under the\n"
    "                        passphrase p12\n"
    "      --legacy-p12      in the form that old readers know\n"
    "      --name NAME       what people call him, for one ADDRESS\n"
    "      --also ADDRESS    a further address of his; may be repeated\n"
    "      --instead-of ADDRESS\n"
    "                        his address changes: it was this until now\n"
    "      --threads N       threads to make keys with\n";

struct job {
    struct kms_source source;
    enum key_kind kind;
    bool has_kind;
    int64_t valid_for;
    bool again, issue, legacy;
    const char *p12_dir, *name, *instead_of;
    struct span also[ENROL_ADDRESSES_MAX];
    size_t also_count;
    size_t threads;

    struct kms *kms;
    struct kms_issuing issuing;
    struct kms_rows rows;
    char **addresses;
    size_t count, next;
    bool some; /* a row failed */
    bool told_notice;
};

static const char *take_also(struct job *job, const char *argument)
{
    if (job->also_count == ENROL_ADDRESSES_MAX) {
        return "too many addresses for one user: --also";
    }
    job->also[job->also_count++] = span_text(argument);
    return NULL;
}

static const char *take(void *own, int code, const char *argument)
{
    struct job *job = own;

    switch (code) {
    case OPTION_USER_KEY:
        job->has_kind = true;
        return kms_take_user_key(argument, &job->kind);
    case OPTION_VALID_FOR:
        return kms_take_valid_for(argument, &job->valid_for);
    case OPTION_AGAIN:
        job->again = true;
        return NULL;
    case OPTION_ISSUE:
        job->issue = true;
        return NULL;
    case OPTION_P12_DIR:
        job->p12_dir = argument;
        return *argument != '\0' ? NULL : "--p12-dir is a directory, not";
    case OPTION_LEGACY_P12:
        job->legacy = true;
        return NULL;
    case OPTION_NAME:
        job->name = argument;
        return NULL;
    case OPTION_ALSO:
        return take_also(job, argument);
    case OPTION_INSTEAD_OF:
        job->instead_of = argument;
        return NULL;
    case OPTION_THREADS:
        return kms_take_threads(argument, &job->threads);
    default:
        return kms_source_take(&job->source, code, argument);
    }
}

static const char *check_together(const struct job *job, const struct kms_options *o)
{
    const bool is_of_one = job->name != NULL || job->also_count > 0 || job->instead_of != NULL;

    if ((job->source.path == NULL) == (o->rest_count == 0)) {
        return "who is to be enrolled comes as ADDRESS... or by --from SOURCE";
    }
    if (is_of_one && o->rest_count != 1) {
        return "--name, --also and --instead-of belong to one ADDRESS";
    }
    if (job->issue != (job->p12_dir != NULL)) {
        return "--issue and --p12-dir DIR go together";
    }
    if (job->legacy && !job->issue) {
        return "--legacy-p12 belongs to --issue";
    }
    return kms_source_check(&job->source);
}

static enum fault next_given(struct job *job, struct enrol_asked *out)
{
    if (job->next == job->count) {
        return FAULT_ABSENT;
    }
    out->order.address = span_text(job->addresses[job->next++]);
    if (job->name != NULL) {
        out->order.name = span_text(job->name);
    }
    if (job->instead_of != NULL) {
        out->order.instead_of = span_text(job->instead_of);
    }
    out->order.others = job->also;
    out->order.other_count = job->also_count;
    return FAULT_NONE;
}

static enum fault next(void *context, struct arena *arena, struct enrol_asked *out, struct why *why)
{
    struct job *job = context;
    struct mailbox_entry entry;
    enum fault fault;

    if (job->source.mailboxes == NULL) {
        return next_given(job, out);
    }
    fault = mailboxes_next(job->source.mailboxes, arena, &entry, why);
    if (fault == FAULT_NONE) {
        *out = (struct enrol_asked){.order = {.address = entry.address,
                                              .name = entry.name,
                                              .others = entry.others,
                                              .other_count = entry.other_count},
                                    .doubt = entry.doubt,
                                    .line = entry.line};
    }
    return fault;
}

static const struct kms_column columns[] = {
    {"address", 32, false},  {"result", 8, false}, {"token", 23, false},     {"expires", 20, false},
    {"reason", 0, false},    {"line", 0, true},    {"encryption", 32, true}, {"signing", 32, true},
    {"not_after", 20, true}, {"file", 0, true},    {"notice", 0, true},
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

/* A row that failed is named on stderr as well, as everything that could not be read is. */
static void complain_of(const struct job *job, const struct enrol_row *row)
{
    struct buffer sentence = buffer_with_max(ENROL_REASON_SIZE + 1024);

    if (row->line == 0 && row->address.len > 0) { /* else the line says who */
        buffer_add(&sentence, row->address);
        buffer_add_text(&sentence, ": ");
    }
    buffer_add_text(&sentence, row->reason);
    complain_span(job->source.name, row->line, buffer_span(&sentence));
    buffer_clear(&sentence);
}

static enum fault tell(void *context, const struct enrol_row *row, struct why *why)
{
    struct job *job = context;
    const bool is_new = row->result == ENROL_TOKEN || row->result == ENROL_ISSUED;
    const struct kms_value values[COLUMN_COUNT] = {
        kms_span(row->address),
        kms_text(enrol_result_name(row->result)),
        kms_text(row->token),
        row->expires != 0 ? kms_time(row->expires) : kms_null(),
        kms_text(row->reason),
        row->line != 0 ? kms_number((int64_t)row->line) : kms_null(),
        kms_encryption_serial(row->issue),
        kms_signing_serial(row->issue),
        kms_not_after(row->issue),
        kms_text(row->file),
        kms_notice(job->kms, is_new),
    };

    if (row->result == ENROL_FAILED) {
        job->some = true;
        complain_of(job, row);
    }
    if (is_new && !job->told_notice) {
        job->told_notice = true;
        kms_tell_notice(job->kms, job->rows.jsonl);
    }
    return kms_rows_add(&job->rows, values, why);
}

static int enrol(struct job *job, const struct kms_options *o)
{
    const struct enrol_many many = {
        .terms = {.kind = job->has_kind ? job->kind : job->kms->profile.user_key,
                  .valid_for = job->valid_for,
                  .again = job->again},
        .issue = job->issue ? &job->issuing.terms : NULL,
        .dir = &job->issuing.dir,
        .threads = job->threads,
        .context = job,
        .next = next,
        .tell = tell,
    };
    struct why why = {0};
    enum fault fault = kms_rows_open(&job->rows, NULL, o->jsonl, columns, COLUMN_COUNT, &why);

    if (fault == FAULT_NONE) {
        fault = enrol_many(job->kms, &many, &why);
    }
    job->some |= kms_source_fell_short(&job->source);
    return kms_finish(o, &job->rows, fault, job->some, &why);
}

static int run(struct job *job, struct kms_options *o)
{
    struct kms kms = {0};
    const char *subject = job->source.path != NULL ? job->source.path : o->rest[0];
    int status = EXIT_NOT_DONE;

    job->kms = &kms;
    job->addresses = o->rest;
    job->count = o->rest_count;
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an answer of write(2) */
    (void)signal(SIGXFSZ, SIG_IGN); /* so is a limit on the size of files */
    if (kms_options_enter(o, "enrol", subject, TASK_ENROL, &kms, &status)) {
        status = EXIT_NOT_DONE;
        job->issuing.terms.form = PKCS12_TODAY;
        if ((!job->issue || kms_issuing_open(&job->issuing, &kms, o, job->p12_dir, NULL)) &&
            (job->source.path == NULL || kms_source_open(&job->source))) {
            job->issuing.terms.form = job->legacy ? PKCS12_OLD : PKCS12_TODAY;
            job->issuing.terms.is_one = job->source.path == NULL && job->count == 1;
            status = enrol(job, o);
        }
    }
    complain_end();
    kms_rows_clear(&job->rows);
    kms_issuing_clear(&job->issuing);
    kms_close(&kms);
    return status;
}

int kms_verb_enrol(int argc, char **argv)
{
    static const struct kms_verb verb = {.name = "enrol",
                                         .help = help,
                                         .options = long_options,
                                         .take = take,
                                         .rest_max = ADDRESSES_GIVEN_MAX,
                                         .rest_name = "ADDRESS",
                                         .letters = KMS_SOURCE_LETTERS,
                                         .more_help = kms_source_help};
    struct job job = {.valid_for = (int64_t)VALID_FOR_DAYS * UTC_DAY,
                      .threads = kms_threads_usual(),
                      .rows = {.out = {.fd = -1}}};
    struct kms_options options;
    int status;

    kms_source_init(&job.source);
    if (kms_options_parse(argc, argv, &verb, &job, &options, &status)) {
        const char *wrong = check_together(&job, &options);

        status = wrong != NULL ? complain_usage(options.verb, wrong, NULL) : run(&job, &options);
    }
    kms_source_clear(&job.source);
    kms_options_clear(&options);
    return status;
}
