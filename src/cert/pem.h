#ifndef CERT_PEM_H
#define CERT_PEM_H

#include <stdbool.h>

#include "base/cursor.h"

/* Blocks of PEM text (RFC 7468), among any other text. */
struct pem_block {
    struct span label; /* "CERTIFICATE" */
    struct span body;  /* base64 with its line ends, see base/base64.h */
    size_t offset;     /* of the BEGIN line in the text */
};

/* True when a block begins somewhere in `text`; else it is no PEM. */
MUST_USE bool pem_is(struct span text);

/*
 * Reads the next block; FAULT_ABSENT at the end of the text, FAULT_SYNTAX when a block has no
 * END line with its label: the next call then goes on behind what is broken.
 */
MUST_USE enum fault pem_next(struct cursor *in, struct pem_block *out, struct why *why);

#endif
