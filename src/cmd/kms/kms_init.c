#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/outfile.h"
#include "base/readfile.h"
#include "cmd/kms/kms.h"
#include "cmd/kms/kms_options.h"
#include "cmd/kms/kms_people.h"
#include "cmd/kms/kms_rows.h"
#include "kms/request/ceremony/init.h"

enum {
    OPTION_ORG = KMS_OWN_OPTION,
    OPTION_ADMINS,
    OPTION_AGENTS,
    OPTION_QUORUM,
    OPTION_KEY,
    OPTION_RECOVERY_KEY,
    OPTION_CRL_URL,
    OPTION_POLICY,
    OPTION_CSR,
    OPTION_INSTALL,
    OPTION_SHARE_DIR,
};

enum { CERTIFICATE_FILE_MAX = 1 << 20, FACT_COUNT = 8 };

static const struct option long_options[] = {
    {"org", required_argument, NULL, OPTION_ORG},
    {"admins", required_argument, NULL, OPTION_ADMINS},
    {"agents", required_argument, NULL, OPTION_AGENTS},
    {"quorum", required_argument, NULL, OPTION_QUORUM},
    {"key", required_argument, NULL, OPTION_KEY},
    {"recovery-key", required_argument, NULL, OPTION_RECOVERY_KEY},
    {"crl-url", required_argument, NULL, OPTION_CRL_URL},
    {"policy", required_argument, NULL, OPTION_POLICY},
    {"csr", required_argument, NULL, OPTION_CSR},
    {"install", no_argument, NULL, OPTION_INSTALL},
    {"share-dir", required_argument, NULL, OPTION_SHARE_DIR},
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: keyroster kms init STORE --org NAME --admins A,B,... --agents X,Y,...\n"
    "                          --quorum T [OPTION]...\n"
    "       keyroster kms init --install STORE CERT\n"
    "\n"
    "The ceremony: makes the directory STORE with a CA (a root and an issuing one),\n"
    "administrators, and a recovery key that is dealt out to the agents, of whom T\n"
    "can recover users' keys. Everybody has a passphrase of his own.\n"
    "\n"
    "      --org NAME        the organization, for the names of the certificates\n"
    "      --admins A,B,...  the administrators\n"
    "      --agents X,Y,...  the recovery agents; one may be an administrator as well\n"
    "      --quorum T        how many agents recover a key: 2 to all of them\n"
    "      --key TYPE        of the CA's keys: p256 (default), p384, rsa3072, rsa4096\n"
    "      --recovery-key TYPE\n"
    "                        of the recovery key: p256 (default), p384\n"
    "      --crl-url URL     where the revocation list will be fetched\n"
    "      --policy TASK=N,...\n"
    "                        how many administrators act together: enrol, revoke,\n"
    "                        renew, move, admins, policy (1 each)\n"
    "      --share-dir DIR   the agents' shares go into files NAME.share there, not\n"
    "                        into the store\n"
    "      --csr FILE        a root of others signs: writes the request for it\n"
    "      --install         takes what that root made of the request\n";

/* Everything the options say. */
struct job {
    struct kms_people people;
    struct init_order order;
    const char *csr;
    bool install, has_quorum, has_people;
};

static const char *take_quorum(struct job *job, const char *argument)
{
    char *end = NULL;
    const unsigned long n = strtoul(argument, &end, 10);

    job->order.quorum = n < 1000 ? (unsigned)n : 1000;
    job->has_quorum = true;
    return *argument >= '0' && *argument <= '9' && *end == '\0' ? NULL
                                                                : "--quorum is a number, not";
}

static const char *take_curve(struct job *job, const char *argument)
{
    if (strcmp(argument, "p256") != 0 && strcmp(argument, "p384") != 0) {
        return "--recovery-key is p256 or p384, not";
    }
    job->order.curve = strcmp(argument, "p384") == 0 ? VAULT_P384 : VAULT_P256;
    return NULL;
}

static const char *take_key(struct job *job, const char *argument)
{
    if (strncmp(argument, "pkcs11:", strlen("pkcs11:")) == 0) {
        return "this keyroster keeps the CA's keys in files, and in no PKCS#11 token:";
    }
    return key_kind_find(span_text(argument), &job->order.key) && key_kind_is_for_ca(job->order.key)
               ? NULL
               : "--key is p256, p384, rsa3072 or rsa4096, not";
}

static const char *take_policy(struct job *job, const char *argument)
{
    struct why why;

    return policy_parse(span_text(argument), &job->order.policy, &why) == FAULT_NONE ? NULL
                                                                                     : why.rule;
}

static const char *take(void *own, int code, const char *argument)
{
    struct job *job = own;

    switch (code) {
    case OPTION_ORG:
        job->order.organization = argument;
        return NULL;
    case OPTION_ADMINS:
        return kms_people_take(&job->people, argument, false);
    case OPTION_AGENTS:
        return kms_people_take(&job->people, argument, true);
    case OPTION_QUORUM:
        return take_quorum(job, argument);
    case OPTION_KEY:
        return take_key(job, argument);
    case OPTION_RECOVERY_KEY:
        return take_curve(job, argument);
    case OPTION_CRL_URL:
        job->order.crl_url = argument;
        return NULL;
    case OPTION_POLICY:
        return take_policy(job, argument);
    case OPTION_CSR:
        job->csr = argument;
        return *argument != '\0' ? NULL : "--csr is the name of a file, not";
    case OPTION_SHARE_DIR:
        job->order.share_dir = argument;
        return *argument != '\0' ? NULL : "--share-dir is a directory, not";
    default:
        job->install = true;
        return NULL;
    }
}

/* What does not go together, or is missing; NULL: nothing. */
static const char *check_together(const struct job *job, const struct kms_options *o,
                                  struct why *why)
{
    if (job->install) {
        return o->rest_count == 1 ? NULL
                                  : "--install takes STORE and the file with the certificate";
    }
    if (o->rest_count > 0) {
        return "one STORE at a time";
    }
    if (job->order.organization == NULL || job->people.count == 0 || !job->has_quorum) {
        return "a ceremony takes --org, --admins, --agents and --quorum";
    }
    return init_check(&job->order, why) == FAULT_NONE ? NULL : why->rule;
}

static struct kms_value fingerprint(const uint8_t digest[FINGERPRINT_SIZE])
{
    static const uint8_t none[FINGERPRINT_SIZE] = {0};
    const struct span bytes = span_of(digest, FINGERPRINT_SIZE);

    return span_equal(bytes, span_of(none, sizeof(none))) ? kms_null() : kms_hex(bytes);
}

/* What was made: one object, or a line each. */
static enum fault tell(const struct kms_options *o, const struct kms_value values[FACT_COUNT],
                       struct why *why)
{
    static const struct kms_column facts[FACT_COUNT] = {
        {"store", 0, false},   {"organization", 0, false}, {"root", 0, false},
        {"issuing", 0, false}, {"recovery", 0, false},     {"admins", 0, false},
        {"agents", 0, false},  {"quorum", 0, false},
    };
    static const struct kms_column pairs[] = {{"what", 12, false}, {"value", 0, false}};
    struct kms_rows rows = {0};
    enum fault fault = o->jsonl ? kms_rows_open(&rows, NULL, true, facts, FACT_COUNT, why)
                                : kms_rows_open(&rows, NULL, false, pairs, 2, why);

    if (fault == FAULT_NONE && o->jsonl) {
        fault = kms_rows_add(&rows, values, why);
    }
    for (size_t i = 0; fault == FAULT_NONE && !o->jsonl && i < FACT_COUNT; i++) {
        if (values[i].kind != KMS_NULL) {
            fault =
                kms_rows_add(&rows, (struct kms_value[]){kms_text(facts[i].name), values[i]}, why);
        }
    }
    if (fault == FAULT_NONE) {
        fault = kms_rows_close(&rows, why);
    }
    kms_rows_clear(&rows);
    return fault;
}

/* The store is there by now: an output that fails is told, and is no reason to say it is not. */
static int tell_made(const struct job *job, const struct kms_options *o,
                     const struct init_result *result)
{
    const char *admins[KMS_PEOPLE_MAX], *agents[KMS_PEOPLE_MAX];
    const size_t admin_count = kms_people_names(&job->people, false, admins);
    const size_t agent_count = kms_people_names(&job->people, true, agents);
    const struct kms_value values[FACT_COUNT] = {
        kms_text(o->store),
        kms_text(job->order.organization),
        fingerprint(result->root),
        fingerprint(result->issuing),
        fingerprint(result->recovery),
        job->install ? kms_null() : kms_list(admins, admin_count),
        job->install ? kms_null() : kms_list(agents, agent_count),
        job->install ? kms_null() : kms_number(job->order.quorum),
    };
    struct why why = {0};

    if (tell(o, values, &why) != FAULT_NONE) {
        complain("standard output", 0, why.rule);
        return EXIT_SOME;
    }
    return EXIT_DONE;
}

static int make(struct job *job, struct kms_options *o)
{
    char told[KMS_TOLD_SIZE];
    struct init_result result = {0};
    struct outfile request = {.fd = -1};
    struct why why = {0};
    int status = EXIT_NOT_DONE;

    if (job->csr != NULL && kms_open_published(job->csr, &request, &why) != FAULT_NONE) {
        complain(job->csr, 0, why.rule);
        return EXIT_NOT_DONE;
    }
    if (!kms_people_ask(&job->people, &o->passphrases)) {
        outfile_clear(&request);
        return EXIT_NOT_DONE;
    }
    job->order.path = o->store;
    job->order.outside = job->csr != NULL;
    if (init_make(&job->order, kms_clock(), &result, told, &why) != FAULT_NONE) {
        status = kms_complain(o, &why);
    } else if (job->csr != NULL &&
               (outfile_write(&request, buffer_span(&result.request), &why) != FAULT_NONE ||
                outfile_commit(&request, &why) != FAULT_NONE)) {
        complain(job->csr, 0, why.rule);
        status = EXIT_SOME;
    } else {
        status = tell_made(job, o, &result);
        kms_policy_warn(&job->order.policy);
    }
    buffer_clear(&result.request);
    outfile_clear(&request);
    return status;
}

static int install(const struct job *job, struct kms_options *o)
{
    struct buffer file = buffer_with_max(CERTIFICATE_FILE_MAX);
    struct init_result result = {0};
    struct kms *kms = calloc(1, sizeof(*kms));
    struct why why = {0};
    int status = EXIT_NOT_DONE;

    if (kms == NULL || readfile(o->rest[0], &file, &why) != FAULT_NONE) {
        complain(o->rest[0], 0, kms == NULL ? "out of memory" : why.rule);
    } else if (kms_open(kms, o->store, KMS_WRITE, "init", kms_clock(), &why) != FAULT_NONE) {
        status = kms_complain(o, &why);
    } else if (kms_passphrases_sign_in(&o->passphrases, kms, TASK_POLICY)) {
        kms_subject(kms, span_text(o->rest[0]));
        status = init_install(kms, buffer_span(&file), &result, &why) == FAULT_NONE
                     ? tell_made(job, o, &result)
                     : kms_complain(o, &why);
    }
    kms_close(kms);
    free(kms);
    buffer_clear(&file);
    return status;
}

int kms_verb_init(int argc, char **argv)
{
    static const struct kms_verb verb = {
        .name = "init",
        .help = help,
        .options = long_options,
        .take = take,
        .rest_max = 1,
        .rest_name = "CERT",
    };
    struct job job = {.order = {.curve = VAULT_P256, .key = KIND_P256, .crl_url = ""}};
    struct kms_options options;
    struct why why = {0};
    const char *wrong;
    int status;

    job.order.policy = policy_default();
    if (kms_options_parse(argc, argv, &verb, &job, &options, &status)) {
        job.order.people = job.people.at;
        job.order.people_count = job.people.count;
        wrong = check_together(&job, &options, &why);
        status = wrong != NULL ? complain_usage(options.verb, wrong, NULL)
                 : job.install ? install(&job, &options)
                               : make(&job, &options);
    }
    kms_people_clear(&job.people);
    kms_options_clear(&options);
    return status;
}
