#ifndef TEST_LIBCRYPTO_WEAK_DER_H
#define TEST_LIBCRYPTO_WEAK_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * True when no element in `at` is written in a way that libcrypto reads and X.509, being DER,
 * has no use for, so that cert_read() refuses it: a string in pieces, a SEQUENCE or SET that is
 * not constructed, a tag number in the long form, a tag number 0. Lengths may be as they like.
 *
 * Sets of bits tell the numbers of context-specific tags: those that stand for `strings`, and
 * those that stand for `lists`, SEQUENCEs.
 * OCTET STRINGs are not looked into.
 */
bool is_weak_der(const uint8_t *at, size_t len, unsigned strings, unsigned lists);

#endif
