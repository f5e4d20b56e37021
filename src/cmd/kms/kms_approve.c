#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/readfile.h"
#include "base/text.h"
#include "base/utc.h"
#include "cmd/kms/kms.h"
#include "cmd/kms/kms_options.h"
#include "cmd/kms/kms_recovery.h"
#include "cmd/kms/kms_rows.h"
#include "cmd/tidy_apply.h"
#include "kms/request/recovery/approve.h"

enum { OPTION_AGENT = KMS_OWN_OPTION, OPTION_SHARE, OPTION_YES, GROUP_SIZE = 32 };

#define ARENA_MAX    ((size_t)256 << 20)
#define QUESTION_MAX ((size_t)1 << 20)

static const struct option long_options[] = {
    {"agent", required_argument, NULL, OPTION_AGENT},
    {"share", required_argument, NULL, OPTION_SHARE},
    {"yes", no_argument, NULL, OPTION_YES},
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: keyroster kms approve STORE REQUEST... --agent NAME [OPTION]...\n"
    "\n"
    "A recovery agent approves requests that 'keyroster kms recover' has made. On a\n"
    "terminal each is shown and asked about first: whose keys, which, why, who asks.\n"
    "The agent's results serve this request only, and only who asked can read them.\n"
    "\n"
    "      --agent NAME      who approves\n"
    "      --share FILE      his share, where he keeps it himself\n"
    "      --yes             do not ask\n";

struct job {
    const char *agent, *share;
    bool yes;
};

static const char *take(void *own, int code, const char *argument)
{
    struct job *job = own;

    switch (code) {
    case OPTION_AGENT:
        if (job->agent != NULL) {
            return "one agent approves at a time, not also";
        }
        job->agent = argument;
        return NULL;
    case OPTION_SHARE:
        job->share = argument;
        return *argument != '\0' ? NULL : "--share is the name of a file, not";
    default:
        job->yes = true;
        return NULL;
    }
}

static const struct kms_column columns[] = {
    {"address", 32, false}, {"result", 8, false},     {"request", 64, true},
    {"addresses", 0, true}, {"keys", 4, false},       {"serials", 0, true},
    {"left_out", 8, false}, {"requester", 12, false}, {"created", 20, true},
    {"expires", 20, false}, {"approvals", 9, false},  {"needed", 6, false},
    {"why", 24, false},     {"reason", 0, false},
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

/* The texts of a row that are lists; in the arena. */
struct lists {
    const char **addresses, **serials;
};

static enum fault make_lists(const struct recovery_request *request, struct arena *arena,
                             struct lists *out, struct why *why)
{
    out->addresses = arena_take_array(arena, request->address_count + 1, sizeof(char *));
    out->serials = arena_take_array(arena, request->key_count + 1, sizeof(char *));
    if (out->addresses == NULL || out->serials == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    for (size_t i = 0; i < request->address_count + request->key_count; i++) {
        const bool is_address = i < request->address_count;
        const size_t which = is_address ? i : i - request->address_count;
        const struct span address = is_address ? request->addresses[which] : (struct span){0};
        char *text = arena_take(arena, is_address ? address.len + 1 : RECOVERY_SERIAL_TEXT);

        if (text == NULL) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
        if (is_address) {
            memcpy(text, address.at, address.len);
            text[address.len] = '\0';
            out->addresses[which] = text;
        } else {
            recovery_serial_text(request->keys[which].serial, text);
            out->serials[which] = text;
        }
    }
    return FAULT_NONE;
}

/* The row of a request; what could not be read of it is not told. */
static enum fault add_row(struct kms_rows *rows, const struct approve_result *result,
                          struct arena *arena, const char *refused, struct why *why)
{
    const struct recovery_request *request = &result->recovery.request;
    const bool known = request->address_count > 0;
    struct lists lists = {0};
    enum fault fault = make_lists(request, arena, &lists, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    const struct kms_value values[COLUMN_COUNT] = {
        known ? kms_span(request->addresses[0]) : kms_null(),
        kms_text(refused != NULL   ? "refused"
                 : result->already ? "already"
                                   : "approved"),
        known ? kms_hex(span_of(request->digest, sizeof(request->digest))) : kms_null(),
        known ? kms_list(lists.addresses, request->address_count) : kms_null(),
        known ? kms_number((int64_t)request->key_count) : kms_null(),
        known ? kms_list(lists.serials, request->key_count) : kms_null(),
        refused == NULL ? kms_number((int64_t)result->recovery.losses.count) : kms_null(),
        known ? kms_span(request->requester) : kms_null(),
        known ? kms_time(request->created) : kms_null(),
        known ? kms_time(request->expires) : kms_null(),
        refused == NULL ? kms_number((int64_t)result->approvals) : kms_null(),
        refused == NULL ? kms_number((int64_t)result->needed) : kms_null(),
        known ? kms_span(request->why) : kms_null(),
        kms_text(refused),
    };

    return kms_rows_add(rows, values, why);
}

static void add_line(struct buffer *out, const char *name, struct span text)
{
    buffer_add_text(out, name);
    text_add_safe(out, text);
    buffer_add_byte(out, '\n');
}

/* What the agent is asked about. */
static void describe(const struct recovery *recovery, struct buffer *out)
{
    const struct recovery_request *request = &recovery->request;
    char time[UTC_TEXT_SIZE];

    for (size_t i = 0; i < request->address_count; i++) {
        add_line(out, i == 0 ? "user:      " : "           ", request->addresses[i]);
    }
    for (size_t i = 0; i < request->key_count; i++) {
        const struct recovery_item *item = &recovery->items[i];
        char from[UTC_DATE_SIZE], to[UTC_DATE_SIZE];

        utc_date(item->certificate.not_before, from);
        utc_date(item->certificate.not_after, to);
        buffer_add_text(out, i == 0 ? "keys:      " : "           ");
        buffer_add_hex(out, request->keys[i].serial);
        buffer_add_text(out, "  ");
        if (item->is_lost) {
            buffer_add_text(out, "left out\n");
            continue;
        }
        buffer_add_text(out, from);
        buffer_add_text(out, " to ");
        buffer_add_text(out, to);
        buffer_add_text(out, "  ");
        text_add_safe(out, item->address);
        buffer_add_byte(out, '\n');
    }
    for (size_t i = 0; i < recovery->losses.count; i++) {
        add_line(out, "left out:  ", span_text(recovery->losses.at[i].what));
    }
    add_line(out, "why:       ", request->why);
    add_line(out, "asked by:  ", request->requester);
    utc_text(request->created, time);
    add_line(out, "at:        ", span_text(time));
    utc_text(request->expires, time);
    add_line(out, "expires:   ", span_text(time));
    buffer_add_text(out, "request:   ");
    buffer_add_hex(out, span_of(request->digest, sizeof(request->digest)));
    buffer_add_text(out, "\nApprove this? (yes/no) ");
}

/* One request on its way; its texts lie in the arena. */
struct asked {
    const char *name; /* of the file */
    struct buffer file;
    struct approve_result result;
    bool is_unseen;      /* it was to be refused when it was to be shown */
    const char *refused; /* the sentence; NULL: not refused */
};

/*
 * True when the agent agrees, or need not be asked. A request that is to be refused is not shown,
 * and then it is not approved either, whatever becomes of the store meanwhile.
 */
static bool is_agreed(const struct job *job, struct approver *approver, struct asked *asked,
                      struct arena *arena)
{
    struct buffer question = buffer_with_max(QUESTION_MAX);
    struct recovery recovery;
    struct why passed_over;
    bool agreed = true;

    if (job->yes || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        return true;
    }
    asked->is_unseen = recovery_check(approver->kms, &approver->cas, buffer_span(&asked->file),
                                      arena, &recovery, &passed_over) != FAULT_NONE;
    if (!asked->is_unseen) {
        describe(&recovery, &question);
        agreed = tidy_apply_ask(buffer_span(&question));
    }
    buffer_clear(&question);
    return agreed;
}

/*
 * Requests that are written in one transaction: a bulk is not kept waiting for the disk by each.
 * Their rows are told after it.
 */
struct group {
    struct asked at[GROUP_SIZE];
    size_t count;
};

static void clear_group(struct group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        buffer_clear(&group->at[i].file);
    }
    group->count = 0;
}

/* Reads the next files, and asks about each; `outcome` counts those that are left out. */
static void gather(const struct job *job, struct approver *approver, char *const names[],
                   size_t count, struct arena *arena, struct group *group,
                   struct kms_outcome *outcome)
{
    for (size_t i = 0; i < count; i++) {
        struct asked *asked = &group->at[group->count];
        struct why why;

        *asked = (struct asked){.name = names[i], .file = buffer_with_max(RECOVERY_FILE_MAX)};
        if (readfile(names[i], &asked->file, &why) != FAULT_NONE) {
            complain(names[i], 0, why.rule);
        } else if (!is_agreed(job, approver, asked, arena)) {
            complain(names[i], 0, "not approved");
        } else {
            group->count++;
            continue;
        }
        buffer_clear(&asked->file);
        outcome->failed++;
    }
}

/* Keeps the sentence of a refusal until its row is told. */
static enum fault keep_refusal(const struct kms *kms, struct arena *arena, struct asked *asked,
                               struct why *why)
{
    char *copy = arena_take(arena, sizeof(kms->told));

    if (copy == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    memcpy(copy, kms->told, sizeof(kms->told));
    asked->refused = copy;
    return FAULT_NONE;
}

/* Approves all of a group, or none: a refusal is committed too, as its audit row. */
static enum fault approve_group(struct approver *approver, struct arena *arena, struct group *group,
                                struct why *why)
{
    enum fault fault = kms_begin(approver->kms, why);

    for (size_t i = 0; i < group->count && fault == FAULT_NONE; i++) {
        struct asked *asked = &group->at[i];

        fault = approve(approver, buffer_span(&asked->file), arena, &asked->result, why);
        if (fault == FAULT_NONE && asked->is_unseen) {
            fault = kms_tell(approver->kms, FAULT_RESOURCE, why,
                             "%s was not to be approved when it was to be shown, and is now: "
                             "somebody writes to the store (nothing was approved)",
                             asked->name);
        } else if (fault != FAULT_NONE && fault != FAULT_RESOURCE) {
            fault = keep_refusal(approver->kms, arena, asked, why);
        }
    }
    if (fault == FAULT_NONE) {
        return kms_commit(approver->kms, why);
    }
    kms_rollback(approver->kms);
    return fault;
}

static enum fault tell_group(const struct group *group, struct kms_rows *rows, struct arena *arena,
                             struct kms_outcome *outcome, struct why *why)
{
    enum fault fault = FAULT_NONE;

    for (size_t i = 0; i < group->count && fault == FAULT_NONE; i++) {
        const struct asked *asked = &group->at[i];

        if (asked->refused != NULL) {
            complain(asked->name, 0, asked->refused);
            outcome->failed++;
        } else {
            kms_outcome_add_losses(outcome, asked->name, &asked->result.recovery.losses);
        }
        fault = add_row(rows, &asked->result, arena, asked->refused, why);
    }
    return fault;
}

static enum fault approve_all(const struct job *job, const struct kms_options *o, struct kms *kms,
                              struct kms_rows *rows, struct kms_outcome *outcome, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct approver approver = {0};
    struct group group = {.count = 0};
    enum fault fault = approver_open(&approver, kms, job->agent, job->share, why);

    for (size_t i = 0; i < o->rest_count && fault == FAULT_NONE; i += GROUP_SIZE) {
        const size_t left = o->rest_count - i;

        arena_reset(&arena);
        gather(job, &approver, o->rest + i, left < GROUP_SIZE ? left : GROUP_SIZE, &arena, &group,
               outcome);
        fault = approve_group(&approver, &arena, &group, why);
        if (fault == FAULT_NONE) {
            fault = tell_group(&group, rows, &arena, outcome, why);
        }
        clear_group(&group);
    }
    approver_close(&approver);
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
    enum fault fault = kms_open(&kms, o->store, KMS_WRITE, "approve", kms_clock(), &why);

    if (fault == FAULT_NONE) {
        kms_subject(&kms, span_text(o->rest[0]));
        if (!kms_passphrases_sign_in_one(&o->passphrases, &kms, job->agent)) {
            kms_close(&kms);
            return EXIT_NOT_DONE;
        }
        fault = kms_rows_open(&rows, NULL, o->jsonl, columns, COLUMN_COUNT, &why);
    }
    if (fault == FAULT_NONE) {
        fault = approve_all(job, o, &kms, &rows, &outcome, &why);
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

int kms_verb_approve(int argc, char **argv)
{
    static const struct kms_verb verb = {
        .name = "approve",
        .help = help,
        .options = long_options,
        .take = take,
        .rest_min = 1,
        .rest_max = SIZE_MAX,
        .rest_name = "REQUEST",
    };
    struct job job = {0};
    struct kms_options options;
    int status;

    if (kms_options_parse(argc, argv, &verb, &job, &options, &status)) {
        status = job.agent == NULL ? complain_usage("kms approve", "--agent NAME approves", NULL)
                                   : run(&job, &options);
    }
    kms_options_clear(&options);
    return status;
}
