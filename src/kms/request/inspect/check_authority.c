#include "cert/cert.h"
#include "kms/authority/ca.h"
#include "kms/request/inspect/check_internal.h"
#include "kms/request/session/ca_keys.h"
#include "kms/request/session/recovery_certificate.h"
#include "kms/request/session/share.h"
#include "kms/store/escrow_rows.h"
#include "kms/store/store.h"
#include "kms/vault/deal.h"

static const char *const role_names[] = {
    [AUTHORITY_ROOT] = "root",
    [AUTHORITY_ISSUING] = "issuing CA",
    [AUTHORITY_RECOVERY] = "recovery certificate",
};

static bool is_signed_by(struct checking *c, struct span certificate, struct signer *signer)
{
    struct signed_part part;

    return signed_part_of(certificate, &part) && signer_made(signer, c->tools, &part);
}

bool check_signed(struct checking *c, struct span certificate)
{
    for (size_t i = 0; i < c->issuer_count; i++) {
        if (is_signed_by(c, certificate, c->issuers[i].signer)) {
            return true;
        }
    }
    return false;
}

/* True when a certificate of the rows of that role signed this one. */
static bool is_signed_by_role(struct checking *c, struct span certificate,
                              const struct authority_row *rows, size_t count,
                              enum authority_role role)
{
    bool good = false;

    for (size_t i = 0; i < count && !good; i++) {
        struct ca *ca = NULL;
        struct why why;

        if (rows[i].role == role && ca_read(rows[i].certificate, &ca, &why) == FAULT_NONE) {
            struct signer *signer = signer_new(ca->key);

            good = signer != NULL && is_signed_by(c, certificate, signer);
            signer_free(signer);
            ca_free(ca);
        }
    }
    return good;
}

/* Who may have signed it: a root of ours itself, the issuing CA the root, the recovery key it. */
static bool is_well_signed(struct checking *c, const struct authority_row *row,
                           const struct authority_row *rows, size_t count, bool outside)
{
    if (row->role == AUTHORITY_RECOVERY) {
        return check_signed(c, row->certificate);
    }
    if (outside) {
        return true; /* issuing_install() looked at the chain; what is above it is not ours */
    }
    return is_signed_by_role(c, row->certificate, rows, count, AUTHORITY_ROOT);
}

static enum fault add_issuer(struct checking *c, const struct authority_row *row, struct why *why)
{
    struct check_issuer *issuer = &c->issuers[c->issuer_count];
    struct why wrong = {0};

    if (c->issuer_count == CHECK_ISSUERS_MAX) {
        return FAULT_NONE;
    }
    if (ca_read(row->certificate, &issuer->ca, &wrong) != FAULT_NONE) {
        return check_report(c, why, wrong.rule, "%s", role_names[row->role]);
    }
    issuer->signer = signer_new(issuer->ca->key);
    if (issuer->signer == NULL) {
        ca_free(issuer->ca);
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    issuer->certificate = row->certificate;
    c->certificates[c->issuer_count] = row->certificate;
    c->issuer_count++;
    return FAULT_NONE;
}

static enum fault check_row(struct checking *c, const struct authority_row *row,
                            const struct authority_row *rows, size_t count, bool outside,
                            struct why *why)
{
    const char *name = role_names[row->role];
    struct cert cert;
    struct why wrong = {0};

    if (row->certificate.len == 0) {
        return row->role == AUTHORITY_ISSUING && row->request.len > 0
                   ? FAULT_NONE /* it waits for an outside root */
                   : check_report(c, why, "there is no certificate", "%s", name);
    }
    if (cert_read(row->certificate, &cert, &wrong) != FAULT_NONE) {
        return check_report(c, why, wrong.rule, "%s", name);
    }
    if (!is_well_signed(c, row, rows, count, outside)) {
        return check_report(c, why, "the certificate is not signed by the CA above it", "%s", name);
    }
    return FAULT_NONE;
}

static enum fault check_there(struct checking *c, const struct authority_row *rows, size_t count,
                              struct why *why)
{
    bool issuing = false;

    for (size_t i = 0; i < count; i++) {
        issuing = issuing ||
                  (rows[i].role == AUTHORITY_ISSUING && rows[i].until == 0 && rows[i].key.len > 0);
    }
    return issuing ? FAULT_NONE
                   : check_report(c, why, "there is no issuing CA with a key", "authority");
}

enum fault check_authority(struct checking *c, struct why *why)
{
    struct authority_row *rows = NULL;
    struct span outside = {0};
    size_t count = 0;
    enum fault fault = authority_list(c->kms->store, &c->kms->arena, &rows, &count, why);
    enum fault asked;

