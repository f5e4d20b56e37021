#include "cmd/row_options.h"

#include "base/utc.h"

enum { WARNING_DAYS = 30 };

void row_options_init(struct row_options *options)
{
    *options = (struct row_options){.warning_seconds = (int64_t)WARNING_DAYS * UTC_DAY};
}

bool row_option_is(int code) { return code >= OPTION_ROW_FIRST && code < OPTION_ROW_END; }

static const char *take_standings(const char *text, uint32_t *out)
{
    struct span rest = span_text(text);

    do {
        size_t comma;
        bool more = span_find(rest, ',', &comma);
        struct span name = more ? span_upto(rest, comma) : rest;
        enum standing standing = STANDING_ACTIVE;

        if (!standing_find(name, &standing)) {
            return "no such standing in";
        }
        *out |= 1U << standing;
        rest = more ? span_from(rest, comma + 1) : (struct span){0};
    } while (rest.len > 0);
    return NULL;
}

const char *row_option_take(struct row_options *options, int code, const char *argument)
{
    struct why why;

    switch (code) {
    case OPTION_ONLY:
        return take_standings(argument, &options->selection.standings);
    case OPTION_CONTAINER:
        options->selection.container = span_text(argument);
        return NULL;
    case OPTION_EXPIRES_WITHIN:
        options->selection.expiring_only = true;
        return utc_parse_duration(span_text(argument), &options->warning_seconds, &why) ==
                       FAULT_NONE
                   ? NULL
                   : "--expires-within is a duration like 30d or 12h, not";
    case OPTION_SUMMARY:
        options->summary = true;
        return NULL;
    default:
        options->shared_keys = true;
        return NULL;
    }
}
