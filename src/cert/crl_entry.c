#include "cert/crl_entry.h"

#include "cert/crl.h"
#include "cert/der.h"
#include "cert/der_time.h"
#include "cert/general_name.h"

/* Extensions of an entry, by the last number of id-ce. */
enum { ID_CE_REASON = 21, ID_CE_INVALIDITY_DATE = 24, ID_CE_CERTIFICATE_ISSUER = 29 };

static bool take_critical(struct cursor *in, bool *critical)
{
    struct span value;

    *critical = false;
    if (!der_is_next(in, DER_BOOLEAN)) {
        return true;
    }
    if (!der_take(in, DER_BOOLEAN, &value) || value.len != 1) {
        return false;
    }
    *critical = value.at[0] != 0;
    return true;
}

bool list_extension_take(struct cursor *in, struct list_extension *out)
{
    struct cursor ahead = *in;
    struct cursor inner;
    struct span oid;

    if (!der_enter(&ahead, DER_SEQUENCE, &inner) || !der_take(&inner, DER_OID, &oid) ||
        !der_is_oid(oid) || !take_critical(&inner, &out->critical) ||
        !der_take(&inner, DER_OCTET_STRING, &out->value) || inner.rest.len > 0) {
        return false;
    }
    out->id_ce = oid.len == 3 && oid.at[0] == 0x55 && oid.at[1] == 0x1d ? oid.at[2] : -1;
    *in = ahead;
    return true;
}

static bool read_reason(struct span value, struct list_entry *entry)
{
    struct cursor in = cursor_over(value);
    struct span number;

    if (!der_take(&in, DER_ENUMERATED, &number) || in.rest.len > 0 || number.len != 1 ||
        number.at[0] > REASON_LAST) {
        return false;
    }
    entry->reason = number.at[0];
    return true;
}

/* GeneralNames with one directory name; RFC 5280 wants the issuer's distinguished name. */
static bool read_issuer(struct span value, struct list_entry *entry)
{
    struct cursor in = cursor_over(value);
    struct general_name name;
    struct cursor names;

    if (!der_enter(&in, DER_SEQUENCE, &names)) {
        return false;
    }
    while (general_name_take(&names, &name)) {
        if (name.kind == GENERAL_DIRECTORY) {
            entry->issuer = name.contents;
            return true;
        }
    }
    return false;
}

/* A certificate issuer that cannot be read could be anybody: the list is not to be used then. */
static void read_extension(const struct list_extension *extension, struct list_entry *entry)
{
    bool good = !extension->critical;

    switch (extension->id_ce) {
    case ID_CE_REASON:
        good = read_reason(extension->value, entry);
        break;
    case ID_CE_CERTIFICATE_ISSUER:
        good = read_issuer(extension->value, entry);
        break;
    case ID_CE_INVALIDITY_DATE:
        good = true; /* told, not asked: the revocation counts from its own date */
        break;
    default:
        break;
    }
    entry->critical_unknown = entry->critical_unknown || !good;
}

bool list_entry_take(struct cursor *in, struct list_entry *out)
{
    struct list_entry entry = {.reason = REASON_NONE};
    struct cursor ahead = *in;
    struct cursor inner, extensions = {0};
    struct list_extension extension;

    if (!der_enter(&ahead, DER_SEQUENCE, &inner) || !der_take(&inner, DER_INTEGER, &entry.serial) ||
        !der_is_integer(entry.serial) || !der_take_time(&inner, &entry.revoked_at)) {
        return false;
    }
    if (inner.rest.len > 0 &&
        (!der_enter(&inner, DER_SEQUENCE, &extensions) || inner.rest.len > 0)) {
        return false;
    }
    while (extensions.rest.len > 0) {
        if (!list_extension_take(&extensions, &extension)) {
            return false;
        }
        read_extension(&extension, &entry);
    }
    *in = ahead;
    *out = entry;
    return true;
}
