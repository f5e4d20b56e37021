#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utc.h"
#include "kms/authority/ca.h"
#include "kms/authority/crl_make.h"
#include "kms/authority/issue.h"
#include "kms/authority/pkcs12.h"
#include "kms/people/memory.h"

/*
 * usage: authority_files make DIR KIND NOW       a CA of this kind, users' certificates, lists,
 * PKCS#12 authority_files request DIR KIND        the request of an issuing CA, and its key
 *        authority_files install DIR FILE NOW    what an outside root gave for it; a user's
 * certificate
 *
 * Writes what the room makes into files of DIR, for other people's programs to judge. Passphrase of
 * everything: "correct horse".
 */

enum { PARTS = 4, FILE_MAX = 1 << 20 };

static const char *dir;
static struct secret passphrase;

static void check(enum fault fault, const struct why *why)
{
    if (fault != FAULT_NONE) {
        (void)fprintf(stderr, "authority_files: %s\n", why->rule);
        exit(1);
    }
}

static FILE *open_file(const char *name, const char *mode)
{
    char path[4096];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    file = fopen(path, mode);
    if (file == NULL) {
        (void)fprintf(stderr, "authority_files: %s: %s\n", path, strerrordesc_np(errno));
        exit(1);
    }
    return file;
}

static void write_file(const char *name, struct span bytes)
{
    FILE *file = open_file(name, "wb");

    (void)fwrite(bytes.at, 1, bytes.len, file);
    (void)fclose(file);
}

static struct buffer read_file(const char *name)
{
    struct buffer bytes = buffer_with_max(FILE_MAX);
    FILE *file = open_file(name, "rb");
    uint8_t *room = buffer_room(&bytes, FILE_MAX);

    if (room == NULL) {
        exit(1);
    }
    bytes.len = fread(room, 1, FILE_MAX, file);
    (void)fclose(file);
    return bytes;
}

static struct profile site_profile(void)
{
    struct profile profile = profile_default();

    profile.crl_parts = PARTS;
    (void)snprintf(profile.crl_url, sizeof(profile.crl_url), "http://pki.example.org/{part}.crl");
    (void)snprintf(profile.aia_url, sizeof(profile.aia_url), "http://pki.example.org/ca.cer");
    (void)snprintf(profile.policy, sizeof(profile.policy), "2.999.1");
    (void)snprintf(profile.policy_url, sizeof(profile.policy_url), "http://pki.example.org/");
    return profile;
}

/* One user's certificate; its serial goes to the list of serials. */
static struct buffer issue(struct issuer *issuer, int64_t now, enum purpose purpose,
                           const struct private_key *key, uint8_t serial[SERIAL_SIZE])
{
    const struct span addresses[] = {span_text("anna.berg@example.org"),
                                     span_text("j\xc3\xb6rg@b\xc3\xbc"
                                               "cher.example")};
    const struct subject subject = {.name = span_text("Anna Berg, \"\xc3\x84\" + <x>"),
                                    .organization = span_text("Example Verein"),
                                    .addresses = addresses,
                                    .address_count = 2};
    struct certificate_order order = {.subject = &subject,
                                      .purpose = purpose,
                                      .spki = private_key_spki(key),
                                      .serial = serial,
                                      .now = now};
    struct buffer der = buffer_with_max(FILE_MAX);
    struct why why;

    check(serial_make(serial, &why), &why);
    check(issuer_validity(issuer, now, &order.not_before, &order.not_after, &why), &why);
    check(certificate_make(issuer, &order, &der, &why), &why);
    return der;
}

