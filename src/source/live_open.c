#include <stdlib.h>

#include "source/internal.h"

enum fault live_open(const char *url, const struct source_options *options, struct source **out,
                     struct why *why)
{
    struct source *source = calloc(1, sizeof(*source));
    enum fault fault;

    if (source == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    source->options = *options;
    source->format = SOURCE_LIVE;
    fault = live_new(url, options->live, &source->live, why);
    if (fault != FAULT_NONE) {
        free(source);
        return fault;
    }
    *out = source;
    return FAULT_NONE;
}

enum fault source_connect(struct source *source, struct why *why)
{
    return source->live == NULL ? FAULT_NONE : live_connect(source->live, why);
}

struct live_facts source_live_facts(const struct source *source)
{
    return source->live == NULL ? (struct live_facts){0} : live_facts_of(source->live);
}

bool source_is_incomplete(const struct source *source)
{
    return source->incomplete || source->end_fault != FAULT_NONE ||
           source_live_facts(source).incomplete;
}

void source_progress(const struct source *source, uint64_t *position, uint64_t *size)
{
    if (source->stream == NULL) {
        *position = source->live != NULL ? source_live_facts(source).bytes : source->filled;
        *size = 0;
        return;
    }
    *position = stream_position(source->stream);
    *size = source->size;
}
