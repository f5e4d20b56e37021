#ifndef KMS_AUTHORITY_TBS_WRITE_H
#define KMS_AUTHORITY_TBS_WRITE_H

#include "base/buffer.h"
#include "base/cursor.h"

/* What is signed of a certificate (RFC 5280, section 4.1), from its parts, each DER. */
struct tbs {
    struct span serial;    /* content octets of the INTEGER */
    struct span algorithm; /* AlgorithmIdentifier of the signature */
    struct span issuer, subject;
    int64_t not_before, not_after;
    struct span spki;
    struct span extensions; /* one behind the other */
};

void tbs_write(struct buffer *out, const struct tbs *tbs);

/* The certificate or list: what is signed, the algorithm, the signature. */
void signed_write(struct buffer *out, struct span tbs, struct span algorithm,
                  struct span signature);

#endif
