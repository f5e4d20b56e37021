#ifndef TEST_LIBCRYPTO_COMPARE_NAMES_H
#define TEST_LIBCRYPTO_COMPARE_NAMES_H

#include <openssl/x509.h>

#include "base/cursor.h"

/*
 * What differs between name_add()'s text and libcrypto's in the style of RFC 2253, or NULL. Names
 * that libcrypto writes otherwise are compared by their length only: types it has other names
 * for, control characters, values that are no strings, RDNs with several attributes.
 */
const char *compare_name(const X509_NAME *theirs, struct span ours);

#endif
