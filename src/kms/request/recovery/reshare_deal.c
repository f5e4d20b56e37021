#include "kms/request/recovery/reshare_deal.h"

#include <stdlib.h>

#include "kms/vault/reshare.h"

/* What the old agents hand over: parts[p], and subshares[p][j - 1] for new agent j. */
struct handing {
    struct reshare_part parts[VAULT_AGENTS_MAX];
    struct secret subshares[VAULT_AGENTS_MAX][VAULT_AGENTS_MAX];
};

static enum fault split_all(struct share_hands *hands, unsigned quorum, unsigned count,
                            struct handing *h, struct why *why)
{
    enum fault fault = FAULT_NONE;

    for (size_t p = 0; p < hands->count && fault == FAULT_NONE; p++) {
        fault = reshare_split(hands->vault, hands->indexes[p], &hands->shares[p], quorum, count,
                              &h->parts[p], h->subshares[p], why);
    }
    return fault;
}

/* New agent `index`'s share, from what each old one has for him. */
static enum fault gather(struct share_hands *hands, struct handing *h, unsigned index,
                         struct secret *out, struct why *why)
{
    struct secret his[VAULT_AGENTS_MAX];

    for (size_t p = 0; p < hands->count; p++) {
        his[p] = h->subshares[p][index - 1]; /* a view: they are cleared where they stand */
    }
    return reshare_share(hands->vault, h->parts, his, hands->count, index, out, why);
}

static void clear(struct handing *h, size_t parts, unsigned count)
{
    for (size_t p = 0; p < parts; p++) {
        for (unsigned j = 0; j < count; j++) {
            secret_clear(&h->subshares[p][j]);
        }
    }
    free(h);
}

enum fault reshare_deal(struct share_hands *hands, unsigned quorum, unsigned count,
                        struct vault_public *public, struct secret shares[], struct why *why)
{
    struct handing *h = calloc(1, sizeof(*h));
    enum fault fault;

    if (h == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    fault = split_all(hands, quorum, count, h, why);
    if (fault == FAULT_NONE) {
        fault = reshare_public(hands->vault, h->parts, hands->count, public, why);
    }
    for (unsigned i = 1; i <= count && fault == FAULT_NONE; i++) {
        fault = gather(hands, h, i, &shares[i - 1], why);
    }
    clear(h, hands->count, count);
    return fault;
}
