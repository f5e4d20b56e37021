#include "cmd/kms/kms_passphrases.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "kms/people/passphrase.h"

enum { TRIES_MAX = 3 }; /* to choose a passphrase */

enum { PROMPT_SIZE = PERSON_NAME_SIZE + 64, P12_PASSPHRASE_MIN = 8 /* bytes */ };

/* What stands where a name does, but is nobody's. */
static bool is_nobody(const char *name)
{
    return strcmp(name, "p12") == 0 || strcmp(name, KMS_NEW_PASSPHRASE) == 0;
}

static struct kms_passphrase *find(const struct kms_passphrases *passphrases, const char *name)
{
    for (size_t i = 0; i < passphrases->count; i++) {
        if (strcmp(passphrases->at[i].name, name) == 0) {
            return &passphrases->at[i];
        }
    }
    return NULL;
}

/* Whether an entry is for the `len` bytes of that name. */
static bool is_of(const struct kms_passphrase *entry, const char *name, size_t len)
{
    return strlen(entry->name) == len && strncmp(entry->name, name, len) == 0;
}

/* A new one at the end of the list; NULL without memory. */
static struct kms_passphrase *add(struct kms_passphrases *passphrases, const char *name, size_t len)
{
    struct kms_passphrase *grown =
        reallocarray(passphrases->at, passphrases->count + 1, sizeof(*grown));
    char *copy = strndup(name, len);
    struct secret *secret = calloc(1, sizeof(*secret));

    if (grown != NULL) {
        passphrases->at = grown;
    }
    if (grown == NULL || copy == NULL || secret == NULL) {
        free(copy);
        free(secret);
        return NULL;
    }
    grown[passphrases->count] = (struct kms_passphrase){.name = copy, .secret = secret};
    return &grown[passphrases->count++];
}

const char *kms_passphrases_take(struct kms_passphrases *passphrases, const char *argument)
{
    const char *equals = strchr(argument, '=');
    const size_t len = equals != NULL ? (size_t)(equals - argument) : 0;
    bool is_second = false;
    struct kms_passphrase *added;

    if (len == 0 || equals[1] == '\0') {
        return "--passphrase is NAME=FILE, not";
    }
    for (size_t i = 0; i < passphrases->count; i++) {
        const struct kms_passphrase *other = &passphrases->at[i];

        if (is_of(other, argument, len) &&
            (!passphrases->takes_new || find(passphrases, KMS_NEW_PASSPHRASE) != NULL)) {
            return "--passphrase names one person once, not again";
        }
        is_second = is_second || is_of(other, argument, len);
        if (strcmp(equals + 1, "-") == 0 && strcmp(other->file, "-") == 0) {
            return "one passphrase can come from standard input, not also";
        }
    }
    added = is_second ? add(passphrases, KMS_NEW_PASSPHRASE, strlen(KMS_NEW_PASSPHRASE))
                      : add(passphrases, argument, len);
    if (added == NULL) {
        return "out of memory at";
    }
    added->file = equals + 1;
    return NULL;
}

bool kms_passphrases_has(const struct kms_passphrases *passphrases, const char *name)
{
    return find(passphrases, name) != NULL;
}

static enum fault ask_once(const char *name, enum kms_asking asking, struct secret *out,
                           struct why *why)
{
    const char *const which = asking == KMS_ASK_NEW ? "New passphrase" : "Passphrase";
    char prompt[PROMPT_SIZE];
    struct secret again = {0};
    enum fault fault;

    if (strcmp(name, KMS_NEW_PASSPHRASE) == 0) {
        (void)snprintf(prompt, sizeof(prompt), "%s: ", which);
    } else {
        (void)snprintf(prompt, sizeof(prompt), "%s of %s: ", which, name);
    }
    fault = secret_ask(prompt, out, why);
    if (fault == FAULT_ABSENT) {
        why->rule = "no passphrase (--passphrase NAME=FILE, or a terminal to ask on)";
    }
    if (fault != FAULT_NONE || asking == KMS_ASK_KNOWN) {
        return fault;
    }
    fault = secret_ask("The same again: ", &again, why);
    if (fault == FAULT_NONE && !secret_equal(out, &again)) {
        fault = fault_at(FAULT_DENIED, 0, "the two passphrases that were typed differ", why);
    }
    secret_clear(&again);
    if (fault != FAULT_NONE) {
        secret_clear(out);
    }
    return fault;
}

/*
 * One that is chosen is judged when it is typed, while the one who chose it is at the terminal;
 * what a PKCS#12 has is its maker's business.
 */
static enum fault ask(const char *name, enum kms_asking asking, struct secret *out, struct why *why)
{
    const char *const names[] = {name, NULL};
    const bool is_judged = asking == KMS_ASK_NEW && strcmp(name, "p12") != 0;
    enum fault fault = FAULT_NONE;

    for (int i = 0; i < TRIES_MAX; i++) {
        if (i > 0) {
            complain(name, 0, why->rule);
        }
        fault = ask_once(name, asking, out, why);
        if (fault == FAULT_NONE && is_judged) {
            fault = passphrase_check(out, names, why);
            if (fault != FAULT_NONE) {
                secret_clear(out);
            }
        }
        if (fault != FAULT_DENIED || asking == KMS_ASK_KNOWN) {
            return fault;
        }
    }
    return fault;
}

