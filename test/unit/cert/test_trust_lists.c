#include "cert/trust.h"

#include "trust_made.h"

enum { LISTED = 4, ANNA = 4711, SUB_SERIAL = 10, HOLD = 6, REMOVED = 8, KEY_COMPROMISE = 1 };

/* What a list of the root has in most rows. */
#define ROOTS   .issuer = "Root", .signer = KEY_ROOT
#define ANNA_IS .entries = {{ANNA, -3, KEY_COMPROMISE}}
#define OTHERS  .entries = {{1234, -3, KEY_COMPROMISE}, {7, -2, -1}}

/* A row is one sentence about --crl. A bug is fixed by adding its row first. */
static const struct row {
    const char *name;
    enum made issuers[LISTED], anchors[LISTED], chain[LISTED], leaf;
    struct list_recipe lists[LISTED];
    enum revocation revocation;
    const char *reason;
    int day; /* of revocation, from made_now */
    bool unverified, untrusted, foreign;
} rows[] = {
    {"no list, no answer", {ROOT}, .leaf = LEAF, .revocation = REVOCATION_NOT_ASKED},
    {"a list that names others",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, OTHERS}},
     .revocation = REVOCATION_GOOD},
    {"an empty list", {ROOT}, .leaf = LEAF, .lists = {{ROOTS}}, .revocation = REVOCATION_GOOD},
    {"a list that names it",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, ANNA_IS}},
     .revocation = REVOCATION_REVOKED,
     .reason = "keyCompromise",
     .day = -3},
    {"an anchor's list", .anchors = {ROOT}, .leaf = LEAF, .lists = {{ROOTS, ANNA_IS}},
     .revocation = REVOCATION_REVOKED, .reason = "keyCompromise", .day = -3},
    {"a reason need not be given",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, .entries = {{ANNA, -4, -1}}}},
     .revocation = REVOCATION_REVOKED,
     .day = -4},
    {"on hold is revoked",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, .entries = {{ANNA, -1, HOLD}}}},
     .revocation = REVOCATION_REVOKED,
     .reason = "certificateHold",
     .day = -1},
    {"removed is not revoked",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, .entries = {{ANNA, -1, REMOVED}}}},
     .revocation = REVOCATION_GOOD},
    {"revoked from tomorrow on",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, .entries = {{ANNA, 1, KEY_COMPROMISE}}}},
     .revocation = REVOCATION_GOOD},
    {"a serial that only begins alike",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, .entries = {{ANNA * 256L, -1, -1}, {0x12, -1, -1}}}},
     .revocation = REVOCATION_GOOD},
    {"another issuer's list",
     {ROOT},
     .leaf = LEAF,
     .lists = {{.issuer = "Stranger", .signer = KEY_STRANGER, ANNA_IS}},
     .revocation = REVOCATION_UNVERIFIED,
     .unverified = true},
    {"names compare without case",
     {ROOT},
     .leaf = LEAF,
     .lists = {{.issuer = "ROOT", .signer = KEY_ROOT, ANNA_IS}},
     .revocation = REVOCATION_REVOKED,
     .reason = "keyCompromise",
     .day = -3},

    /* Time. */
    {"a stale list says nothing good",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, OTHERS, .from_day = -30, .to_day = -1}},
     .revocation = REVOCATION_UNVERIFIED,
     .unverified = true},
    {"what a stale list revokes is revoked",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, ANNA_IS, .from_day = -2, .to_day = -1}},
     .revocation = REVOCATION_REVOKED,
     .reason = "keyCompromise",
     .day = -3},
    {"a list without an end is current",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, OTHERS, .from_day = -900, .to_day = 999}},
     .revocation = REVOCATION_GOOD},
    {"a later list says nothing good",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, OTHERS, .from_day = 1, .to_day = 9}},
     .revocation = REVOCATION_UNVERIFIED,
     .unverified = true},
    {"a later list knows what was revoked before",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, ANNA_IS, .from_day = 1, .to_day = 9}},
     .revocation = REVOCATION_REVOKED,
     .reason = "keyCompromise",
     .day = -3},
    {"what it revokes later was good, but nobody says so",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, .entries = {{ANNA, 1, 1}}, .from_day = 2, .to_day = 9}},
     .revocation = REVOCATION_UNVERIFIED,
     .unverified = true},
    {"the newer list counts: released",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, .entries = {{ANNA, -3, HOLD}}, .from_day = -2, .to_day = 9},
               {ROOTS, OTHERS}},
     .revocation = REVOCATION_GOOD},
    {"the newer list counts: revoked",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, ANNA_IS}, {ROOTS, OTHERS, .from_day = -5, .to_day = 9}},
     .revocation = REVOCATION_REVOKED,
     .reason = "keyCompromise",
     .day = -3},

    /* Signatures. */
    {"a list signed by another is refused",
     {ROOT},
     .leaf = LEAF,
     .lists = {{.issuer = "Root", .signer = KEY_STRANGER, ANNA_IS, .no_key_id = true}},
     .revocation = REVOCATION_UNVERIFIED,
     .unverified = true},
    {"an altered list is refused",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, ANNA_IS, .alter = -9}},
     .revocation = REVOCATION_UNVERIFIED,
     .unverified = true},
    {"a refused list does not hide a good one",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, OTHERS}, {ROOTS, ANNA_IS, .alter = -9}},
     .revocation = REVOCATION_GOOD},
    {"a list that nobody can check revokes", .leaf = LEAF, .lists = {{ROOTS, ANNA_IS}},
     .revocation = REVOCATION_REVOKED, .reason = "keyCompromise", .day = -3, .unverified = true},
    {"a list that nobody can check says nothing good", .leaf = LEAF, .lists = {{ROOTS, OTHERS}},
     .revocation = REVOCATION_UNVERIFIED, .unverified = true},
    {"a list of a key that is not at hand revokes",
     {ROOT},
     .leaf = LEAF,
     .lists = {{.issuer = "Root", .signer = KEY_STRANGER, ANNA_IS}},
     .revocation = REVOCATION_REVOKED,
     .reason = "keyCompromise",
     .day = -3,
     .unverified = true},
    {"a CA that may not sign lists",
     {ROOT_NO_CRL},
     .leaf = LEAF,
     .lists = {{ROOTS, ANNA_IS}},
     .revocation = REVOCATION_UNVERIFIED,
     .unverified = true},
    {"another certificate of that CA may",
     {ROOT_NO_CRL, ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, ANNA_IS}},
     .revocation = REVOCATION_REVOKED,
     .reason = "keyCompromise",
     .day = -3},
    {"the issuer that came along vouches",
     {ROOT},
     .chain = {SUB},
     .leaf = LEAF_SUB,
     .lists = {{.issuer = "Sub", .signer = KEY_SUB, OTHERS}},
     .revocation = REVOCATION_GOOD},
    {"and for what is revoked",
     {ROOT},
     .chain = {SUB},
     .leaf = LEAF_SUB,
     .lists = {{.issuer = "Sub", .signer = KEY_SUB, ANNA_IS}},
     .revocation = REVOCATION_REVOKED,
     .reason = "keyCompromise",
     .day = -3},
    {"one that came along and did not sign it cannot refuse",
     {ROOT},
     .chain = {SUB_FORGED, SUB},
     .leaf = LEAF_SUB,
     .lists = {{.issuer = "Sub", .signer = KEY_SUB, ANNA_IS}},
     .revocation = REVOCATION_REVOKED,
     .reason = "keyCompromise",
     .day = -3},
    {"an Ed25519 list",
     {ROOT_ED},
     .leaf = LEAF_ED,
     .lists = {{.issuer = "Root Ed", .signer = KEY_ED, ANNA_IS}},
     .revocation = REVOCATION_REVOKED,
     .reason = "keyCompromise",
     .day = -3},
    {"an EC list",
     {ROOT_P256},
     .leaf = LEAF_P256,
     .lists = {{.issuer = "Root EC", .signer = KEY_P256, ANNA_IS}},
     .revocation = REVOCATION_REVOKED,
     .reason = "keyCompromise",
     .day = -3},
    {"a list of the CA's other key covers nothing here",
     {ROOT, ROOT_OTHER_KEY},
     .leaf = LEAF,
     .lists = {{.issuer = "Root", .signer = KEY_STRANGER, OTHERS}},
     .revocation = REVOCATION_UNVERIFIED,
     .unverified = true},

    {"but it covers what the key that it certified issued",
     {ROOT},
     .chain = {ROOT_NEXT},
     .leaf = LEAF_NEXT,
     .lists = {{ROOTS, OTHERS}},
     .revocation = REVOCATION_GOOD},
    {"and a CA key that came along may vouch by its successor",
     {STRANGER},
     .chain = {ROOT_NEXT, ROOT},
     .leaf = LEAF_NEXT,
     .lists = {{ROOTS, OTHERS}},
     .revocation = REVOCATION_GOOD,
     .foreign = true},

    /* Extensions. */
    {"an unknown critical extension: not usable",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, ANNA_IS, .critical_unknown = true}},
     .revocation = REVOCATION_UNVERIFIED,
     .unverified = true},
    {"a list of users covers users",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, OTHERS, .extra_name = "issuingDistributionPoint",
                .extra_value = "critical,onlyuser:TRUE"}},
     .revocation = REVOCATION_GOOD},
    {"a list of CAs does not",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, OTHERS, .extra_name = "issuingDistributionPoint",
                .extra_value = "critical,onlyCA:TRUE"}},
     .revocation = REVOCATION_UNVERIFIED,
     .unverified = true},
    {"some reasons are not all",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, OTHERS, .extra_name = "issuingDistributionPoint",
                .extra_value = "critical,onlysomereasons:keyCompromise"}},
     .revocation = REVOCATION_UNVERIFIED,
     .unverified = true},
    {"some reasons are enough to revoke",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, ANNA_IS, .extra_name = "issuingDistributionPoint",
                .extra_value = "critical,onlysomereasons:keyCompromise"}},
     .revocation = REVOCATION_REVOKED,
     .reason = "keyCompromise",
     .day = -3},
    {"some reasons and all others",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, OTHERS, .extra_name = "issuingDistributionPoint",
                .extra_value = "critical,onlysomereasons:keyCompromise"},
               {ROOTS, OTHERS, .extra_name = "2.5.29.28", /* all bits but keyCompromise */
                .extra_value = "critical,DER:30058303073f80"}},
     .revocation = REVOCATION_GOOD},
    {"a part covers those that it names",
     {ROOT},
     .leaf = LEAF_POINTS,
     .lists = {{ROOTS, OTHERS, .extra_name = "issuingDistributionPoint",
                .extra_value = "critical,fullname:URI:http://kms.example.org/part1.crl"}},
     .revocation = REVOCATION_GOOD},
    {"another part does not",
     {ROOT},
     .leaf = LEAF_POINTS,
     .lists = {{ROOTS, OTHERS, .extra_name = "issuingDistributionPoint",
                .extra_value = "critical,fullname:URI:http://kms.example.org/part2.crl"}},
     .revocation = REVOCATION_UNVERIFIED,
     .unverified = true},
    {"a part covers nobody without points",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, OTHERS, .extra_name = "issuingDistributionPoint",
                .extra_value = "critical,fullname:URI:http://kms.example.org/part1.crl"}},
     .revocation = REVOCATION_UNVERIFIED,
     .unverified = true},
    {"but any part may name it",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, OTHERS},
               {ROOTS, ANNA_IS, .extra_name = "issuingDistributionPoint",
                .extra_value = "critical,fullname:URI:http://kms.example.org/part1.crl"}},
     .revocation = REVOCATION_REVOKED,
     .reason = "keyCompromise",
     .day = -3},

    /* Deltas. */
    {"a delta revokes",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, OTHERS, .from_day = -2, .to_day = 9},
               {ROOTS, ANNA_IS, .number = 6, .base = 5}},
     .revocation = REVOCATION_REVOKED,
     .reason = "keyCompromise",
     .day = -3},
    {"a delta releases",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, .entries = {{ANNA, -3, HOLD}}, .from_day = -2, .to_day = 9},
               {ROOTS, .entries = {{ANNA, -1, REMOVED}}, .number = 6, .base = 5}},
     .revocation = REVOCATION_GOOD},
    {"a delta of another base releases nobody",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, .entries = {{ANNA, -3, HOLD}}, .from_day = -2, .to_day = 9},
               {ROOTS, .entries = {{ANNA, -1, REMOVED}}, .number = 8, .base = 7}},
     .revocation = REVOCATION_REVOKED,
     .reason = "certificateHold",
     .day = -3},
    {"a delta alone covers nothing",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, OTHERS, .number = 6, .base = 5}},
     .revocation = REVOCATION_UNVERIFIED,
     .unverified = true},
    {"a delta alone revokes",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, ANNA_IS, .number = 6, .base = 5}},
     .revocation = REVOCATION_REVOKED,
     .reason = "keyCompromise",
     .day = -3},
    {"a delta older than the list says nothing any more",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, OTHERS, .number = 7},
               {ROOTS, .entries = {{ANNA, -3, HOLD}}, .number = 6, .base = 5, .from_day = -2,
                .to_day = 9}},
     .revocation = REVOCATION_GOOD},
    {"a delta keeps a list current",
     {ROOT},
     .leaf = LEAF,
     .lists = {{ROOTS, OTHERS, .from_day = -9, .to_day = -1},
               {ROOTS, OTHERS, .number = 6, .base = 5}},
     .revocation = REVOCATION_GOOD},

    /* CAs. */
    {"below a revoked CA nothing is trusted", .anchors = {ROOT}, .chain = {SUB}, .leaf = LEAF_SUB,
     .lists = {{ROOTS, .entries = {{SUB_SERIAL, -3, 2}}}}, .revocation = REVOCATION_UNVERIFIED,
     .unverified = true, .untrusted = true},
    {"below a revoked anchor neither", .anchors = {SUB}, .leaf = LEAF_SUB,
     .lists = {{ROOTS, .entries = {{SUB_SERIAL, -3, 2}}}}, .revocation = REVOCATION_UNVERIFIED,
     .unverified = true, .untrusted = true},
    {"a revoked CA was ours, and is not trusted",
     {ROOT},
     .chain = {SUB},
     .leaf = LEAF_SUB,
     .lists = {{ROOTS, .entries = {{SUB_SERIAL, -3, 2}}}},
     .revocation = REVOCATION_UNVERIFIED,
     .unverified = true,
     .untrusted = true},
    {"a revoked CA that is named is not trusted",
     {SUB},
     .leaf = LEAF_SUB,
     .lists = {{ROOTS, .entries = {{SUB_SERIAL, -3, 2}}}},
     .revocation = REVOCATION_UNVERIFIED,
     .unverified = true,
     .untrusted = true},
    {"a CA that is revoked tomorrow is",
     {SUB},
     .leaf = LEAF_SUB,
     .lists = {{ROOTS, .entries = {{SUB_SERIAL, 1, 2}}}},
     .revocation = REVOCATION_UNVERIFIED,
     .unverified = true},
    {"a revoked CA of a foreign certificate is no matter",
     {STRANGER},
     .chain = {SUB},
     .leaf = LEAF_SUB,
     .lists = {{ROOTS, .entries = {{SUB_SERIAL, -3, 2}}}},
     .revocation = REVOCATION_UNVERIFIED,
     .unverified = true,
     .foreign = true},
    {"a root in its own list is no matter", .anchors = {ROOT}, .leaf = LEAF,
     .lists = {{ROOTS, .entries = {{1, -3, 2}}}}, .revocation = REVOCATION_GOOD},
    {"the renewed certificate of a revoked CA is another", .anchors = {ROOT},
     .chain = {SUB_PATHLEN}, .leaf = LEAF_SUB, .lists = {{ROOTS, .entries = {{SUB_SERIAL, -3, 2}}}},
     .revocation = REVOCATION_UNVERIFIED, .unverified = true},
};

