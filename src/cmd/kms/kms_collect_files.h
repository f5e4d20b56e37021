#ifndef CMD_KMS_KMS_COLLECT_FILES_H
#define CMD_KMS_KMS_COLLECT_FILES_H

#include "kms/request/recovery/collect.h"
#include "kms/request/session/id_set.h"
#include "kms/request/session/p12_dir.h"

/* The files in which the keys of requests are handed out. Names of paths are the caller's. */
struct collect_files {
    const char *p12;     /* one file for all keys of the one request; NULL: none */
    const char *p12_dir; /* a folder with a file for each request; NULL: none */
    const char *each;    /* a folder with a file for each key; NULL: none */
    enum pkcs12_form form;
    bool is_one; /* one request is collected, see PKCS12_ROUNDS_ONE */
    const struct secret *passphrase;

    struct p12_dir whole, single; /* the folders of `p12` or `p12_dir`, and of `each` */
    bool has_whole, has_single;
    char name[P12_NAME_SIZE]; /* of `p12` in its folder */
    struct making *making;    /* the files of the requests of one transaction */
    size_t count;
    struct id_set users; /* who has a file in `p12_dir` by this run */
};

/* Opens the folders. Faults of p12_dir_open(); the sentence, in kms->told, names the folder. */
MUST_USE enum fault collect_files_open(struct collect_files *files, struct kms *kms,
                                       struct why *why);

/* Makes the files of one request, which have no name yet. FAULT_RESOURCE, told. */
MUST_USE enum fault collect_files_make(struct collect_files *files,
                                       const struct collector *collector,
                                       const struct collection *collection, struct why *why);

/* Gives all that were made their names, and brings these to the disk. FAULT_RESOURCE, told. */
MUST_USE enum fault collect_files_place(struct collect_files *files, struct kms *kms,
                                        struct why *why);

/*
 * Takes away those that have their names, and brings back what they replaced: the act behind them
 * did not come about.
 */
void collect_files_take_back(struct collect_files *files);

/* Drops what has no name, and what was replaced, and begins anew. */
void collect_files_forget(struct collect_files *files);

void collect_files_clear(struct collect_files *files);

#endif
