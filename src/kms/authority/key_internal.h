#ifndef KMS_AUTHORITY_KEY_INTERNAL_H
#define KMS_AUTHORITY_KEY_INTERNAL_H

#include "kms/authority/key.h"

/* What the files key*.c and those that hand keys to libcrypto share. */

enum { SPKI_MAX = 600, POINT_MAX = 97 }; /* of an RSA key of 4096 bits: 550 */

struct private_key {
    void *pkey; /* libcrypto's */
    enum key_kind kind;
    size_t spki_len;
    uint8_t spki[SPKI_MAX];
};

/* Takes libcrypto's key, on failure too. Faults as of private_key_from_pkcs8(). */
MUST_USE enum fault private_key_take(void *pkey, struct private_key **out, struct why *why);

/* The kind of libcrypto's key, public or whole; false: none of ours. */
MUST_USE bool key_kind_of_pkey(void *pkey, enum key_kind *out);

/* The digest that signatures of a kind are over; NULL: the message itself. */
const char *key_kind_digest(enum key_kind kind);

/* Empties libcrypto's error queue and tells of a failure that can only be want of memory. */
MUST_USE enum fault libcrypto_failed(struct why *why);

/*
 * Empties the queue and tells of a refusal: `fault` by `rule`, unless the queue says that it was
 * want of memory.
 */
MUST_USE enum fault libcrypto_refused(enum fault fault, const char *rule, struct why *why);

#endif
