/*
 * Asks cert/trust.h about the cases that test_trust.py writes on standard input, a word and a
 * file a line:
 *
 *     at 1319999999
 *     anchor FILE | issuer FILE | crl FILE | chain FILE | leaf FILE
 *     ask
 *
 * `ask` ends a case: a line is written for it, `foreign untrusted in-time revocation why`.
 * Chain files may hold many certificates; of a leaf file the first one is taken.
 */
#include "cert/trust.h"

#include "base/base64.h"
#include "cert/bundle.h"
#include "cert/pem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GUESTS_MAX = 64, FILE_MAX = 1 << 22, LINE_MAX_SIZE = 4096 };

struct asked {
    struct trust *trust;
    int64_t at;
    struct span guests[GUESTS_MAX];
    size_t guest_count;
    struct span leaf;
};

static struct span file_bytes(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(FILE_MAX);
    size_t len;

    if (file == NULL || bytes == NULL) {
        (void)fprintf(stderr, "trust_cases: cannot read %s\n", path);
        exit(3);
    }
    len = fread(bytes, 1, FILE_MAX, file);
    (void)fclose(file);
    return span_of(bytes, len);
}

static void keep(struct span der, struct span *out, size_t *count, size_t most)
{
    uint8_t *copy = malloc(der.len + 1);

    if (*count < most && copy != NULL && der.len > 0) {
        memcpy(copy, der.at, der.len);
        out[(*count)++] = span_of(copy, der.len);
        return;
    }
    free(copy);
}

/* What is kept from the first time changes nothing the second time. */
static bool is_said_again(struct trust_session *session, const struct asked *asked,
                          const struct cert *cert, const struct trust_answer *said)
{
    struct trust_answer again;

    return trust_ask(session, cert, asked->guests, asked->guest_count, &again) == FAULT_NONE &&
           again.foreign == said->foreign && again.untrusted == said->untrusted &&
           again.revocation == said->revocation;
}

/* All certificates of a file, PEM or not. */
static void keep_all(struct span bytes, struct span *out, size_t *count, size_t most)
{
    struct cursor in = cursor_over(bytes);
    struct pem_block block;
    struct why why;

    if (!pem_is(bytes)) {
        keep(bytes, out, count, most);
        return;
    }
    while (pem_next(&in, &block, &why) == FAULT_NONE) {
        uint8_t *der = malloc(base64_room(block.body.len));
        size_t len;

        if (der != NULL && span_is(block.label, "CERTIFICATE") &&
            base64_decode(block.body, der, &len, &why) == FAULT_NONE) {
            keep(span_of(der, len), out, count, most);
        }
        free(der);
    }
}

static void answer(struct asked *asked)
{
    static const char *const names[] = {"not-asked", "good", "revoked", "unverified"};
    struct trust_session *session;
    struct trust_answer said;
    struct cert cert;
    struct why why;

    if (trust_seal(asked->trust, asked->at, &why) != FAULT_NONE) {
        exit(3);
    }
    session = trust_session_new(asked->trust);
    if (session == NULL) {
        exit(3);
    }
    if (cert_read(asked->leaf, &cert, &why) != FAULT_NONE) {
        (void)printf("0 1 1 not-asked %s\n", why.rule);
    } else if (trust_ask(session, &cert, asked->guests, asked->guest_count, &said) != FAULT_NONE ||
               !is_said_again(session, asked, &cert, &said)) {
        exit(3);
    } else {
        (void)printf("%d %d %d %s %s\n", said.foreign, said.untrusted,
                     cert.not_before <= asked->at && asked->at <= cert.not_after,
                     names[said.revocation], said.untrusted ? said.untrusted_why : "");
    }
    (void)fflush(stdout);
    trust_session_free(session);
}

static void forget(struct asked *asked)
{
    for (size_t i = 0; i < asked->guest_count; i++) {
        free((void *)asked->guests[i].at);
    }
    free((void *)asked->leaf.at);
    trust_free(asked->trust);
    *asked = (struct asked){.trust = trust_new()};
}

static void add_file(struct asked *asked, const char *word, const char *path)
{
    struct span bytes = file_bytes(path);
    enum fault fault = FAULT_NONE;
    struct why why = {0};
    size_t added = 0;

    if (strcmp(word, "anchor") == 0) {
        fault = trust_add_anchors(asked->trust, bytes, &added, &why);
    } else if (strcmp(word, "issuer") == 0) {
        fault = trust_add_issuers(asked->trust, bytes, &added, &why);
    } else if (strcmp(word, "crl") == 0) {
        fault = trust_add_crls(asked->trust, bytes, &added, &why);
    } else if (strcmp(word, "chain") == 0) {
        keep_all(bytes, asked->guests, &asked->guest_count, GUESTS_MAX);
    } else {
        keep_all(bytes, &asked->leaf, &added, 1);
    }
    if (fault != FAULT_NONE) {
        (void)fprintf(stderr, "trust_cases: %s:%zu: %s\n", path, why.offset, why.rule);
    }
    free((void *)bytes.at);
}

int main(void)
{
    struct asked asked = {.trust = trust_new()};
    char line[LINE_MAX_SIZE];

    while (fgets(line, sizeof line, stdin) != NULL) {
        char *path = strchr(line, ' ');

        line[strcspn(line, "\n")] = '\0';
        if (strcmp(line, "ask") == 0) {
            answer(&asked);
            forget(&asked);
            continue;
        }
        if (path == NULL) {
            return 2;
        }
        *path++ = '\0';
        if (strcmp(line, "at") == 0) {
            asked.at = strtoll(path, NULL, 10);
        } else {
            add_file(&asked, line, path);
        }
    }
    forget(&asked);
    trust_free(asked.trust);
    return 0;
}
