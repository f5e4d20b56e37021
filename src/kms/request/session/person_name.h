#ifndef KMS_REQUEST_SESSION_PERSON_NAME_H
#define KMS_REQUEST_SESSION_PERSON_NAME_H

#include <stdbool.h>

#include "base/cursor.h"

/*
 * Names of administrators and agents, as they stand in `--passphrase NAME=FILE` and in lists with
 * commas between, and in the names of files: `anna`, `Anna Berg`, `åsa@example.org`.
 */
enum { PERSON_NAME_MAX = 64, PERSON_NAME_SIZE = PERSON_NAME_MAX + 1 };

/*
 * FAULT_SYNTAX  empty, longer than PERSON_NAME_MAX bytes, not UTF-8, with a control character,
 *               `,` `=` `/` `\` `"`, a space at an end, `-` or `.` at its beginning, or a word that
 *               means something else there: `p12`, `new`
 */
MUST_USE enum fault person_name_check(struct span name, struct why *why);

/* Whether two names are the same but for capital letters: two people may not have such. */
MUST_USE bool person_name_is_alike(struct span a, struct span b);

#endif
