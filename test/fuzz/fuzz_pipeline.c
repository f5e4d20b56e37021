#include "roster/judge.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/count.h"
#include "base/text.h"
#include "report/html_page.h"
#include "report/report.h"
#include "source/source.h"

/*
 * Any bytes as an export, from the file to the rows, as a worker does it: every mailbox has a row
 * of each format, every row is whole, lines are told in their order, and the same bytes read
 * again come to the same.
 *
 * One source is opened once and rewound, so that a run asks for no memory.
 */
enum { COLUMNS = 13, ROWS_MAX = 256 * 1024 * 1024, ARENA_MAX = 256 * 1024 * 1024 };

static const int64_t now = 1793491200;

static struct batch batch;
static struct arena entries, kept;
static struct buffer jsonl, csv, table, html;

static void hold(bool what)
{
    if (!what) {
        abort();
    }
}

static void add_row(const char *format, struct buffer *out, const struct row *row)
{
    format_find(span_text(format))->row(out, row);
}

static void take_entry(const struct entry *entry, struct complaints *complaints,
                       uint64_t *mailboxes)
{
    static const struct rules rules = {.at = now, .warning_seconds = (int64_t)30 * 86400};
    static const struct circumstances given = {.rules = &rules, .site = "Site"};
    struct mailbox mailbox;
    struct verdict verdict;
    struct row row = {.entry = entry,
                      .mailbox = &mailbox,
                      .verdict = &verdict,
                      .rules = &rules,
                      .source = "export"};

    if (!entry_is_mailbox(entry, true)) {
        return;
    }
    hold(judge_entry(entry, &given, &entries, &mailbox, &verdict, complaints, &kept) == FAULT_NONE);
    add_row("jsonl", &jsonl, &row);
    add_row("csv", &csv, &row);
    add_row("table", &table, &row);
    add_row("html", &html, &row);
    ++*mailboxes;
}

/* Takes the entries of one batch; the lines that it tells of lie within it. */
static struct records take_batch(struct source *source, uint64_t *mailboxes)
{
    struct records records = records_of(source, &batch);
    uint64_t last = batch.first_line - 1;
    uint64_t end = batch.first_line + count_byte(span_of(batch.bytes, batch.len), '\n');
    struct complaints complaints = {0};
    enum fault fault;

    arena_reset(&kept);
    do {
        struct entry entry = {0};
        struct why why = {0};
        uint64_t line = 0;

        arena_reset(&entries);
        fault = records_next(&records, &entries, &entry, &line, &why);
        if (fault == FAULT_NONE) {
            hold(entry.line > last && entry.line <= end);
            last = entry.line;
            take_entry(&entry, &complaints, mailboxes);
        } else if (fault != FAULT_ABSENT) {
            hold(why.rule != NULL && line > last && line <= end);
            last = line;
        }
    } while (fault != FAULT_ABSENT);
    for (size_t i = 0; i < complaints.count; i++) {
        hold((complaints.at[i].rule != NULL || complaints.at[i].further > 0) &&
             complaints.at[i].line <= end);
    }
    return records;
}

static void commit_batch(struct source *source, uint64_t *mailboxes)
{
    size_t before[] = {jsonl.len, csv.len, table.len, html.len};
    uint64_t counted = *mailboxes, base;
    struct records records = take_batch(source, mailboxes);
    struct why why;

    if (records_commit(&records, &base) == FAULT_ABSENT) {
        jsonl.len = before[0], csv.len = before[1], table.len = before[2];
        html.len = before[3];
        *mailboxes = counted;
        hold(source_join(source, &batch, &why) == FAULT_NONE);
        records = take_batch(source, mailboxes);
        hold(records_commit(&records, &base) == FAULT_NONE);
    }
}

