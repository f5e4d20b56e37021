/*
 * usage: cert_facts CERTIFICATES [ROUNDS]
 *
 * What reading the facts of one certificate takes. CERTIFICATES holds them in DER, one behind the
 * other; copies of them fill more memory than any cache holds, each at an address of its own, and
 * all are read from the first to the last. Prints the median of the rounds, in microseconds a
 * certificate: read by itself, and beside others as the roster does.
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cert/cert.h"
#include "cert/habit.h"

enum { ROUNDS = 9, ROUNDS_MAX = 99 };

#define MEMORY ((size_t)96 << 20)

static double now(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The DER at the start of `rest`: a SEQUENCE with a length in two octets, as all of ours have. */
static struct span first_of(struct span rest)
{
    if (rest.len < 4 || rest.at[0] != 0x30 || rest.at[1] != 0x82) {
        return (struct span){0};
    }
    return span_upto(rest, 4 + ((size_t)rest.at[2] << 8 | rest.at[3]));
}

/* Fills the memory with whole certificates of the file, over and over; the bytes filled. */
static size_t fill(FILE *file, uint8_t *memory)
{
    size_t once = fread(memory, 1, MEMORY / 2, file);
    size_t filled = once;

    while (once > 0 && filled + once <= MEMORY) {
        memcpy(memory + filled, memory, once);
        filled += once;
    }
    return filled;
}

/* Reads all; 0 when one of them is none. `*sum` keeps the compiler from leaving anything out. */
static size_t read_all(struct span rest, struct cert_habits *habits, int64_t *sum)
{
    size_t count = 0;

    while (rest.len > 0) {
        struct span der = first_of(rest);
        struct cert cert;
        struct why why;

        if (der.len == 0 || cert_read_with(habits, der, &cert, &why) != FAULT_NONE) {
            return 0;
        }
        *sum += cert.not_after + (int64_t)cert.key.bits + cert.key_usage + (int64_t)cert.san.len;
        count++;
        rest = span_from(rest, der.len);
    }
    return count;
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The median of the rounds in microseconds; negative when the file is no list of certificates. */
static double measure(struct span all, struct cert_habits *habits, size_t rounds, int64_t *sum)
{
    double took[ROUNDS_MAX];

    for (size_t i = 0; i < rounds; i++) {
        double begin = now();
        size_t count = read_all(all, habits, sum);

        if (count == 0) {
            return -1;
        }
        took[i] = (now() - begin) / (double)count * 1e6;
    }
    qsort(took, rounds, sizeof(took[0]), by_size);
    return took[rounds / 2];
}

int main(int argc, char **argv)
{
    FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
    long asked = argc > 2 ? strtol(argv[2], NULL, 10) : ROUNDS;
    size_t rounds = asked < 1 ? 1 : asked > ROUNDS_MAX ? ROUNDS_MAX : (size_t)asked;
    uint8_t *memory = malloc(MEMORY);
    struct cert_habits *habits = calloc(1, sizeof(*habits));
    int64_t sum = 0;
    double alone, beside;
    struct span all;

    if (file == NULL || memory == NULL || habits == NULL) {
        fputs("usage: cert_facts CERTIFICATES [ROUNDS]\n", stderr);
        return 2;
    }
    all = span_of(memory, fill(file, memory));
    alone = measure(all, NULL, rounds, &sum);
    beside = measure(all, habits, rounds, &sum);
    (void)fclose(file);
    free(memory);
    free(habits);
    if (alone < 0 || beside < 0) {
        fputs("cert_facts: the file holds something else than certificates\n", stderr);
        return 3;
    }
    printf("%.4f %.4f %lld\n", alone, beside, (long long)sum);
    return 0;
}
