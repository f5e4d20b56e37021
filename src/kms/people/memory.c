#include "kms/people/memory.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

/* Blocks of the heap are powers of two from here on. */
enum { BLOCK_MIN = 32 };

/* What CRYPTO_secure_malloc_init() answers. */
enum { HEAP_FAILED = 0, HEAP_LOCKED = 1, HEAP_NOT_LOCKED = 2 };

enum fault people_secure_memory(struct why *why)
{
    int made;

    if (CRYPTO_secure_malloc_initialized() == 1) {
        return FAULT_NONE;
    }
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