/* Certificates and PKCS#12 files of a user with keys of one kind. */
static void make_user(struct issuer *issuer, const struct span chain[2], enum key_kind kind,
                      int64_t now, uint8_t serials[2][SERIAL_SIZE])
{
    static const char *const titles[] = {"signing", "encryption"};
    static const enum purpose purposes[] = {PURPOSE_SIGNING, PURPOSE_ENCRYPTION};
    struct pkcs12_entry entries[2];
    struct private_key *keys[2];
    struct buffer certificates[2];
    struct buffer file = buffer_with_max(FILE_MAX);
    struct why why;
    char name[64];

    for (size_t i = 0; i < 2; i++) {
        check(private_key_make(key_kind_for(kind, purposes[i]), &keys[i], &why), &why);
        certificates[i] = issue(issuer, now, purposes[i], keys[i], serials[i]);
        (void)snprintf(name, sizeof(name), "%s-%s.der", key_kind_name(kind), titles[i]);
        write_file(name, buffer_span(&certificates[i]));
        entries[i] = (struct pkcs12_entry){.key = keys[i],
                                           .certificate = buffer_span(&certificates[i]),
                                           .name = span_text(titles[i])};
    }
    for (enum pkcs12_form form = PKCS12_TODAY; form <= PKCS12_OLD; form++) {
        buffer_reset(&file);
        check(pkcs12_make(&passphrase, entries, 2, chain, 2, form, PKCS12_ROUNDS_ONE, &file, &why),
              &why);
        (void)snprintf(name, sizeof(name), "%s%s.p12", key_kind_name(kind),
                       form == PKCS12_OLD ? "-old" : "");
        write_file(name, buffer_span(&file));
    }
    for (size_t i = 0; i < 2; i++) {
        private_key_free(keys[i]);
        buffer_clear(&certificates[i]);
    }
    buffer_clear(&file);
}

/* Both certificates of each user are revoked, the one for good, the other held. */
struct revoked {
    uint8_t serials[KIND_COUNT][2][SERIAL_SIZE];
    int64_t now;
    size_t next, end;
};

static enum fault next_revoked(void *context, struct crl_item *out, struct why *why)
{
    struct revoked *revoked = context;
    size_t n = revoked->next;

    (void)why;
    if (n == revoked->end) {
        return FAULT_ABSENT;
    }
    revoked->next++;
    *out =
        (struct crl_item){.serial = span_of(revoked->serials[n / 2][n % 2], SERIAL_SIZE),
                          .revoked_at = revoked->now - 60,
                          .reason = n % 2 == 0 ? REASON_KEY_COMPROMISE : REASON_CERTIFICATE_HOLD};
    return FAULT_NONE;
}

static void make_lists(const struct authority *authority, const struct profile *profile,
                       struct revoked *revoked)
{
    struct buffer der = buffer_with_max(FILE_MAX);
    struct why why;
    char name[64];

    for (uint32_t part = 0; part <= PARTS; part++) { /* 0: the whole one */
        struct buffer url = buffer_with_max(PROFILE_URL_MAX);
        struct crl_order order = {.number = 4711,
                                  .this_update = revoked->now - 30,
                                  .next_update = revoked->now + profile->crl_validity,
                                  .part = part,
                                  .parts = part > 0 ? PARTS : 0};

        buffer_reset(&der);
        profile_add_crl_url(profile, part, &url);
        order.url = buffer_span(&url);
        revoked->next = 0;
        check(crl_make(authority, &order, next_revoked, revoked, &der, &why), &why);
        (void)snprintf(name, sizeof(name), "%u.crl", part);
        write_file(name, buffer_span(&der));
        buffer_clear(&url);
    }
    buffer_clear(&der);
}

static void make(enum key_kind kind, int64_t now)
{
    static struct revoked revoked;
    struct profile profile = site_profile();
    struct buffer root = buffer_with_max(FILE_MAX);
    struct buffer issuing = buffer_with_max(FILE_MAX);
    struct buffer pem = buffer_with_max(FILE_MAX);
    struct private_key *root_key = NULL;
    struct private_key *key = NULL;
    struct authority *authority = NULL;
    struct issuer *issuer = NULL;
    struct span name = span_text("Example Verein");
    struct span chain[2];
    struct why why;

    check(root_make(name, kind, &profile, now, &root, &root_key, &why), &why);
    check(private_key_make(kind, &key, &why), &why);
    check(issuing_make(name, buffer_span(&root), root_key, private_key_spki(key), &profile, now,
                       &issuing, &why),
          &why);
    check(private_key_lock(root_key, &passphrase, &pem, &why), &why);
    write_file("root.der", buffer_span(&root));
    write_file("issuing.der", buffer_span(&issuing));
    write_file("root.key", buffer_span(&pem));
    check(authority_take(buffer_span(&issuing), buffer_span(&root), key, &authority, &why), &why);
    check(issuer_new(authority, &profile, &issuer, &why), &why);
    chain[0] = buffer_span(&issuing);
    chain[1] = buffer_span(&root);
    revoked.now = now;
    for (enum key_kind user = KIND_P256; user <= KIND_ED25519; user++) {
        make_user(issuer, chain, user, now, revoked.serials[user]);
    }
    revoked.end = (size_t)2 * KIND_RSA4096; /* but for rsa4096 and ed25519 */
    make_lists(authority, &profile, &revoked);
    issuer_free(issuer);
    authority_free(authority);
    private_key_free(root_key);
    buffer_clear(&root);
    buffer_clear(&issuing);
    buffer_clear(&pem);
}

