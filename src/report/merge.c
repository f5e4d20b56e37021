#include "report/merge.h"

#include <stdlib.h>

enum { SENTENCE_MAX = 256 };

/* The parts of one division that are here. */
struct merge_set {
    struct summary_document first; /* whose sources they are; bare where all are so far */
    uint64_t *parts;
    size_t count;
};

static enum fault out_of_memory(struct why *why)
{
    return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
}

static const char *last_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static bool is_same_summary(const struct summary *a, const struct summary *b)
{
    return a->mailboxes == b->mailboxes && memcmp(a->uses, b->uses, sizeof(a->uses)) == 0 &&
           memcmp(a->standing, b->standing, sizeof(a->standing)) == 0;
}

/* The whole of the same sources, with the same counts. What came by a pipe has no name. */
static bool is_same_whole(const struct summary_document *a, const struct summary_document *b)
{
    for (size_t i = 0; i < a->source_count; i++) {
        if (strcmp(a->sources[i], b->sources[i]) != 0 || strcmp(a->sources[i], "-") == 0) {
            return false;
        }
    }
    return a->source_count > 0 && is_same_summary(&a->summary, &b->summary);
}

/* Files of the same names, in whichever folder each machine has them. */
static bool is_same_division(const struct summary_document *a, const struct summary_document *b)
{
    if (a->parts != b->parts || a->source_count != b->source_count) {
        return false;
    }
    if (a->parts == 0) {
        return is_same_whole(a, b);
    }
    for (size_t i = 0; i < a->source_count; i++) {
        if (strcmp(last_name(a->sources[i]), last_name(b->sources[i])) != 0) {
            return false;
        }
    }
    return true;
}

static bool is_same_basis(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static struct merge_set *find_set(struct merge *merge, const struct summary_document *document)
{
    for (size_t i = 0; i < merge->set_count; i++) {
        if (is_same_division(&merge->sets[i].first, document)) {
            return &merge->sets[i];
        }
    }
    return NULL;
}

static bool has_part(const struct merge_set *set, uint64_t part)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->parts[i] == part) {
            return true;
        }
    }
    return false;
}

