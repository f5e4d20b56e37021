/*
 * usage: cheap_locks STORE NAME=FILE...
 *
 * Locks the keys of each person anew, under the same passphrase, which is the first line of FILE,
 * so that it costs next to nothing to open them. Most of what a test of `keyroster kms` takes is
 * signing in otherwise: Argon2id over 64 MiB, each time. The cost stands in what is locked, and is
 * read from there (kms/people/lock.h); the program has no say in it and knows nothing of this.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/readfile.h"
#include "kms/people/transcript.h"
#include "kms/request/session/session.h"
#include "kms/store/people_rows.h"
#include "kms/store/store.h"

enum { BYTES_MAX = 4096 };

static const struct lock_cost cheap = {.passes = 1, .memory_kib = 8, .lanes = 1};

static void demand(enum fault fault, const struct why *why)
{
    if (fault != FAULT_NONE) {
        (void)fprintf(stderr, "cheap_locks: %s\n", why->rule);
        exit(1);
    }
}

/* What locked keys are bound to, as in kms/request/session/person.c; signing in fails where it is
 * not. */
static void context_of(const struct kms *kms, const char *name, uint8_t digest[TRANSCRIPT_SIZE])
{
    struct transcript t = transcript_begin("keyroster person v1");
    struct why why = {0};

    transcript_add(&t, store_id(kms->store));
    transcript_add(&t, span_text(name));
    transcript_add(&t, kms->anchor.recovery_key);
    transcript_add(&t, kms->anchor.issuing_key);
    demand(transcript_end(&t, digest, &why), &why);
}

static struct secret passphrase_in(const char *path)
{
    struct buffer bytes = buffer_with_max(BYTES_MAX);
    struct secret out = {0};
    struct why why = {0};
    const uint8_t *end;

    demand(readfile(path, &bytes, &why), &why);
    end = memchr(bytes.at, '\n', bytes.len);
    demand(secret_copy(span_of(bytes.at, end != NULL ? (size_t)(end - bytes.at) : bytes.len), &out,
                       &why),
           &why);
    buffer_clear(&bytes);
    return out;
}

static void lock_cheaply(struct kms *kms, const char *name, const struct secret *passphrase)
{
    struct buffer locked = buffer_with_max(BYTES_MAX);
    const struct kms_actor *actor;
    uint8_t context[TRANSCRIPT_SIZE];
    struct why why = {0};

    demand(kms_sign_in(kms, name, passphrase, &why), &why);
    actor = kms_actor_find(kms, name);
    context_of(kms, name, context);
    demand(identity_lock(&actor->identity, passphrase, cheap, span_of(context, sizeof(context)),
                         &locked, &why),
           &why);
    demand(store_begin(kms->store, &why), &why);
    demand(person_set_locked(kms->store, actor->id, buffer_span(&locked), &why), &why);
    demand(store_commit(kms->store, &why), &why);
    buffer_clear(&locked);
}

int main(int argc, char **argv)
{
    struct kms kms = {0};
    struct why why = {0};

    if (argc < 2) {
        (void)fputs("usage: cheap_locks STORE NAME=FILE...\n", stderr);
        return 2;
    }
    demand(kms_open(&kms, argv[1], KMS_WRITE, "passphrase", time(NULL), &why), &why);
    for (int i = 2; i < argc; i++) {
        char *file = strchr(argv[i], '=');
        struct secret passphrase;

        if (file == NULL) {
            return 2;
        }
        *file = '\0';
        passphrase = passphrase_in(file + 1);
        lock_cheaply(&kms, argv[i], &passphrase);
        secret_clear(&passphrase);
    }
    kms_close(&kms);
    return 0;
}
