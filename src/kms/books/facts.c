#include "kms/books/facts.h"

#include <assert.h>
#include <string.h>

const char *book_mark_name(enum book_mark mark)
{
    static const char *const names[BOOK_MARK_COUNT] = {
        [BOOK_INVITED] = "invited",
        [BOOK_ENROLLED] = "enrolled",
        [BOOK_LEFT] = "left",
        [BOOK_ESCROWED] = "escrowed",
        [BOOK_HELD] = "held",
        [BOOK_REVOKED] = "revoked",
        [BOOK_RECOVERED] = "recovered",
        [BOOK_NOT_PUBLISHED] = "not-published",
        [BOOK_NOT_ISSUED] = "not-issued",
        [BOOK_ISSUED_TO_ANOTHER] = "issued-to-another",
        [BOOK_REVOKED_PUBLISHED] = "revoked-published",
        [BOOK_SUPERSEDED_PUBLISHED] = "superseded-published",
        [BOOK_FOREIGN_EFFECTIVE] = "foreign-effective",
        [BOOK_UNKNOWN_TO_KMS] = "unknown-to-kms",
        [BOOK_NOT_IN_DIRECTORY] = "not-in-directory",
        [BOOK_LISTED] = "in-directory",
        [BOOK_KNOWN] = "in-books",
        [BOOK_DIFFERS] = "any",
    };

    assert(mark >= 0 && mark < BOOK_MARK_COUNT);
    return names[mark];
}

const char *book_purpose_name(uint8_t purpose)
{
    return purpose == CERTIFICATE_ENCRYPTION ? "encryption" : "signing";
}

static enum book_mark state_mark(const struct book_note *note)
{
    switch ((enum user_state)note->state) {
    case USER_LEFT:
        return BOOK_LEFT;
    case USER_ENROLLED:
        return BOOK_ENROLLED;
    case USER_INVITED:
        break;
    }
    return BOOK_INVITED;
}

const char *book_state_name(const struct book_note *note)
{
    return book_mark_name(state_mark(note));
}

enum certificate_status book_status(const struct book_certificate *certificate, int64_t at)
{
    return certificate->status != CERTIFICATE_GOOD && certificate->revoked_at <= at
               ? (enum certificate_status)certificate->status
               : CERTIFICATE_GOOD;
}

const char *book_status_name(enum certificate_status status)
{
    return status == CERTIFICATE_GOOD ? "good" : status == CERTIFICATE_HELD ? "held" : "revoked";
}

struct book_counts book_counts(const struct book_note *note, int64_t at)
{
    struct book_counts counts = {.issued = note->count};

    for (size_t i = 0; i < note->count; i++) {
        const struct book_certificate *certificate = &note->certificates[i];
        enum certificate_status status = book_status(certificate, at);

        counts.escrowed += certificate->is_escrowed;
        counts.held += status == CERTIFICATE_HELD;
        counts.revoked += status == CERTIFICATE_REVOKED;
    }
    return counts;
}

uint32_t book_marks(const struct book_note *note, int64_t at)
{
    struct book_counts counts = book_counts(note, at);

    return 1U << state_mark(note) | (counts.escrowed > 0 ? 1U << BOOK_ESCROWED : 0) |
           (counts.held > 0 ? 1U << BOOK_HELD : 0) | (counts.revoked > 0 ? 1U << BOOK_REVOKED : 0) |
           (note->recovered_at > 0 ? 1U << BOOK_RECOVERED : 0);
}

void book_certificate_fill(struct book_certificate *out, const struct certificate_row *row)
{
    struct span serial = span_upto(row->serial, sizeof(out->serial));

    *out = (struct book_certificate){
        .not_before = row->not_before,
        .not_after = row->not_after,
        .issued_at = row->issued_at,
        .revoked_at = row->revoked_at,
        .serial_length = (uint8_t)serial.len,
        .purpose = (uint8_t)row->purpose,
        .status = (uint8_t)row->status,
        .reason = (uint8_t)row->reason,
        .is_escrowed = row->escrow != 0,
        .is_current = row->is_current,
    };
    if (serial.len > 0) {
        memcpy(out->serial, serial.at, serial.len);
    }
}
