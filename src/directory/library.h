#ifndef DIRECTORY_LIBRARY_H
#define DIRECTORY_LIBRARY_H

#include "base/fault.h"

/*
 * libldap, loaded where an LDAP URL is opened and not before: it brings a dozen libraries with it,
 * which a roster over files should neither wait for nor hold in memory.
 *
 * The functions of <ldap.h> that this room calls are defined in library.c, under their own names,
 * and hand the call on. One that is missing there is noticed by the linker.
 */

/*
 * Loads the library, once for the process; from then on its functions may be called. To be called
 * before the sandbox is entered, which lets nothing be loaded. Safe from any thread.
 *
 * FAULT_RESOURCE  it is not installed, or is none that has these functions
 */
MUST_USE enum fault library_load(struct why *why);

/* Variables of liblber, which are used by their addresses alone. */
void *library_on(void);        /* LDAP_OPT_ON */
void *library_readahead(void); /* &ber_sockbuf_io_readahead */

#endif
