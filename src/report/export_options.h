#ifndef REPORT_EXPORT_OPTIONS_H
#define REPORT_EXPORT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/encoding.h"

/* What a directory export is made of, and how it is written, beside its header. */

enum export_objects {
    EXPORT_MAILBOXES,
    EXPORT_REMOTES, /* custom recipients; contacts with an address */
    EXPORT_LISTS,   /* distribution lists; groups with an address */
    EXPORT_RECIPIENTS,
    EXPORT_ALL,
};

/* {0}: every mailbox that is not hidden, with the usual separators. Spans are borrowed. */
struct export_options {
    enum export_objects objects;
    struct span container;   /* empty: everything */
    bool subcontainers;      /* what lies beneath the container too */
    struct span basepoint;   /* the object itself and what lies beneath it; empty: everything */
    bool basepoint_only;     /* only what lies directly beneath it */
    struct span home_server; /* empty: any */
    bool hidden;             /* those that are hidden from the address book too */
    bool raw;                /* no aliases, nothing made up from other attributes */
    bool quiet;              /* InformationLevel=None: no hints */
    uint8_t delimiter;       /* 0: `,`, unless the header has its own */
    uint8_t quote;           /* 0: `"`, unless the header has its own */
    uint8_t separator;       /* between the values of a field; 0: `%` */
    bool ansi;               /* CodePage: where the header is ASCII, write Windows-1252 */
    bool unicode;            /* … or UTF-16 */
};

/* Finds the kind of objects called `word`, in any case: mailbox, remote, dl, recipients, all. */
MUST_USE bool export_objects_find(struct span word, enum export_objects *out);

/*
 * Reads the [Export] section of an options file of Exchange's Administrator (`admin /e … /o FILE`)
 * into `*out`; what it does not tell stays as it is. Other sections are passed over, so that one
 * file may serve for import too. `text` is UTF-8, and borrowed.
 *
 *     [Export]
 *     ExportObject=Mailbox
 *     HiddenObjects=Yes
 *     MVSeparator=37
 *
 * A setting that only names the server to ask (DirectoryService) is known and means nothing here:
 * sources are named on the command line.
 *
 * FAULT_SYNTAX  a line that is none of this, an unknown setting, a bad value
 * FAULT_ABSENT  no [Export] section
 *
 * `why->offset` is the number of the line then, 0 for the whole file.
 */
MUST_USE enum fault export_options_read(struct span text, struct export_options *out,
                                        struct why *why);

#endif
