"""keyroster users --since and --watch, as far as no directory is needed."""

import os
import signal
import subprocess
import time
import unittest

from support import KEYROSTER, NOT_DONE, SANITIZED, USAGE, ExportTest, csv_row, csv_text, environment, run

NOBODY = "ldap://127.0.0.1:1/o=x"  # where nobody listens
PATIENCE = 400 if SANITIZED else 100


class SinceTest(ExportTest):
    def test_what_is_used_wrongly(self):
        for name, pattern, arguments in (
                ("a file", "LDAP URL", ["--since", "kept", "site.csv"]),
                ("two sources", "one SOURCE", ["--since", "kept", NOBODY, NOBODY]),
                ("referrals", "--follow-referrals", ["--since", "kept", "--follow-referrals", NOBODY]),
                ("no output", "-o FILE", ["--watch", "5", "site.csv"]),
                ("standard output", "-o FILE", ["--watch", "5", "-o", "-", "site.csv"]),
                ("standard input", "cannot be done with: '-'", ["--watch", "5", "-o", "out", "-"]),
                ("no time", "number of seconds", ["--watch", "0", "-o", "out", "site.csv"]),
                ("no number", "number of seconds", ["--watch", "5m", "-o", "out", "site.csv"]),
                ("too long", "number of seconds", ["--watch", "2678401", "-o", "out", "site.csv"]),
                ("merge", "--merge", ["--merge", "--since", "kept", "1.json"])):
            with self.subTest(name):
                result = run("users", *arguments, cwd=self.folder)
                self.assertEqual((result.status, result.out), (USAGE, b""), result.err)
                self.assertRegex(result.err, pattern)
        self.assertEqual(os.listdir(self.folder), [])

    def test_what_cannot_be_kept_in(self):
        """Nothing is lost, and nothing is left behind."""
        self.write("site.csv", csv_text())
        os.mkfifo(self.folder / "fifo")
        (self.folder / "folder").mkdir()
        (self.folder / "link").symlink_to("kept")
        (self.folder / "secret").touch(mode=0o600)
        (self.folder / "secret").write_text("secret")
        before = sorted(os.listdir(self.folder))
        for name, pattern, arguments in (
                ("somebody's file", "not replaced", ["--since", "site.csv"]),
                ("the output", "both --since and -o", ["--since", "kept", "-o", "kept"]),
                ("the output, spelled otherwise", "both --since and -o", ["--since", "kept", "-o", "./kept"]),
                ("the output, by a link", "both --since and -o", ["--since", "kept", "-o", "link"]),
                ("the password", "secret", ["--since", "secret", "-D", "cn=x", "-y", "secret"]),
                ("a folder", "folder", ["--since", "folder"]),
                ("no folder", "absent/kept", ["--since", "absent/kept"]),
                ("a device", "no file", ["--since", "/dev/null"]),
                ("a FIFO", "no file", ["--since", "fifo"]),
                ("no server", "127.0.0.1:1", ["--since", "kept"])):
            with self.subTest(name):
                result = run("users", *arguments, NOBODY, cwd=self.folder)
                self.assertEqual((result.status, result.out), (NOT_DONE, b""), result.err)
                self.assertRegex(result.err, pattern)
                self.assertEqual(len(result.err.splitlines()), 1, result.err)
                self.assertEqual(sorted(os.listdir(self.folder)), before)
        self.assertEqual((self.folder / "site.csv").read_bytes(), csv_text().encode())


class WatchTest(ExportTest):
    def start(self, *arguments):
        return subprocess.Popen([KEYROSTER, "users", *arguments], cwd=self.folder,
                                stderr=subprocess.PIPE, env=environment())

    def until(self, holds):
        for _ in range(PATIENCE):
            if holds():
                return
            time.sleep(0.1)
        self.fail("it did not come in time")

    def has(self, text):
        path = self.folder / "out.jsonl"
        return path.exists() and text in path.read_bytes()

    def test_a_file_is_kept_current(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                self.write("site.csv", self.site("Anna"))
                process = self.start("--watch", "1", "-f", "jsonl", "-o", "out.jsonl", "site.csv")
                try:
                    self.until(lambda: self.has(b"Anna"))
                    self.write("site.csv", self.site("Berta"))
                    self.until(lambda: self.has(b"Berta"))
                    self.assertFalse(self.has(b"Anna"))
                finally:
                    process.send_signal(number)
                    err = process.communicate()[1]
                self.assertEqual((process.returncode, err), (0, b""))
                self.assertEqual(sorted(os.listdir(self.folder)), ["out.jsonl", "site.csv"])

    def test_a_round_that_goes_wrong_leaves_the_file(self):
        self.write("site.csv", self.site("Anna"))
        process = self.start("--watch", "1", "-f", "jsonl", "-o", "out.jsonl", "site.csv")
        try:
            self.until(lambda: self.has(b"Anna"))
            os.rename(self.folder / "site.csv", self.folder / "away.csv")
            line = process.stderr.readline()
            self.assertIn(b"site.csv: No such file", line)
            self.assertTrue(self.has(b"Anna"))
            self.write("away.csv", self.site("Clara"))
            os.rename(self.folder / "away.csv", self.folder / "site.csv")
            self.until(lambda: self.has(b"Clara"))
        finally:
            process.terminate()
            process.communicate()
        self.assertEqual(process.returncode, 0)

    @staticmethod
    def site(name):
        return csv_text(csv_row(name, ""))


if __name__ == "__main__":
    unittest.main()
