#ifndef CERT_DIGEST_H
#define CERT_DIGEST_H

#include <stdint.h>

#include "base/cursor.h"

enum { SHA1_SIZE = 20, SHA256_SIZE = 32 };

/* Digests of whole certificates, by libcrypto. FAULT_RESOURCE when it is out of memory. */
MUST_USE enum fault digest_sha256(struct span bytes, uint8_t out[SHA256_SIZE]);
MUST_USE enum fault digest_sha1(struct span bytes, uint8_t out[SHA1_SIZE]);

#endif
