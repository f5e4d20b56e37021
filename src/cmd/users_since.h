#ifndef CMD_USERS_SINCE_H
#define CMD_USERS_SINCE_H

#include "cmd/progress.h"
#include "cmd/users_options.h"

/* `--since FILE`: the file that keeps the last roster, and what is told of it. */
struct users_since {
    struct outfile out;
    int aside; /* -1: not open */
    struct since_options options;
    struct progress *progress;
    char *name; /* of the source, as it may be shown */
};

/*
 * Opens what the new file is written to, and has `options->ldap.live` read by way of it. Without
 * --since nothing is done. False when that cannot be; it is told then.
 */
MUST_USE bool users_since_open(struct users_options *options, struct progress *progress,
                               struct users_since *out);

/* Tells what came of it; `facts` are those of the source. */
void users_since_tell(const struct users_since *since, const struct users_options *options,
                      const struct since_facts *facts);

/* The folder of the file, to be freed; NULL without --since. */
char *users_since_folder(const struct users_since *since);

void users_since_clear(struct users_since *since);

#endif
