#ifndef KMS_PEOPLE_TRANSCRIPT_H
#define KMS_PEOPLE_TRANSCRIPT_H

#include "base/cursor.h"

/*
 * What is signed, bound to a sealed box, or chained: the SHA-256 of a label and then of fields,
 * each behind its length in 4 bytes, the most significant first (the label too). So no two lists of
 * fields give the same bytes, and nothing made for one purpose serves another: there is a label for
 * each, "keyroster <what> v1".
 *
 *     struct transcript t = transcript_begin("keyroster audit v1");
 *
 *     transcript_add(&t, store_id);
 *     transcript_add_number(&t, seq);
 *     fault = transcript_end(&t, digest, why);
 *
 * Adding is not checked step by step: the first failure is kept, and told at the end. No field is
 * kept, so that secrets may be added (a token, to be stored as its digest).
 */
enum { TRANSCRIPT_SIZE = 32 };

struct transcript {
    void *hash; /* libcrypto's */
    enum fault fault;
};

/* `label` is a text of ours. */
struct transcript transcript_begin(const char *label);

void transcript_add(struct transcript *t, struct span field);
void transcript_add_text(struct transcript *t, const char *text); /* NUL-terminated */
void transcript_add_number(struct transcript *t, uint64_t n);     /* 8 bytes, big-endian */

/*
 * Writes the digest and empties `*t`, on failure too: each transcript that was begun is ended.
 *
 * FAULT_LIMIT     a field of 4 GiB or more
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault transcript_end(struct transcript *t, uint8_t digest[TRANSCRIPT_SIZE],
                                   struct why *why);

#endif
