#include "kms/authority/binding.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "cert/cert.h"
#include "kms/people/transcript.h"

static const char label[] = "keyroster envelope binding v1";

enum { MESSAGE_SIZE = sizeof(label) - 1 + TRANSCRIPT_SIZE, DIGEST_SIZE = 32 };

static enum fault add_digest(struct transcript *t, struct span bytes, struct why *why)
{
    uint8_t digest[DIGEST_SIZE];

    if (EVP_Q_digest(NULL, "SHA2-256", NULL, bytes.at, bytes.len, digest, NULL) != 1) {
        ERR_clear_error();
        return fault_at(FAULT_RESOURCE, 0, "libcrypto is out of memory", why);
    }
    transcript_add(t, span_of(digest, sizeof(digest)));
    return FAULT_NONE;
}

/*
 * What is signed: the label, so that it can be no certificate and no list, and the digest of all.
 * The certificate says which serial number is right.
 */
static enum fault message_of(const struct binding *binding, uint8_t out[MESSAGE_SIZE],
                             struct why *why)
{
    struct transcript t;
    struct cert cert;
    struct why unused;
    enum fault fault = cert_read(binding->certificate, &cert, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    if (!span_equal(cert.serial, binding->serial)) {
        return fault_at(FAULT_DENIED, 0, "the certificate has another serial number", why);
    }
    t = transcript_begin(label);
    transcript_add(&t, binding->store);
    transcript_add(&t, binding->serial);
    transcript_add(&t, binding->user);
    transcript_add(&t, binding->address);
    fault = add_digest(&t, binding->envelope, why);
    if (fault == FAULT_NONE) {
        fault = add_digest(&t, cert.spki, why);
    }
    memcpy(out, label, sizeof(label) - 1);
    if (fault != FAULT_NONE) {
        (void)!transcript_end(&t, out + sizeof(label) - 1, &unused);
        return fault;
    }
    return transcript_end(&t, out + sizeof(label) - 1, why);
}

enum fault binding_sign(const struct authority *authority, const struct binding *binding,
                        struct buffer *signature, struct why *why)
{
    uint8_t message[MESSAGE_SIZE];
    enum fault fault = message_of(binding, message, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    return authority_sign(authority, span_of(message, sizeof(message)), signature, why);
}

enum fault binding_verify_with(struct key_verifier *verifier, const struct binding *binding,
                               struct span signature, struct why *why)
{
    uint8_t message[MESSAGE_SIZE];
    enum fault fault = message_of(binding, message, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    if (!key_verifier_check(verifier, span_of(message, sizeof(message)), signature)) {
        return fault_at(FAULT_DENIED, 0,
                        "the escrowed key is not bound to this user: the record of its binding is "
                        "not signed by the CA",
                        why);
    }
    return FAULT_NONE;
}

enum fault binding_verify(struct span ca_certificate, const struct binding *binding,
                          struct span signature, struct why *why)
{
    struct key_verifier *verifier = NULL;
    struct cert ca;
    enum fault fault = cert_read(ca_certificate, &ca, why);

    if (fault == FAULT_NONE) {
        fault = key_verifier_new(ca.spki, &verifier, why);
    }
    if (fault == FAULT_NONE) {
        fault = binding_verify_with(verifier, binding, signature, why);
    }
    key_verifier_free(verifier);
    return fault;
}
