#ifndef CMD_KMS_KMS_OUTPUT_H
#define CMD_KMS_KMS_OUTPUT_H

#include <stdbool.h>

#include "base/cursor.h"

/* Who may read a file that a verb writes. */
enum kms_reader {
    KMS_FOR_OWNER,
    KMS_FOR_OTHERS, /* what the user's own umask leaves */
};

/*
 * Writes it all into `path`, which appears whole or not at all; NULL or "-": to standard output.
 * Returns the exit status; told where it is EXIT_NOT_DONE.
 */
MUST_USE int kms_output_write(const char *path, enum kms_reader reader, struct span bytes);

#endif
