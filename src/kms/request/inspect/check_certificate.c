#include "kms/request/inspect/check_certificate.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "cert/cert.h"
#include "cert/der.h"
#include "cert/der_write.h"
#include "kms/authority/key.h"
#include "kms/request/session/envelope_binding.h"
#include "kms/store/store.h"
#include "kms/vault/envelope.h"
#include "verdict/address.h"

enum { URI_NAME = 6 };

/* One thread's means: what is worked out of each CA once, and not for each certificate. */
struct judge {
    const struct checking *checking;
    struct signing_tools *tools;
    struct signer *signers[CHECK_ISSUERS_MAX];
    struct key_verifier *verifiers[CHECK_ISSUERS_MAX]; /* of envelopes' bindings */
    size_t signer_count, verifier_count;
};

void certificate_judge_free(void *tools)
{
    struct judge *judge = tools;

    for (size_t i = 0; i < judge->signer_count; i++) {
        signer_free(judge->signers[i]);
    }
    for (size_t i = 0; i < judge->verifier_count; i++) {
        key_verifier_free(judge->verifiers[i]);
    }
    signing_tools_free(judge->tools);
    free(judge);
}

/* A key that signs nothing has bound nothing: it is passed over. */
static enum fault add_issuer(struct judge *judge, const struct check_issuer *issuer)
{
    struct signer *signer = signer_new(issuer->ca->key);
    struct cert cert;
    struct why passed_over;
    enum fault fault = signer != NULL ? FAULT_NONE : FAULT_RESOURCE;

    if (fault != FAULT_NONE) {
        return fault;
    }
    judge->signers[judge->signer_count++] = signer;
    if (cert_read(issuer->certificate, &cert, &passed_over) == FAULT_NONE) {
        fault = key_verifier_new(cert.spki, &judge->verifiers[judge->verifier_count], &passed_over);
        judge->verifier_count += fault == FAULT_NONE ? 1 : 0;
    }
    return fault == FAULT_RESOURCE ? fault : FAULT_NONE;
}

void *certificate_judge_new(void *context)
{
    const struct checking *c = context;
    struct judge *judge = calloc(1, sizeof(*judge));
    enum fault fault = FAULT_NONE;

    if (judge == NULL) {
        return NULL;
    }
    judge->checking = c;
    judge->tools = signing_tools_new();
    for (size_t i = 0; fault == FAULT_NONE && i < c->issuer_count; i++) {
        fault = add_issuer(judge, &c->issuers[i]);
    }
    if (judge->tools == NULL || fault != FAULT_NONE) {
        certificate_judge_free(judge);
        return NULL;
    }
    return judge;
}

static bool is_signed(struct judge *judge, struct span der)
{
    struct signed_part part;
    bool found = false;

    if (!signed_part_of(der, &part)) {
        return false;
    }
    for (size_t i = 0; i < judge->signer_count && !found; i++) {
        found = signer_made(judge->signers[i], judge->tools, &part);
    }
    return found;
}

/* An INTEGER's bytes without the zero byte that stands for its sign. */
static struct span without_zero(struct span serial)
{
    return serial.len > 1 && serial.at[0] == 0 ? span_from(serial, 1) : serial;
}

static bool has_address(const struct certificate_owner *owner, struct span address)
{
    bool found = address_compare(owner->first, address) != ADDRESS_DIFFERENT;

    for (size_t i = 0; i < owner->count && !found; i++) {
        found = address_compare(owner->others[i].address, address) != ADDRESS_DIFFERENT;
    }
    return found;
}

/* Whether every address of a certificate is, or was, one of its user; NULL: so it is. */
static const char *compare_addresses(const struct certificate_owner *owner, const struct cert *cert)
{
    struct cert_emails in = cert_emails_of(cert);
    struct cert_email email;

    while (cert_emails_next(&in, &email)) {
        if (email.kind != EMAIL_UPN && !has_address(owner, email.text)) {
            return "the certificate is for an address that its user never had";
        }
    }
    return NULL;
}

/* Whether the columns of a row say what stands in its certificate; NULL: they do. */
static const char *compare(const struct certificate_row *row, const struct cert *cert)
{
    const enum purpose purpose =
        row->purpose == CERTIFICATE_SIGNING ? PURPOSE_SIGNING : PURPOSE_ENCRYPTION;
    enum key_kind kind;

    if (!span_equal(without_zero(cert->serial), row->serial)) {
        return "the certificate has another serial number than its row";
    }
    if (cert->not_before != row->not_before || cert->not_after != row->not_after) {
        return "the certificate is valid at other times than its row says";
    }
    if (cert_purpose(cert) != purpose) {
        return "the certificate is for another purpose than its row says";
    }
    if (!key_kind_of(&cert->key, &kind) || !span_is(row->key_kind, key_kind_name(kind))) {
        return "the certificate's key is of another kind than its row says";
    }
    return NULL;
}

