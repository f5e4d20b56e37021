#include "kms/authority/issue.h"

#include <stdlib.h>

#include "base/text.h"
#include "base/utc.h"
#include "cert/cert.h"
#include "cert/der.h"
#include "cert/der_write.h"
#include "cert/extension.h"
#include "cert/key.h"
#include "kms/authority/address_write.h"
#include "kms/authority/authority.h"
#include "kms/authority/crl_make.h"
#include "kms/authority/extension_write.h"
#include "kms/authority/lint.h"
#include "kms/authority/name_write.h"
#include "kms/authority/tbs_write.h"
#include "kms/people/random.h"

enum { CLOCK_SECONDS = 300, OID_BYTES_MAX = 64 };

struct issuer {
    const struct authority *authority;
    const struct profile *profile;
    struct key_signer *signer;
    struct buffer common; /* extensions that are the same in all certificates */
    struct buffer subject, extensions, tbs, draft, signature; /* of the one in the making */
};

/* The first byte is 1 to 127: the number is positive, and of the same length each time. */
enum fault serial_make(uint8_t out[SERIAL_SIZE], struct why *why)
{
    uint8_t random[SERIAL_SIZE];

    do {
        enum fault fault = random_bytes(random, sizeof(random), why);

        if (fault != FAULT_NONE) {
            return fault;
        }
        random[0] &= 0x7F;
    } while (random[0] == 0);
    memcpy(out, random, SERIAL_SIZE);
    return FAULT_NONE;
}

enum fault subject_check_address(struct span address, struct why *why)
{
    return address_check(address, why);
}

enum fault subject_check_name(struct span name, struct why *why)
{
    if (!name_is_writable(name)) {
        return fault_at(FAULT_SYNTAX, 0, "a display name is UTF-8 without control characters", why);
    }
    return FAULT_NONE;
}

static enum fault add_common(struct issuer *issuer, struct why *why)
{
    const struct profile *profile = issuer->profile;
    struct buffer *out = &issuer->common;
    uint8_t bytes[OID_BYTES_MAX];
    struct buffer policy = {.at = bytes, .capacity = sizeof(bytes), .max = sizeof(bytes)};

    extension_add_authority_key_id(out, authority_facts(issuer->authority)->subject_key_id);
    extension_add_email_protection(out);
    if (profile->policy[0] != '\0') {
        if (oid_add_dotted(span_text(profile->policy), &policy) != FAULT_NONE) {
            return fault_at(FAULT_SYNTAX, 0, "the policy of the profile is no OID", why);
        }
        extension_add_policy(out, buffer_span(&policy), span_text(profile->policy_url));
    }
    if (profile->aia_url[0] != '\0') {
        extension_add_ca_issuers(out, span_text(profile->aia_url));
    }
    return out->fault == FAULT_NONE ? FAULT_NONE : fault_at(out->fault, 0, "out of memory", why);
}

enum fault issuer_new(const struct authority *authority, const struct profile *profile,
                      struct issuer **out, struct why *why)
{
    struct issuer *issuer = calloc(1, sizeof(*issuer));
    enum fault fault;

