#include "kms/authority/lint.h"

#include "base/text.h"
#include "base/utc.h"
#include "cert/name_walk.h"
#include "kms/authority/address_write.h"
#include "kms/authority/key.h"
#include "kms/authority/profile.h"
#include "verdict/candidate.h"
#include "verdict/verdict.h"
#include "verdict/weak.h"

enum { SERIAL_LEAST = 9, SERIAL_MOST = 20, CHARACTERS_MAX = 64 };

typedef bool lint_holds(const struct cert *cert, const struct lint_ask *ask);

static bool is_v3(const struct cert *cert, const struct lint_ask *ask)
{
    (void)ask;
    return cert->version == 3;
}

/* 64 random bits do not fit 8 octets, of which the first bit is the sign. */
static bool serial_is_right(const struct cert *cert, const struct lint_ask *ask)
{
    (void)ask;
    return cert->serial.len >= SERIAL_LEAST && cert->serial.len <= SERIAL_MOST &&
           (cert->serial.at[0] & 0x80) == 0;
}

static bool signature_is_strong(const struct cert *cert, const struct lint_ask *ask)
{
    (void)ask;
    return !weak_signature(cert);
}

static bool key_is_ours(const struct cert *cert, const struct lint_ask *ask)
{
    enum key_kind kind;

    (void)ask;
    return !weak_key(&cert->key) && key_kind_of(&cert->key, &kind);
}

static bool has_issuer(const struct cert *cert, const struct lint_ask *ask)
{
    (void)ask;
    return cert->issuer.len > 2;
}

static bool subject_is_writable(const struct cert *cert, const struct lint_ask *ask)
{
    struct name_walk walk = name_walk_of(cert->subject);
    struct name_part part;

    (void)ask;
    while (name_walk_next(&walk, &part)) {
        struct cursor in = cursor_over(part.value.contents);
        size_t characters = 0;

        if (part.value.tag != DER_UTF8_STRING || in.rest.len == 0 || !text_is_utf8(in.rest)) {
            return false;
        }
        for (; in.rest.len > 0; characters++) {
            if (text_is_unsafe(text_next(&in))) {
                return false;
            }
        }
        if (characters > CHARACTERS_MAX) {
            return false;
        }
    }
    return true;
}

static bool is_no_ca(const struct cert *cert, const struct lint_ask *ask)
{
    (void)ask;
    return !cert->ca && (cert->key_usage & (USAGE_KEY_CERT_SIGN | USAGE_CRL_SIGN)) == 0;
}

static bool extensions_are_whole(const struct cert *cert, const struct lint_ask *ask)
{
    (void)ask;
    return !cert->extension_broken && !cert->has_critical_unknown;
}

static bool has_key_ids(const struct cert *cert, const struct lint_ask *ask)
{
    (void)ask;
    return cert->subject_key_id.len > 0 && cert->authority_key_id.len > 0;
}

/* S/MIME Baseline Requirements, section 7.1.2.3 e: by the kind of key. */
static bool usage_fits(const struct cert *cert, const struct lint_ask *ask)
{
    if (!cert->has_key_usage) {
        return false;
    }
    if (ask->purpose == PURPOSE_SIGNING) {
        return (cert->key_usage & USAGE_DIGITAL_SIGNATURE) != 0 &&
               (cert->key_usage & ~(USAGE_DIGITAL_SIGNATURE | USAGE_NON_REPUDIATION)) == 0;
    }
    return cert->key_usage ==
           (cert->key.type == KEY_RSA ? USAGE_KEY_ENCIPHERMENT : USAGE_KEY_AGREEMENT);
}

static bool is_for_mail_alone(const struct cert *cert, const struct lint_ask *ask)
{
    static const uint8_t email_protection[] = {0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04};
    struct cursor eku = cursor_over(cert->eku);
    struct span oid;

    (void)ask;
    return cert->eku.at != NULL && cert_eku_next(&eku, &oid) && eku.rest.len == 0 &&
           span_equal(oid, span_of(email_protection, sizeof(email_protection)));
}

static bool purpose_is_as_ordered(const struct cert *cert, const struct lint_ask *ask)
{
    return cert_purpose(cert) == ask->purpose;
}

static bool names_an_address(const struct cert *cert, const struct lint_ask *ask)
{
    struct cert_emails in = cert_emails_of(cert);
    struct cert_email email;

    (void)ask;
    return cert_emails_next(&in, &email);
}

/* RFC 5280, section 4.2.1.6, and RFC 9598, section 3. */
static bool addresses_have_their_form(const struct cert *cert, const struct lint_ask *ask)
{
    struct cert_emails in = cert_emails_of(cert);
    struct cert_email email;

    (void)ask;
    while (cert_emails_next(&in, &email)) {
        struct why why;
        size_t at;
        bool local_is_ascii;

        if (address_check(email.text, &why) != FAULT_NONE || !span_find(email.text, '@', &at) ||
            address_has_u_label(email.text)) {
            return false;
        }
        local_is_ascii = text_is_ascii(span_upto(email.text, at));
        if (email.kind != (local_is_ascii ? EMAIL_RFC822 : EMAIL_SMTP_UTF8)) {
            return false;
        }
    }
    return true;
}

/* A U-label comes in small letters, so its case may differ; nothing else may. */
static bool is_same(struct span asked, struct span named)
{
    enum address_match match = address_compare(asked, named);

    return match == ADDRESS_SAME || (match == ADDRESS_SAME_BUT_CASE && address_has_u_label(asked));
}

