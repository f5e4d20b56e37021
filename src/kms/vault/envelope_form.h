#ifndef KMS_VAULT_ENVELOPE_FORM_H
#define KMS_VAULT_ENVELOPE_FORM_H

#include <stdbool.h>

#include "base/buffer.h"

/*
 * What the making, the reading and the opening of envelopes have in common; for the files of this
 * room.
 */
enum {
    ENVELOPE_KEY = 32,       /* bytes of an AES-256 key */
    ENVELOPE_WRAPPED = 40,   /* of one that is wrapped: RFC 3394 adds eight */
    ENVELOPE_GCM_NONCE = 12, /* RFC 5084, 3.2 */
    ENVELOPE_GCM_TAG = 16,
    ENVELOPE_CBC_NONCE = 16,
};

#define ENVELOPE_BYTES(text) span_of((text), sizeof(text) - 1)

/* Contents of object identifiers. */
/* id-ct-authEnvelopedData (RFC 5083, 2), id-envelopedData and id-data (RFC 5652) */
#define OID_AUTH_ENVELOPED ENVELOPE_BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17")
#define OID_ENVELOPED      ENVELOPE_BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03")
#define OID_DATA           ENVELOPE_BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")
/* aes256-GCM (RFC 5084), aes256-CBC (RFC 3565) */
#define OID_GCM ENVELOPE_BYTES("\x60\x86\x48\x01\x65\x03\x04\x01\x2e")
#define OID_CBC ENVELOPE_BYTES("\x60\x86\x48\x01\x65\x03\x04\x01\x2a")
/* id-ecPublicKey (RFC 5480); dhSinglePass-stdDH-sha256kdf-scheme (RFC 5753, 7.1.4) */
#define OID_EC_KEY ENVELOPE_BYTES("\x2a\x86\x48\xce\x3d\x02\x01")
#define OID_ECDH   ENVELOPE_BYTES("\x2b\x81\x04\x01\x0b\x01")
/* The whole AlgorithmIdentifier of id-aes256-wrap (RFC 3565): no parameters. */
#define WRAP_ALGORITHM ENVELOPE_BYTES("\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2d")

/*
 * The key that wraps: ANSI X9.63 KDF with SHA-256 of the shared secret `x` and the
 * ECC-CMS-SharedInfo (RFC 5753, 7.2). False: memory.
 */
MUST_USE bool envelope_wrapping_key(struct span x, uint8_t key[ENVELOPE_KEY]);

/* IssuerAndSerialNumber of a Name and an INTEGER, both DER. Faults are in `out`. */
void envelope_write_recipient(struct span issuer, struct span serial, struct buffer *out);

/* AuthEnvelopedData (RFC 5083) as envelope_read() reads it, of its parts. Faults are in `out`. */
struct envelope_parts {
    struct span recipient; /* KeyAgreeRecipientIdentifier, DER */
    struct span ephemeral, wrapped, nonce, content, tag;
};
void envelope_write(const struct envelope_parts *parts, struct buffer *out);

#endif
