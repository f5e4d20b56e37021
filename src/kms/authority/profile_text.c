#include "kms/authority/profile.h"

/* The profile of a new store: what holds anyway, to be seen and changed. */

static const char before_url[] =
    "# What the certificates of users say. Lines are `name = value`; what is left out has its "
    "default.\n"
    "# Changes hold for what is issued from now on.\n"
    "\n"
    "# How long a user's certificate is valid, at most 825d. Clients offer renewal some weeks "
    "before.\n"
    "validity = 548d\n"
    "\n"
    "# How long the CA's own certificates are valid. Of use while they are made.\n"
    "ca_validity = 3650d\n"
    "root_validity = 7300d\n"
    "\n"
    "# The subject: CN= is the display name (`name`) or the address (`address`); O= the "
    "organization.\n"
    "subject = name\n"
    "organization = yes\n"
    "\n"
    "# Whether the signing certificate says nonRepudiation beside digitalSignature.\n"
    "non_repudiation = no\n"
    "\n"
    "# The keys of users who are not given others: p256, p384, rsa2048, rsa3072, rsa4096, "
    "ed25519.\n"
    "user_key = p256\n"
    "\n"
    "# Where the revocation list is published. With crl_parts above 1 the list comes in parts, and "
    "{part}\n"
    "# in the URL is the number of one.\n";

static const char after_url[] =
    "crl_parts = 1\n"
    "crl_validity = 7d\n"
    "\n"
    "# Where the issuing CA's certificate can be fetched.\n"
    "#aia_url = http://pki.example.org/ca.cer\n"
    "\n"
    "# The certificate policy, an OID, and where its practice statement stands.\n"
    "#policy = 1.3.6.1.4.1.99999.1\n"
    "#policy_url = http://pki.example.org/policy.html\n"
    "\n"
    "# What users are told when they get their keys. One line.\n"
    "escrow_notice = ";

enum fault profile_default_text(struct span crl_url, struct buffer *out, struct why *why)
{
    struct profile profile = profile_default();
    size_t before = out->len;
    size_t line;
    enum fault fault;

    buffer_add_text(out, before_url);
    buffer_add_text(out,
                    crl_url.len > 0 ? "crl_url = " : "#crl_url = http://pki.example.org/list.crl");
    buffer_add(out, crl_url);
    buffer_add_text(out, "\n");
    buffer_add_text(out, after_url);
    buffer_add_text(out, profile.escrow_notice);
    buffer_add_text(out, "\n");
    if (out->fault != FAULT_NONE) {
        return fault_at(out->fault, 0, "no room for the profile", why);
    }
    fault = profile_parse(span_from(buffer_span(out), before), &profile, &line, why);
    if (fault != FAULT_NONE) {
        out->len = before;
    }
    return fault;
}
