#include "entry/schema.h"

#include <stdint.h>

#include "base/ascii.h"

static const struct schema schemas[] = {
    {"distinguishedName dn entryDN", "Obj-Dist-Name", "", false, false},
    {"displayName", "Display-Name", "Display Name", false, false},
    {"cn commonName name", "Common-Name", "Directory Name|Common Name", false, false},
    {"mailNickname alias", "Mail-Nickname", "Alias Name", false, false},
    {"givenName gn", "Given-Name", "First Name", false, false},
    {"sn surname", "Surname", "Last Name", false, false},
    {"initials", "Initials", "", false, false},
    {"uid userid", "", "", false, false},
    {"sAMAccountName", "", "", false, false},
    {"userPrincipalName", "", "", false, false},
    {"objectClass", "", "", true, false},
    {"", "Obj-Class|Object-Class", "", false, false},
    {"", "Mode", "", false, false},
    {"", "Obj-Container", "", false, false},
    {"mail emailAddress primarySmtpAddress windowsEmailAddress rfc822Mailbox", "", "E-mail Address",
     true, false},
    {"proxyAddresses emailAddresses", "Proxy-Addresses", "E-mail Addresses", true, false},
    {"", "Secondary-Proxy-Addresses", "", true, false},
    {"targetAddress", "Target-Address", "", false, false},
    {"mailAlternateAddress", "", "", true, false},
    {"mailLocalAddress", "", "", true, false},
    {"mailAlias zimbraMailAlias", "", "", true, false},
    {"userSMIMECertificate taggedCertificate 1.2.840.113556.1.2.614 2.16.840.1.113730.3.140 "
     "2.16.840.1.113730.3.1.40",
     "Tagged-X509-Cert", "", true, true},
    {"userCertificate certificates 1.2.840.113556.1.2.461", "X509-Cert", "", true, true},
    {"userCert 2.5.4.36", "User-Cert", "", true, true},
    {"userPKCS12", "", "", true, true},
    {"objectGUID", "", "", false, true},
    {"objectSid", "", "", false, true},
    {"jpegPhoto", "", "", true, true},
    {"thumbnailPhoto photo", "", "", true, true},
    {"msExchMailboxGuid", "", "", false, true},
    {"entryUUID", "", "", false, false},
    {"legacyExchangeDN", "", "", false, false},
    {"msExchHomeServerName", "Home-Server", "", false, false},
    {"homeMDB", "Home-MDB", "", false, false},
    {"homeMTA", "Home-MTA", "", false, false},
    {"", "Assoc-NT-Account", "Primary Windows NT Account", false, false},
    {"msExchHideFromAddressLists", "Hide-From-Address-Book", "Hide from AB", false, false},
    {"member uniqueMember", "Member", "Members", true, false},
    {"memberOf", "Is-Member-Of-DL", "", true, false},
    {"owner", "Owner", "", false, false},
    {"managedBy", "Managed-By", "", false, false},
    {"manager", "Manager", "", false, false},
    {"directReports", "Reports", "", true, false},
    {"title", "Title", "", false, false},
    {"company", "Company", "", false, false},
    {"department", "Department", "", false, false},
    {"departmentNumber", "", "", true, false},
    {"employeeID", "", "", false, false},
    {"employeeNumber", "", "", false, false},
    {"employeeType", "", "", false, false},
    {"physicalDeliveryOfficeName", "Physical-Delivery-Office-Name", "Office", false, false},
    {"roomNumber", "", "", true, false},
    {"streetAddress street", "Address", "", false, false},
    {"postalAddress", "Postal-Address", "", true, false},
    {"l localityName", "Locality-Name", "City", false, false},
    {"st stateOrProvinceName", "State-Or-Province-Name", "State", false, false},
    {"postalCode", "Postal-Code", "Zip Code", false, false},
    {"postOfficeBox", "", "", true, false},
    {"co", "Text-Country", "Country", false, false},
    {"c countryName", "", "", false, false},
    {"o organizationName", "", "", true, false},
    {"ou organizationalUnitName", "", "", true, false},
    {"telephoneNumber", "Telephone-Office1|Telephone-Number", "Phone Number", false, false},
    {"otherTelephone", "Telephone-Office2", "", true, false},
    {"facsimileTelephoneNumber fax", "Telephone-Fax|Facsimile-Telephone-Number", "Fax Number",
     false, false},
    {"homePhone homeTelephoneNumber", "Telephone-Home", "Home Phone", false, false},
    {"otherHomePhone", "Telephone-Home2", "", true, false},
    {"mobile mobileTelephoneNumber", "Telephone-Mobile", "Mobile Number", false, false},
    {"pager pagerTelephoneNumber", "Telephone-Pager", "Pager Number", false, false},
    {"telephoneAssistant", "Telephone-Assistant", "Assistant Phone", false, false},
    {"secretary", "Assistant-Name", "Assistant", false, false},
    {"info", "Comment", "Notes", false, false},
    {"description", "Admin-Description", "", true, false},
    {"adminDescription", "", "", false, false},
    {"preferredLanguage", "", "", false, false},
    {"labeledURI", "", "", true, false},
    {"wWWHomePage", "", "", false, false},
    {"whenCreated createTimestamp", "When-Created", "", false, false},
    {"whenChanged modifyTimestamp", "When-Changed", "", false, false},
    {"uSNChanged", "USN-Changed", "", false, false},
    {"userAccountControl", "", "", false, false},
    {"delivContLength", "Deliv-Cont-Length", "", false, false},
    {"mDBStorageQuota", "MDB-Storage-Quota", "", false, false},
    {"mDBOverQuotaLimit", "MDB-Over-Quota-Limit", "", false, false},
    {"mDBUseDefaults", "MDB-Use-Defaults", "", false, false},
    {"publicDelegates", "Public-Delegates", "", true, false},
    {"textEncodedORAddress", "Text-Encoded-OR-Address", "", false, false},
    {"extensionAttribute1", "Extension-Attribute-1", "Custom Attribute 1", false, false},
    {"extensionAttribute2", "Extension-Attribute-2", "Custom Attribute 2", false, false},
    {"extensionAttribute3", "Extension-Attribute-3", "Custom Attribute 3", false, false},
    {"extensionAttribute4", "Extension-Attribute-4", "Custom Attribute 4", false, false},
    {"extensionAttribute5", "Extension-Attribute-5", "Custom Attribute 5", false, false},
    {"extensionAttribute6", "Extension-Attribute-6", "Custom Attribute 6", false, false},
    {"extensionAttribute7", "Extension-Attribute-7", "Custom Attribute 7", false, false},
    {"extensionAttribute8", "Extension-Attribute-8", "Custom Attribute 8", false, false},
    {"extensionAttribute9", "Extension-Attribute-9", "Custom Attribute 9", false, false},
    {"extensionAttribute10", "Extension-Attribute-10", "Custom Attribute 10", false, false},
    {"extensionAttribute11", "Extension-Attribute-11", "Custom Attribute 11", false, false},
    {"extensionAttribute12", "Extension-Attribute-12", "Custom Attribute 12", false, false},
    {"extensionAttribute13", "Extension-Attribute-13", "Custom Attribute 13", false, false},
    {"extensionAttribute14", "Extension-Attribute-14", "Custom Attribute 14", false, false},
    {"extensionAttribute15", "Extension-Attribute-15", "Custom Attribute 15", false, false},
};

