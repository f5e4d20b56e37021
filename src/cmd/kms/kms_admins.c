#include <stdio.h>

#include "cmd/kms/kms.h"
#include "cmd/kms/kms_options.h"
#include "cmd/kms/kms_people.h"
#include "cmd/kms/kms_rows.h"
#include "kms/request/ceremony/admins.h"

enum { OPTION_ADD = KMS_OWN_OPTION, OPTION_REMOVE, OPTION_POLICY };

static const struct option long_options[] = {
    {"add", required_argument, NULL, OPTION_ADD},
    {"remove", required_argument, NULL, OPTION_REMOVE},
    {"policy", required_argument, NULL, OPTION_POLICY},
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: keyroster kms admins STORE [OPTION]...\n"
    "\n"
    "Tells who acts in the store, and the policy: how many administrators a task\n"
    "takes. With an option, changes one of them; as many administrators as the\n"
    "policy says for 'admins' or 'policy' act together then.\n"
    "\n"
    "      --add NAME        a new administrator, with a passphrase of his own; or an\n"
    "                        agent, who gives the one that he has\n"
    "      --remove NAME     takes the office away, and locks the CA's keys anew\n"
    "      --policy TASK=N,...\n"
    "                        how many administrators act together: enrol, revoke,\n"
    "                        renew, move, admins, policy\n";

/* One change at a time, or none: then the list. */
struct job {
    int change; /* the option; 0: none */
    const char *argument;
};

static const char *take(void *own, int code, const char *argument)
{
    struct job *job = own;

    if (job->change != 0) {
        return "one change at a time, not also";
    }
    job->change = code;
    job->argument = argument;
    return NULL;
}

static enum fault add_person(struct kms_rows *rows, const struct admins_person *person,
                             struct why *why)
{
    const char *share = person->share == ADMINS_SHARE_STORE  ? "store"
                        : person->share == ADMINS_SHARE_FILE ? "file"
                                                             : NULL;
    const struct kms_value values[] = {
        kms_span(person->name), kms_bool(person->is_admin), kms_bool(person->is_agent),
        kms_text(share),        kms_time(person->since),
    };

    return kms_rows_add(rows, values, why);
}

static enum fault tell_people(const struct kms_options *o, const struct admins_list *list,
                              struct why *why)
{
    static const struct kms_column columns[] = {
        {"name", 24, false}, {"admin", 5, false}, {"agent", 5, false},
        {"share", 5, false}, {"since", 0, false},
    };
    struct kms_rows rows = {0};
    enum fault fault = kms_rows_open(&rows, NULL, o->jsonl, columns, 5, why);

    for (size_t i = 0; fault == FAULT_NONE && i < list->count; i++) {
        fault = add_person(&rows, &list->people[i], why);
    }
    if (fault == FAULT_NONE) {
        fault = kms_rows_close(&rows, why);
    }
    kms_rows_clear(&rows);
    return fault;
}

/* What each task takes; that of the agents, the quorum, stands last. */
static enum fault tell_policy(const struct kms_options *o, const struct admins_list *list,
                              struct why *why)
{
    static const struct kms_column columns[] = {
        {"task", 8, false}, {"needed", 6, false}, {"of", 0, false}};
    struct kms_rows rows = {0};
    enum fault fault = kms_rows_open(&rows, NULL, o->jsonl, columns, 3, why);

    for (size_t i = 0; fault == FAULT_NONE && i < TASK_COUNT; i++) {
        fault = kms_rows_add(&rows,
                             (struct kms_value[]){kms_text(policy_task_name((enum kms_task)i)),
                                                  kms_number(list->policy.counts[i]),
                                                  kms_text("administrators")},
                             why);
    }
    if (fault == FAULT_NONE) {
        fault = kms_rows_add(
            &rows,
            (struct kms_value[]){kms_text("approve"), kms_number(list->quorum), kms_text("agents")},
            why);
    }
    if (fault == FAULT_NONE) {
        fault = kms_rows_close(&rows, why);
    }
    kms_rows_clear(&rows);
    return fault;
}

static int tell(const struct kms_options *o)
{
    struct admins_list list = {0};
    struct kms kms = {0};
    struct why why = {0};
    int status = EXIT_DONE;

    if (kms_open(&kms, o->store, KMS_READ, "admins", kms_clock(), &why) != FAULT_NONE ||
        admins_list(&kms, &list, &why) != FAULT_NONE) {
        status = kms_complain(o, &why);
    } else if (tell_people(o, &list, &why) != FAULT_NONE || (!o->jsonl && puts("") == EOF) ||
               fflush(stdout) != 0 || tell_policy(o, &list, &why) != FAULT_NONE) {
        complain("standard output", 0, why.rule != NULL ? why.rule : "cannot be written");
        status = EXIT_NOT_DONE;
    }
    kms_close(&kms);
    return status;
}

static bool parse_policy(const struct job *job, struct kms *kms, struct policy *out, int *status)
{
    struct why why = {0};

    if (admins_get_policy(kms, out, &why) != FAULT_NONE) {
        complain(NULL, 0, why.rule);
        return false;
    }
    if (policy_parse(span_text(job->argument), out, &why) != FAULT_NONE) {
        *status = complain_usage("kms admins", why.rule, job->argument);
        return false;
    }
    return true;
}

static enum fault change_people(const struct job *job, struct kms_options *o, struct kms *kms,
                                bool *told, struct why *why)
{
    struct person_choice choice = {.name = job->argument, .is_admin = true};
    bool is_agent = false;
    enum fault fault;

    if (job->change == OPTION_REMOVE) {
        return admins_remove(kms, job->argument, why);
    }
    fault = admins_is_agent(kms, job->argument, &is_agent, why);
    if (fault == FAULT_NONE && is_agent) {
        *told = !kms_passphrases_sign_in_one(&o->passphrases, kms, job->argument);
        return *told ? FAULT_DENIED : admins_add(kms, &choice, why);
    }
    if (fault == FAULT_NONE) {
        fault =
            kms_passphrase_get(&o->passphrases, choice.name, KMS_ASK_NEW, &choice.passphrase, why);
    }
    return fault == FAULT_NONE ? admins_add(kms, &choice, why) : fault;
}

static int change(const struct job *job, struct kms_options *o)
{
    const enum kms_task task = job->change == OPTION_POLICY ? TASK_POLICY : TASK_ADMINS;
    const char *newcomer = job->change == OPTION_ADD ? job->argument : NULL;
    struct policy policy = {0};
    struct kms kms = {0};
    struct why why = {0};
    enum fault fault = kms_open(&kms, o->store, KMS_WRITE, "admins", kms_clock(), &why);
    bool told = false;
    int status = EXIT_NOT_DONE;

    if (fault == FAULT_NONE) {
        kms_subject(&kms, span_text(job->change == OPTION_POLICY ? "policy" : job->argument));
        told = !kms_passphrases_sign_in_but(&o->passphrases, &kms, task, newcomer);
    }
    if (fault == FAULT_NONE && !told && job->change == OPTION_POLICY) {
        told = !parse_policy(job, &kms, &policy, &status);
        fault = told ? FAULT_SYNTAX : admins_set_policy(&kms, &policy, &why);
    } else if (fault == FAULT_NONE && !told) {
        fault = change_people(job, o, &kms, &told, &why);
    }
    if (!told) {
        status = fault == FAULT_NONE ? EXIT_DONE : kms_complain(o, &why);
    }
    if (status == EXIT_DONE && job->change == OPTION_POLICY) {
        kms_policy_warn(&policy);
    }
    kms_close(&kms);
    return status;
}

int kms_verb_admins(int argc, char **argv)
{
    static const struct kms_verb verb = {
        .name = "admins", .help = help, .options = long_options, .take = take};
    struct job job = {0};
    struct kms_options options;
    int status;

    if (kms_options_parse(argc, argv, &verb, &job, &options, &status)) {
        status = job.change == 0 ? tell(&options) : change(&job, &options);
    }
    kms_options_clear(&options);
    return status;
}
