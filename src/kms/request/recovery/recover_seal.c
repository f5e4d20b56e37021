#include "kms/request/recovery/recover_seal.h"

#define KEY_INFO     "keyroster request key v1"
#define RESULTS_INFO "keyroster partial results v1"

enum fault request_key_seal(const struct recovery_request *request,
                            const uint8_t sealing[HPKE_KEY_SIZE], const struct secret *private,
                            struct buffer *out, struct why *why)
{
    return hpke_seal(sealing, span_text(KEY_INFO),
                     span_of(request->digest, sizeof(request->digest)), secret_span(private), out,
                     why);
}

enum fault request_key_open(const struct recovery_request *request,
                            const struct identity *requester, struct span sealed,
                            struct secret *out, struct why *why)
{
    const enum fault fault =
        identity_open(requester, span_text(KEY_INFO),
                      span_of(request->digest, sizeof(request->digest)), sealed, out, why);

    if (fault == FAULT_RESOURCE || fault == FAULT_NONE) {
        return fault;
    }
    return fault_at(FAULT_DENIED, 0, "the key of the request does not open to who asked", why);
}

static void add_approval(struct transcript *t, const struct recover_approval *approval)
{
    transcript_add(t, span_of(approval->request->digest, sizeof(approval->request->digest)));
    transcript_add(t, approval->agent);
    transcript_add_number(t, (uint64_t)approval->escrow);
}

static enum fault bound_to(const struct recover_approval *approval, uint8_t out[TRANSCRIPT_SIZE],
                           struct why *why)
{
    struct transcript t = transcript_begin("keyroster approval v1");

    add_approval(&t, approval);
    return transcript_end(&t, out, why);
}

enum fault approval_seal(const struct recover_approval *approval, const struct secret *partials,
                         struct buffer *out, struct why *why)
{
    uint8_t aad[TRANSCRIPT_SIZE];
    enum fault fault = bound_to(approval, aad, why);

    if (fault == FAULT_NONE) {
        fault = hpke_seal(approval->request->key, span_text(RESULTS_INFO),
                          span_of(aad, sizeof(aad)), secret_span(partials), out, why);
    }
    return fault;
}

enum fault approval_open(const struct recover_approval *approval, const struct secret *private,
                         struct span sealed, struct secret *out, struct why *why)
{
    uint8_t aad[TRANSCRIPT_SIZE];
    enum fault fault = bound_to(approval, aad, why);

    if (fault == FAULT_NONE) {
        fault = hpke_open(secret_span(private), span_text(RESULTS_INFO), span_of(aad, sizeof(aad)),
                          sealed, out, why);
    }
    if (fault == FAULT_SYNTAX || fault == FAULT_LIMIT) {
        fault = FAULT_DENIED;
    }
    return fault;
}

enum fault approval_digest(const struct recover_approval *approval, struct span sealed,
                           uint8_t out[TRANSCRIPT_SIZE], struct why *why)
{
    struct transcript t = transcript_begin("keyroster approval signature v1");

    add_approval(&t, approval);
    transcript_add(&t, sealed);
    return transcript_end(&t, out, why);
}
