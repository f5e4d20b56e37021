#include "kms/request/envelope_binding.h"

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

enum fault envelope_bound(const struct span cas[], size_t ca_count,
                          const struct envelope_subject *subject, struct span binding,
                          struct span *address, struct why *why)
{
    struct cursor in = cursor_over(binding);
    char number[NUMBER_SIZE];
    struct span length, bound;
    struct binding record;
    enum fault fault;

    if (!cursor_take(&in, 2, &length) ||
        !cursor_take(&in, (size_t)length.at[0] << 8 | length.at[1], &bound)) {
        return fault_at(FAULT_SYNTAX, 0, "the binding record of the envelope is cut off", why);
    }
    record = binding_of(subject, bound, number);
    fault = fault_at(FAULT_DENIED, 0, "there is no CA that could have bound the envelope", why);
    for (size_t i = 0; i < ca_count; i++) {
        fault = binding_verify(cas[i], &record, in.rest, why);
        if (fault != FAULT_DENIED) {
            break;
        }
    }
    if (fault == FAULT_NONE) {
        *address = bound;
    }
    return fault;
}
