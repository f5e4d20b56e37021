#include "kms/request/ceremony/init_steps.h"
#include "kms/request/session/ca_keys.h"
#include "kms/request/session/pem_text.h"
#include "kms/store/store.h"

#include "cert/digest.h"

enum { KEY_PEM_MAX = 16384, REQUEST_MAX = 16384, SLOT_MAX = 1024 };

/* Adds a row for a key of the CA; spans that are empty are left NULL. */
static enum fault add_row(struct ceremony *c, enum authority_role role, struct span certificate,
                          const struct private_key *key, struct span request, struct why *why)
{
    struct buffer pem = buffer_with_max(KEY_PEM_MAX);
    int64_t id;
    enum fault fault = private_key_lock(key, &c->ca_secret, &pem, why);

    if (fault == FAULT_NONE) {
        const struct authority_row row = {
            .role = role,
            .certificate = certificate,
            .key = buffer_span(&pem),
            .request = request,
            .since = c->kms.now,
        };

        fault = authority_add(c->kms.store, &row, &id, why);
    }
    buffer_clear(&pem);
    return fault;
}

static enum fault fill_slots(struct ceremony *c, struct why *why)
{
    const struct kms *kms = &c->kms;

    for (size_t i = 0; i < kms->actor_count; i++) {
        const struct kms_actor *actor = &kms->actors[i];
        struct buffer sealed = buffer_with_max(SLOT_MAX);
        enum fault fault = FAULT_NONE;

        if (actor->is_admin) {
            fault = ca_slot_seal(store_id(kms->store), span_text(actor->name),
                                 actor->identity.sealing, &c->ca_secret, &sealed, why);
            if (fault == FAULT_NONE) {
                fault = slot_set(kms->store, actor->id, buffer_span(&sealed), why);
            }
        }
        buffer_clear(&sealed);
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    return FAULT_NONE;
}

/* The request for an outside root: kept in the store as DER, given out as PEM. */
static enum fault ask_outside(struct ceremony *c, const struct private_key *key, struct why *why)
{
    struct buffer der = buffer_with_max(REQUEST_MAX);
    enum fault fault =
        issuing_request(span_text(c->order->organization), key, &c->result->request, why);

    if (fault == FAULT_NONE) {
        fault = pem_text_read(buffer_span(&c->result->request), "CERTIFICATE REQUEST", REQUEST_MAX,
                              &der, why);
    }
    if (fault == FAULT_NONE) {
        fault = add_row(c, AUTHORITY_ISSUING, (struct span){0}, key, buffer_span(&der), why);
    }
    buffer_clear(&der);
    return fault;
}

/* The root signs the issuing CA's certificate, which opens for the rest of the ceremony. */
static enum fault sign_issuing(struct ceremony *c, struct span root,
                               const struct private_key *root_key, struct private_key **key,
                               struct why *why)
{
    struct buffer issuing = buffer_with_max(CEREMONY_CERTIFICATE_MAX);
    enum fault fault =
        issuing_make(span_text(c->order->organization), root, root_key, private_key_spki(*key),
                     &c->kms.profile, c->kms.now, &issuing, why);

    if (fault == FAULT_NONE) {
        fault = add_row(c, AUTHORITY_ISSUING, buffer_span(&issuing), *key, (struct span){0}, why);
    }
    if (fault == FAULT_NONE) {
        fault = authority_take(buffer_span(&issuing), root, *key, &c->kms.authority, why);
        *key = fault == FAULT_NONE ? NULL : *key;
    }
    if (fault == FAULT_NONE) {
        fault = digest_sha256(buffer_span(&issuing), c->result->issuing);
    }
    buffer_clear(&issuing);
    return fault;
}

static enum fault make_root(struct ceremony *c, struct private_key **issuing_key, struct why *why)
{
    struct buffer root = buffer_with_max(CEREMONY_CERTIFICATE_MAX);
    struct private_key *key = NULL;
    enum fault fault = root_make(span_text(c->order->organization), c->order->key, &c->kms.profile,
                                 c->kms.now, &root, &key, why);

    if (fault == FAULT_NONE) {
        fault = add_row(c, AUTHORITY_ROOT, buffer_span(&root), key, (struct span){0}, why);
    }
    if (fault == FAULT_NONE) {
        fault = digest_sha256(buffer_span(&root), c->result->root);
    }
    if (fault == FAULT_NONE) {
        fault = sign_issuing(c, buffer_span(&root), key, issuing_key, why);
    }
    private_key_free(key);
    buffer_clear(&root);
    return fault;
}

enum fault init_authority(struct ceremony *c, struct why *why)
{
    struct private_key *key = NULL; /* the issuing CA's */
    enum fault fault = ca_secret_make(&c->ca_secret, why);

    if (fault == FAULT_NONE) {
        fault = fill_slots(c, why);
    }
    if (fault == FAULT_NONE) {
        fault = private_key_make(c->order->key, &key, why);
    }
    if (fault == FAULT_NONE) {
        fault = c->order->outside ? ask_outside(c, key, why) : make_root(c, &key, why);
    }
    private_key_free(key);
    return fault;
}
