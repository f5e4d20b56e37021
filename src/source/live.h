#ifndef SOURCE_LIVE_H
#define SOURCE_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "directory/directory.h"
#include "entry/projection.h"
#include "source/source.h"

/*
 * A live directory as a source of entries. A thread of its own talks to the server and fills
 * batches (live_frame.h), a few ahead of those who take them; so the network is attended to while
 * others judge, and whoever waits for it can stop waiting. Memory does not grow with the directory.
 */
struct live;

/* Opens a URL as a source; source_open() does it. Faults as live_new(). */
MUST_USE enum fault live_open(const char *url, const struct source_options *options,
                              struct source **out, struct why *why);

/*
 * Reads the URL; nothing is connected yet. `options` and what they name live as long.
 *
 * FAULT_SYNTAX    the URL cannot be used
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault live_new(const char *url, const struct live_options *options, struct live **out,
                             struct why *why);

/* Connects and binds: directory_connect(), with its faults. */
MUST_USE enum fault live_connect(struct live *live, struct why *why);

/*
 * Begins the search and waits for its first entries, so that a server that refuses it is told
 * apart from one that breaks off. Faults as directory_search().
 */
MUST_USE enum fault live_start(struct live *live, struct why *why);

/*
 * Takes the next batch; the memory of the one given is used for a later one.
 *
 * FAULT_ABSENT  the search is at its end
 * otherwise     it ended early, after what has been handed out: FAULT_LIMIT, FAULT_RESOURCE,
 *               FAULT_SYNTAX
 */
MUST_USE enum fault live_read(struct live *live, struct batch *batch, struct why *why);

/* Back to the state after live_connect(). */
void live_rewind(struct live *live);

/* What can be told of it: live_facts in source.h. */
struct live_facts live_facts_of(const struct live *live);

void live_free(struct live *live);

#endif
