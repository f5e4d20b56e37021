#include "cert/trust.h"

#include "base/base64.h"
#include "cert/bundle.h"
#include "cert/der.h"
#include "cert/pem.h"
#include "cert/trust_store.h"

#include <stdlib.h>

enum role { ROLE_ISSUER, ROLE_ANCHOR, ROLE_LIST };

/* What is being loaded, and how many were. */
struct load {
    struct trust *trust;
    enum role role;
    size_t added;
    bool others; /* it holds certificates where lists are wanted, or the other way round */
};

static enum fault no_memory(struct why *why)
{
    return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
}

/* Makes room for one more of `size` bytes; doubles what there is. */
static bool make_room(void **array, size_t size, size_t count, size_t *room)
{
    size_t wanted = *room > 0 ? *room * 2 : 16;
    void *larger;

    if (count < *room) {
        return true;
    }
    larger = reallocarray(*array, wanted, size);
    if (larger == NULL) {
        return false;
    }
    *array = larger;
    *room = wanted;
    return true;
}

static struct loaded *find_loaded(struct trust *trust, struct span der)
{
    for (size_t i = 0; i < trust->ca_count; i++) {
        if (span_equal(trust->cas[i].ca->der, der)) {
            return &trust->cas[i];
        }
    }
    return NULL;
}

static enum fault keep_ca(struct trust *trust, struct span der, struct loaded **out,
                          struct why *why)
{
    struct loaded loaded = {0};
    enum fault fault;

    if (!make_room((void **)&trust->cas, sizeof *trust->cas, trust->ca_count, &trust->ca_room)) {
        return no_memory(why);
    }
    fault = ca_read(der, &loaded.ca, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    loaded.subject = canonical_new(loaded.ca->subject);
    loaded.issuer_name = canonical_new(loaded.ca->issuer);
    if (loaded.subject == NULL || loaded.issuer_name == NULL) {
        canonical_free(loaded.subject);
        canonical_free(loaded.issuer_name);
        ca_free(loaded.ca);
        return no_memory(why);
    }
    loaded.ca->id = trust->ca_count + 1;
    trust->cas[trust->ca_count] = loaded;
    *out = &trust->cas[trust->ca_count++];
    return FAULT_NONE;
}

/* A certificate that was named twice is kept once, in both roles. */
static enum fault add_certificate(struct load *load, struct span der, struct why *why)
{
    struct loaded *loaded = find_loaded(load->trust, der);
    enum fault fault = FAULT_NONE;

