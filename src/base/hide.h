#ifndef BASE_HIDE_H
#define BASE_HIDE_H

#include "base/fault.h"

/*
 * Hides the memory of this process, and of those that it forks, from whoever has no right to all of
 * the machine: no core image is written, and no other process of the same user may read it or trace
 * it (prctl(2), PR_SET_DUMPABLE; /proc/self then belongs to root). For a program that handles
 * secrets, before it reads the first of them; cannot be taken back by running on.
 *
 * FAULT_RESOURCE  the system refuses
 */
MUST_USE enum fault process_hide(struct why *why);

#endif
