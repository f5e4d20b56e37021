"""What a core image of a program would hold, read where the program ends: by ptrace(2), as root."""

import ctypes
import os
import pathlib
import signal
import subprocess
import tempfile
import time

import support

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long

TRACEME, CONTINUE, SET_OPTIONS = 0, 7, 0x4200
# Children of fork() are followed, every end is stopped at, and nobody outlives the tracer.
FOLLOW = 0x2 | 0x4 | 0x40 | 0x100000
EVENT_EXIT = 6
PAGE = 4096
NOTHING = bytes(PAGE)
WALL = 0x40000000


def may_trace():
    """Whether this process reads others' memory, whatever they say of themselves."""
    return os.geteuid() == 0 and pathlib.Path("/proc/self/mem").exists()


def _ptrace(request, pid, data=0):
    if _libc.ptrace(request, pid, None, data) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request}")


def _mappings(pid):
    """(first, last, flags, name) of each mapping, as smaps has them."""
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as smaps:
        for line in smaps:
            fields = line.split(maxsplit=5)
            if "-" in fields[0] and not fields[0].endswith(":"):
                first, last = (int(number, 16) for number in fields[0].split("-"))
                name = fields[5].strip() if len(fields) > 5 else ""
            elif fields[0] == "VmFlags:":
                yield first, last, fields[1:] if len(fields) == 2 else line.split()[1:], name


def _written(memory):
    """Without the pages that nobody has written to, of which most of it are."""
    return b"".join(memory[at:at + PAGE] for at in range(0, len(memory), PAGE)
                    if memory[at:at + PAGE] != NOTHING[:len(memory) - at])


def _dumped(pid):
    """The bytes of every mapping that could be written to, and is not kept out of core images."""
    parts = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for first, last, flags, name in _mappings(pid):
            if "dd" in flags or "rd" not in flags or "wr" not in flags or name.startswith("[v"):
                continue
            while first < last:
                memory.seek(first)
                try:
                    got = memory.read(last - first)
                except OSError:
                    break
                if not got:
                    break
                parts.append(_written(got))
                first += len(got)
    return b"\0".join(parts)


class Image(support.Result):
    """A Result, with `images`: one of each process of the run, at its end."""

    def __init__(self, status, out, err, images):
        super().__init__(status, out, err)
        self.images = images


def run(command, stop_after=None):
    """Runs `command` to its end; or, after so many seconds, looks at it there and kills it."""
    images = []

    def traced():
        _ptrace(TRACEME, 0)

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=err, env=support.environment(), preexec_fn=traced)
        os.waitpid(child.pid, 0)
        _ptrace(SET_OPTIONS, child.pid, FOLLOW)
        _ptrace(CONTINUE, child.pid)
        if stop_after is not None:
            time.sleep(stop_after)
            os.kill(child.pid, signal.SIGSTOP)
        status = _follow(child.pid, images, stop_after is not None)
        child.returncode = status
        out.seek(0)
        err.seek(0)
        return Image(status, out.read(), err.read().decode("utf-8", "replace"), images)


def _follow(leader, images, stopping):
    """Until the leader has ended, whose status it returns."""
    seen = {leader}
    while True:
        pid, status = os.waitpid(-1, WALL)
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            if pid == leader:
                return os.waitstatus_to_exitcode(status)
            continue
        stopped, passed_on = os.WSTOPSIG(status), 0
        if status >> 16 == EVENT_EXIT:
            images.append(_dumped(pid))
        elif status >> 16 == 0 and stopped == signal.SIGSTOP:
            if pid == leader and stopping:
                images.append(_dumped(pid))
                passed_on = signal.SIGKILL
            seen.add(pid)
        elif status >> 16 == 0:
            passed_on = stopped
        _ptrace(CONTINUE, pid, passed_on)
