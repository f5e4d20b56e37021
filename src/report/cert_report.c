#include "report/cert_report.h"

#include "base/utc.h"
#include "cert/digest.h"
#include "cert/name.h"
#include "report/cert_words.h"
#include "report/json.h"

static bool is_chain(const struct cert *cert, const struct cert_origin *origin)
{
    return cert->ca || origin->chain;
}

static enum fault add_sha256(struct buffer *out, const struct cert *cert)
{
    uint8_t digest[SHA256_SIZE];
    enum fault fault = digest_sha256(cert->der, digest);

    if (fault == FAULT_NONE) {
        buffer_add_hex(out, span_of(digest, sizeof(digest)));
    }
    return fault;
}

/* A value that needs no escape, with its name. */
static void add_plain(struct buffer *out, const char *name, const char *value)
{
    json_add_name(out, name);
    buffer_add_byte(out, '"');
    buffer_add_text(out, value);
    buffer_add_byte(out, '"');
}

static void add_oid(struct buffer *out, struct span oid)
{
    buffer_add_byte(out, '"');
    oid_add_always(out, oid);
    buffer_add_byte(out, '"');
}

/* cert_read() has refused what is no Name, so that the only fault is the buffer's own. */
static void add_name(struct buffer *out, const char *member, struct span name)
{
    size_t start;

    json_add_name(out, member);
    buffer_add_byte(out, '"');
    start = out->len;
    (void)!name_add(out, name);
    json_escape_from(out, start);
    buffer_add_byte(out, '"');
}

static void add_time(struct buffer *out, const char *member, int64_t at)
{
    char text[UTC_TEXT_SIZE];

    utc_text(at, text);
    add_plain(out, member, text);
}

static void add_key(struct buffer *out, const struct cert_key *key)
{
    const char *type = key_type_name(key->type);
    const char *curve = curve_name(key->curve);

    json_add_name(out, "key");
    buffer_add_text(out, "{\"type\":");
    if (type != NULL) {
        json_add_string(out, span_text(type));
    } else {
        add_oid(out, key->oid);
    }
    json_add_name(out, "bits");
    if (key->bits > 0) {
        buffer_add_uint(out, key->bits);
    } else {
        buffer_add_text(out, "null");
    }
    json_add_name(out, "curve");
    if (curve != NULL) {
        json_add_string(out, span_text(curve));
    } else if (key->curve.len > 0) {
        add_oid(out, key->curve);
    } else {
        buffer_add_text(out, "null");
    }
    buffer_add_byte(out, '}');
}

/* Between the members of a list: nothing before the first. */
static void add_comma(struct buffer *out, size_t start)
{
    if (out->len > start) {
        buffer_add_byte(out, ',');
    }
}

static void add_key_usage(struct buffer *out, const struct cert *cert)
{
    size_t start;

    json_add_name(out, "key_usage");
    if (!cert->has_key_usage) {
        buffer_add_text(out, "null");
        return;
    }
    buffer_add_byte(out, '[');
    start = out->len;
    for (unsigned i = 0; i < KEY_USAGE_COUNT; i++) {
        if ((cert->key_usage >> i & 1) != 0) {
            add_comma(out, start);
            json_add_string(out, span_text(key_usage_name(i)));
        }
    }
    buffer_add_byte(out, ']');
}

static void add_eku(struct buffer *out, const struct cert *cert)
{
    struct cursor eku = cursor_over(cert->eku);
    struct span oid;
    size_t start;

    json_add_name(out, "eku");
    if (cert->eku.at == NULL) {
        buffer_add_text(out, "null");
        return;
    }
    buffer_add_byte(out, '[');
    start = out->len;
    while (cert_eku_next(&eku, &oid)) {
        add_comma(out, start);
        add_oid(out, oid);
    }
    buffer_add_byte(out, ']');
}

static void add_emails(struct buffer *out, const struct cert *cert, const char *member, bool utf8)
{
    struct cert_emails in = cert_emails_of(cert);
    struct cert_email email;
    size_t start;

    json_add_name(out, member);
    buffer_add_byte(out, '[');
    start = out->len;
    while (cert_emails_next(&in, &email)) {
        if (email.kind != EMAIL_UPN && (email.kind == EMAIL_SMTP_UTF8) == utf8) {
            add_comma(out, start);
            json_add_string(out, email.text);
        }
    }
    buffer_add_byte(out, ']');
}

static void add_identity(struct buffer *out, const struct cert *cert)
{
    json_add_name(out, "serial");
    buffer_add_byte(out, '"');
    serial_add(out, cert->serial);
    buffer_add_byte(out, '"');
    json_add_name(out, "version");
    buffer_add_uint(out, (uint64_t)cert->version);
    add_name(out, "subject", cert->subject);
    add_name(out, "issuer", cert->issuer);
    add_time(out, "not_before", cert->not_before);
    add_time(out, "not_after", cert->not_after);
}

static void add_origin(struct buffer *out, const struct cert *cert,
                       const struct cert_origin *origin)
{
    add_plain(out, "form", bundle_form_name(origin->form));
    add_plain(out, "role", is_chain(cert, origin) ? "chain" : "user");
    json_add_name(out, "attribute");
    if (origin->attribute.len > 0) {
        json_add_string(out, origin->attribute);
    } else {
        buffer_add_text(out, "null");
    }
    if (cert->extension_broken) {
        json_add_name(out, "broken_extension");
        buffer_add_text(out, "true");
    }
}

enum fault cert_report_add_json(struct buffer *out, const struct cert *cert,
                                const struct cert_origin *origin)
{
    enum fault fault;

    buffer_add_byte(out, '{');
    if (origin->file != NULL) {
        buffer_add_text(out, "\"file\":");
        json_add_string(out, span_text(origin->file));
        buffer_add_byte(out, ',');
    }
    buffer_add_text(out, "\"index\":");
    buffer_add_uint(out, origin->index);
    json_add_name(out, "sha256");
    buffer_add_byte(out, '"');
    fault = add_sha256(out, cert);
    buffer_add_byte(out, '"');
    add_identity(out, cert);
    add_key(out, &cert->key);
    json_add_name(out, "signature_algorithm");
    add_oid(out, cert->signature_algorithm);
    add_key_usage(out, cert);
    add_eku(out, cert);
    add_emails(out, cert, "emails", false);
    add_emails(out, cert, "smtp_utf8", true);
    json_add_name(out, "ca");
    buffer_add_text(out, cert->ca ? "true" : "false");
    add_plain(out, "purpose", purpose_name(cert_purpose(cert)));
    add_origin(out, cert, origin);
    buffer_add_byte(out, '}');
    return fault != FAULT_NONE ? fault : out->fault;
}

enum fault cert_report_add_json_line(struct buffer *out, const struct cert *cert,
                                     const struct cert_origin *origin)
{
    enum fault fault = cert_report_add_json(out, cert, origin);

    buffer_add_byte(out, '\n');
    return fault;
}

void candidate_add_json(struct buffer *out, const struct candidate *candidate, size_t index)
{
    const struct cert_origin origin = {
        .index = index,
        .form = candidate->form,
        .chain = candidate->chain,
        .attribute = candidate->attribute,
    };
    enum fault fault = cert_report_add_json(out, &candidate->cert, &origin);

    if (fault != FAULT_NONE && out->fault == FAULT_NONE) {
        out->fault = fault;
    }
}
