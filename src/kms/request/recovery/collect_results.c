#include "kms/request/recovery/collect_results.h"

#include "kms/request/recovery/recover_seal.h"
#include "kms/request/session/vouch.h"
#include "kms/store/escrow_rows.h"
#include "kms/store/store.h"

enum { GENERATION_SIZE = 8, NAMES_MAX = 300 };

size_t collect_sources_good(const struct collect_sources *sources)
{
    size_t count = 0;

    for (size_t i = 0; i < sources->count; i++) {
        count += sources->at[i].is_bad ? 0 : 1;
    }
    return count;
}

void collect_sources_clear(struct collect_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++) {
        secret_clear(&sources->at[i].partials);
    }
    sources->count = 0;
}

enum fault collect_source_drop(struct collect_source *source, struct collection *collection,
                               struct arena *arena, const char *what, struct why *why)
{
    char *copy = arena_take(arena, strlen(what) + 1);

    if (copy == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    memcpy(copy, what, strlen(what) + 1);
    collection->faults[collection->fault_count++] =
        (struct collect_fault){.agent = source->agent, .what = copy};
    source->is_bad = true;
    return FAULT_NONE;
}

static int64_t read_generation(struct span partials)
{
    uint64_t n = 0;

    for (size_t i = 0; i < GENERATION_SIZE; i++) {
        n = n << 8 | partials.at[i];
    }
    return (int64_t)n;
}

/* What is wrong with an approval, or NULL: then its results are in source->partials. */
static enum fault open_one(struct collector *c, const struct recovery_request *request,
                           const struct approval_row *row, const struct person_row *person,
                           const struct secret *private, struct collect_source *source,
                           const char **wrong, struct why *why)
{
    const struct recover_approval approval = {
        .request = request, .agent = person->name, .escrow = c->escrow};
    const size_t size = partial_size(vault_public(c->vault)->curve);
    uint8_t digest[TRANSCRIPT_SIZE];
    enum fault fault;

    if (row->partials.len < GENERATION_SIZE) {
        *wrong = "the approval is damaged";
        return FAULT_NONE;
    }
    if (read_generation(row->partials) != c->escrow) {
        *wrong = "the approval was given before the agents were changed (ask anew)";
        return FAULT_NONE;
    }
    fault = approval_digest(&approval, row->partials, digest, why);
    if (fault == FAULT_NONE) {
        *wrong = "the approval does not bear the agent's signature";
        fault = identity_verify(person->signing.at, span_of(digest, sizeof(digest)), row->signature,
                                why);
    }
    if (fault == FAULT_NONE) {
        *wrong = "the results are not sealed to this request";
        fault = approval_open(&approval, private, span_from(row->partials, GENERATION_SIZE),
                              &source->partials, why);
    }
    if (fault == FAULT_NONE) {
        *wrong = source->partials.len == size * request->key_count
                     ? NULL
                     : "the results are not one for each key";
    }
    return fault == FAULT_DENIED ? FAULT_NONE : fault;
}

/* The person and his share of the present generation. */
static enum fault find_agent(struct collector *c, const struct approval_row *row,
                             struct arena *arena, struct person_row *person,
                             struct collect_source *source, const char **wrong, struct why *why)
{
    struct share_row share;
    enum fault fault = person_get(c->kms->store, row->person, arena, person, why);

