#include "kms/vault/deal.h"

#include <stdlib.h>

/*
 * Any bytes as what everybody may know of an escrow. What is read is written as it was, has its
 * numbers in their bounds, a public key that a certificate can be made of, and a public share of
 * the first agent, if it is not infinity.
 */

static void hold(bool what)
{
    if (!what) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vault_public public = {0};
    struct vault_point share;
    struct vault *vault;
    struct buffer again = buffer_with_max(VAULT_PUBLIC_MAX);
    struct buffer spki = buffer_with_max(256);
    struct why why = {0};
    enum fault fault = vault_public_decode(span_of(data, size), &public, &why);

    if (fault != FAULT_NONE) {
        hold(fault == FAULT_SYNTAX && public.count == 0 && why.offset <= size);
        return 0;
    }
    hold(public.quorum >= VAULT_QUORUM_MIN && public.quorum <= public.count &&
         public.count <= VAULT_AGENTS_MAX);
    vault_public_encode(&public, &again);
    hold(span_equal(buffer_span(&again), span_of(data, size)));
    hold(vault_public_spki(&public, &spki, &why) == FAULT_NONE);
    hold(vault_open(&public, &vault, &why) == FAULT_NONE);
    fault = vault_public_share(vault, 1, &share, &why);
    hold(fault == FAULT_NONE ? share.len == vault_point_size(public.curve) : fault == FAULT_ABSENT);
    hold(vault_public_share(vault, public.count + 1, &share, &why) == FAULT_ABSENT);
    vault_close(vault);
    buffer_clear(&again);
    buffer_clear(&spki);
    return 0;
}
