#ifndef DIRECTORY_SYNC_VALUE_H
#define DIRECTORY_SYNC_VALUE_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/cursor.h"

/*
 * The values of the controls and messages of LDAP content synchronization (RFC 4533), taken apart
 * and put together. Those that come are in BER (RFC 4511, 5.1); spans point into them. What the
 * standard lets stand behind the known elements (RFC 4511, 4) is passed over.
 */
enum { SYNC_KEY_SIZE = 16 /* syncUUID, RFC 4533, 2.1 */ };

#define SYNC_REQUEST_OID "1.3.6.1.4.1.4203.1.9.1.1"
#define SYNC_STATE_OID   "1.3.6.1.4.1.4203.1.9.1.2"
#define SYNC_DONE_OID    "1.3.6.1.4.1.4203.1.9.1.3"
#define SYNC_INFO_OID    "1.3.6.1.4.1.4203.1.9.1.4"

/* The request (2.2): refreshOnly, with the cookie unless it is empty, without reloadHint. */
void sync_request_put(struct buffer *out, struct span cookie);

/* What is said of one entry (2.3). */
enum sync_state { SYNC_PRESENT, SYNC_ADD, SYNC_MODIFY, SYNC_DELETE };

struct sync_state_value {
    enum sync_state state;
    struct span key; /* SYNC_KEY_SIZE bytes */
};

/* FAULT_SYNTAX: it is none. */
MUST_USE enum fault sync_state_read(struct span value, struct sync_state_value *out);

/* What is said at the end (2.4). */
struct sync_done_value {
    struct span cookie;   /* empty: there is none */
    bool refresh_deletes; /* what went was told; else what was not told went */
};

/* FAULT_SYNTAX: it is none. */
MUST_USE enum fault sync_done_read(struct span value, struct sync_done_value *out);

/* What is said in between (2.5). */
enum sync_info { SYNC_INFO_COOKIE, SYNC_INFO_DELETES, SYNC_INFO_PRESENTS, SYNC_INFO_KEYS };

struct sync_info_value {
    enum sync_info kind;
    struct span cookie; /* empty: there is none */
    bool deletes;       /* of keys: they are those of entries that went */
    struct cursor keys; /* for sync_key_next() */
};

/* FAULT_SYNTAX: it is none. */
MUST_USE enum fault sync_info_read(struct span value, struct sync_info_value *out);

/* Takes the next key. FAULT_ABSENT at the end, FAULT_SYNTAX where it is none. */
MUST_USE enum fault sync_key_next(struct cursor *keys, struct span *key);

#endif
