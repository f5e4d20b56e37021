#include "directory/element.h"

#include <stdlib.h>

static void within(struct span s, struct span outer)
{
    if (s.len > 0 && (s.at < outer.at || s.at + s.len > outer.at + outer.len)) {
        abort();
    }
}

/* Whatever the bytes, what is read lies inside them, and each value takes at least two of them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct span attribute = span_of(data, size);
    struct span name, value;
    struct cursor values;
    size_t room = size;

    if (!element_open_attribute(attribute, &name, &values)) {
        return 0;
    }
    within(name, attribute);
    within(values.rest, attribute);
    while (element_take_tagged(&values, ELEMENT_OCTETS, &value)) {
        within(value, attribute);
        if (room < 2 + value.len) {
            abort();
        }
        room -= 2 + value.len;
    }
    return 0;
}
