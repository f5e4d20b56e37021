#include "kms/request/recovery/recover_check.h"

#include <stdio.h>

#include "base/hex.h"
#include "base/utc.h"
#include "cert/cert.h"
#include "cert/digest.h"
#include "kms/authority/key.h"
#include "kms/request/session/envelope_binding.h"
#include "kms/request/session/vouch.h"
#include "kms/store/audit_rows.h"
#include "kms/store/authority_rows.h"
#include "kms/store/escrow_rows.h"
#include "kms/store/store.h"
#include "verdict/address.h"

_Static_assert((int)SHA256_SIZE == (int)TRANSCRIPT_SIZE, "digests of one size");

void recovery_serial_text(struct span serial, char out[RECOVERY_SERIAL_TEXT])
{
    hex_text(span_upto(serial, RECOVERY_SERIAL_MAX), out);
}

struct span recovery_subject(const struct recovery *recovery)
{
    return recovery->request.address_count > 0 ? recovery->request.addresses[0]
                                               : span_text("request");
}

enum fault recovery_refuse(struct kms *kms, struct span subject, enum fault fault, struct why *why)
{
    struct why second;

    fault = kms_tell(kms, fault, why, "%s", why->rule); /* the next call writes over it */
    if (fault == FAULT_RESOURCE || !kms->in_transaction) {
        return fault;
    }
    if (kms_audit(kms, subject, "refused", span_text(kms->told), &second) != FAULT_NONE) {
        *why = second;
        return FAULT_RESOURCE;
    }
    return fault;
}

/* What a row that refers to it does not find: the store is damaged. */
static enum fault missing(enum fault fault, const char *rule, struct why *why)
{
    return fault == FAULT_ABSENT ? fault_at(FAULT_SYNTAX, 0, rule, why) : fault;
}

static enum fault add_ca(struct kms *kms, struct recovery_cas *cas, struct span certificate,
                         struct why *why)
{
    struct cert cert;
    enum fault fault = cert_read(certificate, &cert, why);

    if (fault == FAULT_NONE && cas->count == RECOVERY_CAS_MAX) {
        return fault_at(FAULT_LIMIT, 0, "more certificates of the CA than can be looked at", why);
    }
    if (fault == FAULT_NONE) {
        fault = anchor_holds_issuing(&kms->anchor, cert.spki, why);
    }
    if (fault == FAULT_NONE) {
        fault = key_verifier_new(cert.spki, &cas->verifiers[cas->count], why);
    }
    if (fault == FAULT_NONE) {
        cas->certificates[cas->count++] = certificate;
    }
    return fault;
}

enum fault recovery_cas_open(struct kms *kms, struct recovery_cas *out, struct why *why)
{
    struct authority_row row;
    enum fault fault = authority_find(kms->store, AUTHORITY_ISSUING, &kms->arena, &row, why);

    *out = (struct recovery_cas){0};
    if (fault == FAULT_NONE && row.certificate.len > 0) {
        /* That one alone: it is the one that everybody's keys are locked to. */
        fault = add_ca(kms, out, row.certificate, why);
    }
    if (fault != FAULT_NONE) {
        recovery_cas_close(out);
        return kms_tell(kms, fault, why, "%s", why->rule);
    }
    return FAULT_NONE;
}

void recovery_cas_close(struct recovery_cas *cas)
{
    for (size_t i = 0; i < cas->count; i++) {
        key_verifier_free(cas->verifiers[i]);
    }
    cas->count = 0;
}

static bool is_among(struct span address, const struct recovery_request *request)
{
    for (size_t i = 0; i < request->address_count; i++) {
        if (address_compare(address, request->addresses[i]) != ADDRESS_DIFFERENT) {
            return true;
        }
    }
    return false;
}

/* The record of the CA that binds the envelope to the serial and the user. */
static enum fault check_binding(struct kms *kms, const struct recovery_cas *cas,
                                const struct recovery_request *request, struct span binding,
                                struct recovery_item *item, struct why *why)
{
    const struct envelope_subject subject = {
        .store_id = store_id(kms->store),
        .user = request->user,
        .serial = item->certificate.serial,
        .certificate = item->certificate.der,
        .cms = item->cms,
    };
    char serial[RECOVERY_SERIAL_TEXT];
    enum fault fault =
        envelope_bound_with(cas->verifiers, cas->count, &subject, binding, &item->address, why);

