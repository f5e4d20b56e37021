#include "cert/bundle.h"

#include <stdlib.h>

/*
 * Whatever the bytes, a bundle is opened or refused, gives at least one item when it is opened,
 * and its items lie one behind the other inside the input.
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
    struct bundle bundle = {0};
    struct bundle_item item;
    struct why why = {0};
    const uint8_t *behind = data;
    size_t items = 0;
    enum fault fault = bundle_open(span_of(data, size), &bundle, &why);

    if (fault != FAULT_NONE) {
        hold(bundle.rest.rest.at == NULL && why.rule != NULL && why.offset <= size);
        return 0;
    }
    while (bundle_next(&bundle, &item, &why, &fault)) {
        hold(item.der.at >= behind && item.der.len <= (size_t)(data + size - item.der.at));
        hold(item.tag == 0 || bundle.form == BUNDLE_TAGGED);
        behind = item.der.at + item.der.len;
        items++;
    }
    hold(items > 0);
    hold(fault == FAULT_NONE || (why.rule != NULL && why.offset <= size));
    hold(!bundle_next(&bundle, &item, &why, &fault) || bundle.form == BUNDLE_PKCS7);
    return 0;
}