enum { COUNT = sizeof(schemas) / sizeof(schemas[0]), LISTS = 3, NAME_MAX_LENGTH = 40 };

const struct schema *schema_at(size_t index) { return index < COUNT ? &schemas[index] : NULL; }

static struct span without_options(struct span name)
{
    size_t semicolon;

    return ascii_trim(span_find(name, ';', &semicolon) ? span_upto(name, semicolon) : name);
}

static const char *list_of(const struct schema *schema, size_t list)
{
    return list == 0 ? schema->ldap : list == 1 ? schema->schema : schema->alias;
}

bool schema_names_next(struct schema_names *names, struct span *out)
{
    size_t lists = names->raw ? LISTS - 1 : LISTS;

    while (names->list < lists) {
        struct span rest = span_from(span_text(list_of(names->schema, names->list)), names->at);
        size_t end;

        if (rest.len > 0) {
            if (!span_find(rest, names->list == 0 ? ' ' : '|', &end)) {
                end = rest.len;
            }
            *out = span_upto(rest, end);
            names->at += end + 1;
            return true;
        }
        names->list++;
        names->at = 0;
    }
    return false;
}

const struct schema *schema_find(struct span name, bool raw)
{
    name = without_options(name);
    for (size_t i = 0; i < COUNT && name.len > 0; i++) {
        struct schema_names names = {.schema = &schemas[i], .raw = raw};
        struct span other;

        while (schema_names_next(&names, &other)) {
            if (ascii_equal_nocase(name, other)) {
                return &schemas[i];
            }
        }
    }
    return NULL;
}

