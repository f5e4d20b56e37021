#include <string.h>

#include "cmd/kms/kms.h"
#include "cmd/kms/kms_options.h"
#include "kms/request/ceremony/admins.h"

static const struct option long_options[] = {
    KMS_LONG_OPTIONS,
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: keyroster kms passphrase STORE NAME\n"
    "\n"
    "Gives an administrator or agent another passphrase. The old one is taken from\n"
    "--passphrase NAME=FILE or asked, the new one from --passphrase new=FILE, from a\n"
    "second --passphrase NAME=FILE, or asked twice.\n";

/* Under which name the new one was given; that of somebody called `new` is an old one. */
static const char *name_of_new(const struct kms_options *o)
{
    return !kms_passphrases_has(&o->passphrases, KMS_NEW_PASSPHRASE) &&
                   strcmp(o->rest[0], "new") != 0 && kms_passphrases_has(&o->passphrases, "new")
               ? "new"
               : KMS_NEW_PASSPHRASE;
}

static int run(struct kms_options *o)
{
    const char *name = o->rest[0], *new = name_of_new(o);
    const struct secret *fresh;
    struct kms kms = {0};
    struct why why = {0};
    int status = EXIT_NOT_DONE;

    if (kms_open(&kms, o->store, KMS_WRITE, "passphrase", kms_clock(), &why) != FAULT_NONE) {
        status = kms_complain(o, &why);
        kms_close(&kms);
        return status;
    }
    kms_subject(&kms, span_text(name));
    if (kms_passphrases_sign_in_one(&o->passphrases, &kms, name)) {
        if (kms_passphrase_get(&o->passphrases, new, KMS_ASK_NEW, &fresh, &why) != FAULT_NONE) {
            complain(kms_passphrase_place(&o->passphrases, new), 0, why.rule);
        } else {
            status = passphrase_change(&kms, name, fresh, &why) == FAULT_NONE
                         ? EXIT_DONE
                         : kms_complain(o, &why);
        }
    }
    kms_close(&kms);
    return status;
}

int kms_verb_passphrase(int argc, char **argv)
{
    static const struct kms_verb verb = {.name = "passphrase",
                                         .help = help,
                                         .options = long_options,
                                         .takes_new = true,
                                         .rest_min = 1,
                                         .rest_max = 1,
                                         .rest_name = "NAME"};
    struct kms_options options;
    int status;

    if (kms_options_parse(argc, argv, &verb, NULL, &options, &status)) {
        status = run(&options);
    }
    kms_options_clear(&options);
    return status;
}
