#include "cert/container.h"

#include <stdlib.h>

#include "cert/cert.h"

/*
 * Whatever the bytes of a file, its blocks come to an end, one behind the other, each in the file
 * or decoded from less than all of it. No certificate passes for PKCS#12.
 */
static void hold(bool what)
{
    if (!what) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct container container = container_over(span_of(data, size));
    struct container_block block;
    struct cert cert;
    struct why why = {0};
    size_t behind = 0;
    enum fault fault;

    while ((fault = container_next(&container, &block, &why)) != FAULT_ABSENT) {
        hold(fault == FAULT_NONE || (fault == FAULT_SYNTAX && why.rule != NULL));
        hold(block.offset >= behind && block.offset <= size && block.bytes.len <= size);
        hold(fault == FAULT_NONE || block.bytes.at == NULL);
        hold(!block.unknown || block.bytes.at == data);
        behind = block.offset;
    }
    container_clear(&container);
    hold(!container_is_pkcs12(span_of(data, size)) ||
         cert_read(span_of(data, size), &cert, &why) != FAULT_NONE);
    return 0;
}
