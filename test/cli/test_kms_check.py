"""check: silent where all is well, and a row for each thing that is not."""

import os
import sqlite3
import unittest

from kms_support import KmsTest
from support import NOT_DONE


class Spoiled(KmsTest):
    def spoil(self, *statements, values=()):
        with sqlite3.connect(self.site.store / "keyroster.db") as store:
            for name, in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"
                                       ).fetchall():
                store.execute(f'DROP TRIGGER "{name}"')
            for statement in statements:
                store.execute(statement, values)
        store.close()

    def told(self, where, what=""):
        done = self.site.kms("check", jsonl=True)
        self.assertEqual(done.status, NOT_DONE, done.err)
        self.assertIn("damaged", done.err)
        found = [row for row in done.rows if row["where"].startswith(where) and what in row["what"]]
        self.assertTrue(found, done.out.decode())


class Check(Spoiled):
    def test_all_is_well(self):
        done = self.done(self.site.kms("check"))
        self.assertEqual(done.out, b"")
        self.assertEqual(self.done(self.site.kms("check", jsonl=True)).out, b"")

    def test_rows_into_a_file(self):
        file = self.site.folder / "rows"
        self.done(self.site.kms("check", "-o", file, jsonl=True))
        self.assertEqual(file.read_bytes(), b"")

    def test_the_profile(self):
        profile = self.site.store / "profile.conf"
        profile.write_text(profile.read_text() + "validity = forever\n")
        self.told("profile.conf line ")
        # What needs the profile is refused, with the line.
        self.refused(self.site.kms("admins", "--policy", "enrol=1", by=["anna"]), "profile.conf")
        profile.unlink()
        self.told("profile.conf")

    def test_the_root(self):
        self.spoil("UPDATE authority SET certificate = x'3000' WHERE role = 0")
        self.told("root")

    def test_an_issuing_ca_of_somebody_else(self):
        self.spoil("UPDATE authority SET certificate = "
                   "(SELECT certificate FROM authority WHERE role = 2) WHERE role = 0")
        self.told("issuing CA", "not signed")

    def test_no_issuing_key(self):
        self.spoil("UPDATE authority SET key = NULL WHERE role = 1")
        self.told("authority")

    def test_the_recovery_key(self):
        self.spoil("UPDATE escrow SET certificate = "
                   "(SELECT certificate FROM authority WHERE role = 1)")
        self.told("recovery key 1", "another key")

    def test_its_commitments(self):
        self.spoil("UPDATE escrow SET public = substr(public, 1, length(public) - 1)")
        self.told("recovery key 1")

    def test_its_numbers(self):
        self.spoil("UPDATE escrow SET quorum = 3")
        self.told("recovery key 1", "quorum")

    def test_a_share_that_is_gone(self):
        self.spoil("DELETE FROM share WHERE place = 2")
        self.told("recovery key 1", "shares")

    def test_a_slot_that_is_gone(self):
        self.spoil("DELETE FROM ca_slot WHERE person = (SELECT id FROM person WHERE name = 'bo')")
        self.told("person bo", "not sealed")

    def test_a_slot_of_an_agent(self):
        self.spoil("INSERT INTO ca_slot SELECT (SELECT id FROM person WHERE name = 'xena'), sealed "
                   "FROM ca_slot LIMIT 1")
        self.told("person xena", "no administrator")

    def test_the_policy(self):
        self.spoil("UPDATE policy SET count = 3 WHERE task = 'enrol'")
        self.told("policy", "does not vouch")

    def test_no_store(self):
        self.refused(self.site.kms("check", "more"), status=2)
        self.site.store = self.site.folder / "none"
        self.refused(self.site.kms("check"))
        (self.site.folder / "none").write_text("")
        self.refused(self.site.kms("check"))

    def test_bytes_that_were_damaged(self):
        database = self.site.store / "keyroster.db"
        with sqlite3.connect(database) as store:
            size, = store.execute("PRAGMA page_size").fetchone()
        store.close()
        for at in (0, 100, size, 2 * size, 5 * size):
            with self.subTest(at=at):
                good = database.read_bytes()
                with database.open("r+b") as file:
                    file.seek(at)
                    file.write(b"\xff" * 64)
                done = self.site.kms("check")
                self.assertEqual(done.status, NOT_DONE, done.out)
                database.write_bytes(good)


