#include "cmd/kms/kms_collect_files.h"

#include <stdlib.h>

enum { P12_MAX = 64 << 20, NAME_MAX_BYTES = 512 + RECOVERY_SERIAL_TEXT };

static enum fault open_at(struct kms *kms, const char *path, bool is_file,
                          struct collect_files *files, struct p12_dir *dir, struct why *why)
{
    const enum fault fault =
        is_file ? p12_dir_open_for(path, dir, files->name, why) : p12_dir_open(path, dir, why);

    return fault == FAULT_NONE ? FAULT_NONE : kms_tell(kms, fault, why, "%s: %s", path, why->rule);
}

enum fault collect_files_open(struct collect_files *files, struct kms *kms, struct why *why)
{
    const char *path = files->p12 != NULL ? files->p12 : files->p12_dir;
    enum fault fault = FAULT_NONE;

    if (path != NULL) {
        fault = open_at(kms, path, files->p12 != NULL, files, &files->whole, why);
        files->has_whole = fault == FAULT_NONE;
    }
    if (fault == FAULT_NONE && files->each != NULL) {
        fault = open_at(kms, files->each, false, files, &files->single, why);
        files->has_single = fault == FAULT_NONE;
    }
    return fault;
}

/* One file on its way: `which` key of the collection, or COLLECT_ALL. */
struct making {
    struct p12_dir *dir;
    size_t which;
    char name[P12_NAME_SIZE];
    struct p12_file file;
    bool is_placed;
};

/* `ADDRESS.p12`, a user's second one `ADDRESS-REQUEST.p12`; or `ADDRESS-SERIAL.p12`; made safe. */
static enum fault name_of(const struct collect_files *files, const struct collection *collection,
                          struct making *m, struct why *why)
{
    const struct recovery_request *request = &collection->recovery.request;
    char serial[RECOVERY_SERIAL_TEXT];
    struct buffer text = buffer_with_max(NAME_MAX_BYTES);
    enum fault fault;

    if (m->which == COLLECT_ALL && files->p12 != NULL) {
        memcpy(m->name, files->name, sizeof(m->name));
        return FAULT_NONE;
    }
    buffer_add(&text, request->addresses[0]);
    if (m->which != COLLECT_ALL) {
        recovery_serial_text(request->keys[m->which].serial, serial);
        buffer_add_byte(&text, '-');
        buffer_add_text(&text, serial);
    } else if (id_set_has(&files->users, request->user)) {
        buffer_add_byte(&text, '-');
        buffer_add_hex(&text, span_of(request->digest, sizeof(request->digest)));
    }
    fault = text.fault == FAULT_NONE ? p12_dir_name(buffer_span(&text), m->name, why)
                                     : fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    buffer_clear(&text);
    return fault;
}

static enum fault make(const struct collect_files *files, const struct collector *collector,
                       const struct collection *collection, struct making *m, struct why *why)
{
    struct buffer bytes = buffer_with_max(P12_MAX);
    enum fault fault = name_of(files, collection, m, why);

    if (fault == FAULT_NONE) {
        fault = collection_p12(collector, collection, m->which, files->form,
                               files->is_one ? PKCS12_ROUNDS_ONE : PKCS12_ROUNDS_MANY,
                               files->passphrase, &bytes, why);
    }
    if (fault == FAULT_NONE) {
        fault = p12_dir_keep(m->dir, m->name, buffer_span(&bytes), &m->file, why);
    }
    buffer_clear(&bytes);
    return fault;
}

static enum fault cannot(struct kms *kms, struct why *why)
{
    return kms_tell(kms, FAULT_RESOURCE, why, "the keys cannot be written: %s", why->rule);
}

enum fault collect_files_make(struct collect_files *files, const struct collector *collector,
                              const struct collection *collection, struct why *why)
{
    const int64_t user = collection->recovery.request.user;
    const size_t whole = files->has_whole ? 1 : 0;
    const size_t count = whole + (files->has_single ? collection->key_count : 0);
    struct making *grown =
        reallocarray(files->making, files->count + count, sizeof(*files->making));

    if (grown == NULL) {
        why->rule = "out of memory";
        return cannot(collector->kms, why);
    }
    files->making = grown;
    for (size_t i = 0; i < count; i++) {
        struct making *m = &files->making[files->count++];

        *m = (struct making){.dir = i < whole ? &files->whole : &files->single,
                             .which = i < whole ? COLLECT_ALL : i - whole};
        if (make(files, collector, collection, m, why) != FAULT_NONE) {
            return cannot(collector->kms, why);
        }
    }
    return id_set_has(&files->users, user) || id_set_add(&files->users, user, why) == FAULT_NONE
               ? FAULT_NONE
               : cannot(collector->kms, why);
}

enum fault collect_files_place(struct collect_files *files, struct kms *kms, struct why *why)
{
    enum fault fault = FAULT_NONE;

    for (size_t i = 0; i < files->count && fault == FAULT_NONE; i++) {
        struct making *m = &files->making[i];

        fault = p12_dir_place(m->dir, m->name, &m->file, why);
        m->is_placed = fault == FAULT_NONE;
    }
    if (fault == FAULT_NONE && files->count > 0 && files->has_whole) {
        fault = p12_dir_sync(&files->whole, why);
    }
    if (fault == FAULT_NONE && files->count > 0 && files->has_single) {
        fault = p12_dir_sync(&files->single, why);
    }
    return fault == FAULT_NONE ? FAULT_NONE : cannot(kms, why);
}

void collect_files_take_back(struct collect_files *files)
{
    for (size_t i = files->count; i-- > 0;) {
        struct making *m = &files->making[i];

        if (m->is_placed) {
            p12_dir_take_back(m->dir, m->name, &m->file);
            m->is_placed = false;
        }
    }
}

void collect_files_forget(struct collect_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        p12_dir_drop(files->making[i].dir, &files->making[i].file);
    }
    files->count = 0;
}

void collect_files_clear(struct collect_files *files)
{
    collect_files_forget(files);
    if (files->has_whole) {
        p12_dir_close(&files->whole);
    }
    if (files->has_single) {
        p12_dir_close(&files->single);
    }
    files->has_whole = files->has_single = false;
    free(files->making);
    files->making = NULL;
    id_set_clear(&files->users);
}
