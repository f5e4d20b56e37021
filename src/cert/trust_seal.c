#include "cert/trust.h"

#include "cert/leaf.h"
#include "cert/lists.h"
#include "cert/signature.h"
#include "cert/trust_store.h"

#include <stdlib.h>

static enum fault no_memory(struct why *why)
{
    return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
}

/* Room for `count` pointers, never NULL for a count of zero. */
static void *pointers(size_t count) { return calloc(count + 1, sizeof(void *)); }

/* Those of the roles, in the order in which they were given: the first is preferred. */
static enum fault sort_roles(struct trust *trust, struct why *why)
{
    trust->issuers = pointers(trust->ca_count);
    trust->anchors = pointers(trust->ca_count);
    trust->other_issuers = pointers(trust->ca_count);
    trust->other_anchors = pointers(trust->ca_count);
    if (trust->issuers == NULL || trust->anchors == NULL || trust->other_issuers == NULL ||
        trust->other_anchors == NULL) {
        return no_memory(why);
    }
    for (size_t i = 0; i < trust->ca_count; i++) {
        const struct loaded *loaded = &trust->cas[i];

        if (loaded->issuer) {
            trust->issuers[trust->issuer_count++] = loaded->ca;
        }
        if (loaded->anchor) {
            trust->anchors[trust->anchor_count++] = loaded->ca;
        }
        if (loaded->issuer && !loaded->anchor) {
            trust->other_issuers[trust->other_issuer_count++] = loaded->ca;
        }
        if (loaded->anchor && !loaded->issuer) {
            trust->other_anchors[trust->other_anchor_count++] = loaded->ca;
        }
    }
    return FAULT_NONE;
}

static enum fault make_questions(struct trust *trust, struct why *why)
{
    enum fault fault;

    trust->who = (struct chain_question){
        .trusted = trust->issuers,
        .trusted_count = trust->issuer_count,
        .helpers = trust->other_anchors,
        .helper_count = trust->other_anchor_count,
        .who_only = true,
    };
    trust->trusted = (struct chain_question){
        .trusted = trust->anchors,
        .trusted_count = trust->anchor_count,
        .helpers = trust->other_issuers,
        .helper_count = trust->other_issuer_count,
        .at = trust->at,
    };
    fault = chain_question_seal(&trust->who, why);
    return fault != FAULT_NONE ? fault : chain_question_seal(&trust->trusted, why);
}

static int order_cas(const void *a, const void *b)
{
    const struct loaded *x = a;
    const struct loaded *y = b;
    int order = canonical_order(x->subject, y->subject);

    return order != 0 ? order : (x->ca->id > y->ca->id) - (x->ca->id < y->ca->id);
}

static int order_lists(const void *a, const void *b)
{
    const struct loaded_list *x = a;
    const struct loaded_list *y = b;

    return canonical_order(x->issuer, y->issuer);
}

/* The next name in both orders, the certificates that carry it and the lists made in it. */
static struct authority next_authority(const struct trust *trust, size_t *ca, size_t *list)
{
    bool has_ca = *ca < trust->ca_count;
    bool has_list = *list < trust->list_count;
    struct authority next = {
        .name = has_ca ? trust->cas[*ca].subject : trust->lists[*list].issuer,
        .cas = has_ca ? &trust->cas[*ca] : NULL,
        .lists = &trust->crls[*list],
    };

    if (has_ca && has_list && canonical_order(trust->lists[*list].issuer, next.name) < 0) {
        next.name = trust->lists[*list].issuer;
    }
    while (*ca < trust->ca_count && canonical_order(trust->cas[*ca].subject, next.name) == 0) {
        ++*ca;
        next.ca_count++;
    }
    while (*list < trust->list_count &&
           canonical_order(trust->lists[*list].issuer, next.name) == 0) {
        ++*list;
        next.list_count++;
    }
    return next;
}

static enum fault make_authorities(struct trust *trust, struct why *why)
{
    size_t ca = 0, list = 0;

