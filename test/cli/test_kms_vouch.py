#!/usr/bin/env python3
"""People's rows and the policy, changed by somebody who can write to the database and no more."""

import contextlib
import sqlite3
import unittest

import support
from test_kms_recover import ADDRESS, RecoverTest
from test_kms_swap import SwapTest

KEY = bytes(range(32))  # no key of anybody here
VOUCH = "the store was altered: the CA does not vouch for the row of "


class VouchTest(RecoverTest):
    database = SwapTest.database

    def alter(self, name, **columns):
        for column, value in columns.items():
            self.database(f"UPDATE person SET {column} = ? WHERE name = ?", value, name)

    def forge(self, name, like):
        """Somebody new, with another's keys, who has an office and a slot."""
        columns = "is_admin, is_agent, since, signing, sealing, locked, vouched"
        self.database(f"INSERT INTO person(name, {columns}) SELECT ?, {columns} FROM person"
                      " WHERE name = ?", name, like)
        self.database("INSERT INTO ca_slot(person, sealed) SELECT p.id, s.sealed FROM person p,"
                      " person o, ca_slot s WHERE p.name = ? AND o.name = ? AND s.person = o.id",
                      name, like)

    def assert_told(self, where, what="the CA does not vouch for it"):
        done = self.site.kms("check", jsonl=True)
        self.assertEqual(done.status, support.NOT_DONE)
        self.assertTrue([row for row in done.rows if row["where"] == where and what in row["what"]],
                        done.out.decode())

    def refused_by(self, result, *said):
        self.assertEqual(result.status, support.NOT_DONE, result.err)
        for text in said:
            self.assertIn(text, result.err)


class SharesOfOthers(VouchTest):
    """reshare seals a new share to an agent who stays, and need not be there."""

    def test_another_sealing_key(self):
        before = self.database("SELECT * FROM share")
        self.alter("zoe", sealing=KEY)
        self.refused_by(self.site.kms("reshare", "--agents", "xena,yuri,zoe", "--quorum", 2,
                                      by=["anna", "xena", "yuri"]), VOUCH + "zoe")
        self.assertEqual(self.database("SELECT * FROM share"), before)
        self.assert_told("person zoe")

    def test_a_signature_of_another_row(self):
        self.alter("zoe", sealing=KEY)
        self.database("UPDATE person SET vouched = (SELECT vouched FROM person WHERE name = 'yuri')"
                      " WHERE name = 'zoe'")
        self.refused_by(self.site.kms("reshare", "--agents", "xena,yuri,zoe", "--quorum", 2,
                                      by=["anna", "xena", "yuri"]), VOUCH + "zoe")

    def test_all_by_somebody_who_is_none(self):
        self.forge("mallory", like="anna")
        self.refused_by(self.site.kms("reshare", "--agents", "xena,yuri,mallory", "--quorum", 2,
                                      by=["anna", "xena", "yuri"]), VOUCH + "mallory")


class Requests(VouchTest):
    def setUp(self):
        super().setUp()
        self.enrol(ADDRESS)

    def test_another_key_of_who_asks(self):
        self.done(self.recover())
        self.alter("anna", sealing=KEY)
        self.refused_by(self.approve("xena"), VOUCH + "anna")
        self.assert_told("person anna")

    def test_another_signing_key_of_who_asks(self):
        self.done(self.recover())
        self.alter("anna", signing=KEY)
        self.refused_by(self.approve("xena"), VOUCH + "anna")

    def test_who_asked_is_no_administrator_any_more(self):
        self.done(self.recover())
        self.done(self.site.kms("admins", "--remove", "anna", by=["bo"]))
        self.refused_by(self.approve("xena"), "no administrator any more")
        self.alter("anna", until=None)
        self.refused_by(self.approve("xena"), VOUCH + "anna")

    def test_an_agent_makes_himself_an_administrator(self):
        self.alter("xena", is_admin=1)
        self.refused_by(self.recover(by=["xena"]), VOUCH + "xena")
        self.assertEqual(self.audit()[-1]["result"], "refused")
        self.refused_by(self.approve("xena"), VOUCH + "xena")
        self.assert_told("person xena")

    def test_an_agent_who_is_another(self):
        """His approval is left out, and that of the others counts."""
        self.done(self.recover())
        for agent in ("xena", "yuri"):
            self.done(self.approve(agent))
        self.alter("xena", sealing=KEY)
        self.refused_by(self.collect("--p12", self.folder / "keys.p12"),
                        "takes the approval of 2 agents, and 1 is given",
                        "xena is left out: the store was altered: the CA does not vouch for his row")
        self.done(self.approve("zoe"))
        done = self.collect("--p12", self.folder / "keys.p12")
        self.assertIn(done.status, (support.DONE, support.SOME))
        self.assertEqual(len(self.keys_of(self.folder / "keys.p12")), 1)


