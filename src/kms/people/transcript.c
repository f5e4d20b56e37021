#include "kms/people/transcript.h"

#include <threads.h>

#include <openssl/err.h>
#include <openssl/evp.h>

enum { LENGTH_SIZE = 4, NUMBER_SIZE = 8 };

/* Fetched once: the chain of the audit makes one for each row. */
static EVP_MD *sha256;
static once_flag fetched = ONCE_FLAG_INIT;

static void fetch(void) { sha256 = EVP_MD_fetch(NULL, "SHA256", NULL); }

static void put_big_endian(uint64_t n, uint8_t *out, size_t size)
{
    for (size_t i = size; i > 0; i--) {
        out[i - 1] = (uint8_t)n;
        n >>= 8;
    }
}

static void fail(struct transcript *t, enum fault fault)
{
    ERR_clear_error();
    if (t->fault == FAULT_NONE) {
        t->fault = fault;
    }
}

struct transcript transcript_begin(const char *label)
{
    struct transcript t = {0};

    call_once(&fetched, fetch);
    t.hash = EVP_MD_CTX_new();
    if (t.hash == NULL || sha256 == NULL || EVP_DigestInit_ex2(t.hash, sha256, NULL) != 1) {
        fail(&t, FAULT_RESOURCE);
    }
    transcript_add_text(&t, label);
    return t;
}

void transcript_add(struct transcript *t, struct span field)
{
    uint8_t length[LENGTH_SIZE];

    if (t->fault != FAULT_NONE) {
        return;
    }
    if (field.len > UINT32_MAX) {
        fail(t, FAULT_LIMIT);
        return;
    }
    put_big_endian(field.len, length, sizeof(length));
    if (EVP_DigestUpdate(t->hash, length, sizeof(length)) != 1 ||
        (field.len > 0 && EVP_DigestUpdate(t->hash, field.at, field.len) != 1)) {
        fail(t, FAULT_RESOURCE);
    }
}

void transcript_add_text(struct transcript *t, const char *text)
{
    transcript_add(t, span_text(text));
}

void transcript_add_number(struct transcript *t, uint64_t n)
{
    uint8_t bytes[NUMBER_SIZE];

    put_big_endian(n, bytes, sizeof(bytes));
    transcript_add(t, span_of(bytes, sizeof(bytes)));
}

enum fault transcript_end(struct transcript *t, uint8_t digest[TRANSCRIPT_SIZE], struct why *why)
{
    enum fault fault;

    if (t->fault == FAULT_NONE && EVP_DigestFinal_ex(t->hash, digest, NULL) != 1) {
        fail(t, FAULT_RESOURCE);
    }
    fault = t->fault;
    EVP_MD_CTX_free(t->hash); /* wipes what it kept */
    *t = (struct transcript){0};
    if (fault == FAULT_LIMIT) {
        return fault_at(fault, 0, "a field of 4 GiB or more", why);
    }
    return fault == FAULT_NONE ? fault : fault_at(fault, 0, "out of memory", why);
}