bool schema_is_alias(const struct schema *schema, struct span name)
{
    struct schema_names names = {.schema = schema, .list = LISTS - 1};
    struct span alias;

    name = without_options(name);
    while (schema_names_next(&names, &alias)) {
        if (ascii_equal_nocase(name, alias)) {
            return true;
        }
    }
    return false;
}

/* A name in lower case and without what joins its words; what is too long is cut. */
static size_t fold_name(struct span name, uint8_t *out)
{
    size_t n = 0;

    for (size_t i = 0; i < name.len && n < NAME_MAX_LENGTH; i++) {
        if (name.at[i] != '-' && name.at[i] != ' ' && name.at[i] != '_') {
            out[n++] = ascii_lower(name.at[i]);
        }
    }
    return n;
}

/* How many letters have to be put in, taken out, changed or swapped with the next one. */
static size_t distance(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    size_t rows[3][NAME_MAX_LENGTH + 1];

    for (size_t j = 0; j <= b_len; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t least = above[j - 1] + (a[i - 1] != b[j - 1]);

            least = above[j] + 1 < least ? above[j] + 1 : least;
            least = row[j - 1] + 1 < least ? row[j - 1] + 1 : least;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                least = second[j - 2] + 1 < least ? second[j - 2] + 1 : least;
            }
            row[j] = least;
        }
    }
    return rows[a_len % 3][b_len];
}

/* Puts `name` among the nearest found so far, which are in order. */
static size_t keep_near(struct span name, size_t far, struct span *out, size_t *fars, size_t count,
                        size_t room)
{
    size_t at = count;

    while (at > 0 && fars[at - 1] > far) {
        at--;
    }
    if (at == room) {
        return count;
    }
    count += count < room;
    for (size_t i = count - 1; i > at; i--) {
        out[i] = out[i - 1];
        fars[i] = fars[i - 1];
    }
    out[at] = name;
    fars[at] = far;
    return count;
}

size_t schema_nearest(struct span name, bool raw, struct span *out, size_t room)
{
    enum { NEAREST_MAX = 8 };
    uint8_t folded[NAME_MAX_LENGTH], other[NAME_MAX_LENGTH];
    size_t length = fold_name(without_options(name), folded);
    size_t fars[NEAREST_MAX];
    size_t count = 0;

    name = span_upto(without_options(name), NAME_MAX_LENGTH);
    room = room < NEAREST_MAX ? room : NEAREST_MAX;
    for (size_t i = 0; i < COUNT; i++) {
        struct schema_names names = {.schema = &schemas[i], .raw = raw};
        size_t nearest = SIZE_MAX, nearest_written = SIZE_MAX;
        struct span known, best = {0};

        while (schema_names_next(&names, &known)) {
            size_t far = distance(folded, length, other, fold_name(known, other));
            size_t written = distance(name.at, name.len, known.at, known.len);

            /* Of names that are the same but for spaces and dashes, the one that is written so. */
            if (far < nearest || (far == nearest && written < nearest_written)) {
                nearest = far;
                nearest_written = written;
                best = known;
            }
        }
        if (nearest <= length / 3) { /* of three letters one may be wrong */
            count = keep_near(best, nearest, out, fars, count, room);
        }
    }
    return count;
}
