#include "verdict/verdict.h"

#include <assert.h>

static const char *const uses_names[] = {
    [USES_NO] = "no", [USES_YES] = "yes", [USES_UNKNOWN] = "unknown"};

static const char *const standing_names[STANDING_COUNT] = {
    [STANDING_ACTIVE] = "active",
    [STANDING_EXPIRING] = "expiring",
    [STANDING_SIGNING_ONLY] = "signing-only",
    [STANDING_NOT_YET_VALID] = "not-yet-valid",
    [STANDING_EXPIRED] = "expired",
    [STANDING_REVOKED] = "revoked",
    [STANDING_UNTRUSTED] = "untrusted",
    [STANDING_MISMATCHED] = "mismatched",
    [STANDING_FOREIGN] = "foreign",
    [STANDING_UNREADABLE] = "unreadable",
    [STANDING_NONE] = "none",
    [STANDING_UNKNOWN] = "unknown",
};

const char *uses_kms_name(enum uses_kms uses)
{
    assert(uses >= USES_NO && uses <= USES_UNKNOWN);
    return uses_names[uses];
}

const char *standing_name(enum standing standing)
{
    assert(standing >= STANDING_ACTIVE && standing < STANDING_COUNT);
    return standing_names[standing];
}

bool standing_find(struct span name, enum standing *out)
{
    for (size_t i = 0; i < STANDING_COUNT; i++) {
        if (span_is(name, standing_names[i])) {
            *out = (enum standing)i;
            return true;
        }
    }
    return false;
}
