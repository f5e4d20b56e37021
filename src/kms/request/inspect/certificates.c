#include "kms/request/inspect/certificates.h"

#include "kms/authority/ca.h"
#include "kms/request/session/ca_keys.h"
#include "kms/request/session/chain_vouch.h"
#include "kms/request/session/pem_text.h"

enum { ARENA_MAX = 4 << 20 };

enum fault certificates_pem(struct kms *kms, struct buffer *out, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct authority_row issuing;
    struct span chain = {0}, certificate;
    struct cursor in;
    enum fault fault = authority_find(kms->store, AUTHORITY_ISSUING, &arena, &issuing, why);

    if (fault == FAULT_NONE && issuing.certificate.len == 0) {
        fault =
            fault_at(FAULT_ABSENT, 0, "the CA waits for the certificate of the outside root", why);
    }
    if (fault == FAULT_NONE) {
        fault = ca_chain(kms->store, &arena, &chain, why);
    }
    if (fault == FAULT_NONE) {
        fault = chain_check(kms, issuing.certificate, chain, why);
    }
    if (fault == FAULT_NONE) {
        pem_text_add(out, "CERTIFICATE", issuing.certificate);
        in = cursor_over(chain);
        while (chain_next(&in, &certificate)) {
            pem_text_add(out, "CERTIFICATE", certificate);
        }
        if (out->fault != FAULT_NONE) {
            fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
    }
    arena_clear(&arena);
    return fault;
}
