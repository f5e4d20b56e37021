#ifndef TEST_UNIT_REPORT_TOLD_H
#define TEST_UNIT_REPORT_TOLD_H

#include "base/buffer.h"
#include "report/report.h"
#include "support.h"

/* A row about a mailbox without a certificate, which differs from others by its names only. */
struct told {
    struct entry entry;
    struct span addresses[4];
    struct mailbox mailbox;
    struct verdict verdict;
    struct rules rules;
    struct row row;
};

static inline void told_init(struct told *told, struct span name, struct span address,
                             struct span container)
{
    memset(told, 0, sizeof(*told));
    told->entry.display_name = name;
    told->entry.container = container;
    told->entry.line = 17;
    told->entry.addresses = told->addresses;
    if (address.len > 0) {
        told->addresses[0] = address;
        told->entry.address_count = 1;
    }
    told->verdict.uses = USES_NO;
    told->verdict.standing = STANDING_NONE;
    told->row = (struct row){.entry = &told->entry,
                             .mailbox = &told->mailbox,
                             .verdict = &told->verdict,
                             .rules = &told->rules,
                             .source = "site.csv"};
}

/* A sink that keeps what it gets, and fails from call number `fails_at` on; 0: never. */
struct kept {
    struct buffer text;
    int calls, fails_at;
};

static inline enum fault keep(void *context, struct span bytes, struct why *why)
{
    struct kept *kept = context;

    kept->calls++;
    if (kept->fails_at > 0 && kept->calls >= kept->fails_at) {
        return fault_at(FAULT_RESOURCE, 0, "the disk is full", why);
    }
    buffer_add(&kept->text, bytes);
    return FAULT_NONE;
}

#endif
