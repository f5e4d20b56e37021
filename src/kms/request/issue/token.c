#include "kms/request/issue/token.h"

#include "base/ascii.h"
#include "kms/people/random.h"
#include "kms/people/transcript.h"

#include <openssl/crypto.h>

enum {
    NAME_LENGTH = TOKEN_NAME_SIZE - 1,
    LENGTH = NAME_LENGTH + TOKEN_SECRET_LENGTH,
    GROUP = 5, /* characters between hyphens, and bits of each */
};

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The character that is meant; 0: none. */
static char meant(uint8_t byte)
{
    const char capital = (char)(byte >= 'a' && byte <= 'z' ? byte - 'a' + 'A' : byte);

    switch (capital) {
    case 'O':
        return '0';
    case 'I':
    case 'L':
        return '1';
    case '\0':
        return '\0';
    default:
        return strchr(alphabet, capital) != NULL ? capital : '\0';
    }
}

/* Fills in what follows from the characters. */
static enum fault complete(struct span store_id, const char characters[LENGTH], struct token *out,
                           struct why *why)
{
    struct transcript t = transcript_begin("keyroster token v1");
    size_t n = 0;

    for (size_t i = 0; i < LENGTH; i++) {
        if (i > 0 && i % GROUP == 0) {
            out->text[n++] = '-';
        }
        out->text[n++] = characters[i];
    }
    out->text[n] = '\0';
    memcpy(out->name, characters, NAME_LENGTH);
    out->name[NAME_LENGTH] = '\0';
    transcript_add(&t, store_id);
    transcript_add(&t, span_of(characters, NAME_LENGTH));
    transcript_add(&t, span_of(characters + NAME_LENGTH, TOKEN_SECRET_LENGTH));
    return transcript_end(&t, out->digest, why);
}

enum fault token_make(struct span store_id, struct token *out, struct why *why)
{
    struct secret drawn = {0};
    char characters[LENGTH];
    enum fault fault = random_secret(LENGTH, &drawn, why);

    if (fault == FAULT_NONE) {
        for (size_t i = 0; i < LENGTH; i++) {
            characters[i] = alphabet[drawn.at[i] & 31];
        }
        fault = complete(store_id, characters, out, why);
    }
    secret_clear(&drawn);
    OPENSSL_cleanse(characters, sizeof(characters));
    return fault;
}

enum fault token_read(struct span store_id, struct span text, struct token *out, struct why *why)
{
    char characters[LENGTH];
    size_t n = 0;
    enum fault fault = FAULT_NONE;

    if (text.len > TOKEN_INPUT_MAX) {
        return fault_at(FAULT_SYNTAX, 0, "a token has 20 characters", why);
    }
    for (size_t i = 0; i < text.len && fault == FAULT_NONE; i++) {
        const char character = meant(text.at[i]);

        if (text.at[i] == '-' || ascii_is_blank(text.at[i])) {
            continue;
        }
        if (character == '\0' || n == LENGTH) {
            fault = fault_at(FAULT_SYNTAX, i,
                             "a token has 20 characters, digits and letters without U", why);
        } else {
            characters[n++] = character;
        }
    }
    if (fault == FAULT_NONE && n < LENGTH) {
        fault =
            fault_at(FAULT_SYNTAX, text.len, "a token has 20 characters; some are missing", why);
    }
    if (fault == FAULT_NONE) {
        fault = complete(store_id, characters, out, why);
    }
    OPENSSL_cleanse(characters, sizeof(characters));
    return fault;
}

bool token_fits(const struct token *token, struct span digest)
{
    return digest.len == TOKEN_DIGEST_SIZE &&
           CRYPTO_memcmp(token->digest, digest.at, TOKEN_DIGEST_SIZE) == 0;
}

void token_clear(struct token *token) { OPENSSL_cleanse(token, sizeof(*token)); }
