#include <stdio.h>

#include "base/hex.h"
#include "kms/authority/ca.h"
#include "kms/authority/crl_make.h"
#include "kms/request/issue/issue.h"
#include "kms/request/session/envelope_binding.h"
#include "kms/request/session/recovery_certificate.h"
#include "kms/store/certificate_rows.h"
#include "kms/store/escrow_rows.h"
#include "kms/store/outbox_rows.h"
#include "kms/store/user_rows.h"
#include "kms/vault/deal.h"

enum { SERIAL_TEXT_SIZE = 2 * SERIAL_SIZE + 1 };

/* Nothing is escrowed to a key that is not the one that the CA has certified for it. */
static enum fault check_recovery(struct kms *kms, const struct escrow_row *escrow, struct why *why)
{
    struct vault_public *public = arena_take(&kms->arena, sizeof(*public));
    enum fault fault = public != NULL ? vault_public_decode(escrow->public, public, why)
                                      : fault_at(FAULT_RESOURCE, 0, "out of memory", why);

    if (fault == FAULT_NONE) {
        fault = anchor_holds_vault(&kms->anchor, public, why);
    }
    if (fault == FAULT_NONE) {
        fault = recovery_certificate_check(escrow->certificate, public, why);
    }
    if (fault == FAULT_NONE) {
        fault = recovery_certificate_is_by(escrow->certificate,
                                           authority_certificate(kms->authority), why);
    }
    return fault == FAULT_SYNTAX
               ? kms_tell(kms, fault, why, "the store is damaged: %s (kms check)", why->rule)
               : fault;
}

enum fault issue_terms_of(struct kms *kms, struct issue_terms *out, struct why *why)
{
    struct escrow_row escrow;
    enum fault fault = escrow_current(kms->store, &kms->arena, &escrow, why);

    if (fault == FAULT_NONE) {
        fault = check_recovery(kms, &escrow, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    *out = (struct issue_terms){.authority = kms->authority,
                                .profile = &kms->profile,
                                .organization = kms->organization,
                                .recovery = escrow.certificate,
                                .escrow = escrow.id,
                                .now = kms->now};
    return FAULT_NONE;
}

/* Which part of the list a certificate's URL names; 0: it names none. */
static int64_t part_of(const struct issue_terms *terms, struct span serial)
{
    const struct profile *profile = terms->profile;

    return profile->crl_url[0] != '\0' ? (int64_t)crl_part_of(serial, profile->crl_parts) : 0;
}

static enum fault add_certificate(struct kms *kms, const struct issue_terms *terms,
                                  const struct issue *issue, enum certificate_purpose purpose,
                                  int64_t user, int64_t *id, struct why *why)
{
    const bool signs = purpose == CERTIFICATE_SIGNING;
    const struct span serial =
        span_of(signs ? issue->signing_serial : issue->encryption_serial, SERIAL_SIZE);
    const enum key_kind kind = signs ? issue->signing_kind : issue->encryption_kind;
    const struct certificate_row row = {
        .user = user,
        .serial = serial,
        .purpose = purpose,
        .der = buffer_span(signs ? &issue->signing : &issue->encryption),
        .key_kind = span_text(key_kind_name(kind)),
        .not_before = issue->not_before,
        .not_after = issue->not_after,
        .issued_at = terms->now,
        .crl_part = part_of(terms, serial),
        .escrow = signs ? 0 : terms->escrow,
    };

    return certificate_add(kms->store, &row, id, why);
}

static enum fault add_envelope(struct kms *kms, const struct issue *issue, int64_t user,
                               struct span address, int64_t certificate, struct why *why)
{
    const struct envelope_subject subject = {
        .store_id = store_id(kms->store),
        .user = user,
        .serial = span_of(issue->encryption_serial, SERIAL_SIZE),
        .certificate = buffer_span(&issue->encryption),
        .cms = buffer_span(&issue->envelope),
    };
    struct buffer binding = buffer_with_max(ENVELOPE_BINDING_MAX);
    enum fault fault = envelope_bind(kms->authority, &subject, address, &binding, why);

    if (fault == FAULT_NONE) {
        const struct envelope_row row = {.certificate = certificate,
                                         .cms = buffer_span(&issue->envelope),
                                         .binding = buffer_span(&binding)};

        fault = envelope_add(kms->store, &row, why);
    }
    buffer_clear(&binding);
    return fault;
}

/* What the directory is to be told: the new certificate comes, the one before it goes. */
static enum fault tell_directory(struct kms *kms, int64_t user, int64_t before, int64_t now,
                                 struct why *why)
{
    struct outbox_row row = {
        .at = kms->now, .certificate = before, .user = user, .what = OUTBOX_REMOVE};
    enum fault fault = before != 0 ? outbox_add(kms->store, &row, why) : FAULT_NONE;

    if (fault != FAULT_NONE) {
        return fault;
    }
    row.certificate = now;
    row.what = OUTBOX_ADD;
    return outbox_add(kms->store, &row, why);
}

/* The encryption certificate that the user has until now, where the directory shows it; 0: none. */
static enum fault find_shown(struct kms *kms, int64_t user, int64_t *out, struct why *why)
{
    struct arena arena = arena_with_max((size_t)CERTIFICATE_USER_MAX * CERTIFICATE_DER_MAX);
    struct certificate_row *rows;
    size_t count = 0;
    enum fault fault = certificate_list(kms->store, user, &arena, &rows, &count, why);

    *out = 0;
    for (size_t i = 0; fault == FAULT_NONE && i < count; i++) {
        if (rows[i].purpose == CERTIFICATE_ENCRYPTION && rows[i].is_current &&
            rows[i].status == CERTIFICATE_GOOD) {
            *out = rows[i].id;
        }
    }
    arena_clear(&arena);
    return fault;
}

enum fault issue_settle(struct kms *kms, const struct issue_terms *terms, const struct issue *issue,
                        int64_t user, struct span address, struct why *why)
{
    int64_t signing, encryption, before;
    enum fault fault = find_shown(kms, user, &before, why);

    if (fault == FAULT_NONE) {
        fault = add_certificate(kms, terms, issue, CERTIFICATE_SIGNING, user, &signing, why);
    }
    if (fault == FAULT_NONE) {
        fault = add_certificate(kms, terms, issue, CERTIFICATE_ENCRYPTION, user, &encryption, why);
    }
    if (fault == FAULT_NONE) {
        fault = add_envelope(kms, issue, user, address, encryption, why);
    }
    if (fault == FAULT_NONE) {
        fault = tell_directory(kms, user, before, encryption, why);
    }
    return fault == FAULT_NONE ? user_set_state(kms->store, user, USER_ENROLLED, why) : fault;
}

void issue_detail(const struct issue *issue, char out[ISSUE_DETAIL_SIZE])
{
    char signing[SERIAL_TEXT_SIZE], encryption[SERIAL_TEXT_SIZE];

    hex_text(span_of(issue->signing_serial, SERIAL_SIZE), signing);
    hex_text(span_of(issue->encryption_serial, SERIAL_SIZE), encryption);
    (void)snprintf(out, ISSUE_DETAIL_SIZE, "encryption %s, signing %s", encryption, signing);
}
