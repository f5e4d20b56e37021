#include "kms/vault/reshare.h"

#include "kms/vault/partial.h"
#include "kms/vault/rebuild.h"

#include "kms/vault_support.h"

enum { OLD_QUORUM = 3, OLD_COUNT = 4, NEW_MAX = 6 };

/* The parts of three old agents, and what each of them sends to the new ones. */
struct resharing {
    unsigned quorum, count;
    struct reshare_part parts[OLD_QUORUM];
    struct secret subshares[OLD_QUORUM][VAULT_AGENTS_MAX];
};

static void reshare_init(struct resharing *r, struct dealt *old, const unsigned agents[],
                         unsigned quorum, unsigned count)
{
    struct why why = {0};

    *r = (struct resharing){.quorum = quorum, .count = count};
    for (size_t p = 0; p < OLD_QUORUM; p++) {
        assert_int_equal(reshare_split(old->vault, agents[p], &old->shares[agents[p] - 1], quorum,
                                       count, &r->parts[p], r->subshares[p], &why),
                         FAULT_NONE);
        assert_int_equal(r->parts[p].index, agents[p]);
    }
}

static void reshare_clear(struct resharing *r)
{
    for (size_t p = 0; p < OLD_QUORUM; p++) {
        for (size_t i = 0; i < VAULT_AGENTS_MAX; i++) {
            secret_clear(&r->subshares[p][i]);
        }
    }
}

/* What was sent to new agent `index`; the secrets stay the resharing's. */
static void sent_to(const struct resharing *r, unsigned index, struct secret out[OLD_QUORUM])
{
    for (size_t p = 0; p < OLD_QUORUM; p++) {
        out[p] = r->subshares[p][index - 1];
    }
}

static enum fault share_of(struct dealt *old, const struct resharing *r, unsigned index,
                           struct secret *out, struct why *why)
{
    struct secret sent[OLD_QUORUM];

    sent_to(r, index, sent);
    return reshare_share(old->vault, r->parts, sent, OLD_QUORUM, index, out, why);
}

static struct dealt *reshared(struct dealt *old, const struct resharing *r)
{
    struct dealt *renewed = calloc(1, sizeof *renewed);
    struct why why = {0};

    assert_non_null(renewed);
    assert_int_equal(reshare_public(old->vault, r->parts, OLD_QUORUM, &renewed->public, &why),
                     FAULT_NONE);
    assert_int_equal(vault_open(&renewed->public, &renewed->vault, &why), FAULT_NONE);
    for (unsigned j = 1; j <= r->count; j++) {
        assert_int_equal(share_of(old, r, j, &renewed->shares[j - 1], &why), FAULT_NONE);
        assert_int_equal(vault_share_fits(renewed->vault, j, &renewed->shares[j - 1], &why),
                         FAULT_NONE);
    }
    return renewed;
}

/* The whole key of these agents, as PEM. */
static struct secret whole(struct dealt *dealt, const unsigned agents[], size_t count)
{
    struct secret shares[VAULT_AGENTS_MAX];
    struct secret pem = {0};
    struct why why = {0};

    for (size_t i = 0; i < count; i++) {
        shares[i] = dealt->shares[agents[i] - 1];
    }
    assert_int_equal(vault_rebuild(dealt->vault, agents, shares, count, &pem, &why), FAULT_NONE);
    return pem;
}

static const struct change_row {
    const char *name;
    enum vault_curve curve;
    unsigned quorum, count;
} change_rows[] = {
    {"the same quorum and number", VAULT_P256, 3, 4},
    {"a smaller quorum", VAULT_P256, 2, 4},
    {"a larger quorum and more agents", VAULT_P256, 5, 6},
    {"two of two", VAULT_P384, 2, 2},
    {"fewer agents", VAULT_P256, 3, 3},
};

static void change_row_holds(void **state)
{
    static const unsigned all[] = {1, 2, 3};
    const struct change_row *row = *state;
    struct dealt *old = dealt_new(row->curve, OLD_QUORUM, OLD_COUNT);
    struct secret before = whole(old, all, OLD_QUORUM);
    unsigned agents[OLD_QUORUM];

    first_subset(agents, OLD_QUORUM);
    do { /* whichever old agents do it */
        struct resharing r;
        unsigned indexes[NEW_MAX];
        struct dealt *renewed;

        reshare_init(&r, old, agents, row->quorum, row->count);
        renewed = reshared(old, &r);
        assert_true(span_equal(vault_public_key(&old->public), vault_public_key(&renewed->public)));
        assert_int_equal(renewed->public.quorum, row->quorum);
        assert_int_equal(renewed->public.count, row->count);
        first_subset(indexes, row->quorum);
        do { /* and whichever new ones */
            struct secret after = whole(renewed, indexes, row->quorum);

            assert_true(secret_equal(&before, &after));
            secret_clear(&after);
        } while (next_subset(indexes, row->quorum, row->count));
        dealt_free(renewed);
        reshare_clear(&r);
    } while (next_subset(agents, OLD_QUORUM, OLD_COUNT));
    secret_clear(&before);
    dealt_free(old);
}

