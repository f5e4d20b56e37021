#include "base/text.h"
#include "base/utc.h"
#include "cert/digest.h"
#include "cert/name.h"
#include "report/cert_report.h"
#include "report/cert_words.h"

/* One line of a block: a label, then what it names, made safe to show. */
static void add_line(struct buffer *out, const char *label, struct buffer *value)
{
    enum { LABEL_WIDTH = 14 };

    buffer_add_text(out, "  ");
    buffer_add_text(out, label);
    for (size_t i = strlen(label); i < LABEL_WIDTH; i++) {
        buffer_add_byte(out, ' ');
    }
    if (value->len > 0) {
        text_add_safe(out, buffer_span(value));
    } else {
        buffer_add_text(out, "-");
    }
    buffer_add_byte(out, '\n');
    if (value->fault != FAULT_NONE && out->fault == FAULT_NONE) {
        out->fault = value->fault;
    }
    buffer_reset(value);
}

static void add_comma(struct buffer *value)
{
    if (value->len > 0) {
        buffer_add_text(value, ", ");
    }
}

/* The nickname where there is one, and the OID behind it. */
static void add_oid(struct buffer *value, struct span oid)
{
    const char *nickname = oid_nickname(oid);

    if (nickname == NULL) {
        oid_add_always(value, oid);
        return;
    }
    buffer_add_text(value, nickname);
    buffer_add_text(value, " (");
    oid_add_always(value, oid);
    buffer_add_byte(value, ')');
}

static void add_key(struct buffer *value, const struct cert_key *key)
{
    const char *type = key_type_name(key->type);
    const char *curve = curve_name(key->curve);

    if (type != NULL) {
        buffer_add_text(value, type);
    } else {
        oid_add_always(value, key->oid);
    }
    if (curve != NULL) {
        buffer_add_byte(value, ' ');
        buffer_add_text(value, curve);
    } else if (key->curve.len > 0) {
        buffer_add_byte(value, ' ');
        oid_add_always(value, key->curve);
    }
    if (key->bits > 0) {
        buffer_add_text(value, ", ");
        buffer_add_uint(value, key->bits);
        buffer_add_text(value, " bits");
    }
}

static void add_emails(struct buffer *value, const struct cert *cert)
{
    struct cert_emails in = cert_emails_of(cert);
    struct cert_email email;

    while (cert_emails_next(&in, &email)) {
        if (email.kind != EMAIL_UPN) {
            add_comma(value);
            buffer_add(value, email.text);
        }
    }
}

static void add_key_usage(struct buffer *value, const struct cert *cert)
{
    for (unsigned i = 0; i < KEY_USAGE_COUNT; i++) {
        if ((cert->key_usage >> i & 1) != 0) {
            add_comma(value);
            buffer_add_text(value, key_usage_name(i));
        }
    }
}

static void add_eku(struct buffer *value, const struct cert *cert)
{
    struct cursor eku = cursor_over(cert->eku);
    struct span oid;

    while (cert_eku_next(&eku, &oid)) {
        add_comma(value);
        add_oid(value, oid);
    }
}

/* What people call the purposes, rather than the words of the JSON. */
static void add_purpose(struct buffer *value, const struct cert *cert)
{
    static const char *const words[] = {
        [PURPOSE_NEITHER] = "neither signing nor encryption of mail",
        [PURPOSE_ENCRYPTION] = "encryption",
        [PURPOSE_SIGNING] = "signing",
        [PURPOSE_BOTH] = "signing and encryption",
    };

    buffer_add_text(value, words[cert_purpose(cert)]);
}

static void add_form(struct buffer *value, const struct cert *cert,
                     const struct cert_origin *origin)
{
    static const char *const words[] = {
        [BUNDLE_X509] = "X.509",
        [BUNDLE_PKCS7] = "PKCS#7",
        [BUNDLE_TAGGED] = "tagged settings",
    };

    buffer_add_text(value, words[origin->form]);
    buffer_add_text(value, ", version ");
    buffer_add_uint(value, (uint64_t)cert->version);
    if (cert->ca) {
        buffer_add_text(value, ", of a certification authority");
    } else if (origin->chain) {
        buffer_add_text(value, ", of the chain");
    }
}

static void add_validity(struct buffer *value, const struct cert *cert, int64_t at)
{
    char time[UTC_TEXT_SIZE];

    utc_text(cert->not_before, time);
    buffer_add_text(value, time);
    buffer_add_text(value, " to ");
    utc_text(cert->not_after, time);
    buffer_add_text(value, time);
    if (at != 0 && at < cert->not_before) {
        buffer_add_text(value, " (not yet)");
    }
    if (at != 0 && at > cert->not_after) {
        buffer_add_text(value, " (expired)");
    }
}

static void add_body(struct buffer *out, struct buffer *value, const struct cert *cert,
                     const struct cert_origin *origin)
{
    (void)!name_add(value, cert->subject);
    add_line(out, "subject", value);
    (void)!name_add(value, cert->issuer);
    add_line(out, "issuer", value);
    serial_add(value, cert->serial);
    add_line(out, "serial", value);
    add_validity(value, cert, origin->at);
    add_line(out, "valid", value);
    add_emails(value, cert);
    add_line(out, "addresses", value);
    add_purpose(value, cert);
    add_line(out, "good for", value);
    if (cert->has_key_usage) {
        add_key_usage(value, cert);
        add_line(out, "key usage", value);
    }
    if (cert->eku.at != NULL) {
        add_eku(value, cert);
        add_line(out, "extended", value);
    }
    add_key(value, &cert->key);
    add_line(out, "key", value);
    add_oid(value, cert->signature_algorithm);
    add_line(out, "signed with", value);
    add_form(value, cert, origin);
    add_line(out, "form", value);
    if (cert->extension_broken) {
        buffer_add_text(value, "an extension cannot be read or stands twice");
        add_line(out, "caution", value);
    }
}

enum fault cert_report_add_text(struct buffer *out, const struct cert *cert,
                                const struct cert_origin *origin)
{
    struct buffer value = buffer_with_max(out->max);
    uint8_t digest[SHA256_SIZE] = {0};
    enum fault fault = digest_sha256(cert->der, digest);

    if (origin->file != NULL) {
        text_add_safe(out, span_text(origin->file));
        buffer_add_text(out, ", ");
    }
    buffer_add_text(out, "certificate ");
    buffer_add_uint(out, origin->index + 1);
    buffer_add_byte(out, '\n');
    add_body(out, &value, cert, origin);
    buffer_add_hex(&value, span_of(digest, sizeof(digest)));
    add_line(out, "sha256", &value);
    buffer_add_byte(out, '\n');
    buffer_clear(&value);
    return fault != FAULT_NONE ? fault : out->fault;
}
