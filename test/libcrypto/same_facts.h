#ifndef TEST_SAME_FACTS_H
#define TEST_SAME_FACTS_H

#include "cert/cert.h"

/* Whether two readings of the same bytes have given the same facts, view by view. */

static inline bool same_view(struct span a, struct span b)
{
    return a.at == b.at && a.len == b.len;
}

static inline bool same_facts(const struct cert *a, const struct cert *b)
{
    return same_view(a->der, b->der) && same_view(a->tbs, b->tbs) && a->version == b->version &&
           same_view(a->serial, b->serial) &&
           same_view(a->signature_algorithm, b->signature_algorithm) &&
           same_view(a->signature_params, b->signature_params) &&
           same_view(a->signature, b->signature) && same_view(a->issuer, b->issuer) &&
           same_view(a->subject, b->subject) && a->not_before == b->not_before &&
           a->not_after == b->not_after && same_view(a->spki, b->spki) &&
           a->key.type == b->key.type && a->key.bits == b->key.bits &&
           same_view(a->key.oid, b->key.oid) && same_view(a->key.curve, b->key.curve) &&
           same_view(a->key.point, b->key.point) && a->has_key_usage == b->has_key_usage &&
           a->key_usage == b->key_usage && same_view(a->eku, b->eku) && same_view(a->san, b->san) &&
           same_view(a->subject_key_id, b->subject_key_id) &&
           same_view(a->authority_key_id, b->authority_key_id) && a->ca == b->ca &&
           a->has_critical_unknown == b->has_critical_unknown &&
           a->extension_broken == b->extension_broken;
}

#endif
