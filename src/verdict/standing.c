#include "verdict/verdict.h"

#include <assert.h>

static const char *const uses_names[] = {
    [USES_NO] = "no", [USES_YES] = "yes", [USES_UNKNOWN] = "unknown"};

static const struct row {
    const char *name;
    enum uses_kms uses;
    const char *meaning;
} rows[STANDING_COUNT] = {
    [STANDING_ACTIVE] = {"active", USES_YES, "a sender can encrypt to this mailbox now"},
    [STANDING_EXPIRING] = {"expiring", USES_YES,
                           "as active, but the certificate that senders use ends soon"},
    [STANDING_SIGNING_ONLY] = {"signing-only", USES_YES,
                               "valid certificates, none of them for encryption"},
    [STANDING_NOT_YET_VALID] = {"not-yet-valid", USES_YES, "the certificate begins later"},
    [STANDING_EXPIRED] = {"expired", USES_YES, "the certificate has ended"},
    [STANDING_REVOKED] = {"revoked", USES_YES, "a revocation list of the issuer names it"},
    [STANDING_UNTRUSTED] = {"untrusted", USES_YES,
                            "it does not lead to an authority that is trusted"},
    [STANDING_MISMATCHED] = {"mismatched", USES_YES,
                             "it is for other addresses than those of the mailbox"},
    [STANDING_FOREIGN] = {"foreign", USES_NO, "certificates, none of them issued by our KMS"},
    [STANDING_UNREADABLE] = {"unreadable", USES_UNKNOWN,
                             "values are there, and no certificate of the user can be read in "
                             "them"},
    [STANDING_NONE] = {"none", USES_NO, "no certificate, and the source would have shown one"},
    [STANDING_UNKNOWN] = {"unknown", USES_UNKNOWN, "the source cannot tell"},
};

const char *uses_kms_name(enum uses_kms uses)
{
    assert(uses >= USES_NO && uses <= USES_UNKNOWN);
    return uses_names[uses];
}

const char *standing_name(enum standing standing)
{
    assert(standing >= STANDING_ACTIVE && standing < STANDING_COUNT);
    return rows[standing].name;
}

enum uses_kms standing_uses(enum standing standing)
{
    assert(standing >= STANDING_ACTIVE && standing < STANDING_COUNT);
    return rows[standing].uses;
}

const char *standing_meaning(enum standing standing)
{
    assert(standing >= STANDING_ACTIVE && standing < STANDING_COUNT);
    return rows[standing].meaning;
}

bool standing_find(struct span name, enum standing *out)
{
    for (size_t i = 0; i < STANDING_COUNT; i++) {
        if (span_is(name, rows[i].name)) {
            *out = (enum standing)i;
            return true;
        }
    }
    return false;
}
