#ifndef KMS_STORE_BACKUP_H
#define KMS_STORE_BACKUP_H

#include "kms/store/store.h"

/*
 * Writes a copy of the store as it is at one moment into the file `path`, mode 0600, which appears
 * whole or not at all; others may work in the store meanwhile. It holds the text of profile.conf
 * too.
 *
 * FAULT_DENIED    nothing may be written there, or `path` is a symbolic link or no plain file
 * FAULT_RESOURCE  the disk, memory
 */
MUST_USE enum fault store_backup(struct store *store, const char *path, struct why *why);

/*
 * Makes a store of a backup, in a directory `path` that is not there yet, or is empty.
 *
 * FAULT_ABSENT    there is no such backup
 * FAULT_SYNTAX    it is no backup, or is damaged
 * FAULT_LIMIT     its schema is newer than this program
 * FAULT_DENIED    something is at `path`, or nothing may be made there
 * FAULT_RESOURCE  the disk, memory. What had been made is taken away again
 */
MUST_USE enum fault store_restore(const char *backup, const char *path, struct why *why);

#endif
