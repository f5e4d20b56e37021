#ifndef KMS_AUTHORITY_ISSUE_H
#define KMS_AUTHORITY_ISSUE_H

#include "kms/authority/ca.h"

/*
 * The certificates of users: X.509 v3 (RFC 5280) for S/MIME (RFC 8550), within the CA/B Forum's
 * S/MIME Baseline Requirements. Each is built, read back by the roster's reader, linted (lint.h),
 * and only then signed.
 */
enum {
    SERIAL_SIZE = 16, /* bytes; the first is 1 to 127: positive, of this length, 126 random bits */
    ADDRESSES_MAX = 64,
    CERTIFICATE_MAX = 65536,
};

/* Whom it is for. Spans are the caller's, UTF-8. */
struct subject {
    struct span name;         /* display name; may be empty */
    struct span organization; /* for O=, where the profile wants it; may be empty */
    const struct span *addresses;
    size_t address_count; /* at least 1; the first is the one for CN= */
};

struct certificate_order {
    const struct subject *subject;
    enum purpose purpose;  /* PURPOSE_SIGNING or PURPOSE_ENCRYPTION */
    struct span spki;      /* SubjectPublicKeyInfo, DER */
    const uint8_t *serial; /* SERIAL_SIZE bytes */
    int64_t now;
    int64_t not_before, not_after; /* of issuer_validity(), or nearer to each other */
};

/* A new serial number. FAULT_RESOURCE without randomness. */
MUST_USE enum fault serial_make(uint8_t out[SERIAL_SIZE], struct why *why);

/*
 * One mail address as we certify it: one '@', no blanks and no controls, well-formed UTF-8, at most
 * 64 bytes before the '@' and 254 in all (RFC 5321, section 4.5.3.1); before the '@' a dot-string
 * of RFC 5321 and RFC 6531, section 3.3; behind it a domain of letters, digits and hyphens in
 * labels of 1 to 63, or U-labels (RFC 5890), which certificates have as A-labels. FAULT_SYNTAX
 */
MUST_USE enum fault subject_check_address(struct span address, struct why *why);

/* A display name: UTF-8 without controls; a long one is cut to 64 characters (ub-common-name).
 * FAULT_SYNTAX */
MUST_USE enum fault subject_check_name(struct span name, struct why *why);

/*
 * One thread's means to issue: what is the same in all certificates, made once. Views the authority
 * and the profile, which stay as they are and live longer.
 * FAULT_SYNTAX   the profile has what cannot be written (a policy that is no OID)
 * FAULT_RESOURCE
 */
struct issuer;
MUST_USE enum fault issuer_new(const struct authority *authority, const struct profile *profile,
                               struct issuer **out, struct why *why);
void issuer_free(struct issuer *issuer);

/*
 * From when until when a certificate issued at `now` is valid: from five minutes before, for clocks
 * that are slow, for the time that the profile says, and not longer than the issuing CA itself.
 * FAULT_DENIED  the issuing CA has ended, or does within a day
 */
MUST_USE enum fault issuer_validity(const struct issuer *issuer, int64_t now, int64_t *not_before,
                                    int64_t *not_after, struct why *why);

/*
 * Makes a certificate; it is added to `der` as a whole or not at all.
 *
 * FAULT_SYNTAX    an address or a name is not one that can be certified
 * FAULT_LIMIT     too many addresses
 * FAULT_DENIED    a rule of lint.h: `why->rule` says which; the key does not fit the purpose
 * FAULT_RESOURCE
 */
MUST_USE enum fault certificate_make(struct issuer *issuer, const struct certificate_order *order,
                                     struct buffer *der, struct why *why);

#endif
