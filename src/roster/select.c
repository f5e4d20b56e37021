#include "roster/select.h"

#include "base/ascii.h"

/* `cn=Recipients` without its type. */
static struct span name_of(struct span component)
{
    size_t equals;

    component = ascii_trim(component);
    return span_find(component, '=', &equals) ? ascii_trim(span_from(component, equals + 1))
                                              : component;
}

/* The component that names the container itself: a DN's first, a path's last. */
static struct span own_component(struct span container)
{
    size_t at = 0;

    if (container.len > 0 && container.at[0] == '/') {
        at = container.len;
        while (container.at[at - 1] != '/') {
            at--;
        }
        return span_from(container, at);
    }
    while (at < container.len && container.at[at] != ',') {
        at += container.at[at] == '\\' ? 2 : 1;
    }
    return span_upto(container, at);
}

bool container_matches(struct span container, struct span wanted)
{
    if (ascii_equal_nocase(container, wanted) ||
        ascii_equal_nocase(name_of(own_component(container)), wanted)) {
        return true;
    }
    if (container.len <= wanted.len) {
        return false;
    }
    if (container.at[0] == '/') {
        return ascii_starts_nocase(container, wanted) && container.at[wanted.len] == '/';
    }
    return container.at[container.len - wanted.len - 1] == ',' &&
           ascii_equal_nocase(span_from(container, container.len - wanted.len), wanted);
}

bool selection_has(const struct selection *selection, const struct row *row)
{
    const struct candidate *effective = row->verdict->effective;

    if (selection->standings != 0 && (selection->standings & 1U << row->verdict->standing) == 0) {
        return false;
    }
    if (selection->container.len > 0 &&
        !container_matches(entry_container(row->entry), selection->container)) {
        return false;
    }
    return !selection->expiring_only ||
           (effective != NULL &&
            effective->cert.not_after - row->rules->at <= row->rules->warning_seconds);
}
