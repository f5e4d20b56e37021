#include "cmd/kms/kms_issuing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utc.h"
#include "cmd/cmd.h"

enum { TOKEN_DAYS_MAX = 366, THREADS_LIMIT = 256 };

bool kms_issuing_open(struct kms_issuing *issuing, struct kms *kms, struct kms_options *options,
                      const char *dir, const char *path)
{
    struct why why = {0};
    const char *where = dir != NULL ? dir : path;
    enum fault fault = issue_terms_of(kms, &issuing->terms, &why);

    if (fault != FAULT_NONE) {
        complain(options->store, 0, why.rule);
        return false;
    }
    fault = dir != NULL ? p12_dir_open(dir, &issuing->dir, &why)
                        : p12_dir_open_for(path, &issuing->dir, issuing->file, &why);
    if (fault != FAULT_NONE) {
        complain(where, 0, why.rule);
        return false;
    }
    return kms_passphrase_get_p12(&options->passphrases, &issuing->terms.passphrase);
}

void kms_issuing_clear(struct kms_issuing *issuing) { p12_dir_close(&issuing->dir); }

struct kms_value kms_encryption_serial(const struct issue *issue)
{
    return issue != NULL ? kms_hex(span_of(issue->encryption_serial, SERIAL_SIZE)) : kms_null();
}

struct kms_value kms_signing_serial(const struct issue *issue)
{
    return issue != NULL ? kms_hex(span_of(issue->signing_serial, SERIAL_SIZE)) : kms_null();
}

struct kms_value kms_not_after(const struct issue *issue)
{
    return issue != NULL ? kms_time(issue->not_after) : kms_null();
}

struct kms_value kms_notice(const struct kms *kms, bool is_due)
{
    return is_due && kms->profile.escrow_notice[0] != '\0' ? kms_text(kms->profile.escrow_notice)
                                                           : kms_null();
}

void kms_tell_notice(const struct kms *kms, bool jsonl)
{
    if (!jsonl && kms->profile.escrow_notice[0] != '\0') {
        inform(kms->profile.escrow_notice);
    }
}

int kms_finish(const struct kms_options *options, struct kms_rows *rows, enum fault fault,
               bool some, struct why *why)
{
    const bool is_closed = fault != FAULT_ABSENT; /* nobody reads any more: no message is due */
    struct why closing = {0};
    const enum fault end = is_closed ? kms_rows_close(rows, &closing) : FAULT_NONE;

    if (fault != FAULT_NONE) {
        return is_closed ? kms_complain(options, why) : EXIT_NOT_DONE;
    }
    if (end != FAULT_NONE) {
        if (end != FAULT_ABSENT) {
            complain("standard output", 0, closing.rule);
        }
        return EXIT_NOT_DONE;
    }
    return some ? EXIT_SOME : EXIT_DONE;
}

bool kms_take_days(const char *text, int64_t *seconds)
{
    char *end;
    unsigned long n;
    struct why why;

    if (utc_parse_duration(span_text(text), seconds, &why) == FAULT_NONE) {
        return true;
    }
    errno = 0;
    n = strtoul(text, &end, 10);
    *seconds = (int64_t)(n % 100000) * UTC_DAY;
    return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && n < 100000;
}

const char *kms_take_valid_for(const char *text, int64_t *seconds)
{
    struct why why;

    return utc_parse_duration(span_text(text), seconds, &why) == FAULT_NONE && *seconds > 0 &&
                   *seconds <= (int64_t)TOKEN_DAYS_MAX * UTC_DAY
               ? NULL
               : "--valid-for is a time like 7d or 12h, 366d at most, not";
}

const char *kms_take_user_key(const char *text, enum key_kind *kind)
{
    return key_kind_find(span_text(text), kind) && *kind != KIND_X25519
               ? NULL
               : "--user-key is p256, p384, rsa2048, rsa3072, rsa4096 or ed25519, not";
}

const char *kms_take_threads(const char *text, size_t *threads)
{
    char *end;
    const unsigned long n = strtoul(text, &end, 10);

    *threads = n;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && n >= 1 && n <= THREADS_LIMIT
               ? NULL
               : "--threads is a number from 1 to 256, not";
}

size_t kms_threads_usual(void)
{
    const long online = sysconf(_SC_NPROCESSORS_ONLN);

    return online < 1 ? 1 : online > THREADS_LIMIT ? THREADS_LIMIT : (size_t)online;
}
