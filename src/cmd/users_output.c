#include "cmd/users_output.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/interrupt.h"
#include "cmd/overwriting.h"

bool output_replaces(const struct users_options *options, const char *path)
{
    struct overwriting read = {.tree = options->reading.follow_folder};
    bool told;

    name_list_add_all(&read.files, &options->sources);
    judging_options_add_files(&options->judging, &read.files);
    ldap_options_add_files(&options->ldap, &read.files);
    told = overwriting_is_told(&read, path);
    name_list_clear(&read.files);
    return told;
}

bool output_open(const struct users_options *options, struct outfile *out)
{
    struct why why = {0};

    if (output_replaces(options, options->output)) {
        return false;
    }
    if (outfile_open(options->output, out, &why) != FAULT_NONE) {
        complain(options->output, 0, why.rule);
        return false;
    }
    interrupt_removes(out->temporary);
    return true;
}

size_t output_width(const char *output)
{
    struct winsize size;

    if (output != NULL || !isatty(STDOUT_FILENO)) {
        return 0;
    }
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool output_wants_colour(const char *output, enum colour_when when)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    if (when != COLOUR_AUTO) {
        return when == COLOUR_ALWAYS;
    }
    return output == NULL && isatty(STDOUT_FILENO) && (no_colour == NULL || *no_colour == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}
