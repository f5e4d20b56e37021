#include "kms/authority/crl_make.h"

#include <inttypes.h>
#include <stdio.h>

#include "cert/crl.h"
#include "cert/der.h"
#include "cert/der_write.h"
#include "kms/authority/authority.h"
#include "kms/authority/extension_write.h"
#include "kms/authority/tbs_write.h"

enum {
    VERSION_2 = 1,
    CE_CRL_NUMBER = 20,
    CE_REASON_CODE = 21,
    CE_ISSUING_DISTRIBUTION_POINT = 28,
    PART_NAME_SIZE = 32,
};

/* Reasons for users' certificates; the others are for CAs and for delta lists. */
static const enum crl_reason user_reasons[] = {
    REASON_UNSPECIFIED,         REASON_KEY_COMPROMISE,         REASON_AFFILIATION_CHANGED,
    REASON_SUPERSEDED,          REASON_CESSATION_OF_OPERATION, REASON_CERTIFICATE_HOLD,
    REASON_PRIVILEGE_WITHDRAWN,
};

bool crl_reason_find(struct span name, enum crl_reason *out)
{
    for (size_t i = 0; i < sizeof(user_reasons) / sizeof(user_reasons[0]); i++) {
        if (span_is(name, crl_reason_name((int)user_reasons[i]))) {
            *out = user_reasons[i];
            return true;
        }
    }
    return false;
}

uint32_t crl_part_of(struct span serial, uint32_t parts)
{
    uint32_t last = 0;

    for (size_t i = serial.len < 4 ? 0 : serial.len - 4; i < serial.len; i++) {
        last = last << 8 | serial.at[i];
    }
    return parts <= 1 ? 1 : last % parts + 1;
}

bool crl_item_is_in(const struct crl_item *item, uint32_t part, uint32_t parts)
{
    const bool is_named = item->part != 0 && item->part <= parts;

    return parts <= 1 || part == (is_named ? item->part : crl_part_of(item->serial, parts));
}

static enum fault check_order(const struct crl_order *order, struct why *why)
{
    if (order->next_update <= order->this_update) {
        return fault_at(FAULT_SYNTAX, 0, "RFC 5280: a list's next update comes after it", why);
    }
    if (order->parts <= 1) {
        return FAULT_NONE;
    }
    if (order->part < 1 || order->part > order->parts || order->parts > PROFILE_PARTS_MAX) {
        return fault_at(FAULT_SYNTAX, 0, "there is no such part of the list", why);
    }
    return FAULT_NONE;
}

/* RFC 5280, section 5.3.1: no extension rather than `unspecified`. */
static void add_item(struct buffer *out, const struct crl_item *item)
{
    size_t entry = der_open(out, DER_SEQUENCE);

    der_add(out, DER_INTEGER, item->serial);
    der_add_time(out, item->revoked_at);
    if (item->reason != REASON_UNSPECIFIED) {
        size_t extensions = der_open(out, DER_SEQUENCE);
        struct extension e = extension_open(out, CE_REASON_CODE, false);

        der_add_number(out, DER_ENUMERATED, (uint64_t)item->reason);
        extension_close(out, e);
        der_close(out, extensions);
    }
    der_close(out, entry);
}

/* An empty list of entries is not written (section 5.1.2.6). */
static enum fault add_items(struct buffer *out, const struct crl_order *order, crl_next *next,
                            void *context, struct why *why)
{
    size_t before = out->len;
    size_t entries = der_open(out, DER_SEQUENCE);
    enum fault fault;
    struct crl_item item;

    while ((fault = next(context, &item, why)) == FAULT_NONE) {
        if (!crl_item_is_in(&item, order->part, order->parts)) {
            continue;
        }
        add_item(out, &item);
        if (out->fault != FAULT_NONE) {
            return fault_at(out->fault, 0, "no room for the revocation list", why);
        }
    }
    if (fault != FAULT_ABSENT) {
        return fault;
    }
    if (out->fault == FAULT_NONE && out->len == entries) {
        out->len = before;
    } else {
        der_close(out, entries);
    }
    return FAULT_NONE;
}

static void add_issuing_point(struct buffer *out, const struct authority *authority,
                              const struct crl_order *order)
{
    struct cursor in = cursor_over(authority_facts(authority)->subject);
    struct extension e = extension_open(out, CE_ISSUING_DISTRIBUTION_POINT, true);
    size_t point = der_open(out, DER_SEQUENCE);
    char name[PART_NAME_SIZE];
    struct span rdns = {0};

    if (order->url.len > 0) {
        distribution_point_write(out, order->url);
    } else if (der_take(&in, DER_SEQUENCE, &rdns)) { /* it was read before: it is one */
        (void)snprintf(name, sizeof(name), "CRL %" PRIu32 "/%" PRIu32, order->part, order->parts);
        distribution_point_write_below(out, rdns, span_text(name));
    }
    der_close(out, point);
    extension_close(out, e);
}

static void add_extensions(struct buffer *out, const struct authority *authority,
                           const struct crl_order *order)
{
    size_t tagged = der_open(out, DER_CONTEXT | DER_CONSTRUCTED | 0);
    size_t extensions = der_open(out, DER_SEQUENCE);
    struct extension e;

    extension_add_authority_key_id(out, authority_facts(authority)->subject_key_id);
    e = extension_open(out, CE_CRL_NUMBER, false);
    der_add_number(out, DER_INTEGER, order->number);
    extension_close(out, e);
    if (order->parts > 1) {
        add_issuing_point(out, authority, order);
    }
    der_close(out, extensions);
    der_close(out, tagged);
}

enum fault crl_make(const struct authority *authority, const struct crl_order *order,
                    crl_next *next, void *context, struct buffer *der, struct why *why)
{
    struct buffer signature = buffer_with_max(1024);
    size_t before = der->len;
    size_t list = der_open(der, DER_SEQUENCE);
    size_t tbs_before = der->len;
    size_t tbs = der_open(der, DER_SEQUENCE);
    enum fault fault = check_order(order, why);

    if (fault == FAULT_NONE) {
        der_add_number(der, DER_INTEGER, VERSION_2);
        buffer_add(der, authority_algorithm(authority));
        buffer_add(der, authority_facts(authority)->subject);
        der_add_time(der, order->this_update);
        der_add_time(der, order->next_update);
        fault = add_items(der, order, next, context, why);
    }
    if (fault == FAULT_NONE) {
        add_extensions(der, authority, order);
        der_close(der, tbs);
        fault = authority_sign(authority, span_from(buffer_span(der), tbs_before), &signature, why);
    }
    if (fault == FAULT_NONE) {
        buffer_add(der, authority_algorithm(authority));
        der_add_bits(der, buffer_span(&signature));
        der_close(der, list);
        if (der->fault != FAULT_NONE) {
            fault = fault_at(der->fault, 0, "no room for the revocation list", why);
        }
    }
    buffer_clear(&signature);
    if (fault != FAULT_NONE) {
        der->len = before < der->len ? before : der->len;
    }
    return fault;
}
