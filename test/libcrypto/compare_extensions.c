#include "compare_extensions.h"

#include <stdbool.h>

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "weak_der.h"

/* Context-specific tags of strings: in general names, and in an authority key identifier. */
enum {
    NAME_STRINGS = 1 << 1 | 1 << 2 | 1 << 6 | 1 << 7 | 1 << 8,
    AUTHORITY_STRINGS = 1 << 0 | 1 << 2,
    AUTHORITY_LISTS = 1 << 1,
};

/* True when no extension of this kind is written in a way that libcrypto alone reads. */
static bool is_weak_extension(X509 *x, int nid)
{
    bool authority = nid == NID_authority_key_identifier;

    for (int i = X509_get_ext_by_NID(x, nid, -1); i >= 0; i = X509_get_ext_by_NID(x, nid, i)) {
        const ASN1_STRING *value = X509_EXTENSION_get_data(X509_get_ext(x, i));

        if (!is_weak_der(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value),
                         authority ? AUTHORITY_STRINGS : NAME_STRINGS,
                         authority ? AUTHORITY_LISTS : 0)) {
            return false;
        }
    }
    return true;
}

/* True when the one extension of this kind stands there and libcrypto can decode it. */
static bool is_good(X509 *x, int nid)
{
    int critical;
    void *decoded = X509_get_ext_d2i(x, nid, &critical, NULL);
    const X509V3_EXT_METHOD *method = X509V3_EXT_get_nid(nid);

    if (decoded == NULL) {
        return false;
    }
    ASN1_item_free(decoded, ASN1_ITEM_ptr(method->it));
    return true;
}

static struct span span_of_string(const ASN1_STRING *s)
{
    return s == NULL ? (struct span){0}
                     : span_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
}

static const char *compare_key_usage(X509 *x, const struct cert *cert)
{
    ASN1_BIT_STRING *usage = X509_get_ext_d2i(x, NID_key_usage, NULL, NULL);
    bool same = cert->has_key_usage;

    for (int i = 0; i < 9 && usage != NULL; i++) {
        same = same && ASN1_BIT_STRING_get_bit(usage, i) == (cert->key_usage >> i & 1);
    }
    ASN1_BIT_STRING_free(usage);
    return same ? NULL : "key_usage";
}

static const char *compare_eku(X509 *x, const struct cert *cert)
{
    EXTENDED_KEY_USAGE *theirs = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
    struct cursor eku = cursor_over(cert->eku);
    struct span oid;
    bool same = cert->eku.at != NULL;

    for (int i = 0; i < sk_ASN1_OBJECT_num(theirs); i++) {
        const ASN1_OBJECT *object = sk_ASN1_OBJECT_value(theirs, i);

        same = same && cert_eku_next(&eku, &oid) &&
               span_equal(oid, span_of(OBJ_get0_data(object), OBJ_length(object)));
    }
    same = same && eku.rest.len == 0;
    sk_ASN1_OBJECT_pop_free(theirs, ASN1_OBJECT_free);
    return same ? NULL : "eku";
}

static const char *compare_basic_constraints(X509 *x, const struct cert *cert)
{
    BASIC_CONSTRAINTS *theirs = X509_get_ext_d2i(x, NID_basic_constraints, NULL, NULL);
    bool same = theirs != NULL && (theirs->ca != 0) == cert->ca;

    BASIC_CONSTRAINTS_free(theirs);
    return same ? NULL : "ca";
}

static const char *compare_subject_key_id(X509 *x, const struct cert *cert)
{
    ASN1_OCTET_STRING *theirs = X509_get_ext_d2i(x, NID_subject_key_identifier, NULL, NULL);
    bool same = span_equal(span_of_string(theirs), cert->subject_key_id);

    ASN1_OCTET_STRING_free(theirs);
    return same ? NULL : "subject_key_id";
}

static const char *compare_authority_key_id(X509 *x, const struct cert *cert)
{
    AUTHORITY_KEYID *theirs = X509_get_ext_d2i(x, NID_authority_key_identifier, NULL, NULL);
    bool same = theirs != NULL && span_equal(span_of_string(theirs->keyid), cert->authority_key_id);

    AUTHORITY_KEYID_free(theirs);
    return same ? NULL : "authority_key_id";
}

static const char *compare_nothing(X509 *x, const struct cert *cert)
{
    (void)x;
    (void)cert;
    return NULL; /* compare_emails() does */
}

