#include "cert/trust_ask.h"

void *ask_decoded(struct ask *ask)
{
    if (!ask->decoding_tried) {
        ask->decoding_tried = true;
        ask->decoded = chain_leaf_new(ask->cert->der);
    }
    return ask->decoded;
}

static bool is_signed_by(struct ask *ask, const struct ca *ca, struct signer *signer)
{
    bool made;

    if (ask->part_is_usual) {
        made = signer_made(signer, ask->session->tools, &ask->part);
    } else {
        made = ask_decoded(ask) != NULL && chain_is_signed(ca, ask->decoded);
    }
    ask->near_miss = ask->near_miss || !made;
    return made;
}

enum fault ask_find_fixed(struct ask *ask)
{
    const struct authority *authority = ask->issuer->authority;
    bool tried = false, made = false;
    size_t tried_key = 0;

    for (size_t i = 0; authority != NULL && i < authority->ca_count; i++) {
        const struct loaded *loaded = &authority->cas[i];
        struct signer *signer;

        if (!ca_fits_key_id(loaded->ca, ask->cert->authority_key_id)) {
            continue;
        }
        signer = session_signer(ask->session, loaded);
        if (signer == NULL) {
            return FAULT_RESOURCE;
        }
        if (!tried || tried_key != loaded->key_index) {
            made = is_signed_by(ask, loaded->ca, signer);
            tried = true;
            tried_key = loaded->key_index;
        }
        if (made && ask->fixed_count == FIXED_MAX) {
            ask->fixed_overflow = true;
        } else if (made) {
            ask->fixed[ask->fixed_count++] = loaded;
        }
    }
    return FAULT_NONE;
}

/* True when the guest may have issued the certificate, a loaded one, or a guest taken already. */
static bool is_reachable(const struct ask *ask, const struct guest *guest, const bool *taken,
                         struct guest *const *all, size_t count)
{
    if (guest->is_above_loaded ||
        (ask->issuer->name != NULL && canonical_order(guest->subject, ask->issuer->name) == 0)) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (taken[i] && canonical_order(guest->subject, all[i]->issuer) == 0) {
            return true;
        }
    }
    return false;
}

static enum fault take_guests(struct ask *ask, struct guest **all, size_t *count)
{
    size_t n = ask->chain_count < GUESTS_MAX ? ask->chain_count : GUESTS_MAX;

    *count = 0;
    for (size_t i = 0; i < n; i++) {
        struct guest *guest = session_guest(ask->session, ask->chain[i]);
        bool twice = false;

        if (guest == NULL) {
            return FAULT_RESOURCE;
        }
        for (size_t j = 0; j < *count; j++) {
            twice = twice || all[j] == guest;
        }
        if (!twice && guest->ca != NULL && !span_equal(guest->der, ask->cert->der)) {
            all[(*count)++] = guest;
        }
    }
    return FAULT_NONE;
}

/* Of the certificates that came along, those from which a path can be made, in their order. */
static void choose_guests(struct ask *ask, struct guest *const *all, size_t count)
{
    bool taken[GUESTS_MAX] = {0};
    bool more = true;

    while (more) {
        more = false;
        for (size_t i = 0; i < count; i++) {
            if (!taken[i] && is_reachable(ask, all[i], taken, all, count)) {
                taken[i] = more = true;
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (taken[i]) {
            ask->guest_cas[ask->guest_count] = all[i]->ca;
            ask->guests[ask->guest_count++] = all[i];
        }
    }
}

enum fault ask_find_guests(struct ask *ask)
{
    struct guest *all[GUESTS_MAX];
    enum fault fault;
    size_t count;

    if (ask->guests_found) {
        return FAULT_NONE;
    }
    ask->guests_found = true;
    fault = take_guests(ask, all, &count);
    if (fault != FAULT_NONE) {
        return fault;
    }
    choose_guests(ask, all, count);
    for (size_t i = 0; i < ask->guest_count; i++) {
        struct guest *guest = ask->guests[i];
        struct signer *signer;

        if (ask->issuer->name == NULL || canonical_order(guest->subject, ask->issuer->name) != 0 ||
            !ca_fits_key_id(guest->ca, ask->cert->authority_key_id)) {
            continue;
        }
        signer = session_guest_signer(guest);
        if (signer == NULL) {
            return FAULT_RESOURCE;
        }
        ask->guest_signed[i] = is_signed_by(ask, guest->ca, signer);
    }
    return FAULT_NONE;
}

bool ask_is_signed_by_guest(const struct ask *ask)
{
    for (size_t i = 0; i < ask->guest_count; i++) {
        if (ask->guest_signed[i]) {
            return true;
        }
    }
    return false;
}
