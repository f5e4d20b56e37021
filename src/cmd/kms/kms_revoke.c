#include <signal.h>

#include "cmd/kms/kms.h"
#include "cmd/kms/kms_issuing.h"
#include "cmd/kms/kms_serial.h"
#include "cmd/kms/kms_source.h"
#include "kms/request/issue/revoke.h"

enum { ADDRESSES_GIVEN_MAX = 1 << 20, SERIALS_MAX = 1024 };

enum { OPTION_SERIAL = KMS_AFTER_SOURCE, OPTION_REASON, OPTION_HOLD, OPTION_RELEASE };

static const struct option long_options[] = {
    {"serial", required_argument, NULL, OPTION_SERIAL},
    {"reason", required_argument, NULL, OPTION_REASON},
    {"hold", no_argument, NULL, OPTION_HOLD},
    {"release", no_argument, NULL, OPTION_RELEASE},
    KMS_SOURCE_LONG_OPTIONS,
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: keyroster kms revoke STORE ADDRESS... --reason REASON\n"
    "       keyroster kms revoke STORE --serial N --reason REASON\n"
    "       keyroster kms revoke STORE --from SOURCE --reason REASON\n"
    "       keyroster kms revoke STORE ADDRESS... --hold | --release\n"
    "\n"
    "Revokes certificates: of a user all that have not ended, and his open token. He\n"
    "can be enrolled again. Others learn of it from the next list (kms crl).\n"
    "\n"
    "      --serial N        this certificate alone; may be repeated\n"
    "      --from SOURCE     the mailboxes of an export (CSV, LDIF; - is standard\n"
    "                        input) or of a live directory (ldap://HOST/BASE)\n"
    "      --reason REASON   unspecified, keyCompromise, affiliationChanged,\n"
    "                        superseded, cessationOfOperation, privilegeWithdrawn,\n"
    "                        certificateHold\n"
    "      --hold            not for good: until --release\n"
    "      --release         what is held is good again\n";

struct job {
    struct kms_source source;
    struct kms_serial serials[SERIALS_MAX];
    size_t serial_count;
    const char *reason;
    bool hold, release;
    struct revoke_terms terms;

    struct kms_rows rows;
    char **addresses;
    size_t count, next;
    bool some;
};

static const char *take_serial(struct job *job, const char *argument)
{
    if (job->serial_count == SERIALS_MAX) {
        return "too many serial numbers: --serial";
    }
    if (!kms_serial_take(argument, &job->serials[job->serial_count])) {
        return "--serial is hexadecimal, 20 bytes at most, not";
    }
    job->serial_count++;
    return NULL;
}

static const char *take(void *own, int code, const char *argument)
{
    struct job *job = own;

    switch (code) {
    case OPTION_SERIAL:
        return take_serial(job, argument);
    case OPTION_REASON:
        job->reason = argument;
        return crl_reason_find(span_text(argument), &job->terms.reason)
                   ? NULL
                   : "--reason is unspecified, keyCompromise, affiliationChanged, superseded, "
                     "cessationOfOperation, privilegeWithdrawn or certificateHold, not";
    case OPTION_HOLD:
        job->hold = true;
        return NULL;
    case OPTION_RELEASE:
        job->release = true;
        return NULL;
    default:
        return kms_source_take(&job->source, code, argument);
    }
}

static const char *check_together(struct job *job, const struct kms_options *o)
{
    const int ways = (o->rest_count > 0) + (job->serial_count > 0) + (job->source.path != NULL);

    if (ways != 1) {
        return "what is to be revoked comes as ADDRESS..., by --serial N or by --from SOURCE";
    }
    if (job->hold && job->release) {
        return "--hold and --release are two things to do";
    }
    if (job->reason == NULL && !job->hold && !job->release) {
        return "a revocation has a reason (--reason REASON)";
    }
    if (job->release && job->reason != NULL && job->terms.reason != REASON_CERTIFICATE_HOLD) {
        return "--release takes back a hold, and needs no --reason";
    }
    job->terms.what = job->release                                                ? REVOKE_RELEASE
                      : job->hold || job->terms.reason == REASON_CERTIFICATE_HOLD ? REVOKE_HOLD
                                                                                  : REVOKE_FOR_GOOD;
    return kms_source_check(&job->source);
}

static enum fault next(void *context, struct arena *arena, struct revoke_asked *out,
                       struct why *why)
{
    struct job *job = context;
    struct mailbox_entry entry;
    enum fault fault;

    if (job->source.mailboxes != NULL) {
        fault = mailboxes_next(job->source.mailboxes, arena, &entry, why);
        if (fault == FAULT_NONE) {
            *out = (struct revoke_asked){
                .address = entry.address, .doubt = entry.doubt, .line = entry.line};
        }
        return fault;
    }
    if (job->next < job->serial_count) {
        const struct kms_serial *serial = &job->serials[job->next++];

        out->serial = span_of(serial->at, serial->len);
        return FAULT_NONE;
    }
    if (job->serial_count > 0 || job->next == job->count) {
        return FAULT_ABSENT;
    }
    out->address = span_text(job->addresses[job->next++]);
    return FAULT_NONE;
}

static const struct kms_column columns[] = {
    {"address", 32, false}, {"serial", 32, false}, {"result", 8, false},
    {"reason", 0, false},   {"line", 0, true},
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

static void complain_of(const struct job *job, const struct revoke_row *row)
{
    struct buffer sentence = buffer_with_max(2048);

    if (row->line == 0) { /* else the line says who */
        buffer_add(&sentence, row->address);
        buffer_add_hex(&sentence, row->address.len > 0 ? (struct span){0} : row->serial);
        buffer_add_text(&sentence, ": ");
    }
    buffer_add_text(&sentence, row->reason);
    complain_span(job->source.name, row->line, buffer_span(&sentence));
    buffer_clear(&sentence);
}

static enum fault tell(void *context, const struct revoke_row *row, struct why *why)
{
    struct job *job = context;
    const struct kms_value values[COLUMN_COUNT] = {
        row->address.len > 0 ? kms_span(row->address) : kms_null(),
        row->serial.len > 0 ? kms_hex(row->serial) : kms_null(),
        kms_text(revoke_result_name(row->result)),
        kms_text(row->reason),
        row->line != 0 ? kms_number((int64_t)row->line) : kms_null(),
    };

    if (row->result == REVOKE_FAILED) {
        job->some = true;
        complain_of(job, row);
    }
    return kms_rows_add(&job->rows, values, why);
}

/* Signs in who acts; the CA's keys stay closed, since nothing is signed with them. */
static bool enter(struct kms_options *o, const char *subject, struct kms *kms)
{
    struct why why = {0};

    if (kms_open(kms, o->store, KMS_WRITE, "revoke", kms_clock(), &why) != FAULT_NONE) {
        complain(o->store, 0, why.rule);
        return false;
    }
    kms_subject(kms, span_text(subject));
    if (!kms_passphrases_sign_in(&o->passphrases, kms, TASK_REVOKE)) {
        return false;
    }
    if (kms_allow(kms, TASK_REVOKE, &why) != FAULT_NONE) {
        complain(o->store, 0, why.rule);
        return false;
    }
    return true;
}

static int revoke_all(struct job *job, const struct kms_options *o, struct kms *kms)
{
    const struct revoke_many many = {
        .terms = job->terms, .context = job, .next = next, .tell = tell};
    struct why why = {0};
    enum fault fault = kms_rows_open(&job->rows, NULL, o->jsonl, columns, COLUMN_COUNT, &why);

    if (fault == FAULT_NONE) {
        fault = revoke_many(kms, &many, &why);
    }
    job->some |= kms_source_fell_short(&job->source);
    return kms_finish(o, &job->rows, fault, job->some, &why);
}

static int run(struct job *job, struct kms_options *o)
{
    struct kms kms = {0};
    const char *subject = o->rest_count > 0          ? o->rest[0]
                          : job->source.path != NULL ? job->source.path
                                                     : "";
    int status = EXIT_NOT_DONE;

    if (job->terms.what == REVOKE_HOLD && job->terms.reason != REASON_CERTIFICATE_HOLD &&
        job->reason != NULL) {
        complain(NULL, 0,
                 "--hold has the reason certificateHold, whatever --reason says (RFC 5280, 5.3.1): "
                 "it is not kept");
    }
    job->addresses = o->rest;
    job->count = o->rest_count;
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an answer of write(2) */
    (void)signal(SIGXFSZ, SIG_IGN); /* so is a limit on the size of files */
    if (enter(o, subject, &kms) && (job->source.path == NULL || kms_source_open(&job->source))) {
        status = revoke_all(job, o, &kms);
    }
    complain_end();
    kms_rows_clear(&job->rows);
    kms_close(&kms);
    return status;
}

int kms_verb_revoke(int argc, char **argv)
{
    static const struct kms_verb verb = {.name = "revoke",
                                         .help = help,
                                         .options = long_options,
                                         .take = take,
                                         .rest_max = ADDRESSES_GIVEN_MAX,
                                         .rest_name = "ADDRESS",
                                         .letters = KMS_SOURCE_LETTERS,
                                         .more_help = kms_source_help};
    struct job job = {.rows = {.out = {.fd = -1}}};
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
