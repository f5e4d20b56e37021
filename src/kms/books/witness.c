#include <string.h>

#include "cert/crl.h"
#include "kms/books/internal.h"

static struct span without_zeros(struct span serial)
{
    while (serial.len > 1 && serial.at[0] == 0) {
        serial = span_from(serial, 1);
    }
    return serial;
}

/* What trust_ask() would answer had it a list of the books' own. */
static void answer(struct candidate *candidate, const struct book_certificate *certificate,
                   int64_t at)
{
    candidate->known = true;
    candidate->trust = (struct trust_answer){.revocation = REVOCATION_GOOD};
    if (book_status(certificate, at) != CERTIFICATE_GOOD) {
        candidate->trust.revocation = REVOCATION_REVOKED;
        candidate->trust.revoked_at = certificate->revoked_at;
        candidate->trust.revoked_reason = crl_reason_name(certificate->reason);
    }
}

/* A row of the books brings its note: the i-th value is its i-th certificate. */
static enum fault meet_own(const struct entry *entry, struct mailbox *mailbox,
                           struct book_facts *facts, struct arena *arena)
{
    const struct span bytes = entry->extras[0].text;
    struct book_note *note = arena_take(arena, bytes.len);

    if (note == NULL) {
        return FAULT_RESOURCE;
    }
    memcpy(note, bytes.at, bytes.len);
    facts->note = note;
    mailbox->blank = BLANK_NOT_ISSUED;
    for (size_t i = 0; i < mailbox->count; i++) {
        struct candidate *candidate = &mailbox->candidates[i];

        if (candidate->value < note->count) {
            answer(candidate, &note->certificates[candidate->value], facts->at);
            facts->which[i] = (uint32_t)candidate->value + 1;
        }
    }
    return FAULT_NONE;
}

static const struct book_note *find_note(const struct books *books, const struct entry *entry)
{
    const struct book_note *note = book_index_find(books->index, entry_address(entry));

    for (size_t i = 0; i < entry->address_count && note == NULL; i++) {
        note = book_index_find(books->index, entry->addresses[i]);
    }
    return note;
}

/* Everything that is counted of a user, and not of a mailbox of his. */
static uint32_t marks_of_user(const struct book_facts *facts)
{
    return 1U << BOOK_KNOWN | book_marks(facts->note, facts->at);
}

/* A user may be in two directories, or twice in one: he counts the first time. */
static void see(struct books *books, const struct book_facts *facts)
{
    if (!book_index_see(books->index, facts->note)) {
        return;
    }
    for (uint32_t rest = marks_of_user(facts); rest != 0; rest &= rest - 1) {
        atomic_fetch_add_explicit(&books->listed[__builtin_ctz(rest)], 1, memory_order_relaxed);
    }
}

static void total(void *context, uint64_t *marks)
{
    struct books *books = context;

    for (size_t i = 0; i < BOOK_MARK_COUNT; i++) {
        marks[i] += atomic_load_explicit(&books->listed[i], memory_order_relaxed);
    }
}

/* A mailbox of a directory: what the books know of its certificates need not be asked. */
static enum fault meet_listed(struct books *books, const struct entry *entry,
                              struct mailbox *mailbox, struct book_facts *facts)
{
    facts->is_listed = true;
    facts->note = find_note(books, entry);
    if (facts->note != NULL) {
        see(books, facts);
    }
    for (size_t i = 0; i < mailbox->count; i++) {
        struct candidate *candidate = &mailbox->candidates[i];
        enum fault fault = FAULT_NONE;

        if (candidate->chain) {
            continue;
        }
        if (facts->note != NULL) {
            fault = book_note_find(facts->note, without_zeros(candidate->cert.serial),
                                   candidate->cert.der, &facts->which[i]);
        }
        if (fault != FAULT_NONE) {
            return fault;
        }
        if (facts->which[i] > 0) {
            answer(candidate, &facts->note->certificates[facts->which[i] - 1], facts->at);
        } else if (!books->has_authority) {
            candidate->known = true;
            candidate->trust = (struct trust_answer){.foreign = true};
        }
    }
    return FAULT_NONE;
}

static enum fault meet(void *context, const struct entry *entry, struct mailbox *mailbox,
                       struct arena *arena)
{
    struct books *books = context;
    struct book_facts *facts = arena_take(arena, sizeof(*facts));
    uint32_t *which = arena_take_array(arena, mailbox->count + 1, sizeof(*which));

    if (facts == NULL || which == NULL) {
        return FAULT_RESOURCE;
    }
    memset(which, 0, (mailbox->count + 1) * sizeof(*which));
    *facts = (struct book_facts){
        .at = books->options.at, .is_joined = books->options.joins, .which = which};
    mailbox->witnessed = facts;
    if (entry->extra_count > 0) {
        facts->is_untold = facts->is_joined && !books->is_whole;
        return meet_own(entry, mailbox, facts, arena);
    }
    return books->index != NULL ? meet_listed(books, entry, mailbox, facts) : FAULT_NONE;
}

