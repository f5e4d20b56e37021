#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/compat_sandbox.h"
#include "base/count.h"
#include "base/encoding.h"
#include "base/outfile.h"
#include "cert/container.h"
#include "cmd/cert_files.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "cmd/overwriting.h"
#include "entry/value.h"
#include "report/cert_report.h"

/* A file is held in memory whole, and its decoded blocks one at a time. */
#define CERT_FILE_MAX ((size_t)256 << 20)

/* Two bytes of UTF-16 are three of UTF-8 at most. */
#define TEXT_MAX (CERT_FILE_MAX / 2 * 3)

/* The text of one file's certificates before it is written: a certificate of a whole file fits. */
#define OUTPUT_MAX ((size_t)2 << 30)

enum { FLUSH_AT = 64 * 1024, SENTENCE_MAX = 512, MARK_MAX = 3 };

/* Between values; where they show another one, that counts. */
enum { VALUE_SEPARATOR = '%' };

typedef enum fault add_fn(struct buffer *out, const struct cert *cert,
                          const struct cert_origin *origin);

struct job {
    add_fn *add; /* the format */
    const char *output;
    int64_t now;
    bool no_sandbox;
    struct cert_files files;
    struct outfile out;
    struct buffer text;
};

/* One file while it is read. */
struct reading {
    struct job *job;
    const char *name;
    struct span bytes;
    size_t index; /* of the next certificate */
    bool complained;
};

static const char help[] =
    "usage: keyroster cert [OPTION]... FILE...\n"
    "\n"
    "Tells the facts of every certificate in the files: DER, PEM, PKCS#7 or CMS\n"
    "SignedData, tagged settings, S/MIME messages, or their hexadecimal or base64 as\n"
    "tables and LDIF have it; - is standard input. A file may have 256 MiB.\n"
    "\n"
    "  -f, --format FORMAT  text (default) or jsonl: one JSON object a certificate\n"
    "  -o, --output FILE    write to FILE, which appears whole or not at all\n"
    "      --no-sandbox     keep all rights while reading\n"
    "  -h, --help           this help\n"
    "\n"
    "Exit status: 0 done; 1 done, but something is no certificate (named on stderr);\n"
    "2 used wrongly; 3 not done. keyroster-cert(1) tells the whole.\n";

/* Line of a block in a file of text; 0 where the file has no lines. */
static size_t line_of(const struct reading *r, const struct container_block *block)
{
    return block->text ? count_byte(span_upto(r->bytes, block->offset), '\n') + 1 : 0;
}

/* Tells what is no certificate, and counts it among the blocks. */
static void complain_block(struct reading *r, const struct container_block *block,
                           const struct why *why)
{
    char sentence[SENTENCE_MAX];

    if (why->offset > 0) {
        (void)snprintf(sentence, sizeof(sentence), "certificate %zu: %s, at byte %zu (left out)",
                       r->index + 1, why->rule, why->offset);
    } else {
        (void)snprintf(sentence, sizeof(sentence), "certificate %zu: %s (left out)", r->index + 1,
                       why->rule);
    }
    complain(r->name, line_of(r, block), sentence);
    r->complained = true;
    r->index++;
}

static enum fault flush(struct job *job, struct why *why)
{
    enum fault fault = job->text.fault;

    if (fault != FAULT_NONE) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    fault = outfile_write(&job->out, buffer_span(&job->text), why);
    buffer_reset(&job->text);
    return fault;
}

/* Reads one certificate and adds it to the output. Faults are the output's. */
static enum fault tell(struct reading *r, const struct container_block *block,
                       const struct bundle *bundle, const struct bundle_item *item, struct why *why)
{
    struct job *job = r->job;
    struct cert cert;
    const struct cert_origin origin = {
        .file = r->name,
        .index = r->index,
        .form = bundle->form,
        .chain = item->chain,
        .at = job->now,
    };

    if (cert_read(item->der, &cert, why) != FAULT_NONE) {
        why->offset += (size_t)(item->der.at - block->bytes.at);
        complain_block(r, block, why);
        return FAULT_NONE;
    }
    r->index++;
    if (job->add(&job->text, &cert, &origin) != FAULT_NONE) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    return job->text.len < FLUSH_AT ? FAULT_NONE : flush(job, why);
}

/* Tells of all certificates in a block. Faults are the output's. */
static enum fault tell_block(struct reading *r, const struct container_block *block,
                             struct why *why)
{
    struct bundle bundle;
    struct bundle_item item;
    enum fault fault = bundle_open(block->bytes, &bundle, why);

    if (fault != FAULT_NONE) {
        complain_block(r, block, why);
        return FAULT_NONE;
    }
    while (bundle_next(&bundle, &item, why, &fault)) {
        enum fault told = tell(r, block, &bundle, &item, why);

        if (told != FAULT_NONE) {
            return told;
        }
    }
    if (fault != FAULT_NONE) {
        complain_block(r, block, why);
    }
    return FAULT_NONE;
}

