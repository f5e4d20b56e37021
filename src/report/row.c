#include "base/text.h"
#include "cert/digest.h"
#include "cert/name.h"
#include "report/formats.h"

const struct candidate *row_certificate(const struct row *row)
{
    return row->verdict->effective != NULL ? row->verdict->effective : row->verdict->best;
}

void row_add_key(struct buffer *out, const struct cert_key *key)
{
    const char *name = key_type_name(key->type);

    if (name == NULL) {
        (void)!oid_add(out, key->oid);
        return;
    }
    buffer_add_text(out, name);
    if (key->type == KEY_EC) {
        const char *curve = curve_name(key->curve);

        buffer_add_byte(out, ' ');
        if (curve != NULL) {
            buffer_add_text(out, curve);
        } else {
            (void)!oid_add(out, key->curve);
        }
    } else if (key->type == KEY_RSA || key->type == KEY_RSA_PSS || key->type == KEY_DSA) {
        buffer_add_byte(out, '-');
        buffer_add_uint(out, key->bits);
    }
}

void row_add_name(struct buffer *out, const struct row *row)
{
    struct span name = entry_name(row->entry);

    if (name.len > 0) {
        text_add_guessed(out, name);
        return;
    }
    buffer_add_text(out, "line ");
    buffer_add_uint(out, row->entry->line);
}

void row_add_sha256(struct buffer *out, const struct cert *cert)
{
    uint8_t digest[SHA256_SIZE];

    if (digest_sha256(cert->der, digest) == FAULT_NONE) {
        buffer_add_hex(out, span_of(digest, sizeof(digest)));
    } else {
        out->fault = FAULT_RESOURCE;
    }
}

void row_add_warnings(struct buffer *out, uint32_t warnings, const char *between)
{
    bool any = false;

    for (unsigned i = 0; i < WARNING_COUNT; i++) {
        if ((warnings & 1U << i) != 0) {
            if (any) {
                buffer_add_text(out, between);
            }
            buffer_add_text(out, warning_name((enum warning)(1U << i)));
            any = true;
        }
    }
}
