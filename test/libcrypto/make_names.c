#include "make_names.h"

#include <string.h>

#include <openssl/objects.h>

size_t make_text(struct chance *c, unsigned char out[32])
{
    static const char *const texts[] = {
        "Anna Berg",
        "anna.berg@example.org",
        "KMS",
        "DE",
        "",
        " x ",
        "#x",
        "a,b+c",
        "<\"\\;>",
        "J\xc3\xbcrgen",
        "\xe6\x97\xa5\xe6\x9c\xac",
        "a\nb",
        "x\x01",
        "\xc3",
        "\xff\xfe",
        "=",
    };
    const char *text = texts[chance_below(c, sizeof(texts) / sizeof(texts[0]))];
    size_t n = strlen(text);

    memcpy(out, text, n);
    if (chance_once_in(c, 4)) {
        out[n++] = (unsigned char)chance_next(c);
    }
    return n;
}

void make_name(struct chance *c, X509_NAME *name)
{
    static const int attributes[] = {
        NID_commonName,    NID_commonName,         NID_organizationName, NID_organizationalUnitName,
        NID_countryName,   NID_domainComponent,    NID_userId,           NID_pkcs9_emailAddress,
        NID_serialNumber,  NID_pkcs9_emailAddress, NID_surname,          NID_pseudonym,
        NID_streetAddress,
    };
    static const int types[] = {
        V_ASN1_UTF8STRING,      V_ASN1_PRINTABLESTRING, V_ASN1_IA5STRING,       V_ASN1_T61STRING,
        V_ASN1_BMPSTRING,       V_ASN1_UNIVERSALSTRING, V_ASN1_NUMERICSTRING,   V_ASN1_UTF8STRING,
        V_ASN1_PRINTABLESTRING, V_ASN1_PRINTABLESTRING, V_ASN1_PRINTABLESTRING, V_ASN1_BIT_STRING,
    };
    size_t count = chance_below(c, 6);

    for (size_t i = 0; i < count; i++) {
        X509_NAME_ENTRY *entry = X509_NAME_ENTRY_new();
        unsigned char text[32];
        size_t n = make_text(c, text);

        (void)X509_NAME_ENTRY_set_object(
            entry,
            OBJ_nid2obj(attributes[chance_below(c, sizeof(attributes) / sizeof(attributes[0]))]));
        (void)X509_NAME_ENTRY_set_data(
            entry, types[chance_below(c, sizeof(types) / sizeof(types[0]))], text, (int)n);
        (void)X509_NAME_add_entry(name, entry, -1, chance_once_in(c, 8) ? -1 : 0);
        X509_NAME_ENTRY_free(entry);
    }
}
