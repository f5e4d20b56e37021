#ifndef TEST_LIBCRYPTO_COMPARE_H
#define TEST_LIBCRYPTO_COMPARE_H

#include <stdbool.h>

#include "base/cursor.h"

/* How often what came out. */
struct comparison {
    unsigned long compared; /* certificates given */
    unsigned long taken;    /* by both */
    unsigned long refused;  /* by both */
    unsigned long stricter; /* by cert_read() only, for one of the reasons that cert.h names */
    unsigned long looser;   /* by cert_read() and libcrypto 3.0, not by the newer one at hand */
    unsigned long wrong;    /* anything else; told on stderr */
};

/* Compares what cert_read() and libcrypto say of these bytes; `name` is for the messages. */
void compare_certificate(struct comparison *c, const char *name, struct span der);

#endif
