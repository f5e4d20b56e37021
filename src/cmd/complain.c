#include "cmd/cmd.h"

#include <stdio.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/text.h"

enum { MESSAGE_MAX = 64 * 1024 };

/* One write() a message, so that lines of several threads or programs do not mix. */
static void flush_message(struct buffer *message)
{
    buffer_add_byte(message, '\n');
    (void)!write(STDERR_FILENO, message->at, message->len);
    buffer_clear(message);
}

void complain(const char *file, unsigned long long line, const char *what)
{
    complain_span(file, line, span_text(what));
}

void complain_span(const char *file, unsigned long long line, struct span what)
{
    struct buffer message = buffer_with_max(MESSAGE_MAX);

    buffer_add_text(&message, "keyroster: ");
    if (file != NULL) {
        text_add_safe(&message, span_text(file));
        if (line > 0) {
            buffer_add_byte(&message, ':');
            buffer_add_uint(&message, line);
        }
        buffer_add_text(&message, ": ");
    }
    buffer_add(&message, what);
    flush_message(&message);
}

int complain_usage(const char *verb, const char *what, const char *argument)
{
    struct buffer message = buffer_with_max(MESSAGE_MAX);

    buffer_add_text(&message, "keyroster: ");
    if (verb != NULL) {
        buffer_add_text(&message, verb);
        buffer_add_text(&message, ": ");
    }
    buffer_add_text(&message, what);
    if (argument != NULL) {
        buffer_add_text(&message, ": '");
        text_add_safe(&message, span_text(argument));
        buffer_add_byte(&message, '\'');
    }
    buffer_add_text(&message, " (see 'keyroster ");
    if (verb != NULL) {
        buffer_add_text(&message, verb);
        buffer_add_byte(&message, ' ');
    }
    buffer_add_text(&message, "--help')");
    flush_message(&message);
    return EXIT_USAGE;
}
