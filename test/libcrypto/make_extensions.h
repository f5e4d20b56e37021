#ifndef TEST_LIBCRYPTO_MAKE_EXTENSIONS_H
#define TEST_LIBCRYPTO_MAKE_EXTENSIONS_H

#include <openssl/x509.h>

#include "chance.h"

/* Adds random extensions: those that cert_read() reads, and others, some twice, some broken. */
void make_extensions(struct chance *chance, X509 *x);

#endif
