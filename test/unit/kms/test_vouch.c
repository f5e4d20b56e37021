#include "recover_support.h"

#include "kms/request/session/ca_keys.h"
#include "kms/request/session/vouch.h"

/* What the issuing CA vouches for, and what it does not. */

static struct site site;

static int make(void **state)
{
    (void)state;
    site_init(&site, NULL);
    site_enter(&site, ANNA, "admins");
    return 0;
}

static int clear(void **state)
{
    (void)state;
    site_clear(&site);
    return 0;
}

static void the_row_of_anna(struct person_row *out)
{
    ASSERT_DONE(person_find(site.kms[ANNA].store, span_text("anna"), &site.arena, out, why));
    ASSERT_DONE(vouch_check(&site.kms[ANNA], out, why));
}

static void assert_not_vouched(const struct person_row *row)
{
    struct why wrong = {0};

    assert_int_equal(vouch_check(&site.kms[ANNA], row, &wrong), FAULT_DENIED);
    assert_string_equal(wrong.rule, site.kms[ANNA].told);
}

static void each_column_is_vouched_for(void **state)
{
    static const uint8_t other[PERSON_KEY_SIZE] = {1};
    struct person_row row, altered[9];

    (void)state;
    the_row_of_anna(&row);
    for (size_t i = 0; i < 9; i++) {
        altered[i] = row;
    }
    altered[0].id++;
    altered[1].name = span_text("anne");
    altered[2].is_admin = false;
    altered[3].is_agent = true;
    altered[4].since++;
    altered[5].until = SITE_NOW;
    altered[6].signing = span_of(other, sizeof(other));
    altered[7].sealing = span_of(other, sizeof(other));
    altered[8].vouched = span_of(row.vouched.at, row.vouched.len - 1);
    for (size_t i = 0; i < 9; i++) {
        altered[i].name = i == 1 ? altered[i].name : row.name;
        assert_not_vouched(&altered[i]);
    }
    row.vouched = (struct span){0};
    assert_not_vouched(&row);
}

static void the_policy_is_vouched_for_as_a_whole(void **state)
{
    struct kms *kms = &site.kms[ANNA];
    struct policy policy = policy_default(), found;
    struct why wrong = {0};

    (void)state;
    ASSERT_DONE(kms_begin(kms, why));
    policy.counts[TASK_RENEW] = 2;
    ASSERT_DONE(vouch_policy(kms, &policy, why));
    ASSERT_DONE(vouched_policy(kms, &found, why));
    assert_int_equal(found.counts[TASK_RENEW], 2);
    ASSERT_DONE(policy_set(kms->store, span_text("renew"), 1, why));
    assert_int_equal(vouched_policy(kms, &found, &wrong), FAULT_DENIED);
    assert_int_equal(kms_require(kms, TASK_ENROL, &wrong), FAULT_DENIED);
    kms_rollback(kms);
    ASSERT_DONE(vouched_policy(kms, &found, why));
}

/* He seals a CA secret of his own to an administrator, as anybody can, and locks his key with it.
 */
static void a_key_of_another_issuing_ca_signs_nothing(void **state)
{
    struct kms *kms = &site.kms[ANNA];
    const struct kms_actor *anna = &kms->actors[0];
    struct buffer sealed = buffer_with_max(1024), pem = buffer_with_max(16384);
    struct secret secret = {0};
    struct private_key *key = NULL;
    struct authority_row row;
    struct person_row person;
    struct why wrong = {0};

    (void)state;
    the_row_of_anna(&person);
    ASSERT_DONE(kms_begin(kms, why));
    ASSERT_DONE(ca_secret_make(&secret, why));
    ASSERT_DONE(ca_slot_seal(store_id(kms->store), span_text("anna"), anna->identity.sealing,
                             &secret, &sealed, why));
    ASSERT_DONE(slot_set(kms->store, anna->id, buffer_span(&sealed), why));
    ASSERT_DONE(private_key_make(KIND_P256, &key, why));
    ASSERT_DONE(private_key_lock(key, &secret, &pem, why));
    private_key_free(key);
    ASSERT_DONE(authority_find(kms->store, AUTHORITY_ISSUING, &site.arena, &row, why));
    ASSERT_DONE(authority_set_key(kms->store, row.id, buffer_span(&pem), why));
    private_key_free(kms->vouching);
    kms->vouching = NULL;
    assert_int_equal(vouch_set_roles(kms, &person, true, true, &wrong), FAULT_SYNTAX);
    assert_null(kms->vouching);
    assert_int_equal(kms_require_one(kms, &wrong), FAULT_SYNTAX);
    assert_null(kms->authority);
    kms_rollback(kms);
    ASSERT_DONE(kms_require_one(kms, why));
    secret_clear(&secret);
    buffer_clear(&sealed);
    buffer_clear(&pem);
}

/* The recovery key, or the CA, is another one when it is read again within a session. */
static void what_was_signed_in_to_stays(void **state)
{
    struct kms *kms = &site.kms[ANNA];
    const struct span recovery_key = kms->anchor.recovery_key,
                      issuing_key = kms->anchor.issuing_key;
    struct issue_terms terms;
    struct recovery_cas cas;
    struct why wrong = {0};

    (void)state;
    ASSERT_DONE(kms_require_one(kms, why));
    kms->anchor.recovery_key = span_text("another");
    assert_int_equal(issue_terms_of(kms, &terms, &wrong), FAULT_SYNTAX);
    kms->anchor.recovery_key = recovery_key;
    ASSERT_DONE(issue_terms_of(kms, &terms, why));
    kms->anchor.issuing_key = span_text("another");
    assert_int_equal(recovery_cas_open(kms, &cas, &wrong), FAULT_SYNTAX);
    kms->anchor.issuing_key = issuing_key;
    ASSERT_DONE(recovery_cas_open(kms, &cas, why));
    recovery_cas_close(&cas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_column_is_vouched_for),
        cmocka_unit_test(the_policy_is_vouched_for_as_a_whole),
        cmocka_unit_test(a_key_of_another_issuing_ca_signs_nothing),
        cmocka_unit_test(what_was_signed_in_to_stays),
    };

    return cmocka_run_group_tests(tests, make, clear);
}
