#include "directory/peer.h"

#include <stdio.h>
#include <time.h>

#include "support.h"

enum { DER_SIZE = 1024 };

/* DER being written from its end to its start, so that lengths are known when they are due. */
struct made {
    uint8_t bytes[DER_SIZE];
    size_t at; /* of the first byte */
};

static void add(struct made *made, const void *bytes, size_t len)
{
    made->at -= len;
    memcpy(made->bytes + made->at, bytes, len);
}

/* Puts a tag and a length before what has been written since `end`. */
static void wrap(struct made *made, uint8_t tag, size_t end)
{
    size_t len = end - made->at;

    if (len < 0x80) {
        add(made, (uint8_t[]){tag, (uint8_t)len}, 2);
    } else {
        add(made, (uint8_t[]){tag, 0x82, (uint8_t)(len >> 8), (uint8_t)len}, 4);
    }
}

static void add_wrapped(struct made *made, uint8_t tag, const void *bytes, size_t len)
{
    size_t end = made->at;

    add(made, bytes, len);
    wrap(made, tag, end);
}

/* subjectAltName with one DNS name and one IPv4 address; neither where `dns` is NULL. */
static void add_names(struct made *made, const char *dns, bool critical)
{
    size_t end = made->at;

    if (dns == NULL) {
        return;
    }
    add_wrapped(made, 0x87, "\x7F\0\0\1", 4);
    add_wrapped(made, 0x82, dns, strlen(dns));
    wrap(made, 0x30, end);
    wrap(made, 0x04, end);
    if (critical) {
        add_wrapped(made, 0x01, "\xFF", 1);
    }
    add_wrapped(made, 0x06, "\x55\x1D\x11", 3);
    wrap(made, 0x30, end);
    wrap(made, 0x30, end);
    wrap(made, 0xA3, end);
}

static struct span make(struct made *made, const char *begins, const char *ends, const char *dns,
                        bool critical)
{
    static const uint8_t empty[2] = {0x30, 0};
    size_t end = DER_SIZE, validity;

    made->at = DER_SIZE;
    add_names(made, dns, critical);
    add(made, empty, 2); /* the key, the subject */
    add(made, empty, 2);
    validity = made->at;
    add_wrapped(made, strlen(ends) == 13 ? 0x17 : 0x18, ends, strlen(ends));
    add_wrapped(made, strlen(begins) == 13 ? 0x17 : 0x18, begins, strlen(begins));
    wrap(made, 0x30, validity);
    add(made, empty, 2); /* the issuer, the algorithm */
    add(made, empty, 2);
    add(made, "\x02\x01\x05", 3);
    add(made, "\xA0\x03\x02\x01\x02", 5);
    wrap(made, 0x30, end);
    wrap(made, 0x30, end);
    return span_of(made->bytes + made->at, DER_SIZE - made->at);
}

static const struct row {
    const char *name, *begins, *ends, *dns, *host;
    bool critical;
    enum peer_fault fault;
    const char *detail;
} rows[] = {
    {"nothing is wrong", "200101000000Z", "20991231235959Z", "h.example", "h.example", false,
     PEER_OTHER, NULL},
    {"case does not count", "200101000000Z", "20991231235959Z", "H.Example", "h.example", false,
     PEER_OTHER, NULL},
    {"a wildcard", "200101000000Z", "20991231235959Z", "*.example", "h.example", false, PEER_OTHER,
     NULL},
    {"an address", "200101000000Z", "20991231235959Z", "h.example", "127.0.0.1", true, PEER_OTHER,
     NULL},
    {"no names of this kind", "200101000000Z", "20991231235959Z", NULL, "h", false, PEER_OTHER,
     NULL},
    {"its time is over", "200101000000Z", "240501123000Z", "h", "h", false, PEER_ENDED,
     "2024-05-01"},
    {"a time of the last century", "500101000000Z", "990501123000Z", "h", "h", false, PEER_ENDED,
     "1999-05-01"},
    {"its time begins later", "20980203000000Z", "20991231235959Z", "h", "h", false, PEER_NOT_BEGUN,
     "2098-02-03"},
    {"another name", "200101000000Z", "20991231235959Z", "h.example", "i.example", true,
     PEER_OTHER_NAME, "h.example"},
    {"a wildcard for one label only", "200101000000Z", "20991231235959Z", "*.example",
     "a.b.example", false, PEER_OTHER_NAME, "*.example"},
    {"another address", "200101000000Z", "20991231235959Z", "h", "127.0.0.2", false,
     PEER_OTHER_NAME, "h"},
    {"a time that is none", "2001010000xxZ", "20991231235959Z", "h", "i", false, PEER_OTHER, NULL},
    {"a time without seconds", "2001010000Z", "20991231235959Z", "h", "i", false, PEER_OTHER, NULL},
};

static void row_holds(void **state)
{
    const struct row *row = *state;
    struct made made;
    char detail[PEER_DETAIL_SIZE] = "";
    struct span der = make(&made, row->begins, row->ends, row->dns, row->critical);

    assert_int_equal(peer_fault_of(der, row->host, detail), row->fault);
    if (row->detail != NULL) {
        assert_string_equal(detail, row->detail);
    }
}

/* Cut or changed anywhere, it is read within its bounds. */
static void damage_is_safe(void **state)
{
    struct made made;
    struct span der = make(&made, "200101000000Z", "20991231235959Z", "h.example", true);
    char detail[PEER_DETAIL_SIZE];
    uint64_t seed = 7;

    (void)state;
    for (size_t len = 0; len < der.len; len++) {
        uint8_t *block = exact_copy((const char *)der.at, len);

        assert_int_equal(peer_fault_of(span_of(block, len), "i", detail), PEER_OTHER);
        free(block);
    }
    for (int i = 0; i < 20000; i++) {
        uint8_t *block = exact_copy((const char *)der.at, der.len);

        block[random_next(&seed) % der.len] = (uint8_t)random_next(&seed);
        (void)peer_fault_of(span_of(block, der.len), "i", detail);
        assert_true(strlen(detail) < sizeof(detail));
        free(block);
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 1] = {cmocka_unit_test(damage_is_safe)};

    (void)TESTS_OF(tests + 1, rows, row_holds);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
