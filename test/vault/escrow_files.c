/*
 * usage: escrow_files deal p256|p384 SPKI PEM
 *        escrow_files seal CERTIFICATE KEY ENVELOPE
 *        escrow_files read ENVELOPE
 *
 * The vault on the command line, for test_openssl.py. `deal` makes a recovery key of 3 of 5 and
 * writes its public half (DER) and the whole of it, rebuilt by agents 5, 2 and 3. `seal` puts the
 * bytes of KEY into an envelope for CERTIFICATE (DER). `read` tells whether keyroster reads one,
 * and what it is.
 */
#include "base/readfile.h"
#include "kms/vault/envelope.h"
#include "kms/vault/rebuild.h"

#include <stdio.h>
#include <stdlib.h>

enum { QUORUM = 3, COUNT = 5, FILE_MAX = 1 << 16 };

static void demand(enum fault fault, const struct why *why)
{
    if (fault != FAULT_NONE) {
        (void)fprintf(stderr, "escrow_files: %s\n", why->rule);
        exit(1);
    }
}

static struct buffer read_file(const char *path)
{
    struct buffer bytes = buffer_with_max(FILE_MAX);
    struct why why = {0};

    demand(readfile(path, &bytes, &why), &why);
    return bytes;
}

static void write_file(const char *path, struct span bytes)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL || fwrite(bytes.at, 1, bytes.len, file) != bytes.len || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static void deal(const char *curve, const char *spki_path, const char *pem_path)
{
    static const unsigned agents[QUORUM] = {5, 2, 3};
    struct vault_public public;
    struct secret shares[COUNT] = {{0}};
    struct secret chosen[QUORUM];
    struct secret pem = {0};
    struct buffer spki = buffer_with_max(FILE_MAX);
    struct vault *vault = NULL;
    struct why why = {0};

    demand(vault_deal(strcmp(curve, "p256") == 0 ? VAULT_P256 : VAULT_P384, QUORUM, COUNT, &public,
                      shares, &why),
           &why);
    demand(vault_public_spki(&public, &spki, &why), &why);
    write_file(spki_path, buffer_span(&spki));
    demand(vault_open(&public, &vault, &why), &why);
    for (size_t i = 0; i < QUORUM; i++) {
        chosen[i] = shares[agents[i] - 1];
    }
    demand(vault_rebuild(vault, agents, chosen, QUORUM, &pem, &why), &why);
    write_file(pem_path, secret_span(&pem));
    secret_clear(&pem);
    for (size_t i = 0; i < COUNT; i++) {
        secret_clear(&shares[i]);
    }
    vault_close(vault);
    buffer_clear(&spki);
}

static void seal(const char *certificate_path, const char *key_path, const char *envelope_path)
{
    struct buffer certificate = read_file(certificate_path);
    struct buffer key = read_file(key_path);
    struct buffer der = buffer_with_max(ENVELOPE_MAX);
    struct envelope_maker *maker = NULL;
    struct secret secret = {0};
    struct why why = {0};

    demand(envelope_maker_new(buffer_span(&certificate), &maker, &why), &why);
    demand(secret_copy(buffer_span(&key), &secret, &why), &why);
    demand(envelope_make(maker, &secret, &der, &why), &why);
    write_file(envelope_path, buffer_span(&der));
    secret_clear(&secret);
    envelope_maker_free(maker);
    buffer_clear(&certificate);
    buffer_clear(&key);
    buffer_clear(&der);
}

static void tell(const char *path)
{
    struct buffer der = read_file(path);
    struct envelope envelope;
    struct why why = {0};

    demand(envelope_read(buffer_span(&der), &envelope, &why), &why);
    (void)printf("%s %zu\n",
                 envelope.cipher == ENVELOPE_AES_256_GCM ? "AuthEnvelopedData" : "EnvelopedData",
                 envelope.ephemeral.len);
    buffer_clear(&der);
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "deal") == 0) {
        deal(argv[2], argv[3], argv[4]);
    } else if (argc == 5 && strcmp(argv[1], "seal") == 0) {
        seal(argv[2], argv[3], argv[4]);
    } else if (argc == 3 && strcmp(argv[1], "read") == 0) {
        tell(argv[2]);
    } else {
        (void)fprintf(stderr, "usage: escrow_files deal|seal|read …\n");
        return 2;
    }
    return 0;
}
