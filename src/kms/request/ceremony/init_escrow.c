#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cert/digest.h"
#include "kms/request/ceremony/init_steps.h"
#include "kms/request/session/p12_dir.h"
#include "kms/request/session/share.h"
#include "kms/store/authority_rows.h"
#include "kms/store/escrow_rows.h"
#include "kms/store/store.h"

enum { SEALED_MAX = 1024, FILE_MAX = 4096 };

/* The recovery certificate and, with it, the generation of shares; `*id` is its number. */
static enum fault add_escrow(struct ceremony *c, const struct vault_public *public, int64_t *id,
                             struct why *why)
{
    struct buffer encoded = buffer_with_max(VAULT_PUBLIC_MAX);
    enum fault fault = FAULT_NONE;

    vault_public_encode(public, &encoded);
    if (encoded.fault != FAULT_NONE) {
        fault = fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (fault == FAULT_NONE) {
        const struct escrow_row row = {
            .public = buffer_span(&encoded),
            .certificate = c->recovery.len > 0 ? buffer_span(&c->recovery) : span_of("", 0),
            .quorum = public->quorum,
            .count = public->count,
            .since = c->kms.now,
        };

        fault = escrow_add(c->kms.store, &row, id, why);
    }
    buffer_clear(&encoded);
    return fault;
}

/* Where the issuing CA is ready: the certificate for the recovery key. */
static enum fault certify(struct ceremony *c, const struct vault_public *public, struct why *why)
{
    struct authority_row row = {.role = AUTHORITY_RECOVERY, .since = c->kms.now};
    int64_t id;
    enum fault fault;

    if (c->kms.authority == NULL) {
        return FAULT_NONE; /* init_install() does it */
    }
    fault = recovery_certificate_make(c->kms.authority, span_text(c->order->organization),
                                      vault_public_key(public), c->kms.now, &c->recovery, why);
    if (fault == FAULT_NONE) {
        row.certificate = buffer_span(&c->recovery);
        fault = authority_add(c->kms.store, &row, &id, why);
    }
    return fault == FAULT_NONE ? digest_sha256(row.certificate, c->result->recovery) : fault;
}

static char *share_path(const struct ceremony *c, const char *name)
{
    char *path = NULL;

    return asprintf(&path, "%s/%s.share", c->order->share_dir, name) >= 0 ? path : NULL;
}

static enum fault write_all(int fd, struct span bytes)
{
    while (bytes.len > 0) {
        const ssize_t n = write(fd, bytes.at, bytes.len);

        if (n < 0 && errno != EINTR) {
            return FAULT_RESOURCE;
        }
        bytes = span_from(bytes, n < 0 ? 0 : (size_t)n);
    }
    return fsync(fd) == 0 ? FAULT_NONE : FAULT_RESOURCE;
}

/* An agent's share into a new file of his own, on the disk when this returns. */
static enum fault write_file(struct ceremony *c, const char *path, struct span sealed,
                             struct why *why)
{
    struct buffer text = buffer_with_max(FILE_MAX);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    enum fault fault;

