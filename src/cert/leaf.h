#ifndef CERT_LEAF_H
#define CERT_LEAF_H

#include <stdbool.h>

#include "base/cursor.h"
#include "cert/cert.h"

/*
 * What a path's last certificate brings to the judgement of the path. X509_verify_cert() decodes
 * and looks at much of it; of a *plain* leaf we know beforehand that it will find nothing. So all
 * plain leaves with the same issuer have the same answer, and one of them is enough to ask.
 */
struct leaf {
    bool plain;
    struct span inner_algorithm; /* the AlgorithmIdentifier within tbs; empty: not found */
    struct span points;          /* contents of CRLDistributionPoints; empty when absent */
};

/* One thread's curves, on which points are looked for. NULL without memory. */
struct leaf_tools;
struct leaf_tools *leaf_tools_new(void);
void leaf_tools_free(struct leaf_tools *tools);

/*
 * Looks at the parts of a certificate that cert_read() took. Plain is: version 3, no CA, a key
 * that libcrypto decodes, issued by another name, no extension of proxies and network addresses,
 * none that is critical and unknown, and those which libcrypto reads once each, in the common
 * form that leaves no room for another reading. When in doubt a leaf is not plain: then it only
 * costs more.
 */
struct leaf leaf_of(struct leaf_tools *tools, const struct cert *cert);

#endif
