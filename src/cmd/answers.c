#include "cmd/answers.h"

#include "cmd/cmd.h"
#include "cmd/interrupt.h"
#include "cmd/output_options.h"

bool answers_open(struct answers *answers, const char *path)
{
    answers->path = path;
    answers->failed = false;
    return output_open(path, &answers->file);
}

enum fault answers_write(void *context, struct span bytes, struct why *why)
{
    struct answers *answers = context;
    enum fault fault;

    progress_clear(&answers->progress);
    fault = outfile_write(&answers->file, bytes, why);
    answers->failed |= fault != FAULT_NONE;
    return fault;
}

void answers_complain(void *context, const char *source, uint64_t line, struct span sentence)
{
    struct answers *answers = context;

    progress_clear(&answers->progress);
    complain_span(source, line, sentence);
}

void answers_progress(void *context, const char *source, uint64_t position, uint64_t size,
                      uint64_t mailboxes)
{
    struct answers *answers = context;

    progress_show(&answers->progress, source, position, size, mailboxes);
}

bool answers_withheld(const struct answers *answers, bool fell_short,
                      const struct ldap_options *options, const char *sentence)
{
    if (!fell_short || options->allow_incomplete || answers->file.path == NULL) {
        return false;
    }
    complain(answers->path, 0, sentence);
    return true;
}

enum fault answers_commit(struct answers *answers, struct why *why)
{
    enum fault fault = outfile_commit(&answers->file, why);

    answers->failed |= fault != FAULT_NONE;
    return fault;
}

int answers_end(const struct answers *answers, enum fault fault, int status, const char *at_fault,
                const struct why *why)
{
    interrupt_removes(NULL);
    if (fault == FAULT_NONE) {
        return status;
    }
    if (fault != FAULT_ABSENT) { /* nobody reads any more: `| head` needs no message */
        complain(!answers->failed        ? at_fault
                 : answers->path != NULL ? answers->path
                                         : "standard output",
                 0, why->rule);
    }
    return EXIT_NOT_DONE;
}

void answers_clear(struct answers *answers)
{
    outfile_clear(&answers->file);
    interrupt_removes(NULL);
}
