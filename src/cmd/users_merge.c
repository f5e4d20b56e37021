#include <stdio.h>
#include <stdlib.h>

#include "base/compat_sandbox.h"
#include "base/readfile.h"
#include "cmd/cmd.h"
#include "cmd/interrupt.h"
#include "cmd/users_output.h"
#include "report/merge.h"

enum { SENTENCE_SIZE = 512 };

/* A summary is some 500 bytes and the names of its sources. */
#define DOCUMENT_MAX ((size_t)16 << 20)

/* Reads what there is to read, before the process gives up its rights; a fault is told. */
static size_t read_documents(const struct name_list *files, struct buffer *documents)
{
    size_t count = 0;

    for (size_t i = 0; i < files->count; i++) {
        struct why why = {0};

        documents[i] = buffer_with_max(DOCUMENT_MAX);
        if (readfile(files->at[i], &documents[i], &why) == FAULT_NONE) {
            count++;
            continue;
        }
        complain(files->at[i], 0, why.rule);
        buffer_clear(&documents[i]);
        documents[i].fault = FAULT_ABSENT;
    }
    return count;
}

static void complain_why(const char *file, const struct why *why)
{
    char sentence[SENTENCE_SIZE];

    if (why->offset == 0) {
        complain(file, 0, why->rule);
        return;
    }
    (void)snprintf(sentence, sizeof(sentence), "%s, at byte %zu", why->rule, why->offset);
    complain(file, 0, sentence);
}

static void complain_of_part(void *context, const char *source, struct span sentence)
{
    (void)context;
    complain_span(source, 0, sentence);
}

/* Adds up what could be read; returns the exit status. */
static int add_up(const struct name_list *files, const struct buffer *documents,
                  struct merge *merge)
{
    int status = EXIT_DONE;

    for (size_t i = 0; i < files->count; i++) {
        struct why why = {0};

        if (documents[i].fault != FAULT_NONE) {
            status = EXIT_SOME;
        } else if (merge_add(merge, buffer_span(&documents[i]), &why) != FAULT_NONE) {
            complain_why(files->at[i], &why);
            status = EXIT_SOME;
        } else if (merge->last_incomplete) {
            complain(files->at[i], 0, "says that its roster is incomplete: so is the sum");
            status = EXIT_SOME;
        }
    }
    if (merge->documents == 0) {
        return EXIT_NOT_DONE;
    }
    return merge_end(merge, complain_of_part, NULL) ? status : EXIT_SOME;
}

static enum fault write_out(void *context, struct span bytes, struct why *why)
{
    return outfile_write(context, bytes, why);
}

static enum fault write_sum(const struct users_options *options, const struct merge *merge,
                            struct outfile *output, struct why *why)
{
    struct report report = {
        .format = options->format,
        .options = {.at = merge->total.at,
                    .sources = (const char *const *)merge->total.sources,
                    .source_count = merge->total.source_count,
                    .summary_only = true,
                    .width = output_width(options->output.path)},
        .sink = write_out,
        .context = output,
    };
    enum fault fault = report_begin(&report, why);

    if (fault == FAULT_NONE) {
        fault = report_end(&report, &merge->total.summary, why);
    }
    report_clear(&report);
    return fault == FAULT_NONE ? outfile_commit(output, why) : fault;
}

static int merge_documents(const struct users_options *options, const struct buffer *documents)
{
    struct outfile output = {.fd = -1};
    struct merge merge = {0};
    struct why why = {0};
    enum fault fault = FAULT_NONE;
    int status = EXIT_NOT_DONE;

    if (!output_replaces(options, options->output.path) &&
        output_open(options->output.path, &output)) {
        char *folder = outfile_folder(&output);

        if (!options->reading.no_sandbox) {
            (void)sandbox_enter(&(struct sandbox){.output_folder = folder, .read_folder = -1});
        }
        free(folder);
        status = add_up(&options->sources, documents, &merge);
    }
    if (status != EXIT_NOT_DONE) {
        fault = write_sum(options, &merge, &output, &why);
    }
    interrupt_removes(NULL);
    if (fault != FAULT_NONE && fault != FAULT_ABSENT) { /* absent: nobody reads any more */
        complain_why(options->output.path != NULL ? options->output.path : "standard output", &why);
    }
    merge_clear(&merge);
    outfile_clear(&output);
    return fault == FAULT_NONE ? status : EXIT_NOT_DONE;
}

int users_merge(const struct users_options *options)
{
    const size_t count = options->sources.count;
    struct buffer *documents = calloc(count, sizeof(*documents));
    int status = EXIT_NOT_DONE;

    if (documents == NULL) {
        complain(NULL, 0, "out of memory");
        return status;
    }
    if (read_documents(&options->sources, documents) > 0) {
        status = merge_documents(options, documents);
    }
    for (size_t i = 0; i < count; i++) {
        buffer_clear(&documents[i]);
    }
    free(documents);
    return status;
}
