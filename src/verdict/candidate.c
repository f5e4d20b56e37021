#include "verdict/candidate.h"

struct question {
    struct candidate *candidate;
    const struct mailbox *mailbox;
    const struct rules *rules;
};

static bool is_foreign(const struct question *q) { return q->candidate->trust.foreign; }

static bool is_revoked(const struct question *q)
{
    return q->candidate->trust.revocation == REVOCATION_REVOKED;
}

static bool is_expired(const struct question *q)
{
    return candidate_is_outdated(q->candidate, q->rules);
}

static bool is_early(const struct question *q)
{
    return q->candidate->cert.not_before > q->rules->at;
}

static bool is_untrusted(const struct question *q) { return q->candidate->trust.untrusted; }

static bool is_mismatched(const struct question *q)
{
    struct candidate_addresses addresses = candidate_compare(q->candidate, q->mailbox);

    return addresses.in_mailbox && addresses.in_certificate && addresses.match == ADDRESS_DIFFERENT;
}

/* One that is fit for neither signing nor encryption is counted here: nobody can encrypt to it. */
static bool is_signing(const struct question *q)
{
    enum purpose purpose = cert_purpose(&q->candidate->cert);

    return purpose != PURPOSE_ENCRYPTION && purpose != PURPOSE_BOTH;
}

/* The first that applies is the certificate's fault, after foreign, which goes before them all. */
static const struct {
    enum standing standing;
    bool (*applies)(const struct question *);
} faults[] = {
    {STANDING_REVOKED, is_revoked},       {STANDING_EXPIRED, is_expired},
    {STANDING_NOT_YET_VALID, is_early},   {STANDING_UNTRUSTED, is_untrusted},
    {STANDING_MISMATCHED, is_mismatched}, {STANDING_SIGNING_ONLY, is_signing},
};

static enum standing first_fault(const struct question *question)
{
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        if (faults[i].applies(question)) {
            return faults[i].standing;
        }
    }
    return STANDING_ACTIVE;
}

void candidate_judge(struct candidate *candidate, const struct mailbox *mailbox,
                     const struct rules *rules)
{
    const struct question question = {candidate, mailbox, rules};

    candidate->fault = STANDING_ACTIVE;
    candidate->usable = candidate->compared = false;
    if (candidate->chain) {
        return;
    }
    candidate->fault = first_fault(&question);
    candidate->usable = candidate->fault == STANDING_ACTIVE;
    if (is_foreign(&question)) {
        candidate->fault = STANDING_FOREIGN; /* still usable: senders do not ask who issued it */
    }
}

static enum address_match nearest(struct span address, const struct mailbox *mailbox)
{
    enum address_match best = ADDRESS_DIFFERENT;

    for (size_t i = 0; i < mailbox->address_count && i < CANDIDATE_ADDRESSES_MAX; i++) {
        enum address_match match = address_compare(address, mailbox->addresses[i]);

        if (match == ADDRESS_SAME) {
            return match;
        }
        best = match > best ? match : best;
    }
    return best;
}

static struct candidate_addresses compare(const struct candidate *candidate,
                                          const struct mailbox *mailbox)
{
    struct candidate_addresses seen = {0};
    struct cert_emails in = cert_emails_of(&candidate->cert);
    struct span address;

    for (size_t i = 0; i < mailbox->address_count && !seen.in_mailbox; i++) {
        seen.in_mailbox = address_is_one(mailbox->addresses[i]);
    }
    while (candidate_next_address(&in, &address)) {
        enum address_match match = nearest(address, mailbox);

        seen.in_certificate = true;
        seen.match = match > seen.match ? match : seen.match;
        if (match == ADDRESS_SAME) {
            break;
        }
    }
    return seen;
}

struct candidate_addresses candidate_compare(struct candidate *candidate,
                                             const struct mailbox *mailbox)
{
    if (!candidate->compared) {
        candidate->addresses = compare(candidate, mailbox);
        candidate->compared = true;
    }
    return candidate->addresses;
}

bool candidate_is_outdated(const struct candidate *candidate, const struct rules *rules)
{
    return candidate->cert.not_after < rules->at; /* RFC 5280, 4.1.2.5: the end is included */
}

bool candidate_next_address(struct cert_emails *in, struct span *out)
{
    struct cert_email email;

    while (cert_emails_next(in, &email)) {
        if (email.kind != EMAIL_UPN && address_is_one(email.text)) {
            *out = email.text;
            return true;
        }
    }
    return false;
}
