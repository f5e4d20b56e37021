#include "kms/request/recovery/recover.h"

#include "kms/request/recovery/recover_seal.h"
#include "kms/store/store.h"
#include "kms/store/user_rows.h"

enum { SEALED_MAX = 256, DETAIL_MAX = 4096 };

/* The one administrator who has signed in. */
static enum fault find_requester(const struct kms *kms, const struct kms_actor **out,
                                 struct why *why)
{
    const struct kms_actor *found = NULL;

    for (size_t i = 0; i < kms->actor_count; i++) {
        if (kms->actors[i].is_admin && found != NULL) {
            return fault_at(FAULT_DENIED, 0, "one administrator asks, not several", why);
        }
        found = kms->actors[i].is_admin ? &kms->actors[i] : found;
    }
    if (found == NULL) {
        return fault_at(FAULT_DENIED, 0,
                        "an administrator asks (--passphrase NAME=FILE, or a terminal)", why);
    }
    *out = found;
    return FAULT_NONE;
}

static enum fault check_wish(const struct recover_wish *wish, struct why *why)
{
    if (wish->valid_for < 1 || wish->valid_for > RECOVERY_VALID_MAX) {
        return fault_at(FAULT_LIMIT, 0, "a request is valid for 90 days at most", why);
    }
    return recovery_why_check(wish->why, why);
}

/* The user's number and all addresses that he has or had. */
static enum fault fill_user(struct kms *kms, const struct recover_wish *wish, struct arena *arena,
                            struct recovery_request *request, struct why *why)
{
    struct user_address_row *others;
    struct user_row user;
    size_t count;
    enum fault fault = user_find(kms->store, wish->address, arena, &user, why);

    if (fault == FAULT_ABSENT) {
        return fault_at(FAULT_ABSENT, 0, "no user has this address", why);
    }
    if (fault == FAULT_NONE) {
        fault = user_address_list(kms->store, user.id, true, arena, &others, &count, why);
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    if (count >= RECOVERY_ADDRESSES_MAX) {
        return fault_at(FAULT_LIMIT, 0, "more addresses than a request may have", why);
    }
    request->addresses = arena_take_array(arena, count + 1, sizeof(*request->addresses));
    if (request->addresses == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory for the request", why);
    }
    request->user = user.id;
    request->addresses[request->address_count++] = user.address;
    for (size_t i = 0; i < count; i++) {
        request->addresses[request->address_count++] = others[i].address;
    }
    return FAULT_NONE;
}

/* All his encryption keys that are in escrow; `numbers` gets the rows of their certificates. */
static enum fault fill_keys(struct kms *kms, const struct recovery_cas *cas, struct arena *arena,
                            struct recovery_request *request, int64_t **numbers,
                            struct recovery_losses *losses, struct why *why)
{
    struct certificate_row *rows;
    size_t count;
    enum fault fault = certificate_list(kms->store, request->user, arena, &rows, &count, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    request->keys = arena_take_array(arena, count + 1, sizeof(*request->keys));
    *numbers = arena_take_array(arena, count + 1, sizeof(**numbers));
    losses->at = arena_take_array(arena, count + 1, sizeof(*losses->at));
    if (request->keys == NULL || *numbers == NULL || losses->at == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory for the request", why);
    }
    for (size_t i = 0; i < count && fault == FAULT_NONE; i++) {
        struct recovery_item item = {.certificate = rows[i]};

        if (rows[i].purpose != CERTIFICATE_ENCRYPTION || rows[i].escrow == 0) {
            continue;
        }
        if (request->key_count == RECOVERY_KEYS_MAX) {
            return fault_at(FAULT_LIMIT, 0, "more keys than a request may have", why);
        }
        fault = recovery_item_check(kms, cas, request, arena, &item, why);
        if (fault == FAULT_DENIED) {
            fault = recovery_lose(losses, arena, rows[i].serial, why->rule, why);
            continue;
        }
        request->keys[request->key_count].serial = rows[i].serial;
        memcpy(request->keys[request->key_count].envelope, item.digest, TRANSCRIPT_SIZE);
        (*numbers)[request->key_count++] = rows[i].id;
    }
    if (fault == FAULT_NONE && request->key_count == 0) {
        return losses->count > 0
                   ? recovery_all_lost(kms, losses, why)
                   : fault_at(FAULT_ABSENT, 0, "no key of this user is in escrow", why);
    }
    return fault;
}

/* The row, and one for each key. */
static enum fault add_rows(struct kms *kms, const struct recovery_request *request,
                           const struct kms_actor *requester, const int64_t *numbers,
                           struct span document, struct span locked, struct why *why)
{
    const struct request_row row = {
        .digest = span_of(request->digest, sizeof(request->digest)),
        .document = document,
        .requester = requester->id,
        .user = request->user,
        .created = request->created,
        .expires = request->expires,
        .seal_public = span_of(request->key, sizeof(request->key)),
        .seal_locked = locked,
    };
    int64_t id;
    enum fault fault = request_add(kms->store, &row, &id, why);