static bool names_source(const struct summary_document *total, const char *name)
{
    for (size_t i = 0; i < total->source_count; i++) {
        if (strcmp(total->sources[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Makes room for what a document brings, so that adding it cannot fail half-way. */
static enum fault make_room(struct merge *merge, struct merge_set *set, size_t sources,
                            struct why *why)
{
    char **names = realloc(merge->total.sources, (merge->total.source_count + sources + 1) *
                                                     sizeof(*merge->total.sources));
    void *grown;

    if (names == NULL) {
        return out_of_memory(why);
    }
    merge->total.sources = names;
    if (set != NULL) {
        grown = realloc(set->parts, (set->count + 1) * sizeof(*set->parts));
        if (grown == NULL) {
            return out_of_memory(why);
        }
        set->parts = grown;
        return FAULT_NONE;
    }
    grown = realloc(merge->sets, (merge->set_count + 1) * sizeof(*merge->sets));
    if (grown == NULL) {
        return out_of_memory(why);
    }
    merge->sets = grown;
    merge->sets[merge->set_count] = (struct merge_set){.parts = malloc(sizeof(*set->parts))};
    return merge->sets[merge->set_count].parts == NULL ? out_of_memory(why) : FAULT_NONE;
}

/* Notes the part; the set keeps the document where it is the first of them, and empties it then. */
static void note_part(struct merge *merge, struct merge_set *set, struct summary_document *document)
{
    if (set != NULL) {
        set->parts[set->count++] = document->part;
        for (size_t i = 0; i < document->source_count; i++) {
            set->first.bare[i] &= document->bare[i];
        }
        return;
    }
    set = &merge->sets[merge->set_count++];
    set->parts[set->count++] = document->part;
    set->first = *document;
    *document = (struct summary_document){0};
}

/* Takes over the names that are new. */
static enum fault add_sources(struct summary_document *total,
                              const struct summary_document *document, struct why *why)
{
    size_t before = total->source_count;

    for (size_t i = 0; i < document->source_count; i++) {
        if (names_source(total, document->sources[i])) {
            continue;
        }
        total->sources[total->source_count] = strdup(document->sources[i]);
        if (total->sources[total->source_count] == NULL) {
            while (total->source_count > before) {
                free(total->sources[--total->source_count]);
            }
            return out_of_memory(why);
        }
        total->source_count++;
    }
    return FAULT_NONE;
}

static enum fault add_document(struct merge *merge, struct summary_document *document,
                               struct why *why)
{
    struct merge_set *set = find_set(merge, document);
    enum fault fault;

    if (merge->documents > 0 && document->at != merge->total.at) {
        return fault_at(FAULT_SYNTAX, 0,
                        "judged at another time than the first file (judge all parts with the same "
                        "--at)",
                        why);
    }
    if (set != NULL && document->parts == 0) {
        return fault_at(FAULT_SYNTAX, 0,
                        "the same sources and counts as in a file that was added already: left out "
                        "(are they others, judge them by other paths)",
                        why);
    }
    if (set != NULL && !is_same_basis(set->first.basis, document->basis)) {
        return fault_at(FAULT_SYNTAX, 0,
                        "judged with other options than the first part of these sources, or a "
                        "source has another size: left out",
                        why);
    }
    if (set != NULL && has_part(set, document->part)) {
        return fault_at(FAULT_SYNTAX, 0, "a part that was added already: left out", why);
    }
    if (document->summary.mailboxes > INT64_MAX - merge->total.summary.mailboxes) {
        return fault_at(FAULT_LIMIT, 0, "more mailboxes than can be counted", why);
    }
    fault = make_room(merge, set, document->source_count, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = add_sources(&merge->total, document, why);
    if (fault != FAULT_NONE) {
        if (set == NULL) {
            free(merge->sets[merge->set_count].parts);
        }
        return fault;
    }
    merge->total.at = document->at;
    merge->documents++;
    merge->last_incomplete = document->summary.incomplete;
    summary_merge(&merge->total.summary, &document->summary);
    note_part(merge, set, document);
    return FAULT_NONE;
}

enum fault merge_add(struct merge *merge, struct span json, struct why *why)
{
    struct summary_document document = {0};
    enum fault fault = summary_read(json, &document, why);

    if (fault == FAULT_NONE) {
        fault = add_document(merge, &document, why);
    }
    summary_document_clear(&document);
    return fault;
}

static void add_missing(struct buffer *out, const struct merge_set *set)
{
    uint64_t part = 1;

    while (has_part(set, part)) {
        part++;
    }
    buffer_add_text(out, "of ");
    buffer_add_uint(out, set->first.parts);
    buffer_add_text(out, " parts only ");
    buffer_add_uint(out, set->count);
    buffer_add_text(out, set->count == 1 ? " is" : " are");
    buffer_add_text(out, " here: the sum is incomplete (the first that is missing: --part ");
    buffer_add_uint(out, part);
    buffer_add_byte(out, '/');
    buffer_add_uint(out, set->first.parts);
    buffer_add_byte(out, ')');
}

bool merge_end(struct merge *merge, merge_complain *complain, void *context)
{
    bool good = true;

    for (size_t i = 0; i < merge->set_count; i++) {
        const struct merge_set *set = &merge->sets[i];
        struct buffer sentence = buffer_with_max(SENTENCE_MAX);
        bool whole = set->count >= set->first.parts;

        if (!whole) {
            add_missing(&sentence, set);
            complain(context, set->first.source_count > 0 ? set->first.sources[0] : NULL,
                     buffer_span(&sentence));
            merge->total.summary.incomplete = true;
            good = false;
        }
        for (size_t k = 0; whole && k < set->first.source_count; k++) {
            if (set->first.bare[k]) {
                complain(context, set->first.sources[k], span_text(REPORT_NO_CERTIFICATES));
                good = false;
            }
        }
        buffer_clear(&sentence);
    }
    return good;
}

void merge_clear(struct merge *merge)
{
    for (size_t i = 0; i < merge->set_count; i++) {
        summary_document_clear(&merge->sets[i].first);
        free(merge->sets[i].parts);
    }
    free(merge->sets);
    summary_document_clear(&merge->total);
    *merge = (struct merge){0};
}