class WithCertificates(Spoiled):
    """Two users who have theirs."""

    def setUp(self):
        super().setUp()
        folder = self.site.folder / "p12"
        folder.mkdir()
        done = self.site.kms("enrol", "anna.berg@example.org", "ben@example.org", "--issue",
                             "--p12-dir", folder, "--passphrase", f"p12={self.site.file_of('dee')}",
                             by=["anna"], jsonl=True)
        self.anna, self.ben = self.done(done).rows
        self.assert_whole()

    def certificate(self, user, purpose):
        return f"certificate {user[purpose]}"


class Issued(WithCertificates):
    """Certificates and envelopes."""

    @staticmethod
    def ending_in_zero(table, column):
        return (f"UPDATE {table} SET {column} = "
                f"CAST(substr({column}, 1, length({column}) - 1) || x'00' AS BLOB)")

    def test_a_certificate_that_is_none(self):
        self.spoil("UPDATE certificate SET der = x'3000' WHERE purpose = 1")
        for user in (self.anna, self.ben):
            self.told(self.certificate(user, "encryption"))

    def test_a_byte_of_a_certificate(self):
        self.spoil(self.ending_in_zero("certificate", "der") + " WHERE purpose = 0")
        self.told(self.certificate(self.anna, "signing"), "not signed by our CA")

    def test_columns(self):
        for column, value, said in (("not_after", "not_after + 1", "other times"),
                                    ("not_before", "not_before - 1", "other times"),
                                    ("key_kind", "'p384'", "another kind")):
            with self.subTest(column=column):
                self.setUp()
                self.spoil(f"UPDATE certificate SET {column} = {value} WHERE purpose = 1")
                self.told(self.certificate(self.ben, "encryption"), said)

    def test_a_part_that_its_url_does_not_name(self):
        """A revoked certificate in another part is missing where its URL leads."""
        profile = self.site.store / "profile.conf"
        text = profile.read_text()
        profile.write_text(text.replace("#crl_url = http://pki.example.org/list.crl",
                                        "crl_url = http://pki.example.org/{part}/of-{part}.crl")
                           .replace("crl_parts = 1", "crl_parts = 40"))
        for again in range(3):  # one at least is in a part above 9
            (row,) = self.site.rows("enrol", "carl@example.org", "--issue", "--p12-dir",
                                    self.site.folder / "p12", *["--again"] * (again > 0),
                                    "--passphrase", f"p12={self.site.file_of('dee')}", by=["anna"])
        self.assert_whole()
        for part in ("crl_part % 40 + 1", "0"):
            with self.subTest(part=part):
                self.spoil(f"UPDATE certificate SET crl_part = {part} WHERE serial = ?",
                           values=(bytes.fromhex(row["signing"]),))
                self.told(self.certificate(row, "signing"), "names another part")
        profile.write_text(text)  # where no part has a URL, none is missed
        done = self.site.kms("check", jsonl=True)
        self.assertNotIn(b"names another part", done.out)

    def test_another_serial(self):
        self.spoil("UPDATE certificate SET serial = x'55' "
                   "WHERE id = (SELECT min(id) FROM certificate)")
        self.told("certificate 55", "serial number")

    def test_certificates_of_two_users_exchanged(self):
        self.spoil("CREATE TABLE kept AS SELECT * FROM certificate WHERE purpose = 1",
                   "UPDATE certificate SET der = (SELECT der FROM kept WHERE kept.id <> "
                   "certificate.id) WHERE purpose = 1", "DROP TABLE kept")
        self.told(self.certificate(self.anna, "encryption"), "serial number")

    def test_a_certificate_put_under_another_user(self):
        self.spoil("UPDATE user SET address = 'mo@example.org', folded = 'mo@example.org' "
                   "WHERE address = 'ben@example.org'")
        self.told(self.certificate(self.ben, "signing"), "never had")

    def test_an_envelope_that_is_gone(self):
        self.spoil("DELETE FROM envelope "
                   "WHERE certificate = (SELECT max(certificate) FROM envelope)")
        self.told(self.certificate(self.ben, "encryption"), "not in escrow")

    def test_an_envelope_that_is_gone_without_a_trace(self):
        self.spoil("DELETE FROM envelope", "UPDATE certificate SET escrow = NULL")
        self.told(self.certificate(self.ben, "encryption"), "not in escrow")

    def test_envelopes_exchanged(self):
        self.spoil("CREATE TABLE kept AS SELECT * FROM envelope",
                   "UPDATE envelope SET (cms, binding) = (SELECT cms, binding FROM kept "
                   "WHERE kept.certificate <> envelope.certificate)", "DROP TABLE kept")
        for user in (self.anna, self.ben):
            self.told(self.certificate(user, "encryption"), "bind")

    def test_a_byte_of_an_envelope(self):
        self.spoil(self.ending_in_zero("envelope", "cms"))
        self.told(self.certificate(self.anna, "encryption"))

    def test_a_byte_of_a_binding(self):
        self.spoil(self.ending_in_zero("envelope", "binding"))
        self.told(self.certificate(self.anna, "encryption"), "bind")

    def test_no_envelope_at_all(self):
        self.spoil("UPDATE envelope SET cms = x'3000'")
        self.told(self.certificate(self.anna, "encryption"))


