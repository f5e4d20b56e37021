#include "cert/crl.h"

#include "cert/canonical.h"
#include "cert/crl_entry.h"
#include "cert/der.h"
#include "cert/der_time.h"

#include <stdlib.h>
#include <string.h>

/* Content octets of the extensions that we know: id-ce (2.5.29) and a number. */
enum {
    ID_CE_NUMBER = 20,
    ID_CE_DELTA = 27,
    ID_CE_POINT = 28,
    ID_CE_AUTHORITY_KEY = 35,
};

enum { KEY_ID_TAG = DER_CONTEXT | 0, FULL_NAME_TAG = DER_CONTEXT | DER_CONSTRUCTED | 0 };

static bool take_flag(struct cursor *in, uint8_t number, bool *flag)
{
    struct span value;

    *flag = false;
    if (!der_is_next(in, DER_CONTEXT | number)) {
        return true;
    }
    if (!der_take(in, DER_CONTEXT | number, &value) || value.len != 1) {
        return false;
    }
    *flag = value.at[0] != 0;
    return true;
}

static bool take_point(struct cursor *in, struct crl *crl)
{
    struct cursor point;
    struct span other;

    if (!der_is_next(in, DER_CONTEXT | DER_CONSTRUCTED | 0)) {
        return true;
    }
    crl->is_part = true;
    if (!der_enter(in, DER_CONTEXT | DER_CONSTRUCTED | 0, &point)) {
        return false;
    }
    if (der_is_next(&point, FULL_NAME_TAG)) {
        return der_take(&point, FULL_NAME_TAG, &crl->point_names) && point.rest.len == 0;
    }
    /* nameRelativeToCRLIssuer: a part of which we cannot tell whose it is. */
    return der_take(&point, DER_CONTEXT | DER_CONSTRUCTED | 1, &other);
}

static bool take_reasons(struct cursor *in, struct crl *crl)
{
    struct span bits;
    unsigned mask = 0;

    if (!der_is_next(in, DER_CONTEXT | 3)) {
        return true;
    }
    if (!der_take(in, DER_CONTEXT | 3, &bits) || !der_is_bit_string(bits)) {
        return false;
    }
    for (unsigned i = 0; i < 9 && 1 + i / 8 < bits.len; i++) {
        mask |= (bits.at[1 + i / 8] & (0x80u >> i % 8)) != 0 ? 1u << i : 0;
    }
    crl->reasons = (uint16_t)(mask & CRL_ALL_REASONS);
    return true;
}

/* IssuingDistributionPoint (RFC 5280, section 5.2.5). Indirect lists: see the header. */
static bool read_scope(struct span value, struct crl *crl)
{
    struct cursor in = cursor_over(value);
    bool indirect;

    if (!der_take(&in, DER_SEQUENCE, &crl->scope) || in.rest.len > 0) {
        return false;
    }
    in = cursor_over(crl->scope);
    return take_point(&in, crl) && take_flag(&in, 1, &crl->only_users) &&
           take_flag(&in, 2, &crl->only_cas) && take_reasons(&in, crl) &&
           take_flag(&in, 4, &indirect) && take_flag(&in, 5, &crl->only_attributes) &&
           in.rest.len == 0;
}

static bool read_number(struct span value, struct span *number)
{
    struct cursor in = cursor_over(value);

    return der_take(&in, DER_INTEGER, number) && in.rest.len == 0 && der_is_integer(*number);
}

static bool read_authority_key(struct span value, struct crl *crl)
{
    struct cursor in = cursor_over(value);
    struct cursor key;

    if (!der_enter(&in, DER_SEQUENCE, &key)) {
        return false;
    }
    return !der_is_next(&key, KEY_ID_TAG) || der_take(&key, KEY_ID_TAG, &crl->authority_key_id);
}

