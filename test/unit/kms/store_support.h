#ifndef TEST_UNIT_KMS_STORE_SUPPORT_H
#define TEST_UNIT_KMS_STORE_SUPPORT_H

#include <stdio.h>

#include "kms/store/certificate_rows.h"
#include "kms/store/escrow_rows.h"
#include "kms/store/people_rows.h"
#include "kms/store/store.h"
#include "kms/store/store_state.h"
#include "kms/store/user_rows.h"

#include "support.h"

/* A store in a folder of its own, for one test. */
enum { NOW = 1790000000 };

struct site {
    char folder[64], path[96];
    struct store *store;
    struct arena arena;
    struct why why;
};

static inline void site_folder(struct site *site)
{
    *site = (struct site){.arena = arena_with_max((size_t)64 << 20)};
    strcpy(site->folder, "/tmp/keyroster-store-XXXXXX");
    assert_non_null(mkdtemp(site->folder));
    (void)snprintf(site->path, sizeof(site->path), "%s/kms", site->folder);
}

static inline void assert_done(enum fault fault, const struct why *why)
{
    if (fault != FAULT_NONE) {
        fail_msg("fault %d: %s", fault, why->rule);
    }
}

static inline void site_open(struct site *site)
{
    site_folder(site);
    assert_done(
        store_create(site->path, span_text("validity = 548d\n"), NOW, &site->store, &site->why),
        &site->why);
}

static inline void site_close(struct site *site)
{
    char command[256];

    store_close(site->store);
    arena_clear(&site->arena);
    (void)snprintf(command, sizeof(command), "chmod -R u+rwx %s && rm -rf %s", site->folder,
                   site->folder);
    assert_int_equal(system(command), 0);
}

static inline void site_reopen(struct site *site, enum store_mode mode)
{
    store_close(site->store);
    site->store = NULL;
    assert_done(store_open(site->path, mode, NOW, &site->store, &site->why), &site->why);
}

/* Somebody in office: administrator and agent. */
static inline int64_t site_person(struct site *site, const char *name)
{
    static const uint8_t key[PERSON_KEY_SIZE] = {1};
    const struct person_row row = {
        .name = span_text(name),
        .is_admin = true,
        .is_agent = true,
        .since = NOW,
        .signing = span_of(key, sizeof(key)),
        .sealing = span_of(key, sizeof(key)),
        .locked = span_text("locked"),
    };
    int64_t id = 0;

    assert_done(person_add(site->store, &row, &id, &site->why), &site->why);
    return id;
}

static inline int64_t site_user(struct site *site, const char *address)
{
    const struct user_row row = {.address = span_text(address), .since = NOW};
    int64_t id = 0;

    assert_done(user_add(site->store, &row, &id, &site->why), &site->why);
    return id;
}

static inline int64_t site_escrow(struct site *site)
{
    const struct escrow_row row = {.public = span_text("public"),
                                   .certificate = span_text("certificate"),
                                   .quorum = 2,
                                   .count = 3,
                                   .since = NOW};
    int64_t id = 0;

    assert_done(escrow_add(site->store, &row, &id, &site->why), &site->why);
    return id;
}

static inline int64_t site_certificate(struct site *site, int64_t user, const char *serial,
                                       enum certificate_purpose purpose, int64_t not_after)
{
    const struct certificate_row row = {.user = user,
                                        .serial = span_text(serial),
                                        .purpose = purpose,
                                        .der = span_text("DER"),
                                        .key_kind = span_text("p256"),
                                        .not_before = NOW,
                                        .not_after = not_after,
                                        .issued_at = NOW};
    int64_t id = 0;

    assert_done(certificate_add(site->store, &row, &id, &site->why), &site->why);
    return id;
}

/* What any program could write into the file: past all of ours. */
static inline void site_sql(struct site *site, const char *text)
{
    assert_done(sql_run(store_sql(site->store), text, &site->why), &site->why);
}

#endif
