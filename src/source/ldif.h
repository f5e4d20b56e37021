#ifndef SOURCE_LDIF_H
#define SOURCE_LDIF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cursor.h"
#include "base/lines.h"
#include "entry/entry.h"
#include "entry/projection.h"
#include "source/ldif_line.h"

/*
 * Records of an LDIF file (RFC 2849): as ldifde, ldapsearch and slapcat write them, and as
 * Zimbra does, whose folded base64 lacks the leading blank. Change records of changetype add
 * are entries; others are checked against the grammar and passed over.
 */

/* Physical lines put together: a line and those after it that start with a space. */
struct ldif_lines {
    struct span rest;
    uint64_t line; /* number of the physical line at `rest` */
    bool ended;    /* the record's end has been passed */
    struct lines_folded seen;
};

struct ldif_raw {
    struct span text; /* from the first byte to the last, line ends within it still there */
    bool folded;
    uint64_t line; /* of its first physical line */
};

/* Takes the next line of a record. False, and the empty line is passed over, at its end. */
MUST_USE bool ldif_lines_next(struct ldif_lines *lines, struct ldif_raw *out);

/* The line without line ends and the spaces after them. FAULT_RESOURCE without memory. */
MUST_USE enum fault ldif_unfold(const struct ldif_raw *raw, struct arena *arena, struct span *out);

/* Takes the next line that is no comment, unfolded and parsed; FAULT_ABSENT at the record's end. */
MUST_USE enum fault ldif_next_parsed(struct ldif_lines *lines, struct arena *arena,
                                     struct ldif_line *out, uint64_t *line, struct why *why);

/* How many bytes at the start of `text` are whole records, each with its empty line. */
size_t ldif_whole_records(struct span text);

/* What the reader of records needs to know beside the text. */
struct ldif_reading {
    struct ldif_lines lines;
    bool first;      /* no record has been read of this file: `version:` may come */
    bool incomplete; /* out: ldapsearch's own result says that the search ended early */
    struct attribute_memory names;
    int follow_folder; /* descriptor of the folder in which `:<` values are read; -1: never */
    const struct projection *projection; /* attributes that are kept as extras; NULL: none */
};

/*
 * Reads the next entry. `*line` is the line that a fault is about.
 *
 * FAULT_ABSENT    the text is at its end
 * FAULT_SYNTAX    the record breaks RFC 2849: `*why` tells the rule; the next call goes on
 * FAULT_LIMIT     its DN, or a line of a change, is too long; the next call goes on
 * FAULT_RESOURCE  the arena is exhausted; the next call goes on
 */
MUST_USE enum fault ldif_entry_next(struct ldif_reading *reading, struct arena *arena,
                                    struct entry *out, uint64_t *line, struct why *why);

/*
 * Checks the rest of a change record behind its `changetype:` line (RFC 2849, "changerecord"):
 * delete, modify, modrdn, moddn. FAULT_SYNTAX when it breaks the grammar.
 */
MUST_USE enum fault ldif_change_check(struct span changetype, struct ldif_lines *lines,
                                      struct arena *arena, uint64_t *line, struct why *why);

#endif
