#ifndef KMS_REQUEST_SESSION_SESSION_INTERNAL_H
#define KMS_REQUEST_SESSION_SESSION_INTERNAL_H

#include "kms/request/session/session.h"

/* Between the files of the session. */

enum { SESSION_WHO_SIZE = (KMS_PEOPLE_MAX + 1) * PERSON_NAME_SIZE };

/* The names of those who have signed in, with commas between; a view of `out`. */
struct span session_who(const struct kms *kms, char out[SESSION_WHO_SIZE]);

/* As kms_refuse(), of an act by `who`. */
enum fault session_refuse(struct kms *kms, struct span who, enum fault fault, struct why *why);

/* Keeps the sentence of a call below in kms->told, since the next call there writes over it. */
enum fault session_keep(struct kms *kms, enum fault fault, struct why *why);

#endif
