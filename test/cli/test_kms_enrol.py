"""`keyroster kms enrol`: tokens, one and many, out of any source; run again, changed, refused."""

import gzip
import re
import time
import unittest

import kms_support
from support import DONE, NOT_DONE, SOME, USAGE

TOKEN = re.compile(r"([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}\Z")
COLUMNS = ["address", "result", "token", "expires", "reason", "line"]

CSV = """Obj-Class,Display Name,E-mail Addresses
mailbox,Anna Berg,SMTP:anna.berg@example.org%smtp:aberg@example.com%MS:X
dl,Everybody,SMTP:all@example.org
mailbox,Bo Ek,SMTP:bo.ek@example.org
mailbox,Nobody,
mailbox,Cai Dahl,SMTP:cai dahl@example.org
Mailbox,Anna Berg,SMTP:ANNA.BERG@example.org
"""

LDIF = """version: 1

dn: cn=Anna Berg,ou=People,dc=example,dc=org
objectClass: inetOrgPerson
cn: Anna Berg
mail: anna.berg@example.org

dn: ou=People,dc=example,dc=org
objectClass: organizationalUnit
ou: People

dn: cn=Bo Ek,ou=People,dc=example,dc=org
objectClass: inetOrgPerson
cn: Bo Ek
mail: bo.ek@example.org
"""


