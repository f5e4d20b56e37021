#include "report/export_options.h"

#include <stdlib.h>

#include "base/ascii.h"

/* Any bytes as an options file: what it tells is among what may be told, or nothing is. */

static void hold(bool what)
{
    if (!what) {
        abort();
    }
}

static bool is_within(struct span part, struct span whole)
{
    return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

static bool may_separate(uint8_t byte)
{
    return byte == 0 || byte == '\t' || (byte >= ' ' && byte <= '~' && !ascii_is_alnum(byte));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_of(data, size);
    struct export_options options = {.objects = EXPORT_LISTS};
    struct why why = {0};
    enum fault fault = export_options_read(text, &options, &why);

    hold(options.objects <= EXPORT_ALL);
    if (fault != FAULT_NONE) {
        hold(why.rule != NULL && options.objects == EXPORT_LISTS && options.container.len == 0);
        hold((fault == FAULT_SYNTAX) == (why.offset > 0));
        return 0;
    }
    hold(is_within(options.container, text) && is_within(options.basepoint, text) &&
         is_within(options.home_server, text));
    hold(may_separate(options.delimiter) && may_separate(options.quote) &&
         may_separate(options.separator) && options.separator != '\\');
    hold(!(options.ansi && options.unicode));
    return 0;
}