class CaSecret(VouchTest):
    """It is sealed anew to the administrators when one of them goes."""

    def remove(self):
        return self.site.kms("admins", "--remove", "cai", by=["anna"])

    def test_another_sealing_key(self):
        self.alter("bo", sealing=KEY)
        self.refused_by(self.remove(), VOUCH + "bo")
        self.assert_told("person bo")

    def test_one_administrator_more(self):
        self.forge("mallory", like="bo")
        self.refused_by(self.remove(), VOUCH + "mallory")
        self.assert_told("person mallory")

    def test_an_agent_more_among_them(self):
        self.alter("xena", is_admin=1)
        self.refused_by(self.remove(), VOUCH + "xena")

    def test_somebody_who_went_comes_back(self):
        self.done(self.remove())
        self.alter("cai", until=None)
        self.refused_by(self.site.kms("admins", "--remove", "bo", by=["anna"]), VOUCH + "cai")
        self.refused_by(self.site.kms("admins", "--policy", "enrol=1", by=["cai"]), VOUCH + "cai")
        self.assert_told("person cai")


class Audit(VouchTest):
    def test_rows_that_somebody_unknown_could_have_signed(self):
        self.done(self.site.kms("audit", "--verify"))
        self.forge("mallory", like="bo")
        self.refused(self.site.kms("audit", "--verify"), VOUCH + "mallory")


class Policy(VouchTest):
    OPTIONS = ("--policy", "enrol=2,admins=2")

    def enrol_alone(self):
        return self.site.kms("enrol", ADDRESS, by=["anna"])

    def assert_refused(self):
        self.refused_by(self.enrol_alone(),
                        "the store was altered: the CA does not vouch for the policy")
        self.assertEqual(self.audit()[-1]["result"], "refused")
        self.assert_told("policy", "the CA does not vouch for the policy")

    def test_as_it_was_made(self):
        self.refused_by(self.enrol_alone(), "takes 2 administrators by the policy, and 1 acts: anna\n")
        self.assert_whole()

    def test_who_is_no_administrator_is_named_so(self):
        said = {("anna", "zoe"): "and 1 acts: anna (zoe is no administrator)",
                ("zoe", "anna", "xena"): "and 1 acts: anna (zoe and xena are no administrators)",
                ("zoe",): "takes the passphrase of 2 administrators (zoe is no administrator)"}
        for who, sentence in said.items():
            with self.subTest(who):
                self.refused_by(self.site.kms("enrol", ADDRESS, by=who), sentence)
                self.assertEqual(self.audit()[-1]["who"], ",".join(who))

    def test_lowered(self):
        self.database("UPDATE policy SET count = 1")
        self.assert_refused()

    def test_one_task_lowered(self):
        self.database("UPDATE policy SET count = 1 WHERE task = 'enrol'")
        self.assert_refused()

    def test_taken_away(self):
        self.database("DELETE FROM policy")
        self.assert_refused()

    def test_without_its_signature(self):
        self.database("DELETE FROM meta WHERE name = 'policy-vouched'")
        self.assert_refused()

    def test_set_anew(self):
        self.done(self.site.kms("admins", "--policy", "enrol=1,admins=1", by=["anna", "bo"]))
        self.assertEqual(self.enrol_alone().status, support.DONE)
        self.assert_whole()


class Damaged(VouchTest):
    def test_a_key_of_another_length(self):
        for column in ("signing", "sealing"):
            with self.subTest(column):
                self.shorten(column)
                self.refused_by(self.site.kms("admins", "--policy", "enrol=1", by=["anna"]),
                                "the store is damaged: a person's key is none")
                self.assert_told("people", "a person's key is none")

    def shorten(self, column):
        """The schema forbids it, and does not withstand."""
        with contextlib.closing(sqlite3.connect(self.site.store / "keyroster.db")) as store:
            store.execute('DROP TRIGGER IF EXISTS person_changed')
            store.execute("PRAGMA ignore_check_constraints = ON")
            store.execute(f"UPDATE person SET {column} = x'00' WHERE name = 'anna'")
            store.commit()


class OutsideRoot(VouchTest):
    """The issuing CA's key vouches before there is its certificate."""

    def test_before_it_has_signed(self):
        self.site.store = self.folder / "outside"
        self.done(self.site.init("--csr", self.folder / "request.pem"))
        self.done(self.site.kms("admins", "--policy", "enrol=2", by=["anna"]))
        self.done(self.site.kms("reshare", "--agents", "xena,yuri,dee", "--quorum", 2,
                                by=["anna", "xena", "yuri", "dee"]))
        self.alter("dee", sealing=KEY)
        self.refused_by(self.site.kms("reshare", "--agents", "xena,yuri,dee", "--quorum", 2,
                                      by=["anna", "xena", "yuri"]), VOUCH + "dee")
        self.assert_told("person dee")


if __name__ == "__main__":
    unittest.main()
