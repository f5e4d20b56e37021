#ifndef VERDICT_WEAK_H
#define VERDICT_WEAK_H

#include <stdbool.h>

#include "cert/cert.h"

/* What nobody should rely on any more (RFC 8551, sections 2 and 4; RFC 6194; RFC 6151). */

/*
 * RSA under 2048 bits, EC under 256, every DSA key. A size that cannot be told, and a kind of
 * key that we do not know, is not called weak.
 */
bool weak_key(const struct cert_key *key);

/* Signed over MD2, MD4, MD5 or SHA-1, RSA-PSS included, whose hash is SHA-1 unless it says so. */
bool weak_signature(const struct cert *cert);

#endif
