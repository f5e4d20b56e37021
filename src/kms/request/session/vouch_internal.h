#ifndef KMS_REQUEST_SESSION_VOUCH_INTERNAL_H
#define KMS_REQUEST_SESSION_VOUCH_INTERNAL_H

#include "kms/people/transcript.h"
#include "kms/request/session/session.h"

/* What the issuing CA vouches with, for vouch.c and token_vouch.c. */

enum { VOUCH_LABEL_MAX = 32, VOUCH_SIGNATURE_MAX = 1024 };

/* What is signed: the label, so that it can be no certificate and no list, and a digest. */
struct vouch_message {
    uint8_t at[VOUCH_LABEL_MAX + TRANSCRIPT_SIZE];
    size_t len;
};

/* Ends the transcript, which began with the same label. Faults of transcript_end(). */
MUST_USE enum fault vouch_message_end(struct vouch_message *message, const char *label,
                                      struct transcript *t, struct why *why);

/* Whether the issuing CA signed it; its key is read where nobody has signed in. */
MUST_USE enum fault vouch_holds(struct kms *kms, const struct vouch_message *message,
                                struct span signature, bool *out, struct why *why);

/* Adds the issuing CA's signature; it needs no certificate for that. */
MUST_USE enum fault vouch_add_signature(struct kms *kms, const struct vouch_message *message,
                                        struct buffer *out, struct why *why);

#endif
