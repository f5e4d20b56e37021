#include "kms/request/issue/user_digest.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/ascii.h"
#include "base/hex.h"
#include "kms/people/transcript.h"
#include "kms/request/issue/enrol.h"
#include "kms/store/store.h"

static const char before[] = ", user ";
static const char between[] = " is ";

enum { ARENA_MAX = 1 << 20, DIGITS_MAX = 18 };

enum fault user_digest(struct span store, const struct user_identity *user,
                       uint8_t out[USER_DIGEST_SIZE], struct why *why)
{
    struct transcript t = transcript_begin("keyroster user v1");
    uint8_t digest[TRANSCRIPT_SIZE];
    enum fault fault;

    transcript_add(&t, store);
    transcript_add_number(&t, (uint64_t)user->id);
    transcript_add(&t, user->name);
    for (size_t i = 0; i < user->address_count; i++) {
        transcript_add(&t, user->addresses[i]);
    }
    fault = transcript_end(&t, digest, why);
    if (fault == FAULT_NONE) {
        memcpy(out, digest, USER_DIGEST_SIZE);
    }
    return fault;
}

enum fault user_detail(struct kms *kms, int64_t user, char out[USER_DETAIL_SIZE], struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct issue_order subject = {0};
    uint8_t digest[USER_DIGEST_SIZE];
    enum fault fault = enrol_subject_of(kms, user, &arena, &subject, why);

    if (fault == FAULT_NONE) {
        const struct user_identity identity = {.id = user,
                                               .name = subject.name,
                                               .addresses = subject.addresses,
                                               .address_count = subject.address_count};

        fault = user_digest(store_id(kms->store), &identity, digest, why);
    }
    arena_clear(&arena);
    if (fault == FAULT_NONE) {
        int len = snprintf(out, USER_DETAIL_SIZE, "%s%" PRId64 "%s", before, user, between);

        for (size_t i = 0; i < sizeof(digest); i++) {
            len += snprintf(out + len, USER_DETAIL_SIZE - (size_t)len, "%02x", digest[i]);
        }
    }
    return fault;
}

/* Takes `word` off the start of the text. */
static bool take(struct span *text, const char *word)
{
    const struct span first = span_text(word);

    if (!span_equal(span_upto(*text, first.len), first)) {
        return false;
    }
    *text = span_from(*text, first.len);
    return true;
}

static bool take_number(struct span *text, int64_t *out)
{
    size_t n = 0;

    for (*out = 0; n < text->len && n < DIGITS_MAX && ascii_is_digit(text->at[n]); n++) {
        *out = *out * 10 + (text->at[n] - '0');
    }
    *text = span_from(*text, n);
    return n > 0;
}

bool user_detail_read(struct span detail, int64_t *user, uint8_t digest[USER_DIGEST_SIZE])
{
    const uint8_t *at =
        detail.len > 0 ? memmem(detail.at, detail.len, before, sizeof(before) - 1) : NULL;
    struct span rest = at != NULL ? span_from(detail, (size_t)(at - detail.at)) : (struct span){0};
    struct span hex;

    if (!take(&rest, before) || !take_number(&rest, user) || !take(&rest, between)) {
        return false;
    }
    hex = span_upto(rest, hex_run_length(rest));
    return hex.len == 2 * USER_DIGEST_SIZE && hex_decode_run(hex, digest) == hex.len;
}
