#include "cert/general_name.h"

#include "cert/der.h"
#include "cert/name_walk.h"

enum { CONTEXT_CONSTRUCTED = DER_CONTEXT | DER_CONSTRUCTED };

/* OtherName ::= SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY } */
static bool read_other(struct span contents, struct general_name *out)
{
    struct cursor body = cursor_over(contents);
    struct cursor value;
    struct der_element element;

    if (!der_take(&body, DER_OID, &out->type) || !der_is_oid(out->type) ||
        !der_enter(&body, CONTEXT_CONSTRUCTED | 0, &value) || body.rest.len > 0) {
        return false;
    }
    out->contents = value.rest;
    return der_next(&value, &element) && der_is_any(&element) && value.rest.len == 0;
}

/* [n] EXPLICIT DirectoryString, of the five types that X.520 gives it */
static bool take_directory_string(struct cursor *in, uint8_t n)
{
    struct cursor value;
    struct der_element element;

    if (!der_enter(in, CONTEXT_CONSTRUCTED | n, &value) || !der_next(&value, &element) ||
        !der_is_any(&element) || value.rest.len > 0) {
        return false;
    }
    return element.tag == DER_UTF8_STRING || element.tag == DER_PRINTABLE_STRING ||
           element.tag == DER_T61_STRING || element.tag == DER_BMP_STRING ||
           element.tag == DER_UNIVERSAL_STRING;
}

/* EDIPartyName ::= SEQUENCE { nameAssigner [0] DirectoryString OPTIONAL, partyName [1] } */
static bool is_edi_party(struct span contents)
{
    struct cursor in = cursor_over(contents);

    if (der_is_next(&in, CONTEXT_CONSTRUCTED | 0) && !take_directory_string(&in, 0)) {
        return false;
    }
    return take_directory_string(&in, 1) && in.rest.len == 0;
}

static bool is_one_name(struct span contents)
{
    struct cursor in = cursor_over(contents);
    struct span name;

    return name_take(&in, &name) && in.rest.len == 0;
}

bool general_name_take(struct cursor *in, struct general_name *out)
{
    struct der_element element;

    if (!der_next(in, &element)) {
        return false;
    }
    *out = (struct general_name){.contents = element.contents};
    switch (element.tag) {
    case CONTEXT_CONSTRUCTED | GENERAL_OTHER:
        out->kind = GENERAL_OTHER;
        return read_other(element.contents, out);
    case CONTEXT_CONSTRUCTED | GENERAL_DIRECTORY: /* explicit, since Name is a CHOICE */
        out->kind = GENERAL_DIRECTORY;
        return is_one_name(element.contents);
    case DER_CONTEXT | GENERAL_REGISTERED_ID:
        out->kind = GENERAL_REGISTERED_ID;
        return der_is_oid(element.contents);
    case DER_CONTEXT | GENERAL_RFC822:
    case DER_CONTEXT | GENERAL_DNS:
    case DER_CONTEXT | GENERAL_URI:
    case DER_CONTEXT | GENERAL_IP:
        out->kind = (enum general_name_kind)(element.tag & ~DER_CONTEXT);
        return true;
    case CONTEXT_CONSTRUCTED | GENERAL_EDI_PARTY:
        out->kind = GENERAL_EDI_PARTY;
        return is_edi_party(element.contents);
    case CONTEXT_CONSTRUCTED | GENERAL_X400:
        out->kind = GENERAL_X400;
        return true;
    default:
        return false;
    }
}

/* Octets of a mail address, a DNS name or a URI whose length is short; 0: any other name. */
static size_t usual_name(struct span in)
{
    size_t size = in.len < 2 ? 0 : (size_t)in.at[1] + 2;

    if (size == 0 || in.at[1] >= 0x80 || size > in.len) {
        return 0;
    }
    return in.at[0] == (DER_CONTEXT | GENERAL_RFC822) || in.at[0] == (DER_CONTEXT | GENERAL_DNS) ||
                   in.at[0] == (DER_CONTEXT | GENERAL_URI)
               ? size
               : 0;
}

bool general_names_check(struct cursor names)
{
    struct general_name name;

    while (names.rest.len > 0) {
        size_t usual = usual_name(names.rest);

        if (usual > 0) {
            der_advance(&names, usual);
        } else if (!general_name_take(&names, &name)) {
            return false;
        }
    }
    return true;
}