static struct trust *trust_with(const struct row *row)
{
    struct trust *trust = trust_new();
    struct why why;
    size_t added;

    for (int i = 0; i < LISTED && row->issuers[i] != NOTHING; i++) {
        assert_int_equal(trust_add_issuers(trust, made(row->issuers[i]), &added, &why), 0);
    }
    for (int i = 0; i < LISTED && row->anchors[i] != NOTHING; i++) {
        assert_int_equal(trust_add_anchors(trust, made(row->anchors[i]), &added, &why), 0);
    }
    for (int i = 0; i < LISTED && row->lists[i].issuer != NULL; i++) {
        struct span list = make_list(&row->lists[i]);

        assert_int_equal(trust_add_crls(trust, list, &added, &why), FAULT_NONE);
        assert_int_equal(added, 1);
        free_made(&list);
    }
    assert_int_equal(trust_seal(trust, made_now, &why), FAULT_NONE);
    return trust;
}

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct trust *trust = trust_with(row);
    struct trust_session *session = trust_session_new(trust);
    struct span chain[LISTED];
    struct cert cert;
    struct why why;
    size_t count = 0;

    for (; count < LISTED && row->chain[count] != NOTHING; count++) {
        chain[count] = made(row->chain[count]);
    }
    assert_int_equal(cert_read(made(row->leaf), &cert, &why), FAULT_NONE);
    for (int again = 0; again < 2; again++) { /* the second time from what is kept */
        struct trust_answer answer;

        assert_int_equal(trust_ask(session, &cert, chain, count, &answer), FAULT_NONE);
        assert_int_equal(answer.revocation, row->revocation);
        assert_int_equal(answer.revocation_unverified, row->unverified);
        assert_int_equal(answer.untrusted, row->untrusted);
        assert_int_equal(answer.foreign, row->foreign);
        if (row->revocation == REVOCATION_REVOKED) {
            assert_int_equal(answer.revoked_at, made_now + (int64_t)DAY * row->day);
            assert_string_equal(answer.revoked_reason != NULL ? answer.revoked_reason : "",
                                row->reason != NULL ? row->reason : "");
        }
        if (row->untrusted) {
            assert_string_equal(answer.untrusted_why,
                                "the certificate of a CA in its chain is revoked");
        }
    }
    trust_session_free(session);
    trust_free(trust);
}

