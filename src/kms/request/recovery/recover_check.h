#ifndef KMS_REQUEST_RECOVERY_RECOVER_CHECK_H
#define KMS_REQUEST_RECOVERY_RECOVER_CHECK_H

#include "kms/request/recovery/recover_loss.h"
#include "kms/request/recovery/recovery_request.h"
#include "kms/request/session/session.h"
#include "kms/store/certificate_rows.h"
#include "kms/store/request_rows.h"
#include "kms/vault/envelope.h"

/*
 * A recovery request held against the store: what `recover`, `approve` and `collect` have to be
 * sure of.
 */

/* One key that is asked for, as the store has it. Spans lie in the arena. */
struct recovery_item {
    struct certificate_row certificate;
    struct span cms;                 /* the envelope, DER */
    struct envelope envelope;        /* what is in it: views of `cms` */
    uint8_t digest[TRANSCRIPT_SIZE]; /* SHA-256 of it */
    struct span address;             /* the user's, when the certificate was issued */
    bool is_lost;                    /* among the losses: nothing else of it is to be used */
};

struct recovery {
    struct recovery_request request; /* as the file says it */
    struct request_row row;          /* as the store has it */
    struct recovery_item *items;     /* one for each key of the request, in its order */
    struct recovery_losses losses;   /* those of them that are left out */
};

/* The issuing CA, to whose key everybody's keys are locked: no other one's word counts. */
enum { RECOVERY_CAS_MAX = 32 };
struct recovery_cas {
    struct span certificates[RECOVERY_CAS_MAX];       /* DER, in kms->arena */
    struct key_verifier *verifiers[RECOVERY_CAS_MAX]; /* of their keys */
    size_t count;
};

/* FAULT_SYNTAX, FAULT_RESOURCE: the store's; FAULT_LIMIT: RECOVERY_CAS_MAX. */
MUST_USE enum fault recovery_cas_open(struct kms *kms, struct recovery_cas *out, struct why *why);
void recovery_cas_close(struct recovery_cas *cas);

/*
 * Looks at one encryption certificate of a user: that its envelope is there, was bound by the CA to
 * this serial and this user under one of `addresses`, and can be read. Fills `*item`, but for
 * item->certificate, which is given.
 *
 * FAULT_DENIED    it is another's, or was swapped or altered: the sentence names the serial
 * FAULT_RESOURCE, FAULT_SYNTAX  the store's
 */
MUST_USE enum fault recovery_item_check(struct kms *kms, const struct recovery_cas *cas,
                                        const struct recovery_request *request, struct arena *arena,
                                        struct recovery_item *item, struct why *why);

/*
 * Reads a REQUEST file and checks all of it, in this order: its form, its digest, that it is of
 * this store and in it, who signed it, that he is an administrator still, its time, that it was not
 * done, and each of its envelopes. Keys whose envelope fails are among out->losses; the request is
 * refused for that only when none is left.
 *
 * FAULT_SYNTAX    no such file, or the store is damaged
 * FAULT_DENIED    it fails a check: the sentence says which. kms->told
 * FAULT_LIMIT     too large
 * FAULT_RESOURCE  the store, memory
 *
 * `out->request` is filled once the file was read, also when it is refused after that: whom it is
 * about is told by recovery_subject() then.
 */
MUST_USE enum fault recovery_check(struct kms *kms, const struct recovery_cas *cas,
                                   struct span file, struct arena *arena, struct recovery *out,
                                   struct why *why);

/* For an audit row: the user's address, or "request" where the file could not be read. */
struct span recovery_subject(const struct recovery *recovery);

/*
 * Makes a refusal known that is told by `fault` and `why`: adds an audit row `refused` about
 * `subject` to the transaction that is open, and returns `fault`, its sentence in kms->told.
 * FAULT_RESOURCE is no refusal, and is handed on; it is returned too when the row cannot be added:
 * the caller rolls back then.
 */
MUST_USE enum fault recovery_refuse(struct kms *kms, struct span subject, enum fault fault,
                                    struct why *why);

/* Overwrites a serial's text: hexadecimal, with a NUL. */
enum { RECOVERY_SERIAL_TEXT = 2 * RECOVERY_SERIAL_MAX + 1 };
void recovery_serial_text(struct span serial, char out[RECOVERY_SERIAL_TEXT]);

#endif
