#include "cmd/inputs.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "cmd/cmd.h"
#include "directory/url.h"

/* Opens one source; what cannot be opened is told. False when there is no use going on. */
static bool open_one(struct inputs *inputs, const char *path, const struct source_options *options,
                     struct ldap_options *ldap)
{
    bool live = directory_is_url(path);
    char *name = directory_url_public(path);

    if (name == NULL) {
        complain(NULL, 0, "out of memory");
        return false;
    }
    if (live && !ldap_options_read_password(ldap)) {
        free(name);
        return false;
    }
    if (ldap_options_open(path, name, options, &inputs->sources[inputs->count])) {
        inputs->names[inputs->count++] = name;
        inputs->live |= live;
    } else {
        free(name);
        inputs->unopened++;
    }
    return true;
}

bool inputs_open(struct inputs *inputs, const char *const *paths, size_t count,
                 const struct source_options *options, struct ldap_options *ldap)
{
    *inputs = (struct inputs){.sources = calloc(count, sizeof(*inputs->sources)),
                              .names = calloc(count, sizeof(*inputs->names))};
    if (inputs->sources == NULL || inputs->names == NULL) {
        complain(NULL, 0, "out of memory");
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!open_one(inputs, paths[i], options, ldap)) {
            return false;
        }
    }
    return inputs->count > 0;
}

bool inputs_name(const char *output, const char *const *paths, size_t count)
{
    struct stat there, source;

    if (output == NULL || stat(output, &there) != 0 || !S_ISREG(there.st_mode)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (stat(paths[i], &source) == 0 && source.st_dev == there.st_dev &&
            source.st_ino == there.st_ino) {
            return true;
        }
    }
    return false;
}

bool inputs_fell_short(const struct inputs *inputs, const struct ldap_options *ldap)
{
    bool incomplete = false;

    for (size_t i = 0; i < inputs->count; i++) {
        ldap_options_tell(ldap, inputs->names[i], inputs->sources[i]);
        incomplete |= source_live_facts(inputs->sources[i]).incomplete;
    }
    return incomplete;
}

void inputs_clear(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++) {
        source_free(inputs->sources[i]);
        free(inputs->names[i]);
    }
    free(inputs->sources);
    free((void *)inputs->names);
    *inputs = (struct inputs){0};
}
