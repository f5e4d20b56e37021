#include "roster/select.h"

#include "base/ascii.h"

/* `cn=Recipients` without its type. */
static struct span name_of(struct span component)
{
    size_t equals;

    return span_find(component, '=', &equals) ? ascii_trim(span_from(component, equals + 1))
                                              : component;
}

/* `/o=Org/ou=Site/cn=Recipients`, `Recipients/cn=Sales`; a DN has an equals sign first. */
static bool is_path(struct span container)
{
    for (size_t i = 0; i < container.len && container.at[i] != '='; i++) {
        if (container.at[i] == '/') {
            return true;
        }
    }
    return false;
}

struct span container_take(struct span *container)
{
    struct span whole = *container;
    size_t at = 0;

    if (is_path(whole)) {
        at = whole.len;
        while (whole.at[at - 1] != '/') {
            at--;
        }
        *container = span_upto(whole, at - 1);
        return ascii_trim(span_from(whole, at));
    }
    while (at < whole.len && whole.at[at] != ',') {
        at += whole.at[at] == '\\' ? 2 : 1;
    }
    *container = ascii_trim(span_from(whole, at < whole.len ? at + 1 : whole.len));
    return ascii_trim(span_upto(whole, at));
}

bool container_is(struct span container, struct span wanted)
{
    struct span above = container;
    struct span own = container_take(&above);

    return wanted.len > 0 &&
           (ascii_equal_nocase(container, wanted) || ascii_equal_nocase(own, wanted) ||
            ascii_equal_nocase(name_of(own), wanted));
}

bool container_matches(struct span container, struct span wanted)
{
    while (container.len > 0) {
        if (container_is(container, wanted)) {
            return true;
        }
        (void)container_take(&container);
    }
    return false;
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
    if (selection->marks != 0 && (selection->marks & row->verdict->marks) == 0) {
        return false;
    }
    return !selection->expiring_only ||
           (effective != NULL &&
            effective->cert.not_after - row->rules->at <= row->rules->warning_seconds);
}
