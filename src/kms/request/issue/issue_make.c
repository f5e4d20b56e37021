#include <stdlib.h>

#include "kms/request/issue/issue.h"
#include "kms/vault/envelope.h"

enum { P12_MAX = 1 << 20, CHAIN_MAX = 16 };

struct issue_maker {
    const struct issue_terms *terms;
    struct issuer *issuer;
    struct envelope_maker *envelopes;
    struct key_maker *makers[KIND_COUNT]; /* each made when it is wanted first */
    struct span chain[CHAIN_MAX];         /* the issuing CA and those above it */
    size_t chain_count;
};

/* The keys of one issue, while it is being made. */
struct keys {
    struct private_key *signing; /* NULL: the user's own */
    struct private_key *encryption;
};

static void list_chain(struct issue_maker *maker)
{
    struct cursor above = cursor_over(authority_chain(maker->terms->authority));

    maker->chain[maker->chain_count++] = authority_certificate(maker->terms->authority);
    while (maker->chain_count < CHAIN_MAX &&
           chain_next(&above, &maker->chain[maker->chain_count])) {
        maker->chain_count++;
    }
}

enum fault issue_maker_new(const struct issue_terms *terms, struct issue_maker **out,
                           struct why *why)
{
    struct issue_maker *maker = calloc(1, sizeof(*maker));
    enum fault fault;

    if (maker == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    maker->terms = terms;
    list_chain(maker);
    fault = issuer_new(terms->authority, terms->profile, &maker->issuer, why);
    if (fault == FAULT_NONE) {
        fault = envelope_maker_new(terms->recovery, &maker->envelopes, why);
    }
    if (fault != FAULT_NONE) {
        issue_maker_free(maker);
        return fault;
    }
    *out = maker;
    return FAULT_NONE;
}

void issue_maker_free(struct issue_maker *maker)
{
    if (maker == NULL) {
        return;
    }
    for (size_t i = 0; i < KIND_COUNT; i++) {
        key_maker_free(maker->makers[i]);
    }
    envelope_maker_free(maker->envelopes);
    issuer_free(maker->issuer);
    free(maker);
}

static enum fault make_key(struct issue_maker *maker, enum key_kind kind, struct private_key **out,
                           struct why *why)
{
    enum fault fault = FAULT_NONE;

    if (maker->terms->pool != NULL && maker->terms->pool_kind == kind) {
        return key_pool_take(maker->terms->pool, out, why);
    }
    if (maker->makers[kind] == NULL) {
        fault = key_maker_new(kind, &maker->makers[kind], why);
    }
    return fault == FAULT_NONE ? key_maker_make(maker->makers[kind], out, why) : fault;
}

static enum fault make_keys(struct issue_maker *maker, const struct issue_order *order,
                            struct issue *out, struct keys *keys, struct why *why)
{
    enum fault fault;