/* A scalar from shares of whatever polynomials, as somebody would who has them. */
static void interpolate(struct group *group, const unsigned indexes[], const struct secret shares[],
                        size_t count, struct vault_point *out)
{
    struct scalar *sum, *step, *lambda;
    struct point *p;

    group_begin(group);
    sum = scalar_take(group);
    step = scalar_take(group);
    lambda = scalar_take(group);
    p = point_take(group);
    scalar_set(group, sum, 0);
    for (size_t i = 0; i < count; i++) {
        scalar_lagrange(group, lambda, indexes, count, i);
        assert_true(scalar_decode(group, step, secret_span(&shares[i])));
        scalar_multiply(group, step, step, lambda);
        scalar_add(group, sum, sum, step);
    }
    point_multiply(group, p, sum, NULL);
    point_encode(group, p, out);
    assert_true(group_end(group));
}

/* Two old shares and one new one, of three: they are no key, and are not taken for one. */
static void old_and_new_shares_give_nothing(void **state)
{
    static const unsigned agents[] = {1, 2, 3};
    struct dealt *old = dealt_new(VAULT_P256, OLD_QUORUM, OLD_COUNT);
    struct resharing r;
    struct dealt *renewed;
    (void)state;

    reshare_init(&r, old, agents, OLD_QUORUM, OLD_COUNT);
    renewed = reshared(old, &r);
    for (unsigned taken = 1; taken < OLD_QUORUM; taken++) {
        struct secret mixed[OLD_QUORUM];
        struct secret pem = {0};
        struct vault_point got;
        struct why why = {0};

        for (unsigned i = 0; i < OLD_QUORUM; i++) {
            mixed[i] = i < taken ? old->shares[i] : renewed->shares[i];
        }
        interpolate(vault_group(old->vault), agents, mixed, OLD_QUORUM, &got);
        assert_false(span_equal(vault_point_span(&got), vault_public_key(&old->public)));
        assert_int_equal(vault_rebuild(old->vault, agents, mixed, OLD_QUORUM, &pem, &why),
                         FAULT_DENIED);
        assert_int_equal(why.offset, taken);
        assert_int_equal(vault_rebuild(renewed->vault, agents, mixed, OLD_QUORUM, &pem, &why),
                         FAULT_DENIED);
        assert_int_equal(why.offset, 0);
        assert_null(pem.at);
    }
    dealt_free(renewed);
    reshare_clear(&r);
    dealt_free(old);
}

static void old_result_is_no_new_one(void **state)
{
    static const unsigned agents[] = {1, 2, 4};
    struct dealt *old = dealt_new(VAULT_P256, OLD_QUORUM, OLD_COUNT);
    struct resharing r;
    struct dealt *renewed;
    struct partial partial;
    uint8_t bytes[2 * VAULT_SCALAR_MAX + 1];
    struct span point = random_point(vault_group(old->vault), bytes);
    struct why why = {0};
    (void)state;

    reshare_init(&r, old, agents, OLD_QUORUM, OLD_COUNT);
    renewed = reshared(old, &r);
    assert_int_equal(
        partial_make(old->vault, 1, &old->shares[0], point, span_text("c"), &partial, &why),
        FAULT_NONE);
    assert_int_equal(partial_check(old->vault, point, span_text("c"), &partial, &why), FAULT_NONE);
    assert_int_equal(partial_check(renewed->vault, point, span_text("c"), &partial, &why),
                     FAULT_DENIED);
    assert_int_equal(
        partial_make(renewed->vault, 1, &old->shares[0], point, span_text("c"), &partial, &why),
        FAULT_DENIED);
    dealt_free(renewed);
    reshare_clear(&r);
    dealt_free(old);
}

static void split_refuses_other_shares_and_numbers(void **state)
{
    struct dealt *old = dealt_new(VAULT_P256, OLD_QUORUM, OLD_COUNT);
    struct secret subshares[VAULT_AGENTS_MAX] = {{0}};
    struct reshare_part part = {0};
    struct why why = {0};
    (void)state;

    assert_int_equal(reshare_split(old->vault, 2, &old->shares[0], 2, 3, &part, subshares, &why),
                     FAULT_DENIED);
    assert_int_equal(reshare_split(old->vault, 9, &old->shares[0], 2, 3, &part, subshares, &why),
                     FAULT_DENIED);
    assert_int_equal(reshare_split(old->vault, 1, &old->shares[0], 1, 3, &part, subshares, &why),
                     FAULT_LIMIT);
    assert_int_equal(reshare_split(old->vault, 1, &old->shares[0], 4, 3, &part, subshares, &why),
                     FAULT_LIMIT);
    assert_int_equal(reshare_split(old->vault, 1, &old->shares[0], 2, 65, &part, subshares, &why),
                     FAULT_LIMIT);
    assert_int_equal(part.index, 0);
    assert_null(subshares[0].at);
    dealt_free(old);
}

