#ifndef CMD_KMS_KMS_ISSUING_H
#define CMD_KMS_KMS_ISSUING_H

#include "cmd/kms/kms_options.h"
#include "cmd/kms/kms_rows.h"
#include "kms/request/issue/issue.h"
#include "kms/request/session/p12_dir.h"

/* What the verbs that issue have in common: enrol, complete, renew. */
struct kms_issuing {
    struct issue_terms terms;
    struct p12_dir dir;
    char file[P12_NAME_SIZE]; /* of --p12; empty: each address has its own */
};

/*
 * Fills the terms of a session whose CA is open, asks for the passphrase `p12`, and opens the
 * folder: `dir`, or that of the file `path`; one of both is NULL. False, told, when that fails.
 * To be cleared in either case.
 */
MUST_USE bool kms_issuing_open(struct kms_issuing *issuing, struct kms *kms,
                               struct kms_options *options, const char *dir, const char *path);
void kms_issuing_clear(struct kms_issuing *issuing);

/* The serial numbers of an issue, the end of its certificates, and what people are to be told. */
struct kms_value kms_encryption_serial(const struct issue *issue);
struct kms_value kms_signing_serial(const struct issue *issue);
struct kms_value kms_not_after(const struct issue *issue);
struct kms_value kms_notice(const struct kms *kms, bool is_due);

/* In a table the notice has no place: it is said once on stderr. */
void kms_tell_notice(const struct kms *kms, bool jsonl);

/*
 * What to exit with after a run of many: tells why it broke off, if it did; `some` says that rows
 * failed.
 */
MUST_USE int kms_finish(const struct kms_options *options, struct kms_rows *rows, enum fault fault,
                        bool some, struct why *why);

/* Takes a number of days: `30d`, `30`. False when it is none. */
MUST_USE bool kms_take_days(const char *text, int64_t *seconds);

/* Takes a duration of a token: FAULT: the sentence; NULL. */
const char *kms_take_valid_for(const char *text, int64_t *seconds);

/* Takes --user-key; NULL, or what is wrong. */
const char *kms_take_user_key(const char *text, enum key_kind *kind);

/* Takes --threads; NULL, or what is wrong. As many as there are processors: kms_threads_usual(). */
const char *kms_take_threads(const char *text, size_t *threads);
size_t kms_threads_usual(void);

#endif