class Enrol(kms_support.KmsTest):
    def enrol(self, *words, by=("anna",), **more):
        return self.site.kms("enrol", *words, by=by, jsonl=True, **more)

    def results(self, done):
        return [(row["address"], row["result"]) for row in done.rows]

    def file(self, name, text):
        path = self.site.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def test_a_token_for_each(self):
        done = self.enrol("anna.berg@example.org", "bo.ek@example.org")
        self.assertEqual((done.status, done.err), (DONE, ""))
        self.assertEqual(list(done.rows[0])[:6], COLUMNS)
        for row in done.rows:
            self.assertEqual((row["result"], row["reason"], row["line"]), ("token", None, None))
            self.assertRegex(row["token"], TOKEN)
            self.assertIn("encryption key", row["notice"])
        self.assertNotEqual(done.rows[0]["token"], done.rows[1]["token"])
        self.assertEqual([(r["act"], r["who"], r["subject"], r["result"]) for r in self.audit()[1:]],
                         [("enrol", "anna", "anna.berg@example.org", "token"),
                          ("enrol", "anna", "bo.ek@example.org", "token")])
        self.assert_whole()

    def test_the_table_has_the_token_and_stderr_the_notice(self):
        done = self.site.kms("enrol", "anna.berg@example.org", by=("anna",))
        self.assertEqual(done.status, DONE)
        self.assertEqual(done.out.decode().splitlines()[0].split(),
                         ["address", "result", "token", "expires", "reason"])
        self.assertIn("encryption key", done.err)

    def test_the_second_run_does_nothing(self):
        first = self.enrol("anna.berg@example.org")
        rows = len(self.audit())
        again = self.enrol("Anna.Berg@EXAMPLE.org")
        self.assertEqual(self.results(again), [("Anna.Berg@EXAMPLE.org", "already")])
        self.assertIsNone(again.rows[0]["token"])
        self.assertEqual(again.rows[0]["expires"], first.rows[0]["expires"])
        self.assertEqual(len(self.audit()), rows)

    def test_again_makes_a_new_token_and_the_old_one_is_void(self):
        first = self.enrol("anna.berg@example.org").rows[0]["token"]
        second = self.enrol("anna.berg@example.org", "--again").rows[0]["token"]
        self.assertNotEqual(first, second)
        refused = self.complete(first)
        self.refused(refused, "was made void")
        self.assertEqual(self.complete(second).status, DONE)

    def complete(self, token):
        return self.site.kms("complete", "--token-file", "-", "--p12", self.site.folder / "a.p12",
                             by=("anna", "p12"), jsonl=True, stdin=token.encode())

    def test_twice_in_one_run_is_once(self):
        for words in ((), ("--again",)):
            done = self.enrol("anna.berg@example.org", "ANNA.BERG@example.org", *words)
            self.assertEqual([row["result"] for row in done.rows], ["token", "already"], words)

    def test_a_bad_address_fails_and_the_rest_goes_on(self):
        bad = ["", "anna", "anna@", "@example.org", "anna berg@example.org", "a@b@example.org",
               "a" * 65 + "@example.org", "anna@exa_mple.org", "anna\n@example.org",
               "a@" + "b." * 126 + "org", ".a@example.org"]
        done = self.enrol(*bad, "bo.ek@example.org")
        self.assertEqual(done.status, SOME)
        self.assertEqual(self.results(done), [(address, "failed") for address in bad] +
                         [("bo.ek@example.org", "token")])
        for row in done.rows[:-1]:
            self.assertTrue(row["reason"], row)
        self.assertEqual(len(self.audit()), 2)

    def test_an_export(self):
        source = self.file("site.csv", CSV)
        done = self.enrol("--from", source)
        self.assertEqual(done.status, SOME)
        self.assertEqual([(row["address"], row["result"], row["line"]) for row in done.rows], [
            ("anna.berg@example.org", "token", 2),
            ("bo.ek@example.org", "token", 4),
            ("", "failed", 5),
            ("cai dahl@example.org", "failed", 6),
            ("ANNA.BERG@example.org", "already", 7),
        ])
        self.assertTrue(done.names(source, 5))
        self.assertTrue(done.names(source, 6))
        again = self.enrol("--from", source)
        self.assertEqual([row["result"] for row in again.rows],
                         ["already", "already", "failed", "failed", "already"])
        self.assert_whole()

    def test_every_kind_of_source(self):
        exports = {"a.csv": CSV.splitlines(True)[0] + CSV.splitlines(True)[1], "b.ldif": LDIF,
                   "c.csv.gz": gzip.compress(b"mail,cn\nanna.berg@example.org,Anna Berg\n")}
        for name, text in exports.items():
            with self.subTest(name):
                done = self.enrol("--from", self.file(name, text), "--again")
                self.assertEqual(done.status, DONE, done.err)
                self.assertEqual(done.rows[0]["address"], "anna.berg@example.org")
        done = self.enrol("--from", "-", "--again", stdin=LDIF.encode())
        self.assertEqual(self.results(done), [("anna.berg@example.org", "token"),
                                              ("bo.ek@example.org", "token")])

    def test_a_source_that_cannot_be_read(self):
        self.assertEqual(self.enrol("--from", self.site.folder / "none.csv").status, NOT_DONE)
        self.assertEqual(self.enrol("--from", self.file("bad.csv", b"\0\1\2")).status, NOT_DONE)
        self.assertEqual(self.enrol("--from", "ldap://127.0.0.1:1/dc=example").status, NOT_DONE)

    def test_second_addresses(self):
        done = self.enrol("anna.berg@example.org", "--also", "aberg@example.com", "--name", "Anna Berg")
        self.assertEqual(done.status, DONE, done.err)
        self.assertEqual(self.results(self.enrol("aberg@example.com")),
                         [("aberg@example.com", "already")])
        other = self.enrol("bo.ek@example.org", "--also", "ABERG@example.com")
        self.assertEqual((other.status, other.rows[0]["result"]), (SOME, "failed"))
        self.assertIn("another user", other.rows[0]["reason"])
        self.assertEqual(self.results(self.enrol("bo.ek@example.org")),
                         [("bo.ek@example.org", "token")])

    def test_a_change_of_address(self):
        self.enrol("anna.berg@example.org")
        done = self.enrol("anna.ek@example.org", "--instead-of", "anna.berg@example.org")
        self.assertEqual(self.results(done), [("anna.ek@example.org", "token")])
        self.assertEqual(self.results(self.enrol("anna.ek@example.org", "--instead-of",
                                                 "anna.berg@example.org")),
                         [("anna.ek@example.org", "already")])
        self.assertIn("instead of anna.berg@example.org", self.audit()[-1]["detail"])
        free = self.enrol("anna.berg@example.org")
        self.assertEqual(self.results(free), [("anna.berg@example.org", "token")])
        nobody = self.enrol("x@example.org", "--instead-of", "y@example.org")
        self.assertEqual(self.results(nobody), [("x@example.org", "failed")])
        taken = self.enrol("anna.berg@example.org", "--instead-of", "anna.ek@example.org")
        self.assertEqual(self.results(taken), [("anna.berg@example.org", "failed")])
        self.assert_whole()

    def test_how_long_a_token_is_good(self):
        row = self.enrol("anna.berg@example.org", "--valid-for", "1s").rows[0]
        time.sleep(1.1)
        self.refused(self.complete(row["token"]), "expired at")
        self.assertEqual(self.results(self.enrol("anna.berg@example.org")),
                         [("anna.berg@example.org", "token")])

    def test_used_wrongly(self):
        for words, said in (
                ((), "ADDRESS"),
                (("a@example.org", "--from", "x.csv"), "ADDRESS"),
                (("a@example.org", "--issue"), "--p12-dir"),
                (("a@example.org", "--p12-dir", "x"), "--issue"),
                (("a@example.org", "--user-key", "dsa"), "--user-key"),
                (("a@example.org", "--user-key", "x25519"), "--user-key"),
                (("a@example.org", "--valid-for", "0d"), "--valid-for"),
                (("a@example.org", "--valid-for", "forever"), "--valid-for"),
                (("a@example.org", "b@example.org", "--name", "A"), "--name"),
                (("a@example.org", "--threads", "0"), "--threads"),
                (("--from", "a.csv", "--from", "b.csv"), "--from"),
                (("--from", "a.csv", "-w", "secret"), "-w")):
            with self.subTest(words):
                done = self.enrol(*words)
                self.assertEqual(done.status, USAGE, done.err)
                self.assertIn(said, done.err)
                self.assertIn("--help", done.err)

    def test_the_policy(self):
        self.done(self.site.kms("admins", "--policy", "enrol=2", by=("anna",)))
        done = self.enrol("anna.berg@example.org")
        self.assertEqual(done.status, NOT_DONE)
        self.assertEqual(self.audit()[-1]["result"], "refused")
        self.assertEqual(self.enrol("anna.berg@example.org", by=("anna", "bo")).status, DONE)
        self.assertEqual(self.audit()[-1]["who"], "anna,bo")
        agents = self.enrol("x@example.org", by=("xena", "yuri"))
        self.assertEqual(agents.status, NOT_DONE)

    def test_no_token_is_in_the_store(self):
        token = self.enrol("anna.berg@example.org").rows[0]["token"]
        for file in self.site.store.iterdir():
            held = file.read_bytes()
            for form in (token, token.replace("-", ""), token.replace("-", "")[6:]):
                self.assertNotIn(form.encode(), held, file)


if __name__ == "__main__":
    unittest.main()
