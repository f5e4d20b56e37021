#include "roster/diff_facts.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "base/text.h"
#include "entry/dn_key.h"

/* What is digested, so that no two kinds of thing have one digest. */
enum kind {
    KIND_DN,
    KIND_ADDRESS,
    KIND_NAME,
    KIND_NAME_OF, /* what a mailbox is called, not by what it is known */
    KIND_USER,    /* certificates */
    KIND_CHAIN,
    KIND_UNREAD, /* how many values could not be read */
    KIND_SET,
};

/* A form of a text is at most three times as long as the text, of 64 MiB. */
#define TEXT_MAX ((size_t)256 << 20)

enum fault diff_maker_init(struct diff_maker *maker, const struct keyed_key *key)
{
    maker->keyed = keyed_new(key);
    maker->text = buffer_with_max(TEXT_MAX);
    return maker->keyed != NULL ? FAULT_NONE : FAULT_RESOURCE;
}

void diff_maker_clear(struct diff_maker *maker)
{
    keyed_free(maker->keyed);
    buffer_clear(&maker->text);
    *maker = (struct diff_maker){0};
}

/* The digest of the text that has been made; `*fault` is set when it could not be. */
static struct keyed_digest digest_text(struct diff_maker *maker, enum kind kind, enum fault *fault)
{
    if (maker->text.fault != FAULT_NONE) {
        *fault = FAULT_RESOURCE;
        buffer_reset(&maker->text);
        return (struct keyed_digest){0};
    }
    return keyed_digest_of(maker->keyed, (uint8_t)kind, buffer_span(&maker->text));
}

static struct keyed_digest digest_address(struct diff_maker *maker, struct span address,
                                          enum fault *fault)
{
    buffer_reset(&maker->text);
    address_add_key(&maker->text, address);
    return digest_text(maker, KIND_ADDRESS, fault);
}

static struct keyed_digest digest_name(struct diff_maker *maker, enum kind kind, struct span name,
                                       enum fault *fault)
{
    name = ascii_trim(name);
    if (text_is_ascii(name)) {
        return keyed_digest_of(maker->keyed, (uint8_t)kind, name);
    }
    buffer_reset(&maker->text);
    text_add_guessed(&maker->text, name);
    return digest_text(maker, kind, fault);
}

enum fault diff_identify(struct diff_maker *maker, const struct entry *entry,
                         struct diff_identity *out)
{
    struct span address = ascii_trim(entry_address(entry)), name = entry_name(entry);
    struct diff_identity identity = {.known = DIFF_BY_NOTHING};
    enum fault fault = FAULT_NONE;

    if (ascii_trim(entry->dn).len > 0) {
        identity.known = DIFF_BY_DN;
        buffer_reset(&maker->text);
        dn_add_key(&maker->text, entry->dn);
        identity.digest = digest_text(maker, KIND_DN, &fault);
    } else if (address.len > 0) {
        identity.known = DIFF_BY_ADDRESS;
        identity.digest = digest_address(maker, address, &fault);
    } else if (name.len > 0) {
        identity.known = DIFF_BY_NAME;
        identity.digest = digest_name(maker, KIND_NAME, name, &fault);
    }
    *out = identity;
    return fault;
}

static int compare_digests(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;

    return (*a > *b) - (*a < *b);
}

/* The digest of a set; sorts what it is given, and leaves what comes twice out. */
static uint64_t digest_set(struct diff_maker *maker, uint64_t *digests, size_t count)
{
    size_t kept = 0;

    if (count <= 1) { /* as with most: it stands for itself */
        return count == 1 ? digests[0] : 0;
    }
    qsort(digests, count, sizeof(*digests), compare_digests);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || digests[kept - 1] != digests[i]) {
            digests[kept++] = digests[i];
        }
    }
    return kept == 1
               ? digests[0]
               : keyed_digest_of(maker->keyed, KIND_SET, span_of(digests, kept * sizeof(*digests)))
                     .words[0];
}

/* A name that the directory gives it; not an address or a DN in the place of one. */
static bool is_name(const struct entry *entry, struct span name)
{
    return name.len > 0 && name.at != entry_address(entry).at && name.at != entry->dn.at;
}

