#include "cmd/kms/kms.h"
#include "cmd/kms/kms_options.h"
#include "cmd/kms/kms_output.h"
#include "cmd/kms/kms_serial.h"
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

static const char *take(void *own, int code, const char *argument)
{
    (void)code;
    return kms_serial_take(argument, own) ? NULL : "--serial is hexadecimal, 20 bytes at most, not";
}

static int run(const struct kms_serial *serial, const struct kms_options *o)
{
    struct arena arena = arena_with_max(ARENA_MAX);
    struct envelope_row row;
    struct kms kms = {0};
    struct why why = {0};
    int status;
    enum fault fault = kms_open(&kms, o->store, KMS_READ, "envelope", kms_clock(), &why);

    if (fault == FAULT_NONE) {
        fault = envelope_find(kms.store, span_of(serial->at, serial->len), &arena, &row, &why);
        if (fault == FAULT_ABSENT) {
            why.rule = "no key in escrow has this serial number";
        }
    }
    status = fault == FAULT_NONE ? kms_output_write(o->output, KMS_FOR_OWNER, row.cms)
                                 : kms_complain(o, &why);
    kms_close(&kms);
    arena_clear(&arena);
    return status;
}

int kms_verb_envelope(int argc, char **argv)
{
    static const struct kms_verb verb = {
        .name = "envelope", .help = help, .options = long_options, .take = take};
    struct kms_serial serial = {0};
    struct kms_options options;
    int status;

    if (kms_options_parse(argc, argv, &verb, &serial, &options, &status)) {
        status = serial.len == 0
                     ? complain_usage("kms envelope", "--serial names the certificate", NULL)
                     : run(&serial, &options);
    }
    kms_options_clear(&options);
    return status;
}