class Many(Spoiled):
    """More certificates than are judged at a time."""

    def test_all_that_is_wrong_is_told_in_the_order_of_the_rows(self):
        source = self.site.folder / "people.csv"
        source.write_text("Obj-Class,Display Name,E-mail Addresses\r\n" + "".join(
            f"mailbox,User {i},SMTP:u{i}@example.org\r\n" for i in range(300)))
        self.done(self.site.kms("enrol", "--from", source, "--issue", "--p12-dir",
                                self.site.folder / "p12", "--passphrase",
                                f"p12={self.site.file_of('dee')}", by=["anna"], jsonl=True))
        self.assert_whole()
        self.spoil("UPDATE certificate SET key_kind = 'p384' WHERE id % 7 = 0",
                   "UPDATE envelope SET binding = zeroblob(80) WHERE certificate % 11 = 0")
        with sqlite3.connect(self.site.store / "keyroster.db") as store:
            wrong = [serial for serial, in store.execute(
                "SELECT lower(hex(serial)) FROM certificate WHERE id % 7 = 0 OR "
                "(id % 11 = 0 AND purpose = 1) ORDER BY id")]
        store.close()
        told = [row["where"] for row in self.site.kms("check", jsonl=True).rows]
        self.assertGreater(len(wrong), 80)
        self.assertEqual([where for where in told if where.startswith("certificate ")],
                         [f"certificate {serial}" for serial in wrong])


class OldRows(WithCertificates):
    """Rows that were true once, put back by who kept an old database."""

    def setUp(self):
        super().setUp()
        self.keep()

    def keep(self):
        with sqlite3.connect(self.site.store / "keyroster.db") as store:
            self.kept = [line for line in store.iterdump() if line.startswith("INSERT")]
        store.close()

    def put_back(self, table, more=lambda line: True):
        self.spoil(*(line.replace("INSERT INTO", "INSERT OR REPLACE INTO") for line in self.kept
                     if line.startswith(f'INSERT INTO "{table}"') and more(line)))

    def put_policy_back(self):
        self.put_back("policy")
        self.put_back("meta", lambda line: "policy-vouched" in line)

    def test_the_policy_of_before(self):
        for policy in ("enrol=2,admins=2", "revoke=2"):
            self.keep()
            self.done(self.site.kms("admins", "--policy", policy, by=["anna", "bo"]))
            self.assert_whole()
        self.put_policy_back()
        self.told("policy", "was set last")
        self.refused(self.site.kms("enrol", "cai@example.org", by=["anna", "bo"]), "was set last")

    def test_the_policy_of_the_ceremony(self):
        self.done(self.site.kms("admins", "--policy", "enrol=2,admins=2,policy=2", by=["anna"]))
        self.put_policy_back()
        self.told("policy", "was set last")
        self.refused(self.site.kms("enrol", "cai@example.org", by=["anna"]), "was set last")
        self.refused(self.site.kms("admins", "--policy", "enrol=1", by=["anna"]), "was set last")

    def test_a_policy_with_a_row_of_the_audit_that_nobody_signed(self):
        self.done(self.site.kms("admins", "--policy", "enrol=2,admins=2,policy=2", by=["anna"]))
        self.put_policy_back()
        self.spoil("INSERT INTO audit SELECT max(seq) + 1, at, 'admins', 'anna', 'policy', 'set', "
                   "'enrol=1', 1, hash, hash FROM audit")
        self.refused(self.site.kms("enrol", "cai@example.org", by=["anna"]), "nobody signed")

    def test_a_request_that_was_collected(self):
        request = self.site.folder / "request"
        self.done(self.site.kms("recover", "anna.berg@example.org", "--why", "a test", "-o",
                                request, by=["anna"]))
        for agent in ("xena", "yuri"):
            self.done(self.site.kms("approve", request, "--agent", agent, by=[agent]))
        self.keep()
        self.done(self.collect(request, "first.p12"))
        self.assert_whole()
        self.put_back("request")
        self.put_back("approval")
        self.told("request", "were collected")
        again = self.collect(request, "second.p12")
        self.assertEqual(again.status, NOT_DONE)
        self.assertIn("the audit says that the keys were", again.out.decode() + again.err)
        self.assertFalse((self.site.folder / "second.p12").exists())

    def collect(self, request, name):
        return self.site.kms("collect", request, "--p12", self.site.folder / name,
                             "--passphrase", f"p12={self.site.file_of('dee')}", by=["anna"])


