#include "base/cursor.h"
#include "cert/cert.h"
#include "cert/der.h"
#include "cert/general_name.h"

#define OID(bytes) ((struct span){(const uint8_t *)(bytes), sizeof(bytes) - 1})

static bool is_smtp_utf8_mailbox(struct span oid) /* RFC 9598 */
{
    return span_equal(oid, OID("\x2b\x06\x01\x05\x05\x07\x08\x09"));
}

static bool is_principal_name(struct span oid)
{
    return span_equal(oid, OID("\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03"));
}

static bool is_email_address(struct span oid) /* RFC 2985 */
{
    return span_equal(oid, OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"));
}

struct cert_emails cert_emails_of(const struct cert *cert)
{
    return (struct cert_emails){.san = cursor_over(cert->san), .subject = cert->subject};
}

/* What a general name says about mail; false: nothing. */
static bool read_general_name(const struct general_name *name, struct cert_email *out)
{
    struct cursor value = cursor_over(name->contents);

    if (name->kind == GENERAL_RFC822) {
        *out = (struct cert_email){.kind = EMAIL_RFC822, .text = name->contents};
        return true;
    }
    if (name->kind != GENERAL_OTHER || !der_take(&value, DER_UTF8_STRING, &out->text)) {
        return false;
    }
    out->kind = is_principal_name(name->type) ? EMAIL_UPN : EMAIL_SMTP_UTF8;
    return out->kind == EMAIL_UPN || is_smtp_utf8_mailbox(name->type);
}

/* An rfc822Name of short length: as most names are that tell of mail. */
static bool take_usual(struct cursor *names, struct span *text)
{
    const uint8_t *at = names->rest.at;

    if (names->rest.len < 2 || at[0] != (DER_CONTEXT | GENERAL_RFC822) || at[1] >= 0x80 ||
        (size_t)at[1] + 2 > names->rest.len) {
        return false;
    }
    *text = span_of(at + 2, at[1]);
    der_advance(names, (size_t)at[1] + 2);
    return true;
}

bool cert_emails_next(struct cert_emails *in, struct cert_email *out)
{
    struct general_name name;
    struct name_part part;

    if (take_usual(&in->san, &out->text)) {
        out->kind = EMAIL_RFC822;
        in->seen_rfc822 = true;
        return true;
    }
    while (general_name_take(&in->san, &name)) {
        if (read_general_name(&name, out)) {
            in->seen_rfc822 |= out->kind == EMAIL_RFC822;
            return true;
        }
    }
    if (!in->seen_rfc822 && in->subject.len > 0) {
        in->walk = name_walk_of(in->subject);
        in->subject = (struct span){0};
    }
    while (!in->seen_rfc822 && name_walk_next(&in->walk, &part)) {
        uint8_t tag = part.value.tag;

        if (is_email_address(part.type) && part.value.contents.len > 0 &&
            (tag == DER_IA5_STRING || tag == DER_UTF8_STRING || tag == DER_PRINTABLE_STRING)) {
            *out = (struct cert_email){.kind = EMAIL_SUBJECT, .text = part.value.contents};
            return true;
        }
    }
    return false;
}
