#include "entry/dn_key.h"

#include <stdlib.h>

#include "base/ascii.h"

/*
 * Whatever the bytes, the form is made, in bounds, and is the same for the name in small letters
 * and with blanks around it.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer key = buffer_with_max(8 * size + 64), other = buffer_with_max(8 * size + 64);
    struct buffer changed = buffer_with_max(size + 2);

    buffer_add_byte(&changed, ' ');
    for (size_t i = 0; i < size; i++) {
        buffer_add_byte(&changed, ascii_lower(data[i]));
    }
    buffer_add_byte(&changed, ' ');
    dn_add_key(&key, span_of(data, size));
    dn_add_key(&other, buffer_span(&changed));
    if (key.fault != FAULT_NONE || !span_equal(buffer_span(&key), buffer_span(&other))) {
        abort();
    }
    buffer_clear(&key);
    buffer_clear(&other);
    buffer_clear(&changed);
    return 0;
}
