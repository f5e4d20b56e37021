#include "cert/container.h"

#include <stdio.h>

#include "support.h"

/* In base64: "MAA=" is 30 00, an empty SEQUENCE; "MAIGAA==" one with an OID, as PKCS#7 has. */
#define PEM(label, body) "-----BEGIN " label "-----\n" body "\n-----END " label "-----\n"
#define SIGNATURE(type, body)                                                                      \
    "Content-Type: " type "; name=smime.p7s\nContent-Transfer-Encoding: base64\n\n" body "\n"
#define SIGNED(boundary, part)                                                                     \
    "Subject: x\nContent-Type: multipart/signed;\n boundary=" boundary "\n\nhello\n--bo\n"         \
    "Content-Type: text/plain\n\ntext\n--bo\n" part "--bo--\n"

/* The blocks of a file in hexadecimal, each with the byte at which it stands; `!`: broken. */
static const struct row {
    const char *name, *file;
    size_t len;
    const char *told;
} rows[] = {
    {"an element as it is", TEXT("\x30\x00"), "0:3000 "},
    {"settings as they are", TEXT("\x03\x00\x06\x00\x30\x00"), "0:030006003000 "},
    {"what nobody knows as it is", TEXT("hello"), "0:68656c6c6f "},
    {"nothing as it is", TEXT(""), "0: "},
    {"bytes behind an element are for others to refuse", TEXT("\x30\x00\n"), "0:30000a "},
    {"… but behind PKCS#7 they are left out", TEXT("\x30\x02\x06\x00\n"), "0:30020600 "},
    {"PEM", TEXT(PEM("CERTIFICATE", "MAA=")), "0:3000 "},
    {"two blocks with text before", TEXT("x\n" PEM("CERTIFICATE", "MAA=") PEM("CMS", "MAA=")),
     "2:3000 61:3000 "},
    {"every label of certificates",
     TEXT(PEM("X509 CERTIFICATE", "MAA=") PEM("PKCS7", "MAA=") PEM("PKCS #7 SIGNED DATA", "MAA=")),
     "0:3000 69:3000 116:3000 "},
    {"other blocks are passed over", TEXT(PEM("PRIVATE KEY", "MAA=") PEM("CERTIFICATE", "MAA=")),
     "59:3000 "},
    {"PEM without a certificate has no block", TEXT(PEM("X509 CRL", "MAA=")), ""},
    {"what trusts a certificate stands behind it", TEXT(PEM("TRUSTED CERTIFICATE", "MAAwAA==")),
     "0:3000 "},
    {"… and is refused where it should not be", TEXT(PEM("CERTIFICATE", "MAAwAA==")),
     "0:30003000 "},
    {"padding behind PKCS#7 in PEM", TEXT(PEM("PKCS7", "MAIGAAAA")), "0:30020600 "},
    {"base64 that is none", TEXT(PEM("CERTIFICATE", "M*A=") PEM("CERTIFICATE", "MAA=")),
     "0! 59:3000 "},
    {"a block without an end", TEXT("-----BEGIN CERTIFICATE-----\nMAA=\n"), "0! "},
    {"a signed message", TEXT(SIGNED("\"bo\"", SIGNATURE("application/pkcs7-signature", "MAA="))),
     "199:3000 "},
    {"a boundary without quotes",
     TEXT(SIGNED("bo; a=b", SIGNATURE("application/x-pkcs7-signature", "MAA="))), "204:3000 "},
    {"an opaque message", TEXT(SIGNATURE("application/pkcs7-mime", "MAA=")), "88:3000 "},
    {"lines of CR LF",
     TEXT("content-type: APPLICATION/PKCS7-MIME\r\ncontent-transfer-encoding: "
          "BASE64\r\n\r\nMAA=\r\n"),
     "75:3000 "},
    {"a signed message without a signature", TEXT(SIGNED("bo", "Content-Type: text/plain\n\nx\n")),
     "57! "},
    {"a signed message without a boundary", TEXT("Content-Type: multipart/signed\n\n--bo\n"),
     "32! "},
    {"a signature that is not in base64", TEXT("Content-Type: application/pkcs7-mime\n\n\x30\x00"),
     "38! "},
    {"base64 of a message that is none", TEXT(SIGNATURE("application/pkcs7-mime", "M*A=")), "88! "},
    {"a message that is not signed", TEXT("Content-Type: text/plain\n\nx"),
     "0:436f6e74656e742d547970653a20746578742f706c61696e0a0a78 "},
};

static void add_block(char *told, const struct container_block *block)
{
    sprintf(told + strlen(told), "%zu:", block->offset);
    for (size_t i = 0; i < block->bytes.len; i++) {
        sprintf(told + strlen(told), "%02x", block->bytes.at[i]);
    }
    strcat(told, " ");
}

static void row_holds(void **state)
{
    const struct row *row = *state;
    uint8_t *file = exact_copy(row->file, row->len);
    struct container container = container_over(span_of(file, row->len));
    struct container_block block;
    struct why why = {0};
    char told[512] = "";
    enum fault fault;

    while ((fault = container_next(&container, &block, &why)) != FAULT_ABSENT) {
        if (fault == FAULT_NONE) {
            add_block(told, &block);
        } else {
            assert_int_equal(fault, FAULT_SYNTAX);
            sprintf(told + strlen(told), "%zu! ", block.offset);
        }
    }
    assert_string_equal(told, row->told);
    assert_int_equal(container_next(&container, &block, &why), FAULT_ABSENT);
    container_clear(&container);
    free(file);
}

/* Only what is no container of any kind may be looked at in other ways. */
static void the_unknown_is_told(void **state)
{
    static const struct {
        const char *file;
        size_t len;
        bool unknown;
    } files[] = {{TEXT("MAA="), true},
                 {TEXT("3000"), true},
                 {TEXT("\x30\x00"), false},
                 {TEXT(PEM("CERTIFICATE", "MAA=")), false},
                 {TEXT(SIGNATURE("application/pkcs7-mime", "MAA=")), false}};

    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct container container = container_over(span_of(files[i].file, files[i].len));
        struct container_block block;
        struct why why;

        assert_int_equal(container_next(&container, &block, &why), FAULT_NONE);
        assert_int_equal(block.unknown, files[i].unknown);
        container_clear(&container);
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 1] = {cmocka_unit_test(the_unknown_is_told)};

    (void)TESTS_OF(tests + 1, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