    trust->authorities = calloc(trust->ca_count + trust->list_count + 1, sizeof(struct authority));
    trust->crls = pointers(trust->list_count);
    if (trust->authorities == NULL || trust->crls == NULL) {
        return no_memory(why);
    }
    if (trust->ca_count > 0) {
        qsort(trust->cas, trust->ca_count, sizeof *trust->cas, order_cas);
    }
    if (trust->list_count > 0) {
        qsort(trust->lists, trust->list_count, sizeof *trust->lists, order_lists);
    }
    for (size_t i = 0; i < trust->list_count; i++) {
        trust->crls[i] = trust->lists[i].crl;
    }
    while (ca < trust->ca_count || list < trust->list_count) {
        trust->authorities[trust->authority_count++] = next_authority(trust, &ca, &list);
    }
    return FAULT_NONE;
}

/* A CA that renews its certificate keeps name and key: one signature tells for all of them. */
static void number_keys(struct trust *trust, const struct authority *authority)
{
    for (size_t i = 0; i < authority->ca_count; i++) {
        size_t j = 0;

        while (j < i && !ca_has_same_key(authority->cas[i].ca, authority->cas[j].ca)) {
            j++;
        }
        authority->cas[i].key_index = j < i ? authority->cas[j].key_index : trust->key_count++;
    }
}

/* RFC 5280, section 6.3.3 (f) and (g): by a certificate of its issuer that may sign lists. */
static enum fault check_list(const struct authority *authority, struct signing_tools *tools,
                             struct crl *crl)
{
    crl->state = CRL_UNCHECKED;
    for (size_t i = 0; i < authority->ca_count && crl->state != CRL_VERIFIED; i++) {
        const struct ca *ca = authority->cas[i].ca;
        struct signer *signer;

        if (!ca_fits_key_id(ca, crl->authority_key_id)) {
            continue;
        }
        signer = signer_new(ca->key);
        if (signer == NULL) {
            return FAULT_RESOURCE;
        }
        crl->state =
            ca->signs_lists && signer_made(signer, tools, &crl->part) ? CRL_VERIFIED : CRL_REFUSED;
        signer_free(signer);
    }
    if (crl->state == CRL_UNCHECKED) {
        signed_part_digest(&crl->part, tools); /* for those who vouch for it later */
    }
    return FAULT_NONE;
}

static enum fault check_lists(struct trust *trust, struct why *why)
{
    struct signing_tools *tools = signing_tools_new();
    enum fault fault = tools != NULL ? FAULT_NONE : FAULT_RESOURCE;

    for (size_t i = 0; fault == FAULT_NONE && i < trust->authority_count; i++) {
        const struct authority *authority = &trust->authorities[i];

        number_keys(trust, authority);
        for (size_t j = 0; fault == FAULT_NONE && j < authority->list_count; j++) {
            fault = check_list(authority, tools, authority->lists[j]);
        }
        lists_seal(authority->lists, authority->list_count, trust->at);
    }
    signing_tools_free(tools);
    return fault == FAULT_NONE ? FAULT_NONE : no_memory(why);
}

static void find_revoked(struct trust *trust)
{
    for (size_t i = 0; trust->has_lists && i < trust->ca_count; i++) {
        struct loaded *loaded = &trust->cas[i];

        loaded->revoked =
            trust_is_revoked(trust, trust_authority(trust, loaded->issuer_name), loaded->ca);
    }
}

/* An anchor that could be asked about as a plain leaf: then each leaf is asked about in full. */
static enum fault find_odd_anchors(struct trust *trust, struct why *why)
{
    struct leaf_tools *tools = leaf_tools_new();
    struct cert cert;
    struct why unread;

    if (tools == NULL) {
        return no_memory(why);
    }
    for (size_t i = 0; i < trust->anchor_count; i++) {
        if (cert_read(trust->anchors[i]->der, &cert, &unread) == FAULT_NONE &&
            leaf_of(tools, &cert).plain) {
            trust->has_odd_anchor = true;
        }
    }
    leaf_tools_free(tools);
    return FAULT_NONE;
}

enum fault trust_seal(struct trust *trust, int64_t at, struct why *why)
{
    enum fault fault;

    trust->at = at;
    fault = sort_roles(trust, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = make_questions(trust, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = make_authorities(trust, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = check_lists(trust, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    find_revoked(trust);
    return find_odd_anchors(trust, why);
}