static bool names_all(const struct cert *cert, const struct lint_ask *ask)
{
    for (size_t i = 0; i < ask->address_count; i++) {
        struct cert_emails in = cert_emails_of(cert);
        struct cert_email email;
        bool found = false;

        while (!found && cert_emails_next(&in, &email)) {
            found = is_same(ask->addresses[i], email.text);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static bool names_no_other(const struct cert *cert, const struct lint_ask *ask)
{
    struct cert_emails in = cert_emails_of(cert);
    struct cert_email email;

    while (cert_emails_next(&in, &email)) {
        bool found = false;

        for (size_t i = 0; !found && i < ask->address_count; i++) {
            found = is_same(ask->addresses[i], email.text);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static bool has_begun(const struct cert *cert, const struct lint_ask *ask)
{
    return cert->not_before <= ask->now && cert->not_before >= ask->now - UTC_DAY;
}

/* Both ends count: the last second is one of the 825 days. */
static bool is_not_too_long(const struct cert *cert, const struct lint_ask *ask)
{
    const int64_t most = (int64_t)PROFILE_VALIDITY_DAYS_MAX * UTC_DAY;

    (void)ask;
    return cert->not_after > cert->not_before && cert->not_after - cert->not_before < most;
}

static bool ends_with_its_ca(const struct cert *cert, const struct lint_ask *ask)
{
    return cert->not_after <= ask->ca_not_after;
}

/* As a mailbox with these addresses and this one certificate, at the time. */
static struct verdict verdict_on(const struct cert *cert, const struct lint_ask *ask,
                                 struct candidate *candidate)
{
    const struct rules rules = {.at = ask->now};
    struct mailbox mailbox = {
        .candidates = candidate,
        .count = 1,
        .addresses = ask->addresses,
        .address_count = ask->address_count,
        .values = 1,
        .first_attribute_values = 1,
    };

    *candidate = (struct candidate){.cert = *cert, .first_attribute = true, .form = BUNDLE_X509};
    return verdict_of(&mailbox, &rules);
}

static bool users_would_stand(const struct cert *cert, const struct lint_ask *ask)
{
    struct candidate candidate;
    struct verdict verdict = verdict_on(cert, ask, &candidate);

    return verdict.standing ==
           (ask->purpose == PURPOSE_SIGNING ? STANDING_SIGNING_ONLY : STANDING_ACTIVE);
}

/* But for what is chosen with the key, and the case of a U-label, which names_all() judges. */
static bool users_would_not_warn(const struct cert *cert, const struct lint_ask *ask)
{
    const uint32_t chosen = WARNING_EC_ONLY | WARNING_ADDRESS_CASE;
    struct candidate candidate;

    return (verdict_on(cert, ask, &candidate).warnings & ~chosen) == 0;
}

static const struct rule {
    lint_holds *holds;
    const char *sentence;
} rules[] = {
    {is_v3, "RFC 5280, section 4.1.2.1: a certificate with extensions is of version 3"},
    {serial_is_right, "S/MIME BR, section 7.1: a serial number is positive, of 9 to 20 bytes"},
    {signature_is_strong, "RFC 8551, section 2.2: no signature over a weak hash"},
    {key_is_ours, "S/MIME BR, section 6.1.5: the key is weak or of a kind not certified"},
    {has_issuer, "RFC 5280, section 4.1.2.4: the issuer has a name"},
    {subject_is_writable, "RFC 5280, appendix A.1: names are 1 to 64 characters, no controls"},
    {extensions_are_whole, "RFC 5280, section 4.2: an extension is broken or unknown"},
    {is_no_ca, "RFC 5280, section 4.2.1.9: a user's certificate is no CA's"},
    {has_key_ids, "RFC 5280, section 4.2.1: key identifiers of subject and authority are there"},
    {usage_fits, "S/MIME BR, section 7.1.2.3: key usage does not fit the purpose and the key"},
    {is_for_mail_alone, "S/MIME BR, section 7.1.2.3: extended key usage is emailProtection"},
    {purpose_is_as_ordered, "RFC 8550, section 4.4: the key cannot serve this purpose"},
    {names_an_address, "RFC 8550, section 3: the certificate names no mail address"},
    {addresses_have_their_form, "RFC 9598, section 3: an address has not the form it should have"},
    {names_all, "an address that was ordered is not in the certificate, letter for letter"},
    {names_no_other, "an address is in the certificate that was not ordered"},
    {has_begun, "the certificate's validity begins neither today nor yesterday"},
    {is_not_too_long, "S/MIME BR, section 6.3.2: a certificate is valid for at most 825 days"},
    {ends_with_its_ca, "a certificate does not outlive the CA that issues it"},
    {users_would_stand, "keyroster-users(1) would not find the certificate good"},
    {users_would_not_warn, "keyroster-users(1) would warn of the certificate"},
};

enum { RULE_COUNT = sizeof(rules) / sizeof(rules[0]) };

const char *lint_rule(size_t index) { return index < RULE_COUNT ? rules[index].sentence : NULL; }

uint32_t lint_broken(const struct cert *cert, const struct lint_ask *ask)
{
    uint32_t broken = 0;

    for (size_t i = 0; i < RULE_COUNT; i++) {
        broken |= rules[i].holds(cert, ask) ? 0 : (uint32_t)1 << i;
    }
    return broken;
}

enum fault lint_certificate(const struct cert *cert, const struct lint_ask *ask, struct why *why)
{
    for (size_t i = 0; i < RULE_COUNT; i++) {
        if (!rules[i].holds(cert, ask)) {
            return fault_at(FAULT_DENIED, 0, rules[i].sentence, why);
        }
    }
    return FAULT_NONE;
}
