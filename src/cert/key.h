#ifndef CERT_KEY_H
#define CERT_KEY_H

#include "base/cursor.h"
#include "cert/cert.h"

/*
 * Reads an AlgorithmIdentifier (RFC 5280, section 4.1.1.2): the content octets of its OID and
 * its parameters, header included, or an empty span where it has none.
 */
MUST_USE bool algorithm_take(struct cursor *in, struct span *oid, struct span *params);

/*
 * Reads a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7), itself and what kind of key it is.
 *
 * As in libcrypto, a key that does not fit its algorithm does not make the certificate a
 * broken one: `bits` is 0 then (but for Edwards and Montgomery keys, which have one size each).
 *
 * Both return false, and nothing moves, where the structure is not the RFC's.
 */
MUST_USE bool key_take(struct cursor *in, struct span *spki, struct cert_key *key);

#endif
