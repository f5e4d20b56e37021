#include "roster/judge.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "cert/bundle.h"

enum {
    COMPLAINTS_MAX = 1 << 20, /* a batch has no more records than bytes */
    CHAIN_MAX = 32,           /* further certificates that may serve as intermediates */
    PAIRWISE_MAX = 16,        /* up to here comparing every pair is faster than sorting */
};

enum fault complaints_add(struct complaints *complaints, struct arena *arena,
                          const struct complaint *complaint)
{
    enum fault fault = arena_grow(arena, (void **)&complaints->at, sizeof(*complaints->at),
                                  complaints->count, &complaints->capacity, COMPLAINTS_MAX);

    if (fault == FAULT_NONE) {
        complaints->at[complaints->count++] = *complaint;
    }
    return fault == FAULT_LIMIT ? FAULT_NONE : fault;
}

/* What one entry is being made into. */
struct judging {
    const struct entry *entry;
    struct mailbox *mailbox;
    size_t capacity; /* of mailbox->candidates */
    struct arena *arena;
    struct complaints *complaints;
    struct arena *kept;
    struct cert_habits *habits;
    size_t faulty; /* complaints that the entry gave rise to */
};

static enum fault complain_of(struct judging *judging, size_t value, const struct why *why)
{
    const struct complaint complaint = {.line = judging->entry->line,
                                        .dn = judging->entry->dn,
                                        .rule = why->rule,
                                        .value = value,
                                        .offset = why->offset};

    if (judging->faulty++ >= COMPLAINTS_A_RECORD) {
        return FAULT_NONE;
    }
    return complaints_add(judging->complaints, judging->kept, &complaint);
}

/* Reads a certificate into a candidate of its own; `*reading` tells why it could not be read. */
static enum fault add_candidate(struct judging *judging, const struct bundle *bundle,
                                const struct bundle_item *item, size_t value, enum fault *reading,
                                struct why *why)
{
    struct mailbox *mailbox = judging->mailbox;
    const struct entry_value *from = &judging->entry->values[value];
    struct candidate *candidate;
    enum fault fault =
        arena_grow(judging->arena, (void **)&mailbox->candidates, sizeof(*mailbox->candidates),
                   mailbox->count, &judging->capacity, ENTRY_VALUES_MAX);

    if (fault != FAULT_NONE) {
        return fault;
    }
    candidate = &mailbox->candidates[mailbox->count];
    *reading = cert_read_with(judging->habits, item->der, &candidate->cert, why);
    if (*reading != FAULT_NONE) {
        return FAULT_NONE;
    }
    candidate->first_attribute = from->attribute == ATTRIBUTE_CERT_FIRST;
    candidate->chain = item->chain || candidate->cert.ca;
    candidate->marked_default = bundle->marked_default;
    candidate->value = value;
    candidate->attribute = from->name;
    candidate->form = bundle->form;
    candidate->duplicate = false;
    candidate->known = false;
    candidate->trust = (struct trust_answer){0};
    mailbox->count++;
    return FAULT_NONE;
}

/* Reads the certificates of one value; `*read` tells how many could be read. */
static enum fault read_bundle(struct judging *judging, struct span bytes, size_t value,
                              size_t *read)
{
    struct bundle bundle;
    struct bundle_item item;
    struct why why = {0};
    enum fault fault = bundle_open(bytes, &bundle, &why);

    *read = 0;
    if (fault != FAULT_NONE) {
        return complain_of(judging, value + 1, &why);
    }
    while (bundle_next(&bundle, &item, &why, &fault)) {
        enum fault reading = FAULT_NONE;

        fault = add_candidate(judging, &bundle, &item, value, &reading, &why);
        if (fault == FAULT_NONE && reading != FAULT_NONE) {
            why.offset += (size_t)(item.der.at - bytes.at);
            fault = complain_of(judging, value + 1, &why);
        }
        *read += reading == FAULT_NONE;
        if (fault != FAULT_NONE) {
            return fault == FAULT_LIMIT ? FAULT_NONE : fault;
        }
    }
    return fault == FAULT_NONE ? FAULT_NONE : complain_of(judging, value + 1, &why);
}

static enum fault read_value(struct judging *judging, size_t index)
{
    static const struct why lost = {
        .rule = "the exporting tool wrote the name of a type in place of the certificate "
                "(export the attribute again with csvde, ldifde or ldapsearch)"};
    const struct value *value = &judging->entry->values[index].value;
    size_t read = 0;
    enum fault fault = FAULT_NONE;

    switch (value->state) {
    case VALUE_LOST:
        judging->mailbox->lost++;
        return complain_of(judging, index + 1, &lost);
    case VALUE_BROKEN:
        fault = complain_of(judging, index + 1, &value->why);
        break;
    case VALUE_BYTES:
        fault = read_bundle(judging, value->bytes, index, &read);
        break;
    }
    judging->mailbox->undecodable += read == 0;
    return fault;
}

/* The same bytes in the same role: beside a chain certificate the user's own still counts. */
static bool same_certificate(const struct candidate *a, const struct candidate *b)
{
    return a->chain == b->chain && span_equal(a->cert.der, b->cert.der);
}

/* By length, then bytes, then place: equal certificates stand together, the first one first. */
static int compare_candidates(const void *left, const void *right)
{
    const struct candidate *a = *(struct candidate *const *)left;
    const struct candidate *b = *(struct candidate *const *)right;
    int order;

    if (a->cert.der.len != b->cert.der.len) {
        return a->cert.der.len < b->cert.der.len ? -1 : 1;
    }
    order = memcmp(a->cert.der.at, b->cert.der.at, a->cert.der.len);
    if (order == 0 && a->chain != b->chain) {
        order = a->chain ? -1 : 1;
    }
    if (order != 0) {
        return order;
    }
    return a < b ? -1 : a > b;
}

