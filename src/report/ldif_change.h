#ifndef REPORT_LDIF_CHANGE_H
#define REPORT_LDIF_CHANGE_H

#include "report/change.h"

/*
 * Changes as LDIF for ldapmodify(1) and ldifde (RFC 2849, "changerecord"): what removes values by
 * exact match, and what puts them back.
 *
 *     # 1 value: expired
 *     dn: cn=Anna,dc=example,dc=org
 *     changetype: modify
 *     delete: userCertificate;binary
 *     userCertificate;binary:: MIIDdzCCAl+gAwIBAgI...
 *     -
 *
 * A DN is in base64 where it is no SAFE-STRING, a value always; lines are folded at 76 bytes. Of an
 * attribute that can only be replaced as a whole, the values that stay are named (`replace:`), or
 * none (`delete:`); putting back replaces it by all that it had.
 */
enum ldif_change { LDIF_CHANGE_REMOVE, LDIF_CHANGE_RESTORE };

/* Adds what stands before the first record. */
void ldif_change_start(struct buffer *out);

/* Adds the record of a change; its names must be names of LDAP: ldif_change_can_name(). */
void ldif_change_add(struct buffer *out, const struct change *change, enum ldif_change which);

/* True for an attribute's name, with options, that LDIF can write (RFC 4512, 2.5). */
MUST_USE bool ldif_change_can_name(struct span name);

#endif