/* Reads the file from its start; the number of mailboxes. */
static uint64_t read_export(struct source *source)
{
    struct why why = {0};
    uint64_t mailboxes = 0;
    enum fault fault;

    buffer_reset(&jsonl);
    buffer_reset(&csv);
    buffer_reset(&table);
    buffer_reset(&html);
    hold(source_rewind(source, &why) == FAULT_NONE);
    fault = source_start(source, &why);
    while (fault == FAULT_NONE) {
        fault = source_read(source, &batch, &why);
        if (fault == FAULT_NONE) {
            commit_batch(source, &mailboxes);
        }
    }
    if (source_has_left(source)) {
        batch.len = 0;
        batch.last = true;
        commit_batch(source, &mailboxes);
    }
    hold(fault == FAULT_ABSENT || why.rule != NULL);
    return mailboxes;
}

/* One line a mailbox, each an object. */
static void hold_jsonl(struct span out, uint64_t mailboxes)
{
    size_t end;

    hold(count_byte(out, '\n') == mailboxes);
    while (span_find(out, '\n', &end)) {
        hold(end >= 2 && out.at[0] == '{' && out.at[end - 1] == '}');
        out = span_from(out, end + 1);
    }
    hold(out.len == 0);
}

/* One record a mailbox, each of so many fields. */
static void hold_csv(struct span out, uint64_t mailboxes)
{
    const struct csv_dialect dialect = {.delimiter = span_text(","), .quote = '"'};
    uint64_t records = 0;

    while (out.len > 0) {
        struct csv_record record;
        struct csv_fields state = {0};
        struct csv_field field;
        size_t fields = 0;

        hold(csv_record_find(out, &dialect, true, &record) == CSV_COMPLETE);
        while (csv_field_next(record.text, &dialect, &state, &field)) {
            fields++;
        }
        hold(fields == COLUMNS);
        records++;
        out = span_from(out, record.size);
    }
    hold(records == mailboxes);
}

/* What is put into a script: one line an array, and nothing that HTML would look at. */
static enum fault hold_data(void *context, struct span bytes, struct why *why)
{
    (void)context;
    (void)why;
    hold(text_is_utf8(bytes) && bytes.at[0] == '[' && bytes.at[bytes.len - 1] == ']');
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t b = bytes.at[i];

        hold(b != '<' && b != '>' && b != '&' && b != 0x7F);
        hold(b >= 0x20 || (b == '\n' && bytes.at[i - 1] == ',' && bytes.at[i + 1] == '['));
    }
    return FAULT_NONE;
}

/* A row of the page a mailbox. */
static void hold_html(struct span out, uint64_t mailboxes)
{
    struct page *page = page_new(&(struct report_options){.at = now});
    struct why why;

    hold(page != NULL && page_take(page, out, hold_data, NULL, &why) == FAULT_NONE);
    hold(page->rows == mailboxes);
    page_free(page);
}

static struct source *open_source(int *file)
{
    static const struct source_options usual = {.follow_folder = -1, .count_lines = true};
    struct source *source = NULL;
    struct why why = {0};
    int saved = dup(STDIN_FILENO);

    *file = memfd_create("export", MFD_CLOEXEC);
    hold(*file >= 0 && saved >= 0 && dup2(*file, STDIN_FILENO) == STDIN_FILENO);
    hold(source_open("-", &usual, &source, &why) == FAULT_NONE);
    hold(dup2(saved, STDIN_FILENO) == STDIN_FILENO && close(saved) == 0);
    entries.max = kept.max = ARENA_MAX;
    jsonl.max = csv.max = table.max = html.max = ROWS_MAX;
    return source;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct source *source;
    static int file;
    uint64_t mailboxes;

    if (source == NULL) {
        source = open_source(&file);
    }
    hold(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
    mailboxes = read_export(source);
    hold(jsonl.fault == FAULT_NONE && csv.fault == FAULT_NONE && table.fault == FAULT_NONE &&
         html.fault == FAULT_NONE);
    hold_jsonl(buffer_span(&jsonl), mailboxes);
    hold_csv(buffer_span(&csv), mailboxes);
    hold_html(buffer_span(&html), mailboxes);
    if (size % 16 == 0) { /* now and then, for it takes as long again */
        hold(read_export(source) == mailboxes);
    }
    return 0;
}
