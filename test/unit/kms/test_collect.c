#include "kms/request/recovery/collect.h"

#include "recover_support.h"

#include "kms/request/recovery/recover_seal.h"
#include "kms/request/session/share.h"
#include "kms/store/escrow_rows.h"
#include "kms/vault/partial.h"

/* Agents who lie, and thieves of T - 1 of everything, against whom each result is proven. */
static struct site site;

enum { KEYS = 1, GENERATION_SIZE = 8, SEALED_MAX = 4096 };

static int make(void **state)
{
    (void)state;
    site_make(&site);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    site_clear(&site);
    return 0;
}

static int reset(void **state)
{
    (void)state;
    arena_reset(&site.arena);
    return 0;
}

static bool told(enum site_person who, const char *text)
{
    return strstr(site.kms[who].told, text) != NULL;
}

static struct buffer asked(const char *address)
{
    struct buffer file;

    assert_int_equal(site_ask(&site, ANNA, address, &file), FAULT_NONE);
    return file;
}

static void approved(enum site_person who, const struct buffer *file)
{
    struct approve_result result;

    assert_int_equal(site_approve(&site, who, buffer_span(file), &result), FAULT_NONE);
}

/* What a liar puts into his approval. */
struct lie {
    const char *name;
    bool others_share;   /* the result is made with the share of somebody else */
    bool others_request; /* the proof is for another request */
    bool others_name;    /* the proof, the box and the signature are in another agent's name */
    bool unsigned_;      /* the signature is not his */
    bool for_all;        /* the results are sealed to somebody else's key */
    size_t flip;         /* this bit of the result is another one, counted from 1; 0: none */
    int64_t generation;  /* added to the generation */
    size_t length;       /* the results are longer by so much */
    const char *said;
};

static const struct lie lies[] = {
    {"a result of nothing", .flip = 8 * 4 + 1, .said = "the result for key"},
    {"another challenge", .flip = 8 * 40, .said = "the result for key"},
    {"another response", .flip = 8 * 70, .said = "the result for key"},
    {"another version", .flip = 1, .said = "the result for key"},
    {"another curve", .flip = 9, .said = "the result for key"},
    {"another index", .flip = 17, .said = "another agent's share"},
    {"a share that is used twice", .others_share = true, .said = "another agent's share"},
    {"a proof of another request", .others_request = true, .said = "the result for key"},
    {"the name of another", .others_name = true, .said = "does not bear the agent's signature"},
    {"no signature", .unsigned_ = true, .said = "does not bear the agent's signature"},
    {"sealed to somebody else", .for_all = true, .said = "not sealed to this request"},
    {"of another generation", .generation = 1, .said = "before the agents were changed"},
    {"a byte more", .length = 1, .said = "not one for each key"},
};

/* The results of a lie, encoded. */
static void make_results(const struct lie *lie, const struct approver *liar,
                         const struct approver *other, const struct recovery *r, struct secret *out)
{
    const struct approver *with = lie->others_share ? other : liar;
    uint8_t context[PARTIAL_CONTEXT], encoded[PARTIAL_MAX], digest[TRANSCRIPT_SIZE];
    struct partial partial;
    size_t size;

    memcpy(digest, r->request.digest, sizeof(digest));
    digest[0] ^= lie->others_request ? 1 : 0;
    ASSERT_DONE(partial_context(
        span_of(digest, sizeof(digest)), r->request.keys[0].serial,
        span_text(lie->others_name ? other->actor->name : liar->actor->name), context, why));
    ASSERT_DONE(partial_make(with->vault, with->index, &with->share, r->items[0].envelope.ephemeral,
                             span_of(context, sizeof(context)), &partial, why));
    size = partial_encode(&partial, encoded);
    if (lie->flip > 0) {
        encoded[(lie->flip - 1) / 8] ^= (uint8_t)(1U << (lie->flip - 1) % 8);
    }
    ASSERT_DONE(secret_new(size + lie->length, out, why));
    memcpy(out->at, encoded, size);
}

