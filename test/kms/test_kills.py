#!/usr/bin/env python3
"""Ended at random points: what was told is there, nothing is there twice, the rest is done by the next run."""

import json
import os
import random
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))

import kms_support
import support

# Runs that were ended, not tries: a quarter each of bulk enrolment, renewal, revocation and recovery,
# and some of what else writes besides.
KILLS = int(os.environ.get("KEYROSTER_KILLS", "24" if support.SANITIZED else "200"))
USERS = 40


class KillTest(kms_support.KmsTest):
    def setUp(self):
        super().setUp()
        self.chance = random.Random(int(os.environ.get("KEYROSTER_SEED", "6")))
        self.folder = self.site.folder
        self.p12 = self.folder / "p12"
        self.p12.mkdir()
        self.killed = self.working = self.tries = 0
        self.takes = {}  # of each verb: seconds until its work shows, and from there to its end

    def source(self, first, count):
        path = self.folder / "site.csv"
        path.write_text("mail,cn\n" + "".join(
            f"user{number:04}@example.org,User {number}\n" for number in range(first, first + count)))
        return path

    def start(self, verb, *words, by):
        with (self.folder / "rows").open("wb") as rows, (self.folder / "said").open("wb") as said:
            return subprocess.Popen(
                [support.KEYROSTER, "kms", verb, self.site.store, *map(str, words), "-f", "jsonl",
                 *map(str, self.site.options_of(*by))],
                stdin=subprocess.DEVNULL, stdout=rows, stderr=said, env=support.environment())

    def rows(self):
        text = (self.folder / "rows").read_bytes()
        return [json.loads(line) for line in text[:text.rfind(b"\n") + 1].splitlines()]

    def trace(self):
        """What an act changes first: a file that is handed out, or the log of the store."""
        seen = []
        for path in (self.site.store / "keyroster.db-wal", self.p12, self.folder / "requests"):
            try:
                status = path.stat()
                seen.append((status.st_size > 0, status.st_mtime_ns) if status.st_size > 0 else None)
            except FileNotFoundError:
                seen.append(None)
        return seen

    def run_once(self, verb, *words, by, kill):
        """
        Its exit status. A kill comes at any moment between the first sign of its work and its end, as
        long as that took before; one of five at any moment at all.
        """
        signs, work = self.takes.get(verb, (0.1, 0.05))
        self.tries += 1
        self.assertLess(self.tries, 100 + 10 * KILLS)
        begin, seen, until = time.monotonic(), None, None
        before = self.trace()
        run = self.start(verb, *words, by=by)
        if kill and self.chance.random() < 0.2:
            until = begin + self.chance.random() * (signs + work)
        while run.poll() is None:
            now = time.monotonic()
            if seen is None and self.trace() != before:
                seen = now
                if kill and until is None:
                    until = seen + self.chance.random() * work
            if until is not None and now >= until:
                run.send_signal(signal.SIGKILL)
                break
            time.sleep(0.0003)
        status = run.wait()
        if status == -signal.SIGKILL:
            self.killed += 1
            self.working += seen is not None
        elif seen is not None:
            # Less and less where each try ended before it was killed, since little was left to do.
            long = time.monotonic() - seen
            self.takes[verb] = seen - begin, min(long, work * 0.8) if kill else long
        return status

    def killed_once(self, verb, *words, by):
        """True when it was ended, and its rows until then; the store is whole, and so are the files."""
        status = self.run_once(verb, *words, by=by, kill=True)
        rows = self.rows()
        if status != -signal.SIGKILL:
            self.assert_ended(verb, status)
        self.done(self.site.kms("check"))
        self.assert_whole_files()
        return status == -signal.SIGKILL, rows

    def finish(self, verb, *words, by):
        """The run that nobody ends. Its rows."""
        self.assert_ended(verb, self.run_once(verb, *words, by=by, kill=False))
        return self.rows()

    def assert_ended(self, verb, status):
        # Where nothing is left to do, a recovery says that it was done.
        self.assertIn(status, (support.DONE, support.SOME, *([support.NOT_DONE] if verb == "collect" else [])),
                      (self.folder / "said").read_text())

    def assert_whole_files(self):
        """No half file, by their outermost length, as DER states it; what one took the place of may be left beside it."""
        for path in self.p12.iterdir():
            data = path.read_bytes()
            self.assertIn(path.suffix, (".p12", ".old"), path)
            self.assertEqual((data[:2], 4 + int.from_bytes(data[2:4], "big")), (b"\x30\x82", len(data)))

    def tell(self, told, rows, result, key):
        """Notes what was told as done; nothing is told twice."""
        for row in rows:
            if row["result"] == result:
                self.assertNotIn(row[key], told)
                told[row[key]] = row

    def until_done(self, verb, *words, by, result, key, kills):
        """Killed so often at most, then to its end: together they told each once. What they told."""
        told, again = {}, True
        for _ in range(kills):
            again, rows = self.killed_once(verb, *words, by=by)
            self.tell(told, rows, result, key)
            if not again:
                return told
        self.tell(told, self.finish(verb, *words, by=by), result, key)
        return told

    def count_of_users(self):
        """Each with two certificates for each time that something was issued to him."""
        return {row["address"]: len(row["certificates"]) for row in self.site.rows("users")}

    def tearDown(self):
        if self._outcome.success:
            self.assert_whole()
            # Most of them while it worked, and not before; of a few, chance may take another half.
            if self.killed >= 10:
                self.assertGreater(self.working, self.killed // 3)
            if "KEYROSTER_KILLS" in os.environ:
                print(f"{self.id()}: {self.killed} killed, {self.working} at work", file=sys.stderr)


class Kills(KillTest):
    def test_enrolment(self):
        told, known = {}, {}
        words = ("--issue", "--p12-dir", self.p12)
        self.finish("enrol", "--from", self.source(0, USERS), *words, by=["anna", "p12"])
        while self.killed < KILLS // 4:
            before = self.count_of_users()
            source = self.source(0, len(before) + USERS)
            _, rows = self.killed_once("enrol", "--from", source, *words, by=["anna", "p12"])
            self.tell(told, rows, "issued", "address")
            known = self.count_of_users()
            self.assertEqual(set(known.values()), {2})
            self.assertLessEqual(set(told), set(known))
            self.assertLessEqual({f"{name}.p12" for name in known}, {path.name for path in self.p12.iterdir()})
        self.finish("enrol", "--from", source, *words, by=["anna", "p12"])
        self.tell(told, self.rows(), "issued", "address")
        rest = self.finish("enrol", "--from", source, *words, by=["anna", "p12"])
        self.assertEqual([row["result"] for row in rest], ["already"] * (len(before) + USERS))

    def test_renewal(self):
        self.site.rows("enrol", "--from", self.source(0, USERS), "--issue", "--p12-dir", self.p12,
                       by=["anna", "p12"])
        profile = self.site.store / "profile.conf"
        days, rounds = 548, 0
        while self.killed < KILLS // 4:
            # What is issued now ends later than what was, so that each is due once.
            profile.write_text(profile.read_text().replace(f"validity = {days}d", f"validity = {days + 2}d", 1))
            days += 2
            rounds += 1
            words = ("--days-left", days - 1, "--p12-dir", self.p12)
            self.until_done("renew", *words, by=["anna", "p12"], result="renewed", key="address",
                            kills=0 if rounds == 1 else 3)
            self.assertEqual(set(self.count_of_users().values()), {2 * (rounds + 1)})
            self.assertEqual(self.finish("renew", *words, by=["anna", "p12"]), [])

    def test_revocation(self):
        source = self.source(0, USERS)
        self.site.rows("enrol", "--from", source, "--issue", "--p12-dir", self.p12, by=["anna", "p12"])
        rounds = 0
        while self.killed < KILLS // 4:
            words, result = ("--hold", "held") if rounds % 2 == 0 else ("--release", "released")
            rounds += 1
            self.until_done("revoke", "--from", source, words, by=["bo"], result=result, key="serial",
                            kills=0 if rounds == 1 else 3)
            rest = self.finish("revoke", "--from", source, words, by=["bo"])
            self.assertEqual([row["result"] for row in rest].count(result), 0)
        for _ in range(2):
            self.finish("revoke", "--from", source, "--reason", "superseded", by=["bo"])
        self.assertEqual([row["result"] for row in self.rows()].count("revoked"), 0)
        self.assertEqual(self.site.rows("crl", "-o", self.folder / "list", by=["bo"])[0]["entries"],
                         2 * USERS)

    def test_recovery(self):
        users = 12
        addresses = [f"user{number:04}@example.org" for number in range(users)]
        self.site.rows("enrol", "--from", self.source(0, users), "--issue", "--p12-dir",
                       self.folder / "users", by=["anna", "p12"])
        requests, rounds = self.folder / "requests", 0
        while self.killed < KILLS // 4:
            kills = 0 if rounds == 0 else 2
            rounds += 1
            for file in (*self.p12.iterdir(), *(requests.iterdir() if requests.exists() else ())):
                file.unlink()
            asking = ("recover", *addresses, "--why", "ticket 9", "--request-dir", requests)
            for _ in range(kills):
                for row in self.killed_once(*asking, by=["anna"])[1]:
                    self.assertEqual(row["result"], "asked")
                    document = json.loads((requests / f"{row['address']}.json").read_text())
                    self.assertEqual(document["digest"], row["request"])
            self.assertEqual(len(self.finish(*asking, by=["anna"])), users)
            asked = sorted(requests.iterdir())
            self.assertEqual(len(asked), users)
            for agent in ("xena", "zoe"):
                for _ in range(kills):
                    self.killed_once("approve", *asked, "--agent", agent, by=[agent])
                self.assertEqual(len(self.finish("approve", *asked, "--agent", agent, by=[agent])), users)
            told = self.until_done("collect", *asked, "--p12-dir", self.p12, by=["anna", "p12"],
                                   result="collected", key="address", kills=kills)
            self.assertLessEqual(set(told), set(addresses))
            # One may have been committed and not told; its file is there.
            self.assertEqual({path.name for path in self.p12.glob("*.p12")},
                             {f"{name}.p12" for name in addresses})


class More(KillTest):
    """A twentieth as many of each."""

    KILLS = max(2, KILLS // 20)

    def test_tokens(self):
        told = {}
        count = USERS
        while self.killed < self.KILLS:
            count += USERS
            source = self.source(0, count)
            _, rows = self.killed_once("enrol", "--from", source, by=("anna",))
            self.tell(told, rows, "token", "address")
        # Some who were not there before: all the others may have been done, and not told.
        rest = self.site.rows("enrol", "--from", self.source(0, count + USERS), by=("anna",))
        self.assertEqual({row["result"] for row in rest if row["address"] in told} - {"already"}, set())
        rest = [row for row in (*told.values(), *rest) if "token" in row]
        for row in (rest[0], rest[-1]):
            done = self.site.kms("complete", "--token-file", "-", "--p12", self.folder / "a.p12",
                                 by=("anna", "p12"), stdin=row["token"].encode())
            self.assertEqual(done.status, support.DONE, done.err)

    def test_complete(self):
        """Either the token is good still, or it is used and the file is there."""
        p12, token, number = self.p12 / "a.p12", self.folder / "token", 0
        while self.killed < self.KILLS:
            p12.unlink(missing_ok=True)
            number += 1
            row, = self.site.rows("enrol", f"user{number}@example.org", by=("anna",))
            token.write_text(row["token"])
            words = ("--token-file", token, "--p12", p12)
            self.killed_once("complete", *words, by=("anna", "p12"))
            there = p12.exists()
            again = self.site.kms("complete", *words, by=("anna", "p12"), jsonl=True)
            if again.status != support.DONE:
                self.assertIn("was used", again.err)
                self.assertTrue(there)

    def test_lists_have_numbers_of_their_own(self):
        seen, path = [], self.folder / "a.crl"
        while self.killed < self.KILLS:
            self.killed_once("crl", "-o", path, by=("anna",))
            row, = self.finish("crl", "-o", path, by=("anna",))
            seen.append(row["number"])
        self.assertEqual(seen, sorted(set(seen)))


if __name__ == "__main__":
    unittest.main()
