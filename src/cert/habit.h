#ifndef CERT_HABIT_H
#define CERT_HABIT_H

#include <stdbool.h>
#include <stdint.h>

#include "cert/cert.h"

/*
 * What certificates of one issuer have in common: its name, and whole runs of extensions, byte
 * for byte. What was read once and found right is remembered; where the same bytes come again, one
 * comparison takes the place of the reading, and the facts are the same.
 *
 * Nothing is trusted: whoever sends other bytes is read as always. A memory is one thread's; {0}
 * is an empty one.
 */
enum { HABIT_NAME_BYTES = 256, HABIT_RUN_BYTES = 744, HABIT_PLACES = 6, HABIT_WAYS = 4 };

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
    size_t issuer_size; /* octets of the Name, header included */
    uint8_t issuer[HABIT_NAME_BYTES];
    struct habit_run runs[HABIT_PLACES][HABIT_WAYS]; /* by place in the list */
    uint8_t oldest[HABIT_PLACES];                    /* the way that the next one takes */
};

/* Takes the Name if it is the one that was remembered last. */
MUST_USE bool habit_take_issuer(const struct cert_habits *habits, struct cursor *in,
                                struct span *name);

/* Remembers a Name that name_take() gave. */
void habit_keep_issuer(struct cert_habits *habits, struct span name);

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
