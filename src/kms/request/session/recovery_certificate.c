#include "kms/request/session/recovery_certificate.h"

#include "cert/ca.h"
#include "cert/cert.h"
#include "cert/signature.h"
#include "kms/vault/deal.h"

enum { SPKI_MAX = 512 };

static bool has_form(const struct cert *cert)
{
    return !cert->ca && cert->has_key_usage && cert->key_usage == USAGE_KEY_AGREEMENT &&
           cert->eku.at == NULL && cert->san.at == NULL && !cert->extension_broken;
}

enum fault recovery_certificate_check(struct span certificate, const struct vault_public *public,
                                      struct why *why)
{
    struct buffer spki = buffer_with_max(SPKI_MAX);
    struct cert cert;
    enum fault fault = vault_public_spki(public, &spki, why);

    if (fault == FAULT_SYNTAX) {
        why->rule = "the public half of the recovery key is no key";
    }
    if (fault == FAULT_NONE) {
        fault = cert_read(certificate, &cert, why);
    }
    if (fault == FAULT_NONE && !span_equal(cert.spki, buffer_span(&spki))) {
        fault = fault_at(FAULT_SYNTAX, 0, "the recovery certificate is that of another key", why);
    }
    if (fault == FAULT_NONE && !has_form(&cert)) {
        fault = fault_at(FAULT_SYNTAX, 0,
                         "the recovery certificate is none: it is for something "
                         "else",
                         why);
    }
    buffer_clear(&spki);
    return fault;
}

enum fault recovery_certificate_is_by(struct span certificate, struct span ca_certificate,
                                      struct why *why)
{
    struct signing_tools *tools = signing_tools_new();
    struct signer *signer = NULL;
    struct signed_part part;
    struct ca *ca = NULL;
    enum fault fault = tools != NULL ? ca_read(ca_certificate, &ca, why)
                                     : fault_at(FAULT_RESOURCE, 0, "out of memory", why);

    if (fault == FAULT_NONE) {
        signer = signer_new(ca->key);
        fault = signer != NULL ? FAULT_NONE : fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (fault == FAULT_NONE &&
        (!signed_part_of(certificate, &part) || !signer_made(signer, tools, &part))) {
        fault = fault_at(FAULT_SYNTAX, 0,
                         "the recovery certificate is not signed by the issuing CA", why);
    }
    signer_free(signer);
    ca_free(ca);
    signing_tools_free(tools);
    return fault;
}
