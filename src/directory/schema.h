#ifndef DIRECTORY_SCHEMA_H
#define DIRECTORY_SCHEMA_H

#include <stdbool.h>

#include "base/cursor.h"
#include "base/fault.h"

/*
 * True when `definition`, a value of attributeTypes (RFC 4512, 4.1.2), describes the attribute
 * called `name`. `*comparable` then tells whether single values of it can be compared: it has an
 * equality rule of its own, or one from the type that it is derived from (SUP).
 *
 *     ( 2.16.840.1.113730.3.1.40 NAME 'userSMIMECertificate' DESC '...' SYNTAX 1.3.6... )
 */
MUST_USE bool schema_describes(struct span definition, struct span name, bool *comparable);

#endif
