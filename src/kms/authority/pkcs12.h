#ifndef KMS_AUTHORITY_PKCS12_H
#define KMS_AUTHORITY_PKCS12_H

#include "base/buffer.h"
#include "kms/authority/key.h"

/*
 * PKCS#12 files (RFC 7292): keys with their certificates and the chain, under one passphrase.
 */
enum pkcs12_form {
    PKCS12_TODAY, /* PBES2, AES-256-CBC, HMAC-SHA-256 (a MAC of SHA-256, as OpenSSL 3 makes them) */
    PKCS12_OLD,   /* for old readers: SHA-1 and three-key triple DES, of 112 bits still */
};

/*
 * How often the passphrase is hashed for each key, for the certificates and for the MAC: what a
 * guess costs. For one file that is 0.3 s; .NET reads no more than 300,000 unless told to. For
 * many, nearly all of the time is this already (docs/speed.md).
 */
enum { PKCS12_ROUNDS_ONE = 250000, PKCS12_ROUNDS_MANY = 2048 };

/* One certificate, and its key if that is in the file too. */
struct pkcs12_entry {
    const struct private_key *key; /* NULL: the certificate alone */
    struct span certificate;       /* DER */
    struct span name;              /* friendlyName, UTF-8, what readers list; may be empty */
};

/*
 * Makes a file. Key and certificate are tied by localKeyID, the SHA-1 of the certificate as others
 * have it. Nothing in the clear is left in memory. The passphrase is UTF-8 without NUL, 1 byte at
 * least.
 *
 * FAULT_SYNTAX    a certificate that is none; no passphrase, or one with NUL or not in UTF-8
 * FAULT_DENIED    a key that is another's than its certificate's
 * FAULT_LIMIT     `out` is full
 * FAULT_RESOURCE
 */
MUST_USE enum fault pkcs12_make(const struct secret *passphrase, const struct pkcs12_entry *entries,
                                size_t entry_count, const struct span *chain, size_t chain_count,
                                enum pkcs12_form form, unsigned rounds, struct buffer *out,
                                struct why *why);

#endif
