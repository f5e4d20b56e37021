#include "kms/request/issue/token.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read as a token is read again, in the form that is printed, as the same one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct span store = span_text("0123456789abcdef0123456789abcdef");
    struct token token = {0}, again = {0};
    struct why why = {0};

    if (token_read(store, span_of(data, size), &token, &why) != FAULT_NONE) {
        if (why.rule == NULL || token.text[0] != '\0') {
            abort();
        }
        return 0;
    }
    if (token_read(store, span_text(token.text), &again, &why) != FAULT_NONE ||
        strcmp(token.text, again.text) != 0 || strcmp(token.name, again.name) != 0 ||
        !token_fits(&token, span_of(again.digest, TOKEN_DIGEST_SIZE))) {
        abort();
    }
    return 0;
}
