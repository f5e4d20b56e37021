#include "cmd/kms/kms_serial.h"

#include <string.h>

#include "base/hex.h"

bool kms_serial_take(const char *text, struct kms_serial *out)
{
    char digits[2 * CERTIFICATE_SERIAL_MAX + 1];
    size_t n = 0;

    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        text += 2;
    }
    for (const char *at = text + strspn(text, "0:"); *at != '\0'; at++) {
        if (*at != ':') {
            if (n == sizeof(digits) - 1) {
                return false;
            }
            digits[n++] = *at;
        }
    }
    if (n % 2 == 1) {
        memmove(digits + 1, digits, n++);
        digits[0] = '0';
    }
    if (n == 0 || hex_run_length(span_of(digits, n)) != n) {
        return false;
    }
    out->len = hex_decode_run(span_of(digits, n), out->at) / 2;
    return true;
}
