#include "directory/lull.h"

#include <limits.h>

struct lull lull_start(unsigned page_size)
{
    return (struct lull){.left = page_size > 0 ? page_size : UINT_MAX, .came = LULL_WORTH};
}

void lull_count(struct lull *lull)
{
    lull->left -= lull->left > 0 && lull->left < UINT_MAX;
    lull->came++;
}

bool lull_is_due(struct lull *lull)
{
    bool worth = lull->came >= LULL_WORTH;

    lull->came = 0;
    return worth && lull->left > LULL_PAGE_END;
}
