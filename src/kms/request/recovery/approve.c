#include "kms/request/recovery/approve.h"

#include "kms/request/recovery/recover_seal.h"
#include "kms/request/session/share.h"
#include "kms/vault/partial.h"

enum {
    SEALED_MAX = RECOVERY_KEYS_MAX * PARTIAL_MAX + HPKE_OVERHEAD,
    GENERATION_SIZE = 8,
    DETAIL_MAX = 256 + LOSS_DETAIL_MAX,
};

static enum fault open_share(struct approver *a, const char *name, const char *share_file,
                             struct why *why)
{
    enum fault fault;

    a->actor = kms_actor_find(a->kms, name);
    if (a->actor == NULL || !a->actor->is_agent) {
        return kms_tell(a->kms, FAULT_DENIED, why, "%s is no recovery agent of this store", name);
    }
    fault = share_vault_open(a->kms, &a->vault, &a->escrow, why);
    if (fault == FAULT_NONE) {
        fault = share_of_actor(a->kms, a->actor, share_file, a->vault, &a->index, &a->share, why);
    }
    return fault;
}

enum fault approver_open(struct approver *out, struct kms *kms, const char *name,
                         const char *share_file, struct why *why)
{
    struct approver approver = {.kms = kms};
    enum fault fault = recovery_cas_open(kms, &approver.cas, why);

    if (fault == FAULT_NONE) {
        fault = open_share(&approver, name, share_file, why);
        if (fault != FAULT_NONE) {
            approver_close(&approver);
            return fault == FAULT_RESOURCE ? fault : kms_refuse(kms, fault, why);
        }
        *out = approver;
    }
    return fault;
}

void approver_close(struct approver *approver)
{
    if (approver != NULL) {
        secret_clear(&approver->share);
        vault_close(approver->vault);
        approver->vault = NULL;
        recovery_cas_close(&approver->cas);
    }
}

/* The partial result for one key, encoded to `out`. FAULT_DENIED: none can be made for it. */
static enum fault make_partial(struct approver *a, const struct recovery *r, size_t which,
                               uint8_t *out, size_t size, struct why *why)
{
    const struct span digest = span_of(r->request.digest, sizeof(r->request.digest));
    uint8_t context[PARTIAL_CONTEXT], encoded[PARTIAL_MAX];
    struct partial partial = {0};
    enum fault fault = partial_context(digest, r->request.keys[which].serial,
                                       span_text(a->actor->name), context, why);

    if (fault == FAULT_NONE) {
        fault = partial_make(a->vault, a->index, &a->share, r->items[which].envelope.ephemeral,
                             span_of(context, sizeof(context)), &partial, why);
    }
    if (fault == FAULT_NONE) {
        (void)partial_encode(&partial, encoded);
        memcpy(out, encoded, size);
    }
    partial_clear(&partial);
    explicit_bzero(encoded, sizeof(encoded));
    if (fault != FAULT_NONE && fault != FAULT_RESOURCE) {
        char serial[RECOVERY_SERIAL_TEXT];

        recovery_serial_text(r->request.keys[which].serial, serial);
        fault = kms_tell(a->kms, FAULT_DENIED, why, "key %s: %s", serial, why->rule);
    }
    return fault;
}

/*
 * One partial result for each key, encoded, one behind the other. In the place of a key that is
 * left out there are zeros, which are no result.
 */
static enum fault make_partials(struct approver *a, struct recovery *r, struct arena *arena,
                                struct secret *out, struct why *why)
{
    const size_t size = partial_size(vault_public(a->vault)->curve);
    const size_t count = r->request.key_count;
    enum fault fault = secret_new(size * count, out, why);

    for (size_t i = 0; i < count && fault == FAULT_NONE; i++) {
        if (r->items[i].is_lost) {
            continue;
        }
        fault = make_partial(a, r, i, out->at + i * size, size, why);
        if (fault == FAULT_DENIED) {
            r->items[i].is_lost = true;
            fault = recovery_lose(&r->losses, arena, r->request.keys[i].serial, why->rule, why);
        }
    }
    return fault == FAULT_NONE && r->losses.count == count
               ? recovery_all_lost(a->kms, &r->losses, why)
               : fault;
}

/* The generation in 8 bytes, and the sealed results. */
static enum fault seal(const struct approver *a, const struct recover_approval *approval,
                       const struct secret *partials, struct buffer *out, struct why *why)
{
    for (unsigned shift = 64; shift > 0; shift -= 8) {
        buffer_add_byte(out, (uint8_t)((uint64_t)a->escrow >> (shift - 8)));
    }
    return approval_seal(approval, partials, out, why);
}

