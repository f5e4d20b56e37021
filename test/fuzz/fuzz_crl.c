#include "cert/crl.h"

#include <stdlib.h>

/*
 * Whatever the bytes, the list is read or refused; what is indexed is found again, and everything
 * that it tells lies inside its copy of the bytes.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool lies_inside(const struct crl *crl, struct span s)
{
    return s.len == 0 || (s.at >= crl->der.at && s.len <= crl->der.len &&
                          (size_t)(s.at - crl->der.at) <= crl->der.len - s.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t serials[][2] = {{0x00}, {0x01}, {0x12, 0x67}, {0x7f}};
    struct why why = {0};
    struct crl *crl;
    struct crl_entry entry;

    if (crl_read(span_of(data, size), &crl, &why) != FAULT_NONE) {
        expect(why.rule != NULL && why.offset <= size);
        return 0;
    }
    expect(lies_inside(crl, crl->issuer) && lies_inside(crl, crl->scope) &&
           lies_inside(crl, crl->point_names) && lies_inside(crl, crl->authority_key_id) &&
           lies_inside(crl, crl->number) && lies_inside(crl, crl->base_number));
    expect(crl->entries * 2 <= crl->slot_count || crl->slot_count == 2);
    for (size_t i = 0; i < sizeof(serials) / sizeof(serials[0]); i++) {
        if (crl_find(crl, span_of(serials[i], i == 2 ? 2 : 1), &entry)) {
            expect(entry.reason >= REASON_NONE && entry.reason <= REASON_LAST);
        }
    }
    crl_free(crl);
    return 0;
}
