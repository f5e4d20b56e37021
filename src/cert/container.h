#ifndef CERT_CONTAINER_H
#define CERT_CONTAINER_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/cursor.h"

/*
 * What a file holds that people keep certificates in: blocks of bytes, each for bundle_open().
 * Recognised from the content: one value in DER or tagged settings; PEM (RFC 7468), of which
 * the blocks with certificates in them count; an S/MIME message (cert/smime.h).
 *
 *     struct container container = container_over(bytes);
 *     struct container_block block;
 *     while ((fault = container_next(&container, &block, &why)) != FAULT_ABSENT) { ... }
 *     container_clear(&container);
 */
struct container {
    struct cursor text; /* what has not been read of the file */
    bool pem;
    bool begun;
    struct buffer decoded; /* the block that was handed out last */
};

struct container_block {
    struct span bytes; /* in the file, or in the container until the next call */
    size_t offset;     /* of the block in the file */
    bool text;         /* of a file with lines; what is in `bytes` was decoded from them */
    bool unknown;      /* the file as it is, in which nothing was recognised */
};

struct container container_over(struct span file);

/*
 * Hands out the next block.
 *
 * FAULT_ABSENT    there is no further one
 * FAULT_SYNTAX    a block that cannot be decoded; `block->offset` and `*why` tell where, and the
 *                 next call goes on behind it
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault container_next(struct container *container, struct container_block *block,
                                   struct why *why);

/* True for a PKCS#12 file (RFC 7292, section 4), whose certificates stand behind a password. */
bool container_is_pkcs12(struct span file);

void container_clear(struct container *container);

#endif
