#include "make_extensions.h"

#include <string.h>

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "make_names.h"

enum { VALUE_MAX = 4096 };

/* Bytes being put together. */
struct value {
    unsigned char at[VALUE_MAX];
    size_t len;
};

static void add(struct value *v, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        v->at[v->len++] = ((const unsigned char *)bytes)[i];
    }
}

static void add_byte(struct value *v, unsigned byte)
{
    unsigned char b = (unsigned char)byte;

    add(v, &b, 1);
}

/* Puts the header of an element in front of what was added since `start`. */
static void wrap(struct value *v, size_t start, unsigned tag)
{
    size_t n = v->len - start;
    unsigned char header[4] = {(unsigned char)tag, (unsigned char)n};
    size_t size = 2;

    if (n >= 0x80) {
        header[1] = 0x82;
        header[2] = (unsigned char)(n >> 8);
        header[3] = (unsigned char)n;
        size = 4;
    }
    memmove(v->at + start + size, v->at + start, n);
    memcpy(v->at + start, header, size);
    v->len += size;
}

static void make_key_usage(struct chance *c, struct value *v)
{
    size_t octets = chance_below(c, 4);

    add_byte(v, octets == 0 ? 0 : (unsigned)chance_below(c, 9));
    for (size_t i = 0; i < octets; i++) {
        add_byte(v, (unsigned)chance_next(c));
    }
    wrap(v, 0, 0x03);
}

static void add_oid(struct chance *c, struct value *v)
{
    static const char *const oids[] = {"\x2b\x06\x01\x05\x05\x07\x03\x04", "\x55\x1d\x25\x01",
                                       "\x2b\x06\x01\x05\x05\x07\x08\x09", "\x2a\x03",
                                       "\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03"};
    const char *oid = oids[chance_below(c, 5)];
    size_t start = v->len;

    add(v, oid, strlen(oid));
    if (chance_once_in(c, 32)) {
        add_byte(v, 0x80);
    }
    wrap(v, start, 0x06);
}

static void make_eku(struct chance *c, struct value *v)
{
    size_t count = chance_below(c, 4);

    for (size_t i = 0; i < count; i++) {
        add_oid(c, v);
    }
    wrap(v, 0, 0x30);
}

static void make_basic_constraints(struct chance *c, struct value *v)
{
    if (chance_once_in(c, 2)) {
        add(v, "\x01\x01", 2);
        add_byte(v, chance_once_in(c, 2) ? 0xff : (unsigned)chance_below(c, 3));
    }
    if (chance_once_in(c, 3)) {
        add(v, "\x02\x01", 2);
        add_byte(v, (unsigned)chance_next(c));
    }
    wrap(v, 0, 0x30);
}

static void add_other_name(struct chance *c, struct value *v)
{
    static const unsigned tags[] = {0x0c, 0x0c, 0x16, 0x1e};
    unsigned char text[32];
    size_t start = v->len;
    size_t inner;

    add_oid(c, v);
    inner = v->len;
    add(v, text, make_text(c, text));
    wrap(v, inner, tags[chance_below(c, 4)]);
    wrap(v, inner, 0xa0);
    wrap(v, start, 0xa0);
}

static void add_directory_name(struct chance *c, struct value *v)
{
    X509_NAME *name = X509_NAME_new();
    unsigned char *der = NULL;
    size_t start = v->len;
    int len;

    make_name(c, name);
    len = i2d_X509_NAME(name, &der);
    add(v, der, len > 0 ? (size_t)len : 0);
    wrap(v, start, 0xa4);
    OPENSSL_free(der);
    X509_NAME_free(name);
}