    if (issuer == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    *issuer = (struct issuer){
        .authority = authority,
        .profile = profile,
        .common = buffer_with_max(CERTIFICATE_MAX),
        .subject = buffer_with_max(CERTIFICATE_MAX),
        .extensions = buffer_with_max(CERTIFICATE_MAX),
        .tbs = buffer_with_max(CERTIFICATE_MAX),
        .draft = buffer_with_max(CERTIFICATE_MAX),
        .signature = buffer_with_max(CERTIFICATE_MAX),
    };
    fault = key_signer_new(authority_key(authority), &issuer->signer, why);
    if (fault == FAULT_NONE) {
        fault = add_common(issuer, why);
    }
    if (fault != FAULT_NONE) {
        issuer_free(issuer);
        return fault;
    }
    *out = issuer;
    return FAULT_NONE;
}

void issuer_free(struct issuer *issuer)
{
    if (issuer != NULL) {
        key_signer_free(issuer->signer);
        buffer_clear(&issuer->common);
        buffer_clear(&issuer->subject);
        buffer_clear(&issuer->extensions);
        buffer_clear(&issuer->tbs);
        buffer_clear(&issuer->draft);
        buffer_clear(&issuer->signature);
        free(issuer);
    }
}

enum fault issuer_validity(const struct issuer *issuer, int64_t now, int64_t *not_before,
                           int64_t *not_after, struct why *why)
{
    const struct cert *ca = authority_facts(issuer->authority);
    int64_t begin = now - CLOCK_SECONDS > ca->not_before ? now - CLOCK_SECONDS : ca->not_before;
    int64_t end = begin + issuer->profile->validity - 1; /* the last second counts */

    if (ca->not_before > now) {
        return fault_at(FAULT_DENIED, 0, "the issuing CA is not valid yet", why);
    }
    if (ca->not_after < now + UTC_DAY) {
        return fault_at(FAULT_DENIED, 0, "the issuing CA has ended, or does within a day", why);
    }
    *not_before = begin;
    *not_after = end < ca->not_after ? end : ca->not_after;
    return FAULT_NONE;
}

static enum fault check_order(const struct certificate_order *order, struct why *why)
{
    const struct subject *subject = order->subject;
    enum fault fault = subject_check_name(subject->name, why);

    if (fault == FAULT_NONE && subject->organization.len > 0 &&
        (!name_is_writable(subject->organization) ||
         name_characters(subject->organization) > NAME_CHARACTERS_MAX)) {
        fault = fault_at(FAULT_SYNTAX, 0, "the organization is no name of 64 characters", why);
    }
    if (fault == FAULT_NONE && subject->address_count > ADDRESSES_MAX) {
        fault = fault_at(FAULT_LIMIT, ADDRESSES_MAX, "a certificate has 64 addresses at most", why);
    }
    if (fault == FAULT_NONE && subject->address_count == 0) {
        fault = fault_at(FAULT_SYNTAX, 0, "a certificate names a mail address", why);
    }
    for (size_t i = 0; fault == FAULT_NONE && i < subject->address_count; i++) {
        fault = address_check(subject->addresses[i], why);
    }
    return fault;
}

/*
 * CN is the display name or the address. An address of more than 64 characters is none that CN may
 * hold, and cut it would be another's: then there is no CN.
 */
static void add_subject(struct issuer *issuer, const struct subject *subject)
{
    const struct span nothing = {0};
    struct span name = name_cut(subject->name);
    struct span address = subject->addresses[0];

    if (issuer->profile->subject == PROFILE_SUBJECT_ADDRESS || name.len == 0) {
        name = name_characters(address) <= NAME_CHARACTERS_MAX ? address : nothing;
    }
    name_write(&issuer->subject, issuer->profile->organization ? subject->organization : nothing,
               name);
}

static void add_addresses(struct buffer *out, const struct subject *subject, bool critical)
{
    struct extension e = extension_open(out, CE_SUBJECT_ALT_NAME, critical);
    size_t names = der_open(out, DER_SEQUENCE);

    for (size_t i = 0; i < subject->address_count; i++) {
        address_write(out, subject->addresses[i]);
    }
    der_close(out, names);
    extension_close(out, e);
}

static uint16_t usage_for(const struct issuer *issuer, enum purpose purpose, enum key_type type)
{
    if (purpose == PURPOSE_SIGNING) {
        return issuer->profile->non_repudiation ? USAGE_DIGITAL_SIGNATURE | USAGE_NON_REPUDIATION
                                                : USAGE_DIGITAL_SIGNATURE;
    }
    return type == KEY_RSA ? USAGE_KEY_ENCIPHERMENT : USAGE_KEY_AGREEMENT;
}

static enum fault add_extensions(struct issuer *issuer, const struct certificate_order *order,
                                 struct why *why)
{
    struct cursor in = cursor_over(order->spki);
    struct buffer *out = &issuer->extensions;
    uint8_t id[KEY_ID_SIZE];
    uint8_t url_bytes[PROFILE_URL_MAX];
    struct buffer url = {.at = url_bytes, .capacity = sizeof(url_bytes), .max = sizeof(url_bytes)};
    struct cert_key key;
    struct span whole;
    enum fault fault = key_identifier_of(order->spki, id, why);

