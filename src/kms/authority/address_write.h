#ifndef KMS_AUTHORITY_ADDRESS_WRITE_H
#define KMS_AUTHORITY_ADDRESS_WRITE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/cursor.h"

/*
 * Mail addresses as certificates have them, in the subject's alternative names.
 */
enum { ADDRESS_LOCAL_MAX = 64, ADDRESS_WHOLE_MAX = 254, LABEL_MAX = 63 };

/* See subject_check_address() in issue.h. */
MUST_USE enum fault address_check(struct span address, struct why *why);

/* True when its domain has a character outside ASCII. */
MUST_USE bool address_has_u_label(struct span address);

/*
 * Adds the address, which address_check() took, as a GeneralName: rfc822Name where the local part
 * is ASCII (RFC 5280, section 4.2.1.6), else SmtpUTF8Mailbox (RFC 9598, section 3). In both the
 * domain has A-labels in the place of U-labels, in small letters; ASCII stays as it is written.
 */
void address_write(struct buffer *out, struct span address);

#endif
