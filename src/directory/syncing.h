#ifndef DIRECTORY_SYNCING_H
#define DIRECTORY_SYNCING_H

#include "directory/asking.h"
#include "directory/sync.h"
#include "directory/sync_value.h"

/* One asking for changes; shared by sync.c, sync_content.c and sync_usn.c. */
struct syncing {
    struct directory *directory;
    const struct directory_change_sink *sink;
    struct directory_changes *changes;
    struct directory_root root;
    struct asking asking;        /* of the whole entries */
    struct directory_sink inner; /* its sink */
    const char *wide;            /* the filter that finds containers too */
    const char *key_name;        /* the attribute that holds the key; NULL: a control tells it */
    struct span cookie;          /* the server's own part of it; empty: everything is wanted */
    uint8_t key[DIRECTORY_KEY_SIZE];
    bool has_key;
    uint64_t gone;
};

/* Takes a key as the attribute `key_name` tells it; false when it is none. */
MUST_USE bool syncing_take_key(struct syncing *syncing, struct span value);

/*
 * Asks for the keys of what a filter finds beneath `base`, in pages, and hands each to `take`: a
 * member of the sink.
 */
MUST_USE enum fault syncing_ask_keys(struct syncing *syncing, const char *base,
                                     enum directory_scope scope, const char *filter, bool deleted,
                                     enum fault (*take)(void *context, struct span key),
                                     struct why *why);

/* Asks for all keys that are there: what is not among them is gone. */
MUST_USE enum fault syncing_ask_present(struct syncing *syncing, struct why *why);

/* By RFC 4533; as directory_sync(), CHANGES where there is a cookie, else WHOLE. */
MUST_USE enum fault sync_by_content(struct syncing *syncing, struct why *why);

/* By uSNChanged; the same. */
MUST_USE enum fault sync_by_usn(struct syncing *syncing, struct why *why);

#endif
