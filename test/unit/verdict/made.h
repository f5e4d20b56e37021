#ifndef TEST_UNIT_VERDICT_MADE_H
#define TEST_UNIT_VERDICT_MADE_H

#include "base/utc.h"
#include "support.h"
#include "verdict/verdict.h"

/* Mailboxes made by hand: facts without certificates behind them. */

enum { MADE_MAX = 6, MADE_NAMES_SIZE = 256 };

/* 2026-11-01T00:00:00Z: the time of all tables. */
static const int64_t made_now = 1793491200;

enum made_flag {
    IS_FIRST = 1 << 0, /* in the first attribute */
    IS_CHAIN = 1 << 1,
    IS_DEFAULT = 1 << 2,
    IS_DUPLICATE = 1 << 3, /* of the certificate before it */
    IS_FOREIGN = 1 << 4,
    IS_UNTRUSTED = 1 << 5,
    IS_REVOKED = 1 << 6,
    IS_UNVERIFIED = 1 << 7, /* its revocation */
    IS_SIGNING = 1 << 8,    /* key usage: digitalSignature */
    IS_SERVER = 1 << 9,     /* extended key usage: serverAuth */
    IS_BESIDE = 1 << 10,    /* in the same value as the certificate before it */
    IS_SHA1 = 1 << 11,      /* signed so */
};

/* A certificate in words; `{0}` ends a list of them. */
struct made {
    int from, until;   /* days from now */
    const char *email; /* SAN rfc822Name; NULL: none */
    unsigned flags;    /* of enum made_flag */
    enum key_type key; /* KEY_OTHER stands for RSA */
    uint32_t bits;     /* 0 stands for 2048 */
};

/* A mailbox with all that it points to. */
struct made_box {
    struct mailbox mailbox;
    struct candidate candidates[MADE_MAX];
    struct span addresses[MADE_MAX];
    uint8_t names[MADE_MAX][MADE_NAMES_SIZE];
    char der[MADE_MAX];
};

/* GeneralNames with one rfc822Name: `81 length text`. */
static inline struct span made_san(const char *email, uint8_t room[MADE_NAMES_SIZE])
{
    size_t len = strlen(email);

    assert_true(len < 128);
    room[0] = 0x81;
    room[1] = (uint8_t)len;
    memcpy(room + 2, email, len);
    return span_of(room, len + 2);
}

static inline void made_cert(const struct made *made, struct candidate *out, uint8_t *room)
{
    static const uint8_t sha1[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x05};
    static const uint8_t sha256[] = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B};
    static const uint8_t server[] = {0x06, 0x08, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01};

    out->cert.version = 3;
    out->cert.not_before = made_now + made->from * (int64_t)UTC_DAY;
    out->cert.not_after = made_now + made->until * (int64_t)UTC_DAY;
    out->cert.key.type = made->key == KEY_OTHER ? KEY_RSA : made->key;
    out->cert.key.bits = made->bits == 0 ? 2048 : made->bits;
    out->cert.signature_algorithm = (made->flags & IS_SHA1) != 0 ? span_of(sha1, sizeof(sha1))
                                                                 : span_of(sha256, sizeof(sha256));
    if (made->email != NULL) {
        out->cert.san = made_san(made->email, room);
    }
    if ((made->flags & IS_SIGNING) != 0) {
        out->cert.has_key_usage = true;
        out->cert.key_usage = USAGE_DIGITAL_SIGNATURE;
    }
    if ((made->flags & IS_SERVER) != 0) {
        out->cert.eku = span_of(server, sizeof(server));
    }
}

static inline void made_trust(unsigned flags, struct trust_answer *out)
{
    out->foreign = (flags & IS_FOREIGN) != 0;
    out->untrusted = (flags & IS_UNTRUSTED) != 0;
    out->untrusted_why = out->untrusted ? "unable to get local issuer certificate" : NULL;
    out->revocation_unverified = (flags & IS_UNVERIFIED) != 0;
    if ((flags & IS_REVOKED) != 0) {
        out->revocation = REVOCATION_REVOKED;
        out->revoked_at = made_now - UTC_DAY;
        out->revoked_reason = "keyCompromise";
    } else if (out->revocation_unverified) {
        out->revocation = REVOCATION_UNVERIFIED;
    }
}

/* Makes the mailbox; `certs` and `addresses` end at the first empty element or at MADE_MAX. */
static inline void made_box_init(struct made_box *box, const struct made certs[MADE_MAX],
                                 const char *const addresses[MADE_MAX])
{
    struct mailbox *m = &box->mailbox;

    memset(box, 0, sizeof(*box));
    m->candidates = box->candidates;
    m->addresses = box->addresses;
    for (; m->count < MADE_MAX && (certs[m->count].from | certs[m->count].until) != 0; m->count++) {
        const struct made *made = &certs[m->count];
        struct candidate *c = &box->candidates[m->count];
        bool beside = (made->flags & IS_BESIDE) != 0;

        made_cert(made, c, box->names[m->count]);
        made_trust(made->flags, &c->trust);
        c->first_attribute = (made->flags & IS_FIRST) != 0;
        c->chain = (made->flags & IS_CHAIN) != 0;
        c->marked_default = (made->flags & IS_DEFAULT) != 0;
        c->duplicate = (made->flags & IS_DUPLICATE) != 0;
        box->der[m->count] = (char)('a' + m->count - (c->duplicate ? 1 : 0));
        c->cert.der = span_of(&box->der[m->count], 1);
        c->value = m->values - (beside ? 1 : 0);
        m->values += !beside;
        m->first_attribute_values += !beside && c->first_attribute;
    }
    for (; m->address_count < MADE_MAX && addresses[m->address_count] != NULL; m->address_count++) {
        box->addresses[m->address_count] = span_text(addresses[m->address_count]);
    }
}

#endif
