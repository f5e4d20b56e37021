#ifndef CERT_DER_WRITE_H
#define CERT_DER_WRITE_H

#include "base/buffer.h"
#include "base/cursor.h"

/*
 * Writing DER (X.690), the other way round from cert/der.h, whose tags it uses. libcrypto builds a
 * certificate in some 400 µs, ten times what its signature takes; this does in a few.
 *
 * As with every struct buffer, nothing is checked step by step: the first failure is kept in it.
 *
 *     size_t name = der_open(out, DER_SEQUENCE);
 *     der_add(out, DER_UTF8_STRING, text);
 *     der_close(out, name);
 */

/* Begins an element and tells where its contents begin. */
MUST_USE size_t der_open(struct buffer *out, uint8_t tag);

/* Ends it: `start` is what der_open() told. What was written since are its contents. */
void der_close(struct buffer *out, size_t start);

/* An element with these contents. */
void der_add(struct buffer *out, uint8_t tag, struct span contents);

/* An INTEGER (or, by its tag, an ENUMERATED) that is not negative. */
void der_add_number(struct buffer *out, uint8_t tag, uint64_t n);

/* An INTEGER of big-endian bytes: without leading zeros, with one before a bit that is a sign. */
void der_add_unsigned(struct buffer *out, struct span bytes);

void der_add_true(struct buffer *out);

/* An OBJECT IDENTIFIER of its content octets. */
void der_add_oid(struct buffer *out, struct span oid);

/* A BIT STRING of whole bytes. */
void der_add_bits(struct buffer *out, struct span bytes);

/*
 * A Time (RFC 5280, section 4.1.2.5): UTCTime to the end of 2049, else GeneralizedTime. `at` lies
 * in the years 1950 to 9999.
 */
void der_add_time(struct buffer *out, int64_t at);

/* A GeneralizedTime. */
void der_add_generalized_time(struct buffer *out, uint8_t tag, int64_t at);

/*
 * The content octets of an OID in dots. FAULT_SYNTAX: it is none: two arcs at least, the first 0 to
 * 2, the second below 40 under 0 and 1, none past 2^32 - 1, no leading zeros; FAULT_LIMIT as the
 * buffer.
 */
MUST_USE enum fault oid_add_dotted(struct span dotted, struct buffer *out);

#endif
