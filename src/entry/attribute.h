#ifndef ENTRY_ATTRIBUTE_H
#define ENTRY_ATTRIBUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

/*
 * What an export calls its columns and attributes, and what they mean to us. One meaning has
 * many names: the schema's, the aliases of Exchange's Administrator, LDAP's and Active
 * Directory's. Case is never told apart; an option (`;binary`) is left out of the name.
 */
enum attribute {
    ATTRIBUTE_OTHER, /* a name that means nothing to us */
    ATTRIBUTE_DN,
    ATTRIBUTE_DISPLAY_NAME,
    ATTRIBUTE_COMMON_NAME,
    ATTRIBUTE_DIRECTORY_NAME,
    ATTRIBUTE_ALIAS,
    ATTRIBUTE_MAIL,         /* one address, without a prefix as a rule */
    ATTRIBUTE_ADDRESSES,    /* many, `SMTP:` before the primary one */
    ATTRIBUTE_OBJ_CLASS,    /* Exchange: mailbox, remote, dl */
    ATTRIBUTE_OBJECT_CLASS, /* LDAP: top, person, user, … */
    ATTRIBUTE_CONTAINER,
    ATTRIBUTE_CERT_FIRST,  /* Tagged-X509-Cert, userSMIMECertificate: clients look here first */
    ATTRIBUTE_CERT_SECOND, /* X509-Cert, User-Cert, userCertificate */
    ATTRIBUTE_COUNT
};

/* Which products write a name in this way. */
enum attribute_origin {
    ORIGIN_ANY,
    ORIGIN_EXCHANGE, /* only a directory export of Exchange: its rules hold for the file */
};

/*
 * Finds what `name` means: `userCertificate;binary`, `Tagged-X509-Cert`, `Display Name`.
 * ATTRIBUTE_OTHER when it means nothing to us. `*origin` may be NULL.
 */
enum attribute attribute_find(struct span name, enum attribute_origin *origin);

/*
 * The same for who asks for the same few names over and over, as they are written: {0} is a
 * memory without any. The memory is one thread's.
 */
enum { ATTRIBUTE_SLOTS = 64, ATTRIBUTE_KNOWN_MAX = 30 };
struct attribute_memory {
    struct attribute_known {
        uint8_t len, attribute;
        uint8_t name[ATTRIBUTE_KNOWN_MAX];
    } known[ATTRIBUTE_SLOTS];
};
enum attribute attribute_find_again(struct attribute_memory *memory, struct span name);

static inline bool attribute_is_certificate(enum attribute attribute)
{
    return attribute == ATTRIBUTE_CERT_FIRST || attribute == ATTRIBUTE_CERT_SECOND;
}

#endif
