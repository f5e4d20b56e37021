#include "source/recognise.h"

#include "base/ascii.h"

const char *recognise_stranger(struct span head)
{
    static const struct {
        const char *magic;
        size_t len;
        const char *rule;
    } strangers[] = {
        {"\xFD"
         "7zXZ",
         5, "compressed with xz: unpack it first (xz -dc FILE | keyroster users -)"},
        {"BZh", 3, "compressed with bzip2: unpack it first (bzip2 -dc FILE | keyroster users -)"},
        {"PK\x03\x04", 4, "a ZIP archive or an Excel workbook: save it as CSV first"},
        {"\xD0\xCF\x11\xE0", 4, "an old Excel workbook: save it as CSV first"},
        {"%PDF", 4, "a PDF document: no export"},
        {"-----BEGIN ", 11, "PEM, as of certificates: no export (keyroster cert reads it)"},
        {"0\x82", 2, "DER, as of certificates: no export (keyroster cert reads it)"},
    };

    for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
        if (head.len > strangers[i].len &&
            memcmp(head.at, strangers[i].magic, strangers[i].len) == 0) {
            return strangers[i].rule;
        }
    }
    return NULL;
}

enum encoding recognise_encoding(struct span head, size_t *mark)
{
    size_t zeros[2] = {0, 0};

    *mark = 0;
    if (head.len >= 3 && memcmp(head.at, "\xEF\xBB\xBF", 3) == 0) {
        *mark = 3;
        return ENCODING_BYTES;
    }
    if (head.len >= 2 &&
        (memcmp(head.at, "\xFF\xFE", 2) == 0 || memcmp(head.at, "\xFE\xFF", 2) == 0)) {
        *mark = 2;
        return head.at[0] == 0xFF ? ENCODING_UTF16LE : ENCODING_UTF16BE;
    }
    for (size_t i = 0; i < head.len; i++) {
        zeros[i % 2] += head.at[i] == 0;
    }
    /* A character such as U+0100 has its zero in the other byte. */
    if (zeros[1] > head.len / 4 && zeros[0] < zeros[1] / 4) {
        return ENCODING_UTF16LE;
    }
    return zeros[0] > head.len / 4 && zeros[1] < zeros[0] / 4 ? ENCODING_UTF16BE : ENCODING_BYTES;
}

/*
 * Line ends are settled by what the first piece shows: CR alone, and no LF anywhere. In UTF-16
 * too the bytes tell, since it takes a LF to write one. The last CR may be half of CR LF, unless
 * nothing follows.
 */
bool recognise_bare_cr(struct span wide, bool last)
{
    enum { CR_LENGTH_MAX = 4 /* in UTF-32 */ };
    size_t at;

    if (!last) {
        wide = span_upto(wide, wide.len > CR_LENGTH_MAX ? wide.len - CR_LENGTH_MAX : 0);
    }
    return !span_find(wide, '\n', &at) && span_find(wide, '\r', &at);
}

bool recognise_ldif(struct span head)
{
    while (head.len > 0) {
        size_t end;
        struct span line = span_find(head, '\n', &end) ? span_upto(head, end + 1) : head;
        struct span text = ascii_trim(line);

        if (text.len > 0 && text.at[0] != '#' && line.at[0] != ' ') {
            return ascii_starts_nocase(text, span_text("dn:")) ||
                   ascii_starts_nocase(text, span_text("version:")) ||
                   ascii_starts_nocase(text, span_text("search:")) ||
                   ascii_starts_nocase(text, span_text("ref:"));
        }
        head = span_from(head, line.len);
    }
    return false;
}
