#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include "base/buffer.h"

/* Makes a field of what was added since `out` was `start` bytes long: quoted where RFC 4180 says
 * so. */
void csv_end_field(struct buffer *out, size_t start);

/* The names of a roster's columns, with commas between. */
const char *csv_columns(void);

#endif
