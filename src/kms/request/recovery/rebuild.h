#ifndef KMS_REQUEST_RECOVERY_REBUILD_H
#define KMS_REQUEST_RECOVERY_REBUILD_H

#include "kms/request/recovery/reshare_hands.h"

/*
 * `rebuild-key`: the way out in a disaster. The whole recovery key from the shares of T agents who
 * have signed in, as PKCS#8 in PEM, not encrypted (kms/vault/rebuild.h). From then on there is no
 * quorum: whoever has the file opens every envelope.
 *
 * On success a transaction is open that holds the audit row. The caller writes the file, commits
 * (kms_commit()), and only then brings the file to its place.
 *
 * FAULT_DENIED    fewer than T agents have signed in with a share; a share is not its agent's
 * FAULT_ABSENT    somebody who has signed in keeps his share in a file, and none was given; or
 * there is no recovery key FAULT_SYNTAX    a file is none of a share: an audit row says it after
 * each of these FAULT_RESOURCE  the store, memory
 */
MUST_USE enum fault rebuild_key(struct kms *kms, const struct share_files *files,
                                struct secret *pem, struct why *why);

#endif
