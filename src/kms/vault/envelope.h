#ifndef KMS_VAULT_ENVELOPE_H
#define KMS_VAULT_ENVELOPE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/secret.h"

/*
 * A private key in escrow: CMS AuthEnvelopedData (RFC 5083) for the recovery certificate, its
 * content the PKCS#8 PrivateKeyInfo in DER. AES-256-GCM (RFC 5084); its key wrapped by AES-256
 * (RFC 3394) under the key that ephemeral-static ECDH gives, dhSinglePass-stdDH-sha256kdf (RFC
 * 5753).
 */
enum { ENVELOPE_MAX = 16384 }; /* bytes; an RSA-4096 key takes 3000 */

/*
 * A recovery certificate made ready to seal many keys to, by one thread.
 *
 * FAULT_SYNTAX    not one DER certificate of a key on P-256 or P-384
 * FAULT_RESOURCE  memory
 */
struct envelope_maker;
MUST_USE enum fault envelope_maker_new(struct span certificate, struct envelope_maker **out,
                                       struct why *why);
void envelope_maker_free(struct envelope_maker *maker);

/* Adds the envelope of `pkcs8`. FAULT_LIMIT: too large; FAULT_RESOURCE: memory, randomness. */
MUST_USE enum fault envelope_make(struct envelope_maker *maker, const struct secret *pkcs8,
                                  struct buffer *out, struct why *why);

enum envelope_cipher {
    ENVELOPE_AES_256_GCM, /* AuthEnvelopedData, what envelope_make() makes */
    ENVELOPE_AES_256_CBC, /* EnvelopedData, from `openssl cms -encrypt -aes-256-cbc` */
};

/* Views into the bytes that were read. */
struct envelope {
    enum envelope_cipher cipher;
    struct span recipient; /* KeyAgreeRecipientIdentifier of the recovery certificate, DER */
    struct span ephemeral; /* the originator's point R, SEC 1; not checked to be on the curve */
    struct span wrapped;   /* the content's key, 40 bytes */
    struct span nonce;     /* 12 bytes of GCM, 16 of CBC */
    struct span content;   /* encrypted */
    struct span tag;       /* 16 bytes of GCM, else empty */
};

/*
 * Reads an envelope: exactly one recipient, one content in one piece, nothing left over.
 * It allocates nothing, and does no cryptography.
 *
 * FAULT_LIMIT   longer than ENVELOPE_MAX
 * FAULT_SYNTAX  anything else than the above
 */
MUST_USE enum fault envelope_read(struct span der, struct envelope *out, struct why *why);

/*
 * Opens it with the shared secret `x`, the x-coordinate of d·R: combiner_finish() gives it.
 *
 * FAULT_DENIED    `x` does not open it, or it was altered. CBC has no tag: the caller holds the
 *                 key against its certificate in any case
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault envelope_open(const struct envelope *envelope, const struct secret *x,
                                  struct secret *pkcs8, struct why *why);

#endif
