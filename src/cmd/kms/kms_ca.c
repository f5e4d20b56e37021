#include "base/outfile.h"
#include "cmd/kms/kms.h"
#include "cmd/kms/kms_options.h"
#include "kms/request/certificates.h"

/* Chains are short; a certificate of a CA has 2 KB at most. */
enum { PEM_MAX = 1 << 20 };

static const struct option long_options[] = {
    KMS_OUTPUT_OPTION,
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: keyroster kms ca STORE [-o FILE]\n"
    "\n"
    "Writes the certificates of the CA, PEM: the issuing CA's, then those above it.\n"
    "Needs no passphrase.\n"
    "\n"
    "  -o, --output FILE     write to FILE, which appears whole or not at all\n";

static const char *take(void *own, int code, const char *argument)
{
    (void)own;
    (void)code;
    return argument;
}

static int write_out(const struct kms_options *o, struct span pem)
{
    struct outfile out = {.fd = -1};
    struct why why = {0};
    enum fault fault = kms_open_published(o->output, &out, &why);

    if (fault == FAULT_NONE) {
        fault = outfile_write(&out, pem, &why);
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

static int run(const struct kms_options *o)
{
    struct buffer pem = buffer_with_max(PEM_MAX);
    struct kms kms = {0};
    struct why why = {0};
    int status;

    if (kms_open(&kms, o->store, KMS_READ, "ca", kms_clock(), &why) != FAULT_NONE ||
        certificates_pem(&kms, &pem, &why) != FAULT_NONE) {
        status = kms_complain(o, &why);
    } else {
        status = write_out(o, buffer_span(&pem));
    }
    kms_close(&kms);
    buffer_clear(&pem);
    return status;
}

int kms_verb_ca(int argc, char **argv)
{
    static const struct kms_verb verb = {
        .name = "ca", .help = help, .options = long_options, .take = take};
    struct kms_options options;
    int status;

    if (kms_options_parse(argc, argv, &verb, NULL, &options, &status)) {
        status = run(&options);
    }
    kms_options_clear(&options);
    return status;
}
