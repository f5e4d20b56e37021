#ifndef KMS_REQUEST_CEREMONY_INIT_STEPS_H
#define KMS_REQUEST_CEREMONY_INIT_STEPS_H

#include "kms/authority/ca.h"
#include "kms/request/ceremony/init.h"

/* The steps of the ceremony, for init.c. */

enum { CEREMONY_CERTIFICATE_MAX = 16384 };

/* While it goes on: its session has all people signed in, and the new store open. */
struct ceremony {
    const struct init_order *order;
    struct init_result *result;
    struct kms kms;
    struct secret ca_secret; /* under which the CA's keys are encrypted */
    struct buffer recovery;  /* the recovery certificate, DER; empty while the root is outside */
    size_t shares_written;   /* files in order->share_dir */
};

/* FAULT_DENIED: a passphrase that is weak, or is that of another one too. FAULT_RESOURCE. */
MUST_USE enum fault init_check_passphrases(struct ceremony *c, struct why *why);

/* Keys for everybody, each signed in; they are locked by init_people_lock(). */
MUST_USE enum fault init_people(struct ceremony *c, struct why *why);

/* Root and issuing CA, or the request for an outside root; the administrators' slots. */
MUST_USE enum fault init_authority(struct ceremony *c, struct why *why);

/* The recovery key, its certificate (where there is an issuing CA) and the agents' shares. */
MUST_USE enum fault init_escrow(struct ceremony *c, struct why *why);

/* Locks everybody's keys to the anchor, once it is there; the issuing CA vouches for their rows. */
MUST_USE enum fault init_people_lock(struct ceremony *c, struct why *why);

/* Takes the files away that init_escrow() wrote. */
void init_escrow_undo(struct ceremony *c);

#endif
