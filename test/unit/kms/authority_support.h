#ifndef TEST_UNIT_KMS_AUTHORITY_SUPPORT_H
#define TEST_UNIT_KMS_AUTHORITY_SUPPORT_H

#include "cert/cert.h"
#include "kms/authority/ca.h"
#include "kms/authority/issue.h"
#include "support.h"

enum { DAY = 86400, NOW = 1796000000 }; /* in November 2026 */

/* A CA as the ceremony makes it. */
struct made_ca {
    struct buffer root, issuing;
    struct private_key *root_key;
    struct authority *authority;
};

static inline struct made_ca ca_made_of(enum key_kind kind, const struct profile *profile)
{
    struct made_ca made = {.root = buffer_with_max(8192), .issuing = buffer_with_max(8192)};
    struct private_key *key = NULL;
    struct span organization = span_text("Example Verein");
    struct why why;

    assert_int_equal(root_make(organization, kind, profile, NOW, &made.root, &made.root_key, &why),
                     FAULT_NONE);
    assert_int_equal(private_key_make(kind, &key, &why), FAULT_NONE);
    assert_int_equal(issuing_make(organization, buffer_span(&made.root), made.root_key,
                                  private_key_spki(key), profile, NOW, &made.issuing, &why),
                     FAULT_NONE);
    assert_int_equal(authority_take(buffer_span(&made.issuing), buffer_span(&made.root), key,
                                    &made.authority, &why),
                     FAULT_NONE);
    return made;
}

static inline void made_ca_clear(struct made_ca *made)
{
    authority_free(made->authority);
    private_key_free(made->root_key);
    buffer_clear(&made->root);
    buffer_clear(&made->issuing);
}

#endif
