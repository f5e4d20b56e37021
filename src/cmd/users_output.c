#include "cmd/users_output.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/inputs.h"
#include "cmd/interrupt.h"

bool output_open(const struct users_options *options, struct outfile *out)
{
    struct why why = {0};

    if (inputs_name(options->output, options->sources.at, options->sources.count)) {
        complain(options->output, 0, "a source: the output would replace it (choose another)");
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