/* The property: a list cut anywhere, or with any one bit changed, is read or refused in peace. */
static void broken_list_is_safe(void **state)
{
    const struct list_recipe recipe = {ROOTS, ANNA_IS, .extra_name = "issuingDistributionPoint",
                                       .extra_value = "critical,onlyuser:TRUE"};
    struct span list = make_list(&recipe);
    struct trust *trust = trust_new();
    struct why why;
    size_t added;

    (void)state;
    for (size_t len = 0; len < list.len; len++) {
        uint8_t *block = exact_copy((const char *)list.at, len);

        assert_int_not_equal(trust_add_crls(trust, span_of(block, len), &added, &why), FAULT_NONE);
        free(block);
    }
    for (size_t bit = 0; bit < list.len * 8; bit++) {
        uint8_t *block = exact_copy((const char *)list.at, list.len);

        block[bit / 8] ^= (uint8_t)(1 << bit % 8);
        (void)!trust_add_crls(trust, span_of(block, list.len), &added, &why);
        free(block);
    }
    assert_int_equal(trust_seal(trust, made_now, &why), FAULT_NONE);
    free_made(&list);
    trust_free(trust);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 1] = {cmocka_unit_test(broken_list_is_safe)};

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 1] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = row_holds, .initial_state = (void *)&rows[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
