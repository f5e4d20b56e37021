#include "verdict/verdict.h"

#include <stdlib.h>

#include "base/text.h"

/*
 * Facts from any bytes: a verdict is reached, keeps its own rules, and its reason is a line
 * of safe text. Each certificate takes RECORD bytes, the rest are addresses, one a byte 0A.
 */
enum { RECORD = 8, CERTS_MAX = 16, ADDRESSES_MAX = 16 };

static const int64_t now = 1793491200;

static void take_candidate(const uint8_t *b, struct span names, struct candidate *c)
{
    static const uint8_t signing = 1, usage = 2;

    c->cert.not_before = now + ((int64_t)b[0] - 128) * 86400;
    c->cert.not_after = now + ((int64_t)b[1] - 128) * 86400;
    c->cert.key.type = (enum key_type)(b[2] % (KEY_DSA + 1));
    c->cert.key.bits = (uint32_t)b[3] * 16;
    c->cert.has_key_usage = (b[4] & usage) != 0;
    c->cert.key_usage = (b[4] & signing) != 0 ? USAGE_DIGITAL_SIGNATURE : USAGE_KEY_ENCIPHERMENT;
    c->cert.san = span_upto(span_from(names, b[5]), b[6]);
    c->cert.subject = span_upto(span_from(names, b[6]), b[5]);
    c->cert.issuer = span_from(names, b[4]);
    c->cert.signature_algorithm = span_upto(names, 9);
    c->cert.signature_params = span_from(names, 9);
    c->cert.der = span_of(b, RECORD);
    c->first_attribute = (b[4] & 4) != 0;
    c->chain = (b[4] & 8) != 0;
    c->marked_default = (b[4] & 16) != 0;
    c->trust.foreign = (b[7] & 1) != 0;
    c->trust.untrusted = (b[7] & 2) != 0;
    c->trust.revocation = (enum revocation)(b[7] >> 2 & 3);
    c->trust.revoked_at = now;
}

static void hold_to_rules(const struct mailbox *mailbox, const struct verdict *verdict)
{
    size_t users = 0;

    for (size_t i = 0; i < mailbox->count; i++) {
        const struct candidate *c = &mailbox->candidates[i];

        users += !c->chain;
        if (!c->chain && verdict->standing != STANDING_EXPIRING && c->fault < verdict->standing) {
            abort(); /* the best counts */
        }
        if (c->usable && (c->chain || verdict->effective == NULL)) {
            abort();
        }
    }
    if (verdict->user_certificates != users || (verdict->best == NULL) != (users == 0) ||
        (users == 0) != (verdict->standing > STANDING_FOREIGN) ||
        (verdict->standing <= STANDING_EXPIRING && verdict->effective == NULL) ||
        (verdict->effective != NULL && !verdict->effective->usable)) {
        abort();
    }
}

static void hold_reason(struct span reason)
{
    struct cursor in = cursor_over(reason);

    if (reason.len == 0 || !text_is_utf8(reason)) {
        abort();
    }
    while (in.rest.len > 0) {
        if (text_is_unsafe(text_next(&in))) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct candidate candidates[CERTS_MAX] = {0};
    struct span addresses[ADDRESSES_MAX];
    struct mailbox mailbox = {.candidates = candidates, .addresses = addresses};
    struct rules rules = {.at = now, .warning_seconds = (int64_t)30 * 86400};
    struct buffer reason = buffer_with_max(4096);
    struct span rest = span_of(data, size);
    struct verdict verdict;
    size_t count, end;

    if (size < 4) {
        return 0;
    }
    count = data[0] % (CERTS_MAX + 1);
    mailbox.undecodable = data[1] % 3;
    mailbox.lost = data[2] % 3;
    mailbox.blank = (enum blank)(data[3] % 3);
    rest = span_from(rest, 4);
    for (; mailbox.count < count && rest.len >= RECORD; mailbox.count++) {
        take_candidate(rest.at, span_from(rest, RECORD), &candidates[mailbox.count]);
        candidates[mailbox.count].value = mailbox.count;
        rest = span_from(rest, RECORD);
    }
    mailbox.values = mailbox.count + mailbox.undecodable + mailbox.lost;
    while (mailbox.address_count < ADDRESSES_MAX && span_find(rest, '\n', &end)) {
        addresses[mailbox.address_count++] = span_upto(rest, end);
        rest = span_from(rest, end + 1);
    }
    verdict = verdict_of(&mailbox, &rules);
    hold_to_rules(&mailbox, &verdict);
    verdict_add_reason(&reason, &mailbox, &verdict, &rules);
    hold_reason(buffer_span(&reason));
    buffer_clear(&reason);
    return 0;
}
