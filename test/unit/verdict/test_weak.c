#include "verdict/weak.h"

#include "support.h"

#define RSA_OID(n)  TEXT("\x2a\x86\x48\x86\xf7\x0d\x01\x01" n)
#define PSS         RSA_OID("\x0a")
#define SHA256_HASH "\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"
#define SHA1_HASH   "\xa0\x0b\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00"

static const struct key_row {
    const char *name;
    enum key_type type;
    uint32_t bits;
    bool weak;
} keys[] = {
    {"RSA of 1024 is weak", KEY_RSA, 1024, true},
    {"RSA of 2047 is weak", KEY_RSA, 2047, true},
    {"RSA-PSS of 1024 is weak", KEY_RSA_PSS, 1024, true},
    {"EC of 192 is weak", KEY_EC, 192, true},
    {"EC of 224 is weak", KEY_EC, 224, true},
    {"DSA is weak at any size", KEY_DSA, 3072, true},
    {"RSA of 2048 is good", KEY_RSA, 2048, false},
    {"EC of 256 is good", KEY_EC, 256, false},
    {"EC of no known size is not called weak", KEY_EC, 0, false},
    {"RSA of no known size is not called weak", KEY_RSA, 0, false},
    {"Ed25519 is good", KEY_ED25519, 256, false},
    {"X25519 is good", KEY_X25519, 256, false},
    {"an unknown key is not called weak", KEY_OTHER, 0, false},
};

static const struct signature_row {
    const char *name, *oid;
    size_t oid_len;
    const char *params;
    size_t params_len;
    bool weak;
} signatures[] = {
    {"MD2 with RSA", RSA_OID("\x02"), TEXT(""), true},
    {"MD5 with RSA", RSA_OID("\x04"), TEXT("\x05\x00"), true},
    {"SHA-1 with RSA", RSA_OID("\x05"), TEXT("\x05\x00"), true},
    {"SHA-1 with DSA", TEXT("\x2a\x86\x48\xce\x38\x04\x03"), TEXT(""), true},
    {"SHA-1 with ECDSA", TEXT("\x2a\x86\x48\xce\x3d\x04\x01"), TEXT(""), true},
    {"SHA-1 with RSA, as OIW named it", TEXT("\x2b\x0e\x03\x02\x1d"), TEXT(""), true},
    {"PSS that names no hash", PSS, TEXT("\x30\x00"), true},
    {"PSS that names SHA-1", PSS, TEXT("\x30\x0d" SHA1_HASH), true},
    {"PSS that names a salt only", PSS, TEXT("\x30\x05\xa2\x03\x02\x01\x14"), true},
    {"SHA-256 with RSA", RSA_OID("\x0b"), TEXT("\x05\x00"), false},
    {"SHA-256 with ECDSA", TEXT("\x2a\x86\x48\xce\x3d\x04\x03\x02"), TEXT(""), false},
    {"Ed25519", TEXT("\x2b\x65\x70"), TEXT(""), false},
    {"PSS that names SHA-256", PSS, TEXT("\x30\x11" SHA256_HASH), false},
    {"PSS without parameters tells nothing", PSS, TEXT(""), false},
    {"PSS of broken parameters tells nothing", PSS, TEXT("\x30\x11\xa0\x0f\x30"), false},
    {"PSS of an open length tells nothing", PSS, TEXT("\x30\x80\x00\x00"), false},
    {"no algorithm", TEXT(""), TEXT(""), false},
};

static void key_holds(void **state)
{
    const struct key_row *row = *state;
    struct cert_key key = {.type = row->type, .bits = row->bits};

    assert_int_equal(weak_key(&key), row->weak);
}

static void signature_holds(void **state)
{
    const struct signature_row *row = *state;
    uint8_t *oid = exact_copy(row->oid, row->oid_len);
    uint8_t *params = exact_copy(row->params, row->params_len);
    struct cert cert = {.signature_algorithm = span_of(oid, row->oid_len),
                        .signature_params = span_of(params, row->params_len)};

    assert_int_equal(weak_signature(&cert), row->weak);
    free(oid);
    free(params);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(keys) + COUNT(signatures)] = {0};

    for (size_t i = 0; i < COUNT(keys); i++) {
        tests[i] = (struct CMUnitTest){
            .name = keys[i].name, .test_func = key_holds, .initial_state = (void *)&keys[i]};
    }
    for (size_t i = 0; i < COUNT(signatures); i++) {
        tests[COUNT(keys) + i] = (struct CMUnitTest){.name = signatures[i].name,
                                                     .test_func = signature_holds,
                                                     .initial_state = (void *)&signatures[i]};
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
