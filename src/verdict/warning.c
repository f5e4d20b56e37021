#include "verdict/warning.h"

#include <assert.h>

#include "verdict/weak.h"

enum { MANY_VALUES = 12 }; /* a directory synchroniser drops both attributes above 15 */

static bool has_attribute(const struct warning_facts *f, bool first_attribute)
{
    const struct mailbox *m = f->mailbox;

    for (size_t i = 0; i < m->count; i++) {
        if (m->candidates[i].first_attribute == first_attribute) {
            return true;
        }
    }
    return first_attribute && m->first_attribute_values > 0;
}

/* True when a value that has ended comes before the first usable one of its attribute. */
static bool is_expired_first_in(const struct warning_facts *f, bool first_attribute)
{
    const struct mailbox *m = f->mailbox;
    const struct candidate *expired = NULL;

    for (size_t i = 0; i < m->count; i++) {
        const struct candidate *c = &m->candidates[i];

        if (c->chain || c->first_attribute != first_attribute) {
            continue;
        }
        if (c->usable) {
            return expired != NULL && expired->value != c->value;
        }
        if (expired == NULL && candidate_is_outdated(c, f->rules)) {
            expired = c;
        }
    }
    return false;
}

static bool is_expired_first(const struct warning_facts *f)
{
    return is_expired_first_in(f, true) || is_expired_first_in(f, false);
}

static bool is_hidden(const struct warning_facts *f)
{
    return f->first == NULL && f->second != NULL && has_attribute(f, true);
}

/* Clients that begin with the one attribute end elsewhere than those that begin with the other. */
static bool attributes_disagree(const struct warning_facts *f)
{
    if (f->first == NULL || !has_attribute(f, false)) {
        return false; /* hidden-by-first-attribute tells the case of no good one in the first */
    }
    return f->second == NULL || !span_equal(f->first->cert.der, f->second->cert.der);
}

static bool has_many_values(const struct warning_facts *f)
{
    return f->mailbox->values >= MANY_VALUES;
}

static bool has_weak_key(const struct warning_facts *f)
{
    return f->told != NULL && weak_key(&f->told->cert.key);
}

static bool has_weak_signature(const struct warning_facts *f)
{
    return f->told != NULL && weak_signature(&f->told->cert);
}

static bool differs_in_case(const struct warning_facts *f)
{
    return f->told != NULL && f->addresses.match == ADDRESS_SAME_BUT_CASE;
}

static bool has_no_address(const struct warning_facts *f)
{
    return f->told != NULL && !f->addresses.in_mailbox;
}

static bool names_no_address(const struct warning_facts *f)
{
    return f->told != NULL && !f->addresses.in_certificate;
}

/* Senders take a foreign certificate although one of ours would do. */
static bool is_foreign_first(const struct warning_facts *f)
{
    return f->told != NULL && f->told->usable && f->told->fault == STANDING_FOREIGN &&
           f->best->fault == STANDING_ACTIVE;
}

static bool is_crl_unverified(const struct warning_facts *f)
{
    const struct trust_answer *trust = f->told != NULL ? &f->told->trust : NULL;

    return trust != NULL &&
           (trust->revocation == REVOCATION_UNVERIFIED ||
            (trust->revocation == REVOCATION_REVOKED && trust->revocation_unverified));
}

static bool has_undecodable_value(const struct warning_facts *f)
{
    return f->told != NULL && f->mailbox->undecodable + f->mailbox->lost > 0;
}

static bool is_elliptic(enum key_type type)
{
    return type == KEY_EC || type == KEY_X25519 || type == KEY_X448;
}

/* Several clients cannot encrypt to an elliptic-curve key, and there is no other to take. */
static bool is_ec_only(const struct warning_facts *f)
{
    for (size_t i = 0; i < f->mailbox->count; i++) {
        const struct candidate *c = &f->mailbox->candidates[i];

        if (c->usable && !is_elliptic(c->cert.key.type)) {
            return false;
        }
    }
    return f->told != NULL && f->told->usable;
}

static const struct row {
    enum warning warning;
    const char *name;
    bool (*applies)(const struct warning_facts *); /* NULL: not for us to see */
    const char *meaning;
} rows[WARNING_COUNT] = {
    {WARNING_EXPIRED_FIRST, "expired-first", is_expired_first,
     "an expired certificate stands before a good one: some clients see only the first value"},
    {WARNING_HIDDEN_BY_FIRST_ATTRIBUTE, "hidden-by-first-attribute", is_hidden,
     "only the second attribute has a good certificate: Outlook stops at the first attribute"},
    {WARNING_ATTRIBUTES_DISAGREE, "attributes-disagree", attributes_disagree,
     "the two attributes lead to different certificates: which one is used depends on the client"},
    {WARNING_MANY_VALUES, "many-values", has_many_values,
     "12 values or more: a directory synchroniser leaves mailboxes out above 15"},
    {WARNING_WEAK_KEY, "weak-key", has_weak_key,
     "the key is too short (RSA under 2048 bits, EC under 256) or a DSA key"},
    {WARNING_WEAK_SIGNATURE, "weak-signature", has_weak_signature,
     "the certificate is signed over MD2, MD4, MD5 or SHA-1"},
    {WARNING_ADDRESS_CASE, "address-case", differs_in_case,
     "the address in the certificate differs in upper and lower case: Apple Mail minds"},
    {WARNING_NO_ADDRESS, "no-address", has_no_address,
     "the source shows no address of the mailbox: nothing to compare the certificate with"},
    {WARNING_NO_ADDRESS_IN_CERTIFICATE, "no-address-in-certificate", names_no_address,
     "the certificate names no mail address: clients may refuse it"},
    {WARNING_FOREIGN_FIRST, "foreign-first", is_foreign_first,
     "senders take a certificate of another issuer, though the mailbox has a good one of the KMS"},
    {WARNING_CRL_UNVERIFIED, "crl-unverified", is_crl_unverified,
     "no current and verified revocation list of the issuer: revocation cannot be told for sure"},
    {WARNING_UNDECODABLE_VALUE, "undecodable-value", has_undecodable_value,
     "beside readable certificates there are values that cannot be read"},
    {WARNING_EC_ONLY, "ec-only", is_ec_only,
     "only elliptic-curve keys to encrypt to: several mail clients cannot"},
    {WARNING_SHARED_KEY, "shared-key", NULL, "another mailbox has a certificate with the same key"},
};

uint32_t warnings_of(const struct warning_facts *facts)
{
    uint32_t warnings = 0;

    if (facts->told == NULL) { /* all others speak of a certificate of the user */
        return has_many_values(facts) ? WARNING_MANY_VALUES : 0;
    }
    for (size_t i = 0; i < WARNING_COUNT; i++) {
        if (rows[i].applies != NULL && rows[i].applies(facts)) {
            warnings |= (uint32_t)rows[i].warning;
        }
    }
    return warnings;
}

static const struct row *row_of(enum warning warning)
{
    size_t i = 0;

    while (i + 1 < WARNING_COUNT && rows[i].warning != warning) {
        i++;
    }
    assert(rows[i].warning == warning);
    return &rows[i];
}

const char *warning_name(enum warning warning) { return row_of(warning)->name; }

const char *warning_meaning(enum warning warning) { return row_of(warning)->meaning; }
