#include "kms/request/person.h"

#include "cert/cert.h"
#include "kms/authority/csr.h"
#include "kms/people/passphrase.h"
#include "kms/people/transcript.h"
#include "kms/store/authority_rows.h"
#include "kms/store/escrow_rows.h"
#include "kms/store/store.h"
#include "kms/vault/deal.h"

enum { ARENA_MAX = 1 << 20, SPKI_MAX = 4096 };

enum fault person_choice_check(const struct person_choice *choice, const char *organization,
                               struct why *why)
{
    const char *const names[] = {organization, choice->name, "keyroster", NULL};

    return passphrase_check(choice->passphrase, names, why);
}

/* The public half of the recovery key; resharing does not change it. */
static enum fault recovery_key_of(struct store *store, struct arena *arena, struct span *out,
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
static enum fault issuing_key_of(struct store *store, struct arena *arena, struct buffer *out,
                                 struct why *why)
{
    struct authority_row row;
    struct cert cert;
    enum key_kind kind;
    enum fault fault = authority_find(store, AUTHORITY_ISSUING, arena, &row, why);

    if (fault == FAULT_ABSENT) {
        return fault_at(FAULT_SYNTAX, 0, "the store is damaged: it has no issuing CA", why);
    }
    if (fault == FAULT_NONE && row.certificate.len == 0) {
        fault = csr_read(row.request, &kind, out, why);
    } else if (fault == FAULT_NONE) {
        fault = cert_read(row.certificate, &cert, why);
        if (fault == FAULT_NONE) {
            buffer_add(out, cert.spki);
        }
    }
    return fault == FAULT_NONE ? out->fault : fault;
}

/* What locked keys are bound to. */
static enum fault context_of(struct store *store, struct span name, uint8_t digest[TRANSCRIPT_SIZE],
                             struct why *why)
{
    struct transcript t = transcript_begin("keyroster person v1");
    struct arena arena = arena_with_max(ARENA_MAX);
    struct buffer issuing_key = buffer_with_max(SPKI_MAX);
    struct span recovery_key = {0};
    enum fault fault = recovery_key_of(store, &arena, &recovery_key, why);

    if (fault == FAULT_NONE) {
        fault = issuing_key_of(store, &arena, &issuing_key, why);
    }
    if (fault == FAULT_NONE) {
        transcript_add(&t, store_id(store));
        transcript_add(&t, name);
        transcript_add(&t, recovery_key);
        transcript_add(&t, buffer_span(&issuing_key));
        fault = transcript_end(&t, digest, why);
    }
    buffer_clear(&issuing_key);
    arena_clear(&arena);
    return fault;
}

enum fault person_lock(struct store *store, struct span name, const struct identity *identity,
                       const struct secret *passphrase, struct buffer *out, struct why *why)
{
    uint8_t context[TRANSCRIPT_SIZE];
    enum fault fault = context_of(store, name, context, why);

    if (fault == FAULT_NONE) {
        fault = identity_lock(identity, passphrase, lock_cost_usual(),
                              span_of(context, sizeof(context)), out, why);
    }
    return fault;
}

enum fault person_unlock(struct store *store, struct span name, struct span locked,
                         const struct secret *passphrase, struct identity *out, struct why *why)
{
    uint8_t context[TRANSCRIPT_SIZE];
    enum fault fault = context_of(store, name, context, why);

    if (fault == FAULT_NONE) {
        fault = identity_unlock(passphrase, span_of(context, sizeof(context)), locked, out, why);
    }
    return fault;
}