static enum fault public_of(struct dealt *old, const struct resharing *r, size_t count,
                            size_t *place)
{
    struct vault_public public;
    struct why why = {0};
    enum fault fault = reshare_public(old->vault, r->parts, count, &public, &why);

    *place = why.offset;
    return fault;
}

static void bad_parts_are_refused(void **state)
{
    static const unsigned agents[] = {4, 1, 2};
    struct dealt *old = dealt_new(VAULT_P256, OLD_QUORUM, OLD_COUNT);
    struct dealt *other = dealt_new(VAULT_P256, OLD_QUORUM, OLD_COUNT);
    struct resharing good, foreign, r;
    size_t place;
    (void)state;

    reshare_init(&good, old, agents, 2, 3);
    reshare_init(&foreign, other, agents, 2, 3);
    assert_int_equal(public_of(old, &good, OLD_QUORUM, &place), FAULT_NONE);
    assert_int_equal(public_of(old, &good, OLD_QUORUM - 1, &place), FAULT_DENIED);
    assert_int_equal(public_of(old, &foreign, OLD_QUORUM, &place), FAULT_DENIED);
    r = good;
    r.parts[1] = foreign.parts[1]; /* another share's */
    assert_int_equal(public_of(old, &r, OLD_QUORUM, &place), FAULT_DENIED);
    assert_int_equal(place, 1);
    r = good;
    r.parts[2] = r.parts[0]; /* one agent twice */
    assert_int_equal(public_of(old, &r, OLD_QUORUM, &place), FAULT_DENIED);
    assert_int_equal(place, 2);
    r = good;
    r.parts[2].index = 3; /* in another's name */
    assert_int_equal(public_of(old, &r, OLD_QUORUM, &place), FAULT_DENIED);
    r.parts[2].index = 5;
    assert_int_equal(public_of(old, &r, OLD_QUORUM, &place), FAULT_DENIED);
    r = good;
    r.parts[1].dealing.count = 4;
    assert_int_equal(public_of(old, &r, OLD_QUORUM, &place), FAULT_SYNTAX);
    r = good;
    r.parts[1].dealing.commitments[1].at[0] = 7;
    assert_int_equal(public_of(old, &r, OLD_QUORUM, &place), FAULT_SYNTAX);
    reshare_clear(&good);
    reshare_clear(&foreign);
    dealt_free(old);
    dealt_free(other);
}

static void bad_subshare_is_named(void **state)
{
    static const unsigned agents[] = {1, 3, 4};
    struct dealt *old = dealt_new(VAULT_P256, OLD_QUORUM, OLD_COUNT);
    struct resharing r;
    struct secret share = {0};
    struct secret sent[OLD_QUORUM];
    struct why why = {0};
    (void)state;

    reshare_init(&r, old, agents, 2, 3);
    for (size_t p = 0; p < OLD_QUORUM; p++) {
        r.subshares[p][1].at[31] ^= 1;
        assert_int_equal(share_of(old, &r, 2, &share, &why), FAULT_DENIED);
        assert_int_equal(why.offset, p);
        r.subshares[p][1].at[31] ^= 1;
    }
    sent_to(&r, 1, sent); /* what was for another */
    assert_int_equal(reshare_share(old->vault, r.parts, sent, OLD_QUORUM, 2, &share, &why),
                     FAULT_DENIED);
    assert_int_equal(reshare_share(old->vault, r.parts, sent, OLD_QUORUM, 4, &share, &why),
                     FAULT_DENIED);
    assert_int_equal(reshare_share(old->vault, r.parts, sent, OLD_QUORUM - 1, 1, &share, &why),
                     FAULT_DENIED);
    assert_null(share.at);
    reshare_clear(&r);
    dealt_free(old);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(old_and_new_shares_give_nothing),
        cmocka_unit_test(old_result_is_no_new_one),
        cmocka_unit_test(split_refuses_other_shares_and_numbers),
        cmocka_unit_test(bad_parts_are_refused),
        cmocka_unit_test(bad_subshare_is_named),
    };
    struct CMUnitTest tests[COUNT(change_rows) + COUNT(others)];
    size_t count = TESTS_OF(tests, change_rows, change_row_holds);

    memcpy(tests + count, others, sizeof(others));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
