#ifndef CERT_EXTENSION_H
#define CERT_EXTENSION_H

#include "base/cursor.h"
#include "cert/cert.h"

/*
 * Reads Extensions (RFC 5280, section 4.2): from the SEQUENCE OF that fills `in` into the
 * fields of `cert` that tell of them.
 *
 * What is wrong inside an extension's value leaves the certificate one, as in d2i_X509(), and
 * is told by `cert->extension_broken`; the fact it would have stated is the least that it could
 * be: no key usage, no purpose, no name, no CA. So is it where an extension stands twice, which
 * section 4.2 forbids: the first one holds.
 *
 * False where the list itself is broken; `in` then stands at the extension that is.
 */
MUST_USE bool extensions_read(struct cursor *in, struct cert *cert);

#endif
