#include "entry/projection.h"

#include <stdlib.h>

#include "base/ascii.h"

/* A name that leads to a column; those of one name form a route. */
struct step {
    struct span name; /* of the table, or of a column */
    struct projection_target target;
};

struct route {
    struct span name;
    size_t first, count; /* of targets */
};

struct projection {
    struct projection_column *columns;
    size_t count;
    bool raw;
    struct step *steps;
    size_t step_count, step_capacity;
    struct projection_target *targets;
    struct route *routes;
    size_t route_count;
};

static struct span without_options(struct span name)
{
    size_t semicolon;

    return ascii_trim(span_find(name, ';', &semicolon) ? span_upto(name, semicolon) : name);
}

/* Shorter names first, those of one length in the order of their letters, whatever the case. */
static int compare_names(struct span a, struct span b)
{
    if (a.len != b.len) {
        return a.len < b.len ? -1 : 1;
    }
    for (size_t i = 0; i < a.len; i++) {
        int difference = ascii_lower(a.at[i]) - ascii_lower(b.at[i]);

        if (difference != 0) {
            return difference;
        }
    }
    return 0;
}

static int compare_steps(const void *left, const void *right)
{
    const struct step *a = left, *b = right;
    int order = compare_names(a->name, b->name);

    if (order != 0) {
        return order;
    }
    if (a->target.column != b->target.column) {
        return a->target.column < b->target.column ? -1 : 1;
    }
    return (int)b->target.fit - (int)a->target.fit; /* the best one first */
}

static enum fault add_step(struct projection *p, struct span name, size_t column,
                           enum projection_fit fit)
{
    if (p->step_count == p->step_capacity) {
        size_t capacity = p->step_capacity > 0 ? p->step_capacity * 2 : 64;
        struct step *grown = reallocarray(p->steps, capacity, sizeof(*grown));

        if (grown == NULL) {
            return FAULT_RESOURCE;
        }
        p->steps = grown;
        p->step_capacity = capacity;
    }
    p->steps[p->step_count++] = (struct step){name, {.column = column, .fit = fit}};
    return FAULT_NONE;
}

/* All names of one attribute lead to a column. */
static enum fault add_names(struct projection *p, const struct schema *schema, size_t column,
                            enum projection_fit fit)
{
    struct schema_names names = {.schema = schema, .raw = p->raw};
    struct span name;

    while (schema_names_next(&names, &name)) {
        enum fault fault = add_step(p, name, column, fit);

        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    return FAULT_NONE;
}

static enum attribute meaning_of(const struct schema *schema)
{
    struct schema_names names = {.schema = schema};
    struct span name;

    return schema_names_next(&names, &name) ? attribute_find(name, NULL) : ATTRIBUTE_OTHER;
}

/* True where a column for `wanted` also takes what means `offered` and would else be lost. */
static bool takes_in(enum attribute wanted, enum attribute offered)
{
    switch (wanted) {
    case ATTRIBUTE_ADDRESSES:
        return offered == ATTRIBUTE_ADDRESSES || offered == ATTRIBUTE_MAIL;
    case ATTRIBUTE_CERT_FIRST:
    case ATTRIBUTE_CERT_SECOND:
        return offered == wanted;
    default:
        return false;
    }
}

static bool is_shown(const struct projection *p, const struct schema *schema)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->columns[i].schema == schema) {
            return true;
        }
    }
    return false;
}

/* Attributes that no column is named for: the first column that takes them in gets them. */
static enum fault add_others(struct projection *p)
{
    const struct schema *schema;

    for (size_t i = 0; (schema = schema_at(i)) != NULL; i++) {
        enum attribute offered = meaning_of(schema);
        size_t column = 0;

        while (column < p->count && !takes_in(p->columns[column].attribute, offered)) {
            column++;
        }
        if (column < p->count && !is_shown(p, schema)) {
            enum fault fault = add_names(p, schema, column, PROJECTION_ADDED);

            if (fault != FAULT_NONE) {
                return fault;
            }
        }
    }
    return FAULT_NONE;
}

static enum fault add_column(struct projection *p, struct span name, size_t index)
{
    struct projection_column *column = &p->columns[index];
    enum fault fault = FAULT_NONE;

    column->name = without_options(name);
    column->schema = schema_find(name, p->raw);
    /* In raw mode an alias means nothing, so that it is not judged by either. */
    if (column->schema != NULL || schema_find(name, false) == NULL) {
        column->attribute = attribute_find(name, NULL);
    }
    if (column->schema != NULL) {
        fault = add_names(p, column->schema, index, PROJECTION_SYNONYM);
    }
    return fault == FAULT_NONE && column->name.len > 0
               ? add_step(p, column->name, index, PROJECTION_EXACT)
               : fault;
}

