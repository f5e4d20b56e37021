#ifndef KMS_REQUEST_SESSION_ID_SET_H
#define KMS_REQUEST_SESSION_ID_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

/* Numbers of rows, each once; {0} is empty. 16 bytes for each at most. */
struct id_set {
    int64_t *slots; /* a hash table; 0: free */
    size_t size, count;
};

/* Whether it is in there; row numbers are not 0. */
MUST_USE bool id_set_has(const struct id_set *set, int64_t id);

/* FAULT_RESOURCE */
MUST_USE enum fault id_set_add(struct id_set *set, int64_t id, struct why *why);

void id_set_clear(struct id_set *set);

#endif
