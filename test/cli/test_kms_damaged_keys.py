#!/usr/bin/env python3
"""keyroster kms recover, approve, collect: one key that is damaged in the store does not keep back the others."""

import contextlib
import json
import sqlite3
import unittest

import support
from test_kms_recover import ADDRESS, WHY, RecoverTest

OTHER = "ole@example.org"

DAMAGE = {  # of the envelope of one certificate; the others' are not touched
    "a bit of the envelope": "UPDATE envelope SET cms = CAST(substr(cms, 1, 99) || CASE substr(cms, 100, 1)"
                             " WHEN x'00' THEN x'01' ELSE x'00' END || substr(cms, 101) AS BLOB)"
                             " WHERE certificate = :id",
    "an envelope that is cut off": "UPDATE envelope SET cms = substr(cms, 1, 60) WHERE certificate = :id",
    "an envelope of nothing": "UPDATE envelope SET cms = x'' WHERE certificate = :id",
    "a false record": "UPDATE envelope SET binding = (SELECT binding FROM envelope WHERE certificate <> :id)"
                      " WHERE certificate = :id",
    "no record": "UPDATE envelope SET binding = x'' WHERE certificate = :id",
    "no envelope": "DELETE FROM envelope WHERE certificate = :id",
    "the certificate of another": "UPDATE certificate SET der = (SELECT der FROM certificate WHERE purpose = 1"
                                  " AND id <> :id) WHERE id = :id",
}


