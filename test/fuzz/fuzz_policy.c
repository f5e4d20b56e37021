#include "kms/request/session/policy.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Any bytes as a policy. What is read has counts within their bounds; what is refused is no change.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct policy policy = policy_default();
    struct why why;
    const enum fault fault = policy_parse(span_of(data, size), &policy, &why);

    for (size_t i = 0; i < TASK_COUNT; i++) {
        if (policy.counts[i] < 1 || policy.counts[i] > 64 ||
            (fault != FAULT_NONE && policy.counts[i] != 1)) {
            abort();
        }
    }
    if (fault != FAULT_NONE && fault != FAULT_SYNTAX) {
        abort();
    }
    return 0;
}
