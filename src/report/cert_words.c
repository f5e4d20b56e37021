#include "report/cert_words.h"

#include "cert/name.h"

const char *key_usage_name(unsigned i)
{
    static const char *const names[KEY_USAGE_COUNT] = {
        "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
        "keyCertSign",      "cRLSign",        "encipherOnly",    "decipherOnly",
    };

    return names[i];
}

const char *purpose_name(enum purpose purpose)
{
    static const char *const names[] = {
        [PURPOSE_NEITHER] = "neither",
        [PURPOSE_ENCRYPTION] = "encryption",
        [PURPOSE_SIGNING] = "signing",
        [PURPOSE_BOTH] = "both",
    };

    return names[purpose];
}

const char *bundle_form_name(enum bundle_form form)
{
    static const char *const names[] = {
        [BUNDLE_X509] = "x509",
        [BUNDLE_PKCS7] = "pkcs7",
        [BUNDLE_TAGGED] = "tagged",
    };

    return names[form];
}

static bool all_zero(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] != 0) {
            return false;
        }
    }
    return true;
}

void serial_add(struct buffer *out, struct span serial)
{
    bool negative = serial.len > 0 && serial.at[0] >= 0x80;
    bool leading = true;

    if (negative) {
        buffer_add_byte(out, '-');
    }
    for (size_t i = 0; i < serial.len; i++) {
        uint8_t byte = serial.at[i];

        if (negative) { /* two's complement: ones inverted, and the carry of the one that is added
                         */
            byte = (uint8_t)(~byte + (all_zero(span_from(serial, i + 1)) ? 1 : 0));
        }
        leading = leading && byte == 0 && i + 1 < serial.len;
        if (!leading) {
            buffer_add_hex(out, span_of(&byte, 1));
        }
    }
}

void oid_add_always(struct buffer *out, struct span oid)
{
    if (oid_add(out, oid) != FAULT_NONE) {
        buffer_add_byte(out, '#');
        buffer_add_hex(out, oid);
    }
}

#define OID(bytes) bytes, sizeof(bytes) - 1

const char *oid_nickname(struct span oid)
{
    static const struct {
        const char *oid;
        size_t len;
        const char *name;
    } names[] = {
        {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"), "MD5 with RSA"},
        {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"), "SHA-1 with RSA"},
        {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"), "RSA-PSS"},
        {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), "SHA-256 with RSA"},
        {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"), "SHA-384 with RSA"},
        {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"), "SHA-512 with RSA"},
        {OID("\x2a\x86\x48\xce\x3d\x04\x01"), "ECDSA with SHA-1"},
        {OID("\x2a\x86\x48\xce\x3d\x04\x03\x02"), "ECDSA with SHA-256"},
        {OID("\x2a\x86\x48\xce\x3d\x04\x03\x03"), "ECDSA with SHA-384"},
        {OID("\x2a\x86\x48\xce\x3d\x04\x03\x04"), "ECDSA with SHA-512"},
        {OID("\x2b\x65\x70"), "Ed25519"},
        {OID("\x2b\x65\x71"), "Ed448"},
        {OID("\x2b\x06\x01\x05\x05\x07\x03\x01"), "TLS server"},
        {OID("\x2b\x06\x01\x05\x05\x07\x03\x02"), "TLS client"},
        {OID("\x2b\x06\x01\x05\x05\x07\x03\x03"), "code signing"},
        {OID("\x2b\x06\x01\x05\x05\x07\x03\x04"), "mail"},
        {OID("\x2b\x06\x01\x05\x05\x07\x03\x08"), "time stamping"},
        {OID("\x2b\x06\x01\x05\x05\x07\x03\x09"), "OCSP"},
        {OID("\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x02"), "smart card logon"},
        {OID("\x55\x1d\x25\x00"), "any"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (span_equal(oid, span_of(names[i].oid, names[i].len))) {
            return names[i].name;
        }
    }
    return NULL;
}
