#ifndef CERT_NAME_WALK_H
#define CERT_NAME_WALK_H

#include <stdbool.h>

#include "base/cursor.h"
#include "cert/der.h"

/*
 * The attributes of a Name (RFC 5280, section 4.1.2.4) one by one, in encoded order.
 *
 *     struct name_walk walk = name_walk_of(cert.subject);
 *     struct name_part part;
 *     while (name_walk_next(&walk, &part)) { ... }
 */
struct name_part {
    struct span type;         /* content octets of the OBJECT IDENTIFIER */
    struct der_element value; /* any type that name_take() lets through */
    bool joined;              /* in one RDN with the part before it */
};

struct name_walk {
    struct cursor rdns, rdn;
    bool inside; /* the RDN has given a part already */
};

/* The largest Name that is read, as in libcrypto (X509_NAME_MAX), header included. */
enum { NAME_MAX_SIZE = 1024 * 1024 };

/*
 * Reads a Name from `in`, header included, if it is one that libcrypto takes: RDNs of
 * attributes whose values are of a type that X.520 could mean (no OCTET STRING, ENUMERATED
 * or VisibleString), and whose strings can be turned into UTF-8. An empty Name, an RDN without
 * attributes (which RFC 5280 forbids) are taken too.
 */
MUST_USE bool name_take(struct cursor *in, struct span *name);

/*
 * The same, for a Name that may begin with the RDNs `known`, which were right before. `*before` are
 * all of its RDNs but the last one, a view as `*name` is.
 */
MUST_USE bool name_take_known(struct cursor *in, struct span known, struct span *name,
                              struct span *before);

/* `name` is one that name_take() gave; of any other the walk ends where it is broken. */
struct name_walk name_walk_of(struct span name);
MUST_USE bool name_walk_next(struct name_walk *walk, struct name_part *out);

#endif
