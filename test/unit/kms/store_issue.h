#ifndef TEST_UNIT_KMS_STORE_ISSUE_H
#define TEST_UNIT_KMS_STORE_ISSUE_H

#include "kms/store/audit_rows.h"
#include "kms/store/check.h"
#include "kms/store/outbox_rows.h"
#include "store_support.h"

/*
 * What one issue writes, in one transaction, for the tests that break it off: a user, two
 * certificates, an envelope, two rows for the outbox and one for the audit, all named by `number`.
 */
static inline enum fault issue_certificate(struct store *store, int64_t user, uint32_t number,
                                           enum certificate_purpose purpose, struct why *why)
{
    static const uint8_t der[850] = {0x30}, cms[700] = {0x30};
    const uint8_t serial[] = {0x7f,
                              (uint8_t)(number >> 24),
                              (uint8_t)(number >> 16),
                              (uint8_t)(number >> 8),
                              (uint8_t)number,
                              (uint8_t)purpose};
    const struct certificate_row row = {.user = user,
                                        .serial = span_of(serial, sizeof(serial)),
                                        .purpose = purpose,
                                        .der = span_of(der, sizeof(der)),
                                        .key_kind = span_text("p256"),
                                        .not_before = NOW,
                                        .not_after = NOW + 1,
                                        .issued_at = NOW,
                                        .escrow = purpose == CERTIFICATE_ENCRYPTION ? 1 : 0};
    struct envelope_row envelope = {.cms = span_of(cms, sizeof(cms)),
                                    .binding = span_text("binding")};
    struct outbox_row outbox = {.at = NOW, .user = user, .what = OUTBOX_ADD};
    enum fault fault = certificate_add(store, &row, &envelope.certificate, why);

    if (fault == FAULT_NONE && purpose == CERTIFICATE_ENCRYPTION) {
        fault = envelope_add(store, &envelope, why);
    }
    outbox.certificate = envelope.certificate;
    return fault == FAULT_NONE ? outbox_add(store, &outbox, why) : fault;
}

static inline enum fault issue_rows(struct store *store, uint32_t number, struct why *why)
{
    char address[64];
    struct user_row user = {.since = NOW, .state = USER_ENROLLED};
    struct audit_row audit = {.at = NOW, .act = span_text("enrol"), .result = span_text("done")};
    int64_t id = 0;
    enum fault fault;

    (void)snprintf(address, sizeof(address), "u%u@example.org", number);
    user.address = audit.subject = span_text(address);
    fault = user_add(store, &user, &id, why);
    if (fault == FAULT_NONE) {
        fault = issue_certificate(store, id, number, CERTIFICATE_SIGNING, why);
    }
    if (fault == FAULT_NONE) {
        fault = issue_certificate(store, id, number, CERTIFICATE_ENCRYPTION, why);
    }
    return fault == FAULT_NONE ? audit_append(store, &audit, NULL, 0, why) : fault;
}

static inline enum fault issue(struct store *store, uint32_t number, struct why *why)
{
    enum fault fault = store_begin(store, why);

    if (fault == FAULT_NONE) {
        fault = issue_rows(store, number, why);
    }
    if (fault == FAULT_NONE) {
        fault = store_commit(store, why);
    }
    store_rollback(store);
    return fault;
}

/* A store in which issue() works. */
static inline void site_for_issues(struct site *site)
{
    site_open(site);
    (void)site_escrow(site);
    site_sql(site, "UPDATE escrow SET count = 2; PRAGMA wal_autocheckpoint = 100");
    for (int i = 0; i < 2; i++) {
        const struct share_row share = {
            .escrow = 1, .person = site_person(site, i == 0 ? "anna" : "bert"), .place = i + 1};

        assert_done(share_add(site->store, &share, &site->why), &site->why);
    }
}

/* How many issues are in it, each of them whole, and nothing else. */
static inline uint32_t site_whole_issues(struct site *site)
{
    const struct store_check check = {0};
    struct audit_verdict verdict = {0};
    int64_t broken = -1, users = 0, certificates = 0;

    assert_done(store_check(site->store, &check, &broken, &site->why), &site->why);
    assert_int_equal(broken, 0);
    assert_done(user_count(site->store, &users, &site->why), &site->why);
    assert_done(certificate_count(site->store, &certificates, &site->why), &site->why);
    assert_int_equal(certificates, 2 * users);
    assert_done(audit_verify(site->store, NULL, 1, NULL, &verdict, &site->why), &site->why);
    assert_int_equal(verdict.bad_seq, 0);
    assert_int_equal(verdict.rows, users);
    return (uint32_t)users;
}

#endif
