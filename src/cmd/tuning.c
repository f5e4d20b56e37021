#include "cmd/tuning.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/simd.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "source/source.h"

enum { MESSAGE_MAX = 4096 };

static size_t batch_size;

static void refuse(struct buffer *message, const char *value)
{
    buffer_add_text(message, ", not '");
    text_add_safe(message, span_text(value));
    buffer_add_byte(message, '\'');
    complain_span(NULL, 0, buffer_span(message));
    buffer_clear(message);
}

static bool read_simd(const char *value)
{
    struct buffer message = buffer_with_max(MESSAGE_MAX);
    const struct simd *levels[SIMD_LEVELS_MAX];
    size_t count = simd_levels(levels);

    if (value == NULL || *value == '\0' || simd_use(value)) {
        return true;
    }
    buffer_add_text(&message, "KEYROSTER_SIMD is a level that this processor has (");
    for (size_t i = 0; i < count; i++) {
        buffer_add_text(&message, i > 0 ? ", " : "");
        buffer_add_text(&message, levels[i]->name);
    }
    buffer_add_text(&message, ")");
    refuse(&message, value);
    return false;
}

static bool read_batch(const char *value)
{
    struct buffer message = buffer_with_max(MESSAGE_MAX);
    unsigned long long number;
    char *end;

    if (value == NULL || *value == '\0') {
        return true;
    }
    errno = 0;
    number = strtoull(value, &end, 10);
    if (isdigit((unsigned char)*value) && *end == '\0' && errno == 0 &&
        number >= SOURCE_BATCH_MIN && number <= SOURCE_RECORD_MAX) {
        batch_size = (size_t)number;
        return true;
    }
    buffer_add_text(&message, "KEYROSTER_BATCH is a number of bytes from 64 to 67108864");
    refuse(&message, value);
    return false;
}

bool tuning_read(void)
{
    return read_simd(getenv("KEYROSTER_SIMD")) && read_batch(getenv("KEYROSTER_BATCH"));
}

size_t tuning_batch_size(void) { return batch_size; }
