#ifndef CMD_KMS_KMS_H
#define CMD_KMS_KMS_H

#include "base/outfile.h"
#include "cmd/cmd.h"

/*
 * The verbs of `keyroster kms VERB`, each in a file kms_VERB.c. A verb is added by its declaration
 * here and its line in the table of kms.c; argv[0] is its own name.
 */
command_fn kms_verb_admins;
command_fn kms_verb_approve;
command_fn kms_verb_audit;
command_fn kms_verb_backup;
command_fn kms_verb_ca;
command_fn kms_verb_check;
command_fn kms_verb_collect;
command_fn kms_verb_complete;
command_fn kms_verb_crl;
command_fn kms_verb_enrol;
command_fn kms_verb_envelope;
command_fn kms_verb_init;
command_fn kms_verb_passphrase;
command_fn kms_verb_rebuild_key;
command_fn kms_verb_recover;
command_fn kms_verb_renew;
command_fn kms_verb_reshare;
command_fn kms_verb_restore;
command_fn kms_verb_revoke;
command_fn kms_verb_users;

/*
 * outfile_open() for what is made to be published, a certificate or a revocation list: it gets the
 * mode that the user's own umask leaves. All other files of these verbs are for their owner alone.
 */
MUST_USE enum fault kms_open_published(const char *path, struct outfile *out, struct why *why);

#endif
