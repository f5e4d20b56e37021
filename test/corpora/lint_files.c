#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/readfile.h"
#include "cert/pem.h"
#include "kms/authority/issue.h"
#include "kms/authority/lint.h"

/*
 * usage: lint_files FILE…
 *
 * For the certificate of each file (PEM), and for each of the two purposes, a line for every rule
 * of the authority's lint that it breaks: FILE, purpose and rule, with tabs between. The
 * certificate is asked about as if it had been ordered with its own addresses, on its first day.
 */

static void report(const char *file, const struct cert *cert, enum purpose purpose)
{
    struct span addresses[ADDRESSES_MAX];
    struct lint_ask ask = {.purpose = purpose,
                           .addresses = addresses,
                           .ca_not_after = INT64_MAX,
                           .now = cert->not_before};
    struct cert_emails in = cert_emails_of(cert);
    struct cert_email email;
    uint32_t broken;

    while (ask.address_count < ADDRESSES_MAX && cert_emails_next(&in, &email)) {
        addresses[ask.address_count++] = email.text;
    }
    broken = lint_broken(cert, &ask);
    for (size_t i = 0; lint_rule(i) != NULL; i++) {
        if ((broken >> i & 1) != 0) {
            (void)printf("%s\t%s\t%s\n", file,
                         purpose == PURPOSE_SIGNING ? "signing" : "encryption", lint_rule(i));
        }
    }
}

static bool judge(const char *file)
{
    struct buffer text = buffer_with_max(1 << 20);
    struct buffer der = buffer_with_max(1 << 20);
    struct cursor in;
    struct pem_block block;
    struct cert cert;
    struct why why = {0};
    uint8_t *room = NULL;
    size_t n = 0;
    bool right = readfile(file, &text, &why) == FAULT_NONE;

    in = cursor_over(buffer_span(&text));
    right = right && pem_next(&in, &block, &why) == FAULT_NONE;
    room = right ? buffer_room(&der, base64_room(block.body.len)) : NULL;
    right = room != NULL && base64_decode(block.body, room, &n, &why) == FAULT_NONE &&
            cert_read(span_of(room, n), &cert, &why) == FAULT_NONE;
    if (right) {
        report(file, &cert, PURPOSE_SIGNING);
        report(file, &cert, PURPOSE_ENCRYPTION);
    } else {
        (void)fprintf(stderr, "lint_files: %s: %s\n", file, why.rule != NULL ? why.rule : "?");
    }
    buffer_clear(&text);
    buffer_clear(&der);
    return right;
}

int main(int argc, char **argv)
{
    int status = 0;

    for (int i = 1; i < argc; i++) {
        status = judge(argv[i]) ? status : 1;
    }
    return status;
}
