#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/outfile.h"
#include "cmd/kms/kms.h"
#include "cmd/kms/kms_issuing.h"
#include "kms/request/issue/crl.h"
#include "kms/request/session/pem_text.h"

#define DER_MAX ((size_t)1 << 30)

enum { OPTION_PART = KMS_OWN_OPTION };

static const struct option long_options[] = {
    {"part", required_argument, NULL, OPTION_PART},
    KMS_OUTPUT_OPTION,
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: keyroster kms crl STORE -o FILE [--part K/N]\n"
    "\n"
    "Makes the certificate revocation list of now, DER, or PEM where FILE ends with\n"
    ".pem. Its number is greater than that of every list before. Takes one\n"
    "administrator.\n"
    "\n"
    "  -o, --output FILE     write to FILE, which appears whole or not at all\n"
    "      --part K/N        the K-th of N parts, 1024 at most; profile.conf says\n"
    "                        in how many the list is published (crl_parts)\n";

static const char *take(void *own, int code, const char *argument)
{
    struct crl_asked *asked = own;
    char *slash, *end;
    unsigned long part, parts;

    (void)code;
    part = strtoul(argument, &slash, 10);
    if (argument[0] < '0' || argument[0] > '9' || slash[0] != '/' || slash[1] < '0' ||
        slash[1] > '9') {
        return "--part is K/N, not";
    }
    parts = strtoul(slash + 1, &end, 10);
    if (*end != '\0' || part < 1 || part > parts || parts > CRL_PARTS_MAX) {
        return "--part is K/N, K from 1 to N, N 1024 at most, not";
    }
    *asked = (struct crl_asked){.part = (uint32_t)part, .parts = (uint32_t)parts};
    return NULL;
}

static bool is_pem(const char *path)
{
    const size_t len = strlen(path);

    return len >= 4 && strcasecmp(path + len - 4, ".pem") == 0;
}

static enum fault write_file(const char *path, struct outfile *out, struct span der,
                             struct why *why)
{
    struct buffer pem = buffer_with_max(2 * DER_MAX);
    enum fault fault = kms_open_published(path, out, why);

    if (fault == FAULT_NONE && is_pem(path)) {
        pem_text_add(&pem, "X509 CRL", der);
        der = buffer_span(&pem);
        fault = pem.fault != FAULT_NONE ? fault_at(FAULT_RESOURCE, 0, "out of memory", why)
                                        : FAULT_NONE;
    }
    if (fault == FAULT_NONE) {
        fault = outfile_write(out, der, why);
    }
    buffer_clear(&pem);
    return fault;
}

static const struct kms_column columns[] = {
    {"number", 8, false},       {"part", 6, false},         {"parts", 6, false},
    {"this_update", 20, false}, {"next_update", 20, false}, {"entries", 0, false},
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

static int tell(const struct kms_options *o, const struct crl_asked *asked,
                const struct crl_made *made)
{
    const bool is_part = asked->parts > 0;
    const struct kms_value values[COLUMN_COUNT] = {
        kms_number(made->number),
        is_part ? kms_number(asked->part) : kms_null(),
        is_part ? kms_number(asked->parts) : kms_null(),
        kms_time(made->this_update),
        kms_time(made->next_update),
        kms_number(made->entries),
    };
    struct kms_rows rows = {.out = {.fd = -1}};
    struct why why = {0};
    enum fault fault = kms_rows_open(&rows, NULL, o->jsonl, columns, COLUMN_COUNT, &why);
    int status;

    if (fault == FAULT_NONE) {
        fault = kms_rows_add(&rows, values, &why);
    }
    status = kms_finish(o, &rows, fault, false, &why);
    kms_rows_clear(&rows);
    return status;
}

/* Whether the list goes where rows go: `-`, /dev/stdout, or whatever is the same file. */
static bool is_standard_output(const struct outfile *out)
{
    struct stat list, rows;

    return fstat(out->fd, &list) == 0 && fstat(STDOUT_FILENO, &rows) == 0 &&
           list.st_dev == rows.st_dev && list.st_ino == rows.st_ino;
}

/*
 * The file comes to its place when the number is taken for good: a list that is out has a number
 * that no other one gets.
 */
static int make(const struct kms_options *o, const struct crl_asked *asked, struct kms *kms)
{
    struct buffer der = buffer_with_max(DER_MAX);
    struct outfile out = {.fd = -1};
    const char *place = o->store; /* of a failure */
    bool is_alone = false;        /* no row is to stand behind the list */
    struct crl_made made;
    struct why why = {0};
    enum fault fault = crl_begin(kms, asked, &der, &made, &why);

    if (fault == FAULT_NONE) {
        place = o->output;
        fault = write_file(o->output, &out, buffer_span(&der), &why);
    }
    if (fault == FAULT_NONE) {
        is_alone = is_standard_output(&out);
        place = o->store;
        fault = kms_commit(kms, &why);
    }
    if (fault == FAULT_NONE) {
        place = o->output;
        fault = outfile_commit(&out, &why);
    }
    outfile_clear(&out);
    buffer_clear(&der);
    if (fault != FAULT_NONE) {
        complain(place, 0, why.rule);
        return EXIT_NOT_DONE;
    }
    return is_alone ? EXIT_DONE : tell(o, asked, &made);
}

int kms_verb_crl(int argc, char **argv)
{
    static const struct kms_verb verb = {
        .name = "crl", .help = help, .options = long_options, .take = take};
    struct crl_asked asked = {0};
    struct kms_options options;
    struct kms kms = {0};
    int status;

    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an answer of write(2) */
    (void)signal(SIGXFSZ, SIG_IGN); /* so is a limit on the size of files */
    if (kms_options_parse(argc, argv, &verb, &asked, &options, &status)) {
        if (options.output == NULL) {
            status = complain_usage(options.verb, "-o FILE says where the list is written", NULL);
        } else if (kms_options_enter(&options, "crl", "", TASK_COUNT, &kms, &status)) {
            status = make(&options, &asked, &kms);
        }
        kms_close(&kms);
    }
    kms_options_clear(&options);
    return status;
}
