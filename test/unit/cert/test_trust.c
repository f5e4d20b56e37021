#include "cert/trust.h"

#include "trust_made.h"

enum { LISTED = 4 };

/* A row is one sentence about --issuer and --trust. A bug is fixed by adding its row first. */
static const struct row {
    const char *name;
    enum made issuers[LISTED], anchors[LISTED], chain[LISTED], leaf;
    bool foreign, untrusted;
    const char *why; /* a part of it */
} rows[] = {
    /* Whose it is. */
    {"what our CA issued is ours", {ROOT}, .leaf = LEAF},
    {"any of the issuers will do", {STRANGER, ROOT}, .leaf = LEAF},
    {"another's certificate is foreign", {ROOT}, .leaf = LEAF_STRANGER, .foreign = true},
    {"our name with another key is foreign", {ROOT}, .leaf = LEAF_OTHER_KEY, .foreign = true},
    {"a key identifier may speak against us", {ROOT}, .leaf = LEAF_OTHER_AKI, .foreign = true},
    {"altered contents are foreign", {ROOT}, .leaf = LEAF_TBS, .foreign = true},
    {"an altered signature is foreign", {ROOT}, .leaf = LEAF_SIGNATURE, .foreign = true},
    {"expired or not is no matter", {ROOT}, .leaf = LEAF_EXPIRED},
    {"an expired certificate of our CA names it", {ROOT_OLD}, .leaf = LEAF},
    {"names compare without case", {ROOT_UPPER}, .leaf = LEAF},
    {"of two keys under our name the right one counts", {ROOT_OTHER_KEY, ROOT}, .leaf = LEAF},
    {"without key identifiers the signature decides",
     {ROOT_OTHER_NO_ID, ROOT},
     .leaf = LEAF_NO_IDS},
    {"the older of two keys is ours too", {ROOT, ROOT_OTHER_NO_ID}, .leaf = LEAF_OLD},
    {"a CA without basic constraints that is named counts", {ROOT_V1_LIKE}, .leaf = LEAF},
    {"a CA that may not sign certificates but is named counts", {SUB_NO_SIGN}, .leaf = LEAF_SUB},
    {"a critical extension does not change who issued it", {ROOT}, .leaf = LEAF_CRITICAL},
    {"issuer and serial in the key identifier are no matter", {ROOT_OLD}, .leaf = LEAF_AKI_SERIAL},

    /* Every kind of signature. */
    {"RSA with SHA-1", {ROOT}, .leaf = LEAF_SHA1},
    {"RSA with SHA-512", {ROOT}, .leaf = LEAF_SHA512},
    {"RSA with MD5: weak, and ours", {ROOT}, .leaf = LEAF_MD5},
    {"RSASSA-PSS with an RSA key", {ROOT}, .leaf = LEAF_PSS},
    {"RSASSA-PSS with a key for it alone", {ROOT_PSS}, .leaf = LEAF_PSS_KEY},
    {"P-256", {ROOT_P256}, .leaf = LEAF_P256},
    {"P-384", {ROOT_P384}, .leaf = LEAF_P384},
    {"Ed25519", {ROOT_ED}, .leaf = LEAF_ED},

    /* Through CAs below ours. */
    {"a sub CA that came along", {ROOT}, .chain = {SUB}, .leaf = LEAF_SUB},
    {"a sub CA that did not", {ROOT}, .leaf = LEAF_SUB, .foreign = true},
    {"a sub CA that is an anchor", {ROOT}, {SUB}, .leaf = LEAF_SUB},
    {"a sub CA that is named", {SUB}, .leaf = LEAF_SUB},
    {"what the root issued is not the sub CA's", {SUB}, .leaf = LEAF, .foreign = true},
    {"two CAs below", {ROOT}, .chain = {SUB_SUB, SUB}, .leaf = LEAF_SUB_SUB},
    {"two CAs below in another order", {ROOT}, .chain = {SUB, SUB_SUB}, .leaf = LEAF_SUB_SUB},
    {"a link is missing", {ROOT}, .chain = {SUB_SUB}, .leaf = LEAF_SUB_SUB, .foreign = true},
    {"an expired sub CA was ours", {ROOT}, .chain = {SUB_EXPIRED}, .leaf = LEAF_SUB},
    {"our users are no CAs", {ROOT}, .chain = {LEAF}, .leaf = LEAF_BY_LEAF, .foreign = true},
    {"a sub CA that is none", {ROOT}, .chain = {SUB_NO_CA}, .leaf = LEAF_SUB, .foreign = true},
    {"a sub CA that may not sign",
     {ROOT},
     .chain = {SUB_NO_SIGN},
     .leaf = LEAF_SUB,
     .foreign = true},
    {"a path longer than the sub CA may have",
     {ROOT},
     .chain = {SUB_SUB_SHORT, SUB_PATHLEN},
     .leaf = LEAF_SUB_SUB,
     .foreign = true},
    {"a path as long as it may be", {ROOT}, .chain = {SUB_PATHLEN}, .leaf = LEAF_SUB},
    {"a forged sub CA does not come between", {ROOT}, .chain = {SUB_FORGED, SUB}, .leaf = LEAF_SUB},
    {"a forged sub CA alone", {ROOT}, .chain = {SUB_FORGED}, .leaf = LEAF_SUB, .foreign = true},

    /* Whether it can be trusted. */
    {"it chains to the anchor", .anchors = {ROOT}, .leaf = LEAF},
    {"another's anchor", .anchors = {STRANGER}, .leaf = LEAF, .untrusted = true,
     .why = "unable to get local issuer"},
    {"our name with another key is untrusted", .anchors = {ROOT}, .leaf = LEAF_OTHER_KEY,
     .untrusted = true, .why = "signature failure"},
    {"a key identifier may speak against the anchor", .anchors = {ROOT}, .leaf = LEAF_OTHER_AKI,
     .untrusted = true, .why = "unable to get local issuer"},
    {"altered contents are untrusted", .anchors = {ROOT}, .leaf = LEAF_TBS, .untrusted = true,
     .why = "signature failure"},
    {"an altered signature is untrusted", .anchors = {ROOT}, .leaf = LEAF_SIGNATURE,
     .untrusted = true, .why = "signature failure"},
    {"expired is not untrusted", .anchors = {ROOT}, .leaf = LEAF_EXPIRED},
    {"not yet valid is not untrusted", .anchors = {ROOT}, .leaf = LEAF_FUTURE},
    {"an expired anchor", .anchors = {ROOT_OLD}, .leaf = LEAF, .untrusted = true, .why = "expired"},
    {"an expired anchor and a renewed one", .anchors = {ROOT_OLD, ROOT}, .leaf = LEAF},
    {"an anchor's name compares without case", .anchors = {ROOT_UPPER}, .leaf = LEAF},
    {"the anchor's second key", .anchors = {ROOT_OTHER_NO_ID, ROOT}, .leaf = LEAF_NO_IDS},
    {"a sub CA in the chain", .anchors = {ROOT}, .chain = {SUB}, .leaf = LEAF_SUB},
    {"a sub CA among the issuers", {SUB}, {ROOT}, .leaf = LEAF_SUB},
    {"a sub CA nowhere", .anchors = {ROOT}, .leaf = LEAF_SUB, .untrusted = true,
     .why = "unable to get local issuer"},
    {"a sub CA as the only anchor is one", .anchors = {SUB}, .leaf = LEAF_SUB},
    {"an expired sub CA", .anchors = {ROOT}, .chain = {SUB_EXPIRED}, .leaf = LEAF_SUB,
     .untrusted = true, .why = "expired"},
    {"a sub CA to come", .anchors = {ROOT}, .chain = {SUB_FUTURE}, .leaf = LEAF_SUB,
     .untrusted = true, .why = "not yet valid"},
    {"an expired sub CA beside a good one", .anchors = {ROOT}, .chain = {SUB_EXPIRED, SUB},
     .leaf = LEAF_SUB},
    {"a sub CA that is no CA", .anchors = {ROOT}, .chain = {SUB_NO_CA}, .leaf = LEAF_SUB,
     .untrusted = true, .why = "invalid CA"},
    {"a sub CA without keyCertSign", .anchors = {ROOT}, .chain = {SUB_NO_SIGN}, .leaf = LEAF_SUB,
     .untrusted = true, .why = "invalid CA"},
    {"path length exceeded", .anchors = {ROOT}, .chain = {SUB_SUB_SHORT, SUB_PATHLEN},
     .leaf = LEAF_SUB_SUB, .untrusted = true, .why = "path length"},
    {"path length kept", .anchors = {ROOT}, .chain = {SUB_PATHLEN}, .leaf = LEAF_SUB},
    {"two CAs in the chain", .anchors = {ROOT}, .chain = {SUB, SUB_SUB}, .leaf = LEAF_SUB_SUB},
    {"an address that the CA may name", .anchors = {ROOT}, .chain = {SUB_NAMES},
     .leaf = LEAF_SUB_ORG},
    {"an address that it may not", .anchors = {ROOT}, .chain = {SUB_NAMES}, .leaf = LEAF_SUB_COM,
     .untrusted = true, .why = "permitted subtree"},
    {"a policy that must be there and is", .anchors = {ROOT}, .chain = {SUB_POLICY},
     .leaf = LEAF_SUB_POLICY},
    {"a policy that must be there and is not", .anchors = {ROOT}, .chain = {SUB_POLICY},
     .leaf = LEAF_SUB, .untrusted = true, .why = "explicit policy"},
    {"a forged sub CA beside the real one", .anchors = {ROOT}, .chain = {SUB_FORGED, SUB},
     .leaf = LEAF_SUB},
    {"a user is no CA for trust either", .anchors = {ROOT}, .chain = {LEAF}, .leaf = LEAF_BY_LEAF,
     .untrusted = true, .why = "invalid CA"},
    {"a critical extension that nobody knows", .anchors = {ROOT}, .leaf = LEAF_CRITICAL,
     .untrusted = true, .why = "critical extension"},
    {"a certificate that signed itself", .anchors = {ROOT}, .leaf = LEAF_SELF, .untrusted = true,
     .why = "self-signed"},
    {"a certificate that is the anchor", .anchors = {LEAF_SELF}, .leaf = LEAF_SELF},
    {"a leaf given as an anchor", .anchors = {LEAF}, .leaf = LEAF},
    {"RSASSA-PSS chains", .anchors = {ROOT}, .leaf = LEAF_PSS},
    {"Ed25519 chains", .anchors = {ROOT_ED}, .leaf = LEAF_ED},
    {"weak digests are somebody else's warning", .anchors = {ROOT}, .leaf = LEAF_SHA1},
    {"a key on P-384", .anchors = {ROOT}, .leaf = LEAF_EC_KEY},
    {"issuer and serial name the anchor", .anchors = {ROOT}, .leaf = LEAF_AKI_SERIAL},
    {"issuer and serial speak against the anchor", .anchors = {ROOT_OLD}, .leaf = LEAF_AKI_SERIAL,
     .untrusted = true, .why = "unable to get local issuer"},
    {"both asked, both answered", {STRANGER}, {ROOT}, .leaf = LEAF, .foreign = true},
    {"foreign and untrusted",
     {ROOT},
     {ROOT},
     .leaf = LEAF_STRANGER,
     .foreign = true,
     .untrusted = true},
    {"ours and untrusted", {ROOT}, {STRANGER}, .leaf = LEAF, .untrusted = true},
    {"nothing given, nothing said", .leaf = LEAF_STRANGER},
};

