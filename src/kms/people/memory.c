#include "kms/people/memory.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

/* Blocks of the heap are powers of two from here on. */
enum { BLOCK_MIN = 32 };

/* What CRYPTO_secure_malloc_init() answers. */
enum { HEAP_FAILED = 0, HEAP_LOCKED = 1, HEAP_NOT_LOCKED = 2 };

static void *take(size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    return malloc(len);
}

static void give_back(void *at, const char *file, int line)
{
    (void)file;
    (void)line;
    if (at != NULL) {
        explicit_bzero(at, malloc_usable_size(at));
        free(at);
    }
}

/* By a copy: realloc() may move the bytes, and leaves those of before where they were. */
static void *retake(void *at, size_t len, const char *file, int line)
{
    const size_t had = at != NULL ? malloc_usable_size(at) : 0;
    void *moved;

    if (len == 0) {
        give_back(at, file, line);
        return NULL;
    }
    moved = malloc(len);
    if (moved != NULL && had > 0) {
        memcpy(moved, at, had < len ? had : len);
        give_back(at, file, line);
    }
    return moved;
}

enum fault people_secure_memory(struct why *why)
{
    int made;

    if (CRYPTO_secure_malloc_initialized() == 1) {
        return FAULT_NONE;
    }
    (void)CRYPTO_set_mem_functions(take, retake, give_back);
    made = CRYPTO_secure_malloc_init(MEMORY_KEYS, BLOCK_MIN);
    if (made == HEAP_NOT_LOCKED && CRYPTO_secure_malloc_done() == 1) {
        made = CRYPTO_secure_malloc_init(MEMORY_KEYS_LOCKED, BLOCK_MIN);
    }
    ERR_clear_error();
    if (made == HEAP_FAILED) {
        return fault_at(FAULT_RESOURCE, 0, "no memory for private keys", why);
    }
    return FAULT_NONE;
}
