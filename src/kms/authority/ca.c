#include "kms/authority/ca.h"

#include "base/utc.h"
#include "cert/cert.h"
#include "cert/der.h"
#include "cert/der_write.h"
#include "kms/authority/authority.h"
#include "kms/authority/extension_write.h"
#include "kms/authority/issue.h"
#include "kms/authority/name_write.h"
#include "kms/authority/tbs_write.h"

enum { CA_CERTIFICATE_MAX = 8192, COMMON_NAME_MAX = 512, CLOCK_SECONDS = 300 };

static const char root_title[] = " Root CA";
static const char issuing_title[] = " Issuing CA";
static const char recovery_title[] = " Key Recovery";

enum fault organization_check(struct span name, struct why *why)
{
    if (!name_is_writable(name) || name_cut(name).len != name.len || name.len == 0) {
        return fault_at(FAULT_SYNTAX, 0,
                        "RFC 5280: the name of an organization is 1 to 64 characters of UTF-8, "
                        "without controls or blanks around it",
                        why);
    }
    return FAULT_NONE;
}

/* CN is the organization, cut so that the title is whole, and the title. */
static void add_ca_name(struct buffer *out, struct span organization, const char *title)
{
    uint8_t bytes[COMMON_NAME_MAX];
    struct buffer common_name = {.at = bytes, .capacity = sizeof(bytes), .max = sizeof(bytes)};
    struct span start = organization;

    while (name_characters(start) + strlen(title) > NAME_CHARACTERS_MAX) {
        do { /* one character less */
            start.len--;
        } while ((start.at[start.len] & 0xC0) == 0x80);
    }
    buffer_add(&common_name, start);
    buffer_add_text(&common_name, title);
    name_write(out, organization, buffer_span(&common_name));
}

/* A certificate in the making. `extensions` and `subject` are released by ca_tbs_clear(). */
struct ca_draft {
    struct tbs tbs;
    uint8_t serial[SERIAL_SIZE];
    struct buffer subject, extensions;
};

static struct ca_draft draft_of(struct span organization, const char *title)
{
    struct ca_draft draft = {.subject = buffer_with_max(CA_CERTIFICATE_MAX),
                             .extensions = buffer_with_max(CA_CERTIFICATE_MAX)};

    add_ca_name(&draft.subject, organization, title);
    return draft;
}

static void draft_clear(struct ca_draft *draft)
{
    buffer_clear(&draft->subject);
    buffer_clear(&draft->extensions);
}

static void add_ca_extensions(struct buffer *out, int path_length, struct span id)
{
    extension_add_ca(out, path_length);
    extension_add_key_usage(out, USAGE_KEY_CERT_SIGN | USAGE_CRL_SIGN);
    extension_add_subject_key_id(out, id);
}

/* Signs the draft, and reads back what came of it. */
static enum fault draft_sign(struct ca_draft *draft, const struct private_key *key,
                             struct buffer *certificate, struct why *why)
{
    struct buffer tbs = buffer_with_max(CA_CERTIFICATE_MAX);
    struct buffer signature = buffer_with_max(CA_CERTIFICATE_MAX);
    size_t before = certificate->len;
    struct cert cert;
    enum fault fault = serial_make(draft->serial, why);

    draft->tbs.serial = span_of(draft->serial, SERIAL_SIZE);
    draft->tbs.algorithm = key_kind_signature_algorithm(private_key_kind(key));
    draft->tbs.subject = buffer_span(&draft->subject);
    draft->tbs.extensions = buffer_span(&draft->extensions);
    if (fault != FAULT_NONE) {
        goto out;
    }
    tbs_write(&tbs, &draft->tbs);
    fault = private_key_sign(key, buffer_span(&tbs), &signature, why);
    if (fault != FAULT_NONE) {
        goto out;
    }
    signed_write(certificate, buffer_span(&tbs), draft->tbs.algorithm, buffer_span(&signature));
    if (tbs.fault != FAULT_NONE || draft->subject.fault != FAULT_NONE ||
        draft->extensions.fault != FAULT_NONE || certificate->fault != FAULT_NONE) {
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        goto out;
    }
    fault = cert_read(span_from(buffer_span(certificate), before), &cert, why);
out:
    if (fault != FAULT_NONE) {
        certificate->len = before;
    }
    buffer_clear(&tbs);
    buffer_clear(&signature);
    return fault;
}

static enum fault check_ca_kind(struct span organization, enum key_kind kind, struct why *why)
{
    if (!key_kind_is_for_ca(kind)) {
        return fault_at(FAULT_DENIED, 0, "the key of a CA is p256, p384, rsa3072 or rsa4096", why);
    }
    return organization_check(organization, why);
}

enum fault root_make(struct span organization, enum key_kind kind, const struct profile *profile,
                     int64_t now, struct buffer *certificate, struct private_key **key,
                     struct why *why)
{
    struct private_key *made = NULL;
    struct ca_draft draft;
    uint8_t id[KEY_ID_SIZE];
    enum fault fault = check_ca_kind(organization, kind, why);