static enum fault add_row(struct approver *a, const struct recover_approval *approval,
                          int64_t request, struct span sealed, struct why *why)
{
    uint8_t digest[TRANSCRIPT_SIZE], signature[IDENTITY_SIGNATURE_SIZE];
    const struct approval_row row = {
        .request = request,
        .person = a->actor->id,
        .at = a->kms->now,
        .partials = sealed,
        .signature = span_of(signature, sizeof(signature)),
        .escrow = a->escrow,
    };
    enum fault fault = approval_digest(approval, sealed, digest, why);

    if (fault == FAULT_NONE) {
        fault = identity_sign(&a->actor->identity, span_of(digest, sizeof(digest)), signature, why);
    }
    return fault == FAULT_NONE ? approval_add(a->kms->store, &row, why) : fault;
}

static enum fault audit(struct approver *a, const struct recovery *r, struct why *why)
{
    struct buffer detail = buffer_with_max(DETAIL_MAX);
    enum fault fault;

    buffer_add_text(&detail, "request ");
    buffer_add_hex(&detail, span_of(r->request.digest, sizeof(r->request.digest)));
    buffer_add_text(&detail, ", keys ");
    buffer_add_uint(&detail, r->request.key_count - r->losses.count);
    recovery_losses_add_detail(&r->losses, &detail);
    fault = detail.fault == FAULT_NONE
                ? kms_audit(a->kms, recovery_subject(r), "approved", buffer_span(&detail), why)
                : fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    buffer_clear(&detail);
    return fault;
}

/* Writes what was given; what fails here is no refusal, since rows may be there already. */
static enum fault settle(struct approver *a, const struct recovery *r,
                         const struct secret *partials, struct why *why)
{
    const struct recover_approval approval = {
        .request = &r->request, .agent = span_text(a->actor->name), .escrow = a->escrow};
    struct buffer sealed = buffer_with_max(GENERATION_SIZE + SEALED_MAX);
    enum fault fault = seal(a, &approval, partials, &sealed, why);

    if (fault == FAULT_NONE) {
        fault = add_row(a, &approval, r->row.id, buffer_span(&sealed), why);
    }
    if (fault == FAULT_NONE) {
        fault = audit(a, r, why);
    }
    buffer_clear(&sealed);
    return fault == FAULT_NONE ? FAULT_NONE
                               : kms_tell(a->kms, FAULT_RESOURCE, why, "%s", why->rule);
}

/*
 * How many have approved, and whether this agent is one of them. What was given with shares of
 * before the agents were changed counts no more: who is an agent still may approve again.
 */
static enum fault count_approvals(struct approver *a, struct arena *arena,
                                  struct approve_result *result, struct why *why)
{
    struct approval_row *rows;
    size_t count = 0;
    enum fault fault =
        approval_list(a->kms->store, result->recovery.row.id, arena, &rows, &count, why);

    for (size_t i = 0; fault == FAULT_NONE && i < count; i++) {
        if (rows[i].escrow == a->escrow) {
            result->approvals++;
            result->already = result->already || rows[i].person == a->actor->id;
        }
    }
    result->needed = vault_public(a->vault)->quorum;
    return fault;
}

enum fault approve(struct approver *approver, struct span file, struct arena *arena,
                   struct approve_result *result, struct why *why)
{
    struct recovery *const r = &result->recovery;
    struct secret partials = {0};
    enum fault fault;

    *result = (struct approve_result){0};
    fault = recovery_check(approver->kms, &approver->cas, file, arena, r, why);
    if (fault == FAULT_NONE && r->row.requester == approver->actor->id) {
        fault = fault_at(FAULT_DENIED, 0, "who asked for a recovery cannot approve it", why);
    }
    if (fault == FAULT_NONE) {
        fault = count_approvals(approver, arena, result, why);
    }
    if (fault == FAULT_NONE && !result->already) {
        fault = make_partials(approver, r, arena, &partials, why);
    }
    if (fault != FAULT_NONE) {
        secret_clear(&partials);
        return recovery_refuse(approver->kms, recovery_subject(r), fault, why);
    }
    if (!result->already) {
        fault = settle(approver, r, &partials, why);
        result->approvals++;
    }
    secret_clear(&partials);
    return fault;
}