    if (fault != FAULT_NONE) {
        return fault == FAULT_ABSENT
                   ? fault_at(FAULT_SYNTAX, 0, "who approved is not in the store", why)
                   : fault;
    }
    source->agent = person->name;
    source->person = person->id;
    fault = vouch_check(c->kms, person, why);
    if (fault == FAULT_DENIED) {
        *wrong = "the store was altered: the CA does not vouch for his row";
        return FAULT_NONE;
    }
    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = share_get(c->kms->store, c->escrow, row->person, arena, &share, why);
    if (fault == FAULT_ABSENT) {
        *wrong = "he holds no share of the recovery key any more (ask anew)";
        return FAULT_NONE;
    }
    source->place = fault == FAULT_NONE ? (unsigned)share.place : 0;
    return fault;
}

/* Whether the same agent approved again: the agents were changed since, and his last word counts.
 */
static bool is_replaced(const struct approval_row *rows, size_t count, size_t which)
{
    for (size_t i = which + 1; i < count; i++) {
        if (rows[i].person == rows[which].person) {
            return true;
        }
    }
    return false;
}

enum fault collect_sources_open(struct collector *collector, struct collection *collection,
                                const struct secret *private, struct arena *arena,
                                struct collect_sources *out, struct why *why)
{
    struct approval_row *rows;
    size_t count;
    enum fault fault = approval_list(collector->kms->store, collection->recovery.row.id, arena,
                                     &rows, &count, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    out->at = arena_take_array(arena, count + 1, sizeof(*out->at));
    collection->faults = arena_take_array(arena, count + 1, sizeof(*collection->faults));
    if (out->at == NULL || collection->faults == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    for (size_t i = 0; i < count && fault == FAULT_NONE; i++) {
        struct collect_source *source = &out->at[out->count];
        struct person_row person;
        const char *wrong = NULL;

        if (is_replaced(rows, count, i)) {
            continue;
        }
        out->count++;
        *source = (struct collect_source){0};
        fault = find_agent(collector, &rows[i], arena, &person, source, &wrong, why);
        if (rows[i].person == collection->recovery.row.requester) {
            wrong = "who asked counts as nobody";
        }
        if (fault == FAULT_NONE && wrong == NULL) {
            fault = open_one(collector, &collection->recovery.request, &rows[i], &person, private,
                             source, &wrong, why);
        }
        if (fault == FAULT_NONE && wrong != NULL) {
            fault = collect_source_drop(source, collection, arena, wrong, why);
        }
    }
    return fault;
}

static bool has_approved(const struct collect_sources *sources, int64_t person)
{
    for (size_t i = 0; i < sources->count; i++) {
        if (sources->at[i].person == person && !sources->at[i].is_bad) {
            return true;
        }
    }
    return false;
}

/* The agents whose results are not there, with commas between. */
static enum fault add_missing(struct collector *c, const struct collection *collection,
                              const struct collect_sources *sources, struct arena *arena,
                              struct buffer *names, struct why *why)
{
    struct share_row *shares;
    size_t count;
    enum fault fault = share_list(c->kms->store, c->escrow, arena, &shares, &count, why);

    for (size_t i = 0; i < count && fault == FAULT_NONE; i++) {
        struct person_row person;

        if (shares[i].person == collection->recovery.row.requester ||
            has_approved(sources, shares[i].person)) {
            continue;
        }
        fault = person_get(c->kms->store, shares[i].person, arena, &person, why);
        if (fault == FAULT_NONE && names->len + person.name.len + 2 <= NAMES_MAX) {
            buffer_add_text(names, names->len > 0 ? ", " : "");
            buffer_add(names, person.name);
        }
    }
    return fault;
}

enum fault collect_too_few(struct collector *collector, const struct collection *collection,
                           const struct collect_sources *sources, struct arena *arena,
                           struct why *why)
{
    const unsigned needed = vault_public(collector->vault)->quorum;
    const size_t good = collect_sources_good(sources);
    struct buffer names = buffer_with_max(NAMES_MAX);
    enum fault fault = add_missing(collector, collection, sources, arena, &names, why);

    if (fault == FAULT_NONE) {
        fault = kms_tell(collector->kms, FAULT_DENIED, why,
                         "it takes the approval of %u agents, and %zu %s given%s%.*s", needed, good,
                         good == 1 ? "is" : "are", names.len > 0 ? "; not yet: " : "",
                         (int)names.len, names.len > 0 ? (const char *)names.at : "");
    }
    buffer_clear(&names);
    return fault;
}
