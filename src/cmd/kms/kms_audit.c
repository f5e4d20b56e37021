#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/readfile.h"
#include "cmd/kms/kms.h"
#include "cmd/kms/kms_issuing.h"
#include "cmd/kms/kms_options.h"
#include "cmd/kms/kms_output.h"
#include "cmd/kms/kms_rows.h"
#include "kms/request/session/audit.h"

enum { OPTION_VERIFY = KMS_OWN_OPTION, OPTION_HEAD };

enum { SENTENCE_SIZE = 512 };

static const struct option long_options[] = {
    {"verify", no_argument, NULL, OPTION_VERIFY},
    {"head", required_argument, NULL, OPTION_HEAD},
    KMS_OUTPUT_OPTION,
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: keyroster kms audit STORE [OPTION]...\n"
    "\n"
    "Tells every act, refused ones too, in their order. Needs no passphrase.\n"
    "\n"
    "      --verify          verify the chain and its signatures first; where it is\n"
    "                        broken, tell the first bad row alone (status 3)\n"
    "      --head FILE       where FILE is there: hold the chain against the head in\n"
    "                        it (--verify); else write today's head into it, signed\n"
    "                        by those whose passphrase is given, to be kept elsewhere\n"
    "  -o, --output FILE     write to FILE, which appears whole or not at all\n";

struct job {
    bool verify;
    const char *head;
};

static const char *take(void *own, int code, const char *argument)
{
    struct job *job = own;

    if (code == OPTION_VERIFY) {
        job->verify = true;
        return NULL;
    }
    job->head = argument;
    return *argument != '\0' ? NULL : "--head is the name of a file, not";
}

static const struct kms_column columns[] = {
    {"seq", 5, false},      {"time", 20, false},  {"act", 10, false},   {"who", 16, false},
    {"subject", 28, false}, {"result", 9, false}, {"detail", 0, false}, {"hash", 0, true},
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

static enum fault tell_row(struct kms_rows *rows, const struct audit_row *row, struct why *why)
{
    const struct kms_value values[COLUMN_COUNT] = {
        kms_number(row->seq),   kms_time(row->at),     kms_span(row->act),    kms_span(row->who),
        kms_span(row->subject), kms_span(row->result), kms_span(row->detail), kms_hex(row->hash),
    };

    return kms_rows_add(rows, values, why);
}

/* All rows, or (`only` > 0) the one of that number. */
static enum fault tell_rows(struct kms *kms, int64_t only, struct kms_rows *rows, struct why *why)
{
    struct store_walk walk = {0};
    struct audit_row row;
    bool there = false;
    enum fault fault = audit_walk(kms->store, only > 0 ? only : 1, &walk, why);

    while (fault == FAULT_NONE) {
        fault = audit_next(&walk, &row, &there, why);
        if (fault != FAULT_NONE || !there || (only > 0 && row.seq != only)) {
            break;
        }
        fault = tell_row(rows, &row, why);
        if (only > 0) {
            break;
        }
    }
    store_walk_end(&walk);
    return fault;
}

static int tell(const struct kms_options *o, struct kms *kms, int64_t only)
{
    struct kms_rows rows = {0};
    struct why why = {0};
    enum fault fault = kms_rows_open(&rows, o->output, o->jsonl, columns, COLUMN_COUNT, &why);

    if (fault == FAULT_NONE) {
        fault = tell_rows(kms, only, &rows, &why);
    }
    if (fault == FAULT_NONE) {
        fault = kms_rows_close(&rows, &why);
    }
    kms_rows_clear(&rows);
    return fault == FAULT_NONE ? EXIT_DONE : kms_complain(o, &why);
}

/* The head that is kept in the file; false, told, when it is none of ours. */
static bool read_head(const struct job *job, struct kms *kms, struct audit_head *out)
{
    struct buffer text = buffer_with_max(AUDIT_HEAD_MAX);
    struct why why = {0};
    enum fault fault = readfile(job->head, &text, &why);

    if (fault == FAULT_NONE) {
        fault = audit_head_read(kms, buffer_span(&text), out, &why);
    }
    if (fault != FAULT_NONE) {
        complain(job->head, 0, why.rule);
    }
    buffer_clear(&text);
    return fault == FAULT_NONE;
}

/* Verifies; a broken chain is told, and its first bad row shown. */
static int verify(const struct kms_options *o, struct kms *kms, const struct audit_head *kept)
{
    struct audit_verdict verdict = {0};
    char sentence[SENTENCE_SIZE];
    struct why why = {0};

    if (audit_check(kms, kept, &verdict, &why) != FAULT_NONE) {
        return kms_complain(o, &why);
    }
    if (verdict.bad_seq == 0) {
        return EXIT_DONE;
    }
    (void)snprintf(sentence, sizeof(sentence), "the audit is broken at row %lld: %s",
                   (long long)verdict.bad_seq, verdict.what);
    complain(o->store, 0, sentence);
    (void)tell(o, kms, verdict.bad_seq);
    return EXIT_NOT_DONE;
}

static int write_head(const struct job *job, struct kms_options *o, struct kms *kms)
{
    struct buffer text = buffer_with_max(AUDIT_HEAD_MAX);
    struct why why = {0};
    int status;

    for (size_t i = 0; i < o->passphrases.count; i++) {
        if (!kms_passphrases_sign_in_one(&o->passphrases, kms, o->passphrases.at[i].name)) {
            return EXIT_NOT_DONE;
        }
    }
    if (audit_head_write(kms, &text, &why) != FAULT_NONE) {
        buffer_clear(&text);
        return kms_complain(o, &why);
    }
    status = kms_output_write(job->head, KMS_FOR_OWNER, buffer_span(&text));
    buffer_clear(&text);
    return status;
}

static int run(const struct job *job, struct kms_options *o)
{
    const bool has_head = job->head != NULL && access(job->head, F_OK) == 0;
    struct audit_head kept;
    struct kms kms = {0};
    struct why why = {0};
    int status = EXIT_DONE;

    if (kms_open(&kms, o->store, KMS_READ, "audit", kms_clock(), &why) != FAULT_NONE) {
        status = kms_complain(o, &why);
        kms_close(&kms);
        return status;
    }
    kms.threads = kms_threads_usual();
    if (has_head && !read_head(job, &kms, &kept)) {
        status = EXIT_NOT_DONE;
    } else if (job->verify || has_head) {
        status = verify(o, &kms, has_head ? &kept : NULL);
    }
    if (status == EXIT_DONE && job->head != NULL && !has_head) {
        status = write_head(job, o, &kms);
    }
    if (status == EXIT_DONE) {
        status = tell(o, &kms, 0);
    }
    kms_close(&kms);
    return status;
}

int kms_verb_audit(int argc, char **argv)
{
    static const struct kms_verb verb = {
        .name = "audit", .help = help, .options = long_options, .take = take};
    struct job job = {0};
    struct kms_options options;
    int status;

    if (kms_options_parse(argc, argv, &verb, &job, &options, &status)) {
        status = run(&job, &options);
    }
    kms_options_clear(&options);
    return status;
}
