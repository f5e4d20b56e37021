#include "report/summary_read.h"

#include <stdlib.h>

#include "report/merge.h"

/*
 * Any bytes as a summary to be added up. What is taken has counts that agree, is written as the
 * same document again, and counts twice when it is added twice, unless it is of a part; what is
 * refused leaves nothing behind.
 */

static void hold(bool what)
{
    if (!what) {
        abort();
    }
}

static void hold_sums(const struct summary_document *document)
{
    const struct summary *summary = &document->summary;
    uint64_t uses = 0, standings = 0;

    for (size_t i = 0; i < sizeof(summary->uses) / sizeof(summary->uses[0]); i++) {
        hold(summary->uses[i] <= summary->mailboxes - uses);
        uses += summary->uses[i];
    }
    for (size_t i = 0; i < STANDING_COUNT; i++) {
        hold(summary->standing[i] <= summary->mailboxes - standings);
        standings += summary->standing[i];
    }
    hold(summary->mailboxes <= INT64_MAX && uses == summary->mailboxes &&
         standings == summary->mailboxes);
    hold(document->part <= document->parts && (document->part == 0) == (document->parts == 0));
}

static enum fault take(void *context, struct span bytes, struct why *why)
{
    (void)why;
    buffer_add(context, bytes);
    return FAULT_NONE;
}

/* As --summary writes it, the document says what it said. */
static void hold_written(const struct summary_document *document)
{
    struct buffer text = buffer_with_max((size_t)64 << 20);
    struct report report = {.format = format_find(span_text("json")),
                            .options = {.at = document->at,
                                        .sources = (const char *const *)document->sources,
                                        .source_count = document->source_count,
                                        .part = document->part,
                                        .parts = document->parts,
                                        .bare = document->bare,
                                        .summary_only = true},
                            .sink = take,
                            .context = &text};
    struct summary_document again;
    struct why why;

    hold(report_begin(&report, &why) == FAULT_NONE);
    hold(report_end(&report, &document->summary, &why) == FAULT_NONE);
    report_clear(&report);
    hold(text.fault == FAULT_NONE);
    hold(summary_read(buffer_span(&text), &again, &why) == FAULT_NONE);
    hold(again.at == document->at && again.part == document->part &&
         again.parts == document->parts && again.source_count == document->source_count);
    hold(memcmp(&again.summary, &document->summary, sizeof(again.summary)) == 0);
    for (size_t i = 0; i < again.source_count; i++) {
        hold(strcmp(again.sources[i], document->sources[i]) == 0);
        hold(again.bare[i] == document->bare[i]);
    }
    summary_document_clear(&again);
    buffer_clear(&text);
}

static void count_sentence(void *context, const char *source, struct span sentence)
{
    (void)source;
    hold(sentence.len > 0);
    ++*(size_t *)context;
}

/* Added twice: a part is refused then, a whole as a rule, and so is what cannot be counted. */
static void hold_merged(struct span json, const struct summary_document *document)
{
    struct merge merge = {0};
    struct why why = {0};
    size_t said = 0;
    uint64_t mailboxes = document->summary.mailboxes;
    enum fault fault;

    hold(merge_add(&merge, json, &why) == FAULT_NONE);
    fault = merge_add(&merge, json, &why);
    hold(fault == FAULT_SYNTAX || document->parts == 0);
    if (fault != FAULT_SYNTAX) {
        hold(fault == (mailboxes > INT64_MAX / 2 ? FAULT_LIMIT : FAULT_NONE));
        mailboxes *= fault == FAULT_NONE ? 2 : 1;
    }
    hold(merge.documents == (fault == FAULT_NONE ? 2 : 1));
    hold(merge.total.summary.mailboxes == mailboxes && merge.total.at == document->at);
    hold(merge.total.source_count <= document->source_count);
    hold(merge_end(&merge, count_sentence, &said) == (said == 0));
    hold(document->parts < 2 || merge.total.summary.incomplete);
    merge_clear(&merge);
    merge_clear(&merge);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct summary_document empty = {0};
    struct summary_document document = {0};
    struct span json = span_of(data, size);
    struct why why = {0};
    enum fault fault = summary_read(json, &document, &why);

    if (fault != FAULT_NONE) {
        struct merge merge = {0};

        hold(fault == FAULT_SYNTAX && why.rule != NULL && why.offset <= size);
        hold(memcmp(&document, &empty, sizeof(empty)) == 0);
        hold(merge_add(&merge, json, &why) == fault && merge.documents == 0 &&
             merge.set_count == 0);
        merge_clear(&merge);
        return 0;
    }
    hold_sums(&document);
    hold_written(&document);
    hold_merged(json, &document);
    summary_document_clear(&document);
    hold(document.sources == NULL && document.bare == NULL && document.source_count == 0);
    summary_document_clear(&document);
    return 0;
}
