#ifndef SOURCE_LIVE_FRAME_H
#define SOURCE_LIVE_FRAME_H

#include "base/arena.h"
#include "base/cursor.h"
#include "entry/entry.h"
#include "entry/projection.h"

/*
 * How the entries of a live directory stand in a batch, so that the thread that reads the network
 * only copies, and whoever judges them takes them apart:
 *
 *     entry  size flags length(DN) DN value...
 *     value  length(name) length(value) name value
 *
 * `size` is that of what follows it; every length is four bytes in the machine's own order. No
 * batch leaves the process.
 */

enum frame_flag {
    FRAME_CUT = 1 << 0,         /* values that did not fit were left out */
    FRAME_HIDDEN = 1 << 1,      /* the directory shows this user no certificate of anybody */
    FRAME_CERTIFICATE = 1 << 2, /* it has one; noted where entries are kept (kept.h) */
};

/* One being written; the bytes belong to the caller's batch. `{0}` is the start. */
struct frame_writer {
    uint8_t *bytes;
    size_t len, capacity;
    size_t whole;   /* bytes of whole entries; what is behind is being written */
    size_t max;     /* no entry grows past this many bytes */
    bool cut;       /* of the entry being written */
    uint32_t flags; /* of the entry being written, beside FRAME_CUT */
};

/* Begins an entry; drops one that was begun and not ended. FAULT_RESOURCE without memory. */
MUST_USE enum fault frame_begin(struct frame_writer *writer, struct span dn);

/* Adds a value; what would make the entry too long is left out, and noted. */
MUST_USE enum fault frame_value(struct frame_writer *writer, struct span name, struct span value);

void frame_end(struct frame_writer *writer);

/* Sets a flag of every whole entry. */
void frame_mark_all(struct frame_writer *writer, uint32_t flag);

/* One entry as it stands there, for a walk over its values. */
struct frame {
    uint32_t flags;
    struct span dn;
    struct cursor values;
};

/* Takes the next entry off the batch. FAULT_ABSENT at its end, FAULT_SYNTAX when it is damaged. */
MUST_USE enum fault frame_next(struct cursor *batch, struct frame *out, struct why *why);

/* Takes its next value. FAULT_ABSENT at its end, FAULT_SYNTAX when it is damaged. */
MUST_USE enum fault frame_value_next(struct frame *frame, struct span *name, struct span *value);

/*
 * Takes the next entry and makes it one of ours. Values that a server sends under two names
 * (`userCertificate` and `userCertificate;binary`) count once. What `projection` asks for is kept
 * as extras; NULL asks for nothing. `names` remembers what the names of a batch mean.
 *
 * FAULT_ABSENT    the batch is at its end
 * FAULT_SYNTAX    the batch is damaged: nothing follows
 * FAULT_RESOURCE  the arena is exhausted; the next call goes on
 */
MUST_USE enum fault frame_entry_next(struct cursor *batch, const struct projection *projection,
                                     struct attribute_memory *names, struct arena *arena,
                                     struct entry *out, struct why *why);

#endif
