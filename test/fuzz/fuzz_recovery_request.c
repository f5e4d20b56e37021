#include <stdlib.h>

#include "kms/request/recovery/recovery_request.h"

enum { ARENA_MAX = 4 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Any bytes may come as a REQUEST file. Property: what was read, written and read again is the same
 * request, of the same digest.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct buffer file = buffer_with_max((size_t)2 * RECOVERY_FILE_MAX);
    struct recovery_request first, second;
    uint8_t digest[2][TRANSCRIPT_SIZE];
    struct why why = {0};

    if (recovery_request_read(span_of(data, size), &arena, &first, &why) == FAULT_NONE) {
        recovery_request_write(&first, &file);
        if (file.fault != FAULT_NONE ||
            recovery_request_read(buffer_span(&file), &arena, &second, &why) != FAULT_NONE ||
            recovery_request_digest(&first, digest[0], &why) != FAULT_NONE ||
            recovery_request_digest(&second, digest[1], &why) != FAULT_NONE ||
            memcmp(digest[0], digest[1], TRANSCRIPT_SIZE) != 0 ||
            memcmp(first.signature, second.signature, sizeof(first.signature)) != 0) {
            abort();
        }
    }
    buffer_clear(&file);
    arena_clear(&arena);
    return 0;
}
