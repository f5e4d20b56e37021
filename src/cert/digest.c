#include "cert/digest.h"

#include <threads.h>

#include <openssl/err.h>
#include <openssl/evp.h>

/* Fetched once: EVP_sha256() would look its implementation up anew for each certificate. */
static EVP_MD *sha1, *sha256;
static once_flag fetched = ONCE_FLAG_INIT;

static void fetch(void)
{
    sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

static enum fault digest(struct span bytes, EVP_MD *const *md, uint8_t *out)
{
    call_once(&fetched, fetch);
    if (*md == NULL || EVP_Digest(bytes.at, bytes.len, out, NULL, *md, NULL) != 1) {
        ERR_clear_error();
        return FAULT_RESOURCE;
    }
    return FAULT_NONE;
}

enum fault digest_sha256(struct span bytes, uint8_t out[SHA256_SIZE])
{
    return digest(bytes, &sha256, out);
}

enum fault digest_sha1(struct span bytes, uint8_t out[SHA1_SIZE])
{
    return digest(bytes, &sha1, out);
}
