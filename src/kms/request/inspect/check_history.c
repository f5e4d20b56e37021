#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "kms/people/transcript.h"
#include "kms/request/inspect/check_internal.h"
#include "kms/request/issue/revocations.h"
#include "kms/store/audit_rows.h"
#include "kms/store/certificate_rows.h"
#include "kms/store/crl_rows.h"
#include "kms/store/request_rows.h"
#include "kms/store/token_rows.h"

/* What the audit tells of acts, held against the rows that they left. */

enum { SERIAL_TEXT = 2 * CERTIFICATE_SERIAL_MAX + 1, ARENA_MAX = 4 << 20 };

static enum fault hear_of_clash(void *context, struct span serial, enum revocation_clash clash,
                                struct why *why)
{
    static const char *const told[] = {
        [CLASH_LOST] = "the audit says that it is revoked or held, and its row does not",
        [CLASH_UNSIGNED] = "its row says that it is revoked or held, and the audit does not",
        [CLASH_TERMS] = "the audit says another reason or another time of its revocation",
    };
    char text[SERIAL_TEXT] = "";

    for (size_t i = 0; i < serial.len && i < CERTIFICATE_SERIAL_MAX; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", serial.at[i]);
    }
    return check_report(context, why, told[clash], "certificate %s", text);
}

/* What to do with each row of an act. */
typedef enum fault check_act(struct checking *c, const struct audit_row *row, struct arena *arena,
                             struct why *why);

static enum fault check_rows_of(struct checking *c, const char *act, check_act *check,
                                struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct store_walk walk = {0};
    struct audit_row row;
    bool there = true;
    enum fault fault = audit_walk_act(c->kms->store, span_text(act), &walk, why);

    while (fault == FAULT_NONE && there) {
        fault = audit_next(&walk, &row, &there, why);
        if (fault == FAULT_NONE && there && !span_is(row.result, "refused")) {
            arena_reset(&arena);
            fault = check(c, &row, &arena, why);
        }
    }
    store_walk_end(&walk);
    arena_clear(&arena);
    return fault;
}

/* What stands behind `word` and a space; empty where the text begins otherwise. */
static struct span after_word(struct span text, const char *word)
{
    const struct span first = span_text(word);

    return text.len > first.len + 1 && span_equal(span_upto(text, first.len), first) &&
                   text.at[first.len] == ' '
               ? span_from(text, first.len + 1)
               : (struct span){0};
}

/* A list that the audit tells of has its row still: numbers go on from the highest one. */
static enum fault check_list(struct checking *c, const struct audit_row *row, struct arena *arena,
                             struct why *why)
{
    const struct span digits = after_word(row->subject, "number");
    struct why passed_over;
    int64_t number = 0;
    enum fault fault;

    for (size_t i = 0; i < digits.len && i < 18 && digits.at[i] >= '0' && digits.at[i] <= '9';
         i++) {
        number = number * 10 + (digits.at[i] - '0');
    }
    (void)arena;
    fault = crl_check(c->kms->store, number, row->at, &passed_over);
    if (fault == FAULT_ABSENT) {
        return check_report(c, why, "the audit tells of it, and there is no such list",
                            "revocation list %lld", (long long)number);
    }
    if (fault != FAULT_NONE) {
        *why = passed_over;
    }
    return fault;
}

/* Whose keys were collected: the request is done, and gives nothing more. */
static enum fault check_collected(struct checking *c, const struct audit_row *row,
                                  struct arena *arena, struct why *why)
{
    const struct span hex = after_word(row->detail, "request");
    const size_t len = hex_run_length(hex);
    uint8_t digest[TRANSCRIPT_SIZE];
    struct request_row request;
    enum fault fault;

    if (len != 2 * sizeof(digest) || hex_decode_run(span_upto(hex, len), digest) != len) {
        return FAULT_NONE;
    }
    fault = request_find(c->kms->store, span_of(digest, sizeof(digest)), arena, &request, why);
    if (fault == FAULT_ABSENT || (fault == FAULT_NONE && request.done_at != row->at)) {
        return check_report(c, why,
                            "the audit says that its keys were collected, and its row does not",
                            "request %.*s", (int)len, (const char *)hex.at);
    }
    return fault;
}

/* The token with which keys were made is used: it is good for nothing more. */
static enum fault check_used(struct checking *c, const struct audit_row *row, struct arena *arena,
                             struct why *why)
{
    static const char before[] = ", token ";
    const uint8_t *at = row->detail.len > 0
                            ? memmem(row->detail.at, row->detail.len, before, sizeof(before) - 1)
                            : NULL;
    struct token_row token;
    struct span name;
    enum fault fault;

    if (at == NULL) {
        return FAULT_NONE;
    }
    name = span_from(row->detail, (size_t)(at - row->detail.at) + sizeof(before) - 1);
    fault = token_find(c->kms->store, name, arena, &token, why);
    if (fault == FAULT_ABSENT || (fault == FAULT_NONE && token.used_at != row->at)) {
        return check_report(c, why, "the audit says that it was used, and its row does not",
                            "token %.*s", (int)name.len, (const char *)name.at);
    }
    return fault;
}

enum fault check_history(struct checking *c, struct why *why)
{
    const struct revocations_listener listener = {.hear = hear_of_clash, .context = c};
    enum fault fault = revocations_compare(c->kms, &listener, why);

    if (fault == FAULT_NONE) {
        fault = check_rows_of(c, "crl", check_list, why);
    }
    if (fault == FAULT_NONE) {
        fault = check_rows_of(c, "collect", check_collected, why);
    }
    return fault == FAULT_NONE ? check_rows_of(c, "complete", check_used, why) : fault;
}
