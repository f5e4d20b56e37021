#include <string.h>

#include "kms/authority/ca.h"
#include "kms/authority/profile.h"
#include "kms/request/ceremony/init_steps.h"
#include "kms/vault/deal.h"

static size_t count_of(const struct init_order *order, bool agents)
{
    size_t count = 0;

    for (size_t i = 0; i < order->people_count; i++) {
        count += (agents ? order->people[i].is_agent : order->people[i].is_admin) ? 1 : 0;
    }
    return count;
}

static enum fault check_names(const struct init_order *order, struct why *why)
{
    for (size_t i = 0; i < order->people_count; i++) {
        const struct span name = span_text(order->people[i].name);
        enum fault fault = person_name_check(name, why);

        if (fault != FAULT_NONE) {
            return fault;
        }
        for (size_t j = 0; j < i; j++) {
            if (person_name_is_alike(name, span_text(order->people[j].name))) {
                return fault_at(FAULT_SYNTAX, 0,
                                "two people have names that are the same but for capital letters",
                                why);
            }
        }
    }
    return FAULT_NONE;
}

static enum fault check_numbers(const struct init_order *order, struct why *why)
{
    const size_t admins = count_of(order, false), agents = count_of(order, true);

    if (admins == 0) {
        return fault_at(FAULT_SYNTAX, 0, "a store has one administrator at least", why);
    }
    if (order->people_count > KMS_PEOPLE_MAX) {
        return fault_at(FAULT_SYNTAX, 0, "more than 64 people", why);
    }
    if (agents < VAULT_QUORUM_MIN) {
        return fault_at(FAULT_DENIED, 0, "a store has two recovery agents at least", why);
    }
    if (order->quorum < VAULT_QUORUM_MIN || order->quorum > agents) {
        return fault_at(FAULT_DENIED, 0,
                        "the quorum is a number from 2 to that of the recovery agents", why);
    }
    return policy_check(&order->policy, admins, why);
}

/* The profile's text, to see whether its URL is one. */
static enum fault check_url(const struct init_order *order, struct why *why)
{
    struct buffer text = buffer_with_max(PROFILE_TEXT_MAX);
    enum fault fault = profile_default_text(span_text(order->crl_url), &text, why);

    buffer_clear(&text);
    return fault;
}

enum fault init_check(const struct init_order *order, struct why *why)
{
    enum fault fault = organization_check(span_text(order->organization), why);

    if (fault == FAULT_NONE) {
        fault = check_names(order, why);
    }
    if (fault == FAULT_NONE) {
        fault = check_numbers(order, why);
    }
    if (fault == FAULT_NONE && !key_kind_is_for_ca(order->key)) {
        fault = fault_at(FAULT_DENIED, 0, "a CA's key is p256, p384, rsa3072 or rsa4096", why);
    }
    if (fault == FAULT_NONE) {
        fault = check_url(order, why);
    }
    return fault;
}

enum fault init_check_passphrases(struct ceremony *c, struct why *why)
{
    const struct init_order *order = c->order;

    for (size_t i = 0; i < order->people_count; i++) {
        enum fault fault = person_choice_check(&order->people[i], order->organization, why);

        if (fault != FAULT_NONE) {
            return kms_tell(&c->kms, fault, why, "%s: %s", order->people[i].name, why->rule);
        }
        for (size_t j = 0; j < i; j++) {
            if (secret_equal(order->people[i].passphrase, order->people[j].passphrase)) {
                return kms_tell(&c->kms, FAULT_DENIED, why,
                                "%s and %s have the same passphrase (each needs his own)",
                                order->people[j].name, order->people[i].name);
            }
        }
    }
    return FAULT_NONE;
}