static enum fault mark_duplicates(struct mailbox *mailbox, struct arena *arena)
{
    struct candidate **sorted;

    for (size_t i = 1; i < mailbox->count && mailbox->count <= PAIRWISE_MAX; i++) {
        for (size_t j = 0; j < i && !mailbox->candidates[i].duplicate; j++) {
            mailbox->candidates[i].duplicate =
                same_certificate(&mailbox->candidates[i], &mailbox->candidates[j]);
            mailbox->candidates[i].original = j;
        }
    }
    if (mailbox->count <= PAIRWISE_MAX) {
        return FAULT_NONE;
    }
    sorted = arena_take_array(arena, mailbox->count, sizeof(*sorted));
    if (sorted == NULL) {
        return FAULT_RESOURCE;
    }
    for (size_t i = 0; i < mailbox->count; i++) {
        sorted[i] = &mailbox->candidates[i];
    }
    qsort(sorted, mailbox->count, sizeof(*sorted), compare_candidates);
    for (size_t i = 1; i < mailbox->count; i++) {
        const struct candidate *before = sorted[i - 1];

        sorted[i]->duplicate = same_certificate(sorted[i], before);
        sorted[i]->original =
            before->duplicate ? before->original : (size_t)(before - mailbox->candidates);
    }
    return FAULT_NONE;
}

/* Asks of every certificate of the user whom it comes from. */
static enum fault ask_trust(struct mailbox *mailbox, struct trust_session *session)
{
    struct span chain[CHAIN_MAX];
    size_t count = 0;

    for (size_t i = 0; i < mailbox->count && count < CHAIN_MAX; i++) {
        if (mailbox->candidates[i].chain && !mailbox->candidates[i].duplicate) {
            chain[count++] = mailbox->candidates[i].cert.der;
        }
    }
    for (size_t i = 0; i < mailbox->count; i++) {
        struct candidate *candidate = &mailbox->candidates[i];

        if (candidate->duplicate) {
            candidate->trust = mailbox->candidates[candidate->original].trust;
        } else if (!candidate->chain && !candidate->known) {
            enum fault fault =
                trust_ask(session, &candidate->cert, chain, count, &candidate->trust);

            if (fault != FAULT_NONE) {
                return fault;
            }
        }
    }
    return FAULT_NONE;
}

/* The site of a whole container path: `/o=Org/ou=Site/cn=Recipients`; empty for a relative one. */
static struct span site_of(struct span container)
{
    struct span rest = container;
    size_t slash;

    if (container.len == 0 || container.at[0] != '/') {
        return (struct span){0};
    }
    while (rest.len > 0) {
        struct span part;

        rest = span_from(rest, 1);
        part = span_find(rest, '/', &slash) ? span_upto(rest, slash) : rest;
        if (ascii_starts_nocase(part, span_text("ou="))) {
            return span_from(part, 3);
        }
        rest = span_from(rest, part.len);
    }
    return (struct span){0};
}

static enum blank why_blank(const struct entry *entry, const char *site)
{
    struct span home = site != NULL ? site_of(entry_container(entry)) : (struct span){0};

    if (entry->cut_off) {
        return BLANK_CUT_OFF;
    }
    if (entry->hidden) {
        return BLANK_HIDDEN;
    }
    if (entry->unasked) {
        return BLANK_UNASKED;
    }
    if (site != NULL && home.len > 0 && !ascii_equal_nocase(home, span_text(site))) {
        return BLANK_OTHER_SITE;
    }
    return BLANK_SHOWN;
}

enum fault judge_entry(const struct entry *entry, const struct circumstances *given,
                       struct arena *arena, struct mailbox *mailbox, struct verdict *verdict,
                       struct complaints *complaints, struct arena *kept)
{
    struct judging judging = {.entry = entry,
                              .mailbox = mailbox,
                              .arena = arena,
                              .complaints = complaints,
                              .kept = kept,
                              .habits = given->habits};
    enum fault fault = FAULT_NONE;

    *mailbox = (struct mailbox){.addresses = entry->addresses,
                                .address_count = entry->address_count,
                                .values = entry->value_count,
                                .blank = why_blank(entry, given->site)};
    for (size_t i = 0; i < entry->value_count && fault == FAULT_NONE; i++) {
        mailbox->first_attribute_values += entry->values[i].attribute == ATTRIBUTE_CERT_FIRST;
        fault = read_value(&judging, i);
    }
    if (fault == FAULT_NONE && judging.faulty > COMPLAINTS_A_RECORD) {
        const struct complaint rest = {
            .line = entry->line, .dn = entry->dn, .further = judging.faulty - COMPLAINTS_A_RECORD};

        fault = complaints_add(complaints, kept, &rest);
    }
    if (fault == FAULT_NONE) {
        fault = mark_duplicates(mailbox, arena);
    }
    if (fault == FAULT_NONE && given->witness != NULL) {
        fault = given->witness->meet(given->witness->context, entry, mailbox, arena);
    }
    if (fault == FAULT_NONE && given->session != NULL) {
        fault = ask_trust(mailbox, given->session);
    }
    if (fault == FAULT_NONE) {
        *verdict = verdict_of(mailbox, given->rules);
        if (given->witness != NULL) {
            given->witness->judged(given->witness->context, mailbox, verdict);
        }
    }
    return fault;
}