/* The approval of a liar, into the store. */
static void approve_falsely(const struct lie *lie, enum site_person who, enum site_person other,
                            struct span file)
{
    struct kms *kms = &site.kms[who];
    struct approver liar = {0}, victim = {0};
    struct recovery r;
    struct recovery_request request;
    struct secret results = {0};
    struct buffer sealed = buffer_with_max(SEALED_MAX);
    uint8_t digest[TRANSCRIPT_SIZE], signature[IDENTITY_SIGNATURE_SIZE];
    struct approval_row row = {.at = SITE_NOW};

    ASSERT_DONE(approver_open(&liar, kms, site_roles[who].name, NULL, why));
    ASSERT_DONE(approver_open(&victim, &site.kms[other], site_roles[other].name, NULL, why));
    ASSERT_DONE(recovery_check(kms, &liar.cas, file, &site.arena, &r, why));
    make_results(lie, &liar, &victim, &r, &results);
    request = r.request;
    if (lie->for_all) {
        memcpy(request.key, liar.actor->identity.sealing, sizeof(request.key));
    }
    const struct recover_approval approval = {
        .request = &request,
        .agent = span_text(lie->others_name ? victim.actor->name : liar.actor->name),
        .escrow = liar.escrow + lie->generation};

    for (int shift = 56; shift >= 0; shift -= 8) {
        buffer_add_byte(&sealed, (uint8_t)((uint64_t)approval.escrow >> shift));
    }
    ASSERT_DONE(approval_seal(&approval, &results, &sealed, why));
    ASSERT_DONE(approval_digest(&approval, buffer_span(&sealed), digest, why));
    ASSERT_DONE(
        identity_sign(&liar.actor->identity, span_of(digest, sizeof(digest)), signature, why));
    signature[0] ^= lie->unsigned_ ? 1 : 0;
    row.request = r.row.id;
    row.person = liar.actor->id;
    row.partials = buffer_span(&sealed);
    row.signature = span_of(signature, sizeof(signature));
    ASSERT_DONE(kms_begin(kms, why));
    ASSERT_DONE(approval_add(kms->store, &row, why));
    ASSERT_DONE(kms_commit(kms, why));
    secret_clear(&results);
    buffer_clear(&sealed);
    approver_close(&victim);
    approver_close(&liar);
}

/*
 * With a liar and one honest agent nothing opens, and the liar is named; with a third agent it
 * goes on without him.
 */
static void a_liar_is_named(void **state)
{
    const struct lie *lie = *state;
    struct buffer file = asked("dora@example.org");
    struct collection out;

    approve_falsely(lie, YANN, XENIA, buffer_span(&file));
    approved(XENIA, &file);
    assert_int_equal(site_collect(&site, ANNA, buffer_span(&file), &out), FAULT_DENIED);
    assert_true(told(ANNA, "takes the approval of 2 agents, and 1 is given"));
    assert_int_equal(out.fault_count, 1);
    assert_span(out.faults[0].agent, "yann");
    if (strstr(out.faults[0].what, lie->said) == NULL) {
        fail_msg("%s", out.faults[0].what);
    }
    collection_clear(&out);
    approved(ZOE, &file);
    assert_int_equal(site_collect(&site, ANNA, buffer_span(&file), &out), FAULT_NONE);
    assert_int_equal(out.fault_count, 1);
    assert_int_equal(out.key_count, KEYS);
    collection_clear(&out);
    buffer_clear(&file);
}

/* Bert is an administrator and an agent: his approval of what he asks for himself is nobody's. */
static void who_asks_counts_as_nobody(void **state)
{
    static const struct lie none = {.name = "none"};
    struct buffer file;
    struct collection out;

    (void)state;
    assert_int_equal(site_ask(&site, BERT, "dora@example.org", &file), FAULT_NONE);
    approve_falsely(&none, BERT, XENIA, buffer_span(&file));
    approved(XENIA, &file);
    assert_int_equal(site_collect(&site, BERT, buffer_span(&file), &out), FAULT_DENIED);
    assert_true(told(BERT, "takes the approval of 2 agents, and 1 is given"));
    assert_int_equal(out.fault_count, 1);
    assert_span(out.faults[0].agent, "bert");
    assert_string_equal(out.faults[0].what, "who asked counts as nobody");
    collection_clear(&out);
    approved(YANN, &file);
    assert_int_equal(site_collect(&site, BERT, buffer_span(&file), &out), FAULT_NONE);
    collection_clear(&out);
    buffer_clear(&file);
}