static void add_general_names(struct chance *c, struct value *v)
{
    static const unsigned tags[] = {0x81, 0x81, 0x82, 0x86, 0x87, 0x88, 0x89};
    size_t count = chance_below(c, 4);

    for (size_t i = 0; i < count; i++) {
        size_t start = v->len;
        unsigned char text[32];

        if (chance_once_in(c, 4)) {
            add_other_name(c, v);
        } else if (chance_once_in(c, 8)) {
            add_directory_name(c, v);
        } else {
            add(v, text, make_text(c, text));
            wrap(v, start, tags[chance_below(c, chance_once_in(c, 8) ? 7 : 5)]);
        }
    }
}

static void make_alternative_names(struct chance *c, struct value *v)
{
    add_general_names(c, v);
    wrap(v, 0, 0x30);
}

static void make_subject_key_id(struct chance *c, struct value *v)
{
    for (size_t i = chance_below(c, 24); i > 0; i--) {
        add_byte(v, (unsigned)chance_next(c));
    }
    wrap(v, 0, 0x04);
}

static void make_authority_key_id(struct chance *c, struct value *v)
{
    size_t start;

    if (!chance_once_in(c, 4)) {
        make_subject_key_id(c, v);
        v->at[0] = 0x80;
    }
    if (chance_once_in(c, 4)) {
        start = v->len;
        add_general_names(c, v);
        wrap(v, start, 0xa1);
        start = v->len;
        add_byte(v, (unsigned)chance_next(c));
        add_byte(v, (unsigned)chance_next(c));
        wrap(v, start, 0x82);
    }
    wrap(v, 0, 0x30);
}

static void make_garbage(struct chance *c, struct value *v)
{
    for (size_t i = chance_below(c, 12); i > 0; i--) {
        add_byte(v, (unsigned)chance_next(c));
    }
}

static const struct kind {
    int nid;
    void (*make)(struct chance *c, struct value *v);
} kinds[] = {
    {NID_key_usage, make_key_usage},
    {NID_ext_key_usage, make_eku},
    {NID_basic_constraints, make_basic_constraints},
    {NID_subject_alt_name, make_alternative_names},
    {NID_subject_key_identifier, make_subject_key_id},
    {NID_authority_key_identifier, make_authority_key_id},
    {NID_issuer_alt_name, make_alternative_names},
    {NID_certificate_policies, make_garbage},
    {NID_policy_constraints, make_garbage},
    {NID_policy_mappings, make_garbage},
    {NID_inhibit_any_policy, make_garbage},
    {NID_name_constraints, make_garbage},
    {NID_crl_distribution_points, make_garbage},
    {NID_freshest_crl, make_garbage},
    {NID_info_access, make_garbage},
    {NID_netscape_cert_type, make_garbage},
    {NID_netscape_comment, make_garbage},
    {NID_proxyCertInfo, make_garbage},
    {NID_id_pkix_OCSP_noCheck, make_garbage},
    {NID_sbgp_ipAddrBlock, make_garbage},
    {NID_sbgp_autonomousSysNum, make_garbage},
    {NID_tlsfeature, make_garbage},
    {NID_private_key_usage_period, make_garbage},
    {NID_invalidity_date, make_garbage},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), READ_KINDS = 6 };

static void add_extension(struct chance *c, const struct kind *kind, X509 *x)
{
    static struct value value;
    ASN1_OCTET_STRING *data = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension;

    value.len = 0;
    kind->make(c, &value);
    if (value.len > 0 && chance_once_in(c, 32)) {
        value.at[chance_below(c, value.len)] ^= (unsigned char)(1U << chance_below(c, 8));
    }
    (void)ASN1_OCTET_STRING_set(data, value.at, (int)value.len);
    extension = X509_EXTENSION_create_by_NID(NULL, kind->nid, chance_once_in(c, 4) ? 1 : 0, data);
    (void)X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(data);
}

void make_extensions(struct chance *c, X509 *x)
{
    for (size_t i = 0; i < READ_KINDS; i++) {
        if (chance_once_in(c, 2)) {
            add_extension(c, &kinds[i], x);
        }
    }
    if (chance_once_in(c, 3)) {
        add_extension(c, &kinds[chance_below(c, KINDS)], x);
    }
}
