#include "kms/request/recovery/collect.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/utc.h"
#include "cert/cert.h"
#include "kms/authority/ca.h"
#include "kms/request/recovery/collect_results.h"
#include "kms/request/recovery/recover_seal.h"
#include "kms/request/session/ca_keys.h"
#include "kms/request/session/chain_vouch.h"
#include "kms/request/session/share.h"
#include "kms/store/store.h"

enum { NAME_SIZE = 600, WRONG_SIZE = 256, DETAIL_MAX = 8192 };

/* The certificates of the CA, the issuing one's first. */
static enum fault load_chain(struct collector *c, struct why *why)
{
    struct span above = {0}, certificate;
    struct cursor in;
    enum fault fault = ca_chain(c->kms->store, &c->kms->arena, &above, why);

    if (fault == FAULT_NONE && c->cas.count > 0) {
        c->chain[c->chain_count++] = c->cas.certificates[0];
        fault = chain_check(c->kms, c->cas.certificates[0], above, why);
    }
    in = cursor_over(above);
    while (fault == FAULT_NONE && chain_next(&in, &certificate)) {
        if (c->chain_count == COLLECT_CHAIN_MAX) {
            return fault_at(FAULT_LIMIT, 0, "the chain of the CA is too long", why);
        }
        c->chain[c->chain_count++] = certificate;
    }
    return fault;
}

enum fault collector_open(struct collector *out, struct kms *kms, struct why *why)
{
    struct collector collector = {.kms = kms};
    enum fault fault = recovery_cas_open(kms, &collector.cas, why);

    if (fault == FAULT_NONE) {
        fault = load_chain(&collector, why);
    }
    if (fault == FAULT_NONE) {
        fault = share_vault_open(kms, &collector.vault, &collector.escrow, why);
    }
    if (fault == FAULT_NONE) {
        fault = combiner_new(collector.vault, &collector.combiner, why);
    }
    if (fault != FAULT_NONE) {
        collector_close(&collector);
        return kms_tell(kms, fault, why, "%s", why->rule);
    }
    *out = collector;
    return FAULT_NONE;
}

void collector_close(struct collector *collector)
{
    if (collector != NULL) {
        combiner_free(collector->combiner);
        vault_close(collector->vault);
        collector->combiner = NULL;
        collector->vault = NULL;
        recovery_cas_close(&collector->cas);
    }
}

/* The private half of the request's key, by the one who asked. */
static enum fault open_request_key(struct collector *c, const struct recovery *r,
                                   struct secret *out, struct why *why)
{
    for (size_t i = 0; i < c->kms->actor_count; i++) {
        if (c->kms->actors[i].id == r->row.requester) {
            return request_key_open(&r->request, &c->kms->actors[i].identity, r->row.seal_locked,
                                    out, why);
        }
    }
    return kms_tell(c->kms, FAULT_DENIED, why,
                    "%.*s asked for this, and nobody else can collect it",
                    (int)r->request.requester.len, (const char *)r->request.requester.at);
}

/* An agent for whom a key was damaged has left zeros in its place. */
static bool is_withheld(const struct collector *c, const struct collect_source *source,
                        size_t which)
{
    const size_t size = partial_size(vault_public(c->vault)->curve);
    uint8_t any = 0;

    for (size_t i = 0; i < size; i++) {
        any |= source->partials.at[which * size + i];
    }
    return any == 0;
}

/* Adds one agent's result for one key; `*wrong` says what is wrong with it. */
static enum fault add_result(struct collector *c, const struct recovery *r, size_t which,
                             const struct collect_source *source, const char **wrong,
                             struct why *why)
{
    const size_t size = partial_size(vault_public(c->vault)->curve);
    uint8_t context[PARTIAL_CONTEXT];
    struct partial partial = {0};
    enum fault fault =
        partial_decode(span_of(source->partials.at + which * size, size), &partial, why);

    if (fault == FAULT_NONE && partial.index != source->place) {
        fault = fault_at(FAULT_DENIED, 0, "it is made with another agent's share", why);
    }
    if (fault == FAULT_NONE) {
        fault = partial_context(span_of(r->request.digest, sizeof(r->request.digest)),
                                r->request.keys[which].serial, source->agent, context, why);
    }
    if (fault == FAULT_NONE) {
        fault = combiner_add(c->combiner, span_of(context, sizeof(context)), &partial, why);
    }
    partial_clear(&partial);
    *wrong = fault == FAULT_DENIED || fault == FAULT_SYNTAX ? why->rule : NULL;
    return *wrong != NULL ? FAULT_NONE : fault;
}

/* What is the matter with one key alone: FAULT_DENIED. */
static enum fault lost(struct collector *c, struct span serial, const char *what, struct why *why)
{
    char text[RECOVERY_SERIAL_TEXT];

