#ifndef CERT_TRUST_SESSION_H
#define CERT_TRUST_SESSION_H

#include "cert/leaf.h"
#include "cert/signature.h"
#include "cert/trust_store.h"

/*
 * What one thread keeps from one certificate to the next: names, certificates that came along
 * ("guests"), and answers for whole paths. All of it has a fixed size, and all of it can be
 * thrown away: an answer never depends on what was asked before.
 */
enum {
    NAMES_KEPT = 256,
    NAME_KEPT_MAX = 2048, /* bytes; a longer name is decoded each time */
    GUESTS_KEPT = 128,
    GUESTS_MAX = 32, /* that are considered for one certificate; less than GUESTS_KEPT */
    PATHS_KEPT = 64,
    PATH_WORDS = 48,
    VOUCHERS_KEPT = 32,
};

/* A name as it is encoded, decoded. */
struct name_slot {
    uint8_t *bytes;
    size_t len;
    uint64_t hash;
    struct canonical *name; /* NULL: no Name */
    const struct authority *authority;
};

/* A chain certificate. */
struct guest {
    uint64_t hash;
    struct span der;       /* own copy */
    struct ca *ca;         /* NULL: of no use as an issuer */
    struct signer *signer; /* of its key, when it was first needed */
    struct canonical *subject, *issuer;
    bool is_above_loaded; /* its subject is the issuer of a loaded certificate */
    uint64_t last_asked;  /* number of the question that used it last */
};

/* What was asked of libcrypto, and what it said. */
struct path_key {
    size_t count; /* more than PATH_WORDS: too long to be kept */
    uint64_t words[PATH_WORDS];
};

struct path_answer {
    bool good, revoked;
    const char *why;
};

struct path_slot {
    struct path_key key;
    struct path_answer answer;
};

struct voucher {
    uint64_t ca; /* its id; 0: an empty slot */
    const struct crl *crl;
    bool good;
};

struct trust_session {
    const struct trust *trust;
    struct signing_tools *tools;
    struct leaf_tools *leaf_tools;
    struct signer **signers; /* of the loaded keys, by key_index */
    uint64_t asked;          /* questions so far */
    uint64_t next_id;        /* for guests */
    struct name_slot names[NAMES_KEPT];
    struct guest guests[GUESTS_KEPT];
    struct path_slot paths[PATHS_KEPT];
    struct voucher vouchers[VOUCHERS_KEPT];
    size_t next_path, next_voucher;
};

/*
 * The name, decoded, with its authority. It stays until the next call.
 * NULL without memory; `name` is NULL in it when it is no Name.
 */
const struct name_slot *session_name(struct trust_session *session, struct span bytes);

/*
 * The guest with these bytes, decoded if it is new. It stays as long as no more than
 * GUESTS_KEPT are asked for in one question. NULL without memory.
 */
struct guest *session_guest(struct trust_session *session, struct span der);

/* The signer of a loaded certificate's key. NULL without memory. */
struct signer *session_signer(struct trust_session *session, const struct loaded *loaded);

/* The signer of a guest's key. NULL without memory. */
struct signer *session_guest_signer(struct guest *guest);

/* The answer kept for a key, or NULL. */
const struct path_answer *session_find_path(const struct trust_session *session,
                                            const struct path_key *key);
void session_keep_path(struct trust_session *session, const struct path_key *key,
                       const struct path_answer *answer);

/* True when the guest, who signed the certificate in question, made the list too. */
bool session_vouches(struct trust_session *session, struct guest *guest, const struct crl *crl);

static inline void path_key_add(struct path_key *key, uint64_t word)
{
    if (key->count < PATH_WORDS) {
        key->words[key->count] = word;
    }
    key->count++;
}

#endif
