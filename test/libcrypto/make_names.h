#ifndef TEST_LIBCRYPTO_MAKE_NAMES_H
#define TEST_LIBCRYPTO_MAKE_NAMES_H

#include <openssl/x509.h>

#include "chance.h"

/* Adds random attributes, of every string type, to an empty name. */
void make_name(struct chance *chance, X509_NAME *name);

/* Writes an address or a text of up to 32 bytes that a string may hold; gives its length. */
size_t make_text(struct chance *chance, unsigned char out[32]);

#endif
