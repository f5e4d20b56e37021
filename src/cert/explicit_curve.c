#include "cert/explicit_curve.h"

#include <openssl/asn1t.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>

/* Parameters of a 571-bit curve, seed and all, are less than this; what is more is not one's. */
enum { PARAMS_MAX = 1024 };

static struct span oid_of(const EC_GROUP *group)
{
    int nid = EC_GROUP_get_curve_name(group); /* libcrypto has compared all parameters */
    const ASN1_OBJECT *oid = nid != NID_undef ? OBJ_nid2obj(nid) : NULL;

    return oid != NULL ? span_of(OBJ_get0_data(oid), OBJ_length(oid)) : (struct span){0};
}

struct span explicit_curve_find(struct span params)
{
    const unsigned char *at = params.at;
    struct span oid = {0};
    ECPARAMETERS *parsed;
    EC_GROUP *group = NULL;

    if (params.len > PARAMS_MAX) {
        return oid;
    }
    parsed =
        (ECPARAMETERS *)ASN1_item_d2i(NULL, &at, (long)params.len, ASN1_ITEM_rptr(ECPARAMETERS));
    if (parsed != NULL && at == params.at + params.len) {
        group = EC_GROUP_new_from_ecparameters(parsed);
    }
    if (group != NULL) {
        oid = oid_of(group);
    }
    EC_GROUP_free(group);
    ECPARAMETERS_free(parsed);
    ERR_clear_error();
    return oid;
}