const char *compare_extensions(X509 *x, const struct cert *cert)
{
    static const struct {
        int nid;
        const char *(*compare)(X509 *x, const struct cert *cert);
    } kinds[] = {
        {NID_key_usage, compare_key_usage},
        {NID_ext_key_usage, compare_eku},
        {NID_basic_constraints, compare_basic_constraints},
        {NID_subject_key_identifier, compare_subject_key_id},
        {NID_authority_key_identifier, compare_authority_key_id},
        {NID_subject_alt_name, compare_nothing},
    };
    bool broken = false, weak = true;
    const char *wrong = NULL;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && wrong == NULL; i++) {
        bool there = X509_get_ext_by_NID(x, kinds[i].nid, -1) >= 0;

        if (!there) {
            continue;
        }
        if (!is_weak_extension(x, kinds[i].nid)) {
            weak = false;
        } else if (!is_good(x, kinds[i].nid)) {
            broken = true;
        } else {
            wrong = kinds[i].compare(x, cert);
        }
    }
    if (wrong == NULL && weak && broken != cert->extension_broken) {
        wrong = "extension_broken";
    }
    if (wrong == NULL &&
        ((X509_get_extension_flags(x) & EXFLAG_CRITICAL) != 0) != cert->has_critical_unknown) {
        wrong = "has_critical_unknown";
    }
    return wrong;
}

/* The next address of one of two kinds, or of the subject. */
static bool next_address(struct cert_emails *in, bool san, struct cert_email *out)
{
    while (cert_emails_next(in, out)) {
        if ((out->kind == EMAIL_SUBJECT) != san) {
            return true;
        }
    }
    return false;
}

/* The kind and text of a general name that cert_emails_next() gives; false: it gives none. */
static bool address_of(const GENERAL_NAME *name, enum email_kind *kind, struct span *text)
{
    int type;
    ASN1_OBJECT *oid;
    ASN1_TYPE *value;
    char dotted[64];

    if (GENERAL_NAME_get0_value(name, &type) != NULL && type == GEN_EMAIL) {
        *kind = EMAIL_RFC822;
        *text = span_of_string(GENERAL_NAME_get0_value(name, &type));
        return true;
    }
    if (type != GEN_OTHERNAME || GENERAL_NAME_get0_otherName(name, &oid, &value) != 1 ||
        value->type != V_ASN1_UTF8STRING) {
        return false;
    }
    (void)OBJ_obj2txt(dotted, sizeof(dotted), oid, 1);
    *kind = span_is(span_text(dotted), "1.3.6.1.5.5.7.8.9") ? EMAIL_SMTP_UTF8 : EMAIL_UPN;
    *text = span_of_string(value->value.utf8string);
    return *kind == EMAIL_SMTP_UTF8 || span_is(span_text(dotted), "1.3.6.1.4.1.311.20.2.3");
}

static bool same_alternative_names(const GENERAL_NAMES *names, const struct cert *cert,
                                   bool *rfc822)
{
    struct cert_emails in = cert_emails_of(cert);
    struct cert_email ours;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        enum email_kind kind;
        struct span text;

        if (!address_of(sk_GENERAL_NAME_value(names, i), &kind, &text)) {
            continue;
        }
        *rfc822 = *rfc822 || kind == EMAIL_RFC822;
        if (!next_address(&in, true, &ours) || ours.kind != kind || !span_equal(ours.text, text)) {
            return false;
        }
    }
    return !next_address(&in, true, &ours);
}

static bool same_subject(X509 *x, const struct cert *cert, bool rfc822)
{
    const X509_NAME *subject = X509_get_subject_name(x);
    struct cert_emails in = cert_emails_of(cert);
    struct cert_email ours;

    for (int i = 0; i < X509_NAME_entry_count(subject) && !rfc822; i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(subject, i);
        const ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
        int type = ASN1_STRING_type(value);

        if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != NID_pkcs9_emailAddress ||
            ASN1_STRING_length(value) == 0 ||
            (type != V_ASN1_IA5STRING && type != V_ASN1_UTF8STRING &&
             type != V_ASN1_PRINTABLESTRING)) {
            continue;
        }
        if (!next_address(&in, false, &ours) || !span_equal(ours.text, span_of_string(value))) {
            return false;
        }
    }
    return !next_address(&in, false, &ours);
}

const char *compare_emails(X509 *x, const struct cert *cert)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    bool rfc822 = false;
    bool same = true;

    if (names != NULL && is_weak_extension(x, NID_subject_alt_name)) {
        same = same_alternative_names(names, cert, &rfc822);
    }
    if (names != NULL || cert->san.at == NULL) {
        same = same && same_subject(x, cert, rfc822);
    }
    GENERAL_NAMES_free(names);
    return same ? NULL : "emails";
}
