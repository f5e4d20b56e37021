#include "cmd/users_output.h"

#include "cmd/overwriting.h"

bool output_replaces(const struct users_options *options, const char *path)
{
    struct overwriting read = {.tree = options->reading.follow_folder};
    bool told;

    name_list_add_all(&read.files, &options->sources);
    judging_options_add_files(&options->judging, &read.files);
    ldap_options_add_files(&options->ldap, &read.files);
    told = overwriting_is_told(&read, path);
    name_list_clear(&read.files);
    return told;
}