class Enrolled(WithCertificates):
    """Users and their tokens, which the CA vouches for."""

    def setUp(self):
        super().setUp()
        (row,) = self.site.rows("enrol", "cai@example.org", "--name", "Cai Lund", by=["anna"])
        self.token = self.site.folder / "token"
        self.token.write_text(row["token"])
        self.name = "token " + row["token"].replace("-", "")[:6]
        self.assert_whole()

    def complete(self):
        return self.site.kms("complete", "--token-file", self.token, "--p12",
                             self.site.folder / "cai.p12", "--passphrase",
                             f"p12={self.site.file_of('dee')}", by=["anna"], jsonl=True)

    def test_a_token_that_was_altered(self):
        for change in ("token SET expires = expires + 864000", "token SET key_kind = 'rsa2048'",
                       "token SET user = 1", "user SET name = 'Mallory' WHERE id = 3"):
            with self.subTest(change=change):
                self.setUp()
                self.spoil(f"UPDATE {change}")
                self.told(self.name, "does not vouch")
                self.refused(self.complete(), "does not vouch")
                self.assertFalse((self.site.folder / "cai.p12").exists())

    def test_a_token_of_whoever_can_write(self):
        self.spoil("INSERT INTO token(id, user, hash, created, expires, tries, key_kind, vouched) "
                   "SELECT 'ABCDEF', 1, hash, created, expires, 0, key_kind, vouched FROM token")
        self.told("token ABCDEF", "does not vouch")

    def test_a_used_token_that_is_open_again(self):
        self.done(self.complete())
        self.assert_whole()
        self.spoil("UPDATE token SET used_at = NULL")
        self.told(self.name, "that it was used")
        before = (self.site.folder / "cai.p12").read_bytes()
        self.refused(self.complete(), "the audit says that the token was used")
        self.assertEqual((self.site.folder / "cai.p12").read_bytes(), before)

    def test_a_name_or_an_address_that_nobody_enrolled(self):
        self.done(self.site.kms("enrol", "ben@example.org", "--again", "--issue", "--name",
                                "Ben Hall", "--also", "b.hall@example.org", "--p12-dir",
                                self.site.folder / "p12", "--passphrase",
                                f"p12={self.site.file_of('dee')}", by=["anna"], jsonl=True))
        self.assert_whole()
        for change in ("UPDATE user SET name = 'Mallory' WHERE address = 'ben@example.org'",
                       "UPDATE user_address SET until = since",
                       "INSERT INTO user_address(user, address, folded, since) VALUES(2, "
                       "'m@example.org', 'm@example.org', 5)"):
            with self.subTest(change=change):
                self.spoil(change)
                self.told("user ben@example.org", "the audit tells of")
                self.spoil("UPDATE user SET name = 'Ben Hall' WHERE id = 2",
                           "UPDATE user_address SET until = NULL")

    def test_a_change_of_address(self):
        self.done(self.site.kms("enrol", "cai.lund@example.org", "--instead-of", "cai@example.org",
                                by=["anna"], jsonl=True))
        self.done(self.site.kms("enrol", "ben.hall@example.org", "--instead-of", "ben@example.org",
                                "--also", "ben@example.org", "--again", by=["anna"], jsonl=True))
        self.assert_whole()


