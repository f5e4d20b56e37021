#include <stdio.h>

#include "base/buffer.h"
#include "cert/digest.h"
#include "cmd/users_output.h"

enum { BASIS_MAX = 64 * 1024 };

/* A text with its end: `ab`, `c` is another list than `a`, `bc`. */
static void add_text(struct buffer *out, struct span text)
{
    buffer_add_uint(out, text.len);
    buffer_add_byte(out, ':');
    buffer_add(out, text);
}

static void add_word(struct buffer *out, const char *word)
{
    add_text(out, word != NULL ? span_text(word) : span_text("-"));
}

enum fault users_basis(const struct users_options *options, struct source *const *sources,
                       size_t count, char out[USERS_BASIS_SIZE])
{
    const struct judging_options *judging = &options->judging;
    const struct source_options *source = &options->reading.source;
    struct buffer text = buffer_with_max(BASIS_MAX + count * 64);
    uint8_t digest[SHA256_SIZE] = {0};
    enum fault fault;

    buffer_add(&text, span_of(judging->loaded, sizeof(judging->loaded)));
    add_word(&text, judging->site);
    add_word(&text, judging->remotes ? "all" : "mailbox");
    buffer_add_uint(&text, (uint64_t)options->rows.warning_seconds);
    buffer_add_byte(&text, (uint8_t)source->format);
    add_word(&text, source->encoding);
    add_text(&text, source->csv.delimiter);
    add_text(&text, source->csv.quote);
    add_text(&text, source->csv.separator);
    add_word(&text, options->reading.follow_folder != NULL ? "follow" : NULL);
    for (size_t i = 0; i < count; i++) {
        uint64_t position, size;

        source_progress(sources[i], &position, &size);
        buffer_add_byte(&text, ',');
        buffer_add_uint(&text, size);
    }
    fault = text.fault != FAULT_NONE ? text.fault : digest_sha256(buffer_span(&text), digest);
    buffer_clear(&text);
    for (size_t i = 0; i < (USERS_BASIS_SIZE - 1) / 2; i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
    }
    return fault;
}
