#ifndef KMS_STORE_USER_ROWS_H
#define KMS_STORE_USER_ROWS_H

#include "kms/store/store.h"

/*
 * Users and their addresses. An address is kept as it was given, and found, and unique among those
 * that hold, by verdict/address.h (address_add_key): without regard to case. No address holds for
 * two users, be it as the first one or as another.
 */
enum user_state {
    USER_INVITED = 0,  /* has a token, or had one; no certificate yet */
    USER_ENROLLED = 1, /* certificates were issued */
    USER_LEFT = 2,     /* moved out, or all were revoked for good */
};

struct user_row {
    int64_t id;
    struct span address; /* the first one */
    struct span name;    /* for people; NULL or empty: none */
    int64_t since;
    enum user_state state;
};

/* `id` is not looked at. FAULT_DENIED: the address is somebody's; FAULT_SYNTAX: it is no address.
 */
MUST_USE enum fault user_add(struct store *store, const struct user_row *user, int64_t *id,
                             struct why *why);

/* By any address that holds, in any case. FAULT_ABSENT. */
MUST_USE enum fault user_find(struct store *store, struct span address, struct arena *arena,
                              struct user_row *out, struct why *why);
MUST_USE enum fault user_get(struct store *store, int64_t id, struct arena *arena,
                             struct user_row *out, struct why *why);

MUST_USE enum fault user_set_state(struct store *store, int64_t id, enum user_state state,
                                   struct why *why);
MUST_USE enum fault user_set_name(struct store *store, int64_t id, struct span name,
                                  struct why *why);

/* Further addresses. FAULT_DENIED: it is somebody's. */
MUST_USE enum fault user_address_add(struct store *store, int64_t user, struct span address,
                                     int64_t since, struct why *why);

/* It holds no longer; it stays in the list with its end. FAULT_ABSENT: not one of his. */
MUST_USE enum fault user_address_end(struct store *store, int64_t user, struct span address,
                                     int64_t until, struct why *why);

/*
 * `address` is the first one from now on: it may be one of his others. The first one until now is
 * kept among them: as one that holds (`keeps`), or with its end at `now`. FAULT_DENIED: somebody
 * else's.
 */
MUST_USE enum fault user_address_change(struct store *store, int64_t user, struct span address,
                                        bool keeps, int64_t now, struct why *why);

struct user_address_row {
    struct span address;
    int64_t since, until; /* until: 0 while it holds */
};

/* His other addresses, oldest first; those that hold no longer too when `all`. */
MUST_USE enum fault user_address_list(struct store *store, int64_t user, bool all,
                                      struct arena *arena, struct user_address_row **out,
                                      size_t *count, struct why *why);

/*
 * All users with number greater than `after`, by number, at most `max`: pages, so that
 * between them something can be committed. `*count` is 0 behind the last.
 */
MUST_USE enum fault user_list(struct store *store, int64_t after, size_t max, struct arena *arena,
                              struct user_row **out, size_t *count, struct why *why);

/* How many there are. */
MUST_USE enum fault user_count(struct store *store, int64_t *out, struct why *why);

#endif
