#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

enum { BUFFER_FIRST = 256, DECIMAL_MAX = 20 };

uint8_t *buffer_grow(struct buffer *b, size_t n)
{
    size_t wanted = b->capacity == 0 ? BUFFER_FIRST : b->capacity;
    uint8_t *grown;

    if (b->fault != FAULT_NONE) {
        return NULL;
    }
    if (b->len > b->max || n > b->max - b->len) {
        b->fault = FAULT_LIMIT;
        return NULL;
    }
    wanted = wanted < b->max ? wanted : b->max;
    while (wanted < b->len + n) {
        wanted = wanted > b->max / 2 ? b->max : wanted * 2;
    }
    grown = realloc(b->at, wanted);
    if (grown == NULL) {
        b->fault = FAULT_RESOURCE;
        return NULL;
    }
    b->at = grown;
    b->capacity = wanted;
    return b->at + b->len;
}

void buffer_add_text(struct buffer *b, const char *text) { buffer_add(b, span_text(text)); }

void buffer_add_uint(struct buffer *b, uint64_t n)
{
    uint8_t digits[DECIMAL_MAX];
    size_t at = DECIMAL_MAX;

    do {
        digits[--at] = (uint8_t)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    buffer_add(b, span_of(digits + at, DECIMAL_MAX - at));
}

void buffer_add_hex(struct buffer *b, struct span s)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t *room = s.len <= SIZE_MAX / 2 ? buffer_room(b, s.len * 2) : NULL;

    if (room == NULL) {
        return;
    }
    for (size_t i = 0; i < s.len; i++) {
        room[2 * i] = (uint8_t)digits[s.at[i] >> 4];
        room[2 * i + 1] = (uint8_t)digits[s.at[i] & 15];
    }
    b->len += s.len * 2;
}

void buffer_clear(struct buffer *b)
{
    if (b == NULL) {
        return;
    }
    free(b->at);
    *b = buffer_with_max(b->max);
}
