#ifndef ENTRY_ENTRY_H
#define ENTRY_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "entry/attribute.h"
#include "entry/value.h"

/*
 * One object as a directory tells it: its names, addresses and container as they are written
 * there, and the values of its certificate attributes, decoded to bytes but not yet read.
 *
 * Text is UTF-8, or Windows-1252 where it is not (base/text.h, text_add_guessed()). Every
 * span is a view into the batch or into the arena that was given, and lives as long as they do.
 */

/* No entry has more of either; what is beyond is counted in `dropped`, and is a diagnostic. */
enum { ENTRY_VALUES_MAX = 262144, ENTRY_ADDRESSES_MAX = 262144 };

struct entry_value {
    struct value value;
    enum attribute attribute; /* ATTRIBUTE_CERT_FIRST or ATTRIBUTE_CERT_SECOND */
    struct span name;         /* the attribute's name as the source writes it, without options */
    struct span full;         /* the same with its options: `userCertificate;binary` */
    struct span raw; /* the bytes that the directory holds; several values may stand in one run of
                        them; empty: the source does not show them */
};

/*
 * What the source has for an attribute that a projection asked for: a field, which may hold several
 * values, or one value (entry/projection.h).
 */
struct entry_extra {
    size_t route;
    struct span text;
    const struct entry_style *style;
};

/* What a directory calls the object. */
enum entry_kind {
    ENTRY_UNTOLD,  /* the source tells no class of the object: it is taken for a mailbox */
    ENTRY_MAILBOX, /* Exchange: mailbox; LDAP: person, inetOrgPerson, user, mailRecipient */
    ENTRY_REMOTE,  /* Exchange: remote, a custom recipient */
    ENTRY_CONTACT, /* LDAP: contact, what a custom recipient became; no mailbox */
    ENTRY_LIST,    /* Exchange: dl; LDAP: a group */
    ENTRY_OTHER,   /* computer, container, … */
    ENTRY_CHANGE,  /* LDIF: a change to an entry, which is none */
};

struct entry {
    struct span dn, display_name, common_name, directory_name, alias, container;
    struct span
        dn_name; /* the cn that the DN begins with, where it has escapes; see entry_dn_name() */
    struct span mail;       /* the first value of an attribute for one address */
    struct span primary;    /* the first that stands behind `SMTP:` */
    struct span *addresses; /* all internet addresses, without prefix, in their order */
    size_t address_count, address_capacity;
    struct entry_value *values;
    size_t value_count, value_capacity;
    struct entry_extra *extras; /* only where a projection asks for them */
    size_t extra_count, extra_capacity;
    size_t dropped; /* addresses and values beyond the maximum */
    enum entry_kind kind;
    bool kind_by_class; /* `kind` was told by objectClass: LDAP's rule for mailboxes */
    bool cut_off;       /* the record ended before a certificate column */
    bool doubtful;      /* what it says may be another field's, or half of one: `remark` says why */
    bool hidden;        /* the directory shows whoever asks no certificates */
    bool unasked;       /* LDIF: no line of the file names a certificate attribute */
    const char *remark; /* what was wrong with a record that could be read; NULL: nothing */
    uint64_t line;      /* first physical line of the record, from 1 */
};

/*
 * How a source writes many values in one field. `separator` 0: it never does; every value
 * comes in a call of its own.
 */
struct entry_style {
    uint8_t separator;
    bool backslash; /* `\%` is a separator within a value, `\\` a backslash (Exchange) */
    bool binary;    /* certificate values come as bytes, not in a text form (LDIF, LDAP) */
    bool exact; /* a field is one value of the directory, whatever it holds (LDIF's plain text) */
};

/* A column or attribute: what it means to us, and its name as written. */
struct entry_column {
    enum attribute attribute;
    struct span name; /* without options */
    struct span full; /* with them */
    size_t route;     /* of a projection, where it has to be kept as an extra; 0: none */
};

/*
 * Where a name of one value is kept: of a display name, an alias, a container; NULL for every
 * attribute that may have several, and for the DN, which is taken apart.
 */
static inline struct span *entry_text_place(struct entry *entry, enum attribute attribute)
{
    static const uint16_t places[ATTRIBUTE_COUNT] = {
        [ATTRIBUTE_DISPLAY_NAME] = offsetof(struct entry, display_name),
        [ATTRIBUTE_COMMON_NAME] = offsetof(struct entry, common_name),
        [ATTRIBUTE_DIRECTORY_NAME] = offsetof(struct entry, directory_name),
        [ATTRIBUTE_ALIAS] = offsetof(struct entry, alias),
        [ATTRIBUTE_CONTAINER] = offsetof(struct entry, container),
    };
    const size_t place = places[attribute];

    return place > 0 ? (struct span *)(void *)((uint8_t *)entry + place) : NULL;
}

/*
 * Adds what one field or attribute line says. `field` with many values is taken apart; an
 * attribute that is none of ours is passed over.
 *
 * FAULT_RESOURCE  the arena is exhausted; the entry is not to be used
 */
MUST_USE enum fault entry_add(struct entry *entry, const struct entry_column *column,
                              struct span field, const struct entry_style *style,
                              struct arena *arena);

/* Gives it the DN. Faults as entry_add(). */
MUST_USE enum fault entry_set_dn(struct entry *entry, struct span dn, struct arena *arena);

/* Adds one certificate value that is taken apart already. Faults as entry_add(). */
MUST_USE enum fault entry_add_value(struct entry *entry, const struct entry_value *value,
                                    struct arena *arena);

/* True when one of the values could not be decoded, or is shorter than it claims. */
bool entry_has_doubtful_value(const struct entry *entry);

/*
 * True when the object is a mailbox. An Exchange mailbox is; where objectClass told the
 * kind, it also has an address or a certificate attribute. `remotes` lets custom recipients in.
 */
bool entry_is_mailbox(const struct entry *entry, bool remotes);

/*
 * The name to call it by: display name, common name, directory name, the cn that the DN begins
 * with, alias, address, DN; empty when none.
 */
struct span entry_name(const struct entry *entry);

/*
 * The value of the DN's first RDN, its escapes undone (entry/dn_name.h), or of a path's last part,
 * when it is a cn; else empty.
 */
struct span entry_dn_name(const struct entry *entry);

/* The address to write to: primary, mail, the first of all; empty when there is none. */
struct span entry_address(const struct entry *entry);

/* Where it lives: Obj-Container, else the DN without its first RDN; empty when unknown. */
struct span entry_container(const struct entry *entry);

#endif
