#ifndef CERT_CERT_H
#define CERT_CERT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cursor.h"
#include "cert/name_walk.h"

/*
 * The facts of one X.509 certificate (RFC 5280), read in place: every span is a view into the
 * bytes that were given, and lives as long as they do. Nothing is allocated, nothing copied.
 *
 * The reader is the roster's inner loop. It takes what libcrypto takes and refuses what
 * libcrypto refuses (d2i_X509 and the parsing of the extensions that it reads); what is
 * read is X.509 in DER, with the leniences that are named at cert_read().
 */

enum key_type {
    KEY_OTHER, /* named by `oid` */
    KEY_RSA,
    KEY_RSA_PSS,
    KEY_EC,
    KEY_ED25519,
    KEY_ED448,
    KEY_X25519,
    KEY_X448,
    KEY_DSA,
};

struct cert_key {
    enum key_type type;
    uint32_t bits;     /* of the modulus, the prime or the field; 0 where it cannot be told */
    struct span oid;   /* content octets of the algorithm's OBJECT IDENTIFIER */
    struct span curve; /* EC: content octets of the curve's OID; explicit parameters that are a
                          known curve's have its OID too (not a view), others an empty one */
    struct span point; /* the key itself: contents of the BIT STRING, after the unused bits */
};

/* Bits of key usage, numbered as in RFC 5280, section 4.2.1.3. */
enum key_usage {
    USAGE_DIGITAL_SIGNATURE = 1 << 0,
    USAGE_NON_REPUDIATION = 1 << 1,
    USAGE_KEY_ENCIPHERMENT = 1 << 2,
    USAGE_DATA_ENCIPHERMENT = 1 << 3,
    USAGE_KEY_AGREEMENT = 1 << 4,
    USAGE_KEY_CERT_SIGN = 1 << 5,
    USAGE_CRL_SIGN = 1 << 6,
    USAGE_ENCIPHER_ONLY = 1 << 7,
    USAGE_DECIPHER_ONLY = 1 << 8,
};

/* What the key is good for, as interface.md's `purpose` tells it. */
enum purpose { PURPOSE_NEITHER, PURPOSE_ENCRYPTION, PURPOSE_SIGNING, PURPOSE_BOTH };

struct cert {
    struct span der;                 /* the certificate, header included */
    struct span tbs;                 /* tbsCertificate, header included: what is signed */
    int version;                     /* 1, 2 or 3 */
    struct span serial;              /* content octets of the INTEGER, as encoded */
    struct span signature_algorithm; /* content octets of the OID of the outer one */
    struct span signature_params;    /* its parameters, header included; empty when absent */
    struct span signature;           /* contents of the BIT STRING, after the unused bits */
    struct span issuer, subject;     /* Name, header included */
    int64_t not_before, not_after;   /* seconds since 1970, base/utc.h */
    struct span spki;                /* SubjectPublicKeyInfo, header included */
    struct cert_key key;

    bool has_key_usage;
    uint16_t key_usage; /* of enum key_usage */
    struct span eku;    /* contents of ExtKeyUsageSyntax, a run of OIDs; at == NULL: absent */
    struct span san;    /* contents of GeneralNames; at == NULL: absent */
    struct span subject_key_id, authority_key_id; /* key identifiers; empty when absent */
    bool ca;                                      /* basic constraints say so */
    bool has_critical_unknown; /* a critical extension that RFC 5280 lets nobody pass over */
    bool extension_broken;     /* one that we read is broken or stands twice; its fact is unsaid */
};

/*
 * Reads the certificate that fills `der` to its last byte.
 *
 * Taken is what d2i_X509() takes, BER's leniences of cert/der.h included, but for:
 *
 * - bytes behind the certificate, versions past v3, and dates that there are not;
 * - strings in several pieces (X.690, 8.7.3), tag numbers in a form longer than they need, and
 *   SEQUENCEs that are not constructed: libcrypto takes them, and X.509 is DER.
 *
 * What is wrong in the key or in the value of an extension does not make the certificate a
 * broken one (see cert/key.h and cert/extension.h); a fact it leaves open is the least one.
 *
 * FAULT_SYNTAX  no certificate: `*why` tells the byte and the rule
 *
 * `*why` is written on failure only; what `*out` holds then means nothing: it is filled as the
 * reading goes, since a copy of it would take a tenth of the time.
 */
MUST_USE enum fault cert_read(struct span der, struct cert *out, struct why *why);

/*
 * The same, for who reads many: what comes again byte for byte is read once (cert/habit.h).
 * `habits` may be NULL.
 */
struct cert_habits;
MUST_USE enum fault cert_read_with(struct cert_habits *habits, struct span der, struct cert *out,
                                   struct why *why);

/* What the certificate's key can do, narrowed by key usage and extended key usage. */
enum purpose cert_purpose(const struct cert *cert);

/* True when the same certificate's name stands as issuer and subject, byte for byte. */
bool cert_is_self_issued(const struct cert *cert);

/*
 * The addresses a certificate is for. The SAN's rfc822Name and SmtpUTF8Mailbox (RFC 9598) in
 * their order; then, if no SAN has an rfc822Name, the subject's emailAddress attributes (an
 * IA5String as RFC 2985 has it, or a PrintableString or UTF8String as others write).
 *
 *     struct cert_emails in = cert_emails_of(&cert);
 *     struct cert_email email;
 *     while (cert_emails_next(&in, &email)) { ... }
 */
enum email_kind { EMAIL_RFC822, EMAIL_SMTP_UTF8, EMAIL_SUBJECT, EMAIL_UPN };

struct cert_email {
    enum email_kind kind;
    struct span text; /* IA5 or UTF-8 bytes as they stand in the certificate */
};

struct cert_emails {
    struct cursor san;
    struct span subject;   /* until the walk over it begins */
    struct name_walk walk; /* over the subject */
    bool seen_rfc822;
};

struct cert_emails cert_emails_of(const struct cert *cert);

/* EMAIL_UPN (Microsoft's user principal name) comes too; it is no address: most skip it. */
MUST_USE bool cert_emails_next(struct cert_emails *in, struct cert_email *out);

/* Takes the next OID (content octets) of an extended key usage. */
MUST_USE bool cert_eku_next(struct cursor *eku, struct span *oid);

#endif