    recovery_serial_text(serial, text);
    return kms_tell(c->kms, FAULT_DENIED, why, "key %s: %s", text, what);
}

/*
 * Adds the results of T agents for one envelope; bad ones are left out. `*is_lost` tells a
 * FAULT_DENIED that is about this key alone.
 */
static enum fault add_results(struct collector *c, struct collection *collection, size_t which,
                              struct collect_sources *sources, struct arena *arena, bool *is_lost,
                              struct why *why)
{
    const struct recovery *r = &collection->recovery;
    const struct span serial = r->request.keys[which].serial;
    const unsigned needed = vault_public(c->vault)->quorum;
    unsigned count = 0, withheld = 0;
    enum fault fault = combiner_start(c->combiner, r->items[which].envelope.ephemeral, why);

    if (fault == FAULT_SYNTAX) {
        *is_lost = true;
        return lost(c, serial, why->rule, why);
    }
    for (size_t i = 0; i < sources->count && count < needed && fault == FAULT_NONE; i++) {
        struct collect_source *source = &sources->at[i];
        const char *wrong = NULL;

        if (source->is_bad) {
            continue;
        }
        if (is_withheld(c, source, which)) {
            withheld++;
            continue;
        }
        fault = add_result(c, r, which, source, &wrong, why);
        if (fault == FAULT_NONE && wrong != NULL) {
            char text[RECOVERY_SERIAL_TEXT], sentence[WRONG_SIZE];

            recovery_serial_text(serial, text);
            (void)snprintf(sentence, sizeof(sentence), "the result for key %s is wrong: %s", text,
                           wrong);
            fault = collect_source_drop(source, collection, arena, sentence, why);
            continue;
        }
        count++;
    }
    if (fault == FAULT_NONE && count < needed && withheld > 0) {
        *is_lost = true;
        return lost(c, serial, "it was damaged when agents approved (ask anew)", why);
    }
    return fault == FAULT_NONE && count < needed
               ? collect_too_few(c, collection, sources, arena, why)
               : fault;
}

/*
 * Opens one envelope; the key in it is the one of its certificate, or nobody gets it.
 * FAULT_DENIED: it cannot be opened.
 */
static enum fault open_key(struct collector *c, const struct recovery_item *item,
                           const struct secret *shared, struct private_key **out, struct why *why)
{
    struct private_key *key = NULL;
    struct secret pkcs8 = {0};
    struct cert cert = {0};
    enum fault fault = envelope_open(&item->envelope, shared, &pkcs8, why);

    if (fault == FAULT_NONE) {
        fault = private_key_from_pkcs8(secret_span(&pkcs8), &key, why);
    }
    secret_clear(&pkcs8);
    if (fault == FAULT_NONE) {
        fault = cert_read(item->certificate.der, &cert, why);
    }
    if (fault == FAULT_NONE && !private_key_fits(key, cert.spki)) {
        fault = fault_at(FAULT_DENIED, 0, "what is in the envelope is the key of another", why);
    }
    if (fault == FAULT_NONE) {
        *out = key;
        return FAULT_NONE;
    }
    private_key_free(key);
    return fault == FAULT_RESOURCE ? fault : lost(c, item->certificate.serial, why->rule, why);
}

/* One key, by the results of T agents. */
static enum fault recover_key(struct collector *c, struct collection *collection, size_t which,
                              struct collect_sources *sources, struct arena *arena, bool *is_lost,
                              struct why *why)
{
    struct secret shared = {0};
    enum fault fault = add_results(c, collection, which, sources, arena, is_lost, why);

    if (fault == FAULT_NONE) {
        fault = combiner_finish(c->combiner, &shared, why);
    }
    if (fault == FAULT_NONE) {
        fault =
            open_key(c, &collection->recovery.items[which], &shared, &collection->keys[which], why);
        *is_lost = fault == FAULT_DENIED;
    }
    secret_clear(&shared);
    return fault;
}

/* Only what came back stays, each key beside its item. */
static void keep_recovered(struct collection *collection)
{
    struct recovery *r = &collection->recovery;
    size_t count = 0;

    for (size_t i = 0; i < collection->key_count; i++) {
        struct private_key *key = collection->keys[i];

        if (key != NULL) {
            collection->keys[i] = NULL;
            collection->keys[count] = key;
            r->items[count] = r->items[i];
            r->request.keys[count++] = r->request.keys[i];
        }
    }
    collection->key_count = count;
    r->request.key_count = count;
}

static enum fault open_keys(struct collector *c, struct collection *collection,
                            struct collect_sources *sources, struct arena *arena, struct why *why)
{
    struct recovery *r = &collection->recovery;
    enum fault fault = FAULT_NONE;

