#ifndef CERT_HABIT_H
#define CERT_HABIT_H

#include <stdbool.h>
#include <stdint.h>

#include "cert/cert.h"

/*
 * What certificates of one issuer have in common: how they are signed and its name, what their
 * subjects begin with, and whole runs of extensions, byte for byte. What was read once and found
 * right is remembered; where the same bytes come again, one comparison takes the place of the
 * reading, and the facts are the same.
 *
 * Nothing is trusted: whoever sends other bytes is read as always. A memory is one thread's; {0}
 * is an empty one.
 */
enum {
    HABIT_HEAD_BYTES = 316,
    HABIT_NAME_BYTES = 256,
    HABIT_RUN_BYTES = 744,
    HABIT_PLACES = 6,
    HABIT_WAYS = 4
};

/* The signature's algorithm and the issuer, which stand behind each other, both with headers. */
struct habit_head {
    uint16_t size; /* octets of `bytes`; 0: nothing is remembered */
    uint8_t algorithm_at, algorithm_len, params_at, params_len, issuer_at;
    uint8_t bytes[HABIT_HEAD_BYTES];
};

/* Extensions that stood behind each other and were right, and the facts that they gave. */
struct habit_run {
    uint64_t numbers; /* which of id-ce they are, as bits; those that nobody reads are not told */
    uint16_t size;    /* octets of `bytes`; 0: nothing is remembered */
    uint16_t key_usage;
    uint16_t eku_at, eku_len, key_id_at, key_id_len; /* places within the run */
    bool ca;
    uint8_t bytes[HABIT_RUN_BYTES];
};

struct cert_habits {
    struct habit_head heads[HABIT_WAYS];
    size_t subject_size; /* octets of the subject's RDNs but the last one */
    uint8_t subject[HABIT_NAME_BYTES];
    struct habit_run runs[HABIT_PLACES][HABIT_WAYS]; /* by place in the list */
    uint8_t oldest[HABIT_PLACES];                    /* the way that the next one takes */
    uint8_t oldest_head;
};

/* Takes algorithm and issuer if they are among those that are remembered. */
MUST_USE bool habit_take_head(const struct cert_habits *habits, struct cursor *in,
                              struct cert *cert);

/* Remembers them: `head` is where `cert` has them from. */
void habit_keep_head(struct cert_habits *habits, struct span head, const struct cert *cert);

/* The RDNs that the last subject began with. */
static inline struct span habit_subject(const struct cert_habits *habits)
{
    return span_of(habits->subject, habits->subject_size);
}

/* Remembers RDNs that name_take_known() passed over. */
void habit_keep_subject(struct cert_habits *habits, struct span rdns);

/*
 * Takes the extensions that come next if a run remembered at `place` is the same, and adds their
 * facts to `cert`. `*seen` are the numbers of id-ce that were read in this certificate, as bits: a
 * run with one of them is not taken; those of one that is taken are added.
 */
MUST_USE bool habit_take_run(const struct cert_habits *habits, size_t place, struct cursor *in,
                             struct cert *cert, uint64_t *seen);

/*
 * Whether an extension that was right may be part of a run: its number of id-ce, or 0 for one that
 * nobody reads. Not those that differ from one certificate to the next.
 */
bool habit_is_common(uint8_t number, const struct cert *cert);

/*
 * Remembers a run of such extensions. `numbers` are theirs; `cert` has their facts, and none
 * besides under these numbers.
 */
void habit_keep_run(struct cert_habits *habits, size_t place, struct span run, uint64_t numbers,
                    const struct cert *cert);

#endif