    for (size_t i = 0; i < request->key_count && fault == FAULT_NONE; i++) {
        const struct request_item_row item = {
            .request = id,
            .certificate = numbers[i],
            .envelope_digest = span_of(request->keys[i].envelope, TRANSCRIPT_SIZE),
        };

        fault = request_item_add(kms->store, &item, why);
    }
    return fault;
}

static enum fault audit(struct kms *kms, const struct recovery_request *request,
                        const struct recovery_losses *losses, struct why *why)
{
    struct buffer detail = buffer_with_max(DETAIL_MAX);
    enum fault fault;

    buffer_add_text(&detail, "request ");
    buffer_add_hex(&detail, span_of(request->digest, sizeof(request->digest)));
    buffer_add_text(&detail, ", keys ");
    buffer_add_uint(&detail, request->key_count);
    recovery_losses_add_detail(losses, &detail);
    buffer_add_text(&detail, ", why: ");
    buffer_add(&detail, request->why);
    fault = detail.fault == FAULT_NONE
                ? kms_audit(kms, request->addresses[0], "asked", buffer_span(&detail), why)
                : fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    buffer_clear(&detail);
    return fault;
}

/* Signs the request with a key of its own, writes it, and adds its rows. */
static enum fault issue(struct kms *kms, struct recovery_request *request,
                        const struct kms_actor *requester, const int64_t *numbers,
                        const struct recovery_losses *losses, struct buffer *file, struct why *why)
{
    struct buffer locked = buffer_with_max(SEALED_MAX);
    struct secret private = {0};
    const size_t start = file->len;
    enum fault fault = hpke_pair(request->key, &private, why);

    if (fault == FAULT_NONE) {
        fault = recovery_request_sign(request, &requester->identity, why);
    }
    if (fault == FAULT_NONE) {
        fault = request_key_seal(request, requester->identity.sealing, &private, &locked, why);
    }
    if (fault == FAULT_NONE) {
        recovery_request_write(request, file);
        fault = file->fault == FAULT_NONE
                    ? FAULT_NONE
                    : fault_at(FAULT_RESOURCE, 0, "out of memory for the request", why);
    }
    if (fault == FAULT_NONE) {
        fault = add_rows(kms, request, requester, numbers, span_from(buffer_span(file), start),
                         buffer_span(&locked), why);
    }
    secret_clear(&private);
    buffer_clear(&locked);
    if (fault == FAULT_NONE) {
        fault = audit(kms, request, losses, why);
    }
    /* Rows may have been added: nothing of this is a refusal any more. */
    return fault == FAULT_NONE ? FAULT_NONE : kms_tell(kms, FAULT_RESOURCE, why, "%s", why->rule);
}

enum fault recover_ask(struct kms *kms, const struct recovery_cas *cas,
                       const struct recover_wish *wish, struct arena *arena, struct buffer *file,
                       struct recover_result *result, struct why *why)
{
    struct recovery_request request = {
        .store_id = store_id(kms->store),
        .why = wish->why,
        .created = kms->now,
        .expires = kms->now + wish->valid_for,
    };
    const struct kms_actor *requester = NULL;
    int64_t *numbers = NULL;
    enum fault fault;

    *result = (struct recover_result){.expires = request.expires};
    fault = find_requester(kms, &requester, why);

    if (fault == FAULT_NONE) {
        fault = check_wish(wish, why);
    }
    if (fault == FAULT_NONE) {
        fault = fill_user(kms, wish, arena, &request, why);
    }
    if (fault == FAULT_NONE) {
        fault = fill_keys(kms, cas, arena, &request, &numbers, &result->losses, why);
    }
    if (fault != FAULT_NONE) {
        return recovery_refuse(kms, wish->address, fault, why);
    }
    request.requester = span_text(requester->name);
    fault = issue(kms, &request, requester, numbers, &result->losses, file, why);
    if (fault == FAULT_NONE) {
        result->key_count = request.key_count;
        memcpy(result->digest, request.digest, sizeof(result->digest));
    }
    return fault;
}
