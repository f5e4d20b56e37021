#include "kms/request/session/share.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Any bytes as an agent's share in a file. What is read is no longer than the text says, and is the
 * same when it is written and read again.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer first = buffer_with_max(1 << 20), text = buffer_with_max(1 << 20),
                  second = buffer_with_max(1 << 20);
    struct why why;

    if (share_file_read(span_of(data, size), &first, &why) == FAULT_NONE) {
        share_file_text(buffer_span(&first), &text);
        if (first.len > size || share_file_read(buffer_span(&text), &second, &why) != FAULT_NONE ||
            !span_equal(buffer_span(&first), buffer_span(&second))) {
            abort();
        }
    } else if (first.len != 0) {
        abort();
    }
    buffer_clear(&first);
    buffer_clear(&text);
    buffer_clear(&second);
    return 0;
}
