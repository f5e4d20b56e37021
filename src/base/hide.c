#include "base/hide.h"

#include <sys/prctl.h>
#include <sys/resource.h>

enum fault process_hide(struct why *why)
{
    const struct rlimit none = {0};

    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0) {
        return fault_at(FAULT_RESOURCE, 0, "the memory of this process cannot be hidden", why);
    }
    return FAULT_NONE;
}
