#include "cmd/progress.h"

#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/text.h"

enum { FIRST_MS = 1000, RENEW_MS = 200, LINE_MAX_BYTES = 1024 };

static const char wipe[] = "\r\033[K";

static int64_t now_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct progress progress_start(bool wanted)
{
    return (struct progress){.wanted = wanted && isatty(STDERR_FILENO),
                             .next_ms = now_ms() + FIRST_MS};
}

void progress_show(struct progress *progress, const char *source, uint64_t position, uint64_t size,
                   uint64_t mailboxes)
{
    struct buffer line = buffer_with_max(LINE_MAX_BYTES);
    int64_t now = progress->wanted ? now_ms() : 0;

    if (!progress->wanted || now < progress->next_ms) {
        return;
    }
    progress->next_ms = now + RENEW_MS;
    progress->shown = true;
    buffer_add_text(&line, wipe);
    text_add_safe(&line, span_text(source));
    buffer_add_text(&line, ": ");
    if (size > 0) {
        buffer_add_uint(&line, position * 100 / size);
        buffer_add_text(&line, "%, ");
    } else {
        buffer_add_uint(&line, position / 1000000);
        buffer_add_text(&line, " MB, ");
    }
    buffer_add_uint(&line, mailboxes);
    buffer_add_text(&line, " mailboxes");
    (void)!write(STDERR_FILENO, line.at, line.len);
    buffer_clear(&line);
}

void progress_clear(struct progress *progress)
{
    if (progress->shown) {
        (void)!write(STDERR_FILENO, wipe, sizeof(wipe) - 1);
        progress->shown = false;
    }
}
