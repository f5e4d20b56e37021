#include "cert/trust_ask.h"

#include "cert/lists.h"
#include "cert/trust.h"

enum { QUESTION_WHO, QUESTION_TRUSTED };

static const char issuer_unknown[] = "unable to get local issuer certificate";
static const char signature_wrong[] = "certificate signature failure";
static const char ca_revoked[] = "the certificate of a CA in its chain is revoked";
static const char not_decoded[] = "the certificate cannot be decoded";

/* What a path's CAs bring with them. */
struct path_notes {
    const struct trust *trust;
    bool revoked, judges_leaves;
};

static void note_ca(void *context, const struct ca *ca)
{
    struct path_notes *notes = context;
    struct canonical *issuer = canonical_new(ca->issuer);

    notes->judges_leaves = notes->judges_leaves || ca->judges_leaves;
    notes->revoked =
        notes->revoked || trust_is_revoked(notes->trust, trust_authority(notes->trust, issuer), ca);
    canonical_free(issuer);
}

/* Asks libcrypto, and keeps what it says when it holds for all who have the same key. */
static enum fault ask_library(struct ask *ask, const struct chain_question *question, void *leaf,
                              size_t guest_count, const struct path_key *key,
                              struct path_answer *out)
{
    struct path_notes notes = {.trust = ask->trust};
    struct chain_answer answer;
    enum fault fault =
        chain_ask(question, leaf, ask->guest_cas, guest_count, note_ca, &notes, &answer);

    if (fault != FAULT_NONE) {
        return fault;
    }
    *out = (struct path_answer){answer.good, notes.revoked, answer.why};
    if (key != NULL && (question->who_only || !(answer.about_the_leaf || notes.judges_leaves))) {
        session_keep_path(ask->session, key, out);
    }
    return FAULT_NONE;
}

static void add_guests_to_key(const struct ask *ask, struct path_key *key)
{
    for (size_t i = 0; i < ask->guest_count; i++) {
        path_key_add(key, ask->guests[i]->ca->id << 1 | ask->guest_signed[i]);
    }
}

/* Whether a CA that signed it is one of ours, or comes from one of ours. */
static enum fault ask_who(struct ask *ask, const struct ca *ca, struct path_answer *out)
{
    struct path_key key = {0};
    const struct path_answer *kept;

    path_key_add(&key, QUESTION_WHO);
    path_key_add(&key, ca->id);
    add_guests_to_key(ask, &key);
    kept = session_find_path(ask->session, &key);
    if (kept != NULL) {
        *out = *kept;
        return FAULT_NONE;
    }
    return ask_library(ask, &ask->trust->who, ca->x509, ask->guest_count, &key, out);
}

/* Notes one CA that makes the certificate ours. */
static void note_ours(struct trust_answer *out, bool revoked, bool *any_good)
{
    out->foreign = false;
    *any_good = *any_good || !revoked;
}

static enum fault judge_ca(struct ask *ask, const struct ca *ca, struct trust_answer *out,
                           bool *any_good)
{
    struct path_answer path;
    enum fault fault;

    if (!ca->is_ca) {
        return FAULT_NONE;
    }
    fault = ask_who(ask, ca, &path);
    if (fault == FAULT_NONE && path.good) {
        note_ours(out, path.revoked, any_good);
    }
    return fault;
}

/* Through a CA below one of ours: among the loaded ones or among those that came along. */
static enum fault judge_who_below(struct ask *ask, struct trust_answer *out, bool *any_good)
{
    enum fault fault = ask_find_guests(ask);

    for (size_t i = 0; fault == FAULT_NONE && i < ask->fixed_count; i++) {
        fault = judge_ca(ask, ask->fixed[i]->ca, out, any_good);
    }
    for (size_t i = 0; fault == FAULT_NONE && i < ask->guest_count; i++) {
        if (ask->guest_signed[i]) {
            fault = judge_ca(ask, ask->guests[i]->ca, out, any_good);
        }
    }
    return fault;
}

static enum fault judge_who(struct ask *ask, struct trust_answer *out)
{
    enum fault fault = FAULT_NONE;
    bool any_good = false;

