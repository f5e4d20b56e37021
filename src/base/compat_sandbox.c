#include "base/compat_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>
#include <seccomp.h>

/* All rights over files that the oldest Landlock knows; what it does not know stays allowed. */
#define ALL_RIGHTS                                                                                 \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |   \
     LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR |                                 \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |   \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* Renaming a file that is complete, within its folder: it goes here and appears there. */
#define OUTPUT_RIGHTS (LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE)

#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)

static bool allow_beneath(int rules, int folder, uint64_t rights)
{
    struct landlock_path_beneath_attr beneath = {.allowed_access = rights, .parent_fd = folder};

    return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
}

/*
 * Where it is no file of a disk, there is nothing to allow: a folder would let in all that is in
 * it, and pipes are open to everybody who has a descriptor.
 */
static bool allow_file(int rules, const char *path)
{
    int file = open(path, O_PATH | O_CLOEXEC);
    struct stat status;
    bool good = true;

    if (file < 0) {
        return true;
    }
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
        good = allow_beneath(rules, file, LANDLOCK_ACCESS_FS_READ_FILE);
    }
    (void)close(file);
    return good;
}

static bool allow_folder(int rules, const char *path, uint64_t rights)
{
    int folder = path != NULL ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    bool good = path == NULL || (folder >= 0 && allow_beneath(rules, folder, rights));

    if (folder >= 0) {
        (void)close(folder);
    }
    return good;
}

static bool allow_wanted(int rules, const struct sandbox *sandbox)
{
    uint64_t rights = OUTPUT_RIGHTS | (sandbox->writes_again ? LANDLOCK_ACCESS_FS_WRITE_FILE : 0);
    bool good =
        allow_folder(rules, sandbox->output_folder, rights) &&
        allow_folder(rules, sandbox->kept_folder, rights) &&
        allow_folder(rules, sandbox->network || sandbox->reads_again ? "/" : NULL, READ_RIGHTS);

    if (sandbox->read_folder >= 0) {
        good = good && allow_beneath(rules, sandbox->read_folder, READ_RIGHTS);
    }
    for (size_t i = 0; i < sandbox->read_file_count && good; i++) {
        good = allow_file(rules, sandbox->read_files[i]);
    }
    if (sandbox->network) {
        int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

        good = good && root >= 0 && allow_beneath(rules, root, READ_RIGHTS);
        if (root >= 0) {
            (void)close(root);
        }
    }
    return good;
}

static bool restrict_files(const struct sandbox *sandbox)
{
    struct landlock_ruleset_attr attr = {.handled_access_fs = ALL_RIGHTS};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
    bool held;

    if (rules < 0) {
        return false;
    }
    held = allow_wanted(rules, sandbox) && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    (void)close(rules);
    return held;
}

/*
 * What no part of a roster calls. A deny list, since libc and its allocator may call what it likes
 * otherwise; opening files is left to Landlock where something may still be opened.
 */
static const int denied[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(kexec_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(link),
    SCMP_SYS(linkat),
    SCMP_SYS(symlink),
    SCMP_SYS(symlinkat),
    SCMP_SYS(open_by_handle_at),
};

/* What connecting takes: sockets, and the keyring, in which Kerberos may keep its tickets. */
static const int connecting[] = {
    SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect),
    SCMP_SYS(bind),   SCMP_SYS(sendto),     SCMP_SYS(sendmsg),
    SCMP_SYS(keyctl), SCMP_SYS(add_key),    SCMP_SYS(request_key),
};

static const int opening[] = {SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(creat)};

static bool deny(scmp_filter_ctx filter, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        /* A call that this machine does not have (open on arm64) cannot be made either. */
        int status = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], 0);

        if (status != 0 && status != -EDOM) {
            return false;
        }
    }
    return true;
}

static bool restrict_calls(const struct sandbox *sandbox)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool opens = sandbox->read_folder >= 0 || sandbox->read_file_count > 0 || sandbox->network ||
                 sandbox->reads_again || sandbox->writes_again;
    bool held;

    if (filter == NULL) {
        return false;
    }
    held = deny(filter, denied, sizeof(denied) / sizeof(denied[0])) &&
           (sandbox->network ||
            deny(filter, connecting, sizeof(connecting) / sizeof(connecting[0]))) &&
           (opens || deny(filter, opening, sizeof(opening) / sizeof(opening[0]))) &&
           seccomp_load(filter) == 0;
    seccomp_release(filter);
    return held;
}

int sandbox_enter(const struct sandbox *sandbox)
{
    int state = SANDBOX_NONE;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return SANDBOX_NONE;
    }
    if (restrict_files(sandbox)) {
        state |= SANDBOX_FILES;
    }
    if (restrict_calls(sandbox)) {
        state |= SANDBOX_CALLS;
    }
    return state;
}