    if (loaded == NULL) {
        fault = keep_ca(load->trust, der, &loaded, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    loaded->issuer = loaded->issuer || load->role == ROLE_ISSUER;
    loaded->anchor = loaded->anchor || load->role == ROLE_ANCHOR;
    load->added++;
    return FAULT_NONE;
}

static enum fault add_list(struct load *load, struct span der, struct why *why)
{
    struct trust *trust = load->trust;
    struct loaded_list list = {0};
    enum fault fault;

    if (!make_room((void **)&trust->lists, sizeof *trust->lists, trust->list_count,
                   &trust->list_room)) {
        return no_memory(why);
    }
    fault = crl_read(der, &list.crl, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    list.issuer = canonical_new(list.crl->issuer);
    if (list.issuer == NULL) {
        crl_free(list.crl);
        return fault_at(FAULT_SYNTAX, 0, "RFC 5280: a list's issuer is a Name", why);
    }
    trust->lists[trust->list_count++] = list;
    load->added++;
    return FAULT_NONE;
}

/* A certificate, or all those of a PKCS#7. */
static enum fault add_bundle(struct load *load, struct span der, struct why *why)
{
    struct bundle bundle;
    struct bundle_item item;
    enum fault fault = bundle_open(der, &bundle, why);

    while (fault == FAULT_NONE && bundle_next(&bundle, &item, why, &fault)) {
        fault = add_certificate(load, item.der, why);
        if (fault != FAULT_NONE) {
            why->offset += (size_t)(item.der.at - der.at);
        }
    }
    return fault;
}

/* True when the bytes are a list where certificates are wanted, or the other way round. */
static bool is_other(const struct load *load, struct span der)
{
    struct ca *ca = NULL;
    struct crl *crl = NULL;
    struct why ignored;
    bool other = load->role == ROLE_LIST ? ca_read(der, &ca, &ignored) == FAULT_NONE
                                         : crl_read(der, &crl, &ignored) == FAULT_NONE;

    ca_free(ca);
    crl_free(crl);
    return other;
}

static enum fault add_der(struct load *load, struct span der, struct why *why)
{
    return load->role == ROLE_LIST ? add_list(load, der, why) : add_bundle(load, der, why);
}

static bool is_list(struct span label) { return span_is(label, "X509 CRL"); }

static bool is_certificate(struct span label)
{
    return span_is(label, "CERTIFICATE") || span_is(label, "X509 CERTIFICATE") ||
           span_is(label, "TRUSTED CERTIFICATE") || span_is(label, "PKCS7") ||
           span_is(label, "PKCS #7 SIGNED DATA") || span_is(label, "CMS");
}

/* What stands beside in the same file, a private key say, is none of ours. */
static bool is_wanted(struct load *load, struct span label)
{
    const bool lists = load->role == ROLE_LIST;

    load->others |= lists ? is_certificate(label) : is_list(label);
    return lists ? is_list(label) : is_certificate(label);
}

/* OpenSSL's own form has settings of trust behind the certificate; the option says it all here. */
static struct span without_settings(const struct pem_block *block, struct span der)
{
    struct cursor in = cursor_over(der);
    struct span first;

    if (span_is(block->label, "TRUSTED CERTIFICATE") && der_take_whole(&in, DER_SEQUENCE, &first)) {
        return first;
    }
    return der;
}

/* The offset told is that of the block: what is wrong lies in what it encodes. */
static enum fault add_block(struct load *load, const struct pem_block *block, struct why *why)
{
    uint8_t *der = malloc(base64_room(block->body.len));
    enum fault fault;
    size_t len;

    if (der == NULL) {
        return no_memory(why);
    }
    fault = base64_decode(block->body, der, &len, why);
    if (fault == FAULT_NONE) {
        fault = add_der(load, without_settings(block, span_of(der, len)), why);
    }
    if (fault != FAULT_NONE) {
        why->offset = block->offset;
    }
    free(der);
    return fault;
}

static enum fault add_text(struct load *load, struct span text, struct why *why)
{
    struct cursor in = cursor_over(text);
    struct pem_block block;
    enum fault fault;

    for (;;) {
        fault = pem_next(&in, &block, why);
        if (fault == FAULT_ABSENT) {
            return FAULT_NONE;
        }
        if (fault == FAULT_NONE && is_wanted(load, block.label)) {
            fault = add_block(load, &block, why);
        }
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
}

/* Bytes that are no PEM may be DER: each of what is loaded is a SEQUENCE. */
static enum fault add_bytes(struct load *load, struct span bytes, struct why *why)
{
    if (bytes.len == 0 || bytes.at[0] != DER_SEQUENCE) {
        return FAULT_NONE;
    }
    if (is_other(load, bytes)) {
        load->others = true;
        return FAULT_NONE;
    }
    return add_der(load, bytes, why);
}

static enum fault add(struct trust *trust, enum role role, struct span bytes, size_t *added,
                      struct why *why)
{
    static const char *const nothing[][2] = {
        [ROLE_ISSUER] = {"there is no certificate in it",
                         "there is no certificate in it, but a revocation list"},
        [ROLE_ANCHOR] = {"there is no certificate in it",
                         "there is no certificate in it, but a revocation list"},
        [ROLE_LIST] = {"there is no revocation list in it",
                       "there is no revocation list in it, but a certificate"},
    };
    struct load load = {.trust = trust, .role = role};
    enum fault fault = pem_is(bytes) ? add_text(&load, bytes, why) : add_bytes(&load, bytes, why);

    if (fault == FAULT_NONE && load.added == 0) {
        return fault_at(FAULT_ABSENT, 0, nothing[role][load.others], why);
    }
    if (fault != FAULT_NONE) {
        return fault == FAULT_ABSENT ? FAULT_SYNTAX : fault;
    }
    *added = load.added;
    return FAULT_NONE;
}

enum fault trust_add_issuers(struct trust *trust, struct span bytes, size_t *added, struct why *why)
{
    trust->has_issuers = true;
    return add(trust, ROLE_ISSUER, bytes, added, why);
}

enum fault trust_add_anchors(struct trust *trust, struct span bytes, size_t *added, struct why *why)
{
    trust->has_anchors = true;
    return add(trust, ROLE_ANCHOR, bytes, added, why);
}

enum fault trust_add_crls(struct trust *trust, struct span bytes, size_t *added, struct why *why)
{
    trust->has_lists = true;
    return add(trust, ROLE_LIST, bytes, added, why);
}
