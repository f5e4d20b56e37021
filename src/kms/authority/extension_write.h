#ifndef KMS_AUTHORITY_EXTENSION_WRITE_H
#define KMS_AUTHORITY_EXTENSION_WRITE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/cursor.h"

/* The extensions that we write (RFC 5280, section 4.2), one each, and what holds them. */

enum { KEY_ID_SIZE = 20 };

/*
 * The identifier of a key: the first 160 bits of the SHA-256 of what stands in its BIT STRING (RFC
 * 7093, section 2, method 1). FAULT_SYNTAX `spki` is none; FAULT_RESOURCE
 */
MUST_USE enum fault key_identifier_of(struct span spki, uint8_t out[KEY_ID_SIZE], struct why *why);

void extension_add_subject_key_id(struct buffer *out, struct span id);
void extension_add_authority_key_id(struct buffer *out, struct span id);

/* Critical; bits of enum key_usage in cert/cert.h below USAGE_DECIPHER_ONLY. */
void extension_add_key_usage(struct buffer *out, uint16_t usage);

void extension_add_email_protection(struct buffer *out); /* extended key usage, that alone */

/* Critical: a CA, with so many CAs below it at most; negative: no limit. */
void extension_add_ca(struct buffer *out, int path_length);

/* `policy`: content octets of an OID; `practice`: URL of the statement, may be empty. */
void extension_add_policy(struct buffer *out, struct span policy, struct span practice);
void extension_add_any_policy(struct buffer *out);

void extension_add_crl_point(struct buffer *out, struct span url);
void extension_add_ca_issuers(struct buffer *out, struct span url);

/*
 * Any other: the caller writes the value between the two.
 *
 *     struct extension e = extension_open(out, 17, false);
 *     ...
 *     extension_close(out, e);
 */
struct extension {
    size_t sequence, value;
};
struct extension extension_open(struct buffer *out, uint8_t number,
                                bool critical); /* 2.5.29.number */
void extension_close(struct buffer *out, struct extension e);

/* A DistributionPointName with this URL as its fullName (section 4.2.1.13). */
void distribution_point_write(struct buffer *out, struct span url);

/* One with a directoryName as its fullName: these RDNs, and a CN below them. */
void distribution_point_write_below(struct buffer *out, struct span rdns, struct span common_name);

#endif
