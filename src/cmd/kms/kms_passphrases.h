#ifndef CMD_KMS_KMS_PASSPHRASES_H
#define CMD_KMS_KMS_PASSPHRASES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/secret.h"
#include "kms/request/session/session.h"

/*
 * The passphrases of a command: those in files, by `--passphrase NAME=FILE` (`-`: standard input,
 * once), and those asked on the terminal. A file is read when its passphrase is wanted.
 */
struct kms_passphrase {
    char *name;
    const char *file; /* NULL: it was asked on the terminal */
    bool is_read;
    struct secret *secret; /* of its own: it stays where it is when the list grows */
};

struct kms_passphrases {
    struct kms_passphrase *at;
    size_t count;
    bool takes_new; /* a second one for a name is kept as KMS_NEW_PASSPHRASE, once */
};

/* The name of one that is to be set; no person can have it. */
#define KMS_NEW_PASSPHRASE "=new"

/* What a passphrase is asked for: a new one is asked for twice. */
enum kms_asking { KMS_ASK_KNOWN, KMS_ASK_NEW };

/* Takes `NAME=FILE`; NULL, or what is wrong with it. */
MUST_USE const char *kms_passphrases_take(struct kms_passphrases *passphrases,
                                          const char *argument);

/* True when a file was given for that name. */
MUST_USE bool kms_passphrases_has(const struct kms_passphrases *passphrases, const char *name);

/*
 * The passphrase of that name: from its file, else from the terminal, where "Passphrase of NAME: "
 * is asked. It stays owned by `passphrases`, and
 * where it is until kms_passphrases_clear().
 *
 * FAULT_ABSENT    no such file, or nothing was given and there is no terminal
 * FAULT_DENIED    the file may not be read, or two passphrases typed differ
 * FAULT_LIMIT, FAULT_RESOURCE  as of secret_read()
 * why->rule says it without the name; complain about it with kms_passphrase_place().
 */
MUST_USE enum fault kms_passphrase_get(struct kms_passphrases *passphrases, const char *name,
                                       enum kms_asking asking, const struct secret **out,
                                       struct why *why);

/*
 * That of the PKCS#12 to be written, 8 bytes at least. False, and told, where there is none; one
 * that would not do for a person is warned of.
 */
MUST_USE bool kms_passphrase_get_p12(struct kms_passphrases *passphrases,
                                     const struct secret **out);

/* What to name in a complaint about it: its file, or its name. */
const char *kms_passphrase_place(const struct kms_passphrases *passphrases, const char *name);

/*
 * Signs in everybody for whom a file was given, but for `p12`, which is nobody's name, and then,
 * while administrators are lacking for the task (TASK_COUNT: any one) and there is a terminal, asks
 * there for another one's name and passphrase. Then the caller asks kms_require(), which says what
 * is still missing.
 *
 * False, and told on stderr, when a passphrase cannot be had or does not open.
 */
MUST_USE bool kms_passphrases_sign_in(struct kms_passphrases *passphrases, struct kms *kms,
                                      enum kms_task task);

/* The same, but for one name (NULL: none): of somebody who is not in the store yet. */
MUST_USE bool kms_passphrases_sign_in_but(struct kms_passphrases *passphrases, struct kms *kms,
                                          enum kms_task task, const char *name);

/* Only the second half of it: asks on the terminal while administrators are lacking for the task.
 */
MUST_USE bool kms_passphrases_ask_more(struct kms_passphrases *passphrases, struct kms *kms,
                                       enum kms_task task);

/* Signs in one person by name, an agent say: his file's passphrase, else asked. Told when false. */
MUST_USE bool kms_passphrases_sign_in_one(struct kms_passphrases *passphrases, struct kms *kms,
                                          const char *name);

/* Wipes them. */
void kms_passphrases_clear(struct kms_passphrases *passphrases);

#endif
