#ifndef KMS_AUTHORITY_KEY_H
#define KMS_AUTHORITY_KEY_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/secret.h"
#include "cert/cert.h"

/*
 * Private keys of the kinds that we certify (RFC 8551, sections 2.2 and 2.3; RFC 8410), made and
 * kept by libcrypto, which wipes them when they are given back.
 */
enum key_kind {
    KIND_P256,
    KIND_P384,
    KIND_RSA2048,
    KIND_RSA3072,
    KIND_RSA4096,
    KIND_ED25519, /* signs only */
    KIND_X25519,  /* encrypts only */
    KIND_COUNT
};

const char *key_kind_name(enum key_kind kind); /* "p256", "rsa2048", … */

/* Finds a kind by its name, as the command line has it; false when there is no such one. */
MUST_USE bool key_kind_find(struct span name, enum key_kind *out);

/* True for the kinds of which a CA's key may be: p256, p384, rsa3072, rsa4096. */
MUST_USE bool key_kind_is_for_ca(enum key_kind kind);

/*
 * The kind of one certificate's key, where a user is given keys of `kind`: of `ed25519` and
 * `x25519` the one that fits the purpose (PURPOSE_SIGNING or PURPOSE_ENCRYPTION), of the others
 * itself.
 */
enum key_kind key_kind_for(enum key_kind kind, enum purpose purpose);

/* True when making a key takes long enough to be done ahead, see pool.h. */
MUST_USE bool key_kind_is_slow(enum key_kind kind);

/*
 * One key. Reading it, signing with it included, is safe from many threads at a time.
 */
struct private_key;

/* Makes a new one. FAULT_RESOURCE without memory or randomness. */
MUST_USE enum fault private_key_make(enum key_kind kind, struct private_key **out, struct why *why);

void private_key_free(struct private_key *key);

/*
 * One thread's means to make many keys of a kind: for curves it saves half of the time.
 */
struct key_maker;
MUST_USE enum fault key_maker_new(enum key_kind kind, struct key_maker **out, struct why *why);
MUST_USE enum fault key_maker_make(struct key_maker *maker, struct private_key **out,
                                   struct why *why);
void key_maker_free(struct key_maker *maker);

/* One more holder of the same key, who frees it too. NULL without memory. */
struct private_key *private_key_share(const struct private_key *key);

enum key_kind private_key_kind(const struct private_key *key);

/* Its SubjectPublicKeyInfo, DER; lives as long as the key. Points of curves are uncompressed. */
struct span private_key_spki(const struct private_key *key);

/* Writes it as PrivateKeyInfo (PKCS#8, RFC 5958), DER. FAULT_RESOURCE. */
MUST_USE enum fault private_key_pkcs8(const struct private_key *key, struct secret *out,
                                      struct why *why);

/*
 * Reads PrivateKeyInfo, DER.
 * FAULT_SYNTAX    it is none, or bytes follow it, or the key in it is not right
 * FAULT_DENIED    a key of no kind above
 * FAULT_RESOURCE
 */
MUST_USE enum fault private_key_from_pkcs8(struct span der, struct private_key **out,
                                           struct why *why);

/*
 * Adds it as EncryptedPrivateKeyInfo in PEM, PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC (RFC
 * 8018). The passphrase is no person's: it has 256 random bits, so 2048 iterations are enough. It
 * is text (hexadecimal, say) if `openssl pkey` shall take it too. FAULT_RESOURCE
 */
MUST_USE enum fault private_key_lock(const struct private_key *key, const struct secret *passphrase,
                                     struct buffer *pem, struct why *why);

/*
 * Reads what private_key_lock() made.
 * FAULT_DENIED    the passphrase is another one, or somebody changed the bytes
 * FAULT_SYNTAX    no PEM of an encrypted key
 * FAULT_RESOURCE
 */
MUST_USE enum fault private_key_unlock(struct span pem, const struct secret *passphrase,
                                       struct private_key **out, struct why *why);

/* True when `spki` is this key's, byte for byte or in another encoding of the same key. */
MUST_USE bool private_key_fits(const struct private_key *key, struct span spki);

/*
 * Adds the signature of `message`, in the form that X.509 has it in: ECDSA with SHA-256 (P-256) or
 * SHA-384 (P-384), RSA PKCS#1 v1.5 with SHA-256, Ed25519.
 * FAULT_DENIED for an X25519 key; FAULT_RESOURCE
 */
MUST_USE enum fault private_key_sign(const struct private_key *key, struct span message,
                                     struct buffer *out, struct why *why);

/* One thread's means to sign many messages with a key; holds the key too. */
struct key_signer;
MUST_USE enum fault key_signer_new(const struct private_key *key, struct key_signer **out,
                                   struct why *why);
MUST_USE enum fault key_signer_sign(struct key_signer *signer, struct span message,
                                    struct buffer *out, struct why *why);
void key_signer_free(struct key_signer *signer);

/*
 * Means to check such signatures by one key, of which `spki` is the public half; for one thread.
 * FAULT_SYNTAX `spki` is none, or of a kind that does not sign; FAULT_RESOURCE
 */
struct key_verifier;
MUST_USE enum fault key_verifier_new(struct span spki, struct key_verifier **out, struct why *why);
MUST_USE bool key_verifier_check(struct key_verifier *verifier, struct span message,
                                 struct span signature); /* anything wrong is false */
void key_verifier_free(struct key_verifier *verifier);

/* The AlgorithmIdentifier of those signatures, DER; static. Empty for X25519. */
struct span key_kind_signature_algorithm(enum key_kind kind);

/*
 * The kind of the key in a SubjectPublicKeyInfo, as cert_read() tells it; false: none of ours.
 * An RSA modulus has exactly the bits that its kind says.
 */
MUST_USE bool key_kind_of(const struct cert_key *key, enum key_kind *out);

#endif
