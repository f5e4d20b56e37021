/*
 * usage: ecdh_match p256|p384 CASES
 *
 * What T recovery agents combine is what libcrypto's ECDH with the whole key gives: of CASES points
 * drawn by chance, under recovery keys dealt anew for every hundred of them, by agents drawn by
 * chance. Exits with 1 at the first case that differs.
 */
#include "kms/vault/combine.h"
#include "kms/vault/rebuild.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

enum { WHOLE_MAX = 2 * VAULT_SCALAR_MAX + 1, CASES_A_KEY = 100, AGENTS_MAX = 7 };

struct escrow {
    struct vault_public public;
    struct secret shares[AGENTS_MAX];
    struct vault *vault;
    struct combiner *combiner;
    EVP_PKEY *whole;
};

static void insist(bool holds, const char *what)
{
    if (!holds) {
        (void)fprintf(stderr, "ecdh_match: %s\n", what);
        exit(1);
    }
}

static void demand(enum fault fault, const struct why *why)
{
    insist(fault == FAULT_NONE, fault == FAULT_NONE ? "" : why->rule);
}

static unsigned draw(unsigned least, unsigned most)
{
    unsigned n;

    insist(RAND_bytes((unsigned char *)&n, sizeof(n)) == 1, "no random numbers");
    return least + n % (most - least + 1);
}

/* `quorum` of the agents, in an order drawn by chance. */
static void draw_agents(const struct escrow *escrow, unsigned agents[AGENTS_MAX])
{
    for (unsigned i = 0; i < escrow->public.count; i++) {
        unsigned place = draw(0, i);

        agents[i] = agents[place];
        agents[place] = i + 1;
    }
}

static void rebuild(struct escrow *escrow)
{
    unsigned agents[AGENTS_MAX] = {0};
    struct secret shares[AGENTS_MAX];
    struct secret pem = {0};
    struct why why = {0};
    BIO *text;

    draw_agents(escrow, agents);
    for (unsigned i = 0; i < escrow->public.quorum; i++) {
        shares[i] = escrow->shares[agents[i] - 1];
    }
    demand(vault_rebuild(escrow->vault, agents, shares, escrow->public.quorum, &pem, &why), &why);
    text = BIO_new_mem_buf(pem.at, (int)pem.len);
    escrow->whole = PEM_read_bio_PrivateKey(text, NULL, NULL, NULL);
    insist(escrow->whole != NULL, "the rebuilt key cannot be read");
    BIO_free(text);
    secret_clear(&pem);
}

static void escrow_init(struct escrow *escrow, enum vault_curve curve)
{
    unsigned quorum = draw(2, 3);
    struct why why = {0};

    *escrow = (struct escrow){0};
    demand(
        vault_deal(curve, quorum, draw(quorum, AGENTS_MAX), &escrow->public, escrow->shares, &why),
        &why);
    demand(vault_open(&escrow->public, &escrow->vault, &why), &why);
    demand(combiner_new(escrow->vault, &escrow->combiner, &why), &why);
    rebuild(escrow);
}

static void escrow_clear(struct escrow *escrow)
{
    combiner_free(escrow->combiner);
    vault_close(escrow->vault);
    EVP_PKEY_free(escrow->whole);
    for (size_t i = 0; i < AGENTS_MAX; i++) {
        secret_clear(&escrow->shares[i]);
    }
}

/* Draws a point as the maker of an envelope does; gives what libcrypto shares with it. */
static size_t draw_point(const struct escrow *escrow, uint8_t point[WHOLE_MAX], size_t *point_len,
                         uint8_t x[VAULT_SCALAR_MAX])
{
    EVP_PKEY *peer =
        EVP_PKEY_Q_keygen(NULL, NULL, "EC", escrow->public.curve == VAULT_P256 ? "P-256" : "P-384");
    EVP_PKEY_CTX *derive = EVP_PKEY_CTX_new(escrow->whole, NULL);
    uint8_t *encoded = NULL;
    size_t len = VAULT_SCALAR_MAX;

    *point_len = EVP_PKEY_get1_encoded_public_key(peer, &encoded);
    insist(*point_len > 0 && *point_len <= WHOLE_MAX, "a point cannot be encoded");
    memcpy(point, encoded, *point_len);
    insist(EVP_PKEY_derive_init(derive) == 1 && EVP_PKEY_derive_set_peer(derive, peer) == 1 &&
               EVP_PKEY_derive(derive, x, &len) == 1,
           "libcrypto does not agree on a secret");
    OPENSSL_free(encoded);
    EVP_PKEY_CTX_free(derive);
    EVP_PKEY_free(peer);
    return len;
}

static void check_case(struct escrow *escrow)
{
    uint8_t point[WHOLE_MAX], expected[VAULT_SCALAR_MAX];
    size_t point_len;
    const size_t len = draw_point(escrow, point, &point_len, expected);
    const struct span r = span_of(point, point_len);
    const struct span context = span_of(expected, 8);
    unsigned agents[AGENTS_MAX] = {0};
    struct secret x = {0};
    struct why why = {0};

    draw_agents(escrow, agents);
    demand(combiner_start(escrow->combiner, r, &why), &why);
    for (unsigned i = 0; i < escrow->public.quorum; i++) {
        struct partial partial;

        demand(partial_make(escrow->vault, agents[i], &escrow->shares[agents[i] - 1], r, context,
                            &partial, &why),
               &why);
        demand(combiner_add(escrow->combiner, context, &partial, &why), &why);
    }
    demand(combiner_finish(escrow->combiner, &x, &why), &why);
    insist(x.len == len && memcmp(x.at, expected, len) == 0, "the shared secrets differ");
    secret_clear(&x);
}

int main(int argc, char **argv)
{
    const bool is_p256 = argc == 3 && strcmp(argv[1], "p256") == 0;
    long cases = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

    if (cases <= 0 || (!is_p256 && strcmp(argv[1], "p384") != 0)) {
        (void)fprintf(stderr, "usage: ecdh_match p256|p384 CASES\n");
        return 2;
    }
    for (long done = 0; done < cases;) {
        struct escrow escrow;

        escrow_init(&escrow, is_p256 ? VAULT_P256 : VAULT_P384);
        for (long n = 0; n < CASES_A_KEY && done < cases; n++, done++) {
            check_case(&escrow);
        }
        escrow_clear(&escrow);
    }
    return 0;
}
