#ifndef BASE_COMPAT_SANDBOX_H
#define BASE_COMPAT_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

/*
 * Gives up what a process that only reads and judges open files does not need, before it looks at
 * the first byte of them: opening files (Landlock), and with them starting programs, sockets,
 * tracing, and other system calls of no use here (seccomp). What the kernel does not have is
 * passed over. Threads and open descriptors go on working.
 *
 * With `network`, what connecting takes stays: sockets, and reading any file, since resolver, TLS
 * and Kerberos read theirs whenever they like. Writing files and starting programs are gone all the
 * same.
 */
struct sandbox {
    const char *output_folder; /* files may be created, renamed and removed in it; NULL: nowhere */
    const char *kept_folder;   /* another one; NULL: none */
    bool writes_again;         /* files may be opened for writing in both, again and again */
    bool reads_again;          /* any file may be read */
    int read_folder;           /* files below this descriptor may be read; -1: none */
    const char *const *read_files; /* these may be opened again, to be read */
    size_t read_file_count;
    bool network; /* connections may be made again: sockets, and reading files */
};

/* How far it went. */
enum sandbox_state {
    SANDBOX_NONE = 0,       /* the kernel has neither */
    SANDBOX_FILES = 1 << 0, /* Landlock holds */
    SANDBOX_CALLS = 1 << 1, /* seccomp holds */
};

/* Cannot be taken back. The answer is a set of enum sandbox_state. */
int sandbox_enter(const struct sandbox *sandbox);

#endif
