#ifndef KMS_REQUEST_ISSUE_TOKEN_H
#define KMS_REQUEST_ISSUE_TOKEN_H

#include "base/secret.h"

/*
 * A one-time token, as it is handed to a user: 20 characters of Crockford's base 32, in groups of
 * five: `7G4KM-…`. The first six (30 bits) name the row in the store, the other fourteen (70 bits)
 * are the secret, of which the store has a digest alone. Capital letters or small ones, with or
 * without hyphens and blanks; `I` and `L` are read as 1, `O` as 0.
 */
enum {
    TOKEN_NAME_SIZE = 6 + 1, /* with NUL */
    TOKEN_SECRET_LENGTH = 14,
    TOKEN_TEXT_SIZE = 23 + 1, /* with NUL */
    TOKEN_DIGEST_SIZE = 32,
    TOKEN_INPUT_MAX = 256, /* bytes of what somebody typed */
    TOKEN_TRIES_MAX = 10,  /* wrong ones, then it is closed */
};

/* A token that is just being handed out; the text is to be wiped: token_clear(). */
struct token {
    char text[TOKEN_TEXT_SIZE];
    char name[TOKEN_NAME_SIZE];
    uint8_t digest[TOKEN_DIGEST_SIZE];
};

/* A new one, for the store of that id. FAULT_RESOURCE. */
MUST_USE enum fault token_make(struct span store_id, struct token *out, struct why *why);

/*
 * Reads what somebody gives as a token. What is wrong with its form is told, since that says
 * nothing about any token.
 *
 * FAULT_SYNTAX   it is not 20 such characters
 * FAULT_RESOURCE
 */
MUST_USE enum fault token_read(struct span store_id, struct span text, struct token *out,
                               struct why *why);

/* True when the digest is that of the token; the time it takes tells nothing. */
MUST_USE bool token_fits(const struct token *token, struct span digest);

void token_clear(struct token *token);

#endif
