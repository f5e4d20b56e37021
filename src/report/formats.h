#ifndef REPORT_FORMATS_H
#define REPORT_FORMATS_H

#include "report/report.h"

/* The formats, one small file each. */
const struct format *format_table(void);
const struct format *format_csv(void);
const struct format *format_json(void);
const struct format *format_jsonl(void);
const struct format *format_prometheus(void);
const struct format *format_html(void);

/* What the row says of its effective certificate, else of the best one; NULL without one. */
const struct candidate *row_certificate(const struct row *row);

/* Adds `RSA-2048`, `EC secp256r1`, `Ed25519`, or the OID. */
void row_add_key(struct buffer *out, const struct cert_key *key);

/* Adds the mailbox's name, or `line 17` where the source names none: UTF-8 or Windows-1252. */
void row_add_name(struct buffer *out, const struct row *row);

/* Adds the SHA-256 of a certificate, in hexadecimal. */
void row_add_sha256(struct buffer *out, const struct cert *cert);

/* Adds the names of the warnings with `between` between them. */
void row_add_warnings(struct buffer *out, uint32_t warnings, const char *between);

#endif
