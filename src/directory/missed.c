#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "directory/asking.h"

/*
 * What Active Directory refers to at the top of a domain (MS-ADTS, 3.1.1.1.5): its settings and the
 * zones of its DNS, where nobody has a mailbox.
 */
static const char *const partitions[] = {"CN=Configuration,", "DC=DomainDnsZones,",
                                         "DC=ForestDnsZones,"};

/* The length of `ldap://host:389` in a URL. */
static size_t server_length(const char *url)
{
    const char *host = strstr(url, "://");

    return host == NULL ? strlen(url) : (size_t)(host - url) + 3 + strcspn(host + 3, "/?");
}

static bool may_have_mailboxes(const char *url)
{
    const char *rest = url + server_length(url);

    for (size_t i = 0; i < sizeof(partitions) / sizeof(partitions[0]); i++) {
        if (*rest == '/' && strncasecmp(rest + 1, partitions[i], strlen(partitions[i])) == 0) {
            return false;
        }
    }
    return true;
}

void directory_note_missed(struct directory_found *found, const char *url)
{
    char server[sizeof(found->servers)];
    const size_t named = strlen(found->servers);
    const int length = snprintf(server, sizeof(server), " %.*s,", (int)server_length(url), url);

    found->references++;
    found->missed += may_have_mailboxes(url);
    if (length > 0 && named + (size_t)length < sizeof(found->servers) &&
        strcasestr(found->servers, server) == NULL) {
        memcpy(found->servers + named, server, (size_t)length + 1);
    }
}
