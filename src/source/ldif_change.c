#include "base/ascii.h"
#include "source/ldif.h"

/* `add: mail`, `delete: …`, `replace: …`, `increment: …` (RFC 4525). */
static bool is_modification(const struct ldif_line *line)
{
    static const char *const kinds[] = {"add", "delete", "replace", "increment"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (ascii_equal_nocase(line->type, span_text(kinds[i]))) {
            return true;
        }
    }
    return false;
}

/* True when the line is of the attribute that the modification names, options included. */
static bool is_of_attribute(const struct ldif_line *line, struct span attribute)
{
    struct span named = ascii_trim(attribute);
    struct span type = span_upto(named, line->type.len);
    struct span rest = span_from(named, line->type.len);

    if (!ascii_equal_nocase(line->type, type)) {
        return false;
    }
    if (rest.len > 0) { /* `mail;lang-de`: the line has that option, perhaps binary beside it */
        return rest.at[0] == ';' && ascii_starts_nocase(line->options, span_from(rest, 1));
    }
    return true;
}

static bool is_dash(struct span line) { return line.len == 1 && line.at[0] == '-'; }

/* One line of a modify record: the `-` between modifications is no attribute line. */
static enum fault next_line(struct ldif_lines *lines, struct arena *arena, struct ldif_line *out,
                            bool *dash, uint64_t *at, struct why *why)
{
    struct ldif_lines ahead = *lines;
    struct ldif_raw raw;

    if (ldif_lines_next(&ahead, &raw) && is_dash(raw.text)) {
        *lines = ahead;
        *at = raw.line;
        *dash = true;
        return FAULT_NONE;
    }
    *dash = false;
    return ldif_next_parsed(lines, arena, out, at, why);
}

static enum fault check_modify(struct ldif_lines *lines, struct arena *arena, uint64_t *at,
                               struct why *why)
{
    struct ldif_line line, first = {0};
    bool within = false, dash;
    size_t modifications = 0, values = 0;
    enum fault fault;

    while ((fault = next_line(lines, arena, &line, &dash, at, why)) == FAULT_NONE) {
        if (dash) {
            within = false;
        } else if (!within) {
            if (!is_modification(&line) || ascii_trim(line.value).len == 0) {
                return fault_at(FAULT_SYNTAX, 0,
                                "RFC 2849: a modification starts with add:, delete: or replace: "
                                "and names an attribute",
                                why);
            }
            first = line;
            within = true;
            values = 0;
            modifications++;
        } else if (!is_of_attribute(&line, first.value)) {
            return fault_at(FAULT_SYNTAX, 0,
                            "RFC 2849: a modification holds values of the attribute it names", why);
        } else if (++values > 1 && ascii_equal_nocase(first.type, span_text("increment"))) {
            return fault_at(FAULT_SYNTAX, 0, "RFC 4525: an increment has one value", why);
        }
    }
    if (fault == FAULT_ABSENT && modifications == 0) {
        return fault_at(FAULT_SYNTAX, 0, "RFC 2849: a modify record without a modification", why);
    }
    return fault == FAULT_ABSENT ? FAULT_NONE : fault;
}

static enum fault check_rename(struct ldif_lines *lines, struct arena *arena, uint64_t *at,
                               struct why *why)
{
    static const char rule[] =
        "RFC 2849: a modrdn record holds newrdn:, deleteoldrdn: 0 or 1, and perhaps newsuperior:";
    static const char *const wanted[] = {"newrdn", "deleteoldrdn", "newsuperior"};
    struct ldif_line line;
    enum fault fault;
    size_t n = 0;

    while ((fault = ldif_next_parsed(lines, arena, &line, at, why)) == FAULT_NONE) {
        if (n == 3 || !ascii_equal_nocase(line.type, span_text(wanted[n])) ||
            (n < 2 && line.value.len == 0) ||
            (n == 1 && !span_is(line.value, "0") && !span_is(line.value, "1"))) {
            return fault_at(FAULT_SYNTAX, 0, rule, why);
        }
        n++;
    }
    if (fault == FAULT_ABSENT && n < 2) {
        return fault_at(FAULT_SYNTAX, 0, rule, why);
    }
    return fault == FAULT_ABSENT ? FAULT_NONE : fault;
}

static enum fault check_delete(struct ldif_lines *lines, struct arena *arena, uint64_t *at,
                               struct why *why)
{
    struct ldif_line line;
    enum fault fault = ldif_next_parsed(lines, arena, &line, at, why);

    if (fault == FAULT_NONE) {
        return fault_at(FAULT_SYNTAX, 0, "RFC 2849: a delete record holds nothing more", why);
    }
    return fault == FAULT_ABSENT ? FAULT_NONE : fault;
}

enum fault ldif_change_check(struct span changetype, struct ldif_lines *lines, struct arena *arena,
                             uint64_t *line, struct why *why)
{
    if (ascii_equal_nocase(changetype, span_text("delete"))) {
        return check_delete(lines, arena, line, why);
    }
    if (ascii_equal_nocase(changetype, span_text("modify"))) {
        return check_modify(lines, arena, line, why);
    }
    if (ascii_equal_nocase(changetype, span_text("modrdn")) ||
        ascii_equal_nocase(changetype, span_text("moddn"))) {
        return check_rename(lines, arena, line, why);
    }
    return fault_at(FAULT_SYNTAX, 0, "RFC 2849: changetype is add, delete, modify, modrdn or moddn",
                    why);
}
