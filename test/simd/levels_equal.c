/*
 * Every level of vector instructions that this processor has gives what plain C gives: on random
 * bytes, on digits with one hostile byte among them, at every length and alignment. Needs nothing
 * but the C library, so that it also runs under an emulator of another processor.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/hex.h"
#include "base/lines.h"
#include "base/simd.h"

enum { LENGTH_MAX = 1024, ROUNDS = 20000, GUARD = 0xA5 };

/* xorshift64*: the same numbers everywhere. */
static uint64_t state = 88172645463325252U;

static uint64_t next_random(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 2685821657736338717U;
}

static void fill(uint8_t *text, size_t len, const char *alphabet)
{
    size_t letters = strlen(alphabet);

    for (size_t i = 0; i < len; i++) {
        text[i] = (uint8_t)alphabet[next_random() % letters];
    }
    if (len > 0 && next_random() % 2 == 0) {
        text[next_random() % len] = (uint8_t)next_random();
    }
}

static const char hex_digits[] = "0123456789abcdefABCDEF";
static const char base64_text[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/ABCDEFGHIJKLMNOPQRSTUVWXYZ\n";
static const char folded_text[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/ \n \n";

/* What one call gave: enough to compare two levels by. */
struct result {
    size_t taken, made;
    int fault;
    uint8_t bytes[2 * LENGTH_MAX];
};

static void run_hex(struct span text, struct result *out)
{
    out->taken = hex_decode_run(text, out->bytes);
    out->made = out->taken / 2;
}

static void run_base64(struct span text, struct result *out)
{
    struct why why = {0};

    out->fault = base64_decode(text, out->bytes, &out->made, &why) != FAULT_NONE;
    out->taken = out->fault != 0 ? why.offset : text.len;
    if (out->fault != 0) {
        out->made = 0;
    }
}

static void run_folded(struct span text, struct result *out)
{
    struct lines_folded seen = {0};
    struct span rest = text;

    out->made = 0;
    while (rest.len > 0) { /* all its lines, of which one look may find several */
        size_t folds, end = lines_folded_end(&seen, rest, &folds);
        const size_t found[2] = {end, folds};

        memcpy(out->bytes + out->made, found, sizeof(found));
        out->made += out->made + 2 * sizeof(found) <= sizeof(out->bytes) ? sizeof(found) : 0;
        rest = span_from(rest, end + 1);
    }
    out->taken = text.len;
}

/* Steps of many sizes, the same ones at each level. */
static size_t next_step(size_t at) { return at % 7 == 0 ? at % 130 : 0; }

static void run_stops(struct span text, struct result *out)
{
    struct lines_stops stops = lines_stops_of(',', '\n', 'x', '=');

    out->made = 0;
    for (size_t at = 0; at < text.len; at++) { /* some from a new block, some from the last one */
        at = lines_next_stop(&stops, text, at);
        memcpy(out->bytes + out->made, &at, sizeof(at));
        out->made += out->made + 2 * sizeof(at) <= sizeof(out->bytes) ? sizeof(at) : 0;
        at += next_step(at);
    }
    out->taken = text.len;
}

static const struct {
    const char *name, *alphabet;
    void (*run)(struct span text, struct result *out);
} kinds[] = {{"hex", hex_digits, run_hex},
             {"base64", base64_text, run_base64},
             {"folded", folded_text, run_folded},
             {"stops", base64_text, run_stops}};

static int is_same(const struct result *a, const struct result *b)
{
    return a->taken == b->taken && a->made == b->made && a->fault == b->fault &&
           memcmp(a->bytes, b->bytes, a->made) == 0;
}

int main(void)
{
    const struct simd *levels[SIMD_LEVELS_MAX];
    size_t count = simd_levels(levels);
    static struct result plain, other;

    for (size_t round = 0; round < ROUNDS; round++) {
        size_t len = next_random() % LENGTH_MAX;
        size_t kind = round % (sizeof(kinds) / sizeof(kinds[0]));
        uint8_t *block = malloc(len + 1); /* of its own size: a sanitizer sees a read past it */
        struct span text = span_of(block, len);

        if (block == NULL) {
            return EXIT_FAILURE;
        }
        fill(block, len, kinds[kind].alphabet);
        (void)simd_use("scalar");
        kinds[kind].run(text, &plain);
        for (size_t i = 1; i < count; i++) {
            memset(other.bytes, GUARD, sizeof(other.bytes));
            (void)simd_use(levels[i]->name);
            kinds[kind].run(text, &other);
            if (!is_same(&plain, &other)) {
                printf("%s at level %s differs: round %zu, %zu bytes\n", kinds[kind].name,
                       levels[i]->name, round, len);
                return EXIT_FAILURE;
            }
        }
        free(block);
    }
    for (size_t i = 0; i < count; i++) {
        printf("%s%s", i > 0 ? ", " : "", levels[i]->name);
    }
    puts(": the same");
    return EXIT_SUCCESS;
}
