#include "cmd/export_hints.h"

#include "base/text.h"
#include "cmd/cmd.h"

enum { SENTENCE_MAX = 16 * 1024, NAME_SHOWN = 256, COLUMNS_SHOWN = 8 };

static void tell(struct buffer *sentence)
{
    complain_span(NULL, 0, buffer_span(sentence));
    buffer_clear(sentence);
}

static void hint(uint64_t count, const char *what, struct span name, const char *end)
{
    struct buffer sentence = buffer_with_max(SENTENCE_MAX);

    buffer_add_uint(&sentence, count);
    buffer_add_text(&sentence, count == 1 ? " object " : " objects ");
    buffer_add_text(&sentence, what);
    text_add_safe(&sentence, span_upto(name, NAME_SHOWN));
    buffer_add_text(&sentence, end);
    tell(&sentence);
}

bool export_tell_unshown(const struct export_tally *tally)
{
    if (tally->unshown > 0) {
        hint(tally->unshown, "with certificates that no column shows (add ",
             span_text(tally->unshown_name), " to the header)");
    }
    return tally->unshown > 0;
}

/* A header alone comes of a name that is mistyped, more often than not. */
static void tell_empty(const struct export_options *options, const struct export_tally *tally)
{
    struct buffer sentence = buffer_with_max(SENTENCE_MAX);
    struct span place = options->container.len > 0 ? options->container : options->basepoint;

    buffer_add_text(&sentence, "nothing to export: ");
    if (tally->in_place == 0 && place.len > 0) {
        buffer_add_text(&sentence, "no object of the sources is in '");
        text_add_safe(&sentence, span_upto(place, NAME_SHOWN));
        buffer_add_text(&sentence, options->container.len > 0
                                       ? "' (a container is called by its last name or whole path)"
                                       : "' (Basepoint is a whole path or DN)");
    } else if (options->home_server.len > 0) {
        buffer_add_text(&sentence, "no object of this kind has the Home-Server '");
        text_add_safe(&sentence, span_upto(options->home_server, NAME_SHOWN));
        buffer_add_byte(&sentence, '\'');
    } else {
        buffer_add_text(&sentence, "no object is of the kind that is exported (--objects)");
    }
    tell(&sentence);
}

/* `no object has a value for 'Home-Server', 'Title'`: the header asks for what is not there. */
static void tell_blanks(const struct export *export, const struct export_tally *tally)
{
    const struct projection_column *columns = projection_columns(export->projection);
    struct buffer sentence = buffer_with_max(SENTENCE_MAX);
    size_t blanks = 0;

    buffer_add_text(&sentence, "no object has a value for ");
    for (size_t i = 0; i < export->header->count; i++) {
        if (tally->filled[i] || columns[i].schema == NULL ||  /* of unknown ones more was said */
            attribute_is_certificate(columns[i].attribute)) { /* most sites use one of the two */
            continue;
        }
        if (blanks++ < COLUMNS_SHOWN) {
            buffer_add_text(&sentence, blanks > 1 ? ", '" : "'");
            text_add_safe(&sentence, span_upto(columns[i].name, NAME_SHOWN));
            buffer_add_byte(&sentence, '\'');
        }
    }
    if (blanks > COLUMNS_SHOWN) {
        buffer_add_text(&sentence, ", and ");
        buffer_add_uint(&sentence, blanks - COLUMNS_SHOWN);
        buffer_add_text(&sentence, " more columns");
    }
    if (blanks > 0) {
        tell(&sentence);
    }
    buffer_clear(&sentence);
}

void export_tell_hints(const struct export *export, const struct export_tally *tally,
                       uint64_t exported)
{
    const struct export_options *options = &export->options;

    if (exported == 0 && tally->hidden == 0) {
        tell_empty(options, tally);
    }
    if (exported > 0) {
        tell_blanks(export, tally);
    }
    if (tally->assumed > 0) {
        hint(tally->assumed, "in containers that name no site taken for those of ",
             options->basepoint, "");
    }
    if (tally->hidden > 0) {
        hint(tally->hidden, "hidden from the address book left out (", span_text("--hidden"),
             " exports them too)");
    }
    if (tally->partly > 0) {
        hint(tally->partly, "with more certificates, which no column shows (add ",
             span_text(tally->unshown_name), " to the header)");
    }
}
