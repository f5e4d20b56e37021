#include "kms/request/session/envelope_binding.h"

#include <inttypes.h>
#include <stdio.h>

enum { ADDRESS_LENGTH_MAX = 512, NUMBER_SIZE = 24 };

/* What is signed; `number` is the caller's, the user's number in decimal. */
static struct binding binding_of(const struct envelope_subject *subject, struct span address,
                                 char number[NUMBER_SIZE])
{
    const int len = snprintf(number, NUMBER_SIZE, "%" PRId64, subject->user);

    return (struct binding){
        .store = subject->store_id,
        .serial = subject->serial,
        .user = span_of(number, (size_t)len),
        .address = address,
        .envelope = subject->cms,
        .certificate = subject->certificate,
    };
}

enum fault envelope_bind(const struct authority *authority, const struct envelope_subject *subject,
                         struct span address, struct buffer *out, struct why *why)
{
    char number[NUMBER_SIZE];
    const struct binding binding = binding_of(subject, address, number);

    if (address.len > ADDRESS_LENGTH_MAX) {
        return fault_at(FAULT_LIMIT, 0, "the address is too long for a binding record", why);
    }
    buffer_add_byte(out, (uint8_t)(address.len >> 8));
    buffer_add_byte(out, (uint8_t)address.len);
    buffer_add(out, address);
    return binding_sign(authority, &binding, out, why);
}

/* Takes the record apart: the address, and the signature behind it. */
static enum fault read_record(struct span record, struct span *address, struct span *signature,
                              struct why *why)
{
    struct cursor in = cursor_over(record);
    struct span length;

    if (!cursor_take(&in, 2, &length) ||
        !cursor_take(&in, (size_t)length.at[0] << 8 | length.at[1], address)) {
        return fault_at(FAULT_SYNTAX, 0, "the binding record of the envelope is cut off", why);
    }
    *signature = in.rest;
    return FAULT_NONE;
}

enum fault envelope_bound_with(struct key_verifier *const cas[], size_t ca_count,
                               const struct envelope_subject *subject, struct span binding,
                               struct span *address, struct why *why)
{
    char number[NUMBER_SIZE];
    struct span bound, signature;
    struct binding record;
    enum fault fault = read_record(binding, &bound, &signature, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    record = binding_of(subject, bound, number);
    fault = fault_at(FAULT_DENIED, 0, "there is no CA that could have bound the envelope", why);
    for (size_t i = 0; i < ca_count && fault == FAULT_DENIED; i++) {
        fault = binding_verify_with(cas[i], &record, signature, why);
    }
    if (fault == FAULT_NONE) {
        *address = bound;
    }
    return fault;
}

enum fault envelope_bound(const struct span cas[], size_t ca_count,
                          const struct envelope_subject *subject, struct span binding,
                          struct span *address, struct why *why)
{
    enum fault fault =
        fault_at(FAULT_DENIED, 0, "there is no CA that could have bound the envelope", why);

    for (size_t i = 0; i < ca_count && fault == FAULT_DENIED; i++) {
        struct key_verifier *verifier = NULL;
        struct cert ca;

        fault = cert_read(cas[i], &ca, why);
        if (fault == FAULT_NONE) {
            fault = key_verifier_new(ca.spki, &verifier, why);
        }
        if (fault == FAULT_NONE) {
            fault = envelope_bound_with(&verifier, 1, subject, binding, address, why);
        }
        key_verifier_free(verifier);
    }
    return fault;
}
