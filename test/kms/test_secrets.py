#!/usr/bin/env python3
"""Nothing secret at rest: not in the store, its backups and logs, nor in what a core would hold."""

import contextlib
import os
import pathlib
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))

import image
import kms_support
import needles
import support

USER = "gil@example.org"
NEW = "eleven otters under a painted bridge 40"
KINDS = ("p256", "rsa2048", "ed25519", "p384")
EVERYBODY = (*kms_support.ADMINS, *kms_support.AGENTS)


class Life:
    """All that a store goes through, once; what was told and left on the way."""

    def __init__(self, folder):
        self.site = kms_support.Site(folder)
        self.folder = pathlib.Path(folder)
        self.made = self.folder / "made"  # what is handed to users: here secrets may be
        self.made.mkdir()
        self.told, self.images, self.needles = [], [], needles.Needles()
        self.site.file_of("new", NEW)
        self.needles.text("the passphrase new", NEW)
        for name in (*EVERYBODY, "dee", "p12"):
            self.needles.text(f"the passphrase of {name}", kms_support.passphrase_of(name))

    def kms(self, verb, *words, by=(), status=support.DONE):
        """Runs a verb under the reader of images, where there is one."""
        command = [support.KEYROSTER, "kms", verb, self.site.store, *words,
                   *self.site.options_of(*by), "-f", "jsonl"]
        done = (image.run(command) if image.may_trace() and not support.SANITIZED else
                self.site.kms(verb, *words, by=by, jsonl=True))
        if done.status != status:
            raise AssertionError(f"{verb}: {done.status}: {done.err}")
        self.images += [(verb, one) for one in getattr(done, "images", [])]
        self.told.append((f"standard error of {verb}", done.err.encode()))
        if verb != "enrol":  # which hands out tokens
            self.told.append((f"standard output of {verb}", done.out))
        return done

    def token(self, address):
        token = self.kms("enrol", address, by=["anna"]).rows[0]["token"]
        self.needles.token(token)
        path = self.made / "token"
        path.write_text(token + "\n")
        return path

    def enrolments(self):
        for kind in KINDS:
            self.kms("enrol", USER, "--again", "--issue", "--user-key", kind, "--p12-dir",
                     self.made / kind, by=["anna", "p12"])
        self.kms("complete", "--token-file", self.token("hal@example.org"), "--p12",
                 self.made / "hal.p12", by=["anna", "p12"])
        self.kms("enrol", "hal@example.org", "--again", by=["anna"])
        self.kms("complete", "--token-file", self.made / "token", "--p12", self.made / "never.p12",
                 by=["anna", "p12"], status=support.NOT_DONE)
        self.token("ida@example.org")
        self.kms("renew", USER, "--p12", self.made / "renewed.p12", by=["bo", "p12"])
        self.kms("revoke", "hal@example.org", "--reason", "keyCompromise", by=["bo"])
        self.kms("crl", "-o", self.folder / "list.der", by=["bo"])

    def recovery(self):
        request = self.folder / "request"
        self.kms("recover", USER, "--why", "ticket 5", "-o", request, by=["anna"])
        self.kms("approve", request, "--agent", "xena", by=["xena"])
        self.kms("collect", request, "--p12", self.made / "never.p12", by=["anna", "p12"],
                 status=support.NOT_DONE)
        self.kms("approve", request, "--agent", "zoe", by=["zoe"])
        self.kms("collect", request, "--p12", self.made / "recovered.p12", by=["anna", "p12"])
        self.kms("rebuild-key", "--agent", "xena", "--agent", "yuri", "--yes", "-o",
                 self.made / "whole.pem", by=["xena", "yuri"])
        self.needles.key("the recovery key", (self.made / "whole.pem").read_bytes())

    def changes(self):
        wrong = self.site.file_of("anna").read_text()
        self.site.file_of("anna", NEW)
        self.kms("enrol", "jon@example.org", by=["anna"], status=support.NOT_DONE)
        self.site.file_of("anna", wrong.rstrip("\n"))
        self.kms("reshare", "--agents", "xena,zoe,dee", "--quorum", "2",
                 by=["anna", "xena", "yuri", "dee"])
        self.kms("admins", "--add", "dee", by=["anna", "dee"])
        self.kms("admins", "--remove", "cai", by=["anna"])
        self.kms("passphrase", "bo", by=["bo", "new"])

    def copies(self):
        self.kms("check")
        self.kms("audit")
        self.kms("audit", "--verify", "--head", self.folder / "head")
        self.kms("backup", "-o", self.folder / "copy")
        for done in (support.run("kms", "restore", self.folder / "copy", self.folder / "restored"),):
            self.told.append(("restore", done.out + done.err.encode()))

    def live(self):
        done = self.kms("init", "--org", "Example Mail", "--admins", ",".join(kms_support.ADMINS),
                        "--agents", ",".join(kms_support.AGENTS), "--quorum", "2", by=EVERYBODY)
        assert done.status == support.DONE
        # Somebody reads all the time, so that the write-ahead log keeps whatever was ever written.
        with contextlib.closing(sqlite3.connect(self.site.store / "keyroster.db")) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM audit").fetchall()
            self.enrolments()
            self.recovery()
            self.changes()
            self.copies()
            self.left = [(str(path.relative_to(self.folder)), path.read_bytes())
                         for path in sorted(self.folder.rglob("*"))
                         if path.is_file() and self.made not in path.parents and
                         path.suffix != ".passphrase"]
        self.keys = sum(self.needles.p12(path, kms_support.passphrase_of("p12"))
                        for path in sorted(self.made.rglob("*.p12")))


