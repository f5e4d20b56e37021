#include "kms/request/session/ca_keys.h"

#include <stdio.h>

#include "base/hex.h"
#include "kms/authority/ca.h"
#include "kms/people/random.h"
#include "kms/people/transcript.h"
#include "kms/request/session/chain_vouch.h"
#include "kms/request/session/vouch.h"

enum { SECRET_BYTES = 32, KEY_PEM_MAX = 16384, SLOT_MAX = 1024, ARENA_MAX = 4 << 20 };

#define SLOT_LABEL "keyroster ca slot v1"

enum fault ca_secret_make(struct secret *out, struct why *why)
{
    struct secret bytes = {0}, text = {0};
    enum fault fault = random_secret(SECRET_BYTES, &bytes, why);

    if (fault == FAULT_NONE) {
        fault = secret_new((size_t)2 * SECRET_BYTES, &text, why);
    }
    if (fault == FAULT_NONE) {
        hex_text(secret_span(&bytes), (char *)text.at); /* a secret has room for the NUL */
        *out = text;
    }
    secret_clear(&bytes);
    return fault;
}

/* What a slot is bound to. */
static enum fault slot_place(struct span store_id, struct span name,
                             const uint8_t sealing[HPKE_KEY_SIZE], uint8_t digest[TRANSCRIPT_SIZE],
                             struct why *why)
{
    struct transcript t = transcript_begin(SLOT_LABEL);

    transcript_add(&t, store_id);
    transcript_add(&t, name);
    transcript_add(&t, span_of(sealing, HPKE_KEY_SIZE));
    return transcript_end(&t, digest, why);
}

enum fault ca_slot_seal(struct span store_id, struct span name,
                        const uint8_t sealing[HPKE_KEY_SIZE], const struct secret *secret,
                        struct buffer *out, struct why *why)
{
    uint8_t place[TRANSCRIPT_SIZE];
    enum fault fault = slot_place(store_id, name, sealing, place, why);

    if (fault == FAULT_NONE) {
        fault = hpke_seal(sealing, span_text(SLOT_LABEL), span_of(place, sizeof(place)),
                          secret_span(secret), out, why);
    }
    return fault;
}

static enum fault open_slot(struct kms *kms, const struct kms_actor *actor, struct secret *out,
                            struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    uint8_t place[TRANSCRIPT_SIZE];
    struct span sealed;
    enum fault fault = slot_get(kms->store, actor->id, &arena, &sealed, why);

    if (fault == FAULT_NONE) {
        fault = slot_place(store_id(kms->store), span_text(actor->name), actor->identity.sealing,
                           place, why);
    }
    if (fault == FAULT_NONE) {
        fault = identity_open(&actor->identity, span_text(SLOT_LABEL),
                              span_of(place, sizeof(place)), sealed, out, why);
    }
    arena_clear(&arena);
    if (fault == FAULT_ABSENT || fault == FAULT_DENIED || fault == FAULT_SYNTAX) {
        return kms_tell(kms, FAULT_SYNTAX, why,
                        "the store is damaged: the CA's keys do not open for %s", actor->name);
    }
    return fault;
}

enum fault ca_secret_open(struct kms *kms, struct secret *out, struct why *why)
{
    enum fault fault = fault_at(FAULT_DENIED, 0, "no administrator has signed in", why);

    /* Whoever leaves in this transaction may have lost his slot already: any one will do. */
    for (size_t i = 0; fault != FAULT_NONE && i < kms->actor_count; i++) {
        if (kms->actors[i].is_admin) {
            fault = open_slot(kms, &kms->actors[i], out, why);
        }
    }
    return fault;
}

/* The slots could have been filled, and the key locked, by somebody who has put his own there. */
static enum fault check_anchored(struct kms *kms, struct private_key **key, struct why *why)
{
    if (private_key_fits(*key, kms->anchor.issuing_key)) {
        return FAULT_NONE;
    }
    private_key_free(*key);
    *key = NULL;
    return fault_at(FAULT_SYNTAX, 0,
                    "the store is damaged: the issuing CA's key is not that of its certificate",
                    why);
}

enum fault ca_key_open(struct kms *kms, enum authority_role role, const struct secret *secret,
                       struct private_key **out, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct authority_row row;
    enum fault fault = authority_find(kms->store, role, &arena, &row, why);

    if (fault == FAULT_NONE && row.key.len == 0) {
        fault = fault_at(FAULT_ABSENT, 0, "the store has no such key: its root is outside", why);
    }
    if (fault == FAULT_NONE) {
        fault = private_key_unlock(row.key, secret, out, why);
        if (fault == FAULT_DENIED) {
            fault = fault_at(FAULT_SYNTAX, 0, "the store is damaged: a key of the CA does not open",
                             why);
        }
    }
    if (fault == FAULT_NONE && role == AUTHORITY_ISSUING) {
        fault = check_anchored(kms, out, why);
    }
    arena_clear(&arena);
    return fault;
}