    if (fault == FAULT_NONE) {
        fault = private_key_make(kind, &made, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    draft = draft_of(organization, root_title);
    draft.tbs.issuer = buffer_span(&draft.subject);
    draft.tbs.spki = private_key_spki(made);
    draft.tbs.not_before = now - CLOCK_SECONDS;
    draft.tbs.not_after = now + profile->root_validity;
    fault = key_identifier_of(draft.tbs.spki, id, why);
    if (fault == FAULT_NONE) {
        add_ca_extensions(&draft.extensions, -1, span_of(id, sizeof(id)));
        fault = draft_sign(&draft, made, certificate, why);
    }
    draft_clear(&draft);
    if (fault != FAULT_NONE) {
        private_key_free(made);
        return fault;
    }
    *key = made;
    return FAULT_NONE;
}

/* The root as the one who signs: its facts, once its key has been found to be `key`. */
static enum fault read_signer(struct span der, const struct private_key *key, int64_t now,
                              struct cert *out, struct why *why)
{
    enum fault fault = cert_read(der, out, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    if (!private_key_fits(key, out->spki)) {
        return fault_at(FAULT_DENIED, 0, "the key is not that of the CA certificate", why);
    }
    if (out->not_after <= now) {
        return fault_at(FAULT_DENIED, 0, "the CA certificate has ended", why);
    }
    return FAULT_NONE;
}

enum fault issuing_make(struct span organization, struct span root,
                        const struct private_key *root_key, struct span spki,
                        const struct profile *profile, int64_t now, struct buffer *certificate,
                        struct why *why)
{
    uint8_t id[KEY_ID_SIZE];
    struct ca_draft draft;
    struct cert signer;
    enum fault fault = organization_check(organization, why);

    if (fault == FAULT_NONE) {
        fault = read_signer(root, root_key, now, &signer, why);
    }
    if (fault == FAULT_NONE) {
        fault = key_identifier_of(spki, id, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    draft = draft_of(organization, issuing_title);
    draft.tbs.issuer = signer.subject;
    draft.tbs.spki = spki;
    draft.tbs.not_before = now - CLOCK_SECONDS;
    draft.tbs.not_after = now + profile->ca_validity < signer.not_after ? now + profile->ca_validity
                                                                        : signer.not_after;
    add_ca_extensions(&draft.extensions, 0, span_of(id, sizeof(id)));
    extension_add_authority_key_id(&draft.extensions, signer.subject_key_id);
    extension_add_any_policy(&draft.extensions);
    fault = draft_sign(&draft, root_key, certificate, why);
    draft_clear(&draft);
    return fault;
}

enum fault recovery_certificate_make(const struct authority *authority, struct span organization,
                                     struct span point, int64_t now, struct buffer *certificate,
                                     struct why *why)
{
    const struct cert *ca = authority_facts(authority);
    uint8_t spki_bytes[RECOVERY_SPKI_MAX];
    struct buffer spki = {
        .at = spki_bytes, .capacity = sizeof(spki_bytes), .max = sizeof(spki_bytes)};
    uint8_t id[KEY_ID_SIZE];
    struct ca_draft draft;
    enum fault fault = organization_check(organization, why);

    if (fault == FAULT_NONE && ca->not_after <= now) {
        fault = fault_at(FAULT_DENIED, 0, "the CA certificate has ended", why);
    }
    if (fault == FAULT_NONE) {
        fault = recovery_spki(point, &spki, why);
    }
    if (fault == FAULT_NONE) {
        fault = key_identifier_of(buffer_span(&spki), id, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    draft = draft_of(organization, recovery_title);
    draft.tbs.issuer = ca->subject;
    draft.tbs.spki = buffer_span(&spki);
    draft.tbs.not_before = now - CLOCK_SECONDS;
    draft.tbs.not_after = ca->not_after;
    extension_add_key_usage(&draft.extensions, USAGE_KEY_AGREEMENT);
    extension_add_subject_key_id(&draft.extensions, span_of(id, sizeof(id)));
    extension_add_authority_key_id(&draft.extensions, ca->subject_key_id);
    fault = draft_sign(&draft, authority_key(authority), certificate, why);
    draft_clear(&draft);
    return fault;
}

/* RFC 2986: the same subject and extensions, for somebody else to sign. */
enum fault issuing_request(struct span organization, const struct private_key *key,
                           struct buffer *pem, struct why *why)
{
    struct buffer request = buffer_with_max(CA_CERTIFICATE_MAX);
    uint8_t id[KEY_ID_SIZE];
    struct ca_draft draft;
    enum fault fault = check_ca_kind(organization, private_key_kind(key), why);

    if (fault == FAULT_NONE) {
        fault = key_identifier_of(private_key_spki(key), id, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    draft = draft_of(organization, issuing_title);
    add_ca_extensions(&draft.extensions, 0, span_of(id, sizeof(id)));
    fault = request_write(buffer_span(&draft.subject), buffer_span(&draft.extensions), key,
                          &request, why);
    if (fault == FAULT_NONE) {
        pem_write(pem, "CERTIFICATE REQUEST", buffer_span(&request));
        if (pem->fault != FAULT_NONE) {
            fault = fault_at(pem->fault, 0, "no room for a request", why);
        }
    }
    draft_clear(&draft);
    buffer_clear(&request);
    return fault;
}
