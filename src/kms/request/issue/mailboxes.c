#include "kms/request/issue/mailboxes.h"

#include <stdlib.h>

#include "base/text.h"
#include "verdict/address.h"

/* What one record may take beside its batch. */
#define ENTRIES_MAX ((size_t)1 << 30)

/* One value of it, in UTF-8. */
#define TEXT_MAX ((size_t)256 << 20)

struct mailboxes {
    struct source *source;
    mailboxes_complain *complain;
    void *context;
    struct batch batch;
    struct records records;
    struct arena entries;
    bool is_within; /* a batch is being taken apart */
    bool is_at_end;
    uint64_t complaints;
};

enum fault mailboxes_new(struct source *source, mailboxes_complain *complain, void *context,
                         struct mailboxes **out, struct why *why)
{
    struct mailboxes *mailboxes;
    const enum fault fault = source_start(source, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    mailboxes = calloc(1, sizeof(*mailboxes));
    if (mailboxes == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    *mailboxes = (struct mailboxes){.source = source,
                                    .complain = complain,
                                    .context = context,
                                    .entries = arena_with_max(ENTRIES_MAX)};
    *out = mailboxes;
    return FAULT_NONE;
}

static void tell(struct mailboxes *mailboxes, uint64_t line, const char *sentence)
{
    mailboxes->complaints++;
    mailboxes->complain(mailboxes->context, line, span_text(sentence));
}

/* An empty batch at the end, where the last one left the start of a record. */
static void begin_left(struct mailboxes *mailboxes)
{
    struct batch *batch = &mailboxes->batch;

    batch->len = batch->beyond = 0;
    batch->last = true;
    batch->first = false;
    batch->skipped = NULL;
    batch->skipped_lines = 0;
}

/* Takes up the next batch; FAULT_ABSENT: there is none. */
static enum fault begin_batch(struct mailboxes *mailboxes, struct why *why)
{
    struct batch *batch = &mailboxes->batch;
    enum fault fault;

    if (mailboxes->is_at_end) {
        return FAULT_ABSENT;
    }
    fault = source_read(mailboxes->source, batch, why);
    if (fault != FAULT_NONE) {
        mailboxes->is_at_end = true;
        if (fault != FAULT_ABSENT) {
            tell(mailboxes, 0, why->rule); /* it broke off: what came before has been handed out */
        }
        if (!source_has_left(mailboxes->source)) {
            return FAULT_ABSENT;
        }
        begin_left(mailboxes);
    }
    if (source_join(mailboxes->source, batch, why) != FAULT_NONE) {
        return FAULT_RESOURCE;
    }
    if (batch->skipped != NULL) {
        tell(mailboxes,
             batch->first_line > batch->skipped_lines ? batch->first_line - batch->skipped_lines
                                                      : 0,
             batch->skipped);
    }
    mailboxes->records = records_of(mailboxes->source, batch);
    mailboxes->is_within = true;
    return FAULT_NONE;
}

static enum fault end_batch(struct mailboxes *mailboxes, struct why *why)
{
    uint64_t line_base;

    mailboxes->is_within = false;
    /* Read in order, with what was left joined before, a batch never has to be read again. */
    return records_commit(&mailboxes->records, &line_base) == FAULT_RESOURCE
               ? fault_at(FAULT_RESOURCE, 0, "out of memory", why)
               : FAULT_NONE;
}

/* The next entry of any kind. */
static enum fault next_entry(struct mailboxes *mailboxes, struct entry *out, struct why *why)
{
    for (;;) {
        struct why reason = {0};
        uint64_t line = 0;
        enum fault fault = mailboxes->is_within ? FAULT_NONE : begin_batch(mailboxes, why);

        if (fault != FAULT_NONE) {
            return fault;
        }
        arena_reset(&mailboxes->entries);
        fault = records_next(&mailboxes->records, &mailboxes->entries, out, &line, &reason);
        if (fault == FAULT_NONE) {
            return FAULT_NONE;
        }
        if (fault != FAULT_ABSENT) {
            tell(mailboxes, line, reason.rule);
        } else if (end_batch(mailboxes, why) != FAULT_NONE) {
            return FAULT_RESOURCE;
        }
    }
}

static bool has_address(const struct mailbox_entry *entry, size_t count, const struct span *others,
                        struct span address)
{
    if (address_compare(entry->address, address) != ADDRESS_DIFFERENT) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (address_compare(others[i], address) != ADDRESS_DIFFERENT) {
            return true;
        }
    }
    return false;
}

/* A copy of a text as the roster reads it: what is not UTF-8 is in the ANSI code page. */
static enum fault copy_text(struct span text, struct arena *arena, struct span *out)
{
    struct buffer read = buffer_with_max(TEXT_MAX);
    enum fault fault;

