#!/usr/bin/env python3
"""Stores that are busy, not ours, not writable, late, newer or damaged: each verb says so, and does nothing."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))

import kms_support
import support

USER = "gil@example.org"
NOBODY = 65534

# Each guess takes an administrator's signing in: a fifth of a second.
GUESSES = int(os.environ.get("KEYROSTER_GUESSES", "40"))


class RefusalTest(kms_support.KmsTest):
    def setUp(self):
        super().setUp()
        self.out = self.site.folder / "out"
        self.out.mkdir()
        self.site.file_of("new", "eleven otters under a painted bridge 40")
        self.request = self.out / "request"

    def prepare(self):
        """A user, a request and a token, so that nothing but the store is in the way of a verb."""
        self.site.rows("enrol", USER, "--issue", "--p12-dir", self.out / "p12", by=["anna", "p12"])
        self.done(self.site.kms("recover", USER, "--why", "x", "-o", self.request, by=["anna"]))
        token = self.site.rows("enrol", "hal@example.org", by=["anna"])[0]["token"]
        (self.out / "token").write_text(token)

    def writing(self):
        """A line for each verb that writes: its words and who acts."""
        out = self.out / "made"
        return (
            ("enrol", "ida@example.org", ["anna"]),
            ("enrol", "ida@example.org", "--issue", "--p12-dir", self.out / "p12", ["anna", "p12"]),
            ("complete", "--token-file", self.out / "token", "--p12", out, ["anna", "p12"]),
            ("renew", USER, "--p12", out, ["anna", "p12"]),
            ("revoke", USER, "--reason", "superseded", ["anna"]),
            ("crl", "-o", out, ["anna"]),
            ("recover", USER, "--why", "x", "-o", out, ["anna"]),
            ("approve", self.request, "--agent", "xena", ["xena"]),
            ("collect", self.request, "--p12", out, ["anna", "p12"]),
            ("rebuild-key", "--agent", "xena", "--agent", "zoe", "--yes", "-o", out, ["xena", "zoe"]),
            ("reshare", "--agents", "xena,zoe", "--quorum", "2", ["anna", "xena", "zoe"]),
            ("admins", "--add", "dee", ["anna", "dee"]),
            ("passphrase", "bo", ["bo", "new"]),
        )

    def reading(self):
        return (("users", []), ("check", []), ("audit", []), ("admins", []), ("ca", "-o", "-", []),
                ("backup", "-o", self.out / "copy", []))

    def contents(self):
        """What is in the store, but for how SQLite keeps its log."""
        with contextlib.closing(sqlite3.connect(self.site.store / "keyroster.db")) as database:
            return list(database.iterdump())

    def assert_refuse(self, verbs, *said, run=None):
        for verb, *words, by in verbs:
            with self.subTest(verb):
                result = (run or self.site.kms)(verb, *words, by=by)
                self.assertEqual(result.status, support.NOT_DONE, result.err)
                self.assertRegex(result.err, r"\A(keyroster: (WARNING|[^\n]*is where it goes)[^\n]*\n)*"
                                             r"keyroster: [^\n]+\n\Z")
                for text in said:
                    self.assertIn(text, result.err)
                self.assertFalse((self.out / "made").exists())


class Busy(RefusalTest):
    def test_a_writer_that_holds_on(self):
        """After a while the verb says who is in its way; when that is gone, it works."""
        with contextlib.closing(sqlite3.connect(self.site.store / "keyroster.db",
                                                isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            start = time.monotonic()
            result = self.site.kms("enrol", USER, by=["anna"])
            self.assertEqual(result.status, support.NOT_DONE)
            self.assertRegex(result.err, r"\Akeyroster: [^\n]*the store is busy: another keyroster "
                                         r"works in it\n\Z")
            self.assertGreater(time.monotonic() - start, 2)
            self.done(self.site.kms("users"))  # readers are in nobody's way
            self.done(self.site.kms("check"))
        self.assertEqual(self.site.rows("enrol", USER, by=["anna"])[0]["result"], "token")
        self.assert_whole()

    def test_all_at_once(self):
        """Different verbs on one store: all finish, and what each was told is there."""
        site = self.site
        self.prepare()

        def start(verb, *words, by):
            return subprocess.Popen(
                [support.KEYROSTER, "kms", verb, site.store, *map(str, words), "-f", "jsonl",
                 *map(str, site.options_of(*by))], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                stdin=subprocess.DEVNULL, env=support.environment())

        names = [f"u{number}@example.org" for number in range(20)]
        for name in ("anna", "p12", "xena", "bo", "cai"):
            site.file_of(name)
        runs = [
            start("enrol", *names, by=["anna"]),
            start("enrol", *(f"v{name}" for name in names), "--issue", "--p12-dir", self.out / "p12",
                  by=["bo", "p12"]),
            start("approve", self.request, "--agent", "xena", by=["xena"]),
            start("crl", "-o", self.out / "list", by=["cai"]),
            start("renew", USER, "--p12", self.out / "renewed", by=["anna", "p12"]),
        ]
        told = [run.communicate(timeout=300) for run in runs]
        self.assertEqual([run.returncode for run in runs], [support.DONE] * len(runs), told)
        self.assertEqual(told[0][0].count(b'"token":"'), 20)
        self.assertEqual(told[1][0].count(b'"issued"'), 20)
        self.assertEqual(len(site.rows("users")), 42)
        self.assert_whole()


class NotOurs(RefusalTest):
    @unittest.skipUnless(os.geteuid() == 0, "only root gives a store to somebody else")
    def test_somebody_elses(self):
        self.prepare()
        before = self.contents()
        os.chown(self.site.store, NOBODY, NOBODY)
        self.assert_refuse((*self.writing(), *self.reading()), "belongs to nobody", "run it as nobody")
        os.chown(self.site.store, 0, 0)
        self.assertEqual(self.contents(), before)

    @unittest.skipUnless(os.geteuid() == 0, "only root becomes nobody")
    def test_for_nobody_it_is_roots(self):
        self.prepare()
        self.site.folder.chmod(0o755)
        keyroster = shutil.copy(support.KEYROSTER, self.site.folder / "keyroster")
        for verb, *words, by in (("check", []), ("enrol", USER, ["anna"])):
            for name in by:
                self.site.file_of(name).chmod(0o644)
            run = subprocess.run(
                [keyroster, "kms", verb, self.site.store, *words, *map(str, self.site.options_of(*by))],
                capture_output=True, text=True, check=False, env=support.environment(),
                user=NOBODY, group=NOBODY, extra_groups=[])
            self.assertEqual(run.returncode, support.NOT_DONE)
            self.assertRegex(run.stderr, r"\Akeyroster: [^\n]*(belongs to root|Permission denied)[^\n]*\n\Z")

    @unittest.skipUnless(os.geteuid() == 0, "only root mounts")
    def test_a_file_system_that_is_only_read(self):
        self.prepare()
        store = self.site.store
        if subprocess.run(["mount", "--bind", store, store], capture_output=True,
                          check=False).returncode != 0:
            self.skipTest("nothing may be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", store], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", store, store], check=True)
        self.assert_refuse(self.writing(), "may only be read")
        for verb, *words, by in self.reading():
            self.done(self.site.kms(verb, *words, by=by))


class Late(RefusalTest):
    def change(self, *statements):
        with contextlib.closing(sqlite3.connect(self.site.store / "keyroster.db")) as database:
            for statement in statements:
                database.execute(statement)
            database.commit()

    def test_a_clock_that_jumped_back(self):
        """The last row of the audit is of tomorrow: whoever writes now is told to set the clock right."""
        self.prepare()
        self.change("DROP TRIGGER audit_changed",
                    "UPDATE audit SET at = at + 86400 WHERE seq = (SELECT max(seq) FROM audit)")
        before = self.contents()
        self.assert_refuse(self.writing(), "set the clock right")
        self.assertEqual(self.contents(), before)
        self.done(self.site.kms("users"))

    def test_a_little_does_not_matter(self):
        self.prepare()
        self.change("DROP TRIGGER audit_changed",
                    "UPDATE audit SET at = at + 60 WHERE seq = (SELECT max(seq) FROM audit)")
        self.assertEqual(self.site.rows("enrol", "ida@example.org", by=["anna"])[0]["result"], "token")

    def test_of_a_newer_keyroster(self):
        self.prepare()
        self.change("PRAGMA user_version = 99")
        before = self.contents()
        self.assert_refuse((*self.writing(), *self.reading()), "newer keyroster")
        self.assertEqual(self.contents(), before)


class Damaged(RefusalTest):
    def test_pages(self):
        """One page of zeros, or of noise, whichever: check tells of it, and no verb crashes."""
        self.prepare()
        for name in ("anna", "p12", "xena"):
            self.site.file_of(name)
        path = self.site.store / "keyroster.db"
        with contextlib.closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (size,), = database.execute("PRAGMA page_size").fetchall()
            (free,), = database.execute("PRAGMA freelist_count").fetchall()
        self.assertEqual(free, 0)
        good = path.read_bytes()
        pages = len(good) // size
        for page in range(0, pages, max(1, pages // (4 if support.SANITIZED else 24))):
            for noise in (bytes(size), bytes((7 * at + 13) % 251 for at in range(size))):
                with self.subTest(page=page, zeros=noise[1] == 0):
                    path.write_bytes(good[:page * size] + noise + good[(page + 1) * size:])
                    check = self.site.kms("check")
                    self.assertEqual(check.status, support.NOT_DONE, check.out)
                    self.assertNotEqual(check.err, "")
                    for verb, *words, by in (("users", []), ("enrol", "ida@example.org", ["anna"])):
                        result = self.site.kms(verb, *words, by=by)
                        self.assertIn(result.status, (0, 1, 3), (verb, result.err))


class Guessed(RefusalTest):
    def test_a_token_guessed_again_and_again(self):
        """After ten wrong ones it is closed, for its owner too; the row is told apart by nobody."""
        token = self.site.rows("enrol", USER, by=["anna"])[0]["token"]
        path = self.out / "token"
        passwords = self.site.options_of("anna", "p12")
        told = set()
        for number in range(GUESSES):
            end = f"{number:05d}"
            path.write_text(token[:-5] + (end if end != token[-5:] else "ZZZZZ"))
            result = support.run("kms", "complete", self.site.store, "--token-file", path, "--p12",
                                 self.out / "made", *passwords)
            self.assertEqual(result.status, support.NOT_DONE)
            told.add(result.err.replace(str(path), ""))
        self.assertEqual(len(told), 1, told)
        path.write_text(token)
        result = self.site.kms("complete", "--token-file", path, "--p12", self.out / "made",
                               by=["anna", "p12"])
        self.refused(result, "tried wrongly too often")
        self.assertFalse((self.out / "made").exists())
        self.assertEqual([row["result"] for row in self.audit()[2:]],
                         ["refused"] * (GUESSES + 1))
        self.assert_whole()


if __name__ == "__main__":
    unittest.main()
