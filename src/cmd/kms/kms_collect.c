#include <stdio.h>
#include <stdlib.h>

#include "base/readfile.h"
#include "cmd/kms/kms.h"
#include "cmd/kms/kms_collect_files.h"
#include "cmd/kms/kms_options.h"
#include "cmd/kms/kms_recovery.h"
#include "cmd/kms/kms_rows.h"

enum { OPTION_P12 = KMS_OWN_OPTION, OPTION_P12_DIR, OPTION_EACH, OPTION_LEGACY, GROUP_SIZE = 32 };

#define ARENA_MAX ((size_t)256 << 20)

static const struct option long_options[] = {
    {"p12", required_argument, NULL, OPTION_P12},
    {"p12-dir", required_argument, NULL, OPTION_P12_DIR},
    {"each", required_argument, NULL, OPTION_EACH},
    {"legacy-p12", no_argument, NULL, OPTION_LEGACY},
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: keyroster kms collect STORE REQUEST --p12 FILE [OPTION]...\n"
    "       keyroster kms collect STORE REQUEST... --p12-dir DIR [OPTION]...\n"
    "\n"
    "Who asked for a recovery collects the keys, once enough agents have approved it:\n"
    "one PKCS#12 with all of them, under the passphrase of the name 'p12'. A request\n"
    "is collected once.\n"
    "\n"
    "      --p12 FILE        where the PKCS#12 goes, mode 0600\n"
    "      --p12-dir DIR     DIR/ADDRESS.p12 for each request\n"
    "      --each DIR        a PKCS#12 for each key too, DIR/ADDRESS-SERIAL.p12: what\n"
    "                        Apple Mail reads\n"
    "      --legacy-p12      in the form that old readers take\n";

static const char *take(void *own, int code, const char *argument)
{
    struct collect_files *files = own;

    if (code != OPTION_LEGACY && *argument == '\0') {
        return "a name of a file or directory, not";
    }
    switch (code) {
    case OPTION_P12:
        files->p12 = argument;
        break;
    case OPTION_P12_DIR:
        files->p12_dir = argument;
        break;
    case OPTION_EACH:
        files->each = argument;
        break;
    default:
        files->form = PKCS12_OLD;
        break;
    }
    return NULL;
}

static const char *check_together(const struct collect_files *files, const struct kms_options *o)
{
    if (files->p12 != NULL && files->p12_dir != NULL) {
        return "the keys go to --p12 FILE, or into --p12-dir DIR";
    }
    if (files->p12 == NULL && files->p12_dir == NULL && files->each == NULL) {
        return "the keys go to --p12 FILE, into --p12-dir DIR, or into --each DIR";
    }
    return files->p12 != NULL && o->rest_count > 1 ? "several requests go into --p12-dir DIR"
                                                   : NULL;
}

static const struct kms_column columns[] = {
    {"address", 32, false}, {"result", 9, false},   {"request", 64, true}, {"keys", 4, false},
    {"serials", 0, true},   {"left_out", 8, false}, {"reason", 0, false},
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

static enum fault add_row(struct kms_rows *rows, const struct collection *collection,
                          struct arena *arena, const char *refused, struct why *why)
{
    const struct recovery_request *request = &collection->recovery.request;
    const bool known = request->address_count > 0;
    const char **serials = arena_take_array(arena, request->key_count + 1, sizeof(char *));
    char(*texts)[RECOVERY_SERIAL_TEXT] =
        arena_take_array(arena, request->key_count + 1, sizeof(*texts));

    if (serials == NULL || texts == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    for (size_t i = 0; i < request->key_count; i++) {
        recovery_serial_text(request->keys[i].serial, texts[i]);
        serials[i] = texts[i];
    }
    const struct kms_value values[COLUMN_COUNT] = {
        known ? kms_span(request->addresses[0]) : kms_null(),
        kms_text(refused != NULL ? "refused" : "collected"),
        known ? kms_hex(span_of(request->digest, sizeof(request->digest))) : kms_null(),
        known ? kms_number((int64_t)request->key_count) : kms_null(),
        known ? kms_list(serials, request->key_count) : kms_null(),
        refused == NULL ? kms_number((int64_t)collection->recovery.losses.count) : kms_null(),
        kms_text(refused),
    };

    return kms_rows_add(rows, values, why);
}

/* Agents whose results were of no use are named, whether the keys could be opened or not. */
static void tell_faults(const char *name, const struct collection *collection)
{
    char sentence[KMS_TOLD_SIZE];

    for (size_t i = 0; i < collection->fault_count; i++) {
        const struct collect_fault *fault = &collection->faults[i];

        (void)snprintf(sentence, sizeof(sentence), "%.*s is left out: %s", (int)fault->agent.len,
                       (const char *)fault->agent.at, fault->what);
        complain(name, 0, sentence);
    }
}

/* One request on its way; its texts lie in the arena. */
struct asked {
    const char *name; /* of the file */
    struct collection collection;
    const char *refused; /* the sentence; NULL: not refused */
};

/* Requests that are collected in one transaction; their rows are told after it. */
struct group {
    struct asked at[GROUP_SIZE];
    size_t count;
};

/* Opens the keys of one request and makes its files; a refusal is kept until its row is told. */
static enum fault collect_one(struct collector *collector, struct collect_files *files,
                              struct arena *arena, struct asked *asked, struct why *why)
{
    struct buffer file = buffer_with_max(RECOVERY_FILE_MAX);
    enum fault fault = readfile(asked->name, &file, why);

    if (fault != FAULT_NONE) { /* nothing was asked of the store: no audit row */
        asked->refused = why->rule;
        buffer_clear(&file);
        return FAULT_NONE;
    }
    fault = collect(collector, buffer_span(&file), arena, &asked->collection, why);
    buffer_clear(&file);
    if (fault == FAULT_NONE) {
        fault = collect_files_make(files, collector, &asked->collection, why);
        return fault == FAULT_NONE ? collect_settle(collector, &asked->collection, why) : fault;
    }
    if (fault != FAULT_RESOURCE) {
        char *copy = arena_take(arena, KMS_TOLD_SIZE);

        if (copy == NULL) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
        memcpy(copy, collector->kms->told, KMS_TOLD_SIZE);
        asked->refused = copy;
        return FAULT_NONE;
    }
    return fault;
}

/* Collects all of a group, or none: the files come to their places, and then it is committed. */
static enum fault collect_group(struct collector *collector, struct collect_files *files,
                                char *const names[], size_t count, struct arena *arena,
                                struct group *group, struct why *why)
{
    enum fault fault = kms_begin(collector->kms, why);

    for (group->count = 0; group->count < count && fault == FAULT_NONE;) {
        struct asked *asked = &group->at[group->count];

        *asked = (struct asked){.name = names[group->count]};
        fault = collect_one(collector, files, arena, asked, why);
        collection_clear(&asked->collection); /* its keys are in the files now */
        group->count++;
    }
    if (fault == FAULT_NONE) {
        fault = collect_files_place(files, collector->kms, why);
    }
    if (fault == FAULT_NONE) {
        fault = kms_commit(collector->kms, why);
    }
    if (fault != FAULT_NONE) {
        kms_rollback(collector->kms);
        collect_files_take_back(files);
    }
    collect_files_forget(files);
    return fault;
}

static enum fault tell_group(const struct group *group, struct kms_rows *rows, struct arena *arena,
                             struct kms_outcome *outcome, struct why *why)
{
    enum fault fault = FAULT_NONE;

    for (size_t i = 0; i < group->count && fault == FAULT_NONE; i++) {
        const struct asked *asked = &group->at[i];

        tell_faults(asked->name, &asked->collection);
        if (asked->refused != NULL) {
            complain(asked->name, 0, asked->refused);
            outcome->failed++;
        } else {
            kms_outcome_add_losses(outcome, asked->name, &asked->collection.recovery.losses);
        }
        fault = add_row(rows, &asked->collection, arena, asked->refused, why);
    }
    return fault;
}

static enum fault collect_all(struct collect_files *files, const struct kms_options *o,
                              struct kms *kms, struct kms_rows *rows, struct kms_outcome *outcome,
                              struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct collector collector = {0};
    struct group group = {.count = 0};
    enum fault fault = collector_open(&collector, kms, why);

    if (fault == FAULT_NONE) {
        fault = collect_files_open(files, kms, why);
    }
    for (size_t i = 0; i < o->rest_count && fault == FAULT_NONE; i += GROUP_SIZE) {
        const size_t left = o->rest_count - i;

        arena_reset(&arena);
        fault = collect_group(&collector, files, o->rest + i, left < GROUP_SIZE ? left : GROUP_SIZE,
                              &arena, &group, why);
        if (fault == FAULT_NONE) {
            fault = tell_group(&group, rows, &arena, outcome, why);
        }
    }
    collector_close(&collector);
    arena_clear(&arena);
    return fault;
}

static int run_in(struct collect_files *files, struct kms_options *o, struct kms *kms)
{
    struct kms_rows rows = {0};
    struct why why = {0};
    struct kms_outcome outcome = {0};
    enum fault fault;

    if (!kms_passphrase_get_p12(&o->passphrases, &files->passphrase)) {
        return EXIT_NOT_DONE;
    }
    files->is_one = o->rest_count == 1;
    fault = kms_rows_open(&rows, NULL, o->jsonl, columns, COLUMN_COUNT, &why);
    if (fault == FAULT_NONE) {
        fault = collect_all(files, o, kms, &rows, &outcome, &why);
    }
    if (fault == FAULT_NONE) {
        fault = kms_rows_close(&rows, &why);
    }
    kms_rows_clear(&rows);
    if (fault != FAULT_NONE) {
        return kms_complain(o, &why);
    }
    return kms_outcome_status(&outcome, o->rest_count);
}

static int run(struct collect_files *files, struct kms_options *o)
{
    struct kms kms = {0};
    struct why why = {0};
    int status = EXIT_NOT_DONE;

    if (kms_open(&kms, o->store, KMS_WRITE, "collect", kms_clock(), &why) != FAULT_NONE) {
        status = kms_complain(o, &why);
        kms_close(&kms);
        return status;
    }
    kms_subject(&kms, span_text(o->rest[0]));
    if (kms_passphrases_sign_in(&o->passphrases, &kms, TASK_COUNT)) {
        status = kms_allow(&kms, TASK_COUNT, &why) == FAULT_NONE ? run_in(files, o, &kms)
                                                                 : kms_complain(o, &why);
    }
    kms_close(&kms);
    return status;
}

int kms_verb_collect(int argc, char **argv)
{
    static const struct kms_verb verb = {
        .name = "collect",
        .help = help,
        .options = long_options,
        .take = take,
        .rest_min = 1,
        .rest_max = SIZE_MAX,
        .rest_name = "REQUEST",
    };
    struct collect_files files = {.form = PKCS12_TODAY};
    struct kms_options options;
    const char *wrong;
    int status;

    if (kms_options_parse(argc, argv, &verb, &files, &options, &status)) {
        wrong = check_together(&files, &options);
        status = wrong != NULL ? complain_usage("kms collect", wrong, NULL) : run(&files, &options);
    }
    collect_files_clear(&files);
    kms_options_clear(&options);
    return status;
}