static enum fault add_addresses(struct diff_maker *maker, const struct entry *entry,
                                struct arena *arena, struct diff_facts *out)
{
    struct span address = entry_address(entry);
    enum fault fault = FAULT_NONE;
    uint64_t *digests = arena_take_array(arena, entry->address_count + 1, sizeof(*digests));

    if (digests == NULL) {
        return FAULT_RESOURCE;
    }
    if (ascii_trim(address).len > 0) {
        out->address = digest_address(maker, address, &fault);
        out->address_told = entry->primary.len > 0 || entry->mail.len > 0;
    }
    for (size_t i = 0; i < entry->address_count && fault == FAULT_NONE; i++) {
        digests[i] = (entry->addresses[i].at == address.at && entry->addresses[i].len == address.len
                          ? out->address
                          : digest_address(maker, entry->addresses[i], &fault))
                         .words[0];
    }
    out->addresses = digest_set(maker, digests, entry->address_count);
    return fault;
}

static uint64_t digest_certificate(struct diff_maker *maker, const struct candidate *candidate)
{
    return keyed_digest_of(maker->keyed, candidate->chain ? KIND_CHAIN : KIND_USER,
                           candidate->cert.der)
        .words[0];
}

static enum fault add_certificates(struct diff_maker *maker, const struct row *row,
                                   struct arena *arena, struct diff_facts *out, uint64_t *revoked,
                                   size_t *revoked_count)
{
    const struct mailbox *mailbox = row->mailbox;
    const uint64_t unread = mailbox->undecodable;
    uint64_t *digests = arena_take_array(arena, mailbox->count + 1, sizeof(*digests));
    size_t count = 0;

    if (digests == NULL) {
        return FAULT_RESOURCE;
    }
    for (size_t i = 0; i < mailbox->count; i++) {
        const struct candidate *candidate = &mailbox->candidates[i];

        if (candidate->duplicate) {
            continue;
        }
        digests[count] = digest_certificate(maker, candidate);
        if (candidate == row->verdict->best) {
            out->best = digests[count];
        }
        if (!candidate->chain && candidate->trust.revocation == REVOCATION_REVOKED) {
            revoked[(*revoked_count)++] = digests[count];
        }
        count++;
    }
    if (unread > 0) {
        digests[count++] =
            keyed_digest_of(maker->keyed, KIND_UNREAD, span_of(&unread, sizeof(unread))).words[0];
    }
    out->certificates = digest_set(maker, digests, count);
    if (*revoked_count > 1) {
        qsort(revoked, *revoked_count, sizeof(*revoked), compare_digests);
    }
    return FAULT_NONE;
}

static size_t count_revoked(const struct mailbox *mailbox)
{
    size_t count = 0;

    for (size_t i = 0; i < mailbox->count; i++) {
        count += mailbox->candidates[i].trust.revocation == REVOCATION_REVOKED;
    }
    return count;
}

enum fault diff_facts_of(struct diff_maker *maker, const struct row *row, struct arena *arena,
                         struct arena *kept, struct diff_facts *out, uint64_t **revoked,
                         size_t *revoked_count)
{
    struct diff_facts facts = {.identity = out->identity, .standing = row->verdict->standing};
    struct span name = entry_name(row->entry);
    enum fault fault = add_addresses(maker, row->entry, arena, &facts);

    *revoked = arena_take_array(kept, count_revoked(row->mailbox) + 1, sizeof(**revoked));
    *revoked_count = 0;
    if (*revoked == NULL) {
        fault = FAULT_RESOURCE;
    }
    if (fault == FAULT_NONE && is_name(row->entry, name)) {
        facts.name_told = true;
        facts.name = digest_name(maker, KIND_NAME_OF, name, &fault).words[0];
    }
    if (fault == FAULT_NONE) {
        fault = add_certificates(maker, row, arena, &facts, *revoked, revoked_count);
    }
    if (fault == FAULT_NONE) {
        *out = facts;
    }
    return fault;
}

bool diff_facts_equal(const struct diff_facts *a, const struct diff_facts *b)
{
    return keyed_equal(a->identity.digest, b->identity.digest) &&
           keyed_equal(a->address, b->address) && a->name == b->name &&
           a->addresses == b->addresses && a->certificates == b->certificates &&
           a->best == b->best && a->standing == b->standing;
}
