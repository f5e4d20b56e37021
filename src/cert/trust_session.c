#include "cert/trust_session.h"

#include <stdlib.h>
#include <string.h>

/* Ids of guests begin where those of loaded certificates never come. */
static const uint64_t guest_id_first = (uint64_t)1 << 32;

/* Finds a slot; what is in it is compared in full, so that a bad mix only costs time. */
static uint64_t hash_of(struct span s)
{
    uint64_t hash = 0x9e3779b97f4a7c15 ^ s.len;
    size_t i = 0;

    for (; i + sizeof(uint64_t) <= s.len; i += sizeof(uint64_t)) {
        uint64_t word;

        memcpy(&word, s.at + i, sizeof word);
        hash = (hash ^ word) * 0xff51afd7ed558ccd;
        hash ^= hash >> 32;
    }
    for (; i < s.len; i++) {
        hash = (hash ^ s.at[i]) * 0x100000001b3;
    }
    return hash ^ hash >> 29;
}

struct trust_session *trust_session_new(const struct trust *trust)
{
    struct trust_session *session = calloc(1, sizeof *session);

    if (session == NULL) {
        return NULL;
    }
    session->trust = trust;
    session->next_id = guest_id_first;
    session->tools = signing_tools_new();
    session->leaf_tools = leaf_tools_new();
    session->signers = calloc(trust->key_count + 1, sizeof(struct signer *));
    if (session->tools == NULL || session->leaf_tools == NULL || session->signers == NULL) {
        trust_session_free(session);
        return NULL;
    }
    return session;
}

static void name_clear(struct name_slot *slot)
{
    canonical_free(slot->name);
    free(slot->bytes);
    *slot = (struct name_slot){0};
}

static void guest_clear(struct guest *guest)
{
    signer_free(guest->signer);
    canonical_free(guest->subject);
    canonical_free(guest->issuer);
    ca_free(guest->ca);
    free((void *)guest->der.at);
    *guest = (struct guest){0};
}

void trust_session_free(struct trust_session *session)
{
    if (session == NULL) {
        return;
    }
    for (size_t i = 0; session->signers != NULL && i < session->trust->key_count; i++) {
        signer_free(session->signers[i]);
    }
    for (size_t i = 0; i < NAMES_KEPT; i++) {
        name_clear(&session->names[i]);
    }
    for (size_t i = 0; i < GUESTS_KEPT; i++) {
        guest_clear(&session->guests[i]);
    }
    free(session->signers);
    leaf_tools_free(session->leaf_tools);
    signing_tools_free(session->tools);
    free(session);
}

static bool copy_bytes(struct span s, uint8_t **out)
{
    *out = malloc(s.len + 1);
    if (*out != NULL && s.len > 0) {
        memcpy(*out, s.at, s.len);
    }
    return *out != NULL;
}

const struct name_slot *session_name(struct trust_session *session, struct span bytes)
{
    uint64_t hash = hash_of(bytes);
    struct name_slot *slot = &session->names[hash % NAMES_KEPT];

    if (slot->bytes != NULL && slot->hash == hash &&
        span_equal(span_of(slot->bytes, slot->len), bytes)) {
        return slot;
    }
    name_clear(slot);
    if (!copy_bytes(bytes.len <= NAME_KEPT_MAX ? bytes : span_of(NULL, 0), &slot->bytes)) {
        return NULL;
    }
    slot->len = bytes.len <= NAME_KEPT_MAX ? bytes.len : 0;
    slot->hash = hash;
    slot->name = canonical_new(bytes);
    slot->authority = trust_authority(session->trust, slot->name);
    return slot;
}

static bool is_loaded(const struct trust *trust, const struct canonical *subject, struct span der)
{
    const struct authority *authority = trust_authority(trust, subject);

    for (size_t i = 0; authority != NULL && i < authority->ca_count; i++) {
        if (span_equal(authority->cas[i].ca->der, der)) {
            return true;
        }
    }
    return false;
}

static bool is_above_loaded(const struct trust *trust, const struct canonical *subject)
{
    for (size_t i = 0; i < trust->ca_count; i++) {
        if (canonical_order(trust->cas[i].issuer_name, subject) == 0) {
            return true;
        }
    }
    return false;
}

