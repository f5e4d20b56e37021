#ifndef KMS_PEOPLE_PASSPHRASE_H
#define KMS_PEOPLE_PASSPHRASE_H

#include "base/secret.h"

enum {
    PASSPHRASE_MIN = 12, /* bytes */
    PASSPHRASE_BITS_MIN =
        30 /* of entropy, as zxcvbn estimates it (Wheeler, USENIX Security 2016) */
};

/*
 * Is this good enough to protect a key of the server? `names` is a list that ends with NULL, of
 * words that everybody guesses first here: of the organisation, of the person, "keyroster".
 *
 * It is estimated in a process of its own, which ends at once: the library keeps copies on the
 * heap. To compare two that were typed, there is secret_equal().
 *
 * FAULT_DENIED    too short, holds a NUL byte, or is easily guessed; `why` says what to do
 * FAULT_RESOURCE  no process, or it was stopped
 */
MUST_USE enum fault passphrase_check(const struct secret *passphrase, const char *const names[],
                                     struct why *why);

#endif
