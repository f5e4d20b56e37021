#ifndef KMS_AUTHORITY_BINDING_H
#define KMS_AUTHORITY_BINDING_H

#include "kms/authority/ca.h"

/*
 * What ties an escrow envelope to whom it is for, so that a thief of the database cannot have one
 * user's key recovered in the name of another: a record signed by the issuing CA when the
 * certificate is issued, and checked by whoever approves and whoever collects.
 */
struct binding {
    struct span store;       /* the store's id */
    struct span serial;      /* content octets of the encryption certificate's serial number */
    struct span user;        /* the user's id in the store */
    struct span address;     /* and address, as of then */
    struct span envelope;    /* the escrow envelope, CMS DER: its SHA-256 is signed */
    struct span certificate; /* the encryption certificate, DER: its key's SHA-256 is signed */
};

/* Adds the signature over the record. FAULT_SYNTAX the certificate is none; FAULT_RESOURCE */
MUST_USE enum fault binding_sign(const struct authority *authority, const struct binding *binding,
                                 struct buffer *signature, struct why *why);

/*
 * Checks it with the certificate of the CA that signed it (also one that has ended since).
 * FAULT_DENIED  the signature is not over this record, or not by this CA, or the certificate has
 * another serial FAULT_SYNTAX  a certificate is none FAULT_RESOURCE
 */
MUST_USE enum fault binding_verify(struct span ca_certificate, const struct binding *binding,
                                   struct span signature, struct why *why);

/* The same for many records of one CA: `verifier` is of its key. */
MUST_USE enum fault binding_verify_with(struct key_verifier *verifier,
                                        const struct binding *binding, struct span signature,
                                        struct why *why);

#endif
