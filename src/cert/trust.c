#include "cert/trust.h"

#include "cert/lists.h"
#include "cert/trust_store.h"

#include <stdlib.h>

struct trust *trust_new(void) { return calloc(1, sizeof(struct trust)); }

void trust_free(struct trust *trust)
{
    if (trust == NULL) {
        return;
    }
    chain_question_clear(&trust->who);
    chain_question_clear(&trust->trusted);
    for (size_t i = 0; i < trust->ca_count; i++) {
        canonical_free(trust->cas[i].subject);
        canonical_free(trust->cas[i].issuer_name);
        ca_free(trust->cas[i].ca);
    }
    for (size_t i = 0; i < trust->list_count; i++) {
        canonical_free(trust->lists[i].issuer);
        crl_free(trust->lists[i].crl);
    }
    free(trust->issuers);
    free(trust->anchors);
    free(trust->other_issuers);
    free(trust->other_anchors);
    free(trust->crls);
    free(trust->authorities);
    free(trust->lists);
    free(trust->cas);
    free(trust);
}

static int order_authority(const void *name, const void *authority)
{
    const struct authority *other = authority;

    return canonical_order(name, other->name);
}

const struct authority *trust_authority(const struct trust *trust, const struct canonical *name)
{
    if (name == NULL || trust->authority_count == 0) {
        return NULL;
    }
    return bsearch(name, trust->authorities, trust->authority_count, sizeof *trust->authorities,
                   order_authority);
}

bool trust_is_revoked(const struct trust *trust, const struct authority *issuer,
                      const struct ca *ca)
{
    struct list_query query = {.serial = ca->serial, .is_ca = true, .at = trust->at};

    return issuer != NULL && !ca->is_root &&
           lists_ask(issuer->lists, issuer->list_count, &query).said == LIST_REVOKED;
}
