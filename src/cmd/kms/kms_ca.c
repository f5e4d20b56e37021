#include "cmd/kms/kms.h"
#include "cmd/kms/kms_options.h"
#include "cmd/kms/kms_output.h"
#include "kms/request/inspect/certificates.h"

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
        status = kms_output_write(o->output, KMS_FOR_OTHERS, buffer_span(&pem));
    }
    kms_close(&kms);
    buffer_clear(&pem);
    return status;
}

int kms_verb_ca(int argc, char **argv)
{
    static const struct kms_verb verb = {.name = "ca", .help = help, .options = long_options};
    struct kms_options options;
    int status;

    if (kms_options_parse(argc, argv, &verb, NULL, &options, &status)) {
        status = run(&options);
    }
    kms_options_clear(&options);
    return status;
}