/* What is loaded already, no certificate, or dear to verify with, is kept without its `ca`. */
static enum fault guest_decode(struct trust_session *session, struct guest *guest)
{
    struct why why;
    enum fault fault = ca_read(guest->der, &guest->ca, &why);

    if (fault != FAULT_NONE) {
        guest->ca = NULL;
        return fault == FAULT_RESOURCE ? fault : FAULT_NONE;
    }
    guest->ca->id = session->next_id++;
    guest->subject = canonical_new(guest->ca->subject);
    guest->issuer = canonical_new(guest->ca->issuer);
    if (guest->subject == NULL || guest->issuer == NULL) {
        return FAULT_RESOURCE;
    }
    guest->is_above_loaded = is_above_loaded(session->trust, guest->subject);
    if (guest->ca->dear || is_loaded(session->trust, guest->subject, guest->der)) {
        ca_free(guest->ca);
        guest->ca = NULL;
    }
    return FAULT_NONE;
}

/* The slot that was not used for longest: never one that this question uses. */
static struct guest *oldest_guest(struct trust_session *session)
{
    struct guest *oldest = &session->guests[0];

    for (size_t i = 1; i < GUESTS_KEPT; i++) {
        if (session->guests[i].last_asked < oldest->last_asked) {
            oldest = &session->guests[i];
        }
    }
    return oldest;
}

struct guest *session_guest(struct trust_session *session, struct span der)
{
    uint64_t hash = hash_of(der);
    struct guest *guest;
    uint8_t *copy;

    for (size_t i = 0; i < GUESTS_KEPT; i++) {
        guest = &session->guests[i];
        if (guest->hash == hash && guest->der.at != NULL && span_equal(guest->der, der)) {
            guest->last_asked = session->asked;
            return guest;
        }
    }
    guest = oldest_guest(session);
    guest_clear(guest);
    if (!copy_bytes(der, &copy)) {
        return NULL;
    }
    guest->der = span_of(copy, der.len);
    guest->hash = hash;
    guest->last_asked = session->asked;
    if (guest_decode(session, guest) != FAULT_NONE) {
        guest_clear(guest);
        return NULL;
    }
    return guest;
}

struct signer *session_signer(struct trust_session *session, const struct loaded *loaded)
{
    struct signer **signer = &session->signers[loaded->key_index];

    if (*signer == NULL) {
        *signer = signer_new(loaded->ca->key);
    }
    return *signer;
}

struct signer *session_guest_signer(struct guest *guest)
{
    if (guest->signer == NULL) {
        guest->signer = signer_new(guest->ca->key);
    }
    return guest->signer;
}

static bool is_same_key(const struct path_key *a, const struct path_key *b)
{
    return a->count == b->count && memcmp(a->words, b->words, a->count * sizeof a->words[0]) == 0;
}

const struct path_answer *session_find_path(const struct trust_session *session,
                                            const struct path_key *key)
{
    if (key->count > PATH_WORDS) {
        return NULL;
    }
    for (size_t i = 0; i < PATHS_KEPT; i++) {
        if (is_same_key(&session->paths[i].key, key)) {
            return &session->paths[i].answer;
        }
    }
    return NULL;
}

void session_keep_path(struct trust_session *session, const struct path_key *key,
                       const struct path_answer *answer)
{
    if (key->count > PATH_WORDS) {
        return;
    }
    session->paths[session->next_path] = (struct path_slot){.key = *key, .answer = *answer};
    session->next_path = (session->next_path + 1) % PATHS_KEPT;
}

bool session_vouches(struct trust_session *session, struct guest *guest, const struct crl *crl)
{
    struct voucher *voucher;
    struct signed_part part = crl->part;
    struct signer *signer;

    if (!guest->ca->signs_lists || !ca_fits_key_id(guest->ca, crl->authority_key_id)) {
        return false;
    }
    for (size_t i = 0; i < VOUCHERS_KEPT; i++) {
        voucher = &session->vouchers[i];
        if (voucher->ca == guest->ca->id && voucher->crl == crl) {
            return voucher->good;
        }
    }
    signer = session_guest_signer(guest);
    voucher = &session->vouchers[session->next_voucher];
    session->next_voucher = (session->next_voucher + 1) % VOUCHERS_KEPT;
    *voucher = (struct voucher){
        .ca = guest->ca->id,
        .crl = crl,
        .good = signer != NULL && signer_made(signer, session->tools, &part),
    };
    return voucher->good;
}
