#include "verdict/verdict.h"

#include "base/text.h"
#include "base/utc.h"
#include "cert/name.h"
#include "verdict/candidate.h"

/* How much of what others wrote is worth reading out: addresses, and the length of a name. */
enum { ADDRESSES_TOLD = 3, NAME_TOLD_MAX = 128 };

struct telling {
    struct buffer *out;
    const struct mailbox *mailbox;
    const struct verdict *verdict;
    const struct rules *rules;
};

typedef void tell_fn(const struct telling *);

static void add_date(struct buffer *out, const char *before, int64_t at)
{
    char date[UTC_DATE_SIZE];

    utc_date(at, date);
    buffer_add_text(out, before);
    buffer_add_text(out, date);
}

static void add_count(struct buffer *out, uint64_t n, const char *one, const char *many)
{
    buffer_add_uint(out, n);
    buffer_add_text(out, n == 1 ? one : many);
}

/* Adds what others wrote, made safe to read, and no more of it than a line bears. */
static void add_foreign_text(struct buffer *out, struct span text)
{
    size_t n = NAME_TOLD_MAX;

    if (text.len <= NAME_TOLD_MAX) {
        text_add_safe(out, text);
        return;
    }
    while (n > 0 && (text.at[n] & 0xC0) == 0x80) {
        n--; /* not within a character of UTF-8 */
    }
    text_add_safe(out, span_upto(text, n));
    buffer_add_text(out, "...");
}

static void tell_active(const struct telling *t)
{
    add_date(t->out, "valid until ", t->verdict->best->cert.not_after);
}

static void tell_expiring(const struct telling *t)
{
    int64_t left = t->verdict->best->cert.not_after - t->rules->at;

    add_date(t->out, "expires on ", t->verdict->best->cert.not_after);
    if (left < UTC_DAY) {
        buffer_add_text(t->out, ", in less than a day");
        return;
    }
    buffer_add_text(t->out, ", in ");
    add_count(t->out, (uint64_t)(left / UTC_DAY), " day", " days");
}

static void tell_signing_only(const struct telling *t)
{
    bool signs = cert_purpose(&t->verdict->best->cert) == PURPOSE_SIGNING;

    buffer_add_text(t->out, signs ? "certificate is for signing only: nobody can encrypt to it"
                                  : "certificate is for neither signing nor encrypting mail");
}

static void tell_not_yet_valid(const struct telling *t)
{
    add_date(t->out, "not valid before ", t->verdict->best->cert.not_before);
}

static void tell_expired(const struct telling *t)
{
    add_date(t->out, "expired on ", t->verdict->best->cert.not_after);
}

static void tell_revoked(const struct telling *t)
{
    const struct trust_answer *trust = &t->verdict->best->trust;

    add_date(t->out, "revoked on ", trust->revoked_at);
    if (trust->revoked_reason != NULL) {
        buffer_add_text(t->out, " (");
        buffer_add_text(t->out, trust->revoked_reason);
        buffer_add_text(t->out, ")");
    }
}

static void tell_untrusted(const struct telling *t)
{
    const char *why = t->verdict->best->trust.untrusted_why;

    buffer_add_text(t->out, "certificate does not lead to a trusted authority");
    if (why != NULL) {
        buffer_add_text(t->out, ": ");
        buffer_add_text(t->out, why);
    }
}

static void tell_mismatched(const struct telling *t)
{
    struct cert_emails in = cert_emails_of(&t->verdict->best->cert);
    struct span address;
    size_t n = 0;

    buffer_add_text(t->out, "certificate is for other addresses: ");
    while (candidate_next_address(&in, &address)) {
        if (n < ADDRESSES_TOLD) {
            buffer_add_text(t->out, n > 0 ? ", " : "");
            add_foreign_text(t->out, address);
        }
        n++;
    }
    if (n > ADDRESSES_TOLD) {
        buffer_add_text(t->out, " and ");
        add_count(t->out, n - ADDRESSES_TOLD, " more", " more");
    }
}

static void tell_foreign(const struct telling *t)
{
    uint8_t bytes[1024];
    struct buffer name = {.at = bytes, .capacity = sizeof(bytes), .max = sizeof(bytes)};

    buffer_add_text(t->out, "certificate is not from the KMS but from ");
    if (name_add_short(&name, t->verdict->best->cert.issuer) != FAULT_NONE || name.len == 0) {
        buffer_add_text(t->out, "another issuer");
        return;
    }
    add_foreign_text(t->out, buffer_span(&name));
}

static void tell_unreadable(const struct telling *t)
{
    if (t->mailbox->undecodable == 0) {
        buffer_add_text(t->out, "only certificates of authorities, none of the user");
        return;
    }
    add_count(t->out, t->mailbox->undecodable, " value that cannot be read as a certificate",
              " values that cannot be read as certificates");
}

static void tell_none(const struct telling *t)
{
    buffer_add_text(t->out, t->mailbox->blank == BLANK_NOT_ISSUED
                                ? "no certificate was issued"
                                : "no certificate in the directory");
}

static void tell_unknown(const struct telling *t)
{
    if (t->mailbox->lost > 0) {
        buffer_add_text(t->out,
                        "the export holds the name of a type (System.Byte[]) instead of the "
                        "certificate: export the attribute again with ldifde or csvde");
        return;
    }
    switch (t->mailbox->blank) {
    case BLANK_OTHER_SITE:
        buffer_add_text(t->out, "homed at another site, whose certificates this export does not "
                                "show: export there");
        break;
    case BLANK_HIDDEN:
        buffer_add_text(t->out, "the directory shows this user no certificates: bind as one who "
                                "may read them");
        break;
    case BLANK_UNASKED:
        buffer_add_text(t->out,
                        "no entry of the export shows a certificate: ask for the attributes "
                        "too, as one who may read them");
        break;
    case BLANK_CUT_OFF:
    case BLANK_SHOWN:
    case BLANK_NOT_ISSUED:
        buffer_add_text(t->out, "the record ends before its certificates: export it again");
        break;
    }
}

static tell_fn *const tell[STANDING_COUNT] = {
    [STANDING_ACTIVE] = tell_active,
    [STANDING_EXPIRING] = tell_expiring,
    [STANDING_SIGNING_ONLY] = tell_signing_only,
    [STANDING_NOT_YET_VALID] = tell_not_yet_valid,
    [STANDING_EXPIRED] = tell_expired,
    [STANDING_REVOKED] = tell_revoked,
    [STANDING_UNTRUSTED] = tell_untrusted,
    [STANDING_MISMATCHED] = tell_mismatched,
    [STANDING_FOREIGN] = tell_foreign,
    [STANDING_UNREADABLE] = tell_unreadable,
    [STANDING_NONE] = tell_none,
    [STANDING_UNKNOWN] = tell_unknown,
};

void verdict_add_reason(struct buffer *out, const struct mailbox *mailbox,
                        const struct verdict *verdict, const struct rules *rules)
{
    const struct telling telling = {
        .out = out, .mailbox = mailbox, .verdict = verdict, .rules = rules};

    tell[verdict->standing](&telling);
}
