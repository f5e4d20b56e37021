#include "base/hex.h"
#include "base/outfile.h"
#include "cmd/kms/kms.h"
#include "cmd/kms/kms_options.h"
#include "kms/store/certificate_rows.h"
#include "kms/store/escrow_rows.h"

enum { OPTION_SERIAL = KMS_OWN_OPTION };

#define ARENA_MAX ((size_t)1 << 20)

static const struct option long_options[] = {
    {"serial", required_argument, NULL, OPTION_SERIAL},
    KMS_OUTPUT_OPTION,
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: keyroster kms envelope STORE --serial N -o FILE\n"
    "\n"
    "Writes the envelope in which the key of a certificate lies in escrow: CMS, DER.\n"
    "Needs no passphrase; only the recovery key opens it.\n"
    "\n"
    "      --serial N        the certificate's serial number, hexadecimal\n"
    "  -o, --output FILE     write to FILE, which appears whole or not at all\n";

struct job {
    uint8_t serial[CERTIFICATE_SERIAL_MAX];
    size_t serial_len; /* 0: not given */
};

static const char *take(void *own, int code, const char *argument)
{
    static const char wrong[] = "--serial is a serial number in hexadecimal, not";
    struct job *job = own;
    struct span text = span_text(argument);

    (void)code;
    while (text.len > 2 && text.at[0] == '0' && text.at[1] == '0') {
        text = span_from(text, 2); /* rows are printed without */
    }
    if (text.len == 0 || text.len % 2 != 0 || text.len > 2 * sizeof(job->serial) ||
        hex_run_length(text) != text.len) {
        return wrong;
    }
    job->serial_len = hex_decode_run(text, job->serial) / 2;
    return NULL;
}

static int write_out(const struct kms_options *o, struct span bytes)
{
    struct outfile out = {.fd = -1};
    struct why why = {0};
    enum fault fault = outfile_open(o->output, &out, &why);

    if (fault == FAULT_NONE) {
        fault = outfile_write(&out, bytes, &why);
    }
    if (fault == FAULT_NONE) {
        fault = outfile_commit(&out, &why);
    }
    outfile_clear(&out);
    if (fault != FAULT_NONE) {
        complain(o->output != NULL ? o->output : "standard output", 0, why.rule);
        return EXIT_NOT_DONE;
    }
    return EXIT_DONE;
}

static int run(const struct job *job, const struct kms_options *o)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct envelope_row row;
    struct kms kms = {0};
    struct why why = {0};
    int status;
    enum fault fault = kms_open(&kms, o->store, KMS_READ, "envelope", kms_clock(), &why);

    if (fault == FAULT_NONE) {
        fault = envelope_find(kms.store, span_of(job->serial, job->serial_len), &arena, &row, &why);
        if (fault == FAULT_ABSENT) {
            why.rule = "no key in escrow has this serial number";
        }
    }
    status = fault == FAULT_NONE ? write_out(o, row.cms) : kms_complain(o, &why);
    kms_close(&kms);
    arena_clear(&arena);
    return status;
}

int kms_verb_envelope(int argc, char **argv)
{
    static const struct kms_verb verb = {
        .name = "envelope", .help = help, .options = long_options, .take = take};
    struct job job = {0};
    struct kms_options options;
    int status;

    if (kms_options_parse(argc, argv, &verb, &job, &options, &status)) {
        status = job.serial_len == 0
                     ? complain_usage("kms envelope", "--serial names the certificate", NULL)
                     : run(&job, &options);
    }
    kms_options_clear(&options);
    return status;
}
