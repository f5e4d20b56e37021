#ifndef CERT_HABIT_H
#define CERT_HABIT_H

#include <stdbool.h>
#include <stdint.h>

#include "cert/cert.h"

/*
 * What certificates of one issuer have in common: its name, and most of the extensions, byte for
 * byte. What was read once and found right is remembered; where the same bytes come again, a
 * comparison takes the place of the reading, and the facts are the same.
 *
 * Nothing is trusted: whoever sends other bytes is read as always. A memory is one thread's; {0}
 * is an empty one.
 */
enum { HABIT_BYTES = 184, HABIT_PLACES = 16, HABIT_WAYS = 4, HABIT_NAME_BYTES = 256 };

/* An extension that was right, and the facts that it gave. */
struct extension_habit {
    uint16_t size;  /* octets of `bytes`, the header included; 0: nothing is remembered */
    uint8_t number; /* of id-ce; 0: one that is nobody's here */
    bool ca;
    uint16_t key_usage;
    uint8_t at, len; /* where a key identifier, or the purposes, are within the extension */
    uint8_t bytes[HABIT_BYTES];
};

struct cert_habits {
    size_t issuer_size; /* octets of the Name, header included */
    uint8_t issuer[HABIT_NAME_BYTES];
    struct extension_habit extensions[HABIT_PLACES][HABIT_WAYS]; /* by place in the list */
};

/* Takes the Name if it is the one that was remembered last. */
MUST_USE bool habit_take_issuer(const struct cert_habits *habits, struct cursor *in,
                                struct span *name);

/* Remembers a Name that name_take() gave. */
void habit_keep_issuer(struct cert_habits *habits, struct span name);

/*
 * Takes the next extension, number `place` of the list, if the same one was remembered there, and
 * adds its facts to `cert`. `*seen` are the numbers of id-ce that were read in this certificate, as
 * bits: one that is among them is not taken, and one that is taken is added.
 */
MUST_USE bool habit_take_extension(const struct cert_habits *habits, size_t place,
                                   struct cursor *in, struct cert *cert, uint64_t *seen);

/*
 * Remembers an extension that was right and set no other fact of `cert` than those of `number`;
 * 0: none at all. Those that differ from one certificate to the next are left out.
 */
void habit_keep_extension(struct cert_habits *habits, size_t place, struct span whole,
                          uint8_t number, const struct cert *cert);

#endif
