#include <stdlib.h>

#include "kms/authority/profile.h"

/* What is taken lies within its limits; what is refused names a line that is there. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct profile profile = {0};
    struct why why = {0};
    size_t line = 0;
    size_t lines = 1;

    for (size_t i = 0; i < size; i++) {
        lines += data[i] == '\n' ? 1 : 0;
    }
    if (profile_parse(span_of(data, size), &profile, &line, &why) != FAULT_NONE) {
        if (line < 1 || line > lines || why.rule == NULL || why.offset > size) {
            abort();
        }
        return 0;
    }
    if (profile.validity < 86400 || profile.validity > (int64_t)825 * 86400 ||
        profile.crl_parts < 1 || profile.crl_parts > PROFILE_PARTS_MAX ||
        profile.ca_validity > profile.root_validity || profile.user_key >= KIND_COUNT) {
        abort();
    }
    struct buffer url = buffer_with_max((size_t)PROFILE_URL_MAX * 2);

    profile_add_crl_url(&profile, PROFILE_PARTS_MAX, &url);
    if (url.fault != FAULT_NONE || url.len >= PROFILE_URL_MAX) {
        abort();
    }
    buffer_clear(&url);
    return 0;
}
