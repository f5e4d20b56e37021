#ifndef SOURCE_SINCE_H
#define SOURCE_SINCE_H

#include "source/live.h"

/*
 * A live directory by way of a file that keeps its last roster (kept.h): only what has changed is
 * asked for (directory/sync.h), and the entries are handed out from the new file, which stands
 * beside the old one until since_start() has put it in its place.
 *
 * An entry that has changed keeps its place; new ones come at the end. Where the changes cannot be
 * had, or the file is damaged or of another question, everything is read anew, which is told.
 * Memory is that of the keys of what has changed.
 */
struct since;

/*
 * Borrows the directory, the names of the attributes and the options, `options->since` among them.
 * NULL without memory.
 */
struct since *since_new(struct directory *directory, const char *const *names,
                        const struct live_options *options);

/*
 * Asks for the changes and writes the new file. Faults as directory_search(), FAULT_RESOURCE also
 * where the file cannot be read or written; the old file stays as it was then.
 *
 * Where only a part came, it can be read, and nothing is kept.
 */
MUST_USE enum fault since_start(struct since *since, struct why *why);

/* As live_read(). */
MUST_USE enum fault since_read(struct since *since, struct batch *batch, struct why *why);

/* Back to the first entry of the new file, which is not asked for again. */
void since_rewind(struct since *since);

/* Fills in what it knows. */
void since_tell_facts(const struct since *since, struct live_facts *facts);

/* True when a thread did not come back with an answer: the directory is its own for ever. */
bool since_is_lost(const struct since *since);

void since_free(struct since *since);

#endif
