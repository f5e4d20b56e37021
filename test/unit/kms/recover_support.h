#ifndef TEST_UNIT_KMS_RECOVER_SUPPORT_H
#define TEST_UNIT_KMS_RECOVER_SUPPORT_H

#include "support.h"

#include <ftw.h>
#include <stdio.h>

#include "kms/people/memory.h"
#include "kms/request/ceremony/init.h"
#include "kms/request/issue/issue.h"
#include "kms/request/recovery/approve.h"
#include "kms/request/recovery/collect.h"
#include "kms/request/recovery/recover.h"
#include "kms/store/sql.h"
#include "kms/store/store.h"
#include "kms/store/user_rows.h"

/*
 * A site: a store after its ceremony, with users whose keys are in escrow, and a session of
 * everybody, so that a test need not wait for passphrases again.
 */
enum { SITE_NOW = 1800000000, SITE_PEOPLE = 6, SITE_USERS = 3, SITE_FILE_MAX = 1 << 20 };

enum site_person { ANNA, BERT, XENIA, YANN, ZOE, WILMA };

static const struct site_role {
    const char *name;
    bool is_admin, is_agent;
} site_roles[SITE_PEOPLE] = {
    {"anna", true, false}, {"bert", true, true}, {"xenia", false, true},
    {"yann", false, true}, {"zoe", false, true}, {"wilma", true, false},
};

/* The quorum is 2 of bert, xenia, yann and zoe. */
enum { SITE_QUORUM = 2 };

struct site {
    char folder[64], path[80];
    struct secret passphrases[SITE_PEOPLE], p12;
    struct kms kms[SITE_PEOPLE]; /* each person's session */
    struct arena arena;
};

static inline struct secret site_passphrase(const char *name)
{
    char text[128];
    struct secret out = {0};
    struct why why;

    (void)snprintf(text, sizeof(text), "violet tractor hums beside %s quietly", name);
    assert_int_equal(secret_copy(span_text(text), &out, &why), FAULT_NONE);
    return out;
}

