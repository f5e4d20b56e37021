#include "cmd/kms/kms_reshare_files.h"

#include <stdio.h>
#include <string.h>

#include "kms/request/session/p12_dir.h"

enum { FILE_TEXT_MAX = 16384 };

const char *hand_list_take(struct hand_list *hands, const char *argument)
{
    for (size_t i = 0; i < hands->count; i++) {
        if (strcmp(hands->at[i], argument) == 0) {
            return "--agent names each agent once, not again";
        }
    }
    if (*argument == '\0' || hands->count == VAULT_AGENTS_MAX) {
        return "--agent is one of 64 agents at most, not";
    }
    hands->at[hands->count++] = argument;
    return NULL;
}

bool hand_list_sign_in(const struct hand_list *hands, struct kms_passphrases *passphrases,
                       struct kms *kms)
{
    for (size_t i = 0; i < hands->count; i++) {
        if (!kms_passphrases_sign_in_one(passphrases, kms, hands->at[i])) {
            return false;
        }
    }
    return true;
}

const char *share_files_take(struct share_files *files, char *argument)
{
    char *equals = strchr(argument, '=');

    if (equals == NULL || equals == argument || equals[1] == '\0' ||
        files->count == VAULT_AGENTS_MAX) {
        return "--share is NAME=FILE, not";
    }
    *equals = '\0';
    if (share_file_find(files, argument) != NULL) {
        return "--share names each agent once, not again";
    }
    files->at[files->count++] = (struct share_file){.name = argument, .file = equals + 1};
    return NULL;
}

static void name_of(const struct reshare_handout *handout, char out[P12_NAME_SIZE])
{
    (void)snprintf(out, P12_NAME_SIZE, "%s.share", handout->name);
}

static enum fault write_one(struct kms *kms, const struct p12_dir *dir,
                            const struct reshare_handout *handout, struct why *why)
{
    char name[P12_NAME_SIZE];
    struct buffer text = buffer_with_max(FILE_TEXT_MAX);
    struct p12_file file = {0};
    enum fault fault = FAULT_NONE;

    name_of(handout, name);
    share_file_text(buffer_span(&handout->sealed), &text);
    if (text.fault != FAULT_NONE) {
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (fault == FAULT_NONE) {
        fault = p12_dir_keep(dir, name, buffer_span(&text), &file, why);
    }
    if (fault == FAULT_NONE) {
        fault = p12_dir_place_new(dir, name, &file, why);
        if (fault == FAULT_DENIED) {
            fault = kms_tell(kms, fault, why, "%s %s (another directory?)", name, why->rule);
        }
    }
    p12_dir_drop(dir, &file);
    buffer_clear(&text);
    return fault;
}

/* The first `count` of them. */
static void remove_first(const struct p12_dir *dir, const struct reshare_result *result,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char name[P12_NAME_SIZE];

        name_of(&result->handouts[i], name);
        p12_dir_remove(dir, name);
    }
}

enum fault share_files_write(struct kms *kms, const char *path, const struct reshare_result *result,
                             struct why *why)
{
    struct p12_dir dir;
    size_t written = 0;
    enum fault fault = p12_dir_open(path, &dir, why);

    if (fault != FAULT_NONE) {
        return kms_tell(kms, fault, why, "%s: %s", path, why->rule);
    }
    while (written < result->count && fault == FAULT_NONE) {
        fault = write_one(kms, &dir, &result->handouts[written], why);
        written += fault == FAULT_NONE ? 1 : 0;
    }
    if (fault == FAULT_NONE) {
        fault = p12_dir_sync(&dir, why);
    }
    if (fault != FAULT_NONE) {
        fault = kms_tell(kms, fault, why, "%s: %s", path, why->rule);
        remove_first(&dir, result, written);
    }
    p12_dir_close(&dir);
    return fault;
}

void share_files_remove(const char *path, const struct reshare_result *result)
{
    struct p12_dir dir;
    struct why passed_over;

    if (p12_dir_open(path, &dir, &passed_over) == FAULT_NONE) {
        remove_first(&dir, result, result->count);
        p12_dir_close(&dir);
    }
}
