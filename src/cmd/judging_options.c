#include "cmd/judging_options.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/readfile.h"
#include "base/utc.h"
#include "cmd/cmd.h"

/* Anchors and lists are held in memory whole; the largest public CRLs are some 50 MB. */
#define TRUST_FILE_MAX ((size_t)512 << 20)

const char *judging_options_help(void)
{
    return "Judging:\n"
           "      --at TIME            judge at this time: RFC 3339, or YYYY-MM-DD\n"
           "      --issuer FILE        CA certificates of our KMS: only what they issued\n"
           "                           counts\n"
           "      --trust FILE         anchors to chain to\n"
           "      --crl FILE|DIR       revocation lists to consult\n"
           "      --site NAME          the site the export was made in: blanks of mailboxes\n"
           "                           homed elsewhere are unknown\n"
           "      --objects KIND       mailbox (default), or all: custom recipients too\n";
}

bool judging_option_is(int code)
{
    return code >= OPTION_JUDGING_FIRST && code < OPTION_JUDGING_END;
}

const char *judging_option_take(struct judging_options *options, int code, const char *argument)
{
    struct why why;

    switch (code) {
    case OPTION_AT:
        options->at_said = true;
        return utc_parse(span_text(argument), &options->at, &why) == FAULT_NONE
                   ? NULL
                   : "--at is YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ, not";
    case OPTION_ISSUER:
        name_list_add(&options->issuers, argument);
        return NULL;
    case OPTION_TRUST:
        name_list_add(&options->anchors, argument);
        return NULL;
    case OPTION_CRL:
        name_list_add(&options->crls, argument);
        return NULL;
    case OPTION_SITE:
        options->site = argument;
        return NULL;
    default:
        options->remotes = strcmp(argument, "all") == 0;
        return options->remotes || strcmp(argument, "mailbox") == 0
                   ? NULL
                   : "--objects is mailbox or all, not";
    }
}

void judging_options_settle(struct judging_options *options)
{
    if (!options->at_said) {
        options->at = (int64_t)time(NULL);
    }
}

typedef enum fault add_fn(struct trust *trust, struct span bytes, size_t *added, struct why *why);

/* Where files go that are loaded. */
struct loading {
    struct trust *trust;
    add_fn *add;
    uint8_t *sum; /* SHA256_SIZE bytes: of what was loaded, in whichever order */
};

static enum fault add_to_sum(struct span bytes, uint8_t *sum, struct why *why)
{
    uint8_t digest[SHA256_SIZE];

    if (digest_sha256(bytes, digest) != FAULT_NONE) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        sum[i] = (uint8_t)(sum[i] + digest[i]);
    }
    return FAULT_NONE;
}

static enum fault load_bytes(const struct loading *to, const char *path, struct why *why)
{
    struct buffer bytes = buffer_with_max(TRUST_FILE_MAX);
    size_t added = 0;
    enum fault fault = readfile(path, &bytes, why);

    if (fault == FAULT_ABSENT) { /* the file itself */
        fault = FAULT_RESOURCE;
    }
    if (fault == FAULT_NONE) {
        fault = to->add(to->trust, buffer_span(&bytes), &added, why);
    }
    if (fault == FAULT_NONE) {
        fault = add_to_sum(buffer_span(&bytes), to->sum, why);
    }
    buffer_clear(&bytes);
    return fault;
}

static bool load_file(const struct loading *to, const char *path)
{
    struct why why = {0};
    enum fault fault = load_bytes(to, path, &why);

    if (fault != FAULT_NONE) {
        complain(path, 0, why.rule);
    }
    return fault == FAULT_NONE;
}

/* What else lies in a folder of lists, a README say, is passed over, which is told. */
static bool load_item(const struct loading *to, const char *path, size_t *loaded)
{
    struct stat status;
    struct why why = {0};
    enum fault fault;

    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        complain(path, 0,
                 S_ISDIR(status.st_mode) ? "a folder in a folder of lists: passed over"
                                         : "no file: passed over");
        return true;
    }
    fault = load_bytes(to, path, &why);
    if (fault == FAULT_ABSENT) {
        complain(path, 0, "there is no revocation list in it: passed over");
        return true;
    }
    if (fault != FAULT_NONE) {
        complain(path, 0, why.rule);
    }
    *loaded += fault == FAULT_NONE;
    return fault == FAULT_NONE;
}

/* All files of a folder; false when a list cannot be used, or there is none, which is told. */
static bool load_folder(const struct loading *to, const char *path, DIR *folder)
{
    bool good = true;
    size_t loaded = 0;
    const struct dirent *item;

    while ((item = readdir(folder)) != NULL) {
        char *file = NULL;

        if (item->d_name[0] == '.') {
            continue;
        }
        if (asprintf(&file, "%s/%s", path, item->d_name) < 0) {
            return false;
        }
        good = load_item(to, file, &loaded) && good;
        free(file);
    }
    if (good && loaded == 0) {
        complain(path, 0, "there is no revocation list in this folder");
    }
    return good && loaded > 0;
}

static bool load_all(const struct loading *to, const struct name_list *paths, bool folders)
{
    bool good = true;

    for (size_t i = 0; i < paths->count; i++) {
        DIR *folder = folders ? opendir(paths->at[i]) : NULL;

        if (folder != NULL) {
            good = load_folder(to, paths->at[i], folder) && good;
            (void)closedir(folder);
        } else {
            good = load_file(to, paths->at[i]) && good;
        }
    }
    return good;
}

bool judging_options_load(struct judging_options *options, struct trust **out)
{
    struct trust *trust;
    struct why why = {0};

    *out = NULL;
    memset(options->loaded, 0, sizeof(options->loaded));
    if (options->issuers.count + options->anchors.count + options->crls.count == 0) {
        return true;
    }
    trust = trust_new();
    if (trust == NULL) {
        complain(NULL, 0, "out of memory");
        return false;
    }
    if (load_all(&(struct loading){trust, trust_add_issuers, options->loaded[0]}, &options->issuers,
                 false) &&
        load_all(&(struct loading){trust, trust_add_anchors, options->loaded[1]}, &options->anchors,
                 false) &&
        load_all(&(struct loading){trust, trust_add_crls, options->loaded[2]}, &options->crls,
                 true)) {
        if (trust_seal(trust, options->at, &why) == FAULT_NONE) {
            *out = trust;
            return true;
        }
        complain(NULL, 0, why.rule);
    }
    trust_free(trust);
    return false;
}

void judging_options_add_files(const struct judging_options *options, struct name_list *files)
{
    name_list_add_all(files, &options->issuers);
    name_list_add_all(files, &options->anchors);
    name_list_add_all(files, &options->crls);
}

void judging_options_clear(struct judging_options *options)
{
    name_list_clear(&options->issuers);
    name_list_clear(&options->anchors);
    name_list_clear(&options->crls);
    *options = (struct judging_options){0};
}
