#include "roster/exporting.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "roster/select.h"

static size_t columns_of(const struct exporting *exporting)
{
    return exporting->export->header->count + EXPORT_EXTRAS;
}

enum fault exporting_init(const struct export *export, struct exporting *out, struct why *why)
{
    struct exporting exporting = {.export = export};

    exporting.tally.met = calloc(columns_of(&exporting), sizeof(*exporting.tally.met));
    exporting.tally.filled = calloc(columns_of(&exporting), sizeof(*exporting.tally.filled));
    if (exporting.tally.met == NULL || exporting.tally.filled == NULL) {
        exporting_clear(&exporting);
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    *out = exporting;
    return FAULT_NONE;
}

void exporting_clear(struct exporting *exporting)
{
    free(exporting->tally.met);
    free(exporting->tally.filled);
    *exporting = (struct exporting){0};
}

enum fault exporting_begin(const struct exporting *exporting, struct arena *arena,
                           struct export_tally *out)
{
    size_t columns = columns_of(exporting);
    struct export_tally tally = {.met = arena_take_array(arena, columns, sizeof(*tally.met)),
                                 .filled = arena_take_array(arena, columns, sizeof(*tally.filled))};

    if (tally.met == NULL || tally.filled == NULL) {
        return FAULT_RESOURCE;
    }
    memset(tally.met, 0, columns * sizeof(*tally.met));
    memset(tally.filled, 0, columns * sizeof(*tally.filled));
    *out = tally;
    return FAULT_NONE;
}

/* `/o=Org/ou=Site/cn=Recipients` as a container of that site calls it: `Recipients`. */
static struct span within_site(struct span path)
{
    static const char *const levels[] = {"/o=", "/ou="};
    size_t slash;

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (ascii_starts_nocase(path, span_text(levels[i]))) {
            path = span_from(path, 1);
            path = span_find(path, '/', &slash) ? span_from(path, slash) : (struct span){0};
        }
    }
    path = path.len > 0 && path.at[0] == '/' ? span_from(path, 1) : path;
    return ascii_starts_nocase(path, span_text("cn=")) ? span_from(path, 3) : path;
}

/* `Recipients`, `Recipients/cn=Sales`: no path from the top, and no DN. */
static bool is_relative(struct span container)
{
    size_t slash = container.len, equals;

    if (container.len > 0 && container.at[0] == '/') {
        return false;
    }
    (void)!span_find(container, '/', &slash);
    return !span_find(span_upto(container, slash), '=', &equals);
}

/* True when the object is the one at the end of the path `wanted`. */
static bool is_object(const struct entry *entry, struct span container, struct span wanted)
{
    struct span above = wanted;
    struct span own = container_take(&above);
    size_t equals;

    own = span_find(own, '=', &equals) ? ascii_trim(span_from(own, equals + 1)) : own;
    return own.len > 0 && container_is(container, above) &&
           (ascii_equal_nocase(own, entry->directory_name) ||
            ascii_equal_nocase(own, entry->common_name) || ascii_equal_nocase(own, entry->alias));
}

static bool is_at_basepoint(const struct entry *entry, const struct export_options *options)
{
    struct span container = entry_container(entry);
    struct span wanted =
        is_relative(container) ? within_site(options->basepoint) : options->basepoint;

    if (wanted.len == 0) { /* the whole site */
        return !options->basepoint_only;
    }
    if (options->basepoint_only) {
        return container_is(container, wanted);
    }
    return container_matches(container, wanted) ||
           ascii_equal_nocase(entry->dn, options->basepoint) || is_object(entry, container, wanted);
}

/* A relative container names no site: it may be another one than that of the basepoint. */
static bool is_assumed(const struct entry *entry, const struct export_options *options)
{
    return ascii_starts_nocase(options->basepoint, span_text("/o=")) &&
           is_relative(entry_container(entry));
}

static bool is_in_place(const struct entry *entry, const struct export_options *options)
{
    struct span container = entry_container(entry);

    if (options->basepoint.len > 0 && !is_at_basepoint(entry, options)) {
        return false;
    }
    if (options->container.len == 0) {
        return true;
    }
    return options->subcontainers ? container_matches(container, options->container)
                                  : container_is(container, options->container);
}

enum fault exporting_add(const struct exporting *exporting, const struct entry *entry,
                         struct arena *arena, struct buffer *rows, struct export_tally *tally,
                         bool *added, const char **remark)
{
    const struct export *export = exporting->export;
    struct export_sheet sheet;
    enum fault fault;

    *added = false;
    *remark = NULL;
    if (!is_in_place(entry, &export->options)) {
        return FAULT_NONE;
    }
    tally->in_place++;
    fault = export_sheet_make(export, entry, arena, tally, &sheet);
    if (fault == FAULT_NONE) {
        fault = export_has(export, &sheet, arena, tally, added);
    }
    if (fault == FAULT_NONE && *added) {
        fault = export_add_row(rows, export, &sheet, arena, tally, remark);
        tally->assumed += fault == FAULT_NONE && is_assumed(entry, &export->options);
    }
    return fault;
}

void exporting_merge(struct exporting *exporting, const struct source *source,
                     const struct export_tally *tally)
{
    const struct projection *projection = exporting->export->projection;
    size_t count, targets;
    const struct entry_column *columns = source_columns(source, &count);

    for (size_t i = 0; i < columns_of(exporting); i++) {
        exporting->tally.met[i] |= tally->met[i];
        exporting->tally.filled[i] |= tally->filled[i];
    }
    for (size_t i = 0; i < count; i++) {
        size_t route = projection_find(projection, columns[i].name);
        const struct projection_target *target =
            route > 0 ? projection_targets(projection, route, &targets) : NULL;

        for (size_t j = 0; target != NULL && j < targets; j++) {
            exporting->tally.met[target[j].column] = true;
        }
    }
    exporting->tally.in_place += tally->in_place;
    exporting->tally.assumed += tally->assumed;
    exporting->tally.hidden += tally->hidden;
    exporting->tally.partly += tally->partly;
    exporting->tally.unshown += tally->unshown;
    if (tally->unshown_name != NULL) {
        exporting->tally.unshown_name = tally->unshown_name;
    }
}
