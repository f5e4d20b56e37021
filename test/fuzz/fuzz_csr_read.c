#include <stdlib.h>

#include "cert/key.h"
#include "kms/authority/csr.h"

/* A key that is taken is one whole SubjectPublicKeyInfo of the kind that is told. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer spki = buffer_with_max(4096);
    enum key_kind kind = KIND_COUNT;
    enum key_kind again = KIND_COUNT;
    struct cert_key key;
    struct cursor in;
    struct span whole;
    struct why why = {0};

    if (csr_read(span_of(data, size), &kind, &spki, &why) != FAULT_NONE) {
        if (spki.len != 0 || kind != KIND_COUNT || why.rule == NULL) {
            abort();
        }
    } else {
        in = cursor_over(buffer_span(&spki));
        if (!key_take(&in, &whole, &key) || in.rest.len > 0 || !key_kind_of(&key, &again) ||
            again != kind || kind == KIND_X25519) {
            abort();
        }
    }
    buffer_clear(&spki);
    return 0;
}
