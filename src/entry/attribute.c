#include "entry/attribute.h"

#include "base/ascii.h"

/*
 * Exchange's names: Q288268 and the Administrator's default columns; LDAP's: RFC 4519, RFC 4523,
 * RFC 2798 and Active Directory's schema.
 */
static const struct {
    const char *name;
    enum attribute attribute;
    enum attribute_origin origin;
} names[] = {
    {"tagged-x509-cert", ATTRIBUTE_CERT_FIRST, ORIGIN_EXCHANGE},
    {"taggedcertificate", ATTRIBUTE_CERT_FIRST, ORIGIN_ANY},
    {"usersmimecertificate", ATTRIBUTE_CERT_FIRST, ORIGIN_ANY},
    {"1.2.840.113556.1.2.614", ATTRIBUTE_CERT_FIRST, ORIGIN_ANY},
    {"2.16.840.1.113730.3.1.40", ATTRIBUTE_CERT_FIRST, ORIGIN_ANY},
    {"2.16.840.1.113730.3.140", ATTRIBUTE_CERT_FIRST, ORIGIN_ANY},
    {"x509-cert", ATTRIBUTE_CERT_SECOND, ORIGIN_EXCHANGE},
    {"user-cert", ATTRIBUTE_CERT_SECOND, ORIGIN_EXCHANGE},
    {"usercertificate", ATTRIBUTE_CERT_SECOND, ORIGIN_ANY},
    {"usercert", ATTRIBUTE_CERT_SECOND, ORIGIN_ANY},
    {"certificates", ATTRIBUTE_CERT_SECOND, ORIGIN_ANY}, /* Get-ADUser */
    {"2.5.4.36", ATTRIBUTE_CERT_SECOND, ORIGIN_ANY},
    {"1.2.840.113556.1.2.461", ATTRIBUTE_CERT_SECOND, ORIGIN_ANY},

    {"display name", ATTRIBUTE_DISPLAY_NAME, ORIGIN_EXCHANGE},
    {"display-name", ATTRIBUTE_DISPLAY_NAME, ORIGIN_EXCHANGE},
    {"displayname", ATTRIBUTE_DISPLAY_NAME, ORIGIN_ANY},
    {"common-name", ATTRIBUTE_COMMON_NAME, ORIGIN_EXCHANGE},
    {"common name", ATTRIBUTE_COMMON_NAME, ORIGIN_EXCHANGE},
    {"cn", ATTRIBUTE_COMMON_NAME, ORIGIN_ANY},
    {"commonname", ATTRIBUTE_COMMON_NAME, ORIGIN_ANY},
    {"name", ATTRIBUTE_COMMON_NAME, ORIGIN_ANY},
    {"directory name", ATTRIBUTE_DIRECTORY_NAME, ORIGIN_EXCHANGE},
    {"alias name", ATTRIBUTE_ALIAS, ORIGIN_EXCHANGE},
    {"alias", ATTRIBUTE_ALIAS, ORIGIN_ANY},
    {"mailnickname", ATTRIBUTE_ALIAS, ORIGIN_ANY},
    {"uid", ATTRIBUTE_ALIAS, ORIGIN_ANY},
    {"samaccountname", ATTRIBUTE_ALIAS, ORIGIN_ANY},

    {"e-mail address", ATTRIBUTE_MAIL, ORIGIN_EXCHANGE},
    {"e-mail addresses", ATTRIBUTE_ADDRESSES, ORIGIN_EXCHANGE},
    {"proxy-addresses", ATTRIBUTE_ADDRESSES, ORIGIN_EXCHANGE},
    {"proxyaddresses", ATTRIBUTE_ADDRESSES, ORIGIN_ANY},
    {"emailaddresses", ATTRIBUTE_ADDRESSES, ORIGIN_ANY},
    {"secondary-proxy-addresses", ATTRIBUTE_ADDRESSES, ORIGIN_EXCHANGE},
    {"mail", ATTRIBUTE_MAIL, ORIGIN_ANY},
    {"rfc822mailbox", ATTRIBUTE_MAIL, ORIGIN_ANY},
    {"emailaddress", ATTRIBUTE_MAIL, ORIGIN_ANY},
    {"primarysmtpaddress", ATTRIBUTE_MAIL, ORIGIN_ANY},
    {"windowsemailaddress", ATTRIBUTE_MAIL, ORIGIN_ANY},
    {"maillocaladdress", ATTRIBUTE_ADDRESSES, ORIGIN_ANY},
    {"mailalternateaddress", ATTRIBUTE_ADDRESSES, ORIGIN_ANY},
    {"mailalias", ATTRIBUTE_ADDRESSES, ORIGIN_ANY},
    {"zimbramailalias", ATTRIBUTE_ADDRESSES, ORIGIN_ANY},

    {"obj-class", ATTRIBUTE_OBJ_CLASS, ORIGIN_EXCHANGE},
    {"object-class", ATTRIBUTE_OBJ_CLASS, ORIGIN_EXCHANGE},
    {"objectclass", ATTRIBUTE_OBJECT_CLASS, ORIGIN_ANY},
    {"obj-container", ATTRIBUTE_CONTAINER, ORIGIN_EXCHANGE},
    {"obj-dist-name", ATTRIBUTE_DN, ORIGIN_EXCHANGE},
    {"dn", ATTRIBUTE_DN, ORIGIN_ANY},
    {"distinguishedname", ATTRIBUTE_DN, ORIGIN_ANY},

    /* Columns of Exchange's own that mean nothing to us but tell whose header it is. */
    {"home-server", ATTRIBUTE_OTHER, ORIGIN_EXCHANGE},
    {"hide from ab", ATTRIBUTE_OTHER, ORIGIN_EXCHANGE},
    {"primary windows nt account", ATTRIBUTE_OTHER, ORIGIN_EXCHANGE},
};

enum attribute attribute_find(struct span name, enum attribute_origin *origin)
{
    size_t semicolon;

    name = ascii_trim(name);
    if (span_find(name, ';', &semicolon)) {
        name = span_upto(name, semicolon);
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (ascii_equal_nocase(name, span_text(names[i].name))) {
            if (origin != NULL) {
                *origin = names[i].origin;
            }
            return names[i].attribute;
        }
    }
    if (origin != NULL) {
        *origin = ORIGIN_ANY;
    }
    return ATTRIBUTE_OTHER;
}
