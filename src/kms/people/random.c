#include "kms/people/random.h"

#include <openssl/err.h>
#include <openssl/rand.h>

static enum fault no_randomness(struct why *why)
{
    ERR_clear_error();
    return fault_at(FAULT_RESOURCE, 0, "the system gives no random bytes", why);
}

enum fault random_bytes(uint8_t *out, size_t len, struct why *why)
{
    if (len > SECRET_NEW_MAX) {
        return fault_at(FAULT_LIMIT, SECRET_NEW_MAX, "more than 1 MiB of random bytes", why);
    }
    return RAND_bytes(out, (int)len) == 1 ? FAULT_NONE : no_randomness(why);
}

enum fault random_secret(size_t len, struct secret *out, struct why *why)
{
    struct secret made = {0};
    enum fault fault = secret_new(len, &made, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    if (RAND_priv_bytes(made.at, (int)len) != 1) {
        secret_clear(&made);
        return no_randomness(why);
    }
    *out = made;
    return FAULT_NONE;
}
