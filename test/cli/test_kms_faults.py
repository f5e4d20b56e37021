"""`keyroster kms` starved anywhere, or its commit refused: what was told is there, nothing is half done."""

import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import unittest

import kms_support
import support
from support import DONE

# How many of them; inside one process every one is taken in turn: test/unit/kms/test_starved_issue.c.
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

    def rows_of(self, text):
        """Whole rows of what came out before the end."""
        return [json.loads(line) for line in text[:text.rfind(b"\n") + 1].splitlines()]

    def setUp(self):
        super().setUp()
        self.chance = random.Random(int(os.environ.get("KEYROSTER_SEED", "7")))

    def assert_no_half_files(self, folder):
        if folder.exists():
            for file in folder.iterdir():
                # What was replaced, by a run that was ended before its commit, stays under a name of its own.
                self.assertRegex(file.name, r"^([^.].*\.p12|\..*\.p12\.[0-9a-f]{16}\.old)$")
                self.assertGreater(file.stat().st_size, 1000)


class NotCommitted(FaultTest):
    """The commit itself fails, after the files have their names: what was there before is there again."""

    def setUp(self):
        super().setUp()
        self.p12 = self.site.folder / "p12"
        self.site.rows("enrol", "a@example.org", "b@example.org", "--issue", "--p12-dir", self.p12, by=("anna", "p12"))
        self.p12.joinpath("new@example.org.p12").write_text("somebody put it here")

    def let_no_commit_work(self):
        self.run_sql("CREATE TABLE never(a INTEGER PRIMARY KEY, b INTEGER"
                     " REFERENCES never(a) DEFERRABLE INITIALLY DEFERRED) STRICT;"
                     "CREATE TRIGGER never_commit AFTER INSERT ON audit BEGIN INSERT INTO never(b) VALUES(-1); END;")

    def run_sql(self, text):
        with contextlib.closing(sqlite3.connect(self.site.store / "keyroster.db")) as database:
            database.executescript(text)

    def files(self):
        return {path.name: path.read_bytes() for path in self.p12.iterdir()}

    def assert_not_done(self, verb, *words, by):
        """Not without a commit; and with it all the same."""
        before = self.files()
        self.let_no_commit_work()
        done = self.site.kms(verb, *words, by=by)
        self.run_sql("DROP TRIGGER never_commit; DROP TABLE never;")
        self.assertEqual(done.status, support.NOT_DONE, done.err)
        self.assertIn("FOREIGN KEY", done.err)
        self.assertNotIn(b"@", done.out)
        self.assertEqual(self.files(), before)
        done = self.site.kms(verb, *words, by=by)
        self.assertEqual(done.status, DONE, done.err)
        after = self.files()
        self.assertFalse([name for name in after if name.startswith(".")])
        self.assertNotEqual(after, before)
        self.assert_whole()

    def test_renewal_of_many(self):
        self.assert_not_done("renew", "--days-left", "600", "--p12-dir", self.p12, by=("anna", "p12"))

    def test_renewal_of_one(self):
        self.assert_not_done("renew", "a@example.org", "--p12", self.p12 / "a@example.org.p12", by=("anna", "p12"))

    def test_issue(self):
        self.assert_not_done("enrol", "new@example.org", "old@example.org", "--issue", "--p12-dir", self.p12,
                             by=("anna", "p12"))

    def test_complete(self):
        token = self.site.folder / "token"
        token.write_text(self.site.rows("enrol", "new@example.org", by=("anna",))[0]["token"])
        self.assert_not_done("complete", "--token-file", token, "--p12", self.p12 / "a@example.org.p12",
                             by=("anna", "p12"))

    def requests(self, *addresses):
        for number, address in enumerate(addresses):
            request = self.site.folder / f"{number}.json"
            self.done(self.site.kms("recover", address, "--why", "a lost card", "-o", request, by=("anna",)))
            for agent in ("xena", "zoe"):
                self.done(self.site.kms("approve", request, "--agent", agent, by=(agent,)))
            yield request

    def test_collect(self):
        requests = list(self.requests("a@example.org", "b@example.org"))
        self.assert_not_done("collect", *requests, "--p12-dir", self.p12, "--each", self.p12, by=("anna", "p12"))

    def test_collect_of_two_requests_for_one_user(self):
        """Each has its file; neither is the other's."""
        requests = list(self.requests("a@example.org", "b@example.org", "a@example.org"))
        before = set(self.files())
        rows = self.site.rows("collect", *requests, "--p12-dir", self.p12, by=("anna", "p12"))
        self.assertEqual([row["result"] for row in rows], ["collected"] * 3)
        self.assertEqual(set(self.files()) - before, {f"a@example.org-{rows[2]['request']}.p12"})


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
