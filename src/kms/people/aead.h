#ifndef KMS_PEOPLE_AEAD_H
#define KMS_PEOPLE_AEAD_H

#include "base/secret.h"

/* AES-256-GCM (NIST SP 800-38D). The key is used with one nonce, or with random ones, only. */
enum { AEAD_KEY_SIZE = 32, AEAD_NONCE_SIZE = 12, AEAD_TAG_SIZE = 16 };

struct aead_key {
    const uint8_t *key;   /* AEAD_KEY_SIZE bytes */
    const uint8_t *nonce; /* AEAD_NONCE_SIZE bytes */
};

/*
 * Writes plain.len + AEAD_TAG_SIZE bytes to `out`: the encrypted bytes and the tag.
 *
 * FAULT_RESOURCE  memory
 * FAULT_LIMIT     more than SECRET_NEW_MAX bytes
 */
MUST_USE enum fault aead_seal(struct aead_key with, struct span aad, struct span plain,
                              uint8_t *out, struct why *why);

/*
 * FAULT_DENIED    another key, nonce or `aad`, or altered or missing bytes
 * FAULT_LIMIT     as above
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault aead_open(struct aead_key with, struct span aad, struct span sealed,
                              struct secret *out, struct why *why);

#endif
