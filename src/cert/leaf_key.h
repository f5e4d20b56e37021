#ifndef CERT_LEAF_KEY_H
#define CERT_LEAF_KEY_H

#include <stdbool.h>

#include "cert/cert.h"
#include "cert/leaf.h"

/*
 * True when libcrypto will surely decode the certificate's key: X509_verify_cert() refuses
 * certificates whose keys it cannot. RSA in its usual form, a point on P-256, P-384 or P-521,
 * and the keys of RFC 8410, which are any bytes.
 */
MUST_USE bool leaf_key_is_plain(struct leaf_tools *tools, const struct cert *cert);

#endif