    if (text_is_utf8(text)) {
        return arena_copy(arena, text, out);
    }
    text_add_guessed(&read, text);
    fault = read.fault == FAULT_NONE ? arena_copy(arena, buffer_span(&read), out) : FAULT_RESOURCE;
    buffer_clear(&read);
    return fault;
}

/* The addresses beside the first one, each once. */
static enum fault copy_others(const struct entry *entry, struct arena *arena,
                              struct mailbox_entry *out)
{
    struct span *others = arena_take_array(arena, entry->address_count + 1, sizeof(*others));
    enum fault fault = others != NULL ? FAULT_NONE : FAULT_RESOURCE;
    size_t count = 0;

    for (size_t i = 0; fault == FAULT_NONE && i < entry->address_count; i++) {
        struct span address = {0};

        fault = copy_text(entry->addresses[i], arena, &address);
        if (fault == FAULT_NONE && address_is_one(address) &&
            !has_address(out, count, others, address)) {
            others[count++] = address;
        }
    }
    out->others = others;
    out->other_count = count;
    return fault;
}

/* What people call him; an alias or an address is no name for a certificate. */
static struct span person_name(const struct entry *entry)
{
    return entry->display_name.len > 0     ? entry->display_name
           : entry->common_name.len > 0    ? entry->common_name
           : entry->directory_name.len > 0 ? entry->directory_name
                                           : entry_dn_name(entry);
}

static enum fault copy(struct mailboxes *mailboxes, const struct entry *entry, struct arena *arena,
                       struct mailbox_entry *out, struct why *why)
{
    enum fault fault;

    *out = (struct mailbox_entry){.line = entry->line,
                                  .doubt = entry->doubtful ? entry->remark : NULL};
    fault = copy_text(entry_address(entry), arena, &out->address);
    if (fault == FAULT_NONE) {
        fault = copy_text(person_name(entry), arena, &out->name);
    }
    if (fault == FAULT_NONE && out->address.len > 0) {
        fault = copy_others(entry, arena, out);
    }
    if (source_format(mailboxes->source) == SOURCE_LIVE) {
        out->line = 0;
    }
    return fault == FAULT_NONE ? FAULT_NONE
                               : fault_at(FAULT_RESOURCE, 0, "out of memory for a record", why);
}

enum fault mailboxes_next(struct mailboxes *mailboxes, struct arena *arena,
                          struct mailbox_entry *out, struct why *why)
{
    struct entry entry;
    enum fault fault;

    while ((fault = next_entry(mailboxes, &entry, why)) == FAULT_NONE) {
        if (entry.remark != NULL && !(entry.doubtful && entry_is_mailbox(&entry, false))) {
            tell(mailboxes, entry.line, entry.remark);
        }
        if (entry_is_mailbox(&entry, false)) {
            return copy(mailboxes, &entry, arena, out, why);
        }
    }
    return fault;
}

uint64_t mailboxes_complaints(const struct mailboxes *mailboxes) { return mailboxes->complaints; }

void mailboxes_free(struct mailboxes *mailboxes)
{
    if (mailboxes == NULL) {
        return;
    }
    if (mailboxes->is_within) {
        records_drop(&mailboxes->records);
    }
    batch_clear(&mailboxes->batch);
    arena_clear(&mailboxes->entries);
    free(mailboxes);
}
