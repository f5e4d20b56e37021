#ifndef CERT_SIGNATURE_H
#define CERT_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

/*
 * Signatures on certificates and revocation lists (RFC 5280, sections 4.1.1 and 5.1.1), checked
 * by libcrypto. The answer is always that of X509_verify(); what differs is the cost: the
 * certificate is not decoded, and the key's context is set up once and used again.
 */

/* What is signed, how, and the signature: the three parts of a Certificate or CertificateList. */
struct signed_part {
    struct span tbs;       /* header included */
    struct span algorithm; /* AlgorithmIdentifier, header included */
    struct span bits;      /* contents of the signature's BIT STRING, after the unused bits */
    uint8_t unused_bits;
    int digest; /* of the tbs, in signature.c's table; negative where the algorithm is a rare one */
    bool is_rsa;
    size_t digest_len; /* 0 until somebody asked; the digest is worked out once for all keys */
    uint8_t digest_bytes[64];
};

/* Takes `der`, a Certificate or CertificateList, apart. False when it is neither. */
MUST_USE bool signed_part_of(struct span der, struct signed_part *out);

/* One thread's digests and their contexts. NULL without memory. */
struct signing_tools;
struct signing_tools *signing_tools_new(void);
void signing_tools_free(struct signing_tools *tools);

/*
 * One thread's use of a public key. `key` is libcrypto's EVP_PKEY, which stays the caller's and
 * outlives the signer; many signers may use it at a time.
 */
struct signer;
struct signer *signer_new(void *key); /* NULL without memory */
void signer_free(struct signer *signer);

/* True when the signature is by the signer's key. Anything wrong with it is false. */
MUST_USE bool signer_made(struct signer *signer, struct signing_tools *tools,
                          struct signed_part *part);

/*
 * Works out the digest that a signature of this algorithm needs, so that copies of `part` need
 * not; does nothing where the algorithm signs the bytes themselves.
 */
void signed_part_digest(struct signed_part *part, struct signing_tools *tools);

#endif
