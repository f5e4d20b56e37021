#ifndef KMS_STORE_AUTHORITY_ROWS_H
#define KMS_STORE_AUTHORITY_ROWS_H

#include "kms/store/store.h"

/* The certificates of the CA, its keys (encrypted PKCS#8), and the slots that open them. */
enum authority_role { AUTHORITY_ROOT, AUTHORITY_ISSUING, AUTHORITY_RECOVERY };

struct authority_row {
    int64_t id;
    enum authority_role role;
    struct span certificate; /* DER; NULL while an outside root has not signed it */
    struct span key;         /* encrypted PKCS#8; NULL where the store has none: an outside root */
    struct span request;     /* PKCS#10 DER for an outside root; else NULL */
    int64_t since, until;    /* until: 0 while it is used */
};

/* `id` and `until` are not looked at. */
MUST_USE enum fault authority_add(struct store *store, const struct authority_row *row, int64_t *id,
                                  struct why *why);

/* The one of that role that is in use. */
MUST_USE enum fault authority_find(struct store *store, enum authority_role role,
                                   struct arena *arena, struct authority_row *out, struct why *why);

/* All that there ever were, oldest first. */
MUST_USE enum fault authority_list(struct store *store, struct arena *arena,
                                   struct authority_row **out, size_t *count, struct why *why);

MUST_USE enum fault authority_set_certificate(struct store *store, int64_t id,
                                              struct span certificate, struct why *why);
MUST_USE enum fault authority_set_key(struct store *store, int64_t id, struct span key,
                                      struct why *why);
MUST_USE enum fault authority_end(struct store *store, int64_t id, int64_t until, struct why *why);

/* The passphrase of the CA's keys, sealed to one person; one slot a person, a new one replaces it.
 */
MUST_USE enum fault slot_set(struct store *store, int64_t person, struct span sealed,
                             struct why *why);
MUST_USE enum fault slot_get(struct store *store, int64_t person, struct arena *arena,
                             struct span *sealed, struct why *why);
MUST_USE enum fault slot_remove(struct store *store, int64_t person, struct why *why);

#endif
