#include "entry/attribute.h"

#include "base/ascii.h"

/* A name and its length. */
#define TEXT(text) text, sizeof(text) - 1

enum { NAME_LENGTH_MAX = 32 };

/*
 * Exchange's names: Q288268 and the Administrator's default columns; LDAP's: RFC 4519, RFC 4523,
 * RFC 2798 and Active Directory's schema. In lower case, the shorter name first, names of one
 * length in the order of their bytes. Some mean nothing to us, but tell whose header it is.
 */
static const struct name {
    const char *text;
    size_t length;
    enum attribute attribute;
    enum attribute_origin origin;
} names[] = {
    {TEXT("cn"), ATTRIBUTE_COMMON_NAME, ORIGIN_ANY},
    {TEXT("dn"), ATTRIBUTE_DN, ORIGIN_ANY},
    {TEXT("uid"), ATTRIBUTE_ALIAS, ORIGIN_ANY},
    {TEXT("mail"), ATTRIBUTE_MAIL, ORIGIN_ANY},
    {TEXT("name"), ATTRIBUTE_COMMON_NAME, ORIGIN_ANY},
    {TEXT("alias"), ATTRIBUTE_ALIAS, ORIGIN_ANY},
    {TEXT("2.5.4.36"), ATTRIBUTE_CERT_SECOND, ORIGIN_ANY},
    {TEXT("usercert"), ATTRIBUTE_CERT_SECOND, ORIGIN_ANY},
    {TEXT("mailalias"), ATTRIBUTE_ADDRESSES, ORIGIN_ANY},
    {TEXT("obj-class"), ATTRIBUTE_OBJ_CLASS, ORIGIN_EXCHANGE},
    {TEXT("user-cert"), ATTRIBUTE_CERT_SECOND, ORIGIN_EXCHANGE},
    {TEXT("x509-cert"), ATTRIBUTE_CERT_SECOND, ORIGIN_EXCHANGE},
    {TEXT("alias name"), ATTRIBUTE_ALIAS, ORIGIN_EXCHANGE},
    {TEXT("commonname"), ATTRIBUTE_COMMON_NAME, ORIGIN_ANY},
    {TEXT("common name"), ATTRIBUTE_COMMON_NAME, ORIGIN_EXCHANGE},
    {TEXT("common-name"), ATTRIBUTE_COMMON_NAME, ORIGIN_EXCHANGE},
    {TEXT("displayname"), ATTRIBUTE_DISPLAY_NAME, ORIGIN_ANY},
    {TEXT("home-server"), ATTRIBUTE_OTHER, ORIGIN_EXCHANGE},
    {TEXT("objectclass"), ATTRIBUTE_OBJECT_CLASS, ORIGIN_ANY},
    {TEXT("certificates"), ATTRIBUTE_CERT_SECOND, ORIGIN_ANY}, /* Get-ADUser */
    {TEXT("display name"), ATTRIBUTE_DISPLAY_NAME, ORIGIN_EXCHANGE},
    {TEXT("display-name"), ATTRIBUTE_DISPLAY_NAME, ORIGIN_EXCHANGE},
    {TEXT("emailaddress"), ATTRIBUTE_MAIL, ORIGIN_ANY},
    {TEXT("hide from ab"), ATTRIBUTE_OTHER, ORIGIN_EXCHANGE},
    {TEXT("mailnickname"), ATTRIBUTE_ALIAS, ORIGIN_ANY},
    {TEXT("object-class"), ATTRIBUTE_OBJ_CLASS, ORIGIN_EXCHANGE},
    {TEXT("obj-container"), ATTRIBUTE_CONTAINER, ORIGIN_EXCHANGE},
    {TEXT("obj-dist-name"), ATTRIBUTE_DN, ORIGIN_EXCHANGE},
    {TEXT("rfc822mailbox"), ATTRIBUTE_MAIL, ORIGIN_ANY},
    {TEXT("directory name"), ATTRIBUTE_DIRECTORY_NAME, ORIGIN_EXCHANGE},
    {TEXT("e-mail address"), ATTRIBUTE_MAIL, ORIGIN_EXCHANGE},
    {TEXT("emailaddresses"), ATTRIBUTE_ADDRESSES, ORIGIN_ANY},
    {TEXT("proxyaddresses"), ATTRIBUTE_ADDRESSES, ORIGIN_ANY},
    {TEXT("samaccountname"), ATTRIBUTE_ALIAS, ORIGIN_ANY},
    {TEXT("proxy-addresses"), ATTRIBUTE_ADDRESSES, ORIGIN_EXCHANGE},
    {TEXT("usercertificate"), ATTRIBUTE_CERT_SECOND, ORIGIN_ANY},
    {TEXT("zimbramailalias"), ATTRIBUTE_ADDRESSES, ORIGIN_ANY},
    {TEXT("e-mail addresses"), ATTRIBUTE_ADDRESSES, ORIGIN_EXCHANGE},
    {TEXT("maillocaladdress"), ATTRIBUTE_ADDRESSES, ORIGIN_ANY},
    {TEXT("tagged-x509-cert"), ATTRIBUTE_CERT_FIRST, ORIGIN_EXCHANGE},
    {TEXT("distinguishedname"), ATTRIBUTE_DN, ORIGIN_ANY},
    {TEXT("taggedcertificate"), ATTRIBUTE_CERT_FIRST, ORIGIN_ANY},
    {TEXT("primarysmtpaddress"), ATTRIBUTE_MAIL, ORIGIN_ANY},
    {TEXT("windowsemailaddress"), ATTRIBUTE_MAIL, ORIGIN_ANY},
    {TEXT("mailalternateaddress"), ATTRIBUTE_ADDRESSES, ORIGIN_ANY},
    {TEXT("usersmimecertificate"), ATTRIBUTE_CERT_FIRST, ORIGIN_ANY},
    {TEXT("1.2.840.113556.1.2.461"), ATTRIBUTE_CERT_SECOND, ORIGIN_ANY},
    {TEXT("1.2.840.113556.1.2.614"), ATTRIBUTE_CERT_FIRST, ORIGIN_ANY},
    {TEXT("2.16.840.1.113730.3.140"), ATTRIBUTE_CERT_FIRST, ORIGIN_ANY},
    {TEXT("2.16.840.1.113730.3.1.40"), ATTRIBUTE_CERT_FIRST, ORIGIN_ANY},
    {TEXT("secondary-proxy-addresses"), ATTRIBUTE_ADDRESSES, ORIGIN_EXCHANGE},
    {TEXT("primary windows nt account"), ATTRIBUTE_OTHER, ORIGIN_EXCHANGE},
};

