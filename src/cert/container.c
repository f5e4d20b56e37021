#include "cert/container.h"

#include "base/base64.h"
#include "cert/der.h"
#include "cert/pem.h"
#include "cert/smime.h"

/* Labels of blocks with certificates: RFC 7468, and those that OpenSSL knows besides. */
static bool is_certificate_label(struct span label)
{
    static const char *const labels[] = {"CERTIFICATE",         "X509 CERTIFICATE",
                                         "TRUSTED CERTIFICATE", "PKCS7",
                                         "PKCS #7 SIGNED DATA", "CMS"};

    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        if (span_is(label, labels[i])) {
            return true;
        }
    }
    return false;
}

/* A whole element, or settings: what is not text. */
static bool is_one_element(struct span file)
{
    struct cursor in = cursor_over(file);
    struct span contents;

    return der_take(&in, DER_SEQUENCE, &contents) && in.rest.len == 0;
}

/*
 * Leaves out what stands behind the first element: in OpenSSL's TRUSTED CERTIFICATE, what its
 * owner thinks of it; behind PKCS#7, padding and line ends, which readers of streams never see.
 */
static void cut_to_first_element(struct container_block *block)
{
    struct cursor in = cursor_over(block->bytes);
    struct span whole;

    if (der_take_whole(&in, DER_SEQUENCE, &whole)) {
        block->bytes = whole;
    }
}

/* PKCS#7 begins with an OBJECT IDENTIFIER in its SEQUENCE, a certificate does not. */
static void cut_pkcs7(struct container_block *block)
{
    struct cursor in = cursor_over(block->bytes);
    struct cursor body;

    if (der_enter(&in, DER_SEQUENCE, &body) && der_is_next(&body, DER_OID)) {
        cut_to_first_element(block);
    }
}

static enum fault decode(struct container *c, struct span text, struct container_block *block,
                         struct why *why)
{
    uint8_t *room;
    size_t n = 0;
    enum fault fault;

    buffer_reset(&c->decoded);
    room = buffer_room(&c->decoded, base64_room(text.len));
    if (room == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    fault = base64_decode(text, room, &n, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    c->decoded.len = n;
    block->bytes = buffer_span(&c->decoded);
    cut_pkcs7(block);
    return FAULT_NONE;
}

static enum fault next_of_pem(struct container *c, struct container_block *block, struct why *why)
{
    struct pem_block pem;
    enum fault fault;

    block->text = true;
    for (;;) {
        fault = pem_next(&c->text, &pem, why);
        if (fault == FAULT_SYNTAX) {
            block->offset = why->offset;
            return fault;
        }
        if (fault != FAULT_NONE || is_certificate_label(pem.label)) {
            break;
        }
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    block->offset = pem.offset;
    fault = decode(c, pem.body, block, why);
    if (fault == FAULT_NONE && span_is(pem.label, "TRUSTED CERTIFICATE")) {
        cut_to_first_element(block);
    }
    return fault;
}

struct container container_over(struct span file)
{
    return (struct container){
        .text = cursor_over(file),
        .decoded = buffer_with_max(base64_room(file.len)),
    };
}

enum fault container_next(struct container *c, struct container_block *block, struct why *why)
{
    bool first = !c->begun;
    struct span file = c->text.rest;
    struct span body;
    enum fault fault;

    *block = (struct container_block){0};
    c->begun = true;
    if (c->pem) {
        return next_of_pem(c, block, why);
    }
    if (!first) {
        return FAULT_ABSENT;
    }
    if (is_one_element(file)) {
        block->bytes = file;
        return FAULT_NONE;
    }
    fault = smime_find(file, &body, &block->offset, why);
    if (fault != FAULT_ABSENT) {
        block->text = true;
        block->offset = fault == FAULT_NONE ? block->offset : why->offset;
        return fault == FAULT_NONE ? decode(c, body, block, why) : fault;
    }
    if (pem_is(file)) {
        c->pem = true;
        return next_of_pem(c, block, why);
    }
    block->bytes = file;
    block->unknown = true;
    cut_pkcs7(block);
    return FAULT_NONE;
}

/* PFX ::= SEQUENCE { version INTEGER {v3(3)}, authSafe ContentInfo, macData OPTIONAL } */
bool container_is_pkcs12(struct span file)
{
    static const uint8_t version_3[] = {3};
    struct cursor in = cursor_over(file);
    struct cursor body, info;
    struct span version;

    return der_enter(&in, DER_SEQUENCE, &body) && der_take(&body, DER_INTEGER, &version) &&
           span_equal(version, span_of(version_3, sizeof(version_3))) &&
           der_enter(&body, DER_SEQUENCE, &info) && der_is_next(&info, DER_OID);
}

void container_clear(struct container *container) { buffer_clear(&container->decoded); }
