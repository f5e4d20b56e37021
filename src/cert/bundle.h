#ifndef CERT_BUNDLE_H
#define CERT_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"

/*
 * What one value of a certificate attribute holds, once its text form is decoded: an X.509
 * certificate, a PKCS#7/CMS SignedData (RFC 5652, DER or BER, content present or not), or a
 * list of tagged settings (MS-OXOABK 2.2.4.36). Read in place; nothing is allocated.
 *
 *     struct bundle bundle;
 *     struct bundle_item item;
 *     enum fault fault = bundle_open(value, &bundle, &why);
 *     while (fault == FAULT_NONE && bundle_next(&bundle, &item, &why, &fault)) {
 *         cert_read(item.der, &cert, &why) ...
 *     }
 */
enum bundle_form { BUNDLE_X509, BUNDLE_PKCS7, BUNDLE_TAGGED };

struct bundle {
    enum bundle_form form;
    struct cursor rest;          /* certificates or settings not yet handed out */
    bool marked_default;         /* tagged: setting 0x0020 says 1 or 2 */
    struct span encryption_sha1; /* tagged: setting 0x0022, 20 bytes; empty when absent */
};

struct bundle_item {
    struct span der; /* bytes that claim to be one certificate; cert_read() judges them */
    bool chain;      /* setting 0x0004; PKCS#7 does not say, basic constraints do */
    uint16_t tag;    /* tagged: 0x0003, 0x0004 or 0x0008; else 0 */
};

/*
 * Recognises the form and finds where the certificates are.
 *
 * FAULT_SYNTAX  none of the three forms, or one that is broken: `*why` tells where
 * FAULT_ABSENT  a form that is right and holds no certificate
 *
 * `*out` is written on success only, `*why` on failure only.
 */
MUST_USE enum fault bundle_open(struct span value, struct bundle *out, struct why *why);

/*
 * Hands out the next certificate; false at the end, then with FAULT_NONE in `*fault`, or
 * with FAULT_SYNTAX and `*why` where the rest cannot be read.
 */
MUST_USE bool bundle_next(struct bundle *bundle, struct bundle_item *out, struct why *why,
                          enum fault *fault);

#endif
