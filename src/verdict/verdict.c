#include "verdict/verdict.h"

#include "verdict/candidate.h"
#include "verdict/warning.h"

/* What a client takes from each attribute: the first usable one, those marked default before. */
struct picks {
    const struct candidate *first, *second;
};

static void offer(const struct candidate **pick, const struct candidate *c)
{
    if (*pick == NULL || (c->marked_default && !(*pick)->marked_default)) {
        *pick = c;
    }
}

/* Judges each certificate by itself, and picks; returns how many the user has. */
static size_t judge_all(struct mailbox *mailbox, const struct rules *rules, struct picks *picks)
{
    size_t users = 0;

    for (size_t i = 0; i < mailbox->count; i++) {
        struct candidate *c = &mailbox->candidates[i];

        candidate_judge(c, mailbox, rules);
        users += !c->chain && !c->duplicate;
        if (c->usable) {
            offer(c->first_attribute ? &picks->first : &picks->second, c);
        }
    }
    return users;
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
    return mailbox->blank == BLANK_SHOWN || mailbox->blank == BLANK_NOT_ISSUED ? STANDING_NONE
                                                                               : STANDING_UNKNOWN;
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
                              const struct verdict *verdict, const struct picks *picks)
{
    struct warning_facts facts = {
        .mailbox = mailbox,
        .rules = rules,
        .first = picks->first,
        .second = picks->second,
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
    struct picks picks = {0};

    verdict.user_certificates = judge_all(mailbox, rules, &picks);
    verdict.effective = picks.first != NULL ? picks.first : picks.second;
    verdict.best = best_of(mailbox, verdict.effective);
    if (!rules->without_warnings) {
        verdict.warnings = warnings_seen(mailbox, rules, &verdict, &picks);
    }
    settle(&verdict, mailbox, rules);
    verdict.uses = standing_uses(verdict.standing);
    return verdict;
}
