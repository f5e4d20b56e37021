#include "cmd/kms/kms_output.h"

#include "base/outfile.h"
#include "cmd/kms/kms.h"

int kms_output_write(const char *path, enum kms_reader reader, struct span bytes)
{
    struct outfile out = {.fd = -1};
    struct why why = {0};
    enum fault fault = reader == KMS_FOR_OTHERS ? kms_open_published(path, &out, &why)
                                                : outfile_open(path, &out, &why);

    if (fault == FAULT_NONE) {
        fault = outfile_write(&out, bytes, &why);
    }
    if (fault == FAULT_NONE) {
        fault = outfile_commit(&out, &why);
    }
    outfile_clear(&out);
    if (fault != FAULT_NONE) {
        complain(path != NULL ? path : "standard output", 0, why.rule);
        return EXIT_NOT_DONE;
    }
    return EXIT_DONE;
}
