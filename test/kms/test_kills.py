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

# In all, over bulk enrolment, renewal, revocation and recovery. A release takes 200.
KILLS = int(os.environ.get("KEYROSTER_KILLS", "40"))
USERS = 40
ROUNDS = max(1, KILLS // 40)  # each verb does all of it so many times, killed ten times meanwhile


class KillTest(kms_support.KmsTest):
    def setUp(self):
        super().setUp()
        self.chance = random.Random(int(os.environ.get("KEYROSTER_SEED", "6")))
        self.folder = self.site.folder
        self.p12 = self.folder / "p12"
        self.killed = 0
        self.takes = {}  # seconds that a verb takes from beginning to end

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

    def kill(self, verb, *words, by):
        """Ends it somewhere, most often behind the signing in. Its rows."""
        run = self.start(verb, *words, by=by)
        time.sleep((0.25 + 0.75 * self.chance.random()) * self.takes.get(verb, 0.3))
        run.send_signal(signal.SIGKILL)
        self.killed += run.wait() == -signal.SIGKILL
        self.done(self.site.kms("check"))
        self.assert_whole_files()
        return self.rows()

    def finish(self, verb, *words, by):
        """The run that nobody ends. Its rows."""
        begin = time.monotonic()
        status = self.start(verb, *words, by=by).wait()
        self.takes[verb] = min(time.monotonic() - begin, self.takes.get(verb, 60))
        # Where nothing is left to do, a recovery says that it was done.
        self.assertIn(status, (support.DONE, support.SOME, *([support.NOT_DONE] if verb == "collect" else [])),
                      (self.folder / "said").read_text())
        return self.rows()

    def assert_whole_files(self):
        """No half file, by their outermost length, as DER states it; what one took the place of may be left beside it."""
        for path in self.p12.iterdir() if self.p12.exists() else ():
            data = path.read_bytes()
            self.assertIn(path.suffix, (".p12", ".old"), path)
            self.assertEqual((data[:2], 4 + int.from_bytes(data[2:4], "big")), (b"\x30\x82", len(data)))

    def tell(self, told, rows, result, key):
        """Notes what was told as done; nothing is told twice."""
        for row in rows:
            if row["result"] == result:
                self.assertNotIn(key(row), told)
                told[key(row)] = row

    def again_and_again(self, verb, *words, by, result, key):
        """Killed, and killed again, then to the end: together they told each once, and the store is whole."""
        told, kills = {}, max(1, KILLS // 4 // ROUNDS)
        for _ in range(kills):
            self.tell(told, self.kill(verb, *words, by=by), result, key)
        self.tell(told, self.finish(verb, *words, by=by), result, key)
        self.assert_whole()
        return told

    def tearDown(self):
        # A run that ended by itself before it was killed shows nothing.
        if self._outcome.success:
            self.assertGreater(self.killed, KILLS // 4 // 4)


def address(row):
    return row["address"]


def serial(row):
    return row["serial"]


class Kills(KillTest):
    def test_enrolment(self):
        for number in range(ROUNDS):
            source = self.source(number * USERS, USERS)
            words = ("--from", source, "--issue", "--p12-dir", self.p12)
            told = self.again_and_again("enrol", *words, by=["anna", "p12"], result="issued",
                                           key=address)
            # Some may have been committed and not told.
            self.assertLessEqual(len(told), USERS)
            self.assertEqual(len(list(self.p12.glob("*.p12"))), (number + 1) * USERS)
            rest = self.finish("enrol", *words, by=["anna", "p12"])
            self.assertEqual([row["result"] for row in rest], ["already"] * USERS)
            known = {row["address"]: row for row in self.site.rows("users")}
            for row in told.values():
                self.assertEqual(len(known[row["address"]]["certificates"]), 2)
        self.assertEqual(len(known), ROUNDS * USERS)

    def test_renewal(self):
        self.site.rows("enrol", "--from", self.source(0, USERS), "--issue", "--p12-dir", self.p12,
                       by=["anna", "p12"])
        profile = self.site.store / "profile.conf"
        days = 548
        for number in range(ROUNDS):
            # What is issued now ends later than what was, so that each is due once.
            profile.write_text(profile.read_text().replace(f"validity = {days}d", f"validity = {days + 30}d", 1))
            days += 30
            words = ("--days-left", days - 15, "--p12-dir", self.p12)
            self.again_and_again("renew", *words, by=["anna", "p12"], result="renewed", key=address)
            self.assertEqual(self.finish("renew", *words, by=["anna", "p12"]), [])
            for row in self.site.rows("users"):
                self.assertEqual(len(row["certificates"]), 2 * (number + 2))

    def test_revocation(self):
        source = self.source(0, USERS)
        self.site.rows("enrol", "--from", source, "--issue", "--p12-dir", self.p12, by=["anna", "p12"])
        hold, release = (["--hold"], "held"), (["--release"], "released")
        for words, result in (*((hold, release) * ROUNDS)[:ROUNDS // 2 * 2],
                              (["--reason", "superseded"], "revoked")):
            self.again_and_again("revoke", "--from", source, *words, by=["bo"], result=result,
                                 key=serial)
            rest = self.finish("revoke", "--from", source, *words, by=["bo"])
            self.assertEqual({row["result"] for row in rest} & {"held", "released", "revoked"}, set())
        self.assertEqual(self.site.rows("crl", "-o", self.folder / "list", by=["bo"])[0]["entries"],
                         2 * USERS)

    def test_recovery(self):
        users = 12
        addresses = [f"user{number:04}@example.org" for number in range(users)]
        self.site.rows("enrol", "--from", self.source(0, users), "--issue", "--p12-dir",
                       self.folder / "users", by=["anna", "p12"])
        kills = max(1, KILLS // 4 // ROUNDS // 3)
        for number in range(ROUNDS):
            folder = self.folder / f"requests{number}"
            asking = ("recover", *addresses, "--why", "ticket 9", "--request-dir", folder)
            for _ in range(kills):
                for row in self.kill(*asking, by=["anna"]):
                    self.assertEqual(row["result"], "asked")
                    document = json.loads((folder / f"{row['address']}.json").read_text())
                    self.assertEqual(document["digest"], row["request"])
            self.assertEqual(len(self.finish(*asking, by=["anna"])), users)
            requests = sorted(folder.iterdir())
            self.assertEqual(len(requests), users)
            for agent in ("xena", "zoe"):
                approving = ("approve", *requests, "--agent", agent)
                for _ in range(kills):
                    self.kill(*approving, by=[agent])
                self.assertEqual(len(self.finish(*approving, by=[agent])), users)
            collecting = ("collect", *requests, "--p12-dir", self.p12)
            told = {}
            for _ in range(kills):
                self.tell(told, self.kill(*collecting, by=["anna", "p12"]), "collected", address)
                for name in told:
                    self.assertTrue((self.p12 / f"{name}.p12").exists())
            self.tell(told, self.finish(*collecting, by=["anna", "p12"]), "collected", address)
            # One may have been committed and not told; its file is there.
            self.assertEqual({path.name for path in self.p12.glob("*.p12")},
                             {f"{name}.p12" for name in addresses})
            self.assert_whole()


if __name__ == "__main__":
    unittest.main()