/*
 * Whether a file is what tables and LDIF hold: values in hexadecimal or base64, of which one at
 * least is a certificate's. Out of memory counts as no.
 */
static bool holds_values(struct span text)
{
    struct arena arena = arena_with_max(CERT_FILE_MAX);
    struct cursor in = cursor_over(text);
    struct value value;
    struct bundle bundle;
    struct why why;
    bool found = false;

    while (!found && value_next(&in, VALUE_SEPARATOR, &arena, &value) == FAULT_NONE) {
        found = value.state == VALUE_BYTES && bundle_open(value.bytes, &bundle, &why) == FAULT_NONE;
        arena_reset(&arena);
    }
    arena_clear(&arena);
    return found;
}

/* Tells of one value of such a file. Faults are the output's. */
static enum fault tell_value(struct reading *r, struct container_block *block,
                             const struct value *value, struct why *why)
{
    static const struct why lost = {.rule = "a type's name stands in place of its bytes"};

    if (value->state != VALUE_BYTES) {
        complain_block(r, block, value->state == VALUE_LOST ? &lost : &value->why);
        return FAULT_NONE;
    }
    block->bytes = value->bytes;
    return tell_block(r, block, why);
}

/* Tells of all values in such a file. Faults are the output's. */
static enum fault tell_values(struct reading *r, struct why *why)
{
    struct arena arena = arena_with_max(CERT_FILE_MAX);
    struct cursor in = cursor_over(r->bytes);
    struct container_block block = {.text = true};
    struct value value;
    enum fault fault = FAULT_NONE;

    while (fault == FAULT_NONE) {
        block.offset = in.offset;
        fault = value_next(&in, VALUE_SEPARATOR, &arena, &value);
        if (fault == FAULT_NONE) {
            fault = tell_value(r, &block, &value, why);
        } else if (fault == FAULT_RESOURCE) {
            fault = fault_at(fault, 0, "out of memory", why);
        }
        arena_reset(&arena);
    }
    arena_clear(&arena);
    return fault == FAULT_ABSENT ? FAULT_NONE : fault;
}

/* Tells of all blocks of a file. Faults are the output's. */
static enum fault tell_blocks(struct reading *r, struct why *why)
{
    struct container container = container_over(r->bytes);
    struct container_block block;
    enum fault fault = FAULT_NONE;

    if (container_is_pkcs12(r->bytes)) {
        complain(r->name, 0,
                 "PKCS#12: certificates and keys under a password "
                 "(openssl pkcs12 -in FILE -nokeys shows its certificates)");
        r->complained = true;
        return FAULT_NONE;
    }
    while (fault == FAULT_NONE) {
        enum fault found = container_next(&container, &block, why);

        if (found == FAULT_ABSENT) {
            break;
        }
        if (found == FAULT_SYNTAX) {
            complain_block(r, &block, why);
        } else if (block.unknown && holds_values(r->bytes)) {
            fault = tell_values(r, why);
        } else {
            fault = found == FAULT_NONE ? tell_block(r, &block, why) : found;
        }
    }
    container_clear(&container);
    if (fault == FAULT_NONE && r->index == 0) {
        complain(r->name, 0, "no certificate in it");
        r->complained = true;
    }
    return fault;
}

/* A file that begins with a byte order mark is text: it is read as its UTF-8 in `text`. */
static enum fault decode_text(struct reading *r, struct buffer *text, struct why *why)
{
    size_t mark;
    enum encoding encoding = encoding_find(span_upto(r->bytes, MARK_MAX), &mark);

    if (mark == 0) {
        return FAULT_NONE;
    }
    encoding_add_decoded(text, span_from(r->bytes, mark), encoding);
    r->bytes = buffer_span(text);
    return text->fault == FAULT_NONE ? FAULT_NONE
                                     : fault_at(FAULT_RESOURCE, 0, "out of memory", why);
}

/*
 * Tells of one file; what is wrong with it is told, and gives EXIT_SOME, or EXIT_NOT_DONE when
 * it could not be opened. Faults are the output's.
 */
static enum fault tell_file(struct job *job, size_t index, int *status, struct why *why)
{
    struct buffer bytes = buffer_with_max(CERT_FILE_MAX);
    struct buffer text = buffer_with_max(TEXT_MAX);
    const char *name = job->files.names[index];
    struct reading r = {.job = job, .name = name};
    enum fault fault = cert_files_read(&job->files, index, &bytes, why);