    if (collect_sources_good(sources) < vault_public(c->vault)->quorum) {
        return collect_too_few(c, collection, sources, arena, why);
    }
    collection->keys = calloc(r->request.key_count, sizeof(*collection->keys));
    if (collection->keys == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    collection->key_count = r->request.key_count;
    for (size_t i = 0; i < collection->key_count && fault == FAULT_NONE; i++) {
        bool is_lost = false;

        if (r->items[i].is_lost) {
            continue;
        }
        fault = recover_key(c, collection, i, sources, arena, &is_lost, why);
        if (fault == FAULT_DENIED && is_lost) {
            fault = recovery_lose(&r->losses, arena, r->request.keys[i].serial, why->rule, why);
        }
    }
    if (fault == FAULT_NONE && r->losses.count == collection->key_count) {
        return recovery_all_lost(c->kms, &r->losses, why);
    }
    if (fault == FAULT_NONE) {
        keep_recovered(collection);
    }
    return fault;
}

enum fault collect(struct collector *collector, struct span file, struct arena *arena,
                   struct collection *out, struct why *why)
{
    struct collect_sources sources = {0};
    struct secret private = {0};
    enum fault fault;

    *out = (struct collection){0};
    fault = recovery_check(collector->kms, &collector->cas, file, arena, &out->recovery, why);
    if (fault == FAULT_NONE) {
        fault = open_request_key(collector, &out->recovery, &private, why);
    }
    if (fault == FAULT_NONE) {
        fault = collect_sources_open(collector, out, &private, arena, &sources, why);
    }
    if (fault == FAULT_NONE) {
        fault = open_keys(collector, out, &sources, arena, why);
    }
    secret_clear(&private);
    collect_sources_clear(&sources);
    return fault == FAULT_NONE
               ? FAULT_NONE
               : recovery_refuse(collector->kms, recovery_subject(&out->recovery), fault, why);
}

void collection_clear(struct collection *collection)
{
    if (collection != NULL) {
        for (size_t i = 0; i < collection->key_count; i++) {
            private_key_free(collection->keys[i]);
        }
        free(collection->keys);
        collection->keys = NULL;
        collection->key_count = 0;
    }
}

/* What readers list: the address, and from when to when the certificate is valid. */
static struct span friendly_name(const struct recovery_item *item, char out[NAME_SIZE])
{
    char from[UTC_DATE_SIZE], to[UTC_DATE_SIZE];
    int len;

    utc_date(item->certificate.not_before, from);
    utc_date(item->certificate.not_after, to);
    len = snprintf(out, NAME_SIZE, "%.*s (encryption, %s to %s)", (int)item->address.len,
                   (const char *)item->address.at, from, to);
    return span_of(out, (size_t)len);
}

enum fault collection_p12(const struct collector *collector, const struct collection *collection,
                          size_t which, enum pkcs12_form form, unsigned rounds,
                          const struct secret *passphrase, struct buffer *out, struct why *why)
{
    const size_t first = which == COLLECT_ALL ? 0 : which;
    const size_t count = which == COLLECT_ALL ? collection->key_count : 1;
    struct pkcs12_entry *entries = calloc(count, sizeof(*entries));
    char(*names)[NAME_SIZE] = calloc(count, sizeof(*names));
    enum fault fault;

    if (entries == NULL || names == NULL) {
        free(entries);
        free(names);
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    for (size_t i = 0; i < count; i++) {
        const struct recovery_item *item = &collection->recovery.items[first + i];

        entries[i] = (struct pkcs12_entry){.key = collection->keys[first + i],
                                           .certificate = item->certificate.der,
                                           .name = friendly_name(item, names[i])};
    }
    fault = pkcs12_make(passphrase, entries, count, collector->chain, collector->chain_count, form,
                        rounds, out, why);
    free(entries);
    free(names);
    return fault;
}

enum fault collect_settle(struct collector *collector, const struct collection *collection,
                          struct why *why)
{
    const struct recovery *r = &collection->recovery;
    struct buffer detail = buffer_with_max(DETAIL_MAX);
    enum fault fault = request_done(collector->kms->store, r->row.id, collector->kms->now, why);

    buffer_add_text(&detail, "request ");
    buffer_add_hex(&detail, span_of(r->request.digest, sizeof(r->request.digest)));
    buffer_add_text(&detail, ", keys ");
    buffer_add_uint(&detail, collection->key_count);
    recovery_losses_add_detail(&r->losses, &detail);
    for (size_t i = 0; i < collection->fault_count; i++) {
        buffer_add_text(&detail, i == 0 ? ", without: " : ",");
        buffer_add(&detail, collection->faults[i].agent);
    }
    if (fault == FAULT_NONE && detail.fault != FAULT_NONE) {
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (fault == FAULT_NONE) {
        fault =
            kms_audit(collector->kms, recovery_subject(r), "collected", buffer_span(&detail), why);
    }
    buffer_clear(&detail);
    return fault == FAULT_NONE ? FAULT_NONE
                               : kms_tell(collector->kms, FAULT_RESOURCE, why, "%s", why->rule);
}