/* The number at the start of a text; 0: there is none, or one of no part. */
static uint32_t number_at(struct span text)
{
    uint32_t number = 0;

    for (size_t i = 0; i < text.len && ascii_is_digit(text.at[i]) && number <= PROFILE_PARTS_MAX;
         i++) {
        number = number * 10 + (uint32_t)(text.at[i] - '0');
    }
    return number <= PROFILE_PARTS_MAX ? number : 0;
}

/* As a name of its own (RFC 5280, section 4.2.1.6), not within somebody's display name. */
static bool has_url_of_part(const struct profile *profile, struct span der, uint32_t part)
{
    struct buffer url = buffer_with_max((size_t)2 * PROFILE_URL_MAX);
    struct buffer name = buffer_with_max((size_t)3 * PROFILE_URL_MAX);
    bool found;

    profile_add_crl_url(profile, part, &url);
    der_add(&name, DER_CONTEXT | URI_NAME, buffer_span(&url));
    found = url.fault == FAULT_NONE && name.fault == FAULT_NONE &&
            memmem(der.at, der.len, name.at, name.len) != NULL;
    buffer_clear(&url);
    buffer_clear(&name);
    return found;
}

/*
 * Which part of the revocation list the certificate's URL names, by the profile of now; 0: none
 * that can be told. Whoever looks there would miss a revoked one whose row has it in another part.
 */
static uint32_t named_part(const struct profile *profile, struct span der)
{
    const char *mark = strstr(profile->crl_url, "{part}");
    const size_t before = mark != NULL ? (size_t)(mark - profile->crl_url) : 0;
    struct span rest = der;
    const uint8_t *at;

    while (before > 0 && (at = memmem(rest.at, rest.len, profile->crl_url, before)) != NULL) {
        rest = span_from(rest, (size_t)(at - rest.at) + before);
        const uint32_t part = number_at(rest);

        if (part > 0 && has_url_of_part(profile, der, part)) {
            return part;
        }
    }
    return 0;
}

/* The envelope of an escrowed certificate; NULL: it is as it should be. */
static const char *check_envelope(struct judge *judge, const struct certificate_row *row,
                                  const struct envelope_row *envelope)
{
    const struct envelope_subject subject = {
        .store_id = store_id(judge->checking->kms->store),
        .user = row->user,
        .serial = row->serial,
        .certificate = row->der,
        .cms = envelope->cms,
    };
    struct envelope read;
    struct span address;
    struct why why;

    if (envelope_read(envelope->cms, &read, &why) != FAULT_NONE) {
        return why.rule;
    }
    if (envelope_bound_with(judge->verifiers, judge->verifier_count, &subject, envelope->binding,
                            &address, &why) != FAULT_NONE) {
        return "the CA did not bind this envelope to this certificate and its user";
    }
    return NULL;
}

/* That the certificate of an encryption key is in escrow. */
static const char *check_escrowed(struct judge *judge, const struct certificate_item *item)
{
    if (item->row.purpose != CERTIFICATE_ENCRYPTION) {
        return NULL;
    }
    return item->has_envelope ? check_envelope(judge, &item->row, &item->envelope)
                              : "the key is not in escrow: there is no envelope";
}

static const char *check_part(const struct judge *judge, const struct certificate_row *row)
{
    const uint32_t part = named_part(&judge->checking->profile, row->der);

    return part != 0 && part != row->crl_part
               ? "the certificate's URL names another part of the revocation list than its row"
               : NULL;
}

void certificate_judge(void *tools, void *thing)
{
    struct judge *judge = tools;
    struct certificate_item *item = thing;
    struct cert cert;
    struct why wrong = {0};
    const char *what;

    if (cert_read(item->row.der, &cert, &wrong) != FAULT_NONE) {
        item->what = wrong.rule;
        return;
    }
    what = compare(&item->row, &cert);
    if (what == NULL && !is_signed(judge, item->row.der)) {
        what = "the certificate is not signed by our CA";
    }
    what = what == NULL ? check_part(judge, &item->row) : what;
    what = what == NULL ? compare_addresses(item->owner, &cert) : what;
    item->what = what == NULL ? check_escrowed(judge, item) : what;
}
