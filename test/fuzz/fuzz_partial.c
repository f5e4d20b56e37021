#include "kms/vault/partial.h"

#include <stdlib.h>

/*
 * Any bytes as a partial result, of agents 1 to 3 with the shares 8, 11 and 14 of f(x) = 5 + 3x.
 * What is decoded is encoded as it was; what is proven is f(i)·R and nothing else. The seeds are
 * proven ones: make-vault-seeds.
 */

enum { COUNT = 3 };

static struct vault *vault;
static struct secret shares[COUNT];
static struct partial right[COUNT];
static uint8_t point[VAULT_POINT_MAX];

static void hold(bool what)
{
    if (!what) {
        abort();
    }
}

static struct span ephemeral(void) { return span_of(point, vault_point_size(VAULT_P256)); }

static void prepare(void)
{
    struct secret coefficients = {0};
    struct vault_public public;
    struct why why;

    hold(secret_new(64, &coefficients, &why) == FAULT_NONE);
    coefficients.at[31] = 5;
    coefficients.at[63] = 3;
    hold(vault_deal_polynomial(VAULT_P256, 2, COUNT, &coefficients, &public, shares, &why) ==
         FAULT_NONE);
    hold(vault_open(&public, &vault, &why) == FAULT_NONE);
    memcpy(point, public.commitments[1].at, public.commitments[1].len); /* R = 3·G */
    for (unsigned i = 0; i < COUNT; i++) {
        hold(partial_make(vault, i + 1, &shares[i], ephemeral(), span_text("fuzz"), &right[i],
                          &why) == FAULT_NONE);
    }
    secret_clear(&coefficients);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct partial read = {0};
    struct why why = {0};
    uint8_t again[PARTIAL_MAX];

    if (vault == NULL) {
        prepare();
    }
    if (partial_decode(span_of(data, size), &read, &why) != FAULT_NONE) {
        hold(read.index == 0 && why.rule != NULL);
        return 0;
    }
    hold(partial_encode(&read, again) == size && memcmp(again, data, size) == 0);
    if (partial_check(vault, ephemeral(), span_text("fuzz"), &read, &why) == FAULT_NONE) {
        hold(read.index >= 1 && read.index <= COUNT);
        hold(span_equal(vault_point_span(&read.result),
                        vault_point_span(&right[read.index - 1].result)));
    }
    return 0;
}
