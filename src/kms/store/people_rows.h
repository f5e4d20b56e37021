#ifndef KMS_STORE_PEOPLE_ROWS_H
#define KMS_STORE_PEOPLE_ROWS_H

#include "kms/store/store.h"

/*
 * Administrators and recovery agents. Nobody is ever removed: who goes gets an end (`until`), so
 * that what he signed can be checked. Among those who have none, names are unique, compared by
 * bytes.
 */
enum { PERSON_KEY_SIZE = 32, PEOPLE_MAX = 256 };

struct person_row {
    int64_t id;
    struct span name;
    bool is_admin, is_agent;
    int64_t since, until;         /* until: 0 while he is in office */
    struct span signing, sealing; /* public keys, PERSON_KEY_SIZE bytes each */
    struct span locked;           /* the private ones under his passphrase */
    struct span vouched;          /* the issuing CA's signature over the row but `locked` */
};

/*
 * `person->id`, `until` and `vouched` are not looked at. FAULT_DENIED: somebody of that name is in
 * office.
 */
MUST_USE enum fault person_add(struct store *store, const struct person_row *person, int64_t *id,
                               struct why *why);

/* Who is in office under that name. FAULT_SYNTAX, here and below: a key of another length. */
MUST_USE enum fault person_find(struct store *store, struct span name, struct arena *arena,
                                struct person_row *out, struct why *why);

/* By number, in office or not. */
MUST_USE enum fault person_get(struct store *store, int64_t id, struct arena *arena,
                               struct person_row *out, struct why *why);

/* All in the order in which they came, at most PEOPLE_MAX; those who went too when `all`. */
MUST_USE enum fault person_list(struct store *store, bool all, struct arena *arena,
                                struct person_row **out, size_t *count, struct why *why);

MUST_USE enum fault person_set_locked(struct store *store, int64_t id, struct span locked,
                                      struct why *why);
/* In office or not. */
MUST_USE enum fault person_set_vouched(struct store *store, int64_t id, struct span vouched,
                                       struct why *why);

MUST_USE enum fault person_set_roles(struct store *store, int64_t id, bool is_admin, bool is_agent,
                                     struct why *why);

/* He is in office no longer. His CA slots go with it; FAULT_ABSENT when he was not. */
MUST_USE enum fault person_end(struct store *store, int64_t id, int64_t until, struct why *why);

/*
 * How many administrators a task takes ("enrol", "revoke", …), 1 where nothing was set.
 */
MUST_USE enum fault policy_get(struct store *store, struct span task, int64_t *count,
                               struct why *why);
MUST_USE enum fault policy_set(struct store *store, struct span task, int64_t count,
                               struct why *why);

#endif