    if (fault != FAULT_NONE) {
        return fault;
    }
    asked = store_meta_get(c->kms->store, CA_OUTSIDE_CHAIN, &c->kms->arena, &outside, why);
    if (asked != FAULT_NONE && asked != FAULT_ABSENT) {
        return asked;
    }
    for (size_t i = 0; fault == FAULT_NONE && i < count; i++) {
        if (rows[i].role == AUTHORITY_ISSUING && rows[i].certificate.len > 0) {
            fault = add_issuer(c, &rows[i], why);
        }
    }
    for (size_t i = 0; fault == FAULT_NONE && i < count; i++) {
        fault = check_row(c, &rows[i], rows, count, asked == FAULT_NONE, why);
    }
    return fault == FAULT_NONE ? check_there(c, rows, count, why) : fault;
}

/* Whether the recovery certificate is one, and for the public half of the recovery key. */
static enum fault check_recovery(struct checking *c, const struct escrow_row *row,
                                 const struct vault_public *public, struct why *why)
{
    const char *what = NULL;
    struct why wrong = {0};
    enum fault fault = FAULT_NONE;

    if (row->certificate.len == 0) {
        what = c->issuer_count > 0 ? "the recovery key has no certificate" : NULL;
    } else {
        fault = recovery_certificate_check(row->certificate, public, &wrong);
        what = wrong.rule;
    }
    if (fault == FAULT_RESOURCE) {
        *why = wrong;
        return fault;
    }
    if (fault == FAULT_NONE && what == NULL && row->certificate.len > 0 &&
        !check_signed(c, row->certificate)) {
        what = "the recovery certificate is not signed by the issuing CA";
    }
    return what == NULL ? FAULT_NONE
                        : check_report(c, why, what, "recovery key %lld", (long long)row->id);
}

static enum fault check_shares(struct checking *c, const struct escrow_row *row,
                               const struct vault_public *public, struct why *why)
{
    struct share_row *shares = NULL;
    size_t count = 0;
    enum fault fault = share_list(c->kms->store, row->id, &c->kms->arena, &shares, &count, why);
    const char *what = NULL;

    if (fault != FAULT_NONE) {
        return fault;
    }
    if (public->quorum != row->quorum || public->count != row->count) {
        what = "quorum or number of the agents are not those of the commitments";
    } else if (count != public->count) {
        what = "there are not as many shares as the recovery key was dealt into";
    }
    for (size_t i = 0; what == NULL && i < count; i++) {
        what = shares[i].place != (int64_t)i + 1 ? "the shares are not numbered from 1" : NULL;
    }
    return what == NULL ? FAULT_NONE
                        : check_report(c, why, what, "recovery key %lld", (long long)row->id);
}

/* One generation; all of them are shares of one key. */
static enum fault check_generation(struct checking *c, const struct escrow_row *row,
                                   struct vault_point *key, struct why *why)
{
    struct vault_public *public = arena_take(&c->kms->arena, sizeof(*public));
    struct why wrong = {0};
    enum fault fault;

    if (public == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    fault = vault_public_decode(row->public, public, &wrong);
    if (fault == FAULT_SYNTAX) {
        return check_report(c, why, wrong.rule, "recovery key %lld", (long long)row->id);
    }
    if (fault != FAULT_NONE) {
        *why = wrong;
        return fault;
    }
    if (key->len > 0 && !span_equal(vault_point_span(key), vault_public_key(public))) {
        fault = check_report(c, why, "the public half is not that of the generation before",
                             "recovery key %lld", (long long)row->id);
    }
    *key = public->commitments[0];
    if (fault == FAULT_NONE && row->until == 0) {
        fault = check_recovery(c, row, public, why);
    }
    return fault == FAULT_NONE ? check_shares(c, row, public, why) : fault;
}

enum fault check_escrow(struct checking *c, struct why *why)
{
    struct vault_point key = {.len = 0};
    struct escrow_row current, row;
    enum fault fault = escrow_current(c->kms->store, &c->kms->arena, &current, why);

    if (fault == FAULT_ABSENT) {
        return check_report(c, why, "there is no recovery key", "recovery key");
    }
    for (int64_t id = 1; fault == FAULT_NONE && id <= current.id; id++) {
        fault = escrow_get(c->kms->store, id, &c->kms->arena, &row, why);
        if (fault == FAULT_NONE) {
            fault = check_generation(c, &row, &key, why);
        } else if (fault == FAULT_ABSENT) {
            fault = check_report(c, why, "a generation of shares is missing", "recovery key %lld",
                                 (long long)id);
        }
    }
    return fault;
}