    *status = EXIT_NOT_DONE;
    if (fault != FAULT_NONE) {
        complain(name, 0, fault == FAULT_LIMIT ? "larger than 256 MiB (split it)" : why->rule);
        buffer_clear(&bytes);
        return FAULT_NONE;
    }
    r.bytes = buffer_span(&bytes);
    fault = decode_text(&r, &text, why);
    if (fault == FAULT_NONE) {
        fault = tell_blocks(&r, why);
    }
    buffer_clear(&text);
    *status = r.complained ? EXIT_SOME : EXIT_DONE;
    buffer_clear(&bytes);
    return fault;
}

/* Tells of all files; gives the exit status. */
static int tell_files(struct job *job)
{
    const size_t count = job->files.count;
    struct why why = {0};
    enum fault fault = FAULT_NONE;
    size_t done = 0, unopened = 0;

    for (size_t i = 0; i < count && fault == FAULT_NONE; i++) {
        int status;

        fault = tell_file(job, i, &status, &why);
        done += status == EXIT_DONE ? 1 : 0;
        unopened += status == EXIT_NOT_DONE ? 1 : 0;
    }
    if (fault == FAULT_NONE && unopened < count) {
        fault = flush(job, &why);
    }
    if (fault == FAULT_NONE && unopened < count) {
        fault = outfile_commit(&job->out, &why);
    }
    if (fault != FAULT_NONE && fault != FAULT_ABSENT) { /* ABSENT: nobody reads any more */
        complain(job->output, 0, why.rule);
    }
    if (fault != FAULT_NONE || unopened == count) {
        return EXIT_NOT_DONE;
    }
    return done == count ? EXIT_DONE : EXIT_SOME;
}

static const char *take_option(void *own, int code, const char *argument)
{
    struct job *job = own;

    if (code == OPTION_NO_SANDBOX) {
        job->no_sandbox = true;
        return NULL;
    }
    if (code == 'o') {
        job->output = argument;
        return *argument != '\0' ? NULL : "--output is the name of a file, not";
    }
    job->add = *argument == 'j' ? cert_report_add_json_line : cert_report_add_text;
    return strcmp(argument, "jsonl") == 0 || strcmp(argument, "text") == 0
               ? NULL
               : "--format is text or jsonl, not";
}

/* False when the verb ends here, with `*status`. */
static bool parse_options(int argc, char **argv, struct job *job, int *status)
{
    static const struct option table[] = {
        {"format", required_argument, NULL, 'f'},
        {"output", required_argument, NULL, 'o'},
        {"no-sandbox", no_argument, NULL, OPTION_NO_SANDBOX},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const struct options_frame frame = {.verb = "cert",
                                        .letters = ":f:o:h",
                                        .table = table,
                                        .help = {help},
                                        .take = take_option,
                                        .own = job};

    if (!options_parse(argc, argv, &frame, status)) {
        return false;
    }
    if (optind == argc) {
        *status = complain_usage("cert", "no FILE given", NULL);
        return false;
    }
    return true;
}

/* False when the output would replace one of the files, which is told. */
static bool spares_files(const struct job *job, char **names, size_t count)
{
    struct overwriting read = {0};
    bool told;

    for (size_t i = 0; i < count; i++) {
        name_list_add(&read.files, names[i]);
    }
    told = overwriting_is_told(&read, job->output);
    name_list_clear(&read.files);
    return !told;
}

static void enter_sandbox(const struct job *job)
{
    const struct cert_files *files = &job->files;
    const bool later = files->opened == NULL;
    char *folder = outfile_folder(&job->out);

    if (!job->no_sandbox) {
        (void)sandbox_enter(&(struct sandbox){.output_folder = folder,
                                              .read_folder = -1,
                                              .read_files = files->names,
                                              .read_file_count = later ? files->count : 0});
    }
    free(folder);
}

int cmd_cert(int argc, char **argv)
{
    struct job job = {.add = cert_report_add_text,
                      .out = {.fd = -1},
                      .text = buffer_with_max(OUTPUT_MAX),
                      .now = (int64_t)time(NULL)};
    struct why why = {0};
    int status = EXIT_NOT_DONE;

    if (!parse_options(argc, argv, &job, &status)) {
        return status;
    }
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an answer of write(2) */
    (void)signal(SIGXFSZ, SIG_IGN); /* so is a limit on the size of files */
    if (!spares_files(&job, argv + optind, (size_t)(argc - optind))) {
        return EXIT_NOT_DONE;
    }
    if (outfile_open(job.output, &job.out, &why) != FAULT_NONE) {
        complain(job.output, 0, why.rule);
        return EXIT_NOT_DONE;
    }
    if (cert_files_open(&job.files, (const char *const *)argv + optind, (size_t)(argc - optind))) {
        enter_sandbox(&job);
        status = tell_files(&job);
    } else {
        complain(NULL, 0, "out of memory");
    }
    cert_files_clear(&job.files);
    outfile_clear(&job.out);
    buffer_clear(&job.text);
    return status;
}
