#ifndef CMD_ANSWERS_H
#define CMD_ANSWERS_H

#include "base/outfile.h"
#include "cmd/ldap_options.h"
#include "cmd/progress.h"

/*
 * Where the answers of a verb go while it reads, with the progress line, which is wiped before
 * anything is written. The context of answers_write(), answers_complain() and answers_progress(),
 * which are the callbacks of a report and of a roster, is this struct.
 */
struct answers {
    const char *path;    /* as it was given; NULL: standard output */
    struct outfile file; /* .fd -1 before it is opened */
    bool failed;         /* a fault is about the output, not about memory or threads */
    struct progress progress;
};

/* Opens them, by output_open(); false when that cannot be, which is told. */
MUST_USE bool answers_open(struct answers *answers, const char *path);

enum fault answers_write(void *context, struct span bytes, struct why *why);

void answers_complain(void *context, const char *source, uint64_t line, struct span sentence);

void answers_progress(void *context, const char *source, uint64_t position, uint64_t size,
                      uint64_t mailboxes);

/*
 * What a directory kept back is missing in the file: then it stays as it was, unless that is
 * allowed. True, and `sentence` is told, when it does; there is no file in standard output.
 */
bool answers_withheld(const struct answers *answers, bool fell_short,
                      const struct ldap_options *options, const char *sentence);

/* Brings the file to its place. Faults are those of outfile_commit(). */
MUST_USE enum fault answers_commit(struct answers *answers, struct why *why);

/*
 * At the end: `status`, or EXIT_NOT_DONE for a fault, which is told of the output, where it is
 * about that, else of `at_fault` (NULL: of nothing).
 */
MUST_USE int answers_end(const struct answers *answers, enum fault fault, int status,
                         const char *at_fault, const struct why *why);

void answers_clear(struct answers *answers);

#endif
