#ifndef KMS_AUTHORITY_POOL_H
#define KMS_AUTHORITY_POOL_H

#include "kms/authority/key.h"

/*
 * Keys made ahead by threads of its own: an RSA key takes 0.1 to 1 s, and those who issue shall not
 * wait for it. For kinds that are made in no time (key_kind_is_slow() is false) no thread is
 * started, and each key is made when it is taken.
 *
 * Key pools are safe to use from many threads.
 */
struct key_pool;

/*
 * Starts `threads` threads that keep up to `depth` keys ready. FAULT_RESOURCE: no memory, no
 * thread.
 */
MUST_USE enum fault key_pool_new(enum key_kind kind, size_t depth, size_t threads,
                                 struct key_pool **out, struct why *why);

/*
 * Hands out a key, which is the caller's then, and never handed out again. Where none is ready, the
 * caller's own thread makes it. FAULT_RESOURCE.
 */
MUST_USE enum fault key_pool_take(struct key_pool *pool, struct private_key **out, struct why *why);

/* Keys that are ready now. */
size_t key_pool_ready(struct key_pool *pool);

/* Tells the threads to make no more than `count` further keys: what is known to be still needed. */
void key_pool_limit(struct key_pool *pool, size_t count);

/* Ends the threads, which may take until the key in the making is done, and wipes what is left. */
void key_pool_free(struct key_pool *pool);

#endif
