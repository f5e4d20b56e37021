#include "cmd/cmd.h"
#include "cmd/tuning.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

static const struct command {
    const char *name;
    command_fn *run;
    const char *summary;
} commands[] = {
    {"users", cmd_users, "tell which mailboxes use the key management server, and with what"},
    {"diff", cmd_diff, "tell what has changed between two rosters"},
    {"tidy", cmd_tidy, "remove expired, superseded and other certificates from the directory"},
    {"export", cmd_export, "export mailboxes in the columns of a header, as Exchange 5.5 did"},
    {"cert", cmd_cert, "tell the facts of every certificate in files"},
    {"kms", cmd_kms, "be the key management server: enrol, issue, escrow, recover, revoke"},
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static int print_help(void)
{
    puts("usage: keyroster VERB [OPTION]... [ARGUMENT]...\n"
         "       keyroster help [VERB]\n"
         "       keyroster --help | --version\n"
         "\n"
         "Tells which mail users are using the key management server (KMS), and with what.\n"
         "\n"
         "Verbs:");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        printf("  %-8s %s\n", commands[i].name, commands[i].summary);
    }
    puts("\n"
         "'keyroster VERB --help' tells the options of a verb; keyroster(1) the whole.");
    return EXIT_DONE;
}

/* For the width of characters in a table, nothing else; output is UTF-8 in any case. */
static void set_locale(void)
{
    if (setlocale(LC_CTYPE, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        (void)setlocale(LC_CTYPE, "C.UTF-8");
    }
}

static int print_version(void)
{
    puts("keyroster " KEYROSTER_VERSION);
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

/* `keyroster help VERB` is `keyroster VERB --help`, and so with a verb of kms: argv is VERB .... */
static int help_with(int argc, char **argv)
{
    static char option[] = "--help";
    char *words[] = {argv[0], argc > 1 ? argv[1] : option, argc > 1 ? option : NULL, NULL};
    const struct command *command = find_command(argv[0]);

    return command != NULL ? command->run(argc > 1 ? 3 : 2, words)
                           : complain_usage(NULL, "unknown verb", argv[0]);
}

static int run(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    const struct command *command = find_command(verb);

    if (strcmp(verb, "help") == 0 && argc > 2) {
        return help_with(argc - 2, argv + 2);
    }
    if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0 || strcmp(verb, "help") == 0) {
        return print_help();
    }
    if (strcmp(verb, "--version") == 0 ||
        (command != NULL && argc == 3 && strcmp(argv[2], "--version") == 0)) {
        return print_version();
    }
    if (!tuning_read()) {
        return EXIT_USAGE;
    }
    if (command != NULL) {
        return command->run(argc - 1, argv + 1);
    }
    return *verb == '\0' ? complain_usage(NULL, "no verb given", NULL)
                         : complain_usage(NULL, "unknown verb", verb);
}

int main(int argc, char **argv)
{
    int status;

    set_locale();
    status = run(argc, argv);
    complain_end();
    /* Help and versions go through stdio; what a verb tells does not. */
    if (fflush(stdout) != 0) {
        complain("standard output", 0, strerrordesc_np(errno));
        return EXIT_NOT_DONE;
    }
    return status;
}
