#ifndef KMS_PEOPLE_RANDOM_H
#define KMS_PEOPLE_RANDOM_H

#include "base/secret.h"

/*
 * Random bytes of libcrypto: for what everybody may see (salts, nonces, serial numbers), and for
 * what nobody may (from a generator of its own).
 *
 * FAULT_RESOURCE  no randomness, or memory
 * FAULT_LIMIT     more than SECRET_NEW_MAX bytes
 */
MUST_USE enum fault random_bytes(uint8_t *out, size_t len, struct why *why);
MUST_USE enum fault random_secret(size_t len, struct secret *out, struct why *why);

#endif