    if (fd < 0 && errno == EEXIST) {
        return kms_tell(&c->kms, FAULT_DENIED, why,
                        "%s: a share is there already, another store's, or left by a ceremony that "
                        "was ended and left %s.?????? too: remove both then",
                        path, c->order->path);
    }
    if (fd < 0) {
        return kms_tell(&c->kms, errno == ENOENT || errno == ENOTDIR ? FAULT_ABSENT : FAULT_DENIED,
                        why, "%s: %s", path, strerrordesc_np(errno));
    }
    c->shares_written++;
    share_file_text(sealed, &text);
    fault = text.fault == FAULT_NONE ? write_all(fd, buffer_span(&text)) : FAULT_RESOURCE;
    if (fault != FAULT_NONE) {
        fault = kms_tell(&c->kms, fault, why, "%s: %s", path, strerrordesc_np(errno));
    }
    (void)close(fd);
    buffer_clear(&text);
    return fault;
}

/* One agent's share, sealed to him, into the store or his file. */
static enum fault hand_out(struct ceremony *c, const struct kms_actor *agent, int64_t escrow,
                           unsigned index, const struct secret *share, struct why *why)
{
    const struct share_place place = {
        .store_id = store_id(c->kms.store), .escrow = escrow, .index = index, .name = agent->name};
    struct share_row row = {.escrow = escrow, .person = agent->id, .place = index};
    struct buffer sealed = buffer_with_max(SEALED_MAX);
    char *path = c->order->share_dir != NULL ? share_path(c, agent->name) : NULL;
    enum fault fault;

    if (path == NULL && c->order->share_dir != NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    fault = share_seal(&place, agent->identity.sealing, share, &sealed, why);
    if (fault == FAULT_NONE && path != NULL) {
        fault = write_file(c, path, buffer_span(&sealed), why);
    }
    row.sealed = path == NULL ? buffer_span(&sealed) : row.sealed;
    if (fault == FAULT_NONE) {
        fault = share_add(c->kms.store, &row, why);
    }
    free(path);
    buffer_clear(&sealed);
    return fault;
}

static enum fault hand_out_all(struct ceremony *c, int64_t escrow, const struct secret shares[],
                               struct why *why)
{
    unsigned index = 0;

    for (size_t i = 0; i < c->kms.actor_count; i++) {
        if (c->kms.actors[i].is_agent) {
            enum fault fault =
                hand_out(c, &c->kms.actors[i], escrow, index + 1, &shares[index], why);

            if (fault != FAULT_NONE) {
                return fault;
            }
            index++;
        }
    }
    return FAULT_NONE;
}

/* The names of the files on the disk: before the store is, which has the shares nowhere else. */
static enum fault sync_share_dir(struct ceremony *c, struct why *why)
{
    struct p12_dir dir = {0};
    enum fault fault = p12_dir_open(c->order->share_dir, &dir, why);

    if (fault == FAULT_NONE) {
        fault = p12_dir_sync(&dir, why);
    }
    p12_dir_close(&dir);
    return fault == FAULT_NONE
               ? FAULT_NONE
               : kms_tell(&c->kms, fault, why, "%s: %s", c->order->share_dir, why->rule);
}

static unsigned count_agents(const struct ceremony *c)
{
    unsigned count = 0;

    for (size_t i = 0; i < c->kms.actor_count; i++) {
        count += c->kms.actors[i].is_agent ? 1 : 0;
    }
    return count;
}

enum fault init_escrow(struct ceremony *c, struct why *why)
{
    struct secret shares[VAULT_AGENTS_MAX] = {0};
    struct vault_public *public = calloc(1, sizeof(*public));
    int64_t escrow = 0;
    enum fault fault;

    if (public == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    fault = vault_deal(c->order->curve, c->order->quorum, count_agents(c), public, shares, why);
    if (fault == FAULT_NONE) {
        fault = certify(c, public, why);
    }
    if (fault == FAULT_NONE) {
        fault = add_escrow(c, public, &escrow, why);
    }
    if (fault == FAULT_NONE) {
        fault = hand_out_all(c, escrow, shares, why);
    }
    if (fault == FAULT_NONE && c->order->share_dir != NULL) {
        fault = sync_share_dir(c, why);
    }
    for (size_t i = 0; i < VAULT_AGENTS_MAX; i++) {
        secret_clear(&shares[i]);
    }
    free(public);
    return fault;
}

void init_escrow_undo(struct ceremony *c)
{
    for (size_t i = 0; i < c->kms.actor_count && c->shares_written > 0; i++) {
        if (c->kms.actors[i].is_agent) {
            char *path = share_path(c, c->kms.actors[i].name);

            if (path != NULL) {
                (void)unlink(path);
            }
            free(path);
            c->shares_written--;
        }
    }
}