class Damaged(RecoverTest):
    """A user with three keys, of which the one in the middle is damaged."""

    def setUp(self):
        super().setUp()
        for number in range(3):
            self.enrol(ADDRESS, again=number > 0)
        self.rows = self.database("SELECT c.id, hex(serial) FROM certificate c WHERE purpose = 1 ORDER BY c.id")
        self.id, self.serial = self.rows[1][0], self.rows[1][1].lower()
        self.others = [self.rows[0][1].lower(), self.rows[2][1].lower()]
        self.out = self.folder / "keys.p12"

    def tamper(self, *statements, **values):
        """Past the triggers, and leaves them as they were."""
        with contextlib.closing(sqlite3.connect(self.site.store / "keyroster.db")) as store:
            triggers = store.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND"
                                     " tbl_name IN ('envelope', 'certificate')").fetchall()
            for name, _ in triggers:
                store.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                store.execute(statement, {"id": self.id, **values})
            for _, sql in triggers:
                store.execute(sql)
            store.commit()

    def kept(self):
        """(CMS, binding) of the one in the middle, to be given back."""
        return self.database("SELECT cms, binding FROM envelope WHERE certificate = ?", self.id)[0]

    def give_back(self, kept):
        self.tamper("UPDATE envelope SET cms = :cms, binding = :binding WHERE certificate = :id",
                    cms=kept[0], binding=kept[1])

    def assert_left_out(self, result, said="left out: ", row=None, keys=2):
        """Status 1; the serial is named, the row counts it, and the audit has it."""
        self.assertEqual(result.status, support.SOME, result.err)
        self.assertEqual(len(result.err.splitlines()), 1)
        self.assertIn(said, result.err)
        self.assertIn(f"key {self.serial}", result.err)
        (told,) = result.rows
        self.assertEqual((told["result"], told["left_out"], told["keys"], told["reason"]), (row, 1, keys, None))
        last = self.audit()[-1]
        self.assertEqual(last["result"], row)
        self.assertIn(f"keys 2, left out: {self.serial}", last["detail"])
        return told

    def assert_two_come_back(self, *more, **options):
        result = self.collect("--p12", self.out, *more, jsonl=True, **options)
        self.assertEqual(len(self.keys_of(self.out)), 2)
        self.assertEqual(self.out.stat().st_mode & 0o777, 0o600)
        return result

    def test_before_it_is_asked_for(self):
        for name, damage in DAMAGE.items():
            with self.subTest(name):
                with contextlib.closing(sqlite3.connect(self.site.store / "keyroster.db")) as store:
                    before = (self.kept(), store.execute("SELECT der FROM certificate WHERE id = ?",
                                                         (self.id,)).fetchone()[0])
                self.tamper(damage)
                self.assert_left_out(self.recover(jsonl=True), row="asked")
                document = json.loads(self.request.read_text())
                self.assertEqual([key["serial"] for key in document["keys"]], self.others)
                self.tamper("INSERT OR REPLACE INTO envelope (certificate, cms, binding)"
                            " VALUES (:id, :cms, :binding)",
                            "UPDATE certificate SET der = :der WHERE id = :id",
                            cms=before[0][0], binding=before[0][1], der=before[1])
        for agent in ("xena", "zoe"):  # the last of those requests: what is in it comes back
            (row,) = self.done(self.approve(agent, jsonl=True)).rows
            self.assertEqual((row["keys"], row["left_out"]), (2, 0))
        (row,) = self.done(self.assert_two_come_back()).rows
        self.assertEqual((row["serials"], row["left_out"]), (self.others, 0))
        self.assert_whole()

    def test_after_it_was_asked_for(self):
        self.done(self.recover())
        self.tamper(DAMAGE["a bit of the envelope"])
        for agent in ("xena", "zoe"):
            row = self.assert_left_out(self.approve(agent, jsonl=True), row="approved", keys=3)
            self.assertIn(self.serial, row["serials"])
        row = self.assert_left_out(self.assert_two_come_back("--each", self.folder / "each"), row="collected")
        self.assertEqual(row["serials"], self.others)
        self.assertEqual(sorted(path.name for path in (self.folder / "each").iterdir()),
                         sorted(f"{ADDRESS}-{serial}.p12" for serial in self.others))
        for (_, der), key in zip([self.encryption_certificates()[i] for i in (0, 2)], self.others):
            (alone,) = self.keys_of(self.folder / "each" / f"{ADDRESS}-{key}.p12").values()
            self.assert_opens(alone, der)

    def test_after_agents_have_approved(self):
        self.done(self.recover())
        for agent in ("xena", "zoe"):
            self.done(self.approve(agent))
        for name in ("no envelope", "no record"):
            kept = self.kept()
            self.tamper(DAMAGE[name])
            if name == "no record":
                self.assert_left_out(self.assert_two_come_back(), row="collected")
            else:  # nothing is written, and what agents gave is not lost: the place is none
                result = self.collect("--p12", self.folder / "none" / "keys.p12")
                self.assertEqual(result.status, support.NOT_DONE)
                self.tamper("INSERT INTO envelope (certificate, cms, binding)"
                            " VALUES (:id, :cms, :binding)", cms=kept[0], binding=kept[1])
        again = self.collect("--p12", self.out)
        self.assertEqual(again.status, support.NOT_DONE)
        self.assertIn("were collected at", again.err)

    def test_damaged_for_one_agent_only(self):
        """He gives nothing for it; there are T for the others only, until a third approves."""
        self.done(self.recover())
        kept = self.kept()
        self.tamper(DAMAGE["an envelope that is cut off"])
        self.assert_left_out(self.approve("yuri", jsonl=True), row="approved", keys=3)
        self.give_back(kept)
        self.done(self.approve("xena"))
        first = self.request.read_text()
        self.assert_left_out(self.assert_two_come_back(), "it was damaged when agents approved", row="collected")

        self.assertNotEqual(self.recover().status, support.NOT_DONE)
        self.assertNotEqual(self.request.read_text(), first)
        self.tamper(DAMAGE["an envelope that is cut off"])
        self.assert_left_out(self.approve("yuri", jsonl=True), row="approved", keys=3)
        self.give_back(kept)
        for agent in ("xena", "zoe"):
            self.done(self.approve(agent))
        self.done(self.collect("--p12", self.out))
        self.assertEqual(len(self.keys_of(self.out)), 3)
        self.assert_whole()

    def test_no_other_key_comes_in_its_place(self):
        """A thief puts another user's envelope there, record and all: it is not opened for this one."""
        self.enrol(OTHER)
        self.done(self.recover())
        swap = ("UPDATE envelope SET (cms, binding) = (SELECT cms, binding FROM envelope WHERE certificate ="
                " (SELECT max(id) FROM certificate WHERE purpose = 1)) WHERE certificate = :id")
        self.tamper(swap)
        for agent in ("xena", "zoe"):
            self.assert_left_out(self.approve(agent, jsonl=True), row="approved", keys=3)
        self.assert_left_out(self.assert_two_come_back(), row="collected")
        theirs = self.encryption_certificates(OTHER)[0][1]
        for _, key in self.keys_of(self.out).items():
            with self.assertRaises(AssertionError):
                self.assert_opens(key, theirs)

    def test_where_all_are_damaged(self):
        self.enrol(OTHER)
        self.tamper("UPDATE envelope SET cms = substr(cms, 1, 60) WHERE certificate IN"
                    " (SELECT c.id FROM certificate c, user u WHERE c.user = u.id AND u.address = :address)",
                    address=ADDRESS)
        result = self.recover()
        self.assertEqual(result.status, support.NOT_DONE)
        self.assertIn("swapped or altered; nor can 2 other keys be recovered", result.err)
        self.assertEqual(self.audit()[-1]["result"], "refused")
        self.assertFalse(self.request.exists())
        done = self.site.kms("recover", ADDRESS, OTHER, "--why", WHY, "--request-dir", self.folder / "r",
                             by=["anna"], jsonl=True)
        self.assertEqual(done.status, support.SOME)
        self.assertEqual([(row["result"], row["left_out"]) for row in done.rows], [("failed", None), ("asked", 0)])


if __name__ == "__main__":
    unittest.main()