    out->foreign = true;
    for (size_t i = 0; i < ask->fixed_count; i++) {
        if (ask->fixed[i]->issuer) {
            note_ours(out, ask->fixed[i]->revoked, &any_good);
        }
    }
    if (out->foreign && (ask->fixed_count > 0 || ask->chain_count > 0)) {
        fault = judge_who_below(ask, out, &any_good);
    }
    if (!out->foreign && !any_good && !out->untrusted) {
        out->untrusted = true;
        out->untrusted_why = ca_revoked;
    }
    return fault;
}

/* The answer for all plain leaves with the same signers and the same guests. */
static enum fault ask_plain(struct ask *ask, size_t guest_count, struct path_answer *out)
{
    struct path_key key = {0};
    const struct path_answer *kept;

    path_key_add(&key, (uint64_t)ask->fixed_count << 1 | QUESTION_TRUSTED);
    for (size_t i = 0; i < ask->fixed_count; i++) {
        path_key_add(&key, ask->fixed[i]->ca->id);
    }
    if (guest_count > 0) {
        add_guests_to_key(ask, &key);
    }
    kept = session_find_path(ask->session, &key);
    if (kept != NULL) {
        *out = *kept;
        return FAULT_NONE;
    }
    if (ask_decoded(ask) == NULL) {
        *out = (struct path_answer){.why = not_decoded};
        return FAULT_NONE;
    }
    return ask_library(ask, &ask->trust->trusted, ask->decoded, guest_count, &key, out);
}

/*
 * A good path over loaded certificates alone is the one that libcrypto takes whatever else came
 * along, since they are looked at first; then the guests need not be looked at.
 */
static enum fault ask_trusted(struct ask *ask, struct path_answer *out)
{
    bool plain = ask->leaf.plain && !ask->fixed_overflow && !ask->trust->has_odd_anchor;
    enum fault fault;

    if (plain && ask->fixed_count > 0) {
        fault = ask_plain(ask, 0, out);
        if (fault != FAULT_NONE || out->good) {
            return fault;
        }
    }
    fault = ask_find_guests(ask);
    if (fault != FAULT_NONE) {
        return fault;
    }
    if (plain && ask->fixed_count == 0 && !ask_is_signed_by_guest(ask)) {
        *out = (struct path_answer){.why = issuer_unknown};
        return FAULT_NONE;
    }
    if (plain) {
        return ask->guest_count > 0 ? ask_plain(ask, ask->guest_count, out) : FAULT_NONE;
    }
    if (ask_decoded(ask) == NULL) {
        *out = (struct path_answer){.why = not_decoded};
        return FAULT_NONE;
    }
    return ask_library(ask, &ask->trust->trusted, ask->decoded, ask->guest_count, NULL, out);
}

static enum fault judge_trusted(struct ask *ask, struct trust_answer *out)
{
    struct path_answer path = {0};
    enum fault fault = ask_trusted(ask, &path);

    if (fault != FAULT_NONE) {
        return fault;
    }
    if (!path.good) {
        bool no_signer = ask->fixed_count == 0 && !ask_is_signed_by_guest(ask);

        out->untrusted = true;
        out->untrusted_why = no_signer && ask->near_miss ? signature_wrong : path.why;
    } else if (path.revoked) {
        out->untrusted = true;
        out->untrusted_why = ca_revoked;
    }
    return FAULT_NONE;
}

/*
 * A CA's new key, certified in its own name by its old one (RFC 4210, section 4.4): the lists of
 * the old key go on for what the new key issues.
 */
static bool is_new_key_of(const struct ca *newer, struct span key_id)
{
    return newer->authority_key_id.len > 0 && !newer->is_root &&
           span_equal(newer->authority_key_id, key_id) &&
           canonical_equal(newer->subject, newer->issuer);
}

static bool is_rolled_over(void *context, struct span key_id)
{
    struct ask *ask = context;

    for (size_t i = 0; i < ask->fixed_count; i++) {
        if (is_new_key_of(ask->fixed[i]->ca, key_id)) {
            return true;
        }
    }
    if (ask_find_guests(ask) != FAULT_NONE) {
        return false;
    }
    for (size_t i = 0; i < ask->guest_count; i++) {
        if (ask->guest_signed[i] && is_new_key_of(ask->guests[i]->ca, key_id)) {
            return true;
        }
    }
    return false;
}

