#include "cmd/cmd.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/text.h"

enum { MESSAGE_MAX = 64 * 1024, FILE_SIZE = 4096, WHAT_SIZE = 512, TOLD_MAX = 10 };

/* One write() a message, so that lines of several threads or programs do not mix. */
static void flush_message(struct buffer *message)
{
    buffer_add_byte(message, '\n');
    (void)!write(STDERR_FILENO, message->at, message->len);
    buffer_clear(message);
}

/*
 * The same of one line after the other: one quote that is never closed says something of each line
 * of a file. The first ones are told one by one, the others in one line, when they are over.
 */
static struct run {
    char file[FILE_SIZE], what[WHAT_SIZE];
    unsigned long long last; /* line */
    unsigned long long told, held;
} same;

static void tell(const char *file, unsigned long long line, struct span what)
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
    text_add_safe(&message, what); /* names and addresses of others may be in it */
    flush_message(&message);
}

void complain_end(void)
{
    struct buffer what = buffer_with_max(2 * WHAT_SIZE);

    if (same.held == 1) {
        tell(same.file, same.last, span_text(same.what));
    } else if (same.held > 1) {
        buffer_add_text(&what, same.what);
        buffer_add_text(&what, ", and so each line to ");
        buffer_add_uint(&what, same.last);
        tell(same.file, same.last - same.held + 1, buffer_span(&what));
    }
    same.held = 0;
    buffer_clear(&what);
}

/* True when the complaint goes on with those before it, and is kept for the line about the rest. */
static bool is_held(const char *file, unsigned long long line, struct span what)
{
    if (file != NULL && line > 0 && line == same.last + 1 && span_is(what, same.what) &&
        strcmp(file, same.file) == 0) {
        same.last = line;
        same.held += same.told >= TOLD_MAX ? 1 : 0;
        same.told += same.told < TOLD_MAX ? 1 : 0;
        return same.held > 0;
    }
    complain_end();
    same.last = 0;
    if (file != NULL && line > 0 && strlen(file) < FILE_SIZE && what.len < WHAT_SIZE) {
        (void)snprintf(same.file, FILE_SIZE, "%s", file);
        (void)snprintf(same.what, WHAT_SIZE, "%.*s", (int)what.len, (const char *)what.at);
        same.last = line;
        same.told = 1;
    }
    return false;
}

void complain(const char *file, unsigned long long line, const char *what)
{
    complain_span(file, line, span_text(what));
}

void complain_span(const char *file, unsigned long long line, struct span what)
{
    if (!is_held(file, line, what)) {
        tell(file, line, what);
    }
}

void inform(const char *what)
{
    struct buffer message = buffer_with_max(MESSAGE_MAX);

    complain_end();
    text_add_safe(&message, span_text(what));
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
