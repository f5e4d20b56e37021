#include "kms/request/session/audit.h"

#include <stdlib.h>
#include <unistd.h>

#include "kms/store/people_rows.h"
#include "kms/store/store.h"

/*
 * Any bytes as the head of an audit, in an empty store with one person in it; an `@` becomes the
 * store's id, which is another one in every run. What is read has a number and is for this store; a
 * signature on it would have to be forged.
 */
static struct kms kms;

static void hold(bool what)
{
    if (!what) {
        abort();
    }
}

static char folder[] = "/tmp/keyroster-fuzz-XXXXXX";

static void drop(void)
{
    store_discard(kms.store);
    (void)rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct identity identity = {0};
    struct person_row person = {.name = span_text("anna"), .is_admin = true, .since = 1};
    struct why why;
    int64_t id;

    (void)argc;
    (void)argv;
    hold(mkdtemp(folder) != NULL);
    hold(store_create(folder, span_text(""), 1, &kms.store, &why) == FAULT_NONE);
    hold(identity_make(&identity, &why) == FAULT_NONE);
    person.signing = span_of(identity.signing, sizeof(identity.signing));
    person.sealing = span_of(identity.sealing, sizeof(identity.sealing));
    person.locked = span_text("nothing");
    hold(person_add(kms.store, &person, &id, &why) == FAULT_NONE);
    identity_clear(&identity);
    return atexit(drop);
}

/* The input with the store's id where it has an `@`. */
static void fill_in(struct span input, struct buffer *out)
{
    size_t at;

    while (span_find(input, '@', &at)) {
        buffer_add(out, span_upto(input, at));
        buffer_add(out, store_id(kms.store));
        input = span_from(input, at + 1);
    }
    buffer_add(out, input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer text = buffer_with_max(1 << 20);
    struct audit_head head = {0};
    struct why why;
    enum fault fault;

    fill_in(span_of(data, size), &text);
    fault = audit_head_read(&kms, buffer_span(&text), &head, &why);
    hold(fault == FAULT_NONE || fault == FAULT_SYNTAX || fault == FAULT_DENIED);
    hold((fault == FAULT_NONE) == (head.seq > 0));
    buffer_clear(&text);
    return 0;
}