/* Whether the guest's key certified that of a guest who signed the leaf. */
static bool is_older_key(const struct ask *ask, const struct ca *older)
{
    for (size_t i = 0; i < ask->guest_count; i++) {
        const struct ca *newer = ask->guests[i]->ca;

        if (ask->guest_signed[i] && older->subject_key_id.len > 0 &&
            is_new_key_of(newer, older->subject_key_id) &&
            canonical_equal(newer->issuer, older->subject) && chain_is_signed(older, newer->x509)) {
            return true;
        }
    }
    return false;
}

/*
 * A list is vouched for by a certificate that came along when it signed the leaf as well, itself
 * or by its new key: else a mailbox could bring a CA of its own for a list that it slipped in.
 */
static bool vouch(void *context, const struct crl *crl)
{
    struct ask *ask = context;

    if (ask_find_guests(ask) != FAULT_NONE) {
        return false;
    }
    for (size_t i = 0; i < ask->guest_count; i++) {
        if ((ask->guest_signed[i] || is_older_key(ask, ask->guests[i]->ca)) &&
            session_vouches(ask->session, ask->guests[i], crl)) {
            return true;
        }
    }
    return false;
}

static void judge_revocation(struct ask *ask, struct trust_answer *out)
{
    const struct authority *authority = ask->issuer->authority;
    struct list_query query = {
        .serial = ask->cert->serial,
        .authority_key_id = ask->cert->authority_key_id,
        .points = ask->leaf.points,
        .is_ca = ask->cert->ca,
        .at = ask->trust->at,
        .vouch = vouch,
        .is_rolled_over = is_rolled_over,
        .context = ask,
    };
    struct list_answer answer = {.said = LIST_UNKNOWN};

    if (authority != NULL) {
        answer = lists_ask(authority->lists, authority->list_count, &query);
    }
    out->revocation_unverified = answer.said == LIST_UNKNOWN || answer.unverified;
    switch (answer.said) {
    case LIST_GOOD:
        out->revocation = REVOCATION_GOOD;
        return;
    case LIST_REVOKED:
        out->revocation = REVOCATION_REVOKED;
        out->revoked_at = answer.entry.revoked_at;
        out->revoked_reason = crl_reason_name(answer.entry.reason);
        return;
    default:
        out->revocation = REVOCATION_UNVERIFIED;
        return;
    }
}

/* The parts of a signature as X509_verify() wants them: both algorithms the same. */
static void open_signature(struct ask *ask)
{
    ask->part_is_usual = signed_part_of(ask->cert->der, &ask->part) &&
                         span_equal(ask->part.algorithm, ask->leaf.inner_algorithm);
}

static enum fault judge(struct ask *ask, struct trust_answer *out)
{
    const struct trust *trust = ask->trust;
    enum fault fault = ask_find_fixed(ask);

    if (fault == FAULT_NONE && trust->has_anchors) {
        fault = judge_trusted(ask, out);
    }
    if (fault == FAULT_NONE && trust->has_issuers) {
        fault = judge_who(ask, out);
    }
    if (fault == FAULT_NONE && trust->has_lists) {
        judge_revocation(ask, out);
    }
    return fault;
}

enum fault trust_ask(struct trust_session *session, const struct cert *cert,
                     const struct span *chain, size_t count, struct trust_answer *out)
{
    const struct trust *trust = session->trust;
    struct ask ask = {
        .session = session,
        .trust = trust,
        .cert = cert,
        .chain = chain,
        .chain_count = count,
    };
    struct trust_answer answer = {0};
    enum fault fault;

    if (!trust->has_issuers && !trust->has_anchors && !trust->has_lists) {
        *out = answer;
        return FAULT_NONE;
    }
    session->asked++;
    ask.issuer = session_name(session, cert->issuer);
    if (ask.issuer == NULL) {
        return FAULT_RESOURCE;
    }
    ask.leaf = leaf_of(session->leaf_tools, cert);
    open_signature(&ask);
    fault = judge(&ask, &answer);
    chain_leaf_free(ask.decoded);
    if (fault == FAULT_NONE) {
        *out = answer;
    }
    return fault;
}
