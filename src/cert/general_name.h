#ifndef CERT_GENERAL_NAME_H
#define CERT_GENERAL_NAME_H

#include <stdbool.h>

#include "base/cursor.h"

/*
 * GeneralName (RFC 5280, section 4.2.1.6), in the subject's alternative names and elsewhere.
 */
enum general_name_kind {
    GENERAL_OTHER = 0, /* the numbers are the tags of the RFC */
    GENERAL_RFC822 = 1,
    GENERAL_DNS = 2,
    GENERAL_X400 = 3,
    GENERAL_DIRECTORY = 4,
    GENERAL_EDI_PARTY = 5,
    GENERAL_URI = 6,
    GENERAL_IP = 7,
    GENERAL_REGISTERED_ID = 8,
};

struct general_name {
    enum general_name_kind kind;
    struct span contents; /* GENERAL_OTHER: of its value, the explicit [0] */
    struct span type;     /* GENERAL_OTHER: content octets of its OID */
};

/*
 * Reads the next name, false where there is none that is right. What is inside an x400Address
 * is not looked into: nobody has seen one.
 */
MUST_USE bool general_name_take(struct cursor *in, struct general_name *out);

/* True when what fills `names` is names. */
MUST_USE bool general_names_check(struct cursor names);

#endif
