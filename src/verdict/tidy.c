#include "verdict/tidy.h"

#include <assert.h>

#include "cert/canonical.h"
#include "verdict/candidate.h"

enum {
    SUCCESSORS_MAX =
        4096,            /* so many of a mailbox's certificates are asked whether they supersede */
    ADDRESSES_MAX = 256, /* a certificate for more addresses is not compared with another */
};

struct question {
    const struct mailbox *mailbox;
    const struct candidate *candidate;
    const struct rules *rules;
    const struct tidy_rules *tidy;
};

static bool is_expired(const struct question *q)
{
    return q->candidate->cert.not_after < q->rules->at - q->tidy->older_than;
}

static bool is_revoked(const struct question *q)
{
    const struct trust_answer *trust = &q->candidate->trust;

    return trust->revocation == REVOCATION_REVOKED &&
           trust->revoked_at <= q->rules->at - q->tidy->older_than;
}

static bool is_foreign(const struct question *q) { return q->candidate->trust.foreign; }

static bool is_valid(const struct candidate *candidate, const struct rules *rules)
{
    return !candidate->chain && candidate->cert.not_before <= rules->at &&
           !candidate_is_outdated(candidate, rules) &&
           candidate->trust.revocation != REVOCATION_REVOKED && !candidate->trust.untrusted;
}

static bool names(const struct cert *cert, struct span wanted)
{
    struct cert_emails in = cert_emails_of(cert);
    struct span address;

    for (size_t n = 0; n < ADDRESSES_MAX && candidate_next_address(&in, &address); n++) {
        if (address_compare(address, wanted) != ADDRESS_DIFFERENT) {
            return true;
        }
    }
    return false;
}

/* True when `newer` names every address of `older`; without one, when it names none either. */
static bool covers(const struct cert *newer, const struct cert *older)
{
    struct cert_emails in = cert_emails_of(older), own = cert_emails_of(newer);
    struct span address;
    size_t n = 0;

    for (; candidate_next_address(&in, &address); n++) {
        if (n == ADDRESSES_MAX || !names(newer, address)) {
            return false;
        }
    }
    return n > 0 || !candidate_next_address(&own, &address);
}

static bool supersedes(const struct candidate *newer, const struct question *q)
{
    const struct cert *older = &q->candidate->cert;

    return newer->cert.not_before > older->not_before &&
           newer->cert.not_before <= q->rules->at - q->tidy->older_than &&
           is_valid(newer, q->rules) && cert_purpose(&newer->cert) == cert_purpose(older) &&
           covers(&newer->cert, older) && canonical_equal(newer->cert.issuer, older->issuer);
}

static bool is_superseded(const struct question *q)
{
    if (!is_valid(q->candidate, q->rules)) {
        return false;
    }
    for (size_t i = 0; i < q->mailbox->count && i < SUCCESSORS_MAX; i++) {
        if (supersedes(&q->mailbox->candidates[i], q)) {
            return true;
        }
    }
    return false;
}

/* In the order of enum tidy_kind; what cannot be read is no candidate to be asked. */
static const struct {
    const char *name;
    bool (*applies)(const struct question *);
} kinds[TIDY_KIND_COUNT] = {
    {"expired", is_expired},       {"revoked", is_revoked}, {"foreign", is_foreign},
    {"superseded", is_superseded}, {"unreadable", NULL},
};

/* The first kind that is asked for and applies, or 0. */
static uint32_t kind_of(const struct question *q)
{
    for (size_t i = 0; i < TIDY_KIND_COUNT; i++) {
        if ((q->tidy->remove >> i & 1) != 0 && kinds[i].applies != NULL && kinds[i].applies(q)) {
            return 1U << i;
        }
    }
    return 0;
}

/* Why the value is to be removed, or 0: every certificate of the user in it has to qualify. */
static uint32_t kinds_of_value(const struct tidy_value *value, struct question q)
{
    uint32_t found = 0;

    for (size_t i = 0; i < value->count; i++) {
        uint32_t kind;

        q.candidate = &q.mailbox->candidates[value->first + i];
        if (q.candidate->chain) {
            continue;
        }
        kind = kind_of(&q);
        if (kind == 0) {
            return 0;
        }
        found |= kind;
    }
    if (!value->broken) {
        return found;
    }
    if ((q.tidy->remove & TIDY_UNREADABLE) == 0 || (value->count > 0 && found == 0)) {
        return 0;
    }
    return found | TIDY_UNREADABLE;
}

/* The usable certificate of the value that began last, or NULL. */
static const struct candidate *newest_usable(const struct mailbox *mailbox,
                                             const struct tidy_value *value)
{
    const struct candidate *newest = NULL;

    for (size_t i = 0; i < value->count; i++) {
        const struct candidate *c = &mailbox->candidates[value->first + i];

        if (c->usable && (newest == NULL || c->cert.not_before > newest->cert.not_before)) {
            newest = c;
        }
    }
    return newest;
}

/* Takes back the removal of the value without which no sender could encrypt any more. */
static void keep_last(const struct mailbox *mailbox, struct tidy_value *values, size_t count)
{
    const struct candidate *newest = NULL;
    size_t last = 0;

    for (size_t i = 0; i < count; i++) {
        const struct candidate *usable = newest_usable(mailbox, &values[i]);

        if (usable == NULL) {
            continue;
        }
        if (values[i].kinds == 0) {
            return;
        }
        if (newest == NULL || usable->cert.not_before > newest->cert.not_before) {
            newest = usable;
            last = i;
        }
    }
    if (newest != NULL) {
        values[last].kinds = 0;
        values[last].last = true;
    }
}

void tidy_mailbox(const struct mailbox *mailbox, const struct rules *rules,
                  const struct tidy_rules *tidy, struct tidy_value *values, size_t count)
{
    const struct question question = {.mailbox = mailbox, .rules = rules, .tidy = tidy};

    for (size_t i = 0; i < count; i++) {
        values[i].kinds = kinds_of_value(&values[i], question);
        values[i].last = false;
    }
    if (!tidy->even_last) {
        keep_last(mailbox, values, count);
    }
}

bool tidy_kind_find(struct span name, uint32_t *out)
{
    for (size_t i = 0; i < TIDY_KIND_COUNT; i++) {
        if (span_is(name, kinds[i].name)) {
            *out = 1U << i;
            return true;
        }
    }
    return false;
}

const char *tidy_kind_name(size_t index)
{
    assert(index < TIDY_KIND_COUNT);
    return kinds[index].name;
}
