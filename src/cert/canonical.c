#include "cert/canonical.h"

#include "cert/name_walk.h"

#include <openssl/err.h>
#include <openssl/x509.h>

/* A struct canonical is libcrypto's X509_NAME under a name of ours. */

struct canonical *canonical_new(struct span name)
{
    const unsigned char *at = name.at;
    X509_NAME *decoded =
        name.len <= NAME_MAX_SIZE ? d2i_X509_NAME(NULL, &at, (long)name.len) : NULL;

    if (decoded == NULL || at != name.at + name.len) {
        X509_NAME_free(decoded);
        ERR_clear_error();
        return NULL;
    }
    return (struct canonical *)decoded;
}

void canonical_free(struct canonical *name) { X509_NAME_free((X509_NAME *)name); }

int canonical_order(const struct canonical *a, const struct canonical *b)
{
    return X509_NAME_cmp((const X509_NAME *)a, (const X509_NAME *)b);
}

bool canonical_equal(struct span a, struct span b)
{
    struct canonical *first, *second;
    bool equal;

    if (span_equal(a, b)) {
        return true;
    }
    first = canonical_new(a);
    second = canonical_new(b);
    equal = first != NULL && second != NULL && canonical_order(first, second) == 0;
    canonical_free(first);
    canonical_free(second);
    return equal;
}
