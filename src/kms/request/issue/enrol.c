#include "kms/request/issue/enrol.h"

#include "kms/request/issue/token_vouch.h"
#include "kms/request/session/vouch_internal.h"
#include "kms/store/token_rows.h"
#include "kms/store/user_rows.h"
#include "verdict/address.h"

enum { SCRATCH_MAX = 1 << 20, DRAWS_MAX = 16 };

static bool is_same(struct span a, struct span b)
{
    return address_compare(a, b) != ADDRESS_DIFFERENT;
}

/* Adds an address to those of an order, unless it is there. */
static void add_address(struct span *addresses, size_t *count, struct span address)
{
    for (size_t i = 0; i < *count; i++) {
        if (is_same(addresses[i], address)) {
            return;
        }
    }
    addresses[(*count)++] = address;
}

static enum fault list_addresses(struct kms *kms, const struct user_row *user,
                                 const struct enrol_order *order, struct arena *arena,
                                 struct issue_order *out, struct why *why)
{
    struct user_address_row *rows = NULL;
    const size_t given = order != NULL ? order->other_count + 1 : 0;
    size_t held = 0, count = 0;
    struct span *addresses;
    enum fault fault = user_address_list(kms->store, user->id, false, arena, &rows, &held, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    addresses = arena_take_array(arena, held + given + 1, sizeof(*addresses));
    if (addresses == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    if (order == NULL || order->instead_of.len == 0) {
        addresses[count++] = user->address;
    }
    for (size_t i = 0; i < given; i++) {
        add_address(addresses, &count, i == 0 ? order->address : order->others[i - 1]);
    }
    for (size_t i = 0; i < held; i++) {
        add_address(addresses, &count, rows[i].address);
    }
    out->addresses = addresses;
    out->address_count = count;
    return FAULT_NONE;
}

/* Of somebody who is not there yet. */
static enum fault subject_of_order(const struct enrol_order *order, struct arena *arena,
                                   struct issue_order *out, struct why *why)
{
    struct span *addresses = arena_take_array(arena, order->other_count + 1, sizeof(*addresses));
    size_t count = 0;

    if (addresses == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    add_address(addresses, &count, order->address);
    for (size_t i = 0; i < order->other_count; i++) {
        add_address(addresses, &count, order->others[i]);
    }
    out->name = order->name;
    out->addresses = addresses;
    out->address_count = count;
    return FAULT_NONE;
}

enum fault enrol_subject(struct kms *kms, const struct enrol_order *order,
                         const struct enrol_look *look, struct arena *arena,
                         struct issue_order *out, struct why *why)
{
    struct user_row user;
    enum fault fault;

    if (look->user == 0) {
        return subject_of_order(order, arena, out, why);
    }
    fault = user_get(kms->store, look->user, arena, &user, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    out->name = order->name.len > 0 ? order->name : user.name;
    return list_addresses(kms, &user, order, arena, out, why);
}

enum fault enrol_subject_of(struct kms *kms, int64_t user, struct arena *arena,
                            struct issue_order *out, struct why *why)
{
    struct user_row row;
    enum fault fault = user_get(kms->store, user, arena, &row, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    out->name = row.name;
    return list_addresses(kms, &row, NULL, arena, out, why);
}

/* Adds the further addresses that the user does not have yet. */
static enum fault add_others(struct kms *kms, const struct enrol_order *order, int64_t user,
                             struct arena *arena, struct why *why)
{
    enum fault fault = FAULT_NONE;

    for (size_t i = 0; i < order->other_count && fault == FAULT_NONE; i++) {
        struct user_row owner;

        fault = user_find(kms->store, order->others[i], arena, &owner, why);
        if (fault == FAULT_ABSENT) {
            fault = user_address_add(kms->store, user, order->others[i], kms->now, why);
        }
    }
    return fault;
}

/* Whether the address that is given up stands among the others: then it is kept. */
static bool keeps_old(const struct enrol_order *order)
{
    for (size_t i = 0; i < order->other_count; i++) {
        if (is_same(order->others[i], order->instead_of)) {
            return true;
        }
    }
    return false;
}

static enum fault add_user(struct kms *kms, const struct enrol_order *order, int64_t *user,
                           struct why *why)
{
    const struct user_row row = {
        .address = order->address, .name = order->name, .since = kms->now, .state = USER_INVITED};

    return user_add(kms->store, &row, user, why);
}

static enum fault update_user(struct kms *kms, const struct enrol_order *order, int64_t user,
                              struct arena *arena, struct why *why)
{
    struct user_row row;
    bool was_open;
    enum fault fault = user_get(kms->store, user, arena, &row, why);

    if (fault == FAULT_NONE && order->instead_of.len > 0 && !is_same(row.address, order->address)) {
        fault =
            user_address_change(kms->store, user, order->address, keeps_old(order), kms->now, why);
    }
    if (fault == FAULT_NONE && order->name.len > 0 && !span_equal(order->name, row.name)) {
        fault = user_set_name(kms->store, user, order->name, why);
    }
    return fault == FAULT_NONE ? enrol_void(kms, user, &was_open, why) : fault;
}

enum fault enrol_user(struct kms *kms, const struct enrol_order *order,
                      const struct enrol_look *look, int64_t *user, struct why *why)
{
    struct arena arena = arena_with_max(SCRATCH_MAX);
    int64_t id = look->user;
    enum fault fault =
        id == 0 ? add_user(kms, order, &id, why) : update_user(kms, order, id, &arena, why);

    if (fault == FAULT_NONE) {
        fault = add_others(kms, order, id, &arena, why);
    }
    arena_clear(&arena);
    if (fault == FAULT_NONE) {
        *user = id;
    }
    return fault;
}

/* A new token whose name is nobody's. */
static enum fault draw(struct kms *kms, struct arena *arena, struct token *token, struct why *why)
{
    for (size_t i = 0; i < DRAWS_MAX; i++) {
        struct token_row row;
        enum fault fault = token_make(store_id(kms->store), token, why);

        if (fault == FAULT_NONE) {
            fault = token_find(kms->store, span_text(token->name), arena, &row, why);
        }
        if (fault == FAULT_ABSENT) {
            return FAULT_NONE;
        }
        if (fault != FAULT_NONE) {
            return fault;
        }
    }
    return fault_at(FAULT_RESOURCE, 0, "no name for a token was free", why);
}

/* The row, with the CA's signature. */
static enum fault add_token(struct kms *kms, const struct token_row *unsigned_row, struct why *why)
{
    struct buffer signature = buffer_with_max(VOUCH_SIGNATURE_MAX);
    struct token_row row = *unsigned_row;
    enum fault fault = token_vouch(kms, &row, &signature, why);

    if (fault == FAULT_NONE) {
        row.vouched = buffer_span(&signature);
        fault = token_add(kms->store, &row, why);
    }
    buffer_clear(&signature);
    return fault;
}

enum fault enrol_token(struct kms *kms, int64_t user, const struct enrol_terms *terms,
                       struct token *token, struct why *why)
{
    struct arena arena = arena_with_max(SCRATCH_MAX);
    enum fault fault = draw(kms, &arena, token, why);

    if (fault == FAULT_NONE) {
        const struct token_row row = {
            .id = span_text(token->name),
            .user = user,
            .hash = span_of(token->digest, TOKEN_DIGEST_SIZE),
            .created = kms->now,
            .expires = kms->now + terms->valid_for,
            .key_kind = span_text(key_kind_name(terms->kind)),
        };

        fault = add_token(kms, &row, why);
    }
    arena_clear(&arena);
    if (fault != FAULT_NONE) {
        token_clear(token);
    }
    return fault;
}

enum fault enrol_void(struct kms *kms, int64_t user, bool *was_open, struct why *why)
{
    struct arena arena = arena_with_max(SCRATCH_MAX);
    struct token_row token;
    enum fault fault = token_of_user(kms->store, user, &arena, &token, why);

    *was_open = fault == FAULT_NONE;
    if (fault == FAULT_NONE) {
        fault = token_void(kms->store, token.id, kms->now, why);
    }
    arena_clear(&arena);
    return fault == FAULT_ABSENT ? FAULT_NONE : fault;
}