enum fault ca_chain(struct store *store, struct arena *arena, struct span *out, struct why *why)
{
    struct authority_row root;
    enum fault fault = store_meta_get(store, CA_OUTSIDE_CHAIN, arena, out, why);

    if (fault != FAULT_ABSENT) {
        return fault;
    }
    fault = authority_find(store, AUTHORITY_ROOT, arena, &root, why);
    if (fault == FAULT_ABSENT) {
        *out = (struct span){0};
        return FAULT_NONE;
    }
    if (fault == FAULT_NONE) {
        *out = root.certificate;
    }
    return fault;
}

static enum fault open_issuing(struct kms *kms, struct arena *arena, const struct secret *secret,
                               struct why *why)
{
    struct authority_row row;
    struct span chain = {0};
    struct private_key *key = NULL;
    enum fault fault = authority_find(kms->store, AUTHORITY_ISSUING, arena, &row, why);

    if (fault == FAULT_NONE && row.certificate.len == 0) {
        return kms_tell(kms, FAULT_ABSENT, why,
                        "the CA waits for the certificate of the outside root "
                        "(keyroster kms init --install %s CERT)",
                        store_path(kms->store));
    }
    if (fault == FAULT_NONE) {
        fault = ca_chain(kms->store, arena, &chain, why);
    }
    if (fault == FAULT_NONE) {
        fault = chain_check(kms, row.certificate, chain, why);
    }
    if (fault == FAULT_NONE) {
        fault = ca_key_open(kms, AUTHORITY_ISSUING, secret, &key, why);
    }
    if (fault == FAULT_NONE) {
        fault = authority_take(row.certificate, chain, key, &kms->authority, why);
    }
    if (fault != FAULT_NONE) {
        private_key_free(key);
    }
    return fault;
}

enum fault ca_open(struct kms *kms, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct secret secret = {0};
    enum fault fault = FAULT_NONE;

    if (kms->authority == NULL) {
        fault = ca_secret_open(kms, &secret, why);
        if (fault == FAULT_NONE) {
            fault = open_issuing(kms, &arena, &secret, why);
        }
    }
    secret_clear(&secret);
    arena_clear(&arena);
    return fault;
}

/* Encrypts one key anew. */
static enum fault relock_one(struct kms *kms, const struct authority_row *row,
                             const struct secret *old, const struct secret *new, struct why *why)
{
    struct buffer pem = buffer_with_max(KEY_PEM_MAX);
    struct private_key *key = NULL;
    enum fault fault = private_key_unlock(row->key, old, &key, why);

    if (fault == FAULT_NONE) {
        fault = private_key_lock(key, new, &pem, why);
    }
    if (fault == FAULT_NONE) {
        fault = authority_set_key(kms->store, row->id, buffer_span(&pem), why);
    }
    private_key_free(key);
    buffer_clear(&pem);
    return fault;
}

static enum fault relock_keys(struct kms *kms, struct arena *arena, const struct secret *old,
                              const struct secret *new, struct why *why)
{
    struct authority_row *rows = NULL;
    size_t count = 0;
    enum fault fault = authority_list(kms->store, arena, &rows, &count, why);

    for (size_t i = 0; fault == FAULT_NONE && i < count; i++) {
        if (rows[i].key.len > 0) {
            fault = relock_one(kms, &rows[i], old, new, why);
        }
    }
    return fault;
}

static enum fault fill_slot(struct kms *kms, const struct person_row *person,
                            const struct secret *secret, struct why *why)
{
    struct buffer sealed = buffer_with_max(SLOT_MAX);
    enum fault fault =
        ca_slot_seal(store_id(kms->store), person->name, person->sealing.at, secret, &sealed, why);

    if (fault == FAULT_NONE) {
        fault = slot_set(kms->store, person->id, buffer_span(&sealed), why);
    }
    buffer_clear(&sealed);
    return fault;
}

static enum fault fill_slots(struct kms *kms, struct arena *arena, const struct secret *secret,
                             struct why *why)
{
    struct person_row *people = NULL;
    size_t count = 0;
    enum fault fault = vouched_list(kms, arena, &people, &count, why);

    for (size_t i = 0; fault == FAULT_NONE && i < count; i++) {
        if (people[i].is_admin) {
            fault = fill_slot(kms, &people[i], secret, why);
        }
    }
    return fault;
}

enum fault ca_relock(struct kms *kms, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct secret old = {0}, new = {0};
    enum fault fault = ca_secret_open(kms, &old, why);

    if (fault == FAULT_NONE) {
        fault = ca_secret_make(&new, why);
    }
    if (fault == FAULT_NONE) {
        fault = relock_keys(kms, &arena, &old, &new, why);
    }
    if (fault == FAULT_NONE) {
        fault = fill_slots(kms, &arena, &new, why);
    }
    secret_clear(&old);
    secret_clear(&new);
    arena_clear(&arena);
    return fault;
}
