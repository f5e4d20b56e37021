#include "source/kept.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Whatever the bytes, the file ends; entries lie inside their batch, and the same come again. */
static uint64_t read_all(struct kept_reader *reader, enum fault *fault)
{
    struct batch batch = {0};
    struct why why = {0};
    uint64_t seen = 0;

    while ((*fault = kept_read(reader, &batch, &why)) == FAULT_NONE) {
        struct cursor in = cursor_over(span_of(batch.bytes, batch.len));
        struct frame frame;

        if (batch.len == 0) {
            abort(); /* it does not come on */
        }
        while (frame_next(&in, &frame, &why) == FAULT_NONE) {
            struct span key = kept_key_of(&frame);

            if (key.len != 0 && key.len != KEPT_KEY_SIZE) {
                abort();
            }
            if (key.len > 0 &&
                (key.at < batch.bytes || key.at + key.len > batch.bytes + batch.len)) {
                abort();
            }
            seen = seen * 31 + frame.dn.len + 1;
        }
    }
    batch_clear(&batch);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    struct kept_reader reader = {0};
    struct why why = {0};

    if (fd < 0) {
        fd = memfd_create("kept", MFD_CLOEXEC);
    }
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size) {
        return 0;
    }
    if (kept_open(&reader, fd, &why) == FAULT_NONE) {
        enum fault first, second;
        uint64_t seen = read_all(&reader, &first);

        kept_rewind(&reader);
        if (read_all(&reader, &second) != seen || first != second || first == FAULT_NONE) {
            abort();
        }
    }
    kept_reader_clear(&reader);
    return 0;
}