    if (fault != FAULT_NONE || !key_take(&in, &whole, &key)) {
        return fault;
    }
    buffer_add(out, buffer_span(&issuer->common));
    extension_add_subject_key_id(out, span_of(id, sizeof(id)));
    extension_add_key_usage(out, usage_for(issuer, order->purpose, key.type));
    /* RFC 5280, section 4.2.1.6: critical where the subject has no name */
    add_addresses(out, order->subject, issuer->subject.len <= 2);
    profile_add_crl_url(
        issuer->profile,
        crl_part_of(span_of(order->serial, SERIAL_SIZE), issuer->profile->crl_parts), &url);
    if (url.len > 0) {
        extension_add_crl_point(out, buffer_span(&url));
    }
    return FAULT_NONE;
}

/* As it will be, but for the signature, whose place is empty: what is not good is never signed. */
static enum fault lint_draft(struct issuer *issuer, const struct certificate_order *order,
                             struct why *why)
{
    const struct lint_ask ask = {
        .purpose = order->purpose,
        .addresses = order->subject->addresses,
        .address_count = order->subject->address_count,
        .ca_not_after = authority_not_after(issuer->authority),
        .now = order->now,
    };
    struct cert cert;
    enum fault fault;

    signed_write(&issuer->draft, buffer_span(&issuer->tbs), authority_algorithm(issuer->authority),
                 span_of(NULL, 0));
    if (issuer->draft.fault != FAULT_NONE) {
        return fault_at(issuer->draft.fault, 0, "a certificate of more than 64 KiB", why);
    }
    fault = cert_read(buffer_span(&issuer->draft), &cert, why);
    return fault != FAULT_NONE ? fault : lint_certificate(&cert, &ask, why);
}

static enum fault build(struct issuer *issuer, const struct certificate_order *order,
                        struct why *why)
{
    enum fault fault;

    buffer_reset(&issuer->subject);
    buffer_reset(&issuer->extensions);
    buffer_reset(&issuer->tbs);
    buffer_reset(&issuer->draft);
    buffer_reset(&issuer->signature);
    add_subject(issuer, order->subject);
    fault = add_extensions(issuer, order, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    tbs_write(&issuer->tbs, &(struct tbs){
                                .serial = span_of(order->serial, SERIAL_SIZE),
                                .algorithm = authority_algorithm(issuer->authority),
                                .issuer = authority_facts(issuer->authority)->subject,
                                .subject = buffer_span(&issuer->subject),
                                .not_before = order->not_before,
                                .not_after = order->not_after,
                                .spki = order->spki,
                                .extensions = buffer_span(&issuer->extensions),
                            });
    if (issuer->tbs.fault != FAULT_NONE || issuer->extensions.fault != FAULT_NONE ||
        issuer->subject.fault != FAULT_NONE) {
        return fault_at(FAULT_LIMIT, 0, "a certificate of more than 64 KiB", why);
    }
    return lint_draft(issuer, order, why);
}

enum fault certificate_make(struct issuer *issuer, const struct certificate_order *order,
                            struct buffer *der, struct why *why)
{
    size_t before = der->len;
    enum fault fault = check_order(order, why);

    if (fault == FAULT_NONE) {
        fault = build(issuer, order, why);
    }
    if (fault == FAULT_NONE) {
        fault = key_signer_sign(issuer->signer, buffer_span(&issuer->tbs), &issuer->signature, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    signed_write(der, buffer_span(&issuer->tbs), authority_algorithm(issuer->authority),
                 buffer_span(&issuer->signature));
    if (der->fault != FAULT_NONE) {
        der->len = before;
        return fault_at(der->fault, 0, "no room for a certificate", why);
    }
    return FAULT_NONE;
}