class History(WithCertificates):
    """What the signed audit tells, held against rows that somebody edited."""

    def setUp(self):
        super().setUp()
        self.done(self.site.kms("revoke", "anna.berg@example.org", "--reason", "keyCompromise",
                                by=["anna"]))
        self.done(self.site.kms("revoke", "ben@example.org", "--hold", by=["anna"]))
        self.list = self.site.folder / "list.crl"
        self.made = self.done(self.site.kms("crl", "-o", self.list, by=["anna"], jsonl=True)).rows
        self.assertEqual(self.made[0]["entries"], 4)
        self.done(self.site.kms("check"))

    def no_list(self):
        self.refused(self.site.kms("crl", "-o", self.list, by=["anna"]), "kms check")

    def restored(self, statement):
        """Spoils the store with its triggers in place again, as an attacker would."""
        with sqlite3.connect(self.site.store / "keyroster.db") as store:
            triggers = store.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'"
                                     ).fetchall()
        store.close()
        self.spoil(statement, *(sql for sql, in triggers))

    def test_a_revoked_certificate_made_good(self):
        before = self.list.read_bytes()
        self.restored("UPDATE certificate SET status = 0, reason = 0, revoked_at = NULL "
                      "WHERE status = 2")
        self.told(self.certificate(self.anna, "signing"), "the audit says that it is revoked")
        self.told(self.certificate(self.anna, "encryption"), "the audit says that it is revoked")
        self.no_list()
        self.assertEqual(self.list.read_bytes(), before)

    def test_a_held_certificate_made_good(self):
        self.restored("UPDATE certificate SET status = 0, reason = 0, revoked_at = NULL "
                      "WHERE status = 1 AND purpose = 0")
        self.told(self.certificate(self.ben, "signing"), "the audit says that it is revoked")
        self.no_list()

    def test_a_revoked_certificate_that_is_held_only(self):
        self.restored("UPDATE certificate SET status = 1, reason = 6 WHERE status = 2")
        self.told(self.certificate(self.anna, "signing"), "the audit says that it is revoked")
        self.no_list()

    def test_a_revocation_that_nobody_signed(self):
        self.done(self.site.kms("revoke", "ben@example.org", "--release", by=["anna"]))
        self.done(self.site.kms("check"))
        self.restored("UPDATE certificate SET status = 2, reason = 1, revoked_at = issued_at "
                      "WHERE status = 0 AND purpose = 1")
        self.told(self.certificate(self.ben, "encryption"), "the audit does not")

    def test_another_reason_or_time(self):
        self.restored("UPDATE certificate SET reason = 5 WHERE status = 2")
        self.told(self.certificate(self.anna, "signing"), "another reason")
        self.restored("UPDATE certificate SET reason = 1, revoked_at = revoked_at + 9 "
                      "WHERE status = 2")
        self.told(self.certificate(self.anna, "signing"), "another time")

    def test_whoever_serves_the_list_can_read_it(self):
        ca = self.site.folder / "ca.pem"
        self.list.unlink()
        before = os.umask(0o022)
        try:
            self.done(self.site.kms("crl", "-o", self.list, by=["anna"]))
            self.done(self.site.kms("ca", "-o", ca))
        finally:
            os.umask(before)
        for file in (self.list, ca):
            self.assertEqual(file.stat().st_mode & 0o777, 0o644)

    def test_held_then_revoked_then_checked(self):
        self.done(self.site.kms("revoke", "ben@example.org", "--reason", "superseded",
                                by=["anna"]))
        self.done(self.site.kms("check"))
        self.done(self.site.kms("crl", "-o", self.list, by=["anna"]))

    def test_a_number_that_goes_back(self):
        self.restored("UPDATE crl SET number = number - 1000")
        self.told(f"revocation list {self.made[0]['number']}", "no such list")


if __name__ == "__main__":
    unittest.main()
