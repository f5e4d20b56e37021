#include "source/live_frame.h"

#include <stdlib.h>

static void within(struct span s, const uint8_t *data, size_t size)
{
    if (s.len > 0 && (s.at < data || s.at + s.len > data + size)) {
        abort();
    }
}

/* Whatever the bytes, the batch ends, and its entries lie inside it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = arena_with_max((size_t)64 << 20);
    struct cursor batch = cursor_over(span_of(data, size));
    struct attribute_memory names = {0};
    enum fault fault;

    do {
        struct entry entry = {0};
        struct why why = {0};
        size_t left = batch.rest.len;

        arena_reset(&arena);
        fault = frame_entry_next(&batch, NULL, &names, &arena, &entry, &why);
        if (fault != FAULT_ABSENT && batch.rest.len >= left) {
            abort(); /* it does not come on */
        }
        within(entry.dn, data, size);
        within(entry.common_name, data, size);
        for (size_t i = 0; i < entry.value_count; i++) {
            within(entry.values[i].name, data, size);
            within(entry.values[i].value.bytes, data, size);
        }
    } while (fault != FAULT_ABSENT);
    arena_clear(&arena);
    return 0;
}
