#!/usr/bin/env python3
"""One agent fewer than the quorum, with all files and all administrators, recovers nothing."""

import contextlib
import os
import shutil
import sqlite3
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))

import kms_support
import support

USER = "gil@example.org"
OURS = "xena"  # the one agent of two who is in it; her passphrase is known
ADMINS = kms_support.ADMINS


def set_quorum(database, quorum):
    """Wherever it stands: in its column, and in the bytes of what is public of the escrow."""
    (public,), = database.execute("SELECT public FROM escrow").fetchall()
    for at in range(12):  # somewhere at their beginning
        if public[at] == 2:
            public = public[:at] + bytes([quorum]) + public[at + 1:]
            break
    database.execute("UPDATE escrow SET quorum = ?, public = ?", (quorum, public))


# What whoever owns the machine may do to the books, after xena approved.
ATTACKS = {
    "nothing at all": (),
    "her approval is written down as another's too": (
        "INSERT INTO approval(request, person, at, partials, signature, escrow) SELECT request,"
        " (SELECT id FROM person WHERE name = 'yuri'), at, partials, signature, escrow"
        " FROM approval",),
    "and another gets her keys": (
        "UPDATE person SET (signing, sealing, locked) = (SELECT signing, sealing, locked"
        " FROM person WHERE name = 'xena') WHERE name = 'yuri'",
        "INSERT INTO approval(request, person, at, partials, signature, escrow) SELECT request,"
        " (SELECT id FROM person WHERE name = 'yuri'), at, partials, signature, escrow"
        " FROM approval",),
    "another gets her keys and her share": (
        "UPDATE person SET (signing, sealing, locked) = (SELECT signing, sealing, locked"
        " FROM person WHERE name = 'xena') WHERE name = 'yuri'",
        "UPDATE share SET sealed = (SELECT sealed FROM share, person WHERE person.id = share.person"
        " AND name = 'xena') WHERE person = (SELECT id FROM person WHERE name = 'yuri')",),
    "an administrator becomes the agent": (
        "UPDATE person SET is_agent = 1 WHERE name = 'anna'",
        "UPDATE share SET person = (SELECT id FROM person WHERE name = 'anna'), sealed = (SELECT"
        " sealed FROM share, person WHERE person.id = share.person AND name = 'xena')"
        " WHERE person = (SELECT id FROM person WHERE name = 'yuri')",),
    "the quorum is lowered": ("UPDATE escrow SET quorum = 1",),
    "the quorum is lowered everywhere": (lambda database: set_quorum(database, 1),),
    "there is one share only": (
        "DELETE FROM share WHERE person <> (SELECT id FROM person WHERE name = 'xena')",
        "UPDATE escrow SET quorum = 1, count = 1", lambda database: set_quorum(database, 1),),
}


class Quorum(kms_support.KmsTest):
    def setUp(self):
        super().setUp()
        self.folder = self.site.folder
        self.request = self.folder / "request"
        self.site.rows("enrol", USER, "--issue", "--p12-dir", self.folder / "users",
                       by=["anna", "p12"])
        self.done(self.site.kms("recover", USER, "--why", "none", "-o", self.request, by=["anna"]))
        self.done(self.site.kms("approve", self.request, "--agent", OURS, by=[OURS]))
        shutil.copytree(self.site.store, self.folder / "untouched")

    def attack(self, steps):
        """The books as they were, then changed with no regard to triggers and checks."""
        shutil.rmtree(self.site.store)
        shutil.copytree(self.folder / "untouched", self.site.store)
        with contextlib.closing(sqlite3.connect(self.site.store / "keyroster.db")) as database:
            for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'"
                                            ).fetchall():
                database.execute(f"DROP TRIGGER {name}")
            database.execute("PRAGMA ignore_check_constraints = 1")
            for step in steps:
                if callable(step):
                    step(database)
                else:
                    self.assertGreater(database.execute(step).rowcount, 0)
            database.commit()

    def tries(self):
        """Whatever the verbs offer to whoever has these passphrases."""
        site, request, out = self.site, self.request, self.folder / "stolen"
        # Another's keys may have become hers, under her passphrase.
        site.file_of("yuri", kms_support.passphrase_of(OURS))
        for agent in ("yuri", "anna"):
            yield site.kms("approve", request, "--agent", agent, by=[agent]), None
            yield site.kms("rebuild-key", "--agent", OURS, "--agent", agent, "--yes", "-o", out,
                           by=[OURS, agent]), out
        yield site.kms("collect", request, "--p12", out, by=["anna", "p12"]), out
        yield site.kms("rebuild-key", "--agent", OURS, "--yes", "-o", out, by=[OURS]), out
        yield site.kms("reshare", "--agents", f"{OURS},dee", "--quorum", "2",
                       by=[*ADMINS, OURS, "dee"]), None

    def test_one_fewer_recovers_nothing(self):
        for name, steps in ATTACKS.items():
            with self.subTest(name):
                self.attack(steps)
                for number, (result, out) in enumerate(self.tries()):
                    self.assertEqual(result.status, support.NOT_DONE, (number, result.out, result.err))
                    self.assertRegex(result.err, r"(?s)\A(keyroster: [^\n]+\n)+\Z")
                    self.assertFalse(out is not None and out.exists(), number)

    def test_the_quorum_does(self):
        """The same request, with the second agent: so it is the quorum that is missing above."""
        self.done(self.site.kms("approve", self.request, "--agent", "zoe", by=["zoe"]))
        self.done(self.site.kms("collect", self.request, "--p12", self.folder / "keys", by=["anna", "p12"]))
        self.assertTrue((self.folder / "keys").exists())


if __name__ == "__main__":
    unittest.main()
