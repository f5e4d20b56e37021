#ifndef CERT_EXPLICIT_CURVE_H
#define CERT_EXPLICIT_CURVE_H

#include "base/cursor.h"

/*
 * The OID (content octets, of static storage) of the named curve whose parameters, generator
 * included, are those of `params`: an ECParameters SEQUENCE with its header (RFC 3279, section
 * 2.3.5). Empty when they are no known curve's, or not right.
 *
 * RFC 5480 forbids such keys. They are rare, so that this may ask libcrypto, which allocates.
 */
struct span explicit_curve_find(struct span params);

#endif