/* `at` of ROOT is its own validity: the fixture does not know today's date. */
static struct trust *trust_with(const struct row *row)
{
    struct trust *trust = trust_new();
    struct why why;
    size_t added;

    assert_non_null(trust);
    for (int i = 0; i < LISTED && row->issuers[i] != NOTHING; i++) {
        assert_int_equal(trust_add_issuers(trust, made(row->issuers[i]), &added, &why), 0);
        assert_int_equal(added, 1);
    }
    for (int i = 0; i < LISTED && row->anchors[i] != NOTHING; i++) {
        assert_int_equal(trust_add_anchors(trust, made(row->anchors[i]), &added, &why), 0);
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

    assert_non_null(session);
    while (count < LISTED && row->chain[count] != NOTHING) {
        chain[count] = made(row->chain[count]);
        count++;
    }
    assert_int_equal(cert_read(made(row->leaf), &cert, &why), FAULT_NONE);
    for (int again = 0; again < 3; again++) { /* the second time from what is kept */
        struct trust_answer answer;

        assert_int_equal(trust_ask(session, &cert, chain, count, &answer), FAULT_NONE);
        assert_int_equal(answer.foreign, row->foreign);
        if (answer.untrusted != row->untrusted && answer.untrusted_why != NULL) {
            print_message("%s\n", answer.untrusted_why);
        }
        assert_int_equal(answer.untrusted, row->untrusted);
        if (row->why != NULL && strstr(answer.untrusted_why, row->why) == NULL) {
            fail_msg("it says: %s", answer.untrusted_why);
        }
        assert_int_equal(answer.revocation, REVOCATION_NOT_ASKED);
        assert_false(answer.revocation_unverified);
    }
    trust_session_free(session);
    trust_free(trust);
}

/* A mailbox may bring any number of certificates: those past the bound are not looked at. */
static void many_guests_are_bounded(void **state)
{
    static struct span chain[1000];
    const struct row row = {.anchors = {ROOT}};
    struct trust *trust = trust_with(&row);
    struct trust_session *session = trust_session_new(trust);
    struct trust_answer answer;
    struct cert cert;
    struct why why;

    (void)state;
    for (size_t i = 0; i < COUNT(chain); i++) {
        chain[i] = made(i < 32 ? SUB_FORGED : SUB);
    }
    assert_int_equal(cert_read(made(LEAF_SUB), &cert, &why), FAULT_NONE);
    assert_int_equal(trust_ask(session, &cert, chain, COUNT(chain), &answer), FAULT_NONE);
    assert_true(answer.untrusted);
    chain[31] = made(SUB);
    assert_int_equal(trust_ask(session, &cert, chain, COUNT(chain), &answer), FAULT_NONE);
    assert_false(answer.untrusted);
    trust_session_free(session);
    trust_free(trust);
}

/* Chain certificates are anybody's bytes. */
static void broken_guests_are_passed_over(void **state)
{
    const struct row row = {.issuers = {ROOT}, .anchors = {ROOT}};
    struct trust *trust = trust_with(&row);
    struct trust_session *session = trust_session_new(trust);
    struct span sub = made(SUB);
    struct span chain[] = {span_of(NULL, 0), span_of("0", 1), span_upto(sub, sub.len - 1), sub};
    struct trust_answer answer;
    struct cert cert;
    struct why why;

    (void)state;
    assert_int_equal(cert_read(made(LEAF_SUB), &cert, &why), FAULT_NONE);
    assert_int_equal(trust_ask(session, &cert, chain, COUNT(chain), &answer), FAULT_NONE);
    assert_false(answer.untrusted);
    assert_false(answer.foreign);
    trust_session_free(session);
    trust_free(trust);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2] = {
        cmocka_unit_test(many_guests_are_bounded),
        cmocka_unit_test(broken_guests_are_passed_over),
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        tests[i + 2] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = row_holds, .initial_state = (void *)&rows[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
