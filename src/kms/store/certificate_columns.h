#ifndef KMS_STORE_CERTIFICATE_COLUMNS_H
#define KMS_STORE_CERTIFICATE_COLUMNS_H

#include "kms/store/rows.h"

/* How a query gives struct certificate_row, for the two files that ask for them. */
#define CERTIFICATE_COLUMNS                                                                        \
    "SELECT id, user, purpose, status, is_current, not_before, not_after, issued_at, revoked_at,"  \
    " reason, crl_part, escrow, serial, key_kind, der FROM certificate "

#define CERTIFICATES_BETWEEN CERTIFICATE_COLUMNS "WHERE id BETWEEN ?1 AND ?2 ORDER BY id"

const struct row_kind *certificate_row_kind(void);

#endif
