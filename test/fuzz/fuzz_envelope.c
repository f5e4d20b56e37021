#include "kms/vault/envelope.h"

#include <stdlib.h>

/*
 * Any bytes as an escrow envelope. What is read are views into the input, one behind the other and
 * of the sizes that its algorithms have; a byte less or more is refused; and a secret that is not
 * the envelope's opens nothing.
 */

static void hold(bool what)
{
    if (!what) {
        abort();
    }
}

/* Moves `*at` behind a view that does not begin before it. */
static void hold_view(const uint8_t **at, const uint8_t *end, struct span view)
{
    hold(view.at >= *at && view.at <= end && view.len <= (size_t)(end - view.at));
    *at = view.at + view.len;
}

static void hold_read(struct span der, const struct envelope *envelope)
{
    const bool has_tag = envelope->cipher == ENVELOPE_AES_256_GCM;
    const uint8_t *at = der.at;
    const uint8_t *end = der.at + der.len;

    hold_view(&at, end, envelope->ephemeral);
    hold_view(&at, end, envelope->recipient);
    hold_view(&at, end, envelope->wrapped);
    hold_view(&at, end, envelope->nonce);
    hold_view(&at, end, envelope->content);
    if (has_tag) {
        hold_view(&at, end, envelope->tag);
    }
    hold(envelope->ephemeral.len > 0 && envelope->wrapped.len == 40 && envelope->content.len > 0);
    hold(envelope->nonce.len == (has_tag ? 12 : 16) && envelope->tag.len == (has_tag ? 16 : 0));
}

static void hold_open(const struct envelope *envelope)
{
    struct secret x = {0};
    struct secret pkcs8 = {0};
    struct why why;

    hold(secret_new(32, &x, &why) == FAULT_NONE);
    hold(envelope_open(envelope, &x, &pkcs8, &why) != FAULT_NONE);
    hold(pkcs8.at == NULL);
    secret_clear(&x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct envelope envelope = {0};
    struct envelope other;
    struct why why = {0};
    enum fault fault = envelope_read(span_of(data, size), &envelope, &why);
    uint8_t *longer;

    if (fault != FAULT_NONE) {
        hold(fault == FAULT_SYNTAX || fault == FAULT_LIMIT);
        hold(envelope.ephemeral.at == NULL && why.rule != NULL && why.offset <= size);
        return 0;
    }
    hold_read(span_of(data, size), &envelope);
    hold(envelope_read(span_of(data, size - 1), &other, &why) != FAULT_NONE);
    longer = calloc(1, size + 1);
    hold(longer != NULL);
    memcpy(longer, data, size);
    hold(envelope_read(span_of(longer, size + 1), &other, &why) != FAULT_NONE);
    free(longer);
    hold_open(&envelope);
    return 0;
}
