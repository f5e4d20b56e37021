#include "kms/request/issue/crl.h"

#include <inttypes.h>
#include <stdio.h>

#include "cert/digest.h"
#include "kms/authority/crl_make.h"
#include "kms/request/issue/revocations.h"
#include "kms/store/audit_rows.h"
#include "kms/store/certificate_rows.h"
#include "kms/store/crl_rows.h"

enum { DETAIL_SIZE = 128, SCRATCH_MAX = 1 << 16 };

/* The walk along what is revoked, as crl_make() asks for it. */
struct entries {
    struct store_walk walk;
    const struct crl_asked *asked;
    bool by_url;   /* parts have URLs, which certificates name */
    int64_t count; /* of this part */
};

static enum fault next_entry(void *context, struct crl_item *out, struct why *why)
{
    struct entries *entries = context;
    struct revoked_row row;
    bool there = false;
    const enum fault fault = revoked_next(&entries->walk, &row, &there, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    if (!there) {
        return FAULT_ABSENT;
    }
    *out = (struct crl_item){.serial = row.serial,
                             .revoked_at = row.revoked_at,
                             .reason = row.status == CERTIFICATE_HELD ? REASON_CERTIFICATE_HOLD
                                                                      : (enum crl_reason)row.reason,
                             .part = entries->by_url ? (uint32_t)row.crl_part : 0};
    if (entries->asked->parts > 0 && out->part > entries->asked->parts) {
        return fault_at(FAULT_DENIED, 0,
                        "a revoked certificate names a part of a higher number, where it would be "
                        "missed: ask for as many parts as profile.conf had when it was issued",
                        why);
    }
    entries->count += crl_item_is_in(out, entries->asked->part, entries->asked->parts);
    return FAULT_NONE;
}

/* When the list before was made; 0: there was none. */
static enum fault find_last(struct kms *kms, const struct crl_asked *asked, int64_t *out,
                            struct why *why)
{
    struct arena arena = arena_with_max(SCRATCH_MAX);
    struct crl_row last;
    enum fault fault = crl_last(kms->store, asked->part, asked->parts, &arena, &last, why);

    *out = fault == FAULT_NONE ? last.this_update : 0;
    *out =
        *out < kms->now ? *out : kms->now; /* whatever a row says, nobody leaves before his end */
    arena_clear(&arena);
    return fault == FAULT_ABSENT ? FAULT_NONE : fault;
}

static enum fault make(struct kms *kms, const struct crl_asked *asked, struct buffer *der,
                       struct crl_made *made, struct why *why)
{
    struct buffer url = buffer_with_max((size_t)2 * PROFILE_URL_MAX);
    struct crl_order order = {.number = (uint64_t)made->number,
                              .this_update = made->this_update,
                              .next_update = made->next_update,
                              .part = asked->part,
                              .parts = asked->parts};
    struct entries entries = {.asked = asked, .by_url = profile_has_part_urls(&kms->profile)};
    int64_t last = 0;
    enum fault fault = find_last(kms, asked, &last, why);

    if (fault == FAULT_NONE) {
        fault = revoked_walk(kms->store, last, &entries.walk, why);
    }
    if (fault == FAULT_NONE) {
        if (entries.by_url && asked->parts > 0) {
            profile_add_crl_url(&kms->profile, asked->part, &url);
            order.url = buffer_span(&url);
        }
        fault = crl_make(kms->authority, &order, next_entry, &entries, der, why);
        store_walk_end(&entries.walk);
    }
    buffer_clear(&url);
    made->entries = entries.count;
    return fault;
}

static enum fault note(struct kms *kms, const struct crl_asked *asked, struct span der,
                       const struct crl_made *made, struct why *why)
{
    uint8_t digest[SHA256_SIZE];
    const struct crl_row row = {.number = made->number,
                                .part = asked->part,
                                .parts = asked->parts,
                                .this_update = made->this_update,
                                .next_update = made->next_update,
                                .entries = made->entries,
                                .digest = span_of(digest, sizeof(digest))};
    char subject[DETAIL_SIZE], detail[DETAIL_SIZE];
    enum fault fault = digest_sha256(der, digest);

    if (fault != FAULT_NONE) {
        return fault_at(fault, 0, "out of memory", why);
    }
    (void)snprintf(subject, sizeof(subject), "number %" PRId64, made->number);
    (void)snprintf(detail, sizeof(detail), "part %" PRIu32 " of %" PRIu32 ", %" PRId64 " entries",
                   asked->parts > 0 ? asked->part : 1, asked->parts > 0 ? asked->parts : 1,
                   made->entries);
    fault = crl_add(kms->store, &row, why);
    return fault == FAULT_NONE ? kms_audit(kms, span_text(subject), "done", span_text(detail), why)
                               : fault;
}

/* What the audit says is revoked must not leave the list in silence. */
static enum fault hear_of_clash(void *context, struct span serial, enum revocation_clash clash,
                                struct why *why)
{
    (void)context;
    (void)serial;
    return clash != CLASH_LOST
               ? FAULT_NONE
               : fault_at(FAULT_DENIED, 0,
                          "a certificate that the audit says is revoked or held is not so in its "
                          "row: keyroster kms check tells which; no list is made",
                          why);
}

/*
 * Another session may have begun later and been done before, while this one waited for its
 * passphrase: a list is of no earlier time than what stands in it, and than the list before.
 */
static enum fault go_on_from_last_act(struct kms *kms, struct why *why)
{
    struct audit_head last = {0};
    enum fault fault = audit_head(kms->store, &last, why);

    if (fault == FAULT_NONE && last.at > kms->now) {
        kms->now = last.at;
    }
    return fault == FAULT_ABSENT ? FAULT_NONE : fault;
}

enum fault crl_begin(struct kms *kms, const struct crl_asked *asked, struct buffer *der,
                     struct crl_made *out, struct why *why)
{
    struct crl_made made = {0};
    const size_t start = der->len;
    enum fault fault = kms_begin(kms, why);

    if (fault == FAULT_NONE) {
        fault = go_on_from_last_act(kms, why);
    }
    if (fault == FAULT_NONE) {
        made.this_update = kms->now;
        made.next_update = kms->now + kms->profile.crl_validity;
        fault = revocations_compare(
            kms, &(const struct revocations_listener){.hear = hear_of_clash}, why);
    }
    if (fault == FAULT_NONE) {
        fault = crl_next_number(kms->store, kms->now, &made.number, why);
    }
    if (fault == FAULT_NONE) {
        fault = make(kms, asked, der, &made, why);
    }
    if (fault == FAULT_NONE) {
        fault = note(kms, asked, span_from(buffer_span(der), start), &made, why);
    }
    if (fault != FAULT_NONE) {
        fault = kms_tell(kms, fault, why, "%s", why->rule);
        kms_rollback(kms);
        return fault;
    }
    *out = made;
    return FAULT_NONE;
}