    recovery_serial_text(item->certificate.serial, serial);
    if (fault == FAULT_DENIED || fault == FAULT_SYNTAX) {
        return kms_tell(kms, FAULT_DENIED, why,
                        "the envelope of key %s is not the one that the CA bound to it and to this "
                        "user: swapped or altered",
                        serial);
    }
    if (fault == FAULT_NONE && !is_among(item->address, request)) {
        return kms_tell(kms, FAULT_DENIED, why,
                        "key %s was issued to %.*s, whom the request does not name", serial,
                        (int)item->address.len, (const char *)item->address.at);
    }
    return fault;
}

enum fault recovery_item_check(struct kms *kms, const struct recovery_cas *cas,
                               const struct recovery_request *request, struct arena *arena,
                               struct recovery_item *item, struct why *why)
{
    struct envelope_row row;
    char serial[RECOVERY_SERIAL_TEXT];
    enum fault fault;

    recovery_serial_text(item->certificate.serial, serial);
    if (item->certificate.user != request->user ||
        item->certificate.purpose != CERTIFICATE_ENCRYPTION) {
        return kms_tell(kms, FAULT_DENIED, why, "key %s is no encryption key of this user", serial);
    }
    fault = envelope_get(kms->store, item->certificate.id, arena, &row, why);
    if (fault == FAULT_ABSENT) {
        return kms_tell(kms, FAULT_DENIED, why, "key %s has no envelope in the store", serial);
    }
    if (fault == FAULT_NONE) {
        item->cms = row.cms;
        fault = digest_sha256(row.cms, item->digest) == FAULT_NONE
                    ? FAULT_NONE
                    : fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (fault == FAULT_NONE) {
        fault = check_binding(kms, cas, request, row.binding, item, why);
    }
    if (fault == FAULT_NONE && envelope_read(item->cms, &item->envelope, why) != FAULT_NONE) {
        return kms_tell(kms, FAULT_DENIED, why, "the envelope of key %s cannot be read: %s", serial,
                        why->rule);
    }
    return fault;
}

/* Who asked: he signed it, and is an administrator still. */
static enum fault check_requester(struct kms *kms, const struct recovery *r, struct arena *arena,
                                  struct why *why)
{
    struct person_row person;
    enum fault fault = vouched_get(kms, r->row.requester, arena, &person, why);

    if (fault != FAULT_NONE) {
        return missing(fault, "the requester is not in the store", why);
    }
    if (!span_equal(person.name, r->request.requester)) {
        return fault_at(FAULT_DENIED, 0, "the store says that somebody else asked", why);
    }
    fault = recovery_request_verify(&r->request, person.signing.at, why);
    if (fault == FAULT_NONE && (person.until != 0 || !person.is_admin)) {
        return fault_at(FAULT_DENIED, 0, "who asked is no administrator any more", why);
    }
    return fault;
}

static enum fault check_time(struct kms *kms, const struct recovery *r, struct why *why)
{
    char text[UTC_TEXT_SIZE];

    if (kms->now + STORE_CLOCK_SLACK < r->request.created) {
        utc_text(r->request.created, text);
        return kms_tell(kms, FAULT_DENIED, why,
                        "the request was made at %s, which is not yet: is the clock right?", text);
    }
    if (kms->now >= r->request.expires) {
        utc_text(r->request.expires, text);
        return kms_tell(kms, FAULT_DENIED, why, "the request expired at %s (ask anew)", text);
    }
    if (r->row.done_at != 0) {
        utc_text(r->row.done_at, text);
        return kms_tell(kms, FAULT_DENIED, why, "the keys were collected at %s (ask anew)", text);
    }
    return FAULT_NONE;
}

/* Whether a text begins with this digest in hexadecimal. */
static bool is_digest(struct span text, const uint8_t digest[TRANSCRIPT_SIZE])
{
    const struct span hex = span_upto(text, hex_run_length(text));
    uint8_t read[TRANSCRIPT_SIZE];

    return hex.len == 2 * sizeof(read) && hex_decode_run(hex, read) == hex.len &&
           memcmp(read, digest, sizeof(read)) == 0;
}

/* A row that was made open again is done all the same, when the audit tells so. */
static enum fault check_collected(struct kms *kms, const struct recovery *r, struct why *why)
{
    static const char word[] = "request ";
    struct store_walk walk = {0};
    struct audit_row row;
    bool there = true, is_this = false;
    char at[UTC_TEXT_SIZE];
    enum fault fault = audit_walk_collected(kms->store, recovery_subject(r), &walk, why);

