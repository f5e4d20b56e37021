#ifndef CERT_DER_TIME_H
#define CERT_DER_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

/*
 * Reads a Time (RFC 5280, section 4.1.2.5): the next element of `in`, a UTCTime (years 1950 to
 * 2049) or a GeneralizedTime; in seconds since 1970.
 *
 * As libcrypto's ASN1_TIME_to_tm() does, we take more than RFC 5280 lets a certificate hold:
 * an offset (`+0100`) for the `Z`, no seconds where an offset stands, and a fraction of a
 * second in a GeneralizedTime, which is dropped.
 *
 * False, and nothing moves, when it is something else or there is no such date.
 */
MUST_USE bool der_take_time(struct cursor *in, int64_t *out);

/*
 * Reads a Validity as nearly all certificates have it: two UTCTimes with seconds and `Z`. False,
 * and nothing moves, when it is another, be it right or not.
 */
MUST_USE bool der_take_validity(struct cursor *in, int64_t *not_before, int64_t *not_after);

#endif