static int order(struct span name, const struct name *other)
{
    if (name.len != other->length) {
        return name.len < other->length ? -1 : 1;
    }
    return memcmp(name.at, other->text, name.len);
}

static const struct name *find_name(struct span lower)
{
    size_t least = 0, end = sizeof(names) / sizeof(names[0]);

    while (least < end) {
        size_t middle = least + (end - least) / 2;
        int compared = order(lower, &names[middle]);

        if (compared == 0) {
            return &names[middle];
        }
        if (compared < 0) {
            end = middle;
        } else {
            least = middle + 1;
        }
    }
    return NULL;
}

enum attribute attribute_find(struct span name, enum attribute_origin *origin)
{
    uint8_t lower[NAME_LENGTH_MAX];
    const struct name *found = NULL;
    size_t semicolon;

    name = ascii_trim(name);
    if (span_find(name, ';', &semicolon)) {
        name = span_upto(name, semicolon);
    }
    if (name.len > 0 && name.len <= NAME_LENGTH_MAX) {
        for (size_t i = 0; i < name.len; i++) {
            lower[i] = ascii_lower(name.at[i]);
        }
        found = find_name(span_of(lower, name.len));
    }
    if (origin != NULL) {
        *origin = found != NULL ? found->origin : ORIGIN_ANY;
    }
    return found != NULL ? found->attribute : ATTRIBUTE_OTHER;
}

enum attribute attribute_find_again(struct attribute_memory *memory, struct span name)
{
    struct attribute_known *known;
    size_t slot;

    if (name.len == 0 || name.len > ATTRIBUTE_KNOWN_MAX) {
        return attribute_find(name, NULL);
    }
    slot = name.at[0] + 3U * name.at[name.len - 1] + 5 * name.len;
    known = &memory->known[slot % ATTRIBUTE_SLOTS];
    if (known->len != name.len || memcmp(known->name, name.at, name.len) != 0) {
        known->attribute = (uint8_t)attribute_find(name, NULL);
        known->len = (uint8_t)name.len;
        memcpy(known->name, name.at, name.len);
    }
    return (enum attribute)known->attribute;
}
