#include "kms/people/passphrase.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <zxcvbn.h>

#include "base/ascii.h"
#include "base/hide.h"

enum { WORDS_MAX = 64, WORD_MIN = 3 };

/* How the process that estimates exits. */
enum { ANSWER_STRONG, ANSWER_WEAK, ANSWER_NONE, ANSWER_NO_LIBRARY };

/* Words that are guessed first; the library wants a list that ends with NULL. */
struct words {
    const char *at[WORDS_MAX + 1];
    size_t count;
};

static void words_add(struct words *words, const char *at, size_t len)
{
    if (len >= WORD_MIN && words->count < WORDS_MAX) {
        words->at[words->count] = strndup(at, len);
        words->count += words->at[words->count] != NULL;
    }
}

/* A name, and each word of it: of "anna.berg@example.org" also "anna". */
static void words_add_name(struct words *words, const char *name)
{
    size_t start = 0, at = 0;

    words_add(words, name, strlen(name));
    for (; name[at] != '\0'; at++) {
        uint8_t byte = (uint8_t)name[at];

        if (byte < 0x80 && !ascii_is_alnum(byte)) { /* letters beyond ASCII belong to words */
            words_add(words, name + start, at - start);
            start = at + 1;
        }
    }
    words_add(words, name + start, at - start);
}

/*
 * The function of libzxcvbn; NULL without the library. It is loaded where it is used: its word
 * lists are 1.4 MB, and every other start of the program has no use for them.
 */
static __typeof__(ZxcvbnMatch) *load_estimator(void)
{
    void *library = dlopen(LIBZXCVBN, RTLD_NOW | RTLD_LOCAL);
    void *address = library != NULL ? dlsym(library, "ZxcvbnMatch") : NULL;
    __typeof__(ZxcvbnMatch) *function;

    memcpy(&function, &address, sizeof(function)); /* C casts no address to a function */
    return function;
}

/* In the process of its own: answers by its status, and nothing that it allocated stays. */
static int estimate(const struct secret *passphrase, const char *const names[])
{
    static struct words words;
    __typeof__(ZxcvbnMatch) *const match = load_estimator();
    struct why why;
    double bits;

    if (match == NULL) {
        return ANSWER_NO_LIBRARY;
    }
    if (process_hide(&why) != FAULT_NONE) {
        return ANSWER_NONE;
    }
    for (size_t i = 0; names[i] != NULL; i++) {
        words_add_name(&words, names[i]);
    }
    bits = match((const char *)passphrase->at, words.at, NULL);
    return bits < PASSPHRASE_BITS_MIN ? ANSWER_WEAK : ANSWER_STRONG;
}

static enum fault wait_for(pid_t child, struct why *why)
{
    int status = 0;

    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return fault_at(FAULT_RESOURCE, 0, "the passphrase could not be estimated", why);
        }
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == ANSWER_NO_LIBRARY) {
        return fault_at(FAULT_RESOURCE, 0, LIBZXCVBN " cannot be loaded (install libzxcvbn0)", why);
    }
    if (!WIFEXITED(status) ||
        (WEXITSTATUS(status) != ANSWER_STRONG && WEXITSTATUS(status) != ANSWER_WEAK)) {
        return fault_at(FAULT_RESOURCE, 0, "the passphrase could not be estimated", why);
    }
    if (WEXITSTATUS(status) == ANSWER_WEAK) {
        return fault_at(FAULT_DENIED, 0,
                        "the passphrase is known or easily guessed: take several words that have "
                        "nothing to do with each other or with you",
                        why);
    }
    return FAULT_NONE;
}

enum fault passphrase_check(const struct secret *passphrase, const char *const names[],
                            struct why *why)
{
    size_t nul;
    pid_t child;

    if (passphrase->len < PASSPHRASE_MIN) {
        return fault_at(FAULT_DENIED, passphrase->len,
                        "the passphrase is too short: take 12 characters or more", why);
    }
    if (span_find(secret_span(passphrase), '\0', &nul)) {
        return fault_at(FAULT_DENIED, nul,
                        "the passphrase holds a NUL byte, which nobody can type: take another",
                        why);
    }
    child = fork();
    if (child < 0) {
        return fault_at(FAULT_RESOURCE, 0, "no process to estimate the passphrase in", why);
    }
    if (child == 0) {
        _exit(estimate(passphrase, names));
    }
    return wait_for(child, why);
}
