#ifndef REPORT_EXPORT_FIELD_H
#define REPORT_EXPORT_FIELD_H

#include <stdbool.h>

#include "base/buffer.h"
#include "source/csv.h"

/*
 * One field of a directory export: values are added one by one, then the field is closed, which
 * quotes it where that is needed (report/export.h tells the rules).
 */
struct export_field {
    struct buffer *out;
    const struct csv_dialect *dialect;
    uint8_t separator; /* between values; 0: the field has one, in which a backslash stands alone */
    size_t start;      /* where the field begins in `out` */
    bool any;          /* it has a value */
    bool special;      /* a byte in it was protected */
    bool nul;          /* a NUL was replaced: no reader of CSV takes one */
};

struct export_field export_field_open(struct buffer *out, const struct csv_dialect *dialect,
                                      uint8_t separator);

/* A value of text, UTF-8 or Windows-1252. */
void export_field_add_text(struct export_field *field, struct span text);

/* A value of bytes, in upper-case hexadecimal. */
void export_field_add_bytes(struct export_field *field, struct span bytes);

/* What stands in for the whole field: its values are joined and protected already. */
void export_field_add_verbatim(struct export_field *field, struct span text);

void export_field_close(struct export_field *field);

#endif
