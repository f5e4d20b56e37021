#include "kms/vault/group.h"

#include "kms/vault_support.h"

static const enum vault_curve curves[] = {VAULT_P256, VAULT_P384};

#define N256 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define P256 "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
#define N384                                                                                       \
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc5" \
    "29"                                                                                           \
    "73"
/* 2·G: NIST, "Mathematical routines for the NIST prime elliptic curves", 2010 */
#define X256 "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978"
#define Y256 "07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1"
#define X384                                                                                       \
    "08d999057ba3d2d969260045c55b97f089025959a6f434d651d207d19fb96e9e4fe0e86ebe0e64f85b96a9c75295" \
    "df"                                                                                           \
    "61"
#define ONE_LESS_256 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"
#define ZERO_256     "0000000000000000000000000000000000000000000000000000000000000000"

static struct span unhex(const char *text, uint8_t *out)
{
    size_t len = strlen(text) / 2;

    for (size_t i = 0; i < len; i++) {
        const char pair[3] = {text[2 * i], text[2 * i + 1]};

        out[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return span_of(out, len);
}

/* What point_decode() takes, and what it does not. */
static const struct point_row {
    const char *name;
    enum vault_curve curve;
    const char *hex;
    bool right;
} point_rows[] = {
    {"a compressed point is taken", VAULT_P256, "03" X256, true},
    {"its negative too", VAULT_P256, "02" X256, true},
    {"a point that is not compressed is taken", VAULT_P256, "04" X256 Y256, true},
    {"a compressed point of P-384 is taken", VAULT_P384, "02" X384, true},
    {"infinity is refused", VAULT_P256, "00", false},
    {"infinity with the size of a point is refused", VAULT_P256, "00" ZERO_256, false},
    {"nothing is refused", VAULT_P256, "", false},
    {"a hybrid form is refused", VAULT_P256, "07" X256 Y256, false},
    {"a point off the curve is refused", VAULT_P256, "04" X256 X256, false},
    {"zero and zero are no point", VAULT_P256, "04" ZERO_256 ZERO_256, false},
    {"an x without a y is refused", VAULT_P256,
     "020000000000000000000000000000000000000000000000000000000000000001", false},
    {"an x of p is refused", VAULT_P256, "02" P256, false},
    {"an x above p is refused", VAULT_P256,
     "02ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false},
    {"a point of the other curve is refused", VAULT_P384, "03" X256, false},
    {"half a point is refused", VAULT_P256, "04" X256, false},
    {"a byte too many is refused", VAULT_P256, "03" X256 "00", false},
    {"a byte too few is refused", VAULT_P256,
     "037cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc476699", false},
};

static void point_row_holds(void **state)
{
    const struct point_row *row = *state;
    struct group *group = NULL;
    struct why why = {0};
    uint8_t bytes[256];
    struct span given = unhex(row->hex, bytes);
    uint8_t *block = exact_copy((const char *)given.at, given.len);
    struct vault_point encoded;
    struct point *p;

    assert_int_equal(group_new(row->curve, &group, &why), FAULT_NONE);
    group_begin(group);
    p = point_take(group);
    assert_int_equal(point_decode(group, p, span_of(block, given.len)), row->right);
    if (row->right) {
        point_encode(group, p, &encoded);
        assert_int_equal(encoded.len, vault_point_size(row->curve));
        assert_memory_equal(encoded.at + 1, given.at + 1, encoded.len - 1);
    }
    assert_true(group_end(group));
    group_free(group);
    free(block);
}

static const struct scalar_row {
    const char *name;
    enum vault_curve curve;
    const char *hex;
    bool right;
} scalar_rows[] = {
    {"zero is a scalar", VAULT_P256, ZERO_256, true},
    {"the order less one is a scalar", VAULT_P256, ONE_LESS_256, true},
    {"the order is none", VAULT_P256, N256, false},
    {"above the order there is none", VAULT_P256, P256, false},
    {"the order of P-384 is none", VAULT_P384, N384, false},
    {"a scalar of the other curve is refused", VAULT_P384, ONE_LESS_256, false},
    {"a byte too few is refused", VAULT_P256, "01", false},
    {"a byte too many is refused", VAULT_P256, "00" ONE_LESS_256, false},
    {"nothing is refused", VAULT_P256, "", false},
};

static void scalar_row_holds(void **state)
{
    const struct scalar_row *row = *state;
    struct group *group = NULL;
    struct why why = {0};
    uint8_t bytes[64], again[VAULT_SCALAR_MAX];
    struct span given = unhex(row->hex, bytes);
    struct scalar *s;

    assert_int_equal(group_new(row->curve, &group, &why), FAULT_NONE);
    group_begin(group);
    s = scalar_take(group);
    assert_int_equal(scalar_decode(group, s, given), row->right);
    if (row->right) {
        scalar_encode(group, s, again);
        assert_memory_equal(again, given.at, given.len);
    }
    assert_true(group_end(group));
    group_free(group);
}

static void twice_the_generator_is_known(void **state)
{
    static const char *const expected[] = {X256, X384};
    (void)state;

    for (size_t i = 0; i < COUNT(curves); i++) {
        struct group *group = NULL;
        struct why why = {0};
        uint8_t x[VAULT_SCALAR_MAX], want[VAULT_SCALAR_MAX];
        struct scalar *two;
        struct point *p;

        assert_int_equal(group_new(curves[i], &group, &why), FAULT_NONE);
        group_begin(group);
        two = scalar_take(group);
        p = point_take(group);
        scalar_set(group, two, 2);
        point_multiply(group, p, two, NULL);
        point_x(group, p, x);
        assert_true(group_end(group));
        (void)unhex(expected[i], want);
        assert_memory_equal(x, want, vault_scalar_size(curves[i]));
        group_free(group);
    }
}

/* The coefficients at 0 of any points sum up to 1: they interpolate the polynomial 1. */
static void lagrange_coefficients_sum_up_to_one(void **state)
{
    static const unsigned indexes[] = {64, 1, 7, 33, 2};
    (void)state;

    for (size_t i = 0; i < COUNT(curves); i++) {
        struct group *group = NULL;
        struct why why = {0};
        uint8_t got[VAULT_SCALAR_MAX], one[VAULT_SCALAR_MAX] = {0};
        struct scalar *sum, *lambda;

        assert_int_equal(group_new(curves[i], &group, &why), FAULT_NONE);
        group_begin(group);
        sum = scalar_take(group);
        lambda = scalar_take(group);
        scalar_set(group, sum, 0);
        for (size_t k = 0; k < COUNT(indexes); k++) {
            scalar_lagrange(group, lambda, indexes, COUNT(indexes), k);
            scalar_add(group, sum, sum, lambda);
        }
        scalar_encode(group, sum, got);
        assert_true(group_end(group));
        one[vault_scalar_size(curves[i]) - 1] = 1;
        assert_memory_equal(got, one, vault_scalar_size(curves[i]));
        group_free(group);
    }
}

/* Of 1 and 2 it is 2 and -1: the line through them, at 0. */
static void lagrange_coefficients_may_be_negative(void **state)
{
    static const unsigned indexes[] = {1, 2};
    struct group *group = NULL;
    struct why why = {0};
    uint8_t got[32], want[32];
    struct scalar *lambda;
    (void)state;

    assert_int_equal(group_new(VAULT_P256, &group, &why), FAULT_NONE);
    group_begin(group);
    lambda = scalar_take(group);
    scalar_lagrange(group, lambda, indexes, 2, 1);
    scalar_encode(group, lambda, got);
    assert_true(group_end(group));
    (void)unhex(ONE_LESS_256, want);
    assert_memory_equal(got, want, sizeof(got));
    group_free(group);
}

/* The same key and message give another nonce each time, none of them 0. */
static void nonces_are_fresh(void **state)
{
    struct group *group = NULL;
    struct why why = {0};
    uint8_t nonces[8][32];
    struct scalar *key, *k;
    (void)state;

    assert_int_equal(group_new(VAULT_P256, &group, &why), FAULT_NONE);
    group_begin(group);
    key = scalar_take(group);
    k = scalar_take(group);
    scalar_set(group, key, 5);
    for (size_t i = 0; i < COUNT(nonces); i++) {
        scalar_nonce(group, k, key, span_text("message"));
        assert_false(scalar_is_zero(group, k));
        scalar_encode(group, k, nonces[i]);
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(nonces[i], nonces[j], 32);
        }
    }
    assert_true(group_end(group));
    group_free(group);
}

static void infinity_has_no_form(void **state)
{
    struct group *group = NULL;
    struct why why = {0};
    struct vault_point encoded;
    struct scalar *one;
    struct point *p;
    (void)state;

    assert_int_equal(group_new(VAULT_P384, &group, &why), FAULT_NONE);
    group_begin(group);
    one = scalar_take(group);
    p = point_take(group);
    scalar_set(group, one, 1);
    point_multiply(group, p, one, NULL);
    point_subtract(group, p, p, p);
    point_encode(group, p, &encoded);
    assert_int_equal(encoded.len, 0);
    assert_true(group_end(group));
    group_free(group);
}

/* What is not there fails to the end of the outermost frame, and not behind it. */
static void failure_lasts_for_the_frame(void **state)
{
    struct group *group = NULL;
    struct why why = {0};
    uint8_t x[VAULT_SCALAR_MAX];
    struct scalar *s;
    struct point *p;
    (void)state;

    assert_int_equal(group_new(VAULT_P256, &group, &why), FAULT_NONE);
    group_begin(group);
    group_begin(group);
    s = scalar_take(group);
    p = point_take(group);
    scalar_set(group, s, 0);
    point_multiply(group, p, s, NULL);
    point_x(group, p, x); /* infinity has none */
    assert_false(group_end(group));
    assert_false(scalar_decode(group, s, span_of(x, 32)));
    assert_false(group_end(group));
    group_begin(group);
    assert_true(group_end(group));
    group_free(group);
}

static void other_curves_are_refused(void **state)
{
    struct group *group = NULL;
    struct why why = {0};
    (void)state;

    assert_int_equal(group_new((enum vault_curve)0, &group, &why), FAULT_SYNTAX);
    assert_int_equal(group_new((enum vault_curve)3, &group, &why), FAULT_SYNTAX);
    assert_null(group);
    assert_int_equal(vault_scalar_size((enum vault_curve)3), 0);
    assert_int_equal(vault_point_size((enum vault_curve)0), 0);
    group_free(NULL);
    point_free(NULL);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(twice_the_generator_is_known),
        cmocka_unit_test(lagrange_coefficients_sum_up_to_one),
        cmocka_unit_test(lagrange_coefficients_may_be_negative),
        cmocka_unit_test(nonces_are_fresh),
        cmocka_unit_test(infinity_has_no_form),
        cmocka_unit_test(failure_lasts_for_the_frame),
        cmocka_unit_test(other_curves_are_refused),
    };
    struct CMUnitTest tests[COUNT(point_rows) + COUNT(scalar_rows) + COUNT(others)];
    size_t count = TESTS_OF(tests, point_rows, point_row_holds);

    count += TESTS_OF(tests + count, scalar_rows, scalar_row_holds);
    memcpy(tests + count, others, sizeof(others));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
