#ifndef KMS_REQUEST_RECOVERY_RECOVERY_REQUEST_H
#define KMS_REQUEST_RECOVERY_RECOVERY_REQUEST_H

#include "base/arena.h"
#include "base/buffer.h"
#include "kms/people/identity.h"
#include "kms/people/transcript.h"

/*
 * What an administrator asks for when he recovers a user's keys: the REQUEST file, JSON (RFC 8259)
 * that people can read, and agents do read before they approve it.
 *
 * Its digest is that of the transcript "keyroster recovery request v1" of {version, store, user,
 * number of addresses, each address, number of keys, of each its serial and envelope, why,
 * requester, created, expires, key}, numbers in 8 bytes. The requester signs the digest; agents
 * sign it with what they give (kms/request/recovery/approve.h).
 */
enum {
    RECOVERY_VERSION = 1,
    RECOVERY_FILE_MAX = 2 << 20, /* bytes of a REQUEST file */
    RECOVERY_WHY_MAX = 1000,     /* bytes */
    RECOVERY_ADDRESSES_MAX = 256,
    RECOVERY_KEYS_MAX = 4096, /* of one user */
    RECOVERY_SERIAL_MAX = 20, /* bytes */
};

struct recovery_key {
    struct span serial;                /* as in struct certificate_row */
    uint8_t envelope[TRANSCRIPT_SIZE]; /* SHA-256 of the envelope */
};

/* Spans are views into what it was made of, or into the arena that it was read to. */
struct recovery_request {
    struct span store_id;
    int64_t user;           /* the number of the user's row */
    struct span *addresses; /* the first one, the others, former ones too */
    size_t address_count;
    struct recovery_key *keys; /* oldest first */
    size_t key_count;
    struct span why;       /* the reason, for people */
    struct span requester; /* the administrator's name */
    int64_t created, expires;
    uint8_t key[HPKE_KEY_SIZE]; /* what agents seal their results to */
    uint8_t digest[TRANSCRIPT_SIZE];
    uint8_t signature[IDENTITY_SIGNATURE_SIZE];
};

/* FAULT_SYNTAX: empty, longer than RECOVERY_WHY_MAX, not UTF-8, or what would upset a terminal. */
MUST_USE enum fault recovery_why_check(struct span text, struct why *why);

/* Reckons the digest of all fields but `digest` and `signature`. FAULT_RESOURCE */
MUST_USE enum fault recovery_request_digest(const struct recovery_request *request,
                                            uint8_t out[TRANSCRIPT_SIZE], struct why *why);

/* Fills `digest` and `signature`. FAULT_RESOURCE */
MUST_USE enum fault recovery_request_sign(struct recovery_request *request,
                                          const struct identity *requester, struct why *why);

/*
 * Whether the digest is that of the fields, and the signature that of `signing` on it.
 * FAULT_DENIED: one of them is not; FAULT_RESOURCE.
 */
MUST_USE enum fault recovery_request_verify(const struct recovery_request *request,
                                            const uint8_t signing[IDENTITY_KEY_SIZE],
                                            struct why *why);

/* Adds the file. Faults are in `out`. */
void recovery_request_write(const struct recovery_request *request, struct buffer *out);

/*
 * Reads a file. Every member is there, once, of its type and within its bounds, and there is no
 * other; nothing follows the document. Digest and signature are read, not checked.
 *
 * FAULT_LIMIT     longer than RECOVERY_FILE_MAX, or more addresses or keys than the above
 * FAULT_SYNTAX    anything else than such a file; or of another version: the sentence says so
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault recovery_request_read(struct span text, struct arena *arena,
                                          struct recovery_request *out, struct why *why);

#endif
