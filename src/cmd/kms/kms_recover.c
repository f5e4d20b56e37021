#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/outfile.h"
#include "base/readfile.h"
#include "base/utc.h"
#include "cmd/kms/kms.h"
#include "cmd/kms/kms_options.h"
#include "cmd/kms/kms_recovery.h"
#include "cmd/kms/kms_rows.h"
#include "kms/request/recovery/recover.h"
#include "kms/request/session/p12_dir.h"

enum { OPTION_WHY = KMS_OWN_OPTION, OPTION_VALID_FOR, OPTION_REQUEST_DIR, GROUP_SIZE = 32 };

#define ARENA_MAX ((size_t)256 << 20)

static const struct option long_options[] = {
    {"why", required_argument, NULL, OPTION_WHY},
    {"valid-for", required_argument, NULL, OPTION_VALID_FOR},
    {"request-dir", required_argument, NULL, OPTION_REQUEST_DIR},
    KMS_OUTPUT_OPTION,
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: keyroster kms recover STORE ADDRESS --why TEXT -o REQUEST\n"
    "       keyroster kms recover STORE ADDRESS... --why TEXT --request-dir DIR\n"
    "\n"
    "An administrator asks for all encryption keys of a user, old ones too. The file\n"
    "REQUEST goes to the recovery agents, who approve it ('keyroster kms approve');\n"
    "then the one who asked collects the keys ('keyroster kms collect').\n"
    "\n"
    "      --why TEXT        the reason, which the agents and the audit see\n"
    "      --valid-for TIME  how long it can be approved and collected: 3d (default),\n"
    "                        90d at most\n"
    "  -o, --output FILE     where the request goes; replaces no file but a request\n"
    "      --request-dir DIR a request for each address, DIR/ADDRESS.json\n";

struct job {
    const char *why, *request_dir;
    int64_t valid_for;
};

static const char *take(void *own, int code, const char *argument)
{
    struct job *job = own;
    struct why why;

    switch (code) {
    case OPTION_WHY:
        job->why = argument;
        return recovery_why_check(span_text(argument), &why) == FAULT_NONE
                   ? NULL
                   : "--why is a reason, in one line of 1000 bytes at most, not";
    case OPTION_REQUEST_DIR:
        job->request_dir = argument;
        return *argument != '\0' ? NULL : "--request-dir is a directory, not";
    default:
        return utc_parse_duration(span_text(argument), &job->valid_for, &why) == FAULT_NONE &&
                       job->valid_for > 0 && job->valid_for <= RECOVERY_VALID_MAX
                   ? NULL
                   : "--valid-for is a time like 3d, 90d at most, not";
    }
}

static const char *check_together(const struct job *job, const struct kms_options *o)
{
    if (job->why == NULL) {
        return "a recovery has a reason (--why TEXT)";
    }
    if ((o->output == NULL) == (job->request_dir == NULL)) {
        return "the request goes to -o FILE, or into --request-dir DIR";
    }
    if (o->output != NULL && strcmp(o->output, "-") == 0) {
        return "the request goes into a file, not to standard output";
    }
    return o->output != NULL && o->rest_count > 1 ? "several requests go into --request-dir DIR"
                                                  : NULL;
}

/* What has been made of one address. */
struct asked {
    struct span address;
    struct recover_result result;
    const char *refused; /* the sentence; NULL: not refused */
};

static const struct kms_column columns[] = {
    {"address", 32, false}, {"result", 7, false},   {"request", 64, true}, {"keys", 4, false},
    {"left_out", 8, false}, {"expires", 20, false}, {"reason", 0, false},
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

static enum fault add_row(struct kms_rows *rows, const struct asked *asked, struct why *why)
{
    const char *refused = asked->refused;
    const struct span digest = span_of(asked->result.digest, sizeof(asked->result.digest));
    const struct kms_value values[COLUMN_COUNT] = {
        kms_span(asked->address),
        kms_text(refused == NULL ? "asked" : "failed"),
        refused == NULL ? kms_hex(digest) : kms_null(),
        refused == NULL ? kms_number((int64_t)asked->result.key_count) : kms_null(),
        refused == NULL ? kms_number((int64_t)asked->result.losses.count) : kms_null(),
        refused == NULL ? kms_time(asked->result.expires) : kms_null(),
        kms_text(refused),
    };

    return kms_rows_add(rows, values, why);
}

/* `DIR/ADDRESS.json`, safe as p12_dir_name() makes it. */
static enum fault place_in_dir(const struct job *job, struct span file, const struct asked *asked,
                               struct why *why)
{
    static const size_t suffix = sizeof(".p12") - 1;
    char place[P12_NAME_SIZE + 1];
    struct p12_dir dir;
    struct p12_file kept = {0};
    enum fault fault = p12_dir_name(asked->address, place, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    memcpy(place + strlen(place) - suffix, ".json", sizeof(".json"));
    fault = p12_dir_open(job->request_dir, &dir, why);
    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = p12_dir_keep(&dir, place, file, &kept, why);
    if (fault == FAULT_NONE) {
        fault = p12_dir_place(&dir, place, &kept, why);
    }
    p12_dir_drop(&dir, &kept);
    p12_dir_close(&dir);
    return fault;
}

/* A request may be asked for anew, in its own place; no other file is replaced. */
static bool is_free(const char *path)
{
    struct buffer text = buffer_with_max(RECOVERY_FILE_MAX);
    struct arena arena = arena_with_max(ARENA_MAX);
    struct recovery_request request;
    struct stat status;
    struct why why;
    bool free = path == NULL || stat(path, &status) != 0 || !S_ISREG(status.st_mode);

    if (!free) {
        free = readfile(path, &text, &why) == FAULT_NONE &&
               (text.len == 0 ||
                recovery_request_read(buffer_span(&text), &arena, &request, &why) == FAULT_NONE);
    }
    buffer_clear(&text);
    arena_clear(&arena);
    if (!free) {
        complain(path, 0, "is there already, and is no request: it is not replaced");
    }
    return free;
}

static enum fault place_file(const struct kms_options *o, struct span file, struct why *why)
{
    struct outfile out = {.fd = -1};
    enum fault fault = outfile_open(o->output, &out, why);

    if (fault == FAULT_NONE) {
        fault = outfile_write(&out, file, why);
    }
    if (fault == FAULT_NONE) {
        fault = outfile_commit(&out, why);
    }
    outfile_clear(&out);
    return fault;
}

/* One address: asked, and its file written; a refusal is kept until its row is told. */
static enum fault ask_one(const struct job *job, const struct kms_options *o, struct kms *kms,
                          const struct recovery_cas *cas, struct arena *arena, struct asked *asked,
                          struct why *why)
{
    const struct recover_wish wish = {
        .address = asked->address, .why = span_text(job->why), .valid_for = job->valid_for};
    struct buffer file = buffer_with_max(RECOVERY_FILE_MAX);
    enum fault fault = recover_ask(kms, cas, &wish, arena, &file, &asked->result, why);

    if (fault != FAULT_NONE && fault != FAULT_RESOURCE) {
        char *copy = arena_take(arena, sizeof(kms->told));

        buffer_clear(&file);
        if (copy == NULL) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
        memcpy(copy, kms->told, sizeof(kms->told));
        asked->refused = copy;
        return FAULT_NONE;
    }
    if (fault == FAULT_NONE) {
        fault = job->request_dir != NULL ? place_in_dir(job, buffer_span(&file), asked, why)
                                         : place_file(o, buffer_span(&file), why);
        if (fault != FAULT_NONE) {
            fault = kms_tell(kms, FAULT_RESOURCE, why, "%s: %s",
                             job->request_dir != NULL ? job->request_dir : o->output, why->rule);
        }
    }
    buffer_clear(&file);
    return fault;
}

/* Addresses that are asked for in one transaction; their rows are told after it. */
struct group {
    struct asked at[GROUP_SIZE];
    size_t count;
};

static enum fault ask_group(const struct job *job, const struct kms_options *o, struct kms *kms,
                            const struct recovery_cas *cas, struct arena *arena,
                            struct group *group, struct why *why)
{
    enum fault fault = kms_begin(kms, why);

    for (size_t i = 0; i < group->count && fault == FAULT_NONE; i++) {
        fault = ask_one(job, o, kms, cas, arena, &group->at[i], why);
    }
    if (fault == FAULT_NONE) {
        return kms_commit(kms, why);
    }
    kms_rollback(kms);
    return fault;
}

static enum fault tell_group(const struct group *group, struct kms_rows *rows,
                             struct kms_outcome *outcome, struct why *why)
{
    enum fault fault = FAULT_NONE;

    for (size_t i = 0; i < group->count && fault == FAULT_NONE; i++) {
        const struct asked *asked = &group->at[i];

        if (asked->refused != NULL) {
            complain((const char *)asked->address.at, 0, asked->refused);
            outcome->failed++;
        } else {
            kms_outcome_add_losses(outcome, (const char *)asked->address.at, &asked->result.losses);
        }
        fault = add_row(rows, asked, why);
    }
    return fault;
}

/* All addresses, group by group; `outcome` counts those that were refused. */
static enum fault ask_all(const struct job *job, const struct kms_options *o, struct kms *kms,
                          struct kms_rows *rows, struct kms_outcome *outcome, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct group group = {.count = 0};
    struct recovery_cas cas;
    enum fault fault = recovery_cas_open(kms, &cas, why);

    for (size_t i = 0; i < o->rest_count && fault == FAULT_NONE; i += group.count) {
        arena_reset(&arena);
        for (group.count = 0; group.count < GROUP_SIZE && i + group.count < o->rest_count;
             group.count++) {
            group.at[group.count] = (struct asked){.address = span_text(o->rest[i + group.count])};
        }
        fault = ask_group(job, o, kms, &cas, &arena, &group, why);
        if (fault == FAULT_NONE) {
            fault = tell_group(&group, rows, outcome, why);
        }
    }
    recovery_cas_close(&cas);
    arena_clear(&arena);
    return fault;
}

static int run(const struct job *job, struct kms_options *o)
{
    struct kms kms = {0};
    struct kms_rows rows = {0};
    struct why why = {0};
    struct kms_outcome outcome = {0};
    int status = EXIT_NOT_DONE;
    enum fault fault = kms_open(&kms, o->store, KMS_WRITE, "recover", kms_clock(), &why);

    if (fault == FAULT_NONE) {
        kms_subject(&kms, span_text(o->rest[0]));
        if (!kms_passphrases_sign_in(&o->passphrases, &kms, TASK_COUNT)) {
            kms_close(&kms);
            return EXIT_NOT_DONE;
        }
        fault = kms_allow(&kms, TASK_COUNT, &why);
    }
    if (fault == FAULT_NONE) {
        fault = kms_rows_open(&rows, NULL, o->jsonl, columns, COLUMN_COUNT, &why);
    }
    if (fault == FAULT_NONE) {
        fault = ask_all(job, o, &kms, &rows, &outcome, &why);
    }
    if (fault == FAULT_NONE) {
        fault = kms_rows_close(&rows, &why);
    }
    if (fault != FAULT_NONE) {
        status = kms_complain(o, &why);
    } else {
        status = kms_outcome_status(&outcome, o->rest_count);
    }
    kms_rows_clear(&rows);
    kms_close(&kms);
    return status;
}

int kms_verb_recover(int argc, char **argv)
{
    static const struct kms_verb verb = {
        .name = "recover",
        .help = help,
        .options = long_options,
        .take = take,
        .rest_min = 1,
        .rest_max = SIZE_MAX,
        .rest_name = "ADDRESS",
    };
    struct job job = {.valid_for = RECOVERY_VALID_USUAL};
    struct kms_options options;
    const char *wrong;
    int status;

    if (kms_options_parse(argc, argv, &verb, &job, &options, &status)) {
        wrong = check_together(&job, &options);
        status = wrong != NULL             ? complain_usage("kms recover", wrong, NULL)
                 : is_free(options.output) ? run(&job, &options)
                                           : EXIT_NOT_DONE;
    }
    kms_options_clear(&options);
    return status;
}
