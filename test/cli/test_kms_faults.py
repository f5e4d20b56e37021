"""`keyroster kms` ended or starved anywhere: what was told is there, nothing is done twice, the store is whole."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

import kms_support
import support
from support import DONE

# How many random points; the bars of the server speak of 200.
KILLS = int(os.environ.get("KEYROSTER_KILLS", "8"))
ALLOCATIONS = int(os.environ.get("KEYROSTER_ALLOCATIONS", "24"))

# Lets the n-th allocation of the process fail (FAIL_AT), and writes how many there were (COUNT_IN).
SHIM = """
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
static atomic_long made;
static long failing = -1;

static int fails(void)
{
    long n = ++made;

    if (failing < 0) {
        const char *at = getenv("FAIL_AT");
        failing = at != NULL ? atol(at) : 0;
    }
    if (n == failing) {
        errno = ENOMEM;
        return 1;
    }
    return 0;
}

void *malloc(size_t n) { return fails() ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t m) { return fails() ? NULL : __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { return fails() ? NULL : __libc_realloc(p, n); }

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("COUNT_IN");
    FILE *out = path != NULL ? fopen(path, "w") : NULL;

    if (out != NULL) {
        fprintf(out, "%ld", (long)made);
        fclose(out);
    }
}
"""


class FaultTest(kms_support.KmsTest):
    def command(self, verb, *words, by):
        return [support.KEYROSTER, "kms", verb, str(self.site.store), *map(str, words), "-f", "jsonl",
                *map(str, self.site.options_of(*by))]

    def source(self, first, count, name="site.csv"):
        path = self.site.folder / name
        path.write_text("mail,cn\n" + "".join(
            f"user{i:04}@example.org,User {i}\n" for i in range(first, first + count)))
        return path

    def rows_of(self, text):
        """Whole rows of what came out before the end."""
        return [json.loads(line) for line in text[:text.rfind(b"\n") + 1].splitlines()]

    def killed(self, verb, *words, by, within):
        """Runs it, ends it somewhere within so many seconds; returns its rows."""
        out = self.site.folder / "rows"
        with out.open("wb") as rows:
            run = subprocess.Popen(self.command(verb, *words, by=by), stdout=rows,
                                   stderr=subprocess.DEVNULL, env=support.environment())
            time.sleep(self.chance.random() * within * (8 if support.SANITIZED else 1))
            run.send_signal(signal.SIGKILL)
            run.wait()
        return self.rows_of(out.read_bytes())

    def setUp(self):
        super().setUp()
        self.chance = random.Random(int(os.environ.get("KEYROSTER_SEED", "7")))

    def assert_no_half_files(self, folder):
        if folder.exists():
            for file in folder.iterdir():
                self.assertEqual(file.suffix, ".p12")
                self.assertGreater(file.stat().st_size, 1000)


class Killed(FaultTest):
    def test_tokens(self):
        told = {}
        for number in range(KILLS):
            source = self.source(0, 60 * (number + 1))
            for row in self.killed("enrol", "--from", source, by=("anna",), within=0.6):
                if row["result"] == "token":
                    self.assertNotIn(row["address"], told)
                    told[row["address"]] = row["token"]
            self.assert_whole()
        rest = self.site.rows("enrol", "--from", source, by=("anna",))
        self.assertEqual({row["result"] for row in rest if row["address"] in told} - {"already"}, set())
        for token in list(told.values())[:2]:
            done = self.site.kms("complete", "--token-file", "-", "--p12", self.site.folder / "a.p12",
                                 by=("anna", "p12"), stdin=token.encode())
            self.assertEqual(done.status, DONE, done.err)

    def test_complete(self):
        """Either the token is good still, or it is used and the file is there."""
        p12 = self.site.folder / "p12" / "a.p12"
        p12.parent.mkdir()
        for number in range(KILLS):
            p12.unlink(missing_ok=True)
            address = f"user{number}@example.org"
            token = self.site.folder / "token"
            token.write_text(self.site.rows("enrol", address, by=("anna",))[0]["token"])
            self.killed("complete", "--token-file", token, "--p12", p12, by=("anna", "p12"), within=0.5)
            self.assert_whole()
            self.assert_no_half_files(p12.parent)
            there = p12.exists()
            again = self.site.kms("complete", "--token-file", token, "--p12", p12, by=("anna", "p12"),
                                  jsonl=True)
            if again.status != DONE:
                self.assertIn("was used", again.err)
                self.assertTrue(there)
        self.assert_whole()

    def test_renewal(self):
        folder = self.site.folder / "p12"
        users = 40
        self.site.rows("enrol", "--from", self.source(0, users), "--issue", "--p12-dir", folder,
                       by=("anna", "p12"))
        profile = self.site.store / "profile.conf"
        renewed = {}
        # What is issued now ends later than what was: only those are due who were not renewed.
        profile.write_text(profile.read_text().replace("validity = 548d", "validity = 800d", 1))
        for _ in range(KILLS):
            for row in self.killed("renew", "--days-left", "600", "--p12-dir", folder, by=("anna", "p12"),
                                   within=0.5):
                self.assertEqual(row["result"], "renewed")
                self.assertNotIn(row["address"], renewed)
                renewed[row["address"]] = row["serial"]
            self.assert_whole()
            self.assert_no_half_files(folder)
        rest = self.site.rows("renew", "--days-left", "600", "--p12-dir", folder, by=("anna", "p12"))
        self.assertFalse({row["address"] for row in rest} & set(renewed))
        self.assertEqual(self.site.rows("renew", "--days-left", "600", "--p12-dir", folder, by=("anna", "p12")),
                         [])
        self.assert_whole()

    def test_revocation(self):
        folder = self.site.folder / "p12"
        source = self.source(0, 40)
        self.site.rows("enrol", "--from", source, "--issue", "--p12-dir", folder, by=("anna", "p12"))
        revoked = set()
        for _ in range(KILLS):
            for row in self.killed("revoke", "--from", source, "--reason", "superseded", by=("anna",), within=0.5):
                if row["result"] == "revoked":
                    self.assertNotIn(row["serial"], revoked)
                    revoked.add(row["serial"])
            self.assert_whole()
        rest = self.site.rows("revoke", "--from", source, "--reason", "superseded", by=("anna",))
        self.assertEqual(len(rest), 80)
        self.assertFalse({row["serial"] for row in rest if row["result"] == "revoked"} & revoked)
        self.assert_whole()

    def test_lists_have_numbers_of_their_own(self):
        seen = []
        path = self.site.folder / "a.crl"
        for _ in range(KILLS):
            self.killed("crl", "-o", path, by=("anna",), within=0.4)
            row, = self.site.rows("crl", "-o", path, by=("anna",))
            seen.append(row["number"])
        self.assertEqual(seen, sorted(set(seen)))
        self.assert_whole()


@unittest.skipIf(support.SANITIZED, "the sanitizers have an allocator of their own")
@unittest.skipUnless(shutil.which("gcc"), "no compiler for the shim")
class Starved(FaultTest):
    """One allocation of the whole program fails, whichever."""

    def setUp(self):
        super().setUp()
        source, self.shim = self.site.folder / "shim.c", self.site.folder / "shim.so"
        source.write_text(SHIM)
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", self.shim, source], check=True)

    def starved(self, at, verb, *words, by):
        count = self.site.folder / "count"
        count.unlink(missing_ok=True)
        done = subprocess.run(self.command(verb, *words, by=by), capture_output=True, check=False, timeout=120,
                              env={**support.environment(), "LD_PRELOAD": str(self.shim), "FAIL_AT": str(at),
                                   "COUNT_IN": str(count)})
        return done, int(count.read_text()) if count.exists() else 0

    def test_issue(self):
        folder = self.site.folder / "p12"
        words = ("--issue", "--p12-dir", folder, "--threads", "2")
        done, count = self.starved(0, "enrol", "a@example.org", *words, by=("anna", "p12"))
        self.assertEqual(done.returncode, DONE, done.stderr)
        self.assertGreater(count, 100)
        for number in range(ALLOCATIONS):
            address = f"user{number}@example.org"
            done, _ = self.starved(self.chance.randrange(1, count), "enrol", address, *words, by=("anna", "p12"))
            self.assertIn(done.returncode, (0, 1, 3), (number, done))
            told = [row["address"] for row in self.rows_of(done.stdout) if row["result"] == "issued"]
            self.assert_no_half_files(folder)
            again = self.site.rows("enrol", address, *words, by=("anna", "p12"))[0]["result"]
            # A row that could not be written may belong to an act that was committed.
            self.assertTrue(again == "already" or (again == "issued" and not told), (number, done))
        self.assert_whole()


if __name__ == "__main__":
    unittest.main()
