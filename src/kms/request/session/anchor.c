#include "kms/request/session/anchor.h"

#include "cert/cert.h"
#include "kms/authority/csr.h"
#include "kms/store/authority_rows.h"
#include "kms/store/escrow_rows.h"
#include "kms/store/store.h"

enum { SPKI_MAX = 4096 };

static enum fault read_recovery_key(struct store *store, struct arena *arena, struct span *out,
                                    struct why *why)
{
    struct vault_public *public = arena_take(arena, sizeof(*public));
    struct escrow_row row;
    enum fault fault = public != NULL ? escrow_current(store, arena, &row, why)
                                      : fault_at(FAULT_RESOURCE, 0, "out of memory", why);

    if (fault == FAULT_ABSENT) {
        return fault_at(FAULT_SYNTAX, 0, "the store is damaged: it has no recovery key", why);
    }
    if (fault == FAULT_NONE) {
        fault = vault_public_decode(row.public, public, why);
    }
    if (fault == FAULT_NONE) {
        *out = vault_public_key(public);
    }
    return fault;
}

/* The issuing CA's public key, which is there before its certificate where the root is outside. */
static enum fault read_issuing_key(struct store *store, struct arena *arena, struct span *out,
                                   struct why *why)
{
    struct buffer spki = buffer_with_max(SPKI_MAX);
    struct authority_row row;
    struct cert cert;
    enum key_kind kind;
    enum fault fault = authority_find(store, AUTHORITY_ISSUING, arena, &row, why);

    if (fault == FAULT_ABSENT) {
        return fault_at(FAULT_SYNTAX, 0, "the store is damaged: it has no issuing CA", why);
    }
    if (fault == FAULT_NONE && row.certificate.len == 0) {
        fault = csr_read(row.request, &kind, &spki, why);
        *out = buffer_span(&spki);
    } else if (fault == FAULT_NONE) {
        fault = cert_read(row.certificate, &cert, why);
        *out = cert.spki;
    }
    if (fault == FAULT_NONE && (spki.fault != FAULT_NONE || arena_copy(arena, *out, out) != 0)) {
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    buffer_clear(&spki);
    return fault;
}

enum fault anchor_read(struct store *store, struct arena *arena, struct anchor *out,
                       struct why *why)
{
    struct anchor anchor = {0};
    enum fault fault = read_recovery_key(store, arena, &anchor.recovery_key, why);

    if (fault == FAULT_NONE) {
        fault = read_issuing_key(store, arena, &anchor.issuing_key, why);
    }
    if (fault == FAULT_NONE) {
        fault = key_verifier_new(anchor.issuing_key, &anchor.issuing, why);
    }
    if (fault == FAULT_NONE) {
        *out = anchor;
    }
    return fault;
}

void anchor_clear(struct anchor *anchor)
{
    key_verifier_free(anchor->issuing);
    *anchor = (struct anchor){0};
}

enum fault anchor_holds_vault(const struct anchor *anchor, const struct vault_public *public,
                              struct why *why)
{
    return anchor->recovery_key.len == 0 ||
                   span_equal(anchor->recovery_key, vault_public_key(public))
               ? FAULT_NONE
               : fault_at(FAULT_SYNTAX, 0, "the store has another recovery key than a moment ago",
                          why);
}

enum fault anchor_holds_issuing(const struct anchor *anchor, struct span spki, struct why *why)
{
    return anchor->issuing_key.len == 0 || span_equal(anchor->issuing_key, spki)
               ? FAULT_NONE
               : fault_at(FAULT_SYNTAX, 0,
                          "the store has another key of the issuing CA than its certificate or a "
                          "moment ago",
                          why);
}
