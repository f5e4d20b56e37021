#include "compare_names.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/objects.h>

#include "cert/name.h"

enum { TEXT_MAX = 1 << 20 };

static bool is_same_type_name(int nid)
{
    static const int nids[] = {
        NID_commonName,
        NID_countryName,
        NID_localityName,
        NID_stateOrProvinceName,
        NID_organizationName,
        NID_organizationalUnitName,
        NID_domainComponent,
        NID_userId,
        NID_pkcs9_emailAddress,
        NID_serialNumber,
        NID_title,
        NID_initials,
        NID_name,
        NID_dnQualifier,
        NID_generationQualifier,
    };

    for (size_t i = 0; i < sizeof(nids) / sizeof(nids[0]); i++) {
        if (nids[i] == nid) {
            return true;
        }
    }
    return false;
}

/* A string of a type that both convert, without control characters. */
static bool is_same_value(const ASN1_STRING *value)
{
    unsigned char *text = NULL;
    int type = ASN1_STRING_type(value);
    int len;
    bool plain = true;

    if (type == V_ASN1_BIT_STRING || type == V_ASN1_SEQUENCE || type == V_ASN1_OTHER) {
        return false;
    }
    len = ASN1_STRING_to_UTF8(&text, value);
    for (int i = 0; i < len; i++) {
        plain = plain && text[i] >= ' ' && text[i] != 0x7f;
    }
    if (len == 1 && text[0] == '#') {
        plain = false; /* libcrypto forgets to escape it when it is alone; RFC 4514 does not */
    }
    OPENSSL_free(text);
    return len >= 0 && plain;
}

static bool is_comparable(const X509_NAME *name)
{
    for (int i = 0; i < X509_NAME_entry_count(name); i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);

        if (!is_same_type_name(OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry))) ||
            !is_same_value(X509_NAME_ENTRY_get_data(entry)) ||
            (i > 0 &&
             X509_NAME_ENTRY_set(entry) == X509_NAME_ENTRY_set(X509_NAME_get_entry(name, i - 1)))) {
            return false;
        }
    }
    return true;
}

const char *compare_name(const X509_NAME *theirs, struct span ours)
{
    struct buffer text = buffer_with_max(TEXT_MAX);
    BIO *out = BIO_new(BIO_s_mem());
    const char *wrong = NULL;
    char *at;
    long len;

    if (name_add(&text, ours) != FAULT_NONE) {
        wrong = "no Name";
    }
    if (wrong == NULL && is_comparable(theirs)) {
        (void)X509_NAME_print_ex(out, theirs, 0,
                                 XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
        len = BIO_get_mem_data(out, &at);
        if (!span_equal(buffer_span(&text), span_of(at, len > 0 ? (size_t)len : 0))) {
            wrong = "a name";
        }
    }
    BIO_free(out);
    buffer_clear(&text);
    return wrong;
}
