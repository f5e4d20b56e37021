#ifndef VERDICT_VERDICT_H
#define VERDICT_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "cert/bundle.h"
#include "cert/cert.h"
#include "cert/trust.h"
#include "verdict/address.h"

/*
 * The answer for one mailbox: does its user use the KMS, with what, and why. Pure: facts in,
 * answer out; no clock, no I/O, no allocation. The rules are those of the manual,
 * keyroster-users(1), sections STANDING and WARNINGS; each is a row of a table in the .c files.
 */

enum uses_kms { USES_NO, USES_YES, USES_UNKNOWN };

/* Best first: a mailbox takes the best of its certificates. */
enum standing {
    STANDING_ACTIVE,
    STANDING_EXPIRING,
    STANDING_SIGNING_ONLY,
    STANDING_NOT_YET_VALID,
    STANDING_EXPIRED,
    STANDING_REVOKED,
    STANDING_UNTRUSTED,
    STANDING_MISMATCHED,
    STANDING_FOREIGN,
    STANDING_UNREADABLE,
    STANDING_NONE,
    STANDING_UNKNOWN,
    STANDING_COUNT
};

enum warning {
    WARNING_EXPIRED_FIRST = 1 << 0,
    WARNING_HIDDEN_BY_FIRST_ATTRIBUTE = 1 << 1,
    WARNING_ATTRIBUTES_DISAGREE = 1 << 2,
    WARNING_MANY_VALUES = 1 << 3,
    WARNING_WEAK_KEY = 1 << 4,
    WARNING_WEAK_SIGNATURE = 1 << 5,
    WARNING_ADDRESS_CASE = 1 << 6,
    WARNING_NO_ADDRESS = 1 << 7,
    WARNING_NO_ADDRESS_IN_CERTIFICATE = 1 << 8,
    WARNING_FOREIGN_FIRST = 1 << 9,
    WARNING_CRL_UNVERIFIED = 1 << 10,
    WARNING_UNDECODABLE_VALUE = 1 << 11,
    WARNING_EC_ONLY = 1 << 12,
    WARNING_SHARED_KEY = 1 << 13, /* set by the roster, which alone sees two mailboxes */
};
enum { WARNING_COUNT = 14 };

/* How a certificate's addresses and those of the mailbox stand to each other. */
struct candidate_addresses {
    bool in_mailbox;          /* the mailbox has an address */
    bool in_certificate;      /* the certificate names one */
    enum address_match match; /* of the two that are nearest to each other */
};

/* One certificate of a mailbox, in the order of the source, chain certificates included. */
struct candidate {
    struct cert cert;
    bool first_attribute;      /* userSMIMECertificate, Tagged-X509-Cert: clients look here first */
    bool chain;                /* a CA certificate or one of tag 0x0004: not the user's */
    bool marked_default;       /* tagged settings say so */
    size_t value;              /* index of the attribute value that it came in, 0-based */
    struct span attribute;     /* name of the attribute as the source writes it */
    enum bundle_form form;     /* what that value holds */
    bool duplicate;            /* an earlier candidate is the same certificate */
    size_t original;           /* index of that earlier one; of use only when duplicate */
    struct trust_answer trust; /* a duplicate's too: it may be the first of its attribute */
    bool known;                /* `trust` was told by a witness (roster/witness.h), not asked */
    struct candidate_addresses addresses; /* out: only where `compared` */
    bool compared;
    enum standing fault; /* out: STANDING_ACTIVE: nothing is wrong, or it is a chain's */
    bool usable;         /* out: a mail client could encrypt to it, foreign ones included */
};

/* Why a blank mailbox is blank. */
enum blank {
    BLANK_SHOWN,      /* the source would have shown values: none */
    BLANK_OTHER_SITE, /* homed at another site (--site): unknown */
    BLANK_CUT_OFF,    /* the record ends before the certificate column: unknown */
    BLANK_HIDDEN,     /* a live directory shows whoever asks no certificate at all: unknown */
    BLANK_UNASKED,    /* no entry of an LDIF file has a certificate attribute: unknown */
    BLANK_NOT_ISSUED, /* a witness has the issuer's books: none was issued */
};

struct mailbox {
    struct candidate *candidates;
    size_t count;
    const struct span *addresses; /* all of them, without `SMTP:`; UTF-8 or Windows-1252 */
    size_t address_count;
    size_t values;                 /* certificate values of the entry, readable or not */
    size_t first_attribute_values; /* those of them in the first attribute */
    size_t undecodable;            /* values that could not be decoded */
    size_t lost; /* values whose bytes the exporting tool threw away (System.Byte[]) */
    enum blank blank;
    const void *witnessed; /* what a witness (roster/witness.h) knows of it; NULL: nothing */
};

struct rules {
    int64_t at;              /* "now" */
    int64_t warning_seconds; /* a certificate that ends within this is expiring */
    bool without_warnings;   /* nobody asks for `warnings`: they are left out */
};

struct verdict {
    enum uses_kms uses;
    enum standing standing;
    const struct candidate *effective; /* what a mail client would encrypt to; NULL: none */
    const struct candidate *best;      /* the certificate that the standing speaks of; NULL: none */
    uint32_t warnings;                 /* of enum warning */
    uint32_t marks;                    /* a witness's own; 0 without one */
    size_t user_certificates;          /* distinct ones, chain left out */
};

/*
 * Judges the mailbox; writes `fault` and `usable` into its candidates.
 *
 * The fault of a certificate is the first that applies of foreign, revoked, expired or
 * not-yet-valid, untrusted, mismatched, signing-only; the standing of the mailbox is the best
 * of its certificates' in the order of enum standing. A chain certificate never counts, a
 * duplicate only once. Where there is no certificate of the user, the standing is
 *
 *     unknown      a value was lost in the export, or `blank` says that nobody can tell
 *     unreadable   values are there: none can be decoded, or they hold chain certificates only
 *     none         otherwise
 *
 * Values that are lost or cannot be decoded beside a readable one only cause a warning.
 *
 * `best` is the one of that standing that says most: the effective one if it is among them,
 * of those not yet valid the one that begins first, else the one that ends last.
 */
struct verdict verdict_of(struct mailbox *mailbox, const struct rules *rules);

/*
 * Adds the reason in words that a help desk can read out: `valid until 2027-03-01`,
 * `expired on 2024-05-01`, `no certificate in the directory`. One line, no full stop.
 */
void verdict_add_reason(struct buffer *out, const struct mailbox *mailbox,
                        const struct verdict *verdict, const struct rules *rules);

const char *uses_kms_name(enum uses_kms uses);        /* "yes" … */
const char *standing_name(enum standing standing);    /* "signing-only" … */
const char *standing_meaning(enum standing standing); /* half a sentence for people */
enum uses_kms standing_uses(enum standing standing);  /* the answer that it makes */
const char *warning_name(enum warning warning);       /* "weak-key" … */
const char *warning_meaning(enum warning warning);    /* one sentence for people */

/* Finds a standing by its name; false when there is no such one. */
MUST_USE bool standing_find(struct span name, enum standing *out);

#endif