class Secrets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(kept.cleanup)
        cls.life = Life(kept.name)
        cls.life.live()

    def assert_clean(self, places):
        found = [(place, name) for place, data in places for name in self.life.needles.found_in(data)]
        self.assertEqual(found, [])
        self.assertEqual([place for place, data in places if needles.UNENCRYPTED.search(data)], [])

    def test_the_search_finds_what_is_there(self):
        """Each secret lies where it was handed out, and is found there in each way it is written."""
        made, search = self.life.made, self.life.needles
        self.assertGreaterEqual(self.life.keys, 2 * len(KINDS) + 2 + 2 + len(KINDS) + 1)
        self.assertIn("the passphrase of anna",
                      search.found_in(self.life.site.file_of("anna").read_bytes()))
        self.assertEqual(len(search.found_in((made / "token").read_bytes())), 1)
        self.assertEqual(search.found_in((made / "token").read_bytes().replace(b"-", b"").lower()),
                         search.found_in((made / "token").read_bytes()))
        whole = (made / "whole.pem").read_bytes()
        self.assertEqual(search.found_in(whole), ["the recovery key"])
        for pem in needles.keys_of_p12(made / "recovered.p12", kms_support.passphrase_of("p12")):
            self.assertEqual(len(search.found_in(pem)), 1)
            self.assertTrue(needles.UNENCRYPTED.search(pem))

    def test_not_in_files(self):
        """The store with its log, a backup, the store made of it, requests, lists, the signed head."""
        names = [name for name, _ in self.life.left]
        for name in ("kms/keyroster.db", "kms/keyroster.db-wal", "copy", "restored/keyroster.db",
                     "request", "head"):
            self.assertIn(name, names)
        log = dict(self.life.left)["kms/keyroster.db-wal"]
        self.assertGreater(len(log), 200_000)
        self.assert_clean(self.life.left)

    def test_not_in_what_is_told(self):
        self.assertGreater(len(self.life.told), 40)
        self.assert_clean(self.life.told)

    def test_nothing_else_was_left(self):
        """No temporary file, in the store or beside."""
        self.assertEqual({name for name, _ in self.life.left if name.startswith("kms/")},
                         {"kms/keyroster.db", "kms/keyroster.db-wal", "kms/keyroster.db-shm",
                          "kms/profile.conf"})
        self.assertFalse((self.life.made / "never.p12").exists())

    @unittest.skipUnless(image.may_trace(), "only root reads the memory of such a process")
    @unittest.skipIf(support.SANITIZED, "the sanitizer's own memory is no part of the program")
    def test_not_in_memory_when_it_ends(self):
        """What a core image would hold at the end of each run, and of each process that it forked."""
        self.assertGreater(len(self.life.images), 30)
        self.assert_clean(self.life.images)


class Images(unittest.TestCase):
    @unittest.skipUnless(image.may_trace(), "only root reads the memory of such a process")
    def test_the_reader_sees_memory(self):
        program = "import os; a = bytearray(b'lantern'); a += b'seventeen' * 20; os.fork(); os._exit(0)"
        done = image.run([sys.executable, "-S", "-c", program])
        self.assertEqual(done.status, 0, done.err)
        self.assertEqual(len(done.images), 2)
        for one in done.images:
            self.assertTrue(b"lantern" + b"seventeen" in one)


class Cores(kms_support.KmsTest):
    """What happens when it crashes: the system is asked for a core image, and gets none."""

    def killed(self, command, folder, after):
        def wants_core():
            resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)

        run = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env=support.environment(), preexec_fn=wants_core)
        time.sleep(after)
        run.send_signal(signal.SIGABRT)
        _, status = os.waitpid(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
        return status

    def test_none_is_written(self):
        core = self.site.folder / "core"
        core.mkdir()
        try:
            status = self.killed(["sleep", "60"], core, 0.2)
        except (OSError, ValueError, subprocess.SubprocessError):
            self.skipTest("no core image may be asked for here")
        self.assertTrue(os.WIFSIGNALED(status))
        if not os.WCOREDUMP(status):
            self.skipTest("nobody gets a core image on this machine")
        before = sorted(core.iterdir())
        waiting = [support.KEYROSTER, "kms", "complete", str(self.site.store), "--token-file",
                   str(self.fifo()), "--p12", str(core / "x.p12"),
                   *map(str, self.site.options_of("anna", "p12"))]
        status = self.killed(waiting, core, 1)
        self.assertTrue(os.WIFSIGNALED(status))
        self.assertFalse(os.WCOREDUMP(status))
        self.assertEqual(sorted(core.iterdir()), before)

    def fifo(self):
        """A file that is never read to its end."""
        path = self.site.folder / "fifo"
        os.mkfifo(path)
        writer = os.open(path, os.O_RDWR)
        self.addCleanup(os.close, writer)
        return path


if __name__ == "__main__":
    unittest.main()
