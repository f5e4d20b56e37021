#include "kms/request/inspect/check_internal.h"
#include "kms/request/issue/token_vouch.h"

/* Tokens that are open: whoever has one gets certificates for what its row says. */
enum fault check_tokens(struct checking *c, struct why *why)
{
    struct store_walk walk = {0};
    struct token_row row;
    bool there = true, holds = false;
    enum fault fault = token_walk(c->kms->store, &walk, why);

    while (fault == FAULT_NONE && there) {
        fault = token_next(&walk, &row, &there, why);
        if (fault == FAULT_NONE && there) {
            fault = token_vouch_check(c->kms, &row, &holds, why);
        }
        if (fault == FAULT_NONE && there && !holds) {
            fault = check_report(c, why,
                                 "the row was altered, or put there, or its user was altered: the "
                                 "CA does not vouch for it",
                                 "token %.*s", (int)row.id.len, (const char *)row.id.at);
        }
    }
    store_walk_end(&walk);
    return fault;
}
