#include "directory/sync_value.h"

#include <stdlib.h>

static void within(struct span s, const uint8_t *data, size_t size)
{
    if (s.len > 0 && (s.at < data || s.at + s.len > data + size)) {
        abort();
    }
}

/* Whatever the bytes, what is read lies inside them, and keys have their length. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct span value = span_of(data, size);
    struct sync_state_value state;
    struct sync_done_value done;
    struct sync_info_value info;
    struct span key;

    if (sync_state_read(value, &state) == FAULT_NONE) {
        within(state.key, data, size);
        if (state.key.len != SYNC_KEY_SIZE || state.state > SYNC_DELETE) {
            abort();
        }
    }
    if (sync_done_read(value, &done) == FAULT_NONE) {
        within(done.cookie, data, size);
    }
    if (sync_info_read(value, &info) == FAULT_NONE) {
        within(info.cookie, data, size);
        while (sync_key_next(&info.keys, &key) == FAULT_NONE) {
            within(key, data, size);
            if (key.len != SYNC_KEY_SIZE) {
                abort();
            }
        }
    }
    return 0;
}
