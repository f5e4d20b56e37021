#include "cert/cert.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "cert/habit.h"
#include "cert/name.h"
#include "report/cert_report.h"

#include "../libcrypto/same_facts.h"

/*
 * Whatever the bytes, the reader ends; what it takes, libcrypto takes; what it hands out lies
 * inside its input; and what is told of it is one line of UTF-8.
 */
enum { TEXT_MAX = 16 * 1024 * 1024 };

static void hold(bool what)
{
    if (!what) {
        abort();
    }
}

static void hold_inside(struct span whole, struct span part)
{
    hold(part.at == NULL || (part.at >= whole.at && part.len <= whole.len &&
                             (size_t)(part.at - whole.at) <= whole.len - part.len));
}

static void hold_spans(struct span der, const struct cert *c)
{
    const struct span parts[] = {
        c->der,       c->tbs,     c->serial, c->signature_algorithm, c->signature_params,
        c->issuer,    c->subject, c->spki,   c->signature,           c->key.oid,
        c->key.point, c->eku,     c->san,    c->subject_key_id,      c->authority_key_id,
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        hold_inside(der, parts[i]);
    }
}

static void hold_addresses(struct span der, const struct cert *c)
{
    struct cert_emails in = cert_emails_of(c);
    struct cert_email email;
    struct cursor eku = cursor_over(c->eku);
    struct span oid;

    while (cert_emails_next(&in, &email)) {
        hold_inside(der, email.text);
    }
    while (cert_eku_next(&eku, &oid)) {
        hold_inside(der, oid);
    }
    hold(eku.rest.len == 0); /* cert_read() has looked at all of them */
}

static void hold_report(const struct cert *c)
{
    const struct cert_origin origin = {.file = "-"};
    struct buffer out = buffer_with_max(TEXT_MAX);
    size_t at;

    hold(cert_report_add_json(&out, c, &origin) == FAULT_NONE);
    hold(text_is_utf8(buffer_span(&out)) && !span_find(buffer_span(&out), '\n', &at));
    buffer_reset(&out);
    hold(cert_report_add_text(&out, c, &origin) == FAULT_NONE);
    hold(text_is_utf8(buffer_span(&out)));
    buffer_clear(&out);
}

static void hold_libcrypto(struct span der)
{
    const unsigned char *end = der.at;
    X509 *x = d2i_X509(NULL, &end, (long)der.len);

    hold(x != NULL && end == der.at + der.len);
    X509_free(x);
    ERR_clear_error();
}

/* The same is read with the memory of all that came before; NULL: refused. */
static void hold_habits(struct span der, const struct cert *got)
{
    static struct cert_habits habits;
    struct why why = {0};

    for (int i = 0; i < 2; i++) {
        struct cert again;
        bool taken = cert_read_with(&habits, der, &again, &why) == FAULT_NONE;

        hold(taken == (got != NULL) && (!taken || same_facts(got, &again)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span der = span_of(data, size);
    struct cert got = {0};
    struct why why = {0};

    if (cert_read(der, &got, &why) != FAULT_NONE) {
        hold_habits(der, NULL);
        hold(why.rule != NULL && why.offset <= size);
        return 0;
    }
    hold_habits(der, &got);
    hold(got.version >= 1 && got.version <= 3);
    hold_spans(der, &got);
    hold_addresses(der, &got);
    hold_report(&got);
    hold_libcrypto(der);
    (void)cert_purpose(&got);
    (void)cert_is_self_issued(&got);
    return 0;
}
