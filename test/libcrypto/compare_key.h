#ifndef TEST_LIBCRYPTO_COMPARE_KEY_H
#define TEST_LIBCRYPTO_COMPARE_KEY_H

#include <openssl/x509.h>

#include "cert/cert.h"

/* What differs, or NULL. A key that libcrypto cannot decode is compared by its algorithm only. */
const char *compare_key(X509 *x, const struct cert *cert);

#endif
