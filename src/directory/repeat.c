#include "directory/repeat.h"

bool repeat_begins(struct repeat *repeat, uint64_t digest)
{
    repeat->empty = 0;
    if (repeat->pages > 0 && digest == repeat->kept) {
        return true;
    }
    if (repeat->pages == repeat->keep_at) {
        repeat->kept = digest;
        repeat->keep_at = 2 * repeat->keep_at + 1;
    }
    repeat->pages++;
    return false;
}

bool repeat_was_empty(struct repeat *repeat)
{
    repeat->empty++;
    return repeat->empty >= REPEAT_EMPTY_MAX;
}
