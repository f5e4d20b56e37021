#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/kms/kms.h"
#include "cmd/kms/kms_options.h"
#include "cmd/kms/kms_people.h"
#include "cmd/kms/kms_reshare_files.h"
#include "cmd/kms/kms_rows.h"

enum { OPTION_AGENTS = KMS_OWN_OPTION, OPTION_QUORUM, OPTION_AGENT, OPTION_SHARE, OPTION_DIR };

static const struct option long_options[] = {
    {"agents", required_argument, NULL, OPTION_AGENTS},
    {"quorum", required_argument, NULL, OPTION_QUORUM},
    {"agent", required_argument, NULL, OPTION_AGENT},
    {"share", required_argument, NULL, OPTION_SHARE},
    {"share-dir", required_argument, NULL, OPTION_DIR},
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: keyroster kms reshare STORE --agents A,B,... --quorum T [OPTION]...\n"
    "\n"
    "Other recovery agents, or another quorum, for the same recovery key: as many of\n"
    "the agents until now as their quorum says hand their shares over, on the terms\n"
    "of the policy for 'admins'. Envelopes stay as they are; old shares are of no use\n"
    "with new ones, and requests that were approved already are to be made anew.\n"
    "\n"
    "      --agents A,B,...  all agents from now on; who is new chooses a passphrase\n"
    "      --quorum T        how many of them recover a key: 2 to all of them\n"
    "      --agent NAME      an agent until now, who gives his share; those whose\n"
    "                        passphrase is given in a file need no naming\n"
    "      --share NAME=FILE the share of one who keeps it himself\n"
    "      --share-dir DIR   new shares go into files NAME.share there, not in the\n"
    "                        store\n";

struct job {
    struct kms_people people;
    struct hand_list hands;
    struct share_files files;
    const char *share_dir;
    unsigned quorum;
};

static const char *take_quorum(struct job *job, const char *argument)
{
    char *end = NULL;
    const unsigned long n = strtoul(argument, &end, 10);

    job->quorum = n < 1000 ? (unsigned)n : 1000;
    return *argument >= '0' && *argument <= '9' && *end == '\0' ? NULL
                                                                : "--quorum is a number, not";
}

static const char *take(void *own, int code, const char *argument)
{
    struct job *job = own;

    switch (code) {
    case OPTION_AGENTS:
        return kms_people_take(&job->people, argument, true);
    case OPTION_QUORUM:
        return take_quorum(job, argument);
    case OPTION_AGENT:
        return hand_list_take(&job->hands, argument);
    case OPTION_SHARE:
        return share_files_take(&job->files, (char *)(uintptr_t)argument);
    default:
        job->share_dir = argument;
        return *argument != '\0' ? NULL : "--share-dir is a directory, not";
    }
}

/* Signs in those whose passphrase is in a file and who are in the store; `new` people are not. */
static bool sign_in_known(struct kms_passphrases *passphrases, struct kms *kms)
{
    for (size_t i = 0; i < passphrases->count; i++) {
        const char *name = passphrases->at[i].name;
        struct why why;
        bool known = false;

        if (reshare_is_known(kms, name, &known, &why) != FAULT_NONE) {
            complain(NULL, 0, why.rule);
            return false;
        }
        if (known && !kms_passphrases_sign_in_one(passphrases, kms, name)) {
            return false;
        }
    }
    return true;
}

/* Who is not in the store yet chooses a passphrase. */
static bool ask_new(struct job *job, struct kms_passphrases *passphrases, struct kms *kms)
{
    for (size_t i = 0; i < job->people.count; i++) {
        struct person_choice *choice = &job->people.at[i];
        struct why why;
        bool known = false;

        if (reshare_is_known(kms, choice->name, &known, &why) != FAULT_NONE) {
            complain(NULL, 0, why.rule);
            return false;
        }
        if (!known && kms_passphrase_get(passphrases, choice->name, KMS_ASK_NEW,
                                         &choice->passphrase, &why) != FAULT_NONE) {
            complain(kms_passphrase_place(passphrases, choice->name), 0, why.rule);
            return false;
        }
    }
    return true;
}

static enum fault tell(const struct kms_options *o, const struct job *job, struct why *why)
{
    static const struct kms_column columns[] = {
        {"quorum", 6, false}, {"result", 8, false}, {"agents", 0, false}};
    const char *names[KMS_PEOPLE_MAX];
    const size_t count = kms_people_names(&job->people, true, names);
    struct kms_rows rows = {0};
    enum fault fault = kms_rows_open(&rows, NULL, o->jsonl, columns, 3, why);

    if (fault == FAULT_NONE) {
        fault = kms_rows_add(
            &rows,
            (struct kms_value[]){kms_number(job->quorum), kms_text("done"), kms_list(names, count)},
            why);
    }
    if (fault == FAULT_NONE) {
        fault = kms_rows_close(&rows, why);
    }
    kms_rows_clear(&rows);
    return fault;
}

/* Files of shares are there before the commit, and go when it fails. */
static enum fault finish(const struct job *job, struct kms *kms,
                         const struct reshare_result *result, struct why *why)
{
    enum fault fault = FAULT_NONE;

    if (job->share_dir != NULL) {
        fault = share_files_write(kms, job->share_dir, result, why);
        if (fault != FAULT_NONE) {
            return kms_refuse(kms, fault, why);
        }
    }
    fault = kms_commit(kms, why);
    if (fault != FAULT_NONE && job->share_dir != NULL) {
        share_files_remove(job->share_dir, result);
    }
    return fault;
}

static enum fault change(struct job *job, struct kms *kms, struct why *why)
{
    const struct reshare_order order = {
        .agents = job->people.at,
        .agent_count = job->people.count,
        .quorum = job->quorum,
        .files = &job->files,
        .in_files = job->share_dir != NULL,
    };
    struct reshare_result *result = calloc(1, sizeof(*result));
    enum fault fault = result != NULL ? reshare_agents(kms, &order, result, why)
                                      : fault_at(FAULT_RESOURCE, 0, "out of memory", why);

    if (fault == FAULT_NONE) {
        fault = finish(job, kms, result, why);
    }
    reshare_result_clear(result);
    free(result);
    return fault;
}

static int run(struct job *job, struct kms_options *o)
{
    struct kms kms = {0};
    struct why why = {0};
    int status = EXIT_NOT_DONE;
    enum fault fault = kms_open(&kms, o->store, KMS_WRITE, "reshare", kms_clock(), &why);

    if (fault == FAULT_NONE) {
        kms_subject(&kms, span_text("agents"));
        if (!sign_in_known(&o->passphrases, &kms) ||
            !hand_list_sign_in(&job->hands, &o->passphrases, &kms) ||
            !kms_passphrases_ask_more(&o->passphrases, &kms, TASK_ADMINS) ||
            !ask_new(job, &o->passphrases, &kms)) {
            kms_close(&kms);
            return EXIT_NOT_DONE;
        }
        fault = change(job, &kms, &why);
    }
    if (fault == FAULT_NONE) {
        fault = tell(o, job, &why);
    }
    status = fault == FAULT_NONE ? EXIT_DONE : kms_complain(o, &why);
    kms_close(&kms);
    return status;
}

int kms_verb_reshare(int argc, char **argv)
{
    static const struct kms_verb verb = {
        .name = "reshare", .help = help, .options = long_options, .take = take};
    struct job job = {0};
    struct kms_options options;
    int status;

    if (kms_options_parse(argc, argv, &verb, &job, &options, &status)) {
        status = job.people.count == 0 || job.quorum == 0
                     ? complain_usage("kms reshare", "a change takes --agents and --quorum", NULL)
                     : run(&job, &options);
    }
    kms_people_clear(&job.people);
    kms_options_clear(&options);
    return status;
}
