#include "directory/schema.h"

#include <stdlib.h>
#include <string.h>

/* The first byte is the length of a name; the rest is a definition. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t length = size > 0 && data[0] < size ? data[0] : 0;
    struct span name = size > 0 ? span_of(data + 1, length) : (struct span){0};
    struct span definition = size > 0 ? span_of(data + 1 + length, size - 1 - length) : name;
    bool comparable, again;

    /* What it describes is named in it, in quotes; and the same question has the same answer. */
    if (schema_describes(definition, name, &comparable)) {
        if (definition.len < name.len + 2 || memchr(definition.at, '\'', definition.len) == NULL ||
            !schema_describes(definition, name, &again) || comparable != again) {
            abort();
        }
    }
    return 0;
}
