#include "cert/name.h"

#include <stdlib.h>

#include "base/text.h"
#include "cert/name_walk.h"

/*
 * Whatever the bytes, what name_take() lets through has a text in UTF-8 and parts inside the
 * input; what it does not, has none; and the walk over any bytes ends inside them.
 */
enum { TEXT_MAX = 64 * 1024 * 1024 };

static void hold(bool what)
{
    if (!what) {
        abort();
    }
}

static void walk(struct span name)
{
    struct name_walk in = name_walk_of(name);
    struct name_part part;
    const uint8_t *behind = name.at;

    while (name_walk_next(&in, &part)) {
        hold(part.type.at >= behind && part.value.whole.at >= part.type.at + part.type.len);
        behind = part.value.whole.at + part.value.whole.len;
        hold(behind <= name.at + name.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span bytes = span_of(data, size);
    struct cursor in = cursor_over(bytes);
    struct buffer text = buffer_with_max(TEXT_MAX);
    struct span name;
    bool good = name_take(&in, &name) && in.rest.len == 0;

    hold((name_add(&text, bytes) == FAULT_NONE) == good);
    hold(text.fault == FAULT_NONE && (good || text.len == 0));
    hold(text_is_utf8(buffer_span(&text)));
    buffer_reset(&text);
    hold(name_add_short(&text, bytes) == FAULT_NONE || !good);
    hold(text_is_utf8(buffer_span(&text)));
    buffer_reset(&text);
    hold(oid_add(&text, bytes) == FAULT_NONE || text.len == 0);
    buffer_clear(&text);
    walk(bytes);
    return 0;
}
