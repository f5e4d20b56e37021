#include "cmd/kms/kms.h"
#include "cmd/kms/kms_issuing.h"
#include "cmd/kms/kms_options.h"
#include "cmd/kms/kms_rows.h"
#include "kms/request/inspect/check.h"

static const struct option long_options[] = {
    KMS_OUTPUT_OPTION,
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: keyroster kms check STORE [-o FILE]\n"
    "\n"
    "Checks everything that the store promises: that its rows fit each other, that\n"
    "the CA signed every certificate and bound every escrow envelope, that the shares\n"
    "and the policy are in order, and the audit whole. Tells what is wrong (status\n"
    "3), a row each; nothing where all is well. Needs no passphrase.\n"
    "\n"
    "  -o, --output FILE     write to FILE, which appears whole or not at all\n";

static const struct kms_column columns[] = {{"where", 44, false}, {"what", 0, false}};

static enum fault tell(void *context, const char *where, const char *what, struct why *why)
{
    return kms_rows_add(context, (struct kms_value[]){kms_text(where), kms_text(what)}, why);
}

/* Where all is well a table has no header either: silence is the good answer. */
static enum fault close_rows(struct kms_rows *rows, int64_t broken, struct why *why)
{
    return broken > 0 || rows->out.path != NULL ? kms_rows_close(rows, why) : FAULT_NONE;
}

static int run(const struct kms_options *o)
{
    struct kms_rows rows = {0};
    struct check check = {.each = tell, .context = &rows};
    struct kms kms = {0};
    struct why why = {0};
    enum fault fault = kms_open(&kms, o->store, KMS_READ, "check", kms_clock(), &why);

    kms.threads = kms_threads_usual();
    if (fault == FAULT_NONE) {
        fault = kms_rows_open(&rows, o->output, o->jsonl, columns, 2, &why);
    }
    if (fault == FAULT_NONE) {
        fault = check_store(&kms, &check, &why);
    }
    if (fault == FAULT_NONE) {
        fault = close_rows(&rows, check.broken, &why);
    }
    if (fault != FAULT_NONE) {
        complain(o->store, 0, why.rule);
    } else if (check.broken > 0) {
        complain(o->store, 0,
                 "the store is damaged: what is wrong is told above "
                 "(keyroster kms restore makes one of a backup)");
    }
    kms_rows_clear(&rows);
    kms_close(&kms);
    return fault != FAULT_NONE || check.broken > 0 ? EXIT_NOT_DONE : EXIT_DONE;
}

int kms_verb_check(int argc, char **argv)
{
    static const struct kms_verb verb = {.name = "check", .help = help, .options = long_options};
    struct kms_options options;
    int status;

    if (kms_options_parse(argc, argv, &verb, NULL, &options, &status)) {
        status = run(&options);
    }
    kms_options_clear(&options);
    return status;
}
