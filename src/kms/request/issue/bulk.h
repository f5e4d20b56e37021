#ifndef KMS_REQUEST_ISSUE_BULK_H
#define KMS_REQUEST_ISSUE_BULK_H

#include "kms/request/issue/issue.h"
#include "kms/request/session/p12_dir.h"

/*
 * Many acts of a kind, one after the other in the order in which they are asked for, as fast as
 * the machine gives it: threads make what takes time (keys, certificates, envelopes, PKCS#12 files)
 * side by side, and the caller's thread alone works with the store. As many as are ready share one
 * transaction, of which each is a whole part; rows are told after it is committed. PKCS#12 files
 * are on the disk before it is.
 *
 * If the program ends anywhere in between, what was told is there, and what is there is not done
 * again.
 */

/* One act on its way; the slots are used again and again. */
struct bulk_item {
    struct arena arena; /* for what the spans in here view; empty when plan() is called */
    bool is_to_make;    /* set by plan(): threads make the issue */
    struct issue_order order;
    struct issue issue; /* what they made; empty when that failed */
    enum fault fault;   /* why it did, `why` has the sentence: a constant or what is in `told` */
    struct why why;
    char told[KMS_TOLD_SIZE];
    bool is_dropped; /* set by settle(): the file is not to appear */
    void *own;       /* the act's: as large as bulk.own_size, zero when plan() is called */
    char file_name[P12_NAME_SIZE]; /* set by plan(); empty: that of the first address */
    struct p12_file file;
    bool is_placed;
    int state; /* bulk.c's */
};

/* What an act says to each step. `context` is the caller's. */
struct bulk {
    void *context;
    size_t own_size;
    const struct issue_terms *terms; /* of what is made; NULL: nothing is */
    const struct p12_dir *dir;       /* where the files go; not NULL where something is made */
    size_t threads;                  /* 1 or more */

    /* Says what the next one is. FAULT_ABSENT at the end; another fault ends the run. */
    enum fault (*plan)(void *context, struct bulk_item *item, struct why *why);

    /*
     * Writes its rows, within the transaction. A fault ends the run, and nothing of what is in the
     * transaction comes about: what is a failure of this one alone is noted in item->own.
     */
    enum fault (*settle)(void *context, struct bulk_item *item, struct why *why);

    /* Tells of it, after the commit. A fault ends the run. */
    enum fault (*tell)(void *context, const struct bulk_item *item, struct why *why);
};

/* FAULT_RESOURCE, and what the steps answer. */
MUST_USE enum fault bulk_run(struct kms *kms, const struct bulk *bulk, struct why *why);

#endif
