/*
 * Holds cert_read() to libcrypto, field by field and in what they take and refuse.
 *
 *     facts_match PATH...        certificates in files and folders
 *     facts_match -c             … of KEYROSTER_CORPORA, or ../shared/corpora of the source
 *     facts_match -n N [-s SEED] N made ones, three of four of them damaged
 *
 * Exit status 77: no PATH is there.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/readfile.h"
#include "cert/bundle.h"
#include "cert/container.h"
#include "compare.h"
#include "make.h"

enum { DAMAGED_EACH = 3, SKIPPED = 77, FILE_MAX = 64 << 20, PATH_SIZE = 4096 };

static void match_block(struct comparison *c, const char *name, struct span bytes)
{
    struct bundle bundle;
    struct bundle_item item;
    struct why why;
    enum fault fault = bundle_open(bytes, &bundle, &why);

    if (fault != FAULT_NONE) {
        compare_certificate(c, name, bytes);
        return;
    }
    while (bundle_next(&bundle, &item, &why, &fault)) {
        compare_certificate(c, name, item.der);
    }
}

static void match_file(struct comparison *c, const char *name)
{
    struct buffer bytes = buffer_with_max(FILE_MAX);
    struct container container;
    struct container_block block;
    struct why why;
    enum fault fault;

    if (readfile(name, &bytes, &why) != FAULT_NONE || bytes.len == 0) {
        buffer_clear(&bytes);
        return;
    }
    container = container_over(buffer_span(&bytes));
    while ((fault = container_next(&container, &block, &why)) != FAULT_ABSENT) {
        if (fault == FAULT_NONE) {
            match_block(c, name, block.bytes);
        }
    }
    container_clear(&container);
    buffer_clear(&bytes);
}

/* Folders in folders are few: a call each. */
static void match_path(struct comparison *c, const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *item;

    if (folder == NULL) {
        match_file(c, path);
        return;
    }
    while ((item = readdir(folder)) != NULL) {
        char inner[PATH_SIZE];

        if (item->d_name[0] != '.' &&
            snprintf(inner, sizeof(inner), "%s/%s", path, item->d_name) < (int)sizeof(inner)) {
            match_path(c, inner);
        }
    }
    (void)closedir(folder);
}

static void match_made(struct comparison *c, unsigned long count, uint64_t seed)
{
    static uint8_t made[MADE_MAX], damaged[MADE_MAX];
    struct maker maker;

    maker_init(&maker, seed);
    while (c->compared < count) {
        size_t len = maker_make(&maker, made);

        if (len > 0) {
            compare_certificate(c, "made", span_of(made, len));
        }
        for (int i = 0; i < DAMAGED_EACH && len > 0; i++) {
            size_t n = len;

            memcpy(damaged, made, len);
            for (size_t k = 1 + chance_below(&maker.chance, 2); k > 0 && n > 0; k--) {
                n = maker_damage(&maker, damaged, n);
            }
            compare_certificate(c, "damaged", span_of(damaged, n));
        }
    }
    maker_clear(&maker);
}

static void match_corpora(struct comparison *c)
{
    const char *corpora = getenv("KEYROSTER_CORPORA");
    const char *source = getenv("KEYROSTER_SOURCE");
    char path[PATH_SIZE];

    if (corpora != NULL) {
        match_path(c, corpora);
    } else if (snprintf(path, sizeof(path), "%s/../shared/corpora", source != NULL ? source : ".") <
               (int)sizeof(path)) {
        match_path(c, path);
    }
}

int main(int argc, char **argv)
{
    struct comparison c = {0};
    unsigned long made = 0;
    uint64_t seed = 1;
    bool corpora = false;
    int code;

    while ((code = getopt(argc, argv, "cn:s:")) != -1) {
        if (code == 'n') {
            made = strtoul(optarg, NULL, 10);
        } else if (code == 's') {
            seed = strtoull(optarg, NULL, 10);
        } else if (code == 'c') {
            corpora = true;
        } else {
            return 2;
        }
    }
    if (made > 0) {
        match_made(&c, made, seed);
    }
    if (corpora) {
        match_corpora(&c);
    }
    for (int i = optind; i < argc; i++) {
        match_path(&c, argv[i]);
    }
    if (c.compared == 0) {
        printf("skipped: no certificate is there\n");
        return SKIPPED;
    }
    printf("%lu compared: %lu taken by both, %lu refused by both, %lu refused as cert.h says, "
           "%lu wrong\n",
           c.compared, c.taken, c.refused, c.stricter, c.wrong);
    return c.wrong == 0 ? 0 : 1;
}
