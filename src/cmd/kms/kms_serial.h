#ifndef CMD_KMS_KMS_SERIAL_H
#define CMD_KMS_KMS_SERIAL_H

#include <stdbool.h>

#include "base/cursor.h"
#include "kms/store/certificate_rows.h"

/* A serial number as somebody types it, as the store has it: whole bytes without leading zeros. */
struct kms_serial {
    uint8_t at[CERTIFICATE_SERIAL_MAX];
    size_t len;
};

/*
 * Hexadecimal as it is printed, or as others print it: capital letters, zeros or 0x in front,
 * colons. False: none, or of more than 20 bytes.
 */
MUST_USE bool kms_serial_take(const char *text, struct kms_serial *out);

#endif