/* What is not known is passed over unless it is critical (RFC 5280, section 5.2). */
static void read_extension(const struct list_extension *extension, struct crl *crl)
{
    bool good = !extension->critical;

    switch (extension->id_ce) {
    case ID_CE_NUMBER:
        good = good && read_number(extension->value, &crl->number); /* must not be critical */
        break;
    case ID_CE_DELTA:
        crl->is_delta = true;
        good = read_number(extension->value, &crl->base_number);
        break;
    case ID_CE_POINT:
        good = read_scope(extension->value, crl);
        break;
    case ID_CE_AUTHORITY_KEY:
        good = read_authority_key(extension->value, crl);
        break;
    default:
        break;
    }
    crl->usable = crl->usable && good;
}

static enum fault read_extensions(struct cursor *tbs, struct crl *crl, struct why *why)
{
    struct list_extension extension;
    struct cursor wrapper, in;

    if (tbs->rest.len == 0) {
        return FAULT_NONE;
    }
    if (!der_enter(tbs, DER_CONTEXT | DER_CONSTRUCTED | 0, &wrapper) || tbs->rest.len > 0 ||
        !der_enter(&wrapper, DER_SEQUENCE, &in)) {
        return fault_at(FAULT_SYNTAX, tbs->offset, "RFC 5280: a list ends with extensions", why);
    }
    while (in.rest.len > 0) {
        if (!list_extension_take(&in, &extension)) {
            return fault_at(FAULT_SYNTAX, in.offset, "RFC 5280: a list's extension", why);
        }
        read_extension(&extension, crl);
    }
    return FAULT_NONE;
}

static size_t slot_of(struct span serial, size_t slot_count)
{
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a: the list's signer chose the serials */

    for (size_t i = 0; i < serial.len; i++) {
        hash = (hash ^ serial.at[i]) * 0x100000001b3;
    }
    return (size_t)(hash ^ hash >> 32) & (slot_count - 1);
}

/* The entry in a slot, which was read before and is right. */
static struct list_entry entry_at(const struct crl *crl, uint32_t slot)
{
    struct cursor in = cursor_over(span_from(crl->der, slot - 1));
    struct list_entry entry = {0};

    (void)!list_entry_take(&in, &entry);
    return entry;
}

/* Of two entries for one serial the first holds. */
static void index_entry(struct crl *crl, const struct list_entry *entry, size_t offset)
{
    size_t slot = slot_of(entry->serial, crl->slot_count);

    while (crl->slots[slot] != 0) {
        if (span_equal(entry_at(crl, crl->slots[slot]).serial, entry->serial)) {
            return;
        }
        slot = (slot + 1) & (crl->slot_count - 1);
    }
    crl->slots[slot] = (uint32_t)offset + 1;
}

static enum fault make_index(struct crl *crl, struct cursor entries, struct why *why)
{
    bool own = true;

    crl->slot_count = 2;
    while (crl->slot_count < crl->entries * 2) {
        crl->slot_count *= 2;
    }
    crl->slots = calloc(crl->slot_count, sizeof *crl->slots);
    if (crl->slots == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    while (entries.rest.len > 0) {
        size_t offset = (size_t)(entries.rest.at - crl->der.at);
        struct list_entry entry;

        if (!list_entry_take(&entries, &entry)) {
            break;
        }
        if (entry.issuer.len > 0) {
            own = canonical_equal(entry.issuer, crl->issuer);
        }
        if (own) {
            index_entry(crl, &entry, offset);
        }
    }
    return FAULT_NONE;
}

static enum fault read_entries(struct cursor *tbs, struct crl *crl, struct why *why)
{
    struct list_entry entry;
    struct cursor first, in;

    if (!der_is_next(tbs, DER_SEQUENCE)) {
        return make_index(crl, (struct cursor){0}, why);
    }
    if (!der_enter(tbs, DER_SEQUENCE, &first)) {
        return fault_at(FAULT_SYNTAX, tbs->offset, "RFC 5280: a list's entries", why);
    }
    for (in = first; in.rest.len > 0; crl->entries++) {
        if (!list_entry_take(&in, &entry)) {
            return fault_at(FAULT_SYNTAX, in.offset, "RFC 5280: an entry of a list", why);
        }
        crl->usable = crl->usable && !entry.critical_unknown;
    }
    return make_index(crl, first, why);
}

static bool is_time_next(const struct cursor *in)
{
    return der_is_next(in, DER_UTC_TIME) || der_is_next(in, DER_GENERALIZED_TIME);
}

/* TBSCertList (RFC 5280, section 5.1.2). */
static enum fault read_tbs(struct crl *crl, struct why *why)
{
    struct cursor body = cursor_over(crl->part.tbs);
    struct span version, algorithm;
    struct cursor in;
    enum fault fault;