/* From the steps, which are in order, to routes. */
static enum fault join_steps(struct projection *p)
{
    size_t targets = 0;

    p->targets = calloc(p->step_count + 1, sizeof(*p->targets));
    p->routes = calloc(p->step_count + 1, sizeof(*p->routes));
    if (p->targets == NULL || p->routes == NULL) {
        return FAULT_RESOURCE;
    }
    for (size_t i = 0; i < p->step_count; i++) {
        const struct step *step = &p->steps[i];
        struct route *route;

        if (i == 0 || compare_names(step->name, p->steps[i - 1].name) != 0) {
            p->routes[p->route_count++] = (struct route){.name = step->name, .first = targets};
        } else if (step->target.column == p->steps[i - 1].target.column) {
            continue;
        }
        route = &p->routes[p->route_count - 1];
        p->targets[targets++] = step->target;
        route->count++;
    }
    return FAULT_NONE;
}

enum fault projection_new(const struct span *names, size_t count, bool raw, struct projection **out,
                          struct why *why)
{
    struct projection *p;
    enum fault fault = FAULT_NONE;

    if (count > PROJECTION_COLUMNS_MAX) {
        return fault_at(FAULT_LIMIT, 0, "more than 4096 columns", why);
    }
    p = calloc(1, sizeof(*p));
    if (p == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    p->raw = raw;
    p->count = count;
    p->columns = calloc(count + 1, sizeof(*p->columns));
    if (p->columns == NULL) {
        fault = FAULT_RESOURCE;
    }
    for (size_t i = 0; i < count && fault == FAULT_NONE; i++) {
        fault = add_column(p, names[i], i);
    }
    if (fault == FAULT_NONE && !raw) {
        fault = add_others(p);
    }
    if (fault == FAULT_NONE) {
        if (p->step_count > 0) {
            qsort(p->steps, p->step_count, sizeof(*p->steps), compare_steps);
        }
        fault = join_steps(p);
    }
    if (fault != FAULT_NONE) {
        projection_free(p);
        return fault_at(fault, 0, "out of memory", why);
    }
    *out = p;
    return FAULT_NONE;
}

const struct projection_column *projection_columns(const struct projection *projection)
{
    return projection->columns;
}

size_t projection_find(const struct projection *projection, struct span name)
{
    size_t least = 0, end = projection->route_count;

    name = without_options(name);
    while (least < end) {
        size_t middle = least + (end - least) / 2;
        int order = compare_names(name, projection->routes[middle].name);

        if (order == 0) {
            return middle + 1;
        }
        if (order < 0) {
            end = middle;
        } else {
            least = middle + 1;
        }
    }
    return 0;
}

const struct projection_target *projection_targets(const struct projection *projection,
                                                   size_t route, size_t *count)
{
    *count = projection->routes[route - 1].count;
    return projection->targets + projection->routes[route - 1].first;
}

static bool is_ldap_name(struct span name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!ascii_is_alnum(name.at[i]) && name.at[i] != '-' && name.at[i] != '.') {
            return false;
        }
    }
    return name.len > 0 && ascii_is_alnum(name.at[0]);
}

bool projection_ldap_name(const struct projection *projection, size_t *index, struct span *out)
{
    while (*index < projection->route_count) {
        *out = projection->routes[(*index)++].name;
        if (is_ldap_name(*out)) {
            return true;
        }
    }
    return false;
}

enum fault projection_keep(struct entry *entry, size_t route, struct span text,
                           const struct entry_style *style, struct arena *arena)
{
    enum fault fault = arena_grow(arena, (void **)&entry->extras, sizeof(*entry->extras),
                                  entry->extra_count, &entry->extra_capacity, ENTRY_VALUES_MAX);

    if (fault == FAULT_NONE) {
        entry->extras[entry->extra_count++] =
            (struct entry_extra){.route = route, .text = text, .style = style};
    } else if (fault == FAULT_LIMIT) {
        entry->dropped++;
        fault = FAULT_NONE;
    }
    return fault;
}

void projection_free(struct projection *projection)
{
    if (projection == NULL) {
        return;
    }
    free(projection->columns);
    free(projection->steps);
    free(projection->targets);
    free(projection->routes);
    free(projection);
}
