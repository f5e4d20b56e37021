#include "verdict/verdict.h"

#include "verdict/candidate.h"
#include "verdict/warning.h"

static size_t count_user_certificates(const struct mailbox *mailbox)
{
    size_t n = 0;

    for (size_t i = 0; i < mailbox->count; i++) {
        n += !mailbox->candidates[i].chain && !mailbox->candidates[i].duplicate;
    }
    return n;
}

/* What a client takes from one attribute: the first usable one, those marked default before. */
static const struct candidate *pick_from(const struct mailbox *mailbox, bool first_attribute)
{
    const struct candidate *pick = NULL;

    for (size_t i = 0; i < mailbox->count; i++) {
        const struct candidate *c = &mailbox->candidates[i];

        if (!c->usable || c->first_attribute != first_attribute) {
            continue;
        }
        if (c->marked_default) {
            return c;
        }
        pick = pick != NULL ? pick : c;
    }
    return pick;
}

/* Of two certificates with the same fault: the one whose dates say more about the mailbox. */
static bool says_more(const struct candidate *a, const struct candidate *b)
{
    if (a->fault == STANDING_NOT_YET_VALID) {
        return a->cert.not_before < b->cert.not_before;
    }
    return a->cert.not_after > b->cert.not_after;
}

static const struct candidate *best_of(const struct mailbox *mailbox,
                                       const struct candidate *effective)
{
    const struct candidate *best = effective;

    for (size_t i = 0; i < mailbox->count; i++) {
        const struct candidate *c = &mailbox->candidates[i];

        if (c->chain) {
            continue;
        }
        if (best == NULL || c->fault < best->fault ||
            (c->fault == best->fault && best != effective && says_more(c, best))) {
            best = c;
        }
    }
    return best;
}

static enum standing standing_of_blank(const struct mailbox *mailbox)
{
    if (mailbox->lost > 0) {
        return STANDING_UNKNOWN;
    }
    if (mailbox->values > 0) {
        return STANDING_UNREADABLE;
    }
    return mailbox->blank == BLANK_SHOWN ? STANDING_NONE : STANDING_UNKNOWN;
}

/* Tells the standing by `best`; an active mailbox whose effective certificate ends soon expires. */
static void settle(struct verdict *verdict, const struct mailbox *mailbox,
                   const struct rules *rules)
{
    if (verdict->best == NULL) {
        verdict->standing = standing_of_blank(mailbox);
        return;
    }
    verdict->standing = verdict->best->fault;
    if (verdict->standing == STANDING_ACTIVE &&
        verdict->effective->cert.not_after - rules->at <= rules->warning_seconds) {
        verdict->standing = STANDING_EXPIRING;
        verdict->best = verdict->effective; /* the one that is ending, though it may be foreign */
    }
}

static uint32_t warnings_seen(const struct mailbox *mailbox, const struct rules *rules,
                              const struct verdict *verdict)
{
    struct warning_facts facts = {
        .mailbox = mailbox,
        .rules = rules,
        .first = pick_from(mailbox, true),
        .second = pick_from(mailbox, false),
        .best = verdict->best,
        .told = verdict->effective != NULL ? verdict->effective : verdict->best,
    };

    if (facts.told != NULL) {
        size_t told = (size_t)(facts.told - mailbox->candidates);

        facts.addresses = candidate_compare(&mailbox->candidates[told], mailbox);
    }
    return warnings_of(&facts);
}

struct verdict verdict_of(struct mailbox *mailbox, const struct rules *rules)
{
    struct verdict verdict = {0};

    for (size_t i = 0; i < mailbox->count; i++) {
        candidate_judge(&mailbox->candidates[i], mailbox, rules);
    }
    verdict.effective = pick_from(mailbox, true);
    if (verdict.effective == NULL) {
        verdict.effective = pick_from(mailbox, false);
    }
    verdict.best = best_of(mailbox, verdict.effective);
    verdict.user_certificates = count_user_certificates(mailbox);
    verdict.warnings = warnings_seen(mailbox, rules, &verdict);
    settle(&verdict, mailbox, rules);
    verdict.uses = standing_uses(verdict.standing);
    return verdict;
}