    body.offset = (size_t)(crl->part.tbs.at - crl->der.at);
    if (!der_enter(&body, DER_SEQUENCE, &in)) {
        return fault_at(FAULT_SYNTAX, body.offset, "RFC 5280: a list has a body", why);
    }
    if (der_is_next(&in, DER_INTEGER) &&
        (!der_take(&in, DER_INTEGER, &version) || version.len != 1 || version.at[0] > 1)) {
        return fault_at(FAULT_SYNTAX, in.offset, "RFC 5280: a list is of version 1 or 2", why);
    }
    if (!der_take_whole(&in, DER_SEQUENCE, &algorithm) ||
        !span_equal(algorithm, crl->part.algorithm)) {
        return fault_at(FAULT_SYNTAX, in.offset, "RFC 5280: both algorithms are the same", why);
    }
    if (!der_take_whole(&in, DER_SEQUENCE, &crl->issuer) ||
        !der_take_time(&in, &crl->this_update)) {
        return fault_at(FAULT_SYNTAX, in.offset, "RFC 5280: a list has an issuer and a date", why);
    }
    crl->has_next_update = is_time_next(&in);
    if (crl->has_next_update && !der_take_time(&in, &crl->next_update)) {
        return fault_at(FAULT_SYNTAX, in.offset, "RFC 5280: the date of the next list", why);
    }
    fault = read_entries(&in, crl, why);
    return fault != FAULT_NONE ? fault : read_extensions(&in, crl, why);
}

enum fault crl_read(struct span der, struct crl **out, struct why *why)
{
    struct crl *crl;
    uint8_t *copy;
    enum fault fault;

    if (der.len > CRL_SIZE_MAX) {
        return fault_at(FAULT_LIMIT, CRL_SIZE_MAX, "revocation list too long", why);
    }
    crl = calloc(1, sizeof *crl);
    copy = malloc(der.len + 1);
    if (crl == NULL || copy == NULL) {
        free(copy);
        free(crl);
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (der.len > 0) {
        memcpy(copy, der.at, der.len);
    }
    *crl = (struct crl){.der = span_of(copy, der.len), .usable = true, .reasons = CRL_ALL_REASONS};
    fault = signed_part_of(crl->der, &crl->part)
                ? read_tbs(crl, why)
                : fault_at(FAULT_SYNTAX, 0, "RFC 5280: this is no revocation list", why);
    if (fault != FAULT_NONE) {
        crl_free(crl);
        return fault;
    }
    *out = crl;
    return FAULT_NONE;
}

void crl_free(struct crl *crl)
{
    if (crl == NULL) {
        return;
    }
    free(crl->slots);
    free((void *)crl->der.at);
    free(crl);
}

bool crl_find(const struct crl *crl, struct span serial, struct crl_entry *out)
{
    size_t slot = slot_of(serial, crl->slot_count);

    for (; crl->slots[slot] != 0; slot = (slot + 1) & (crl->slot_count - 1)) {
        struct list_entry entry = entry_at(crl, crl->slots[slot]);

        if (span_equal(entry.serial, serial)) {
            *out = (struct crl_entry){.revoked_at = entry.revoked_at, .reason = entry.reason};
            return true;
        }
    }
    return false;
}

const char *crl_reason_name(int reason)
{
    static const char *const names[REASON_LAST + 1] = {
        "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
        "superseded",    "cessationOfOperation", "certificateHold", NULL, /* 7 is not used */
        "removeFromCRL", "privilegeWithdrawn",   "aACompromise",
    };

    return reason >= 0 && reason <= REASON_LAST ? names[reason] : NULL;
}
