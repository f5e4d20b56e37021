#ifndef SOURCE_FOLLOW_H
#define SOURCE_FOLLOW_H

#include "base/arena.h"
#include "base/cursor.h"

/*
 * Reads the file that an LDIF value names (`:< file:///export/anna.der`), but only when a folder
 * was named by the user, and only below it: symbolic links and `..` that lead out are refused
 * by the kernel (openat2(2), RESOLVE_BENEATH). The last components of the URL's path are
 * tried against the folder: the whole path without its leading slash, else the file's name.
 *
 * FAULT_DENIED    no folder was named, or the URL is no file URL
 * FAULT_ABSENT    there is no such file below the folder, or it is no regular file
 * FAULT_LIMIT     the file is larger than FOLLOW_MAX
 * FAULT_RESOURCE  memory
 */
enum { FOLLOW_MAX = 4 * 1024 * 1024 };

MUST_USE enum fault follow_read(int folder, struct span url, struct arena *arena, struct span *out,
                                struct why *why);

#endif