    out->encryption_kind = key_kind_for(order->kind, PURPOSE_ENCRYPTION);
    out->signing_kind =
        order->signing.len > 0 ? order->signing_kind : key_kind_for(order->kind, PURPOSE_SIGNING);
    fault = make_key(maker, out->encryption_kind, &keys->encryption, why);
    if (fault == FAULT_NONE && order->signing.len == 0) {
        fault = make_key(maker, out->signing_kind, &keys->signing, why);
    }
    return fault;
}

static enum fault make_certificates(struct issue_maker *maker, const struct issue_order *order,
                                    const struct keys *keys, struct issue *out, struct why *why)
{
    const struct subject subject = {.name = order->name,
                                    .organization = maker->terms->organization,
                                    .addresses = order->addresses,
                                    .address_count = order->address_count};
    struct certificate_order asked = {
        .subject = &subject,
        .purpose = PURPOSE_SIGNING,
        .spki = keys->signing != NULL ? private_key_spki(keys->signing) : order->signing,
        .serial = out->signing_serial,
        .now = maker->terms->now,
        .not_before = out->not_before,
        .not_after = out->not_after};
    enum fault fault = certificate_make(maker->issuer, &asked, &out->signing, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    asked.purpose = PURPOSE_ENCRYPTION;
    asked.spki = private_key_spki(keys->encryption);
    asked.serial = out->encryption_serial;
    return certificate_make(maker->issuer, &asked, &out->encryption, why);
}

static enum fault make_envelope(struct issue_maker *maker, const struct keys *keys,
                                struct issue *out, struct why *why)
{
    struct secret pkcs8 = {0};
    enum fault fault = private_key_pkcs8(keys->encryption, &pkcs8, why);

    if (fault == FAULT_NONE) {
        fault = envelope_make(maker->envelopes, &pkcs8, &out->envelope, why);
    }
    secret_clear(&pkcs8);
    return fault;
}

static enum fault make_p12(const struct issue_maker *maker, const struct issue_order *order,
                           const struct keys *keys, struct issue *out, struct why *why)
{
    const struct span name = order->name.len > 0 ? order->name : order->addresses[0];
    const struct pkcs12_entry entries[] = {
        {.key = keys->signing, .certificate = buffer_span(&out->signing), .name = name},
        {.key = keys->encryption, .certificate = buffer_span(&out->encryption), .name = name},
    };

    return pkcs12_make(
        maker->terms->passphrase, entries, 2, maker->chain, maker->chain_count, maker->terms->form,
        maker->terms->is_one ? PKCS12_ROUNDS_ONE : PKCS12_ROUNDS_MANY, &out->p12, why);
}

static enum fault make_parts(struct issue_maker *maker, const struct issue_order *order,
                             struct issue *out, struct keys *keys, struct why *why)
{
    enum fault fault =
        issuer_validity(maker->issuer, maker->terms->now, &out->not_before, &out->not_after, why);

    if (fault == FAULT_NONE) {
        fault = serial_make(out->signing_serial, why);
    }
    if (fault == FAULT_NONE) {
        fault = serial_make(out->encryption_serial, why);
    }
    if (fault == FAULT_NONE) {
        fault = make_keys(maker, order, out, keys, why);
    }
    if (fault == FAULT_NONE) {
        fault = make_certificates(maker, order, keys, out, why);
    }
    if (fault == FAULT_NONE) {
        fault = make_envelope(maker, keys, out, why);
    }
    return fault == FAULT_NONE ? make_p12(maker, order, keys, out, why) : fault;
}

/* Names and addresses that cannot be certified are found before keys are made for them. */
static enum fault check_order(const struct issue_order *order, struct why *why)
{
    enum fault fault = FAULT_NONE;

    for (size_t i = 0; i < order->address_count && fault == FAULT_NONE; i++) {
        fault = subject_check_address(order->addresses[i], why);
    }
    return fault == FAULT_NONE && order->name.len > 0 ? subject_check_name(order->name, why)
                                                      : fault;
}

enum fault issue_make(struct issue_maker *maker, const struct issue_order *order, struct issue *out,
                      struct why *why)
{
    struct keys keys = {0};
    enum fault fault = check_order(order, why);

    issue_clear(out);
    *out = (struct issue){.signing = buffer_with_max(CERTIFICATE_MAX),
                          .encryption = buffer_with_max(CERTIFICATE_MAX),
                          .envelope = buffer_with_max(ENVELOPE_MAX),
                          .p12 = buffer_with_max(P12_MAX)};
    if (fault == FAULT_NONE) {
        fault = make_parts(maker, order, out, &keys, why);
    }
    private_key_free(keys.signing);
    private_key_free(keys.encryption);
    if (fault != FAULT_NONE) {
        issue_clear(out);
    }
    return fault;
}

void issue_clear(struct issue *issue)
{
    if (issue == NULL) {
        return;
    }
    buffer_clear(&issue->signing);
    buffer_clear(&issue->encryption);
    buffer_clear(&issue->envelope);
    buffer_clear(&issue->p12);
    *issue = (struct issue){0};
}
