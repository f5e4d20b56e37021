#include "report/export_options.h"

#include "base/ascii.h"

bool export_objects_find(struct span word, enum export_objects *out)
{
    static const char *const words[] = {"mailbox", "remote", "dl", "recipients", "all"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (ascii_equal_nocase(word, span_text(words[i]))) {
            *out = (enum export_objects)i;
            return true;
        }
    }
    return false;
}

/* Each puts one setting into the options; false when the value is none of those it may have. */
typedef bool setting_fn(struct span value, struct export_options *out);

static bool yes_or_no(struct span value, bool *out)
{
    *out = ascii_equal_nocase(value, span_text("yes"));
    return *out || ascii_equal_nocase(value, span_text("no"));
}

static bool decimal(struct span value, unsigned *out)
{
    *out = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (!ascii_is_digit(value.at[i]) || value.len > 6) {
            return false;
        }
        *out = *out * 10 + (value.at[i] - '0');
    }
    return value.len > 0;
}

/* A separator as its decimal number in ASCII: no letter, no digit, nothing that ends a line. */
static bool separator(struct span value, uint8_t *out)
{
    unsigned number;

    if (!decimal(value, &number) || (number != '\t' && (number < ' ' || number > '~')) ||
        ascii_is_alnum((uint8_t)number)) {
        return false;
    }
    *out = (uint8_t)number;
    return true;
}

static bool set_objects(struct span value, struct export_options *out)
{
    return export_objects_find(value, &out->objects);
}

static bool set_container(struct span value, struct export_options *out)
{
    out->container = value;
    return true;
}

static bool set_basepoint(struct span value, struct export_options *out)
{
    out->basepoint = value;
    return true;
}

static bool set_home_server(struct span value, struct export_options *out)
{
    out->home_server = value;
    return true;
}

static bool set_basepoint_only(struct span value, struct export_options *out)
{
    return yes_or_no(value, &out->basepoint_only);
}

static bool set_subcontainers(struct span value, struct export_options *out)
{
    return yes_or_no(value, &out->subcontainers);
}

static bool set_hidden(struct span value, struct export_options *out)
{
    return yes_or_no(value, &out->hidden);
}

static bool set_raw(struct span value, struct export_options *out)
{
    return yes_or_no(value, &out->raw);
}

static bool set_information(struct span value, struct export_options *out)
{
    out->quiet = ascii_equal_nocase(value, span_text("none"));
    return out->quiet || ascii_equal_nocase(value, span_text("minimal")) ||
           ascii_equal_nocase(value, span_text("full"));
}

static bool set_delimiter(struct span value, struct export_options *out)
{
    return separator(value, &out->delimiter);
}

static bool set_quote(struct span value, struct export_options *out)
{
    return separator(value, &out->quote);
}

/* A backslash protects the separator within a value, so it is none itself. */
static bool set_separator(struct span value, struct export_options *out)
{
    return separator(value, &out->separator) && out->separator != '\\';
}

/* 0 and 1252 are the ANSI code page, -1 and 1200 Unicode, as Windows numbers them. */
static bool set_code_page(struct span value, struct export_options *out)
{
    out->ansi = span_is(value, "0") || span_is(value, "1252");
    out->unicode = span_is(value, "-1") || span_is(value, "1200");
    return out->ansi || out->unicode;
}

static bool pass_over(struct span value, struct export_options *out)
{
    (void)value;
    (void)out;
    return true;
}

static const struct setting {
    const char *name;
    setting_fn *set;
    const char *rule; /* what its value may be */
} settings[] = {
    {"ExportObject", set_objects, "ExportObject is Mailbox, Remote, DL, Recipients or All"},
    {"Container", set_container, NULL},
    {"Subcontainers", set_subcontainers, "Subcontainers is Yes or No"},
    {"Basepoint", set_basepoint, NULL},
    {"BasepointOnly", set_basepoint_only, "BasepointOnly is Yes or No"},
    {"HomeServer", set_home_server, NULL},
    {"HiddenObjects", set_hidden, "HiddenObjects is Yes or No"},
    {"RawMode", set_raw, "RawMode is Yes or No"},
    {"InformationLevel", set_information, "InformationLevel is None, Minimal or Full"},
    {"ColumnSeparator", set_delimiter,
     "ColumnSeparator is the decimal number of a character that is no letter or digit (44: ,)"},
    {"QuoteCharacter", set_quote,
     "QuoteCharacter is the decimal number of a character that is no letter or digit (34: \")"},
    {"MVSeparator", set_separator,
     "MVSeparator is the decimal number of a character that is no letter, digit or backslash "
     "(37: %)"},
    {"CodePage", set_code_page, "CodePage is 0 or 1252 (ANSI), or -1 or 1200 (Unicode)"},
    {"DirectoryService", pass_over, NULL},
};

static enum fault set(struct span name, struct span value, struct export_options *out,
                      const char **rule)
{
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        if (!ascii_equal_nocase(name, span_text(settings[i].name))) {
            continue;
        }
        /* `Container=` alone is the same as no such line. */
        if (value.len == 0 || settings[i].set(value, out)) {
            return FAULT_NONE;
        }
        *rule = settings[i].rule;
        return FAULT_SYNTAX;
    }
    *rule = "no such setting (ExportObject, Container, Subcontainers, Basepoint, BasepointOnly, "
            "HomeServer, HiddenObjects, RawMode, InformationLevel, ColumnSeparator, "
            "QuoteCharacter, MVSeparator, CodePage)";
    return FAULT_SYNTAX;
}

static struct span take_line(struct span *text)
{
    size_t end;
    struct span line = span_find(*text, '\n', &end) ? span_upto(*text, end) : *text;

    *text = span_from(*text, line.len + 1);
    return ascii_trim(line);
}

enum fault export_options_read(struct span text, struct export_options *out, struct why *why)
{
    struct export_options read = *out;
    bool seen = false, within = false;
    const char *rule = NULL;

    for (size_t number = 1; text.len > 0; number++) {
        struct span line = take_line(&text);
        size_t equals;

        if (line.len == 0 || line.at[0] == ';' || line.at[0] == '#') {
            continue;
        }
        if (line.at[0] == '[') {
            within = ascii_equal_nocase(line, span_text("[Export]"));
            seen = seen || within;
            continue;
        }
        if (!within && seen) {
            continue; /* of another section */
        }
        if (!span_find(line, '=', &equals)) {
            return fault_at(FAULT_SYNTAX, number, "neither [Section] nor Setting=Value", why);
        }
        if (within && set(ascii_trim(span_upto(line, equals)),
                          ascii_trim(span_from(line, equals + 1)), &read, &rule) != FAULT_NONE) {
            return fault_at(FAULT_SYNTAX, number, rule, why);
        }
    }
    if (!seen) {
        return fault_at(FAULT_ABSENT, 0, "no [Export] section", why);
    }
    *out = read;
    return FAULT_NONE;
}
