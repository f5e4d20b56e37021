#ifndef CERT_SMIME_H
#define CERT_SMIME_H

#include "base/cursor.h"

/*
 * Finds the SignedData of an S/MIME message (RFC 8551, section 3.5): the body of a message of
 * type application/pkcs7-mime, or the last part of a multipart/signed one; the names with `x-`
 * that came before the RFC count too. What is inside the signed content is not looked at, so
 * that a message signed twice tells of the outer signature.
 *
 * `*body` is base64 with its line ends, see base/base64.h; `*offset` tells where it starts.
 *
 * FAULT_ABSENT  `text` is no such message
 * FAULT_SYNTAX  it is one, and the part is missing or not in base64; `*why` tells
 */
MUST_USE enum fault smime_find(struct span text, struct span *body, size_t *offset,
                               struct why *why);

#endif