static void request(enum key_kind kind)
{
    struct buffer pem = buffer_with_max(FILE_MAX);
    struct private_key *key = NULL;
    struct why why;

    check(private_key_make(kind, &key, &why), &why);
    check(issuing_request(span_text("Example Verein"), key, &pem, &why), &why);
    write_file("request.pem", buffer_span(&pem));
    buffer_reset(&pem);
    check(private_key_lock(key, &passphrase, &pem, &why), &why);
    write_file("issuing.key", buffer_span(&pem));
    buffer_clear(&pem);
    private_key_free(key);
}

static void install(const char *file, int64_t now)
{
    struct profile profile = site_profile();
    struct buffer pem = read_file("issuing.key");
    struct buffer given = read_file(file);
    struct buffer certificate = buffer_with_max(FILE_MAX);
    struct buffer chain = buffer_with_max(FILE_MAX);
    struct buffer user;
    struct private_key *key = NULL;
    struct private_key *user_key = NULL;
    struct authority *authority = NULL;
    struct issuer *issuer = NULL;
    uint8_t serial[SERIAL_SIZE];
    struct why why;

    check(private_key_unlock(buffer_span(&pem), &passphrase, &key, &why), &why);
    check(issuing_install(buffer_span(&given), private_key_spki(key), now, &certificate, &chain,
                          &why),
          &why);
    write_file("issuing.der", buffer_span(&certificate));
    write_file("chain.der", buffer_span(&chain));
    check(authority_take(buffer_span(&certificate), buffer_span(&chain), key, &authority, &why),
          &why);
    check(issuer_new(authority, &profile, &issuer, &why), &why);
    check(private_key_make(KIND_P256, &user_key, &why), &why);
    user = issue(issuer, now, PURPOSE_SIGNING, user_key, serial);
    write_file("user.der", buffer_span(&user));
    issuer_free(issuer);
    authority_free(authority);
    private_key_free(user_key);
    buffer_clear(&pem);
    buffer_clear(&given);
    buffer_clear(&certificate);
    buffer_clear(&chain);
    buffer_clear(&user);
}

static enum key_kind kind_of(const char *name)
{
    enum key_kind kind;

    if (!key_kind_find(span_text(name), &kind)) {
        (void)fprintf(stderr, "authority_files: no kind of key: %s\n", name);
        exit(2);
    }
    return kind;
}

int main(int argc, char **argv)
{
    struct why why;

    if (argc < 4) {
        (void)fprintf(stderr, "usage: authority_files make|request|install DIR KIND|FILE [NOW]\n");
        return 2;
    }
    dir = argv[2];
    check(people_secure_memory(&why), &why);
    check(secret_copy(span_text("correct horse"), &passphrase, &why), &why);
    if (strcmp(argv[1], "request") == 0) {
        request(kind_of(argv[3]));
    } else if (strcmp(argv[1], "make") == 0 && argc == 5) {
        make(kind_of(argv[3]), strtoll(argv[4], NULL, 10));
    } else if (strcmp(argv[1], "install") == 0 && argc == 5) {
        install(argv[3], strtoll(argv[4], NULL, 10));
    }
    secret_clear(&passphrase);
    return 0;
}
