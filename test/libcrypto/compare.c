#include "compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "cert/cert.h"
#include "cert/habit.h"
#include "compare_extensions.h"
#include "compare_key.h"
#include "compare_names.h"
#include "same_facts.h"
#include "weak_der.h"

/* [1] and [2] of a tbsCertificate are BIT STRINGs. */
enum { TBS_STRINGS = 1 << 1 | 1 << 2, SHOWN_MAX = 20 };

static bool time_of(const ASN1_TIME *time, int64_t *out)
{
    struct tm tm;

    if (ASN1_TIME_to_tm(time, &tm) != 1) {
        return false;
    }
    *out = timegm(&tm);
    return true;
}

/* The reasons that cert.h names for refusing what d2i_X509() takes. */
static bool may_refuse(X509 *x, struct span der, const unsigned char *end)
{
    long version = X509_get_version(x);
    int64_t at;

    return end != der.at + der.len || version < 0 || version > 2 ||
           !time_of(X509_get0_notBefore(x), &at) || !time_of(X509_get0_notAfter(x), &at) ||
           !is_weak_der(der.at, der.len, TBS_STRINGS, 0);
}

static const char *compare_times(X509 *x, const struct cert *cert)
{
    int64_t at;

    if (!time_of(X509_get0_notBefore(x), &at) || at != cert->not_before) {
        return "not_before";
    }
    if (!time_of(X509_get0_notAfter(x), &at) || at != cert->not_after) {
        return "not_after";
    }
    return NULL;
}

static const char *compare_serial(X509 *x, const struct cert *cert)
{
    unsigned char *der = NULL;
    int len = i2d_ASN1_INTEGER(X509_get0_serialNumber(x), &der);
    size_t n = cert->serial.len;
    bool same = len > 0 && (size_t)len >= n + 2 && memcmp(der + len - n, cert->serial.at, n) == 0;

    /* The content octets are the end, and nothing but tag and length stands before them. */
    same = same && (size_t)len == n + (n < 0x80 ? 2 : n < 0x100 ? 3 : n < 0x10000 ? 4 : 5);
    OPENSSL_free(der);
    return same ? NULL : "serial";
}

static const char *compare_signature(X509 *x, const struct cert *cert)
{
    const ASN1_BIT_STRING *signature;
    const X509_ALGOR *algorithm;
    const ASN1_OBJECT *oid;

    X509_get0_signature(&signature, &algorithm, x);
    X509_ALGOR_get0(&oid, NULL, NULL, algorithm);
    if (!span_equal(cert->signature_algorithm, span_of(OBJ_get0_data(oid), OBJ_length(oid)))) {
        return "signature_algorithm";
    }
    /* libcrypto clears the unused bits of the last octet, so that this one is not compared. */
    if ((size_t)ASN1_STRING_length(signature) != cert->signature.len ||
        (cert->signature.len > 1 && memcmp(ASN1_STRING_get0_data(signature), cert->signature.at,
                                           cert->signature.len - 1) != 0)) {
        return "signature";
    }
    return NULL;
}

static const char *compare_facts(X509 *x, const struct cert *cert)
{
    const char *wrong = cert->version == X509_get_version(x) + 1 ? NULL : "version";

    wrong = wrong != NULL ? wrong : compare_serial(x, cert);
    wrong = wrong != NULL ? wrong : compare_signature(x, cert);
    wrong = wrong != NULL ? wrong : compare_times(x, cert);
    wrong = wrong != NULL ? wrong : compare_name(X509_get_subject_name(x), cert->subject);
    wrong = wrong != NULL ? wrong : compare_name(X509_get_issuer_name(x), cert->issuer);
    wrong = wrong != NULL ? wrong : compare_key(x, cert);
    wrong = wrong != NULL ? wrong : compare_emails(x, cert);
    return wrong != NULL ? wrong : compare_extensions(x, cert);
}

static void tell_wrong(struct comparison *c, const char *name, const char *what, struct span der)
{
    c->wrong++;
    if (c->wrong > SHOWN_MAX) {
        return;
    }
    fprintf(stderr, "%s: %s\n  ", name, what);
    for (size_t i = 0; i < der.len; i++) {
        fprintf(stderr, "%02x", der.at[i]);
    }
    fputc('\n', stderr);
}

/*
 * OpenSSL 3.0 reads times without seconds, as we do; a later one calls them too short. By number,
 * since the headers of 3.0 do not name these reasons.
 */
static bool is_short_time(unsigned long error)
{
    enum { GENERALIZEDTIME_IS_TOO_SHORT = 232, UTCTIME_IS_TOO_SHORT = 233 };
    int reason = ERR_GET_REASON(error);

    return ERR_GET_LIB(error) == ERR_LIB_ASN1 &&
           (reason == GENERALIZEDTIME_IS_TOO_SHORT || reason == UTCTIME_IS_TOO_SHORT);
}

/* What cert_read() says must not depend on what was read before; NULL: it does not. */
static const char *compare_habits(struct span der, const struct cert *cert, bool taken)
{
    static struct cert_habits habits; /* of all certificates so far */
    struct why why = {0};

    for (int i = 0; i < 2; i++) { /* by what others have left, and by its own */
        struct cert again;

        if ((cert_read_with(&habits, der, &again, &why) == FAULT_NONE) != taken) {
            return "taken or refused as those before it were";
        }
        if (taken && !same_facts(cert, &again)) {
            return "facts of another certificate";
        }
    }
    return NULL;
}

void compare_certificate(struct comparison *c, const char *name, struct span der)
{
    const unsigned char *end = der.at;
    struct cert cert;
    struct why why = {0};
    bool taken = cert_read(der, &cert, &why) == FAULT_NONE;
    const char *habit = compare_habits(der, &cert, taken);
    unsigned long error;
    X509 *x;

    if (habit != NULL) {
        tell_wrong(c, name, habit, der);
    }
    ERR_clear_error();
    x = d2i_X509(NULL, &end, (long)der.len);
    error = ERR_peek_error();
    c->compared++;
    if (taken && x == NULL && is_short_time(error)) {
        c->looser++;
    } else if (taken && x == NULL) {
        tell_wrong(c, name, "taken, and libcrypto refuses it", der);
    } else if (!taken && x != NULL && !may_refuse(x, der, end)) {
        tell_wrong(c, name, why.rule, der);
    } else if (!taken) {
        c->refused += x == NULL ? 1 : 0;
        c->stricter += x != NULL ? 1 : 0;
    } else {
        const char *wrong = compare_facts(x, &cert);

        c->taken++;
        if (wrong != NULL) {
            tell_wrong(c, name, wrong, der);
        }
    }
    X509_free(x);
    ERR_clear_error();
}
