#include "kms/request/session/share.h"

#include "base/readfile.h"
#include "kms/people/transcript.h"
#include "kms/request/session/pem_text.h"
#include "kms/store/escrow_rows.h"
#include "kms/store/store.h"

#define SHARE_LABEL "keyroster share v1"
#define SHARE_NAME  "KEYROSTER SHARE"

enum { ARENA_MAX = 1 << 20, SEALED_MAX = 4096, FILE_MAX = 16384, SHARE_MAX = 768 };

static enum fault place_digest(const struct share_place *place, uint8_t digest[TRANSCRIPT_SIZE],
                               struct why *why)
{
    struct transcript t = transcript_begin(SHARE_LABEL);

    transcript_add(&t, place->store_id);
    transcript_add_number(&t, (uint64_t)place->escrow);
    transcript_add_number(&t, place->index);
    transcript_add_text(&t, place->name);
    return transcript_end(&t, digest, why);
}

enum fault share_seal(const struct share_place *place, const uint8_t sealing[32],
                      const struct secret *share, struct buffer *out, struct why *why)
{
    uint8_t digest[TRANSCRIPT_SIZE];
    enum fault fault = place_digest(place, digest, why);

    if (fault == FAULT_NONE) {
        fault = hpke_seal(sealing, span_text(SHARE_LABEL), span_of(digest, sizeof(digest)),
                          secret_span(share), out, why);
    }
    return fault;
}

enum fault share_open(const struct share_place *place, const struct identity *identity,
                      struct span sealed, struct secret *out, struct why *why)
{
    uint8_t digest[TRANSCRIPT_SIZE];
    enum fault fault = place_digest(place, digest, why);

    if (fault == FAULT_NONE) {
        fault = identity_open(identity, span_text(SHARE_LABEL), span_of(digest, sizeof(digest)),
                              sealed, out, why);
    }
    if (fault == FAULT_DENIED || fault == FAULT_SYNTAX) {
        return fault_at(FAULT_DENIED, 0,
                        "this is not the agent's share of the present recovery key", why);
    }
    return fault;
}

void share_file_text(struct span sealed, struct buffer *out)
{
    pem_text_add(out, SHARE_NAME, sealed);
}

enum fault share_file_read(struct span text, struct buffer *out, struct why *why)
{
    enum fault fault = pem_text_read(text, SHARE_NAME, SHARE_MAX, out, why);

    if (fault == FAULT_SYNTAX) {
        why->rule = "no file with an agent's share";
    }
    return fault;
}

/* Adds the sealed bytes of an agent's share: from his file, else from the store. */
static enum fault take_sealed(struct kms *kms, const char *file, const struct share_row *row,
                              struct buffer *out, struct why *why)
{
    struct buffer text = buffer_with_max(FILE_MAX);
    enum fault fault;

    if (file == NULL && row->sealed.len == 0) {
        return fault_at(FAULT_ABSENT, 0,
                        "the agent keeps his share in a file of his own (--share FILE)", why);
    }
    if (file == NULL) {
        buffer_add(out, row->sealed);
        return out->fault == FAULT_NONE ? FAULT_NONE
                                        : fault_at(FAULT_RESOURCE, 0, "out of memory", why);
    }
    fault = readfile(file, &text, why);
    if (fault == FAULT_NONE) {
        fault = share_file_read(buffer_span(&text), out, why);
    }
    buffer_clear(&text);
    return fault == FAULT_NONE ? FAULT_NONE
                               : kms_tell(kms, fault == FAULT_LIMIT ? FAULT_SYNTAX : fault, why,
                                          "%s: %s", file, why->rule);
}

/* Opens it and holds it against the commitments. */
static enum fault open_fitting(struct kms *kms, const struct kms_actor *actor,
                               const struct share_row *row, struct span sealed, struct vault *vault,
                               struct secret *out, struct why *why)
{
    const struct share_place place = {
        .store_id = store_id(kms->store),
        .escrow = row->escrow,
        .index = (unsigned)row->place,
        .name = actor->name,
    };
    enum fault fault = share_open(&place, &actor->identity, sealed, out, why);

    if (fault != FAULT_NONE) {
        return fault;
    }
    fault = vault_share_fits(vault, place.index, out, why);
    if (fault != FAULT_NONE) {
        secret_clear(out);
    }
    return fault;
}

enum fault share_of_actor(struct kms *kms, const struct kms_actor *actor, const char *file,
                          struct vault *vault, unsigned *index, struct secret *out, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct buffer sealed = buffer_with_max(SEALED_MAX);
    struct escrow_row escrow;
    struct share_row row;
    enum fault fault = escrow_current(kms->store, &arena, &escrow, why);

    if (fault == FAULT_NONE) {
        fault = share_get(kms->store, escrow.id, actor->id, &arena, &row, why);
        if (fault == FAULT_ABSENT) {
            fault = kms_tell(kms, fault, why, "%s holds no share of the recovery key", actor->name);
        }
    }
    if (fault == FAULT_NONE) {
        fault = take_sealed(kms, file, &row, &sealed, why);
    }
    if (fault == FAULT_NONE) {
        fault = open_fitting(kms, actor, &row, buffer_span(&sealed), vault, out, why);
    }
    if (fault == FAULT_NONE) {
        *index = (unsigned)row.place;
    }
    buffer_clear(&sealed);
    arena_clear(&arena);
    return fault;
}

enum fault share_vault_open(struct kms *kms, struct vault **vault, int64_t *escrow, struct why *why)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct escrow_row row;
    struct vault_public *public = arena_take(&arena, sizeof(*public));
    enum fault fault = public != NULL ? escrow_current(kms->store, &arena, &row, why)
                                      : fault_at(FAULT_RESOURCE, 0, "out of memory", why);

    if (fault == FAULT_NONE) {
        fault = vault_public_decode(row.public, public, why);
    }
    if (fault == FAULT_NONE) {
        fault = anchor_holds_vault(&kms->anchor, public, why);
    }
    if (fault == FAULT_NONE) {
        fault = vault_open(public, vault, why);
    }
    if (fault == FAULT_NONE) {
        *escrow = row.id;
    }
    arena_clear(&arena);
    return fault;
}
