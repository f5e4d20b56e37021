#include "directory/peer.h"

#include <stdlib.h>

/* Whatever the bytes, there is an answer, and its detail is a text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char detail[PEER_DETAIL_SIZE] = "";
    enum peer_fault fault = peer_fault_of(span_of(data, size), "host.example.org", detail);

    if (strnlen(detail, sizeof(detail)) == sizeof(detail) ||
        ((fault == PEER_ENDED || fault == PEER_NOT_BEGUN) &&
         strlen(detail) != sizeof("YYYY-MM-DD") - 1)) {
        abort();
    }
    return 0;
}
