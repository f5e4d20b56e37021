#ifndef TEST_LIBCRYPTO_COMPARE_EXTENSIONS_H
#define TEST_LIBCRYPTO_COMPARE_EXTENSIONS_H

#include <openssl/x509.h>

#include "cert/cert.h"

/* What differs, or NULL. */
const char *compare_extensions(X509 *x, const struct cert *cert);
const char *compare_emails(X509 *x, const struct cert *cert);

#endif