/* One that the CA signed and the mailbox's own user does not have: somebody else, or nobody? */
static enum book_mark whose(struct books *books, const struct cert *cert)
{
    struct arena arena = arena_with_max((size_t)1 << 20);
    struct certificate_row row;
    struct why why;
    enum book_mark mark = BOOK_NOT_ISSUED;

    (void)pthread_mutex_lock(&books->asking);
    if (certificate_find(books->ledger.store, without_zeros(cert->serial), &arena, &row, &why) ==
            FAULT_NONE &&
        span_equal(row.der, cert->der)) {
        mark = BOOK_ISSUED_TO_ANOTHER;
    }
    (void)pthread_mutex_unlock(&books->asking);
    arena_clear(&arena);
    return mark;
}

/* What is wrong with what the directory shows. */
static uint32_t marks_of_shown(struct books *books, const struct book_facts *facts,
                               const struct mailbox *mailbox, const struct verdict *verdict)
{
    uint32_t marks = 0;

    for (size_t i = 0; i < mailbox->count; i++) {
        const struct candidate *candidate = &mailbox->candidates[i];

        if (candidate->chain || candidate->duplicate) {
            continue;
        }
        if (facts->which[i] == 0 && !candidate->trust.foreign) {
            marks |= 1U << whose(books, &candidate->cert);
        }
        if (facts->which[i] > 0 && candidate->trust.revocation == REVOCATION_REVOKED) {
            marks |= 1U << BOOK_REVOKED_PUBLISHED;
        }
    }
    if (verdict->effective != NULL) {
        uint32_t place = facts->which[verdict->effective - mailbox->candidates];

        if (verdict->effective->trust.foreign) {
            marks |= 1U << BOOK_FOREIGN_EFFECTIVE;
        } else if (place > 0 && !facts->note->certificates[place - 1].is_current) {
            marks |= 1U << BOOK_SUPERSEDED_PUBLISHED;
        }
    }
    return marks;
}

/* A certificate that senders ought to have. */
static bool is_due(const struct book_certificate *c, int64_t at)
{
    return c->purpose == CERTIFICATE_ENCRYPTION && c->is_current && c->not_before <= at &&
           at <= c->not_after && book_status(c, at) == CERTIFICATE_GOOD;
}

static bool lacks_due(const struct book_facts *facts, const struct mailbox *mailbox)
{
    for (uint32_t i = 0; i < facts->note->count; i++) {
        bool shown = false;

        if (!is_due(&facts->note->certificates[i], facts->at)) {
            continue;
        }
        for (size_t k = 0; k < mailbox->count && !shown; k++) {
            shown = facts->which[k] == i + 1;
        }
        if (!shown) {
            return true;
        }
    }
    return false;
}

static uint32_t marks_of_listed(struct books *books, const struct book_facts *facts,
                                const struct mailbox *mailbox, const struct verdict *verdict)
{
    uint32_t marks = marks_of_shown(books, facts, mailbox, verdict);

    if (facts->note == NULL) {
        return marks | 1U << BOOK_UNKNOWN_TO_KMS;
    }
    /* Where the directory does not say what it has, it cannot be said what is missing. */
    if (verdict->standing != STANDING_UNKNOWN && lacks_due(facts, mailbox)) {
        marks |= 1U << BOOK_NOT_PUBLISHED;
    }
    return marks;
}

static void judged(void *context, const struct mailbox *mailbox, struct verdict *verdict)
{
    struct books *books = context;
    const struct book_facts *facts = mailbox->witnessed;

    if (facts->is_listed) {
        verdict->marks |= 1U << BOOK_LISTED | marks_of_listed(books, facts, mailbox, verdict);
    } else {
        verdict->warnings &= ~(uint32_t)WARNING_MANY_VALUES; /* of a directory's synchroniser */
        if (facts->is_joined && !facts->is_untold && facts->note->state != USER_LEFT) {
            verdict->marks |= 1U << BOOK_NOT_IN_DIRECTORY;
        }
        verdict->marks |= facts->note != NULL ? marks_of_user(facts) : 0;
    }
    if ((verdict->marks & BOOK_DIFFERENCES) != 0) {
        verdict->marks |= 1U << BOOK_DIFFERS;
    }
}

static void settle(void *context, bool whole)
{
    struct books *books = context;

    books->is_whole = whole && !books->options.lacks_some;
}

struct witness books_witness_of(struct books *books)
{
    return (struct witness){
        .context = books, .meet = meet, .judged = judged, .settle = settle, .total = total};
}
