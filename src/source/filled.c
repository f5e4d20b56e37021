#include "source/filled.h"

#include <stdlib.h>

#include "source/internal.h"

enum fault source_open_filled(const struct filler *filler, const struct projection *projection,
                              struct source **out, struct why *why)
{
    struct source *source = calloc(1, sizeof(*source));

    if (source == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    source->filler = filler;
    source->options.csv.projection = projection;
    source->options.follow_folder = -1;
    source->format = SOURCE_LIVE;
    source->first = true;
    *out = source;
    return FAULT_NONE;
}

enum fault filled_start(struct source *source, struct why *why)
{
    enum fault fault = source->filler->start(source->filler->context, why);

    source->incomplete = fault != FAULT_NONE;
    return fault;
}

enum fault filled_read(struct source *source, struct batch *batch, struct why *why)
{
    struct frame_writer writer = {
        .bytes = batch->bytes, .capacity = batch->capacity, .max = SOURCE_RECORD_MAX};
    enum fault fault = source->filler->fill(source->filler->context, &writer, why);

    *batch = (struct batch){.bytes = writer.bytes,
                            .capacity = writer.capacity,
                            .len = writer.whole,
                            .first = source->first};
    source->first = false;
    source->filled += batch->len;
    if (fault != FAULT_NONE && fault != FAULT_ABSENT) {
        source->incomplete = true;
    }
    return fault;
}
