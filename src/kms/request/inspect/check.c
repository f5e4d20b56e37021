#include "kms/request/inspect/check.h"

#include <stdarg.h>
#include <stdio.h>

#include "kms/request/inspect/check_internal.h"
#include "kms/request/session/audit.h"
#include "kms/store/check.h"
#include "kms/store/store.h"

enum { WHERE_SIZE = 512 };

enum fault check_report(struct checking *c, struct why *why, const char *what, const char *where,
                        ...)
{
    char place[WHERE_SIZE];
    va_list more;

    va_start(more, where);
    (void)vsnprintf(place, sizeof(place), where, more);
    va_end(more);
    c->check->broken++;
    return c->check->each(c->check->context, place, what, why);
}

static enum fault hear_of_row(void *context, const char *rule, struct span where, struct why *why)
{
    return check_report(context, why, rule, "%.*s", (int)where.len, (const char *)where.at);
}

static enum fault check_rows(struct checking *c, struct why *why)
{
    const struct store_check each = {.each = hear_of_row, .context = c};
    int64_t broken = 0; /* told one by one */

    return store_check(c->kms->store, &each, &broken, why);
}

static enum fault check_profile(struct checking *c, struct why *why)
{
    struct buffer text = buffer_with_max(STORE_PROFILE_MAX);
    struct why wrong = {0};
    size_t line = 0;
    enum fault fault = store_profile_read(c->kms->store, &text, &wrong);

    if (fault == FAULT_NONE) {
        fault = profile_parse(buffer_span(&text), &c->profile, &line, &wrong);
    }
    if (fault != FAULT_NONE && fault != FAULT_RESOURCE) {
        fault = line > 0 ? check_report(c, why, wrong.rule, "profile.conf line %zu", line)
                         : check_report(c, why, wrong.rule, "profile.conf");
    } else if (fault != FAULT_NONE) {
        *why = wrong;
    }
    buffer_clear(&text);
    return fault;
}

static enum fault check_audit(struct checking *c, struct why *why)
{
    struct audit_verdict verdict = {0};
    enum fault fault = audit_check_chain(c->kms, NULL, &verdict, why);

    if (fault == FAULT_NONE && verdict.bad_seq != 0) {
        fault = check_report(c, why, verdict.what, "audit row %lld", (long long)verdict.bad_seq);
    }
    return fault;
}

static void clear(struct checking *c)
{
    for (size_t i = 0; i < c->issuer_count; i++) {
        signer_free(c->issuers[i].signer);
        ca_free(c->issuers[i].ca);
    }
    signing_tools_free(c->tools);
    told_users_free(c->told);
}

enum fault check_store(struct kms *kms, struct check *check, struct why *why)
{
    static enum fault (*const steps[])(struct checking *, struct why *) = {
        check_rows,   check_profile,      check_authority, check_escrow,  check_people,
        check_tokens, check_certificates, check_audit,     check_history,
    };
    struct checking c = {.kms = kms, .check = check, .tools = signing_tools_new()};
    enum fault fault = c.tools != NULL ? store_begin_reading(kms->store, why)
                                       : fault_at(FAULT_RESOURCE, 0, "out of memory", why);

    for (size_t i = 0; fault == FAULT_NONE && i < sizeof(steps) / sizeof(steps[0]); i++) {
        fault = steps[i](&c, why);
    }
    if (c.tools != NULL) {
        store_rollback(kms->store);
    }
    clear(&c);
    return fault;
}
