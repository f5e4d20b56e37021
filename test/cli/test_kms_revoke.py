"""`keyroster kms revoke` and `keyroster kms crl`: what is revoked, held, released, and listed."""

import os
import shutil
import sqlite3
import time
import unittest

import kms_judges
import kms_support
import support
from support import DONE, KEYROSTER, NOT_DONE, SOME, USAGE

ANNA, BO = "anna.berg@example.org", "bo.ek@example.org"


class Revoke(kms_support.KmsTest):
    OPTIONS = ("--crl-url", "http://crl.example.org/{part}.crl")

    def setUp(self):
        super().setUp()
        self.p12s = self.site.folder / "p12"
        rows = self.site.rows("enrol", ANNA, BO, "--issue", "--p12-dir", self.p12s, by=("anna", "p12"))
        self.serials = {row["address"]: {row["encryption"], row["signing"]} for row in rows}
        self.of_anna = rows[0]

    def revoke(self, *words, by=("anna",), **more):
        return self.site.kms("revoke", *words, by=by, jsonl=True, **more)

    def results(self, done):
        return [(row["address"], row["result"]) for row in done.rows]

    def crl(self, name="a.crl", *words, by=("anna",)):
        path = self.site.folder / name
        done = self.site.kms("crl", "-o", path, *words, by=by, jsonl=True)
        self.assertEqual((done.status, done.err), (DONE, ""))
        return path, done.rows[0]

    def entries(self, *words):
        path, _ = self.crl("a.crl", *words)
        return kms_judges.crl_entries(path, "-inform", "DER")

    def test_of_a_user_all(self):
        done = self.revoke(ANNA.upper(), "--reason", "keyCompromise")
        self.assertEqual((done.status, done.err), (DONE, ""))
        self.assertEqual(self.results(done), [(ANNA, "revoked")] * 2)
        self.assertEqual({row["serial"] for row in done.rows}, self.serials[ANNA])
        again = self.revoke(ANNA, "--reason", "superseded")
        self.assertEqual((again.status, self.results(again)), (DONE, [(ANNA, "already")] * 2))
        self.assertEqual({int(s, 16): r for s, r in self.entries().items()},
                         {int(s, 16): "Key Compromise" for s in self.serials[ANNA]})
        self.assert_whole()

    def test_one_by_its_serial(self):
        serial = self.of_anna["signing"]
        done = self.revoke("--serial", "0:" + serial.upper(), "--reason", "superseded")
        self.assertEqual([(row["serial"], row["result"]) for row in done.rows], [(serial, "revoked")])
        self.assertEqual(self.site.rows("enrol", ANNA, by=("anna",))[0]["result"], "already")
        again = self.revoke("--serial", "0x" + serial, "--reason", "superseded")
        self.assertEqual([(row["serial"], row["result"]) for row in again.rows], [(serial, "already")])
        none = self.revoke("--serial", "1234", "--reason", "superseded")
        self.assertEqual((none.status, none.rows[0]["result"]), (SOME, "failed"))

    def test_hold_and_release(self):
        self.assertEqual(self.results(self.revoke(ANNA, "--hold")), [(ANNA, "held")] * 2)
        self.assertEqual(self.results(self.revoke(ANNA, "--hold")), [(ANNA, "already")] * 2)
        self.assertEqual(set(self.entries().values()), {"Certificate Hold"})
        enrolled = self.site.kms("enrol", ANNA, "--again", by=("anna",), jsonl=True)
        self.assertEqual((enrolled.status, enrolled.rows[0]["result"]), (SOME, "failed"))
        self.assertEqual(self.results(self.revoke(ANNA, "--release")), [(ANNA, "released")] * 2)
        self.assertEqual(self.results(self.revoke(ANNA, "--release")), [(ANNA, "already")] * 2)
        self.assertEqual(self.entries(), {})
        self.assertEqual(self.results(self.revoke(ANNA, "--reason", "certificateHold")),
                         [(ANNA, "held")] * 2)
        self.assertEqual(self.results(self.revoke(ANNA, "--reason", "keyCompromise")),
                         [(ANNA, "revoked")] * 2)
        gone = self.revoke(ANNA, "--release")
        self.assertEqual((gone.status, self.results(gone)), (SOME, [(ANNA, "failed")] * 2))
        self.assert_whole()

    def test_a_hold_has_one_reason(self):
        for words in ((ANNA, "--hold"), (ANNA, "--reason", "certificateHold"),
                      (BO, "--hold", "--reason", "certificateHold")):
            self.assertEqual(self.revoke(*words).err, "")
        self.revoke(ANNA, "--release")
        done = self.revoke(ANNA, "--hold", "--reason", "superseded")
        self.assertEqual((done.status, self.results(done)), (DONE, [(ANNA, "held")] * 2))
        self.assertIn("certificateHold", done.err)
        self.assertEqual({int(s, 16): r for s, r in self.entries().items()}.get(
            int(self.of_anna["signing"], 16)), "Certificate Hold")

    def test_by_another_address_the_rows_name_the_first_one(self):
        self.site.rows("enrol", "cai@example.org", "--also", "cd@example.org", by=("anna",))
        done = self.revoke("cd@example.org", "--reason", "superseded")
        self.assertEqual(self.results(done), [("cai@example.org", "revoked")])
        self.assertEqual(self.audit()[-1]["subject"], "cai@example.org")

    def test_who_was_revoked_is_enrolled_anew(self):
        self.revoke(ANNA, "--reason", "affiliationChanged")
        self.assertEqual(self.site.rows("enrol", ANNA, by=("anna",))[0]["result"], "token")
        self.assert_whole()
        done = self.site.rows("enrol", ANNA, "--issue", "--p12-dir", self.p12s, by=("anna", "p12"))
        self.assertEqual(done[0]["result"], "issued")
        self.assert_whole()

    def test_an_open_token_becomes_void(self):
        row = self.site.rows("enrol", "cai@example.org", by=("anna",))[0]
        done = self.revoke("cai@example.org", "--reason", "cessationOfOperation")
        self.assertEqual([(r["serial"], r["result"]) for r in done.rows], [(None, "revoked")])
        refused = self.site.kms("complete", "--token-file", "-", "--p12", self.site.folder / "c.p12",
                                by=("anna", "p12"), stdin=row["token"].encode())
        self.refused(refused, "void")
        self.assertEqual(self.site.rows("enrol", "cai@example.org", by=("anna",))[0]["result"], "token")
        held = self.revoke("cai@example.org", "--hold")
        self.assertEqual((held.status, held.rows[0]["result"]), (SOME, "failed"))
        self.assert_whole()

    def test_out_of_a_source(self):
        source = self.site.folder / "leavers.csv"
        source.write_text(f"mail,cn\n{ANNA},Anna\nnobody@example.org,N\n{BO},Bo\n")
        done = self.revoke("--from", source, "--reason", "cessationOfOperation")
        self.assertEqual(done.status, SOME)
        self.assertTrue(done.names(source, 3))
        self.assertEqual([(r["address"], r["result"], r["line"]) for r in done.rows],
                         [(ANNA, "revoked", 2)] * 2 + [("nobody@example.org", "failed", 3)] +
                         [(BO, "revoked", 4)] * 2)

    def test_the_directory_is_told(self):
        self.revoke(ANNA, "--hold")
        self.revoke(ANNA, "--release")
        self.revoke(ANNA, "--reason", "keyCompromise")
        rows = sqlite3.connect(self.site.store / "keyroster.db").execute(
            "SELECT what FROM outbox JOIN user ON user.id = outbox.user WHERE address = ? ORDER BY outbox.id",
            (ANNA,)).fetchall()
        self.assertEqual([what for (what,) in rows], [0, 1, 0, 1])

    def test_the_audit_has_each(self):
        self.revoke(ANNA, "--reason", "keyCompromise")
        rows = self.audit()[-2:]
        self.assertEqual({(r["act"], r["subject"], r["result"]) for r in rows}, {("revoke", ANNA, "revoked")})
        self.assertEqual({r["detail"].split(",")[0] for r in rows}, self.serials[ANNA])

    def test_the_policy(self):
        self.done(self.site.kms("admins", "--policy", "revoke=2", by=("anna",)))
        self.assertEqual(self.revoke(ANNA, "--hold").status, NOT_DONE)
        self.assertEqual(self.revoke(ANNA, "--hold", by=("anna", "cai")).status, DONE)

    def test_used_wrongly(self):
        for words in ((), (ANNA,), (ANNA, "--reason", "bored"), (ANNA, "--reason", "cACompromise"),
                      (ANNA, "--reason", "removeFromCRL"), (ANNA, "--hold", "--release"),
                      (ANNA, "--serial", "12", "--hold"), ("--serial", "xy", "--hold"),
                      ("--serial", "12" * 21, "--hold"), ("--serial", "", "--hold"),
                      (ANNA, "--release", "--reason", "keyCompromise")):
            with self.subTest(words):
                done = self.revoke(*words)
                self.assertEqual(done.status, USAGE, done.err)

    def test_the_list_is_signed_and_its_numbers_grow(self):
        ca = self.site.folder / "ca.pem"
        self.done(self.site.kms("ca", "-o", ca))
        self.revoke(ANNA, "--reason", "keyCompromise")
        numbers, start = [], time.time() - 1
        for name, words in (("a.crl", ()), ("b.pem", ()), ("c.crl", ("--part", "1/3")), ("d.crl", ())):
            path, row = self.crl(name, *words)
            form = () if name.endswith(".pem") else ("-inform", "DER")
            said = kms_judges.command("openssl", "crl", "-in", path, *form, "-CAfile", ca, "-noout")
            self.assertIn(b"verify OK", said.stderr + said.stdout)
            self.assertEqual(kms_judges.crl_number(path, *form), row["number"])
            numbers.append(row["number"])
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertGreater(numbers[0], start)
        cert, _ = kms_judges.P12(self.p12s / f"{ANNA}.p12", self.site.file_of("p12"),
                                 self.site.folder).pair(self.of_anna["signing"])
        crl = self.site.folder / "b.pem"
        said = kms_judges.command("openssl", "verify", "-crl_check", "-CRLfile", crl, "-CAfile", ca, cert,
                                  check=False)
        self.assertIn(b"certificate revoked", said.stderr + said.stdout)

    def test_the_parts_are_the_whole(self):
        self.revoke(ANNA, BO, "--reason", "superseded")
        whole = self.entries()
        self.assertEqual(len(whole), 4)
        for count in (1, 2, 5, 64):
            parts = [self.entries("--part", f"{k}/{count}") for k in range(1, count + 1)] if count < 6 else \
                [self.entries("--part", f"{k}/{count}") for k in range(1, count + 1, 8)]
            found = [serial for part in parts for serial in part]
            self.assertEqual(len(found), len(set(found)))
            if count < 6:
                self.assertEqual(set(found), set(whole))
        path, row = self.crl("p.crl", "--part", "2/5")
        text = kms_judges.crl_text(path, "-inform", "DER")
        self.assertIn("Issuing Distribution Point: critical", text)
        self.assertIn("http://crl.example.org/2.crl", text)
        self.assertEqual((row["part"], row["parts"]), (2, 5))

    def test_no_fewer_parts_than_urls_name(self):
        profile = self.site.store / "profile.conf"
        profile.write_text(profile.read_text().replace("crl_parts = 1", "crl_parts = 8"))
        others = [f"user{n}@example.org" for n in range(8)]
        self.site.rows("enrol", *others, "--issue", "--p12-dir", self.p12s, by=("anna", "p12"))
        self.revoke(*others, "--reason", "superseded")
        refused = self.site.kms("crl", "-o", "part.crl", "--part", "1/2", by=("anna",))
        self.assertEqual(refused.status, NOT_DONE)
        self.assertIn("as many parts", refused.err)
        whole = self.entries()
        found = [serial for k in range(1, 9) for serial in self.entries("--part", f"{k}/8")]
        self.assertEqual(sorted(found), sorted(whole))

    def test_a_part_stays_that_of_the_url_when_there_are_more_parts_than_before(self):
        """Whoever was issued for 1.crl, of one part then, looks there for good."""
        profile = self.site.store / "profile.conf"
        profile.write_text(profile.read_text().replace("crl_parts = 1", "crl_parts = 4"))
        rows = self.site.rows("enrol", "carl.dahl@example.org", "--issue", "--p12-dir", self.p12s,
                              by=("anna", "p12"))
        later = {int(rows[0][which], 16) for which in ("encryption", "signing")}
        self.revoke(ANNA, BO, "carl.dahl@example.org", "--reason", "superseded")
        for count in (4, 8):
            parts = [{int(serial, 16) for serial in self.entries("--part", f"{k}/{count}")}
                     for k in range(1, count + 1)]
            for serials in self.serials.values():
                self.assertLessEqual({int(serial, 16) for serial in serials}, parts[0])
            for serial in later:
                self.assertIn(serial, parts[serial % 2**32 % 4])

    def test_an_expired_entry_stays_for_one_list(self):
        self.revoke(ANNA, "--reason", "superseded")
        self.crl()
        with sqlite3.connect(self.site.store / "keyroster.db") as store:
            then = store.execute("SELECT max(at) FROM audit").fetchone()[0]
            for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND"
                                         " tbl_name = 'certificate'").fetchall():
                store.execute(f"DROP TRIGGER {name}")
            # They end while the list above is in force: before now, after it was made.
            store.execute("UPDATE certificate SET not_after = ? WHERE status = 2", (then,))
        store.close()
        self.assertEqual(len(self.entries()), 2)
        time.sleep(1.1)
        self.entries()
        self.assertEqual(self.entries(), {})

    def test_a_row_of_a_list_to_come_empties_none(self):
        """Entries leave when they have ended, not when somebody's row says that a list was made then."""
        self.revoke(ANNA, "--reason", "keyCompromise")
        with sqlite3.connect(self.site.store / "keyroster.db") as store:
            store.execute("INSERT INTO crl(number, part, parts, this_update, next_update, entries,"
                          " digest) VALUES(1, 0, 0, 9999999998, 9999999999, 0, zeroblob(32))")
        store.close()
        self.assertEqual(len(self.entries()), 2)

    def test_a_list_needs_an_administrator_and_a_place(self):
        path = self.site.folder / "a.crl"
        self.assertEqual(self.site.kms("crl", "-o", path).status, NOT_DONE)
        self.assertEqual(self.site.kms("crl", "-o", path, by=("xena",)).status, NOT_DONE)
        self.assertFalse(path.exists())
        self.assertEqual(self.site.kms("crl", "-o", self.site.folder / "none/a.crl", by=("anna",)).status,
                         NOT_DONE)
        for part in ("0/2", "3/2", "1", "1/", "/2", "a/b", "1/1025", "1/70000", "-1/2", " 1/2", "1/2 ", "1/2/3",
                     "0x1/2", "1/0", "0/0", "", "1/99999999999999999999"):
            self.assertEqual(self.site.kms("crl", "-o", path, "--part", part, by=("anna",)).status, USAGE)
        self.assertEqual(self.site.kms("crl", by=("anna",)).status, USAGE)

    def assert_parts_are_named(self, addresses):
        """Parts with names of their own, which are the whole together, for several N."""
        self.revoke(*addresses, "--reason", "superseded")
        whole = self.entries()
        self.assertEqual(len(whole), 2 * len(addresses))
        for count in (1, 2, 5):
            found = [serial for k in range(1, count + 1) for serial in self.entries("--part", f"{k}/{count}")]
            self.assertEqual(sorted(found), sorted(whole), count)
        path, row = self.crl("p.crl", "--part", "1024/1024")
        self.assertEqual((row["part"], row["parts"]), (1024, 1024))
        text = kms_judges.crl_text(path, "-inform", "DER")
        self.assertIn("Issuing Distribution Point: critical", text)
        self.assertRegex(text, r"DirName: ?O ?= ?Example Mail, ?CN ?= ?Example Mail Issuing CA[^,]*,"
                               r" ?CN ?= ?CRL 1024/1024")
        self.assertNotIn("URI:", text)
        ca = self.site.folder / "ca.pem"
        self.done(self.site.kms("ca", "-o", ca))
        said = kms_judges.command("openssl", "crl", "-in", path, "-inform", "DER", "-CAfile", ca, "-noout")
        self.assertIn(b"verify OK", said.stderr + said.stdout)

    def test_without_a_url_a_part_has_a_name(self):
        """Also where certificates were issued while there was one: nothing is listed twice, or not at all."""
        profile = self.site.store / "profile.conf"
        profile.write_text("".join(line for line in profile.read_text().splitlines(True)
                                   if not line.startswith("crl_url")))
        others = [f"user{n}@example.org" for n in range(6)]
        self.site.rows("enrol", *others, "--issue", "--p12-dir", self.p12s, by=("anna", "p12"))
        self.assert_parts_are_named([ANNA, BO, *others])

    def test_a_url_of_the_whole_is_that_of_no_part(self):
        """Else a part would say of itself that it is all that is fetched there."""
        profile = self.site.store / "profile.conf"
        profile.write_text(profile.read_text().replace("{part}.crl", "kms.crl"))
        others = [f"user{n}@example.org" for n in range(6)]
        self.site.rows("enrol", *others, "--issue", "--p12-dir", self.p12s, by=("anna", "p12"))
        self.assert_parts_are_named([ANNA, BO, *others])

    def test_a_list_on_standard_output(self):
        for place in ("-", "/dev/stdout", "/dev/fd/1"):
            done = self.site.kms("crl", "-o", place, by=("anna",))
            self.assertEqual(done.status, DONE)
            said = kms_judges.command("openssl", "crl", "-inform", "DER", "-noout", "-crlnumber", stdin=done.out)
            self.assertIn(b"crlNumber", said.stdout)
            again = kms_judges.command("openssl", "crl", "-inform", "DER", "-outform", "DER", stdin=done.out)
            self.assertEqual(again.stdout, done.out)  # and no row stands behind it

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "root becomes somebody else")
    def test_standard_output_by_its_name_of_who_is_not_root(self):
        """The process hides its memory, and with it what it has open in /proc."""
        kms_judges.command("chown", "-R", "65534:65534", self.site.folder)
        by = self.site.options_of("anna")
        for place in ("-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
            for verb, more in (("ca", ()), ("users", ()), ("crl", by)):
                with self.subTest(place=place, verb=verb):
                    done = kms_judges.command("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                                              KEYROSTER, "kms", verb, self.site.store, "-o", place, *more,
                                              env=support.environment())
                    self.assertGreater(len(done.stdout), 100)


if __name__ == "__main__":
    unittest.main()