#define ASSERT_DONE(call)                                                                          \
    do {                                                                                           \
        struct why why_ = {0};                                                                     \
        struct why *const why = &why_;                                                             \
        const enum fault fault_ = (call);                                                          \
        if (fault_ != FAULT_NONE) {                                                                \
            print_error("%s: %s\n", #call, why_.rule != NULL ? why_.rule : "?");                   \
        }                                                                                          \
        assert_int_equal(fault_, FAULT_NONE);                                                      \
    } while (0)

static inline void site_init(struct site *site, const char *share_dir)
{
    struct person_choice people[SITE_PEOPLE];
    struct init_result result = {0};
    char told[KMS_TOLD_SIZE];
    struct init_order order = {
        .organization = "Example Verein",
        .people = people,
        .people_count = SITE_PEOPLE,
        .quorum = SITE_QUORUM,
        .key = KIND_P256,
        .curve = VAULT_P256,
        .crl_url = "",
        .policy = policy_default(),
        .share_dir = share_dir,
    };

    ASSERT_DONE(people_secure_memory(why));
    *site = (struct site){.arena = arena_with_max((size_t)64 << 20)};
    (void)snprintf(site->folder, sizeof(site->folder), "/tmp/keyroster-recover-XXXXXX");
    assert_non_null(mkdtemp(site->folder));
    (void)snprintf(site->path, sizeof(site->path), "%s/kms", site->folder);
    order.path = site->path;
    site->p12 = site_passphrase("p12");
    for (size_t i = 0; i < SITE_PEOPLE; i++) {
        site->passphrases[i] = site_passphrase(site_roles[i].name);
        people[i] = (struct person_choice){.name = site_roles[i].name,
                                           .passphrase = &site->passphrases[i],
                                           .is_admin = site_roles[i].is_admin,
                                           .is_agent = site_roles[i].is_agent};
    }
    ASSERT_DONE(init_make(&order, SITE_NOW, &result, told, why));
    buffer_clear(&result.request);
}

/* A session in which somebody has signed in. */
static inline void site_enter(struct site *site, enum site_person who, const char *act)
{
    ASSERT_DONE(kms_open(&site->kms[who], site->path, KMS_WRITE, act, SITE_NOW, why));
    ASSERT_DONE(kms_sign_in(&site->kms[who], site_roles[who].name, &site->passphrases[who], why));
}

/* One more certificate of each purpose for a user, who is made where he is not there. */
static inline void site_issue(struct kms *kms, const struct secret *p12, const char *address,
                              enum key_kind kind)
{
    const struct span addresses[] = {span_text(address)};
    struct issue_terms terms = {0};
    struct issue_maker *maker = NULL;
    struct arena arena = arena_with_max((size_t)16 << 20);
    struct issue issue = {0};
    struct user_row user = {.address = addresses[0], .since = SITE_NOW};
    struct why found;
    const struct issue_order order = {.addresses = addresses, .address_count = 1, .kind = kind};

    ASSERT_DONE(issue_terms_of(kms, &terms, why));
    terms.passphrase = p12;
    terms.form = PKCS12_TODAY;
    ASSERT_DONE(issue_maker_new(&terms, &maker, why));
    ASSERT_DONE(issue_make(maker, &order, &issue, why));
    ASSERT_DONE(kms_begin(kms, why));
    if (user_find(kms->store, addresses[0], &arena, &user, &found) != FAULT_NONE) {
        ASSERT_DONE(user_add(kms->store, &user, &user.id, why));
    }
    ASSERT_DONE(issue_settle(kms, &terms, &issue, user.id, addresses[0], why));
    ASSERT_DONE(kms_audit(kms, addresses[0], "issued", span_of(NULL, 0), why));
    ASSERT_DONE(kms_commit(kms, why));
    issue_clear(&issue);
    issue_maker_free(maker);
    arena_clear(&arena);
}

/* carl has keys of many kinds, after renewals; dora and emil one each. */
static inline void site_make(struct site *site)
{
    site_init(site, NULL);
    site_enter(site, WILMA, "enrol");
    ASSERT_DONE(kms_require(&site->kms[WILMA], TASK_ENROL, why));
    site_issue(&site->kms[WILMA], &site->p12, "carl@example.org", KIND_P256);
    site_issue(&site->kms[WILMA], &site->p12, "carl@example.org", KIND_RSA2048);
    site_issue(&site->kms[WILMA], &site->p12, "carl@example.org", KIND_P384);
    site_issue(&site->kms[WILMA], &site->p12, "carl@example.org", KIND_ED25519);
    site_issue(&site->kms[WILMA], &site->p12, "dora@example.org", KIND_P256);
    site_issue(&site->kms[WILMA], &site->p12, "emil@example.org", KIND_P256);
    site_enter(site, ANNA, "recover");
    for (int who = BERT; who <= ZOE; who++) {
        site_enter(site, (enum site_person)who, "approve");
    }
}

static inline int site_remove_one(const char *path, const struct stat *status, int kind,
                                  struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void site_clear(struct site *site)
{
    for (size_t i = 0; i < SITE_PEOPLE; i++) {
        kms_close(&site->kms[i]);
        secret_clear(&site->passphrases[i]);
    }
    secret_clear(&site->p12);
    arena_clear(&site->arena);
    (void)nftw(site->folder, site_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* What each act ends with; a refusal is committed, as the commands do it. */
static inline void site_end(struct kms *kms, enum fault fault)
{
    if (fault == FAULT_RESOURCE) {
        kms_rollback(kms);
    } else {
        ASSERT_DONE(kms_commit(kms, why));
    }
}

/* anna's (or somebody's) request for a user's keys; the file is the caller's to clear. */
static inline enum fault site_ask(struct site *site, enum site_person who, const char *address,
                                  struct buffer *file)
{
    struct kms *kms = &site->kms[who];
    const struct recover_wish wish = {.address = span_text(address),
                                      .why = span_text("lost smart card"),
                                      .valid_for = RECOVERY_VALID_USUAL};
    struct recover_result result;
    struct recovery_cas cas;
    struct why why;
    enum fault fault;

    (void)snprintf(kms->act, sizeof(kms->act), "recover");
    *file = buffer_with_max(SITE_FILE_MAX);
    assert_int_equal(recovery_cas_open(kms, &cas, &why), FAULT_NONE);
    assert_int_equal(kms_begin(kms, &why), FAULT_NONE);
    fault = recover_ask(kms, &cas, &wish, &site->arena, file, &result, &why);
    site_end(kms, fault);
    recovery_cas_close(&cas);
    return fault;
}

static inline enum fault site_approve(struct site *site, enum site_person who, struct span file,
                                      struct approve_result *result)
{
    struct kms *kms = &site->kms[who];
    struct approver approver = {0};
    struct why why;
    enum fault fault;

    (void)snprintf(kms->act, sizeof(kms->act), "approve");
    fault = approver_open(&approver, kms, site_roles[who].name, NULL, &why);
    if (fault == FAULT_NONE) {
        assert_int_equal(kms_begin(kms, &why), FAULT_NONE);
        fault = approve(&approver, file, &site->arena, result, &why);
        site_end(kms, fault);
    }
    approver_close(&approver);
    return fault;
}

/* Collects, and ends the request where `out` is asked for no more: it is the caller's to clear. */
static inline enum fault site_collect(struct site *site, enum site_person who, struct span file,
                                      struct collection *out)
{
    struct kms *kms = &site->kms[who];
    struct collector collector = {0};
    struct buffer p12 = buffer_with_max(SITE_FILE_MAX);
    struct why why;
    enum fault fault;

    (void)snprintf(kms->act, sizeof(kms->act), "collect");
    *out = (struct collection){0};
    fault = collector_open(&collector, kms, &why);
    if (fault == FAULT_NONE) {
        assert_int_equal(kms_begin(kms, &why), FAULT_NONE);
        fault = collect(&collector, file, &site->arena, out, &why);
        if (fault == FAULT_NONE) {
            assert_int_equal(collection_p12(&collector, out, COLLECT_ALL, PKCS12_TODAY,
                                            PKCS12_ROUNDS_MANY, &site->p12, &p12, &why),
                             FAULT_NONE);
            assert_true(p12.len > 0);
            fault = collect_settle(&collector, out, &why);
        }
        site_end(kms, fault);
    }
    buffer_clear(&p12);
    collector_close(&collector);
    return fault;
}

/* What somebody who can write to the database does to it, past all checks. */
static inline void site_tamper(struct site *site, const char *statements)
{
    struct sql *sql = NULL;
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/keyroster.db", site->path);
    ASSERT_DONE(sql_open(path, SQL_WRITE, &sql, why));
    ASSERT_DONE(sql_run(sql, statements, why));
    sql_close(sql);
}

#endif
