#ifndef KMS_REQUEST_PEM_TEXT_H
#define KMS_REQUEST_PEM_TEXT_H

#include "base/buffer.h"

/* Adds one block of PEM (RFC 7468) in lines of 64 characters: `label` is "CERTIFICATE". */
void pem_text_add(struct buffer *out, const char *label, struct span bytes);

#endif