enum fault kms_passphrase_get(struct kms_passphrases *passphrases, const char *name,
                              enum kms_asking asking, const struct secret **out, struct why *why)
{
    struct kms_passphrase *entry = find(passphrases, name);
    enum fault fault = FAULT_NONE;

    if (entry == NULL) {
        entry = add(passphrases, name, strlen(name));
        if (entry == NULL) {
            return fault_at(FAULT_RESOURCE, 0, "out of memory", why);
        }
    }
    if (!entry->is_read) {
        fault = entry->file != NULL ? secret_read(entry->file, entry->secret, why)
                                    : ask(entry->name, asking, entry->secret, why);
        entry->is_read = fault == FAULT_NONE;
    }
    if (fault == FAULT_NONE) {
        *out = entry->secret;
    }
    return fault;
}

const char *kms_passphrase_place(const struct kms_passphrases *passphrases, const char *name)
{
    const struct kms_passphrase *entry = find(passphrases, name);

    return entry == NULL || entry->file == NULL ? name + strspn(name, "=")
           : strcmp(entry->file, "-") == 0      ? "standard input"
                                                : entry->file;
}

/* Of what is taken all the same: PKCS#12 files are in other hands, and readers have their limits.
 */
static void warn_of(const char *place, const struct secret *p12)
{
    static const char *const names[] = {"keyroster", "p12", "pkcs12", NULL};
    struct why why = {0};

    if (passphrase_check(p12, names, &why) == FAULT_DENIED) {
        complain(place, 0, "a weak passphrase for PKCS#12: who has a file can guess it");
    }
}

bool kms_passphrase_get_p12(struct kms_passphrases *passphrases, const struct secret **out)
{
    struct why why = {0};
    const char *place;
    enum fault fault = kms_passphrase_get(passphrases, "p12", KMS_ASK_NEW, out, &why);

    place = kms_passphrase_place(passphrases, "p12");
    if (fault == FAULT_NONE && (*out)->len == 0) {
        fault = fault_at(FAULT_DENIED, 0, "an empty passphrase", &why);
    } else if (fault == FAULT_NONE && (*out)->len < P12_PASSPHRASE_MIN) {
        fault = fault_at(FAULT_DENIED, 0, "a passphrase for PKCS#12 has 8 bytes at least", &why);
    }
    if (fault != FAULT_NONE) {
        complain(place, 0, why.rule);
        return false;
    }
    warn_of(place, *out);
    return true;
}

bool kms_passphrases_sign_in_one(struct kms_passphrases *passphrases, struct kms *kms,
                                 const char *name)
{
    const struct secret *secret;
    struct why why = {0};

    if (kms_passphrase_get(passphrases, name, KMS_ASK_KNOWN, &secret, &why) != FAULT_NONE) {
        complain(kms_passphrase_place(passphrases, name), 0, why.rule);
        return false;
    }
    if (kms_sign_in(kms, name, secret, &why) != FAULT_NONE) {
        complain(name, 0, why.rule);
        return false;
    }
    return true;
}

/* Asks on the terminal for a name; false where there is no terminal, or nothing is typed. */
static bool ask_name(char name[PERSON_NAME_SIZE])
{
    static const char prompt[] = "Administrator: ";
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    ssize_t n = -1;

    if (terminal >= 0) {
        (void)!write(terminal, prompt, strlen(prompt));
        n = read(terminal, name, PERSON_NAME_MAX); /* a terminal gives a line at a time */
        (void)close(terminal);
    }
    while (n > 0 && (name[n - 1] == '\n' || name[n - 1] == '\r')) {
        n--;
    }
    if (n <= 0) {
        return false;
    }
    name[n] = '\0';
    return true;
}

bool kms_passphrases_ask_more(struct kms_passphrases *passphrases, struct kms *kms,
                              enum kms_task task)
{
    char name[PERSON_NAME_SIZE];
    struct why why = {0};
    size_t lacking = 0;

    for (;;) {
        if (kms_lacking(kms, task, &lacking, &why) != FAULT_NONE) {
            complain(NULL, 0, why.rule);
            return false;
        }
        if (lacking == 0 || !ask_name(name)) {
            return true; /* what is missing is said by kms_require() */
        }
        if (!kms_passphrases_sign_in_one(passphrases, kms, name)) {
            return false;
        }
    }
}

bool kms_passphrases_sign_in_but(struct kms_passphrases *passphrases, struct kms *kms,
                                 enum kms_task task, const char *name)
{
    for (size_t i = 0; i < passphrases->count; i++) {
        const char *own = passphrases->at[i].name;

        if (is_nobody(own) || (name != NULL && strcmp(own, name) == 0)) {
            continue;
        }
        if (!kms_passphrases_sign_in_one(passphrases, kms, own)) {
            return false;
        }
    }
    return kms_passphrases_ask_more(passphrases, kms, task);
}

bool kms_passphrases_sign_in(struct kms_passphrases *passphrases, struct kms *kms,
                             enum kms_task task)
{
    return kms_passphrases_sign_in_but(passphrases, kms, task, NULL);
}

void kms_passphrases_clear(struct kms_passphrases *passphrases)
{
    if (passphrases == NULL) {
        return;
    }
    for (size_t i = 0; i < passphrases->count; i++) {
        secret_clear(passphrases->at[i].secret);
        free(passphrases->at[i].secret);
        free(passphrases->at[i].name);
    }
    free(passphrases->at);
    *passphrases = (struct kms_passphrases){0};
}
