#include "cert/digest.h"
#include "kms/authority/ca.h"
#include "kms/request/ceremony/init.h"
#include "kms/request/session/ca_keys.h"
#include "kms/request/session/chain_vouch.h"
#include "kms/request/session/share.h"
#include "kms/store/escrow_rows.h"
#include "kms/store/store.h"

enum { ARENA_MAX = 4 << 20, CERTIFICATE_ROOM = 16384, CHAIN_ROOM = 65536 };

/* What the outside root gave, once it was found good. */
struct installing {
    struct authority_row issuing;
    struct buffer certificate, chain, recovery;
    struct private_key *key;
};

/* Finds our certificate in the file, and opens the CA with it. */
static enum fault take(struct kms *kms, struct span file, struct installing *in, struct why *why)
{
    struct secret secret = {0};
    enum fault fault = ca_secret_open(kms, &secret, why);

    if (fault == FAULT_NONE) {
        fault = ca_key_open(kms, AUTHORITY_ISSUING, &secret, &in->key, why);
    }
    secret_clear(&secret);
    if (fault == FAULT_NONE) {
        fault = issuing_install(file, private_key_spki(in->key), kms->now, &in->certificate,
                                &in->chain, why);
    }
    if (fault == FAULT_NONE) {
        fault = authority_take(buffer_span(&in->certificate), buffer_span(&in->chain), in->key,
                               &kms->authority, why);
        in->key = fault == FAULT_NONE ? NULL : in->key;
    }
    return fault;
}

/* The last certificate of the chain: the root, or the highest one that is known. */
static struct span last_of(struct span chain)
{
    struct cursor in = cursor_over(chain);
    struct span certificate = {0}, last = {0};

    while (chain_next(&in, &certificate)) {
        last = certificate;
    }
    return last;
}

/* The recovery key's certificate, which init_make() could not sign yet. */
static enum fault certify_recovery(struct kms *kms, struct installing *in, struct why *why)
{
    struct authority_row row = {.role = AUTHORITY_RECOVERY, .since = kms->now};
    struct vault *vault = NULL;
    int64_t escrow = 0, id = 0;
    enum fault fault = share_vault_open(kms, &vault, &escrow, why);

    if (fault == FAULT_NONE) {
        fault = recovery_certificate_make(kms->authority, kms->organization,
                                          vault_public_key(vault_public(vault)), kms->now,
                                          &in->recovery, why);
    }
    vault_close(vault);
    row.certificate = buffer_span(&in->recovery);
    if (fault == FAULT_NONE) {
        fault = authority_add(kms->store, &row, &id, why);
    }
    if (fault == FAULT_NONE) {
        fault = escrow_set_certificate(kms->store, escrow, row.certificate, why);
    }
    return fault;
}

static enum fault write_rows(struct kms *kms, struct installing *in, struct why *why)
{
    struct authority_row root = {.role = AUTHORITY_ROOT, .since = kms->now};
    int64_t id = 0;
    enum fault fault =
        authority_set_certificate(kms->store, in->issuing.id, buffer_span(&in->certificate), why);

    root.certificate = last_of(buffer_span(&in->chain));
    if (fault == FAULT_NONE && root.certificate.len > 0) {
        fault = authority_add(kms->store, &root, &id, why);
    }
    if (fault == FAULT_NONE) {
        fault = store_meta_set(kms->store, CA_OUTSIDE_CHAIN,
                               in->chain.len > 0 ? buffer_span(&in->chain) : span_of("", 0), why);
    }
    if (fault == FAULT_NONE) {
        fault = chain_vouch(kms, buffer_span(&in->certificate), buffer_span(&in->chain), why);
    }
    if (fault == FAULT_NONE) {
        fault = certify_recovery(kms, in, why);
    }
    return fault == FAULT_NONE
               ? kms_audit(kms, kms->organization, "installed", (struct span){0}, why)
               : fault;
}

static enum fault fingerprint(struct span certificate, uint8_t out[FINGERPRINT_SIZE])
{
    return certificate.len > 0 ? digest_sha256(certificate, out) : FAULT_NONE;
}

static enum fault tell(const struct installing *in, struct init_result *result, struct why *why)
{
    if (fingerprint(last_of(buffer_span(&in->chain)), result->root) != FAULT_NONE ||
        fingerprint(buffer_span(&in->certificate), result->issuing) != FAULT_NONE ||
        fingerprint(buffer_span(&in->recovery), result->recovery) != FAULT_NONE) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    return FAULT_NONE;
}

/* Within the transaction. */
static enum fault install(struct kms *kms, struct span file, struct installing *in,
                          struct arena *arena, struct why *why)
{
    enum fault fault = authority_find(kms->store, AUTHORITY_ISSUING, arena, &in->issuing, why);

    if (fault == FAULT_NONE && in->issuing.certificate.len > 0) {
        fault = fault_at(FAULT_DENIED, 0, "the CA has its certificate already", why);
    }
    if (fault == FAULT_NONE) {
        fault = take(kms, file, in, why);
    }
    return fault == FAULT_NONE ? write_rows(kms, in, why) : fault;
}

enum fault init_install(struct kms *kms, struct span file, struct init_result *result,
                        struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct installing in = {
        .certificate = buffer_with_max(CERTIFICATE_ROOM),
        .chain = buffer_with_max(CHAIN_ROOM),
        .recovery = buffer_with_max(CERTIFICATE_ROOM),
    };
    enum fault fault = kms_allow(kms, TASK_POLICY, why);

    *result = (struct init_result){0};
    if (fault == FAULT_NONE) {
        fault = kms_begin(kms, why);
    }
    if (fault == FAULT_NONE) {
        fault = install(kms, file, &in, &arena, why);
        fault = fault == FAULT_NONE ? kms_commit(kms, why) : kms_refuse(kms, fault, why);
    }
    if (fault == FAULT_NONE) {
        fault = tell(&in, result, why);
    }
    private_key_free(in.key);
    buffer_clear(&in.certificate);
    buffer_clear(&in.chain);
    buffer_clear(&in.recovery);
    arena_clear(&arena);
    return fault;
}
