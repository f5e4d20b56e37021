#include "report/summary_read.h"

#include <stdlib.h>

#include <jansson.h>

#include "base/utc.h"

static enum fault refuse(const char *rule, struct why *why)
{
    return fault_at(FAULT_SYNTAX, 0, rule, why);
}

/* A whole number that is not negative; Jansson has refused what 63 bits do not hold. */
static bool read_count(const json_t *value, uint64_t *out)
{
    json_int_t n = json_integer_value(value); /* 0 for what is none */

    *out = (uint64_t)n;
    return json_is_integer(value) && n >= 0;
}

static bool find_uses(const char *name, size_t *out)
{
    static const enum uses_kms all[] = {USES_NO, USES_YES, USES_UNKNOWN};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (strcmp(name, uses_kms_name(all[i])) == 0) {
            *out = all[i];
            return true;
        }
    }
    return false;
}

static bool find_standing(const char *name, size_t *out)
{
    enum standing standing = STANDING_ACTIVE;

    if (!standing_find(span_text(name), &standing)) {
        return false;
    }
    *out = standing;
    return true;
}

/* How many mailboxes of each kind: each of the `count` kinds, and none that is unknown. */
static bool read_counts(json_t *object, bool (*find)(const char *name, size_t *out), size_t count,
                        uint64_t mailboxes, uint64_t *out)
{
    const char *name;
    json_t *value;
    uint64_t total = 0;

    if (json_object_size(object) != count) { /* 0 for what is no object */
        return false;
    }
    json_object_foreach(object, name, value)
    {
        size_t kind = 0;

        if (!find(name, &kind) || !read_count(value, &out[kind]) || out[kind] > mailboxes - total) {
            return false;
        }
        total += out[kind];
    }
    return total == mailboxes;
}

static enum fault read_summary(const json_t *root, struct summary *out, struct why *why)
{
    const json_t *object = json_object_get(root, "summary");
    const json_t *incomplete = json_object_get(object, "incomplete");

    if (!json_is_object(object)) {
        return refuse("no summary in it (made by keyroster users --summary -f json?)", why);
    }
    if (!read_count(json_object_get(object, "mailboxes"), &out->mailboxes)) {
        return refuse("summary.mailboxes is no number from 0 to 9223372036854775807", why);
    }
    if (!read_counts(json_object_get(object, "uses_kms"), find_uses, 3, out->mailboxes,
                     out->uses)) {
        return refuse("summary.uses_kms is not yes, no and unknown, each a number, which add up to "
                      "summary.mailboxes",
                      why);
    }
    if (!read_counts(json_object_get(object, "standing"), find_standing, STANDING_COUNT,
                     out->mailboxes, out->standing)) {
        return refuse("summary.standing is not a number for each standing that we know, which add "
                      "up to summary.mailboxes (made by another version?)",
                      why);
    }
    if (!json_is_boolean(incomplete)) {
        return refuse("summary.incomplete is neither true nor false", why);
    }
    out->incomplete = json_is_true(incomplete);
    return FAULT_NONE;
}

static enum fault read_at(const json_t *root, int64_t *out, struct why *why)
{
    const char *text = json_string_value(json_object_get(root, "at"));
    struct why ignored;

    if (text == NULL || utc_parse(span_text(text), out, &ignored) != FAULT_NONE) {
        return refuse("no time of judging in it: at is not like 2026-11-01T00:00:00Z", why);
    }
    return FAULT_NONE;
}

static enum fault read_sources(const json_t *root, struct summary_document *out, struct why *why)
{
    static const char rule[] = "sources is no list of names";
    const json_t *list = json_object_get(root, "sources");
    size_t count = json_array_size(list);

    if (!json_is_array(list)) {
        return refuse(rule, why);
    }
    out->sources = calloc(count + 1, sizeof(*out->sources));
    out->bare = calloc(count + 1, sizeof(*out->bare));
    if (out->sources == NULL || out->bare == NULL) {
        return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(list, i));

        if (name == NULL) {
            return refuse(rule, why);
        }
        out->sources[i] = strdup(name);
        if (out->sources[i] == NULL) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
        out->source_count++;
    }
    return FAULT_NONE;
}

/* `{"number":2,"of":4,"basis":"5f…","bare":[false]}`, one word for each source. */
static enum fault read_part(const json_t *root, struct summary_document *out, struct why *why)
{
    const json_t *part = json_object_get(root, "part");
    const json_t *bare = json_object_get(part, "bare");

    if (part == NULL) {
        return FAULT_NONE;
    }
    if (!read_count(json_object_get(part, "number"), &out->part) ||
        !read_count(json_object_get(part, "of"), &out->parts) || out->part < 1 ||
        out->part > out->parts) {
        return refuse("part is not number and of, from 1 on", why);
    }
    if (!json_is_array(bare) || json_array_size(bare) != out->source_count) {
        return refuse("part.bare does not tell of each source", why);
    }
    if (json_is_string(json_object_get(part, "basis"))) {
        out->basis = strdup(json_string_value(json_object_get(part, "basis")));
        if (out->basis == NULL) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
    }
    for (size_t i = 0; i < out->source_count; i++) {
        out->bare[i] = json_is_true(json_array_get(bare, i));
    }
    return FAULT_NONE;
}

enum fault summary_read(struct span json, struct summary_document *out, struct why *why)
{
    struct summary_document document = {0};
    json_error_t error;
    json_t *root = json_loadb((const char *)json.at, json.len, JSON_REJECT_DUPLICATES, &error);
    enum fault fault;

    if (root == NULL) {
        return fault_at(json_error_code(&error) == json_error_out_of_memory ? FAULT_RESOURCE
                                                                            : FAULT_SYNTAX,
                        error.position > 0 ? (size_t)error.position : 0,
                        json_error_code(&error) == json_error_numeric_overflow
                            ? "a number that is too large"
                            : "no JSON document, or not all of it",
                        why);
    }
    fault = read_summary(root, &document.summary, why);
    if (fault == FAULT_NONE) {
        fault = read_at(root, &document.at, why);
    }
    if (fault == FAULT_NONE) {
        fault = read_sources(root, &document, why);
    }
    if (fault == FAULT_NONE) {
        fault = read_part(root, &document, why);
    }
    json_decref(root);
    if (fault != FAULT_NONE) {
        summary_document_clear(&document);
        return fault;
    }
    *out = document;
    return FAULT_NONE;
}

void summary_document_clear(struct summary_document *document)
{
    for (size_t i = 0; i < document->source_count; i++) {
        free(document->sources[i]);
    }
    free(document->sources);
    free(document->bare);
    free(document->basis);
    *document = (struct summary_document){0};
}