    while (fault == FAULT_NONE && there && !is_this) {
        fault = audit_next(&walk, &row, &there, why);
        if (fault == FAULT_NONE && there && span_is(row.result, "collected")) {
            is_this = is_digest(span_from(row.detail, sizeof(word) - 1), r->request.digest);
            utc_text(row.at, at);
        }
    }
    store_walk_end(&walk);
    return is_this ? kms_tell(kms, FAULT_DENIED, why,
                              "the store was altered: the audit says that the keys were collected "
                              "at %s (ask anew)",
                              at)
                   : fault;
}

/* The file is of this store, and says what the row says. */
static enum fault check_row(struct kms *kms, struct recovery *r, struct arena *arena,
                            struct why *why)
{
    const struct recovery_request *request = &r->request;
    uint8_t digest[TRANSCRIPT_SIZE];
    enum fault fault = recovery_request_digest(request, digest, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    if (memcmp(digest, request->digest, sizeof(digest)) != 0) {
        return fault_at(FAULT_DENIED, 0, "the request was altered: its digest is another", why);
    }
    if (!span_equal(request->store_id, store_id(kms->store))) {
        return fault_at(FAULT_DENIED, 0, "the request is one of another store", why);
    }
    fault = request_find(kms->store, span_of(digest, sizeof(digest)), arena, &r->row, why);
    if (fault == FAULT_ABSENT) {
        return fault_at(FAULT_DENIED, 0, "nobody asked for this in this store", why);
    }
    if (fault == FAULT_NONE &&
        (r->row.user != request->user || r->row.created != request->created ||
         r->row.expires != request->expires ||
         !span_equal(r->row.seal_public, span_of(request->key, sizeof(request->key))))) {
        return fault_at(FAULT_DENIED, 0, "the request in the store was altered", why);
    }
    return fault;
}

/* One key of a request. FAULT_DENIED: it cannot be recovered, and the sentence says why. */
static enum fault check_key(struct kms *kms, const struct recovery_cas *cas,
                            const struct recovery_request *request, const struct recovery_key *key,
                            struct arena *arena, struct recovery_item *item, struct why *why)
{
    char serial[RECOVERY_SERIAL_TEXT];
    enum fault fault = certificate_find(kms->store, key->serial, arena, &item->certificate, why);

    recovery_serial_text(key->serial, serial);
    if (fault == FAULT_ABSENT) {
        return kms_tell(kms, FAULT_DENIED, why, "there is no key %s in the store", serial);
    }
    if (fault == FAULT_NONE) {
        fault = recovery_item_check(kms, cas, request, arena, item, why);
    }
    if (fault == FAULT_NONE && memcmp(item->digest, key->envelope, TRANSCRIPT_SIZE) != 0) {
        return kms_tell(kms, FAULT_DENIED, why,
                        "the envelope of key %s is another than was asked for", serial);
    }
    return fault;
}

static enum fault check_items(struct kms *kms, const struct recovery_cas *cas, struct recovery *r,
                              struct arena *arena, struct why *why)
{
    const size_t count = r->request.key_count;
    enum fault fault = FAULT_NONE;

    r->items = arena_take_array(arena, count, sizeof(*r->items));
    r->losses.at = arena_take_array(arena, count, sizeof(*r->losses.at));
    if (r->items == NULL || r->losses.at == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory for the request", why);
    }
    for (size_t i = 0; i < count && fault == FAULT_NONE; i++) {
        const struct recovery_key *key = &r->request.keys[i];
        struct recovery_item *item = &r->items[i];

        *item = (struct recovery_item){0};
        fault = check_key(kms, cas, &r->request, key, arena, item, why);
        if (fault == FAULT_DENIED) {
            item->is_lost = true;
            fault = recovery_lose(&r->losses, arena, key->serial, why->rule, why);
        }
    }
    return fault == FAULT_NONE && r->losses.count == count ? recovery_all_lost(kms, &r->losses, why)
                                                           : fault;
}

enum fault recovery_check(struct kms *kms, const struct recovery_cas *cas, struct span file,
                          struct arena *arena, struct recovery *out, struct why *why)
{
    enum fault fault;

    *out = (struct recovery){0};
    fault = recovery_request_read(file, arena, &out->request, why);
    if (fault == FAULT_NONE) {
        fault = check_row(kms, out, arena, why);
    }
    if (fault == FAULT_NONE) {
        fault = check_requester(kms, out, arena, why);
    }
    if (fault == FAULT_NONE) {
        fault = check_time(kms, out, why);
    }
    if (fault == FAULT_NONE) {
        fault = check_collected(kms, out, why);
    }
    if (fault == FAULT_NONE) {
        fault = check_items(kms, cas, out, arena, why);
    }
    return fault == FAULT_NONE ? FAULT_NONE : kms_tell(kms, fault, why, "%s", why->rule);
}
