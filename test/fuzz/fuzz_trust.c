#include "cert/trust.h"

#include <stdlib.h>

/*
 * Whatever the bytes, as a file of the administrator's, as a certificate and as one that came
 * along: there is an answer, and it is the same the second time.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef enum fault adder(struct trust *, struct span bytes, size_t *added, struct why *why);

static void ask_twice(const struct trust *trust, struct span bytes)
{
    struct trust_session *session = trust_session_new(trust);
    struct span chain[] = {bytes, span_from(bytes, bytes.len / 2), bytes};
    struct trust_answer first, second;
    struct cert cert;
    struct why why;

    if (session != NULL && cert_read(bytes, &cert, &why) == FAULT_NONE) {
        if (trust_ask(session, &cert, chain, 3, &first) != FAULT_NONE ||
            trust_ask(session, &cert, chain, 3, &second) != FAULT_NONE ||
            first.untrusted != second.untrusted || first.foreign != second.foreign ||
            first.revocation != second.revocation ||
            first.untrusted != (first.untrusted_why != NULL)) {
            abort();
        }
    }
    trust_session_free(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static adder *const adders[] = {trust_add_issuers, trust_add_anchors, trust_add_crls};
    struct span bytes = span_of(data, size);

    for (size_t i = 0; i < sizeof(adders) / sizeof(adders[0]); i++) {
        struct trust *trust = trust_new();
        struct why why = {0};
        size_t added = 0;

        if (trust == NULL) {
            return 0;
        }
        if (adders[i](trust, bytes, &added, &why) == FAULT_NONE) {
            if (added == 0 || trust_seal(trust, 1780315200, &why) != FAULT_NONE) {
                abort();
            }
            ask_twice(trust, bytes);
        } else if (why.rule == NULL || why.offset > size) {
            abort();
        }
        trust_free(trust);
    }
    return 0;
}
