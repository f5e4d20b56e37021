"""The audit: told, verified, and found out when somebody laid hands on it."""

import json
import sqlite3
import unittest

from kms_support import KmsTest
from support import NOT_DONE, USAGE


class Spoiled(KmsTest):
    """A store with six rows, and hands to lay on it."""

    def setUp(self):
        super().setUp()
        for count in (2, 1, 2, 1):
            self.done(self.site.kms("admins", "--policy", f"enrol={count}", by=["anna"]))
        self.refused(self.site.kms("admins", "--policy", "enrol=9", by=["anna", "bo"]))

    def spoil(self, *statements):
        """Changes the database behind the program's back, its triggers out of the way."""
        with sqlite3.connect(self.site.store / "keyroster.db") as store:
            for name, in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"
                                       ).fetchall():
                store.execute(f'DROP TRIGGER "{name}"')
            store.execute("PRAGMA foreign_keys = OFF")
            for statement in statements:
                store.execute(statement)
        store.close()

    def broken_at(self, seq):
        done = self.site.kms("audit", "--verify", jsonl=True)
        self.assertEqual(done.status, NOT_DONE, done.err)
        self.assertIn(f"row {seq}:", done.err)
        self.assertEqual([row["seq"] for row in done.rows],
                         [seq] if seq <= len(self.site.rows("audit")) else [])
        check = self.site.kms("check", jsonl=True)
        self.assertEqual(check.status, NOT_DONE)
        self.assertIn(f"audit row {seq}", [row["where"] for row in check.rows])


class Audit(Spoiled):
    def test_rows(self):
        rows = self.audit()
        self.assertEqual([row["seq"] for row in rows], [1, 2, 3, 4, 5, 6])
        self.assertEqual(set(rows[0]), {"seq", "time", "act", "who", "subject", "result", "detail",
                                        "hash"})
        self.assertEqual(rows[-1]["who"], "anna,bo")
        self.assertEqual(rows[-1]["result"], "refused")
        self.assertRegex(rows[0]["hash"], r"\A[0-9a-f]{64}\Z")
        self.assertRegex(rows[0]["time"], r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
        self.done(self.site.kms("audit", "--verify"))

    def test_a_row_edited(self):
        self.spoil("UPDATE audit SET detail = 'enrol=7' WHERE seq = 3")
        self.broken_at(3)

    def test_every_column_counts(self):
        for column, value in (("at", "at + 1"), ("act", "'enrol'"), ("who", "'bo'"),
                              ("subject", "'x'"), ("result", "'done'"), ("previous", "hash"),
                              ("hash", "previous")):
            with self.subTest(column=column):
                self.setUp()
                self.spoil(f"UPDATE audit SET {column} = {value} WHERE seq = 4")
                self.broken_at(4)

    def test_a_row_removed(self):
        self.spoil("DELETE FROM audit_signature WHERE seq = 3", "DELETE FROM audit WHERE seq = 3")
        done = self.site.kms("audit", "--verify")
        self.assertEqual(done.status, NOT_DONE)
        self.assertRegex(done.err, "row [34]:")

    def test_rows_reordered(self):
        self.spoil("UPDATE audit SET seq = 100 WHERE seq = 2", "UPDATE audit SET seq = 2 WHERE seq = 3",
                   "UPDATE audit SET seq = 3 WHERE seq = 100")
        self.broken_at(2)

    def test_a_row_inserted(self):
        self.spoil("UPDATE audit SET seq = seq + 1 WHERE seq = 6",
                   "UPDATE audit_signature SET seq = 7 WHERE seq = 6",
                   "INSERT INTO audit SELECT 6, at, act, who, subject, result, detail, signatures, "
                   "previous, hash FROM audit WHERE seq = 5")
        self.broken_at(6)

    def test_a_signature_removed_or_spoiled(self):
        self.spoil("DELETE FROM audit_signature WHERE seq = 5")
        self.broken_at(5)
        self.setUp()
        self.spoil("UPDATE audit_signature SET signature = zeroblob(64) WHERE seq = 5")
        self.broken_at(5)

    def test_a_signature_of_somebody_else(self):
        self.spoil("UPDATE audit_signature SET person = 2 WHERE seq = 5")
        self.broken_at(5)


class Head(Spoiled):
    def test_written_once_and_then_held_against(self):
        head = self.site.folder / "head.json"
        self.done(self.site.kms("audit", "--head", head, by=["anna", "bo"]))
        told = json.loads(head.read_text())
        self.assertEqual((told["seq"], told["hash"]), (6, self.audit()[-1]["hash"]))
        self.assertEqual([one["name"] for one in told["signatures"]], ["anna", "bo"])
        before = head.read_bytes()
        self.done(self.site.kms("admins", "--policy", "enrol=2", by=["anna"]))
        self.done(self.site.kms("audit", "--verify", "--head", head))
        self.assertEqual(head.read_bytes(), before)

    def test_what_was_cut_off_is_found(self):
        head = self.site.folder / "head.json"
        self.done(self.site.kms("audit", "--head", head))
        self.spoil("DELETE FROM audit_signature WHERE seq = 6", "DELETE FROM audit WHERE seq = 6")
        self.done(self.site.kms("audit", "--verify"))
        done = self.site.kms("audit", "--verify", "--head", head)
        self.assertEqual(done.status, NOT_DONE)
        self.assertIn("row 6", done.err)

    def test_a_head_that_is_none(self):
        head = self.site.folder / "head.json"
        self.done(self.site.kms("audit", "--head", head, by=["anna"]))
        good = head.read_text()
        for old, new, said in (
            (good, "", "no head"),
            (good, "[]", "no head"),
            (good, "{", "no head"),
            ('"version":1', '"version":2', "no head"),
            ('"seq":6', '"seq":5', "signature"),
            ('"seq":6', '"seq":0', "no head"),
            ('"hash":"', '"hash":"0', "no head"),
            ('"name":"anna"', '"name":"bo"', "signature"),
            ('"name":"anna"', '"name":"nobody"', "signature"),
            ('"store":"', '"store":"0', "another store"),
            ('"signatures":[', '"signed":[', "signatures"),
        ):
            with self.subTest(new=new):
                head.write_text(good.replace(old, new))
                self.refused(self.site.kms("audit", "--head", head), said)

    def test_a_wrong_passphrase_signs_nothing(self):
        self.site.file_of("anna", "not the right words at all")
        head = self.site.folder / "head.json"
        self.refused(self.site.kms("audit", "--head", head, by=["anna"]), "wrong passphrase")
        self.assertFalse(head.exists())


class ReadOnly(KmsTest):
    def test_many_ask_at_once(self):
        self.assertEqual({self.site.kms("audit").status for _ in range(3)}, {0})

    def test_used_wrongly(self):
        self.refused(self.site.kms("audit", "more"), status=USAGE)
        self.refused(self.site.kms("audit", "--head", ""), "--head", status=USAGE)
        self.refused(self.site.kms("audit", "-f", "csv"), "table or jsonl", status=USAGE)

    def test_rows_into_a_file(self):
        file = self.site.folder / "rows"
        self.done(self.site.kms("audit", "-o", file, jsonl=True))
        self.assertEqual(json.loads(file.read_text())["seq"], 1)


if __name__ == "__main__":
    unittest.main()
