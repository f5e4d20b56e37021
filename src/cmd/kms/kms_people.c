#include "cmd/kms/kms_people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"

/* The person of that name, who is added where there is none; NULL: too many, or no memory. */
static struct person_choice *person_of(struct kms_people *people, struct span name)
{
    for (size_t i = 0; i < people->count; i++) {
        if (span_is(name, people->at[i].name)) {
            return &people->at[i];
        }
    }
    if (people->count == KMS_PEOPLE_MAX) {
        return NULL;
    }
    people->at[people->count].name = strndup((const char *)name.at, name.len);
    return people->at[people->count].name != NULL ? &people->at[people->count++] : NULL;
}

static const char *take_one(struct kms_people *people, struct span name, bool agent)
{
    struct person_choice *person;
    bool *office;

    if (name.len == 0) {
        return "names have commas between them, and nothing else";
    }
    person = person_of(people, name);
    if (person == NULL) {
        return "a store has 64 people at most, not";
    }
    office = agent ? &person->is_agent : &person->is_admin;
    if (*office) {
        return "a name stands twice in the list";
    }
    *office = true;
    return NULL;
}

const char *kms_people_take(struct kms_people *people, const char *list, bool agents)
{
    struct span rest = span_text(list);
    const char *wrong = NULL;
    bool more = true;

    while (more && wrong == NULL) {
        size_t comma = 0;

        more = span_find(rest, ',', &comma);
        wrong = take_one(people, more ? span_upto(rest, comma) : rest, agents);
        rest = more ? span_from(rest, comma + 1) : (struct span){0};
    }
    return wrong;
}

bool kms_people_ask(struct kms_people *people, struct kms_passphrases *passphrases)
{
    for (size_t i = 0; i < people->count; i++) {
        const char *name = people->at[i].name;
        struct why why = {0};

        if (kms_passphrase_get(passphrases, name, KMS_ASK_NEW, &people->at[i].passphrase, &why) !=
            FAULT_NONE) {
            complain(kms_passphrase_place(passphrases, name), 0, why.rule);
            return false;
        }
    }
    return true;
}

size_t kms_people_names(const struct kms_people *people, bool agents,
                        const char *out[KMS_PEOPLE_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < people->count; i++) {
        if (agents ? people->at[i].is_agent : people->at[i].is_admin) {
            out[count++] = people->at[i].name;
        }
    }
    return count;
}

void kms_policy_warn(const struct policy *policy)
{
    enum kms_task task;

    if (policy_weak_task(policy, &task)) {
        (void)fprintf(stderr,
                      "keyroster: warning: %s takes %u administrators, and fewer may change that: "
                      "policy and admins should take as many\n",
                      policy_task_name(task), policy->counts[task]);
    }
}

void kms_people_clear(struct kms_people *people)
{
    for (size_t i = 0; people != NULL && i < people->count; i++) {
        free((void *)people->at[i].name);
        people->at[i] = (struct person_choice){0};
    }
    if (people != NULL) {
        people->count = 0;
    }
}
