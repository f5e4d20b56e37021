#include "cmd/kms/kms.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hide.h"
#include "kms/people/memory.h"

/* Files that a verb makes are its owner's alone. */
enum { OWNER_ONLY = 0077 };

static const struct command {
    const char *name;
    command_fn *run;
    const char *summary;
} commands[] = {
    {"init", kms_verb_init, "the ceremony: CA, administrators, recovery agents"},
    {"ca", kms_verb_ca, "the certificates of the CA"},
    {"enrol", kms_verb_enrol, "tokens or certificates for users, one or many"},
    {"complete", kms_verb_complete, "what a user does with a token"},
    {"renew", kms_verb_renew, "new keys and certificates, before the old ones end"},
    {"revoke", kms_verb_revoke, "certificates that are to be trusted no more"},
    {"crl", kms_verb_crl, "the revocation list"},
    {"admins", kms_verb_admins, "who acts, and how many must act together"},
    {"passphrase", kms_verb_passphrase, "give somebody another passphrase"},
    {"recover", kms_verb_recover, "ask for a user's encryption keys"},
    {"approve", kms_verb_approve, "a recovery agent approves that"},
    {"collect", kms_verb_collect, "the keys that agents approved"},
    {"envelope", kms_verb_envelope, "the escrow envelope of one key"},
    {"rebuild-key", kms_verb_rebuild_key, "the whole recovery key, in a disaster"},
    {"reshare", kms_verb_reshare, "other recovery agents, or another quorum"},
    {"users", kms_verb_users, "the books, and where a directory disagrees"},
    {"audit", kms_verb_audit, "every act, and whether the chain of them is whole"},
    {"check", kms_verb_check, "whether everything in the store fits together"},
    {"backup", kms_verb_backup, "copy the store while others work in it"},
    {"restore", kms_verb_restore, "make a store of a backup"},
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static int print_help(void)
{
    puts("usage: keyroster kms VERB [OPTION]... STORE [ARGUMENT]...\n"
         "       keyroster kms help [VERB]\n"
         "\n"
         "The key management server: enrols users, issues their certificates, keeps their\n"
         "encryption keys in escrow under a quorum of agents, renews, revokes, recovers.\n"
         "STORE is a directory, made by 'keyroster kms init'.\n"
         "\n"
         "  -h, --help   this help\n"
         "\n"
         "Verbs of kms:");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        printf("  %-11s %s\n", commands[i].name, commands[i].summary);
    }
    puts("\n"
         "'keyroster kms VERB --help' tells the options of a verb; keyroster-kms(1) the\n"
         "whole.");
    return EXIT_DONE;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(name, commands[i].name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static mode_t umask_before; /* the user's own */

enum fault kms_open_published(const char *path, struct outfile *out, struct why *why)
{
    enum fault fault;

    (void)umask(umask_before);
    fault = outfile_open(path, out, why);
    (void)umask(OWNER_ONLY);
    return fault;
}

/* Before the first passphrase or key: no core image, no debugger, a heap of its own for keys. */
static bool prepare(void)
{
    struct why why;

    umask_before = umask(OWNER_ONLY);
    if (process_hide(&why) != FAULT_NONE || people_secure_memory(&why) != FAULT_NONE) {
        complain("kms", 0, why.rule);
        return false;
    }
    return true;
}

static int run(const struct command *command, int argc, char **argv)
{
    return prepare() ? command->run(argc, argv) : EXIT_NOT_DONE;
}

/* `keyroster kms help VERB` is `keyroster kms VERB --help`. */
static int help_with(char *verb)
{
    static char option[] = "--help";
    char *words[] = {verb, option, NULL};
    const struct command *command = find_command(verb);

    return command != NULL ? command->run(2, words) : complain_usage("kms", "unknown verb", verb);
}

int cmd_kms(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    const struct command *command = find_command(verb);

    if (command != NULL) {
        return run(command, argc - 1, argv + 1);
    }
    if (strcmp(verb, "help") == 0 && argc > 2) {
        return help_with(argv[2]);
    }
    if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0 || strcmp(verb, "help") == 0) {
        return print_help();
    }
    return *verb == '\0' ? complain_usage("kms", "no verb given", NULL)
           : *verb == '-'
               ? complain_usage("kms", "unknown option, or one that belongs to a verb", verb)
               : complain_usage("kms", "unknown verb", verb);
}
