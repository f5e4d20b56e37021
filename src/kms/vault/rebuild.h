#ifndef KMS_VAULT_REBUILD_H
#define KMS_VAULT_REBUILD_H

#include "kms/vault/deal.h"

/*
 * The way out in a disaster: the whole recovery key from T shares, which ends what the quorum
 * protects. For a machine that is off the network; `openssl cms -decrypt -inkey` opens every
 * envelope with it.
 *
 * `out` is PKCS#8, PEM, not encrypted, with a NUL behind it. `indexes[i]` is the agent of
 * `shares[i]`; more than T are welcome, all are checked.
 *
 * FAULT_DENIED    a share is not its agent's (why.offset is its place), one agent comes twice, or
 *                 fewer than T
 * FAULT_RESOURCE  memory
 */
MUST_USE enum fault vault_rebuild(struct vault *vault, const unsigned indexes[],
                                  const struct secret shares[], size_t count, struct secret *out,
                                  struct why *why);

#endif
