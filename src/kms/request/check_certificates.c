#include <string.h>

#include "base/ascii.h"
#include "cert/cert.h"
#include "cert/der.h"
#include "cert/der_write.h"
#include "kms/authority/key.h"
#include "kms/request/check_internal.h"
#include "kms/request/envelope_binding.h"
#include "kms/store/certificate_rows.h"
#include "kms/store/escrow_rows.h"
#include "kms/store/store.h"
#include "kms/store/user_rows.h"
#include "kms/vault/envelope.h"
#include "verdict/address.h"

enum { SERIAL_TEXT = 2 * CERTIFICATE_SERIAL_MAX + 1, ARENA_MAX = 1 << 20, URI_NAME = 6 };

/* An INTEGER's bytes without the zero byte that stands for its sign. */
static struct span without_zero(struct span serial)
{
    return serial.len > 1 && serial.at[0] == 0 ? span_from(serial, 1) : serial;
}

static void serial_text(struct span serial, char out[SERIAL_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;

    for (size_t i = 0; i < serial.len && i < CERTIFICATE_SERIAL_MAX; i++) {
        out[n++] = digits[serial.at[i] >> 4];
        out[n++] = digits[serial.at[i] & 15];
    }
    out[n] = '\0';
}

/* The user whose certificates are being looked at: they lie one behind the other. */
struct owner {
    struct arena arena; /* for what follows */
    int64_t id;
    struct span first, name;
    struct user_address_row *others; /* those that hold no longer too */
    size_t count;
};

/* Whether he is who the audit says that was enrolled. */
static enum fault check_user(struct checking *c, struct owner *owner, struct why *why)
{
    struct span *addresses = arena_take_array(&owner->arena, owner->count + 1, sizeof(*addresses));
    struct user_identity user = {.id = owner->id, .name = owner->name, .addresses = addresses};
    uint8_t digest[USER_DIGEST_SIZE];
    enum fault fault;

    if (addresses == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    addresses[user.address_count++] = owner->first;
    for (size_t i = 0; i < owner->count; i++) {
        if (owner->others[i].until == 0) {
            addresses[user.address_count++] = owner->others[i].address;
        }
    }
    fault = user_digest(store_id(c->kms->store), &user, digest, why);
    return fault == FAULT_NONE && told_users_differ(c->told, user.id, digest)
               ? check_report(c, why, "name or addresses are not those that the audit tells of",
                              "user %.*s", (int)owner->first.len, (const char *)owner->first.at)
               : fault;
}

static enum fault find_owner(struct checking *c, struct owner *owner, int64_t id, struct why *why)
{
    struct user_row user;
    enum fault fault;

    if (owner->id == id) {
        return FAULT_NONE;
    }
    arena_reset(&owner->arena);
    owner->id = 0;
    fault = user_get(c->kms->store, id, &owner->arena, &user, why);
    if (fault == FAULT_NONE) {
        fault = user_address_list(c->kms->store, id, true, &owner->arena, &owner->others,
                                  &owner->count, why);
    }
    if (fault == FAULT_NONE) {
        owner->first = user.address;
        owner->name = user.name;
        owner->id = id;
        fault = check_user(c, owner, why);
    }
    return fault;
}

static bool has_address(const struct owner *owner, struct span address)
{
    bool found = address_compare(owner->first, address) != ADDRESS_DIFFERENT;

    for (size_t i = 0; i < owner->count && !found; i++) {
        found = address_compare(owner->others[i].address, address) != ADDRESS_DIFFERENT;
    }
    return found;
}

/* Whether every address of a certificate is, or was, one of its user; NULL: so it is. */
static const char *compare_addresses(const struct owner *owner, const struct cert *cert)
{
    struct cert_emails in = cert_emails_of(cert);
    struct cert_email email;

    while (cert_emails_next(&in, &email)) {
        if (email.kind != EMAIL_UPN && !has_address(owner, email.text)) {
            return "the certificate is for an address that its user never had";
        }
    }
    return NULL;
}

/* Whether the columns of a row say what stands in its certificate; NULL: they do. */
static const char *compare(const struct certificate_row *row, const struct cert *cert)
{
    const enum purpose purpose =
        row->purpose == CERTIFICATE_SIGNING ? PURPOSE_SIGNING : PURPOSE_ENCRYPTION;
    enum key_kind kind;

    if (!span_equal(without_zero(cert->serial), row->serial)) {
        return "the certificate has another serial number than its row";
    }
    if (cert->not_before != row->not_before || cert->not_after != row->not_after) {
        return "the certificate is valid at other times than its row says";
    }
    if (cert_purpose(cert) != purpose) {
        return "the certificate is for another purpose than its row says";
    }
    if (!key_kind_of(&cert->key, &kind) || !span_is(row->key_kind, key_kind_name(kind))) {
        return "the certificate's key is of another kind than its row says";
    }
    return NULL;
}

/* The number at the start of a text; 0: there is none, or one of no part. */
static uint32_t number_at(struct span text)
{
    uint32_t number = 0;

    for (size_t i = 0; i < text.len && ascii_is_digit(text.at[i]) && number <= PROFILE_PARTS_MAX;
         i++) {
        number = number * 10 + (uint32_t)(text.at[i] - '0');
    }
    return number <= PROFILE_PARTS_MAX ? number : 0;
}

/* As a name of its own (RFC 5280, section 4.2.1.6), not within somebody's display name. */
static bool has_url_of_part(const struct profile *profile, struct span der, uint32_t part)
{
    struct buffer url = buffer_with_max((size_t)2 * PROFILE_URL_MAX);
    struct buffer name = buffer_with_max((size_t)3 * PROFILE_URL_MAX);
    bool found;

    profile_add_crl_url(profile, part, &url);
    der_add(&name, DER_CONTEXT | URI_NAME, buffer_span(&url));
    found = url.fault == FAULT_NONE && name.fault == FAULT_NONE &&
            memmem(der.at, der.len, name.at, name.len) != NULL;
    buffer_clear(&url);
    buffer_clear(&name);
    return found;
}

/*
 * Which part of the revocation list the certificate's URL names, by the profile of now; 0: none
 * that can be told. Whoever looks there would miss a revoked one whose row has it in another part.
 */
static uint32_t named_part(const struct profile *profile, struct span der)
{
    const char *mark = strstr(profile->crl_url, "{part}");
    const size_t before = mark != NULL ? (size_t)(mark - profile->crl_url) : 0;
    struct span rest = der;
    const uint8_t *at;

    while (before > 0 && (at = memmem(rest.at, rest.len, profile->crl_url, before)) != NULL) {
        rest = span_from(rest, (size_t)(at - rest.at) + before);
        const uint32_t part = number_at(rest);

        if (part > 0 && has_url_of_part(profile, der, part)) {
            return part;
        }
    }
    return 0;
}

/* The envelope of an escrowed certificate; NULL: it is as it should be. */
static const char *check_envelope(struct checking *c, const struct certificate_row *row,
                                  const struct envelope_row *envelope)
{
    const struct envelope_subject subject = {
        .store_id = store_id(c->kms->store),
        .user = row->user,
        .serial = row->serial,
        .certificate = row->der,
        .cms = envelope->cms,
    };
    struct envelope read;
    struct span address;
    struct why why;

    if (envelope_read(envelope->cms, &read, &why) != FAULT_NONE) {
        return why.rule;
    }
    if (envelope_bound(c->certificates, c->issuer_count, &subject, envelope->binding, &address,
                       &why) != FAULT_NONE) {
        return "the CA did not bind this envelope to this certificate and its user";
    }
    return NULL;
}

static enum fault check_escrowed(struct checking *c, const struct certificate_row *row,
                                 struct arena *arena, const char **what, struct why *why)
{
    struct envelope_row envelope;
    enum fault fault = envelope_get(c->kms->store, row->id, arena, &envelope, why);

    if (fault == FAULT_ABSENT) {
        *what = "the key is not in escrow: there is no envelope";
        return FAULT_NONE;
    }
    if (fault == FAULT_NONE) {
        *what = check_envelope(c, row, &envelope);
    }
    return fault;
}

static enum fault check_one(struct checking *c, const struct certificate_row *row,
                            struct owner *owner, struct arena *arena, struct why *why)
{
    char serial[SERIAL_TEXT];
    struct cert cert;
    struct why wrong = {0};
    const char *what = NULL;
    enum fault fault = find_owner(c, owner, row->user, why);

    if (fault == FAULT_ABSENT) {
        return FAULT_NONE; /* a row without its user is told by store_check() */
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    if (cert_read(row->der, &cert, &wrong) != FAULT_NONE) {
        what = wrong.rule;
    } else {
        what = compare(row, &cert);
    }
    if (what == NULL && !check_signed(c, row->der)) {
        what = "the certificate is not signed by our CA";
    }
    if (what == NULL) {
        const uint32_t part = named_part(&c->profile, row->der);

        what = part != 0 && part != row->crl_part
                   ? "the certificate's URL names another part of the revocation list than its row"
                   : NULL;
    }
    if (what == NULL) {
        what = compare_addresses(owner, &cert);
    }
    if (what == NULL && row->purpose == CERTIFICATE_ENCRYPTION) {
        fault = check_escrowed(c, row, arena, &what, why);
    }
    if (fault == FAULT_NONE && what != NULL) {
        serial_text(row->serial, serial);
        fault = check_report(c, why, what, "certificate %s", serial);
    }
    return fault;
}

enum fault check_certificates(struct checking *c, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct owner owner = {.arena = arena_with_max(ARENA_MAX)};
    struct store_walk walk = {0};
    struct certificate_row row;
    bool there = false;
    enum fault fault = told_users_read(c->kms->store, &c->told, why);

    if (fault == FAULT_NONE) {
        fault = certificate_walk(c->kms->store, &walk, why);
    }
    while (fault == FAULT_NONE) {
        fault = certificate_next(&walk, &row, &there, why);
        if (fault != FAULT_NONE || !there) {
            break;
        }
        arena_reset(&arena);
        fault = check_one(c, &row, &owner, &arena, why);
    }
    store_walk_end(&walk);
    arena_clear(&owner.arena);
    arena_clear(&arena);
    return fault;
}
