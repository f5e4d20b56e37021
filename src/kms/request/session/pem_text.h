#ifndef KMS_REQUEST_SESSION_PEM_TEXT_H
#define KMS_REQUEST_SESSION_PEM_TEXT_H

#include "base/buffer.h"

/* Adds one block of PEM (RFC 7468) in lines of 64 characters: `label` is "CERTIFICATE". */
void pem_text_add(struct buffer *out, const char *label, struct span bytes);

/*
 * Adds the bytes of the first block, which has that label and holds 1 to `max` bytes, however its
 * lines are cut. FAULT_SYNTAX: there is no such block; FAULT_RESOURCE, FAULT_LIMIT: `out`.
 */
MUST_USE enum fault pem_text_read(struct span text, const char *label, size_t max,
                                  struct buffer *out, struct why *why);

#endif
