#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/kms/kms.h"
#include "cmd/kms/kms_options.h"
#include "cmd/kms/kms_reshare_files.h"
#include "cmd/kms/kms_rows.h"
#include "cmd/tidy_apply.h"
#include "kms/request/recovery/rebuild.h"
#include "kms/request/session/p12_dir.h"

enum { OPTION_AGENT = KMS_OWN_OPTION, OPTION_SHARE, OPTION_YES };

static const struct option long_options[] = {
    {"agent", required_argument, NULL, OPTION_AGENT},
    {"share", required_argument, NULL, OPTION_SHARE},
    {"yes", no_argument, NULL, OPTION_YES},
    KMS_OUTPUT_OPTION,
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: keyroster kms rebuild-key STORE --agent NAME... -o PEM [OPTION]...\n"
    "\n"
    "The way out in a disaster: puts the whole recovery key together from the shares\n"
    "of enough agents and writes it, not encrypted. Whoever has the file opens every\n"
    "key in escrow, alone: 'openssl cms -decrypt -inkey PEM' does. To be done on a\n"
    "machine without a network, and told to everybody. On a terminal it asks first.\n"
    "\n"
    "      --agent NAME      one who gives his share; as many as the quorum says\n"
    "      --share NAME=FILE the share of an agent who keeps it himself\n"
    "  -o, --output FILE     where the key goes: a new file, mode 0600\n"
    "      --yes             do not ask\n";

struct job {
    struct hand_list agents;
    struct share_files files;
    bool yes;
};

static const char *take(void *own, int code, const char *argument)
{
    struct job *job = own;

    switch (code) {
    case OPTION_AGENT:
        return hand_list_take(&job->agents, argument);
    case OPTION_SHARE:
        return share_files_take(&job->files, (char *)(uintptr_t)argument);
    default:
        job->yes = true;
        return NULL;
    }
}

static bool is_on_terminal(void) { return isatty(STDIN_FILENO) && isatty(STDERR_FILENO); }

static const char *check_together(const struct job *job, const struct kms_options *o)
{
    if (job->agents.count == 0) {
        return "--agent NAME gives his share, as many as the quorum says";
    }
    if (o->output == NULL || strcmp(o->output, "-") == 0) {
        return "the key goes into a file (-o PEM)";
    }
    return NULL;
}

/* The whole key is not to lie in the place of another file: nothing is replaced. */
static bool is_free(const struct kms_options *o)
{
    struct stat status;

    if (lstat(o->output, &status) == 0) {
        complain(o->output, 0, "is there already: the key goes into a new file");
        return false;
    }
    return true; /* what else is wrong with the place, making the file tells */
}

static void warn(const struct kms_options *o)
{
    (void)fprintf(stderr,
                  "keyroster: WARNING: this writes the WHOLE RECOVERY KEY, not encrypted, to a "
                  "file.\n"
                  "keyroster: WARNING: whoever has it opens EVERY key in escrow, alone; no quorum "
                  "protects them any more.\n");
    complain(o->output, 0, "is where it goes (keep it off every network, destroy it afterwards)");
}

static bool is_agreed(const struct job *job)
{
    return job->yes || !is_on_terminal() ||
           tidy_apply_ask(span_text("Write the whole recovery key? (yes/no) "));
}

/* The file is made, the audit row committed, and then the file comes to its place. */
static enum fault hand_over(const struct kms_options *o, struct kms *kms, const struct secret *pem,
                            struct why *why)
{
    char name[P12_NAME_SIZE];
    struct p12_dir dir;
    struct p12_file file = {0};
    enum fault fault = p12_dir_open_for(o->output, &dir, name, why);

    if (fault != FAULT_NONE) {
        return kms_tell(kms, fault, why, "%s: %s", o->output, why->rule);
    }
    fault = p12_dir_keep(&dir, name, secret_span(pem), &file, why);
    if (fault == FAULT_NONE) {
        fault = kms_commit(kms, why);
    }
    if (fault == FAULT_NONE) {
        fault = p12_dir_place_new(&dir, name, &file, why);
    }
    if (fault == FAULT_NONE) {
        fault = p12_dir_sync(&dir, why);
    }
    p12_dir_drop(&dir, &file);
    p12_dir_close(&dir);
    return fault == FAULT_NONE ? FAULT_NONE
                               : kms_tell(kms, fault, why, "%s: %s", o->output, why->rule);
}

static enum fault tell(const struct kms_options *o, const struct job *job, struct why *why)
{
    static const struct kms_column columns[] = {
        {"file", 32, false}, {"result", 8, false}, {"agents", 0, false}};
    struct kms_rows rows = {0};
    enum fault fault = kms_rows_open(&rows, NULL, o->jsonl, columns, 3, why);

    if (fault == FAULT_NONE) {
        fault = kms_rows_add(&rows,
                             (struct kms_value[]){kms_text(o->output), kms_text("rebuilt"),
                                                  kms_list(job->agents.at, job->agents.count)},
                             why);
    }
    if (fault == FAULT_NONE) {
        fault = kms_rows_close(&rows, why);
    }
    kms_rows_clear(&rows);
    return fault;
}

static int run(struct job *job, struct kms_options *o)
{
    struct secret pem = {0};
    struct kms kms = {0};
    struct why why = {0};
    int status = EXIT_NOT_DONE;
    enum fault fault;

    if (!is_free(o)) {
        return EXIT_NOT_DONE;
    }
    warn(o);
    if (!is_agreed(job)) {
        complain(NULL, 0, "nothing was done");
        return EXIT_NOT_DONE;
    }
    fault = kms_open(&kms, o->store, KMS_WRITE, "rebuild-key", kms_clock(), &why);
    if (fault == FAULT_NONE) {
        kms_subject(&kms, span_text("recovery key"));
        if (!hand_list_sign_in(&job->agents, &o->passphrases, &kms)) {
            kms_close(&kms);
            return EXIT_NOT_DONE;
        }
        fault = rebuild_key(&kms, &job->files, &pem, &why);
    }
    if (fault == FAULT_NONE) {
        secret_shorten(&pem, strlen((const char *)pem.at)); /* without the NUL behind it */
        fault = hand_over(o, &kms, &pem, &why);
    }
    secret_clear(&pem);
    if (fault == FAULT_NONE) {
        fault = tell(o, job, &why);
    }
    status = fault == FAULT_NONE ? EXIT_DONE : kms_complain(o, &why);
    kms_close(&kms);
    return status;
}

int kms_verb_rebuild_key(int argc, char **argv)
{
    static const struct kms_verb verb = {
        .name = "rebuild-key", .help = help, .options = long_options, .take = take};
    struct job job = {0};
    struct kms_options options;
    const char *wrong;
    int status;

    if (kms_options_parse(argc, argv, &verb, &job, &options, &status)) {
        wrong = check_together(&job, &options);
        status =
            wrong != NULL ? complain_usage("kms rebuild-key", wrong, NULL) : run(&job, &options);
    }
    kms_options_clear(&options);
    return status;
}