/* The true approvals of one request, copied to another one of the same user, are of no use. */
static void approvals_serve_one_request(void **state)
{
    struct buffer first = asked("dora@example.org"), second = asked("dora@example.org");
    char statement[512];
    struct recovery_request request[2];
    char digest[2][2 * TRANSCRIPT_SIZE + 1];
    struct collection out;

    (void)state;
    approved(XENIA, &first);
    approved(YANN, &first);
    ASSERT_DONE(recovery_request_read(buffer_span(&first), &site.arena, &request[0], why));
    ASSERT_DONE(recovery_request_read(buffer_span(&second), &site.arena, &request[1], why));
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < TRANSCRIPT_SIZE; j++) {
            (void)snprintf(digest[i] + 2 * j, 3, "%02x", request[i].digest[j]);
        }
    }
    (void)snprintf(statement, sizeof(statement),
                   "INSERT INTO approval (request, person, at, partials, signature, escrow)"
                   " SELECT (SELECT id FROM request WHERE digest = x'%s'), person, at, partials,"
                   " signature, escrow FROM approval WHERE request ="
                   " (SELECT id FROM request WHERE digest = x'%s');",
                   digest[1], digest[0]);
    site_tamper(&site, statement);
    assert_int_equal(site_collect(&site, ANNA, buffer_span(&second), &out), FAULT_DENIED);
    assert_int_equal(out.fault_count, 2);
    collection_clear(&out);
    assert_int_equal(site_collect(&site, ANNA, buffer_span(&first), &out), FAULT_NONE);
    collection_clear(&out);
    buffer_clear(&first);
    buffer_clear(&second);
}

/*
 * Anna has the store, all administrators' keys, and one agent (T - 1) who gives her whatever she
 * wants: his share, results under any name, as often as she likes. No two of them go together.
 */
static void quorum_less_one_recovers_nothing(void **state)
{
    struct buffer file = asked("carl@example.org");
    struct approver one = {0};
    struct recovery r;
    struct combiner *combiner = NULL;
    struct partial partial;
    uint8_t context[2][PARTIAL_CONTEXT];
    struct secret x = {0}, pem = {0};
    struct why refused;

    (void)state;
    ASSERT_DONE(approver_open(&one, &site.kms[XENIA], "xenia", NULL, why));
    assert_int_equal(
        recovery_check(&site.kms[XENIA], &one.cas, buffer_span(&file), &site.arena, &r, &refused),
        FAULT_NONE);
    assert_int_equal(combiner_new(one.vault, &combiner, &refused), FAULT_NONE);
    for (unsigned index = 1; index <= 4; index++) {
        assert_int_equal(combiner_start(combiner, r.items[0].envelope.ephemeral, &refused),
                         FAULT_NONE);
        for (size_t i = 0; i < 2; i++) {
            const char *name = i == 0 ? "xenia" : "yann";
            enum fault fault;

            assert_int_equal(partial_context(span_of(r.request.digest, TRANSCRIPT_SIZE),
                                             r.request.keys[0].serial, span_text(name), context[i],
                                             &refused),
                             FAULT_NONE);
            assert_int_equal(partial_make(one.vault, one.index, &one.share,
                                          r.items[0].envelope.ephemeral,
                                          span_of(context[i], PARTIAL_CONTEXT), &partial, &refused),
                             FAULT_NONE);
            partial.index = i == 0 ? one.index : index;
            fault =
                combiner_add(combiner, span_of(context[i], PARTIAL_CONTEXT), &partial, &refused);
            assert_int_equal(fault, i == 0 ? FAULT_NONE : FAULT_DENIED);
        }
        assert_int_equal(combiner_finish(combiner, &x, &refused), FAULT_DENIED);
        /* His share alone, taken for the whole, opens nothing either. */
        assert_int_equal(secret_copy(secret_span(&one.share), &x, &refused), FAULT_NONE);
        assert_int_equal(envelope_open(&r.items[0].envelope, &x, &pem, &refused), FAULT_DENIED);
        secret_clear(&x);
    }
    combiner_free(combiner);
    approver_close(&one);
    buffer_clear(&file);
}

