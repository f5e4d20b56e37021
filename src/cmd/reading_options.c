#include "cmd/reading_options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ascii.h"
#include "cmd/cmd.h"
#include "cmd/tuning.h"
#include "source/stream.h"

enum { THREADS_USUAL_MAX = 8 };

const char *reading_options_help(void)
{
    return "Reading, instead of having it recognised:\n"
           "      --from FORMAT        csv or ldif\n"
           "      --encoding NAME      UTF-8, UTF-16, cp1252, or any name that iconv knows\n"
           "      --delimiter TEXT     what separates the columns\n"
           "      --quote CHARACTER    what quotes a field, or none\n"
           "      --multi-value-separator CHARACTER\n"
           "                           what separates the values in a field\n"
           "      --follow-urls DIR    read the files below DIR that LDIF values name\n"
           "      --threads N          threads to work with\n"
           "      --no-sandbox         keep all rights while reading\n";
}

void reading_options_init(struct reading_options *options)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);

    *options = (struct reading_options){.source = {.follow_folder = -1}};
    options->threads = online < 1                   ? 1
                       : online < THREADS_USUAL_MAX ? (size_t)online
                                                    : THREADS_USUAL_MAX;
}

bool reading_option_is(int code)
{
    return code >= OPTION_READING_FIRST && code < OPTION_READING_END;
}

/* `\t` and `tab` for the tab, which is hard to type; otherwise the text as it is. */
static struct span separator_of(const char *text)
{
    if (strcmp(text, "\\t") == 0 || strcmp(text, "tab") == 0) {
        return span_of("\t", 1);
    }
    return span_text(text);
}

static const char *take_format(const char *text, enum source_format *out)
{
    if (strcmp(text, "csv") != 0 && strcmp(text, "ldif") != 0) {
        return "--from is csv or ldif, not";
    }
    *out = strcmp(text, "csv") == 0 ? SOURCE_CSV : SOURCE_LDIF;
    return NULL;
}

static const char *take_threads(const char *text, size_t *out)
{
    char *end;
    unsigned long n;

    errno = 0;
    n = strtoul(text, &end, 10);
    if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9' || n < 1 || n > THREADS_MAX) {
        return "--threads is a number from 1 to 256, not";
    }
    *out = n;
    return NULL;
}

/* Where a line ends, a record ends, whatever else is to end there. */
static bool has_line_end(struct span text)
{
    size_t at;

    return span_find(text, '\n', &at) || span_find(text, '\r', &at);
}

static const char *take_delimiter(struct span text, struct span *out)
{
    if (has_line_end(text)) {
        return "--delimiter is no line end, and has none in it, not";
    }
    *out = text;
    return text.len > 0 && text.len <= CSV_DELIMITER_MAX ? NULL
                                                         : "--delimiter is 1 to 8 bytes, not";
}

static const char *take_quote(const char *text, struct span *out)
{
    *out = span_text(text);
    return strcmp(text, "none") == 0 || (out->len == 1 && !has_line_end(*out))
               ? NULL
               : "--quote is one character (no line end) or none, not";
}

/* Values of certificates hold line ends, letters and digits. */
static const char *take_separator(struct span text, struct span *out)
{
    *out = text;
    return text.len == 1 && !has_line_end(text) && !ascii_is_alnum(text.at[0])
               ? NULL
               : "--multi-value-separator is one character (no letter, digit or line end), not";
}

const char *reading_option_take(struct reading_options *options, int code, const char *argument)
{
    struct source_options *source = &options->source;

    switch (code) {
    case OPTION_FROM:
        return take_format(argument, &source->format);
    case OPTION_ENCODING:
        source->encoding = argument;
        return stream_knows_encoding(argument) ? NULL
                                               : "--encoding is a name that 'iconv -l' lists, not";
    case OPTION_DELIMITER:
        return take_delimiter(separator_of(argument), &source->csv.delimiter);
    case OPTION_QUOTE:
        return take_quote(argument, &source->csv.quote);
    case OPTION_SEPARATOR:
        return take_separator(separator_of(argument), &source->csv.separator);
    case OPTION_FOLLOW_URLS:
        options->follow_folder = argument;
        return NULL;
    case OPTION_THREADS:
        return take_threads(argument, &options->threads);
    default:
        options->no_sandbox = true;
        return NULL;
    }
}

const char *reading_options_check(const struct reading_options *options)
{
    const struct csv_options *csv = &options->source.csv;
    const bool quotes = csv->quote.len <= 1; /* not `none` */
    const uint8_t quote = csv->quote.len == 1 ? csv->quote.at[0] : '"';
    size_t at;

    if (quotes && span_find(csv->delimiter, quote, &at)) {
        return "--delimiter has what quotes a field in it (give another --quote, or --quote none)";
    }
    if (!quotes && csv->separator.len > 0 && span_equal(csv->separator, csv->delimiter)) {
        return "--delimiter and --multi-value-separator are the same, which takes a --quote";
    }
    return NULL;
}

bool reading_options_open(struct reading_options *options)
{
    options->source.unpack_ahead = options->threads > 1;
    options->source.batch_size = tuning_batch_size();
    if (options->follow_folder == NULL) {
        return true;
    }
    options->source.follow_folder = open(options->follow_folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (options->source.follow_folder < 0) {
        complain(options->follow_folder, 0, strerrordesc_np(errno));
        return false;
    }
    return true;
}

void reading_options_clear(struct reading_options *options)
{
    if (options->source.follow_folder >= 0) {
        (void)close(options->source.follow_folder);
    }
    options->source.follow_folder = -1;
}
