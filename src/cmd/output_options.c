#include "cmd/output_options.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/interrupt.h"

bool output_option_is(int code)
{
    return code == 'o' || (code >= OPTION_OUTPUT_FIRST && code < OPTION_OUTPUT_END);
}

static const char *take_colour(const char *text, enum colour_when *out)
{
    static const char *const words[] = {
        [COLOUR_AUTO] = "auto", [COLOUR_ALWAYS] = "always", [COLOUR_NEVER] = "never"};

    for (int i = 0; i < (int)(sizeof(words) / sizeof(words[0])); i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = (enum colour_when)i;
            return NULL;
        }
    }
    return "--color is auto, always or never, not";
}

const char *output_option_take(struct output_options *options, int code, const char *argument)
{
    switch (code) {
    case 'o':
        options->path = argument;
        return *argument != '\0' ? NULL : "--output is the name of a file, not";
    case OPTION_COLOUR:
        return take_colour(argument, &options->colour);
    default:
        options->no_progress = true;
        return NULL;
    }
}

bool output_open(const char *path, struct outfile *out)
{
    struct why why = {0};

    if (outfile_open(path, out, &why) != FAULT_NONE) {
        complain(path, 0, why.rule);
        return false;
    }
    interrupt_removes(out->temporary);
    return true;
}

size_t output_width(const char *path)
{
    struct winsize size;

    if (path != NULL || !isatty(STDOUT_FILENO)) {
        return 0;
    }
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

bool output_wants_colour(const struct output_options *options)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    if (options->colour != COLOUR_AUTO) {
        return options->colour == COLOUR_ALWAYS;
    }
    return options->path == NULL && isatty(STDOUT_FILENO) &&
           (no_colour == NULL || *no_colour == '\0') &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}
