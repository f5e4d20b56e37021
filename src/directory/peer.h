#ifndef DIRECTORY_PEER_H
#define DIRECTORY_PEER_H

#include "base/cursor.h"

/*
 * Why a server's certificate may have been refused. libldap does not say; so it is looked at after
 * the refusal, for a sentence that helps. Nothing is decided by it.
 */
enum peer_fault {
    PEER_OTHER,      /* nothing is wrong with it by itself: nobody vouches for it */
    PEER_ENDED,      /* its time is over; the detail is the date */
    PEER_NOT_BEGUN,  /* its time begins later; the detail is the date */
    PEER_OTHER_NAME, /* it is for another host; the detail is one of its names, perhaps empty */
};

enum { PEER_DETAIL_SIZE = 256 };

/*
 * `der` is an X.509 certificate (RFC 5280, 4.1), `host` a DNS name or an address as in a URL; names
 * compare as in RFC 6125, 6.4: without case, with `*` for the first label. `detail` is written with
 * every answer, PEER_OTHER apart. What cannot be read is PEER_OTHER.
 */
enum peer_fault peer_fault_of(struct span der, const char *host, char detail[PEER_DETAIL_SIZE]);

#endif
