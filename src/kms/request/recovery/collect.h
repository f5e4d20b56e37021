#ifndef KMS_REQUEST_RECOVERY_COLLECT_H
#define KMS_REQUEST_RECOVERY_COLLECT_H

#include "kms/authority/pkcs12.h"
#include "kms/request/recovery/recover_check.h"
#include "kms/vault/combine.h"

/*
 * `collect`: who asked opens the keys, with the results of T agents. Each result is held against
 * its proof before it is used; each key against its certificate. A request is collected once: then
 * the results and the key of the request are overwritten in the store.
 *
 *     collector_open(&collector, kms, &why);
 *     kms_begin(kms, &why);
 *     collect(&collector, file, &arena, &collection, &why);
 *     collection_p12(&collector, &collection, COLLECT_ALL, form, rounds, passphrase, &bytes, &why);
 *     ...                                       // the file is brought to its place
 *     collect_settle(&collector, &collection, &why);
 *     kms_commit(kms, &why);
 *     collection_clear(&collection);
 *     collector_close(&collector);
 */
enum { COLLECT_CHAIN_MAX = 32 };

struct collector {
    struct kms *kms;
    struct recovery_cas cas;
    struct span chain[COLLECT_CHAIN_MAX]; /* the CA's certificates, for the PKCS#12 */
    size_t chain_count;
    struct vault *vault;
    int64_t escrow;
    struct combiner *combiner;
};

/* FAULT_ABSENT: there is no recovery key; FAULT_SYNTAX, FAULT_RESOURCE: the store. */
MUST_USE enum fault collector_open(struct collector *out, struct kms *kms, struct why *why);
void collector_close(struct collector *collector);

/* An approval whose results are of no use. */
struct collect_fault {
    struct span agent; /* his name */
    const char *what;  /* a sentence; in the arena or a constant */
};

struct collection {
    struct recovery recovery;  /* filled as recovery_check() says; then only what came back */
    struct private_key **keys; /* one for each key of the request; the collection's */
    size_t key_count;
    struct collect_fault *faults; /* agents whose results were left out */
    size_t fault_count;
};

/*
 * Checks a request and opens its keys, within the caller's transaction. Spans lie in the arena.
 * Keys that cannot be opened are among out->recovery.losses; on success they are no more among the
 * keys and items of out->recovery, so that keys[i] belongs to items[i].
 * `out->faults` tells of bad results also when the keys cannot be opened for that. To be cleared in
 * either case.
 *
 * FAULT_DENIED    as recovery_check(); who asked has not signed in; fewer than T have approved (the
 *                 sentence says who has not), or fewer than T results are good; or no key can be
 *                 opened
 * FAULT_SYNTAX, FAULT_LIMIT  as recovery_check(): an audit row says it after each of these
 * FAULT_RESOURCE  the store, memory; the caller rolls back
 */
MUST_USE enum fault collect(struct collector *collector, struct span file, struct arena *arena,
                            struct collection *out, struct why *why);
void collection_clear(struct collection *collection);

/* Stands for the whole history in one file. */
#define COLLECT_ALL SIZE_MAX

/*
 * Adds a PKCS#12 of all keys, or of the one at `which`, with their certificates and the CA's.
 * Faults of pkcs12_make().
 */
MUST_USE enum fault collection_p12(const struct collector *collector,
                                   const struct collection *collection, size_t which,
                                   enum pkcs12_form form, unsigned rounds,
                                   const struct secret *passphrase, struct buffer *out,
                                   struct why *why);

/*
 * Marks the request as done, within the same transaction, and adds the audit row. FAULT_RESOURCE:
 * the caller rolls back.
 */
MUST_USE enum fault collect_settle(struct collector *collector, const struct collection *collection,
                                   struct why *why);

#endif
