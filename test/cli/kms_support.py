"""What the tests of `keyroster kms` share: a store with its people, made once and copied."""

import os
import pathlib
import pty
import select
import shutil
import subprocess
import tempfile
import time
import unittest

import support

ADMINS = ("anna", "bo", "cai")
AGENTS = ("xena", "yuri", "zoe")

# A passphrase for everybody who appears in a test: good ones, and all different.
WORDS = {"anna": "kettle", "bo": "harbour", "cai": "lantern", "xena": "meadow", "yuri": "granite",
         "zoe": "willow", "dee": "thistle"}


def passphrase_of(name):
    return f"seven {WORDS.get(name, name)} cross the quiet moor {len(name)}"


class Site:
    """A folder with a store in it, and the passphrases of its people in files beside."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.store = self.folder / "kms"

    def file_of(self, name, text=None):
        """The file with somebody's passphrase; `text` writes another one."""
        path = self.folder / f"{name}.passphrase"
        if text is not None or not path.exists():
            path.write_text((passphrase_of(name) if text is None else text) + "\n")
        return path

    def options_of(self, *names):
        """--passphrase for each of them."""
        return [word for name in names for word in ("--passphrase", f"{name}={self.file_of(name)}")]

    def kms(self, verb, *arguments, by=(), jsonl=False, **more):
        """Runs `keyroster kms VERB STORE ...` with the passphrases of `by`."""
        return support.run("kms", verb, self.store, *arguments, *self.options_of(*by),
                           *(["-f", "jsonl"] if jsonl else []), **more)

    def rows(self, verb, *arguments, **more):
        done = self.kms(verb, *arguments, jsonl=True, **more)
        if done.status not in (support.DONE, support.SOME):
            raise AssertionError(f"{verb}: status {done.status}: {done.err}")
        return done.rows

    def init(self, *options, admins=ADMINS, agents=AGENTS, quorum=2, org="Example Mail", **more):
        people = dict.fromkeys((*admins, *agents))
        return self.kms("init", "--org", org, "--admins", ",".join(admins),
                        "--agents", ",".join(agents), "--quorum", quorum, *options,
                        by=people, **more)


def lock_cheaply(site, names):
    """See test/kms/cheap_locks.c. What the program itself locks later, it locks as it always does."""
    tool = os.environ.get("KEYROSTER_CHEAP_LOCKS")
    if tool is not None:
        subprocess.run([tool, site.store, *(f"{name}={site.file_of(name)}" for name in sorted(names))], check=True)


_made = {}


def made_site(folder, *options, **people):
    """
    A Site in `folder`, which is new: a copy of one that is made once for the whole program, and in
    which it costs little to sign in.
    """
    key = (options, tuple(sorted(people.items())))
    if key not in _made:
        kept = tempfile.TemporaryDirectory()
        site = Site(kept.name)
        done = site.init(*options, **people)
        if done.status != support.DONE:
            raise AssertionError(f"init: {done.err}")
        lock_cheaply(site, {*people.get("admins", ADMINS), *people.get("agents", AGENTS)})
        _made[key] = kept
    shutil.copytree(_made[key].name, folder, dirs_exist_ok=True)
    return Site(folder)

# Of a policy that fewer may change. Most tests set one task alone; test_kms_admins.py asks for it.
WEAK_POLICY = "and fewer may change that"


class KmsTest(unittest.TestCase):
    """A test with a store of its own: self.site; OPTIONS and PEOPLE say how it is made."""

    OPTIONS = ()
    PEOPLE = {}

    def setUp(self):
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.site = made_site(kept.name, *self.OPTIONS, **self.PEOPLE)

    def done(self, result):
        said = "".join(line for line in result.err.splitlines(True) if WEAK_POLICY not in line)
        self.assertEqual((result.status, said), (support.DONE, ""))
        return result

    def refused(self, result, *said, status=support.NOT_DONE):
        """One line on stderr that says all of it, nothing on stdout."""
        self.assertEqual(result.status, status, result.err)
        self.assertEqual(result.out, b"")
        for text in said:
            self.assertIn(text, result.err)
        return result

    def audit(self):
        return self.site.rows("audit")

    def talk(self, *arguments, answers):
        """
        Runs keyroster on a terminal of its own, by pty(7), and answers each prompt when it comes:
        by a text, or by what a function returns. Returns the status and what was shown.
        """
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(support.KEYROSTER, [support.KEYROSTER, *map(str, arguments)],
                      support.environment())
        shown, waiting = "", list(answers)
        until = time.monotonic() + (240 if support.SANITIZED else 60)
        while time.monotonic() < until:
            if select.select([terminal], [], [], 0.2)[0]:
                try:
                    shown += os.read(terminal, 4096).decode()
                except OSError:
                    break
            if waiting and shown.endswith(waiting[0][0]):
                time.sleep(0.05)
                answer = waiting.pop(0)[1]
                os.write(terminal, (answer() if callable(answer) else answer).encode() + b"\n")
        else:
            os.kill(pid, 9)
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown

    def assert_whole(self):
        """The store passes its own check, and its audit verifies."""
        self.done(self.site.kms("check"))
        self.done(self.site.kms("audit", "--verify"))