/* Nor do administrators open the shares of agents, or the key of a request that is not theirs. */
static void administrators_open_no_shares(void **state)
{
    struct buffer file = asked("dora@example.org");
    struct kms *kms = &site.kms[WILMA];
    struct escrow_row escrow;
    struct share_row *shares;
    struct recovery r;
    struct recovery_cas cas;
    size_t count = 0;
    struct secret out = {0};
    struct why refused;

    (void)state;
    ASSERT_DONE(escrow_current(kms->store, &site.arena, &escrow, why));
    ASSERT_DONE(share_list(kms->store, escrow.id, &site.arena, &shares, &count, why));
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        for (int who = BERT; who <= ZOE; who++) {
            const struct share_place place = {.store_id = store_id(kms->store),
                                              .escrow = escrow.id,
                                              .index = (unsigned)shares[i].place,
                                              .name = site_roles[who].name};

            assert_int_equal(
                share_open(&place, &kms->actors[0].identity, shares[i].sealed, &out, &refused),
                FAULT_DENIED);
        }
    }
    ASSERT_DONE(recovery_cas_open(kms, &cas, why));
    ASSERT_DONE(recovery_check(kms, &cas, buffer_span(&file), &site.arena, &r, why));
    recovery_cas_close(&cas);
    for (int who = BERT; who <= WILMA; who++) {
        assert_int_equal(request_key_open(&r.request, &site.kms[who].actors[0].identity,
                                          r.row.seal_locked, &out, &refused),
                         FAULT_DENIED);
    }
    buffer_clear(&file);
}

/* After collecting, the results and the request's key are in the store no more. */
static void what_was_collected_is_overwritten(void **state)
{
    struct buffer file = asked("dora@example.org");
    struct kms *kms = &site.kms[ANNA];
    struct recovery_request request;
    struct request_row row;
    struct approval_row *approvals;
    struct collection out;
    size_t count = 0;

    (void)state;
    approved(XENIA, &file);
    approved(YANN, &file);
    assert_int_equal(site_collect(&site, ANNA, buffer_span(&file), &out), FAULT_NONE);
    collection_clear(&out);
    ASSERT_DONE(recovery_request_read(buffer_span(&file), &site.arena, &request, why));
    ASSERT_DONE(
        request_find(kms->store, span_of(request.digest, TRANSCRIPT_SIZE), &site.arena, &row, why));
    assert_int_equal(row.done_at, SITE_NOW);
    assert_int_equal(row.seal_locked.len, 0);
    ASSERT_DONE(approval_list(kms->store, row.id, &site.arena, &approvals, &count, why));
    assert_int_equal(count, 2);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(approvals[i].partials.len, 0);
    }
    buffer_clear(&file);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(lies) + 5] = {
        cmocka_unit_test_setup(who_asks_counts_as_nobody, reset),
        cmocka_unit_test_setup(approvals_serve_one_request, reset),
        cmocka_unit_test_setup(quorum_less_one_recovers_nothing, reset),
        cmocka_unit_test_setup(administrators_open_no_shares, reset),
        cmocka_unit_test_setup(what_was_collected_is_overwritten, reset),
    };

    for (size_t i = 0; i < COUNT(lies); i++) {
        tests[5 + i] = (struct CMUnitTest){.name = lies[i].name,
                                           .test_func = a_liar_is_named,
                                           .setup_func = reset,
                                           .initial_state = (void *)(uintptr_t)&lies[i]};
    }
    return cmocka_run_group_tests(tests, make, clear);
}
