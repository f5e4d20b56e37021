#include "report/ldif_change.h"

#include <stdlib.h>

#include "source/ldif.h"

/* Takes a length byte and as many bytes, as far as there are any. */
static struct span piece(struct cursor *in)
{
    struct span length, bytes = {0};

    if (!cursor_take(in, 1, &length)) {
        return bytes;
    }
    if (!cursor_take(in, length.at[0], &bytes)) {
        (void)!cursor_take(in, in->rest.len, &bytes);
    }
    return bytes;
}

static void take_values(struct cursor *in, struct buffer *out)
{
    static const char *const names[] = {"c;binary", "s", "2.5.4.36"};

    while (in->rest.len > 1) {
        uint8_t how = in->rest.at[0];
        struct change_value value = {
            .name = span_text(names[how % 3]), .kinds = how >> 2 & 0x1F, .whole = how >> 7 != 0};

        in->rest = span_from(in->rest, 1);
        value.bytes = piece(in);
        change_add(out, &value);
    }
}

/* Our own reader takes every record for a change of that entry, and nothing is left over. */
static void read_back(struct span text, struct span dn)
{
    struct ldif_reading reading = {.lines = {.rest = text}, .first = true, .follow_folder = -1};
    struct arena arena = arena_with_max((size_t)64 << 20);
    struct entry entry = {0};
    struct why why = {0};
    uint64_t line;

    if (ldif_entry_next(&reading, &arena, &entry, &line, &why) != FAULT_NONE ||
        entry.kind != ENTRY_CHANGE || !span_equal(entry.dn, dn) || reading.lines.rest.len > 0) {
        abort();
    }
    arena_clear(&arena);
}

/* First the DN, then values: a byte that tells name, kinds and manner, a length, and bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer made = buffer_with_max((size_t)64 << 20);
    struct buffer out = buffer_with_max((size_t)256 << 20);
    struct cursor in = cursor_over(span_of(data, size));
    struct change change;
    size_t start;

    change_begin(&made, piece(&in), &start);
    take_values(&in, &made);
    change_end(&made, start);
    in = cursor_over(buffer_span(&made));
    if (change_next(&in, &change) != FAULT_NONE || in.rest.len > 0) {
        abort();
    }
    for (int which = LDIF_CHANGE_REMOVE; change.values.rest.len > 0 && which <= LDIF_CHANGE_RESTORE;
         which++) {
        ldif_change_start(&out);
        ldif_change_add(&out, &change, (enum ldif_change)which);
        if (out.fault != FAULT_NONE) {
            abort();
        }
        read_back(buffer_span(&out), change.dn);
        buffer_reset(&out);
    }
    buffer_clear(&made);
    buffer_clear(&out);

    /* Bytes that no one made are refused or end; they are never read beyond. */
    in = cursor_over(span_of(data, size));
    while (change_next(&in, &change) == FAULT_NONE) {
        struct change_value value;

        while (change_value_next(&change.values, &value)) {
        }
    }
    return 0;
}
