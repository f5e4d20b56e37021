#include "kms/request/ceremony/init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kms/authority/ca.h"
#include "kms/request/ceremony/init_steps.h"
#include "kms/request/session/chain_vouch.h"
#include "kms/request/session/vouch.h"
#include "kms/store/store.h"

enum { ARENA_MAX = 1 << 20, DETAIL_SIZE = 256 };

/* Whether something is at the place already: whatever it is, but for an empty directory. */
static bool is_taken(const char *path)
{
    struct stat status;
    DIR *folder;
    size_t count = 0;

    if (lstat(path, &status) != 0) {
        return errno != ENOENT && errno != ENOTDIR;
    }
    folder = S_ISDIR(status.st_mode) ? opendir(path) : NULL;
    if (folder == NULL) {
        return true;
    }
    while (count <= 2 && readdir(folder) != NULL) { /* "." and ".." */
        count++;
    }
    (void)closedir(folder);
    return count > 2;
}

/* A directory of its own beside the place, to be renamed. The caller frees it. */
static enum fault make_beside(struct ceremony *c, char **out, struct why *why)
{
    char *path = NULL;
    size_t len = strlen(c->order->path);

    while (len > 1 && c->order->path[len - 1] == '/') {
        len--;
    }
    if (asprintf(&path, "%.*s.XXXXXX", (int)len, c->order->path) < 0) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (mkdtemp(path) == NULL) {
        enum fault fault = errno == ENOENT || errno == ENOTDIR ? FAULT_ABSENT : FAULT_DENIED;

        fault = kms_tell(&c->kms, fault, why, "cannot be made: %s", strerrordesc_np(errno));
        free(path);
        return fault;
    }
    *out = path;
    return FAULT_NONE;
}

static enum fault create_store(struct ceremony *c, const char *path, struct why *why)
{
    struct buffer text = buffer_with_max(PROFILE_TEXT_MAX);
    size_t line;
    enum fault fault = profile_default_text(span_text(c->order->crl_url), &text, why);

    if (fault == FAULT_NONE) {
        fault = profile_parse(buffer_span(&text), &c->kms.profile, &line, why);
    }
    if (fault == FAULT_NONE) {
        fault = store_create(path, buffer_span(&text), c->kms.now, &c->kms.store, why);
    }
    buffer_clear(&text);
    return fault;
}

static enum fault audit(struct ceremony *c, struct why *why)
{
    char detail[DETAIL_SIZE];
    const int len = snprintf(detail, sizeof(detail), "quorum %u, key %s%s%s", c->order->quorum,
                             key_kind_name(c->order->key),
                             c->order->outside ? ", request for an outside root" : "",
                             c->order->share_dir != NULL ? ", shares in files" : "");

    return kms_audit(&c->kms, span_text(c->order->organization), "done",
                     span_of(detail, len > 0 ? (size_t)len : 0), why);
}

/* Everything that stands in the new store, in one transaction. */
static enum fault fill_store(struct ceremony *c, struct why *why)
{
    enum fault fault = kms_begin(&c->kms, why);

    if (fault == FAULT_NONE) {
        c->kms.organization = span_text(c->order->organization);
        fault = store_meta_set(c->kms.store, "org", c->kms.organization, why);
    }
    if (fault == FAULT_NONE) {
        fault = init_people(c, why);
    }
    if (fault == FAULT_NONE) {
        fault = init_authority(c, why);
    }
    if (fault == FAULT_NONE) {
        fault = init_escrow(c, why);
    }
    if (fault == FAULT_NONE) {
        fault = anchor_read(c->kms.store, &c->kms.arena, &c->kms.anchor, why);
    }
    if (fault == FAULT_NONE) {
        fault = init_people_lock(c, why);
    }
    if (fault == FAULT_NONE) {
        fault = vouch_policy(&c->kms, &c->order->policy, why);
    }
    if (fault == FAULT_NONE && c->kms.authority != NULL) { /* else init_install() does it */
        fault = chain_vouch(&c->kms, authority_certificate(c->kms.authority),
                            authority_chain(c->kms.authority), why);
    }
    if (fault == FAULT_NONE) {
        fault = audit(c, why);
    }
    return fault == FAULT_NONE ? kms_commit(&c->kms, why) : fault;
}

/* On the disk: that the directory has this name. */
static void sync_folder_of(const char *path)
{
    char *copy = strdup(path);
    int fd = copy != NULL ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
    free(copy);
}

/* The way back: no store, no share is left. */
static void undo(struct ceremony *c, const char *beside)
{
    init_escrow_undo(c);
    kms_rollback(&c->kms);
    store_discard(c->kms.store);
    c->kms.store = NULL;
    (void)rmdir(beside);
}

/* Closes the store and brings it to its place, where rename() gives way to all but nothing. */
static enum fault bring_to_place(struct ceremony *c, const char *beside, struct why *why)
{
    struct why passed_over;
    int error;

    store_close(c->kms.store);
    c->kms.store = NULL;
    if (rename(beside, c->order->path) == 0) {
        sync_folder_of(c->order->path);
        return FAULT_NONE;
    }
    error = errno;
    if (store_open(beside, STORE_WRITE, c->kms.now, &c->kms.store, &passed_over) == FAULT_NONE) {
        undo(c, beside);
    }
    return kms_tell(&c->kms, FAULT_DENIED, why, "cannot be made: %s", strerrordesc_np(error));
}

static enum fault make(struct ceremony *c, struct why *why)
{
    char *beside = NULL;
    enum fault fault = make_beside(c, &beside, why);

    if (fault == FAULT_NONE) {
        fault = create_store(c, beside, why);
        if (fault != FAULT_NONE) {
            (void)rmdir(beside); /* what make_beside() made is no work of the store's */
        }
    }
    if (fault == FAULT_NONE) {
        fault = fill_store(c, why);
        if (fault != FAULT_NONE) {
            fault = kms_tell(&c->kms, fault, why, "%s", why->rule);
            undo(c, beside);
        }
    }
    if (fault == FAULT_NONE) {
        fault = bring_to_place(c, beside, why);
    }
    free(beside);
    return fault;
}

enum fault init_make(const struct init_order *order, int64_t now, struct init_result *result,
                     char told[KMS_TOLD_SIZE], struct why *why)
{
    struct ceremony c = {.order = order, .result = result};
    enum fault fault = init_check(order, why);

    c.kms = (struct kms){.now = now, .writes = true, .arena = arena_with_max(ARENA_MAX)};
    (void)snprintf(c.kms.act, sizeof(c.kms.act), "init");
    c.recovery = buffer_with_max(CEREMONY_CERTIFICATE_MAX);
    *result = (struct init_result){.request = buffer_with_max(CEREMONY_CERTIFICATE_MAX)};
    if (fault == FAULT_NONE && is_taken(order->path)) {
        fault = fault_at(FAULT_DENIED, 0,
                         "something is there already, and a store overwrites nothing", why);
    }
    if (fault == FAULT_NONE) {
        fault = init_check_passphrases(&c, why);
    }
    if (fault == FAULT_NONE) {
        fault = make(&c, why);
    }
    if (fault != FAULT_NONE) {
        (void)snprintf(told, KMS_TOLD_SIZE, "%s", why->rule);
        why->rule = told;
    }
    buffer_clear(&c.recovery);
    secret_clear(&c.ca_secret);
    kms_close(&c.kms);
    return fault;
}
