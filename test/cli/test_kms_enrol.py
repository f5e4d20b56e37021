"""`keyroster kms enrol`: tokens, one and many, out of any source; run again, changed, refused."""

import gzip
import re
import subprocess
import time
import unittest

import kms_support
import support
from support import DONE, NOT_DONE, SOME, USAGE

TOKEN = re.compile(r"([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}\Z")
COLUMNS = ["address", "result", "token", "expires", "reason", "line"]

ANNA, ALIAS = "anna.berg@example.org", "aberg@example.com"

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
        quoted = self.enrol('"anna berg"@example.org')
        self.assertIn("quoted strings are not taken", quoted.rows[0]["reason"])

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

    def test_by_another_address_the_row_says_whose_it_is(self):
        self.enrol(ANNA, "--also", ALIAS, "--name", "Anna Berg")
        done = self.enrol(ALIAS)
        self.assertEqual(self.results(done), [(ALIAS, "already")])
        self.assertIn(f"is an address of {ANNA}", done.rows[0]["reason"])
        again = self.enrol(ALIAS, "--again")
        self.assertEqual((again.status, self.results(again)), (DONE, [(ALIAS, "token")]))
        self.assertEqual(again.rows[0]["reason"], f"is an address of {ANNA}")
        self.assertEqual(self.audit()[-1]["subject"], ANNA)
        both = self.enrol(ANNA, ALIAS, "--again")
        self.assertEqual(self.results(both), [(ANNA, "token"), (ALIAS, "already")])
        self.assertIn(ANNA, both.rows[1]["reason"])

    def test_another_name_at_somebody_s_second_address_is_somebody_else(self):
        self.enrol(ANNA, "--also", ALIAS, "--name", "Anna Berg")
        rows = len(self.audit())
        for words in ((), ("--again",), ("--again", "--also", ANNA)):
            done = self.enrol(ALIAS, "--name", "Cai Dahl", *words)
            self.assertEqual((done.status, self.results(done)), (SOME, [(ALIAS, "failed")]), words)
            self.assertIn(ANNA, done.rows[0]["reason"])
            self.assertIn(ANNA, done.err)
        source = self.file("two.csv", "E-mail Addresses,Display Name\n"
                           f"SMTP:{ANNA}%smtp:{ALIAS},Anna Berg\nSMTP:{ALIAS},Cai Dahl\n")
        done = self.enrol("--from", source, "--again")
        self.assertEqual(self.results(done), [(ANNA, "token"), (ALIAS, "failed")])
        self.assertEqual(len(self.audit()), rows + 1)
        names = {row["mailbox"] for row in self.site.rows("users", by=())}
        self.assertEqual(names, {"Anna Berg"})
        self.assert_whole()

    def test_somebody_s_first_address_is_nobody_s_second_one(self):
        self.enrol(ANNA, "--name", "Anna Berg")
        done = self.enrol("bo.ek@example.org", "--also", ANNA, "--name", "Bo Ek", "--again")
        self.assertEqual((done.status, done.rows[0]["result"]), (SOME, "failed"))
        self.assertIn("another user", done.rows[0]["reason"])
        self.assertEqual({row["mailbox"] for row in self.site.rows("users", by=())}, {"Anna Berg"})

    def test_names_in_the_code_page_of_windows(self):
        source = self.file("ansi.csv", "mail,displayName\nbo.ek@example.org,Bo Åkersson\n"
                           "jürgen@example.org,Jürgen Müller\n".encode("cp1252"))
        done = self.enrol("--from", source)
        self.assertEqual((done.status, done.err), (DONE, ""))
        self.assertEqual(self.results(done), [("bo.ek@example.org", "token"),
                                              ("jürgen@example.org", "token")])
        self.assertEqual({row["mailbox"] for row in self.site.rows("users", by=())},
                         {"Bo Åkersson", "Jürgen Müller"})

    def test_the_sample_site(self):
        sample = support.SOURCE / "sample"
        done = self.enrol("--from", sample / "site.csv")
        failed = [row for row in done.rows if row["result"] == "failed"]
        self.assertEqual([row for row in failed if row["address"]], [])
        self.assertGreater(len(done.rows), 40)
        umlauts = [row["mailbox"] for row in self.site.rows("users", by=()) if "ü" in row["mailbox"]]
        self.assertTrue(umlauts)

    def test_a_long_name_is_cut_and_told(self):
        row = self.enrol("bo.ek@example.org", "--name", "ü" * 3000).rows[0]
        self.assertEqual((row["result"], row["reason"]),
                         ("token", "the name is cut to 64 characters"))
        self.assertEqual(self.site.rows("users", by=())[0]["mailbox"], "ü" * 64)
        row = self.enrol(ANNA, "--name", "ü" * 64).rows[0]
        self.assertEqual((row["result"], row["reason"]), ("token", None))

    def test_a_row_whose_columns_are_in_doubt_is_not_enrolled(self):
        source = self.file("doubt.csv", "mail,displayName\nanna.berg@example.org,Berg, Anna\n"
                           "bo.ek@example.org,Bo Ek\n")
        done = self.enrol("--from", source)
        self.assertEqual((done.status, self.results(done)),
                         (SOME, [("anna.berg@example.org", "failed"), ("bo.ek@example.org", "token")]))
        self.assertIn("more fields than the header", done.rows[0]["reason"])
        self.assertEqual(done.err.count("more fields than the header"), 1)
        revoked = self.site.kms("revoke", "--from", source, "--reason", "superseded", by=("anna",),
                                jsonl=True)
        self.assertEqual([row["result"] for row in revoked.rows], ["failed", "revoked"])

    def test_a_source_without_a_column_for_addresses_is_one_line(self):
        source = self.file("none.csv", "displayName;E-Mail\n" + "Anna;anna.berg@example.org\n" * 20)
        for verb in ("enrol", "revoke"):
            words = ("--reason", "superseded") if verb == "revoke" else ()
            done = self.site.kms(verb, "--from", source, *words, by=("anna",))
            self.refused(done, "no column of the header")
            self.assertEqual(done.err.count("\n"), 1)

    def test_nothing_but_text_reaches_a_terminal(self):
        bad = ["x\033[31mred\007@example.org", "a\nb@example.org", b"y\xff@example.org",
               "c\u202ed@example.org", "e\x7ff@example.org"]
        runs = [["enrol", *bad], ["revoke", *bad, "--reason", "superseded"],
                ["enrol", "g@example.org", "--name", "G\033]0;x\007"],
                ["enrol", "g@example.org", "--also", bad[0]],
                ["enrol", "g@example.org", "--instead-of", bad[0]],
                ["enrol", "--from", "no\033[31m\n.csv"], ["renew", bad[0], "--p12", "a"],
                ["enrol", "g@example.org", "--issue", "--p12-dir", "no\033[31m/dir"],
                ["enrol", "g@example.org", "--user-key", "\033[31m"],
                ["revoke", bad[0], "--reason", "\033[31m"]]
        for verb, *words in runs:
            done = subprocess.run(
                [support.KEYROSTER, "kms", verb, self.site.store, *words,
                 *self.site.options_of("anna", "p12")],
                capture_output=True, env=support.environment(), check=False)
            self.assertNotEqual(done.returncode, DONE, words)
            for stream in (done.stdout, done.stderr):
                text = stream.decode("utf-8")  # and nothing else
                for character in "\033\007\x7f\u202e":
                    self.assertNotIn(character, text, words)
            for line in done.stderr.decode().splitlines():
                self.assertTrue(line.startswith("keyroster: "), line)
            self.assertTrue(done.stderr)

    def test_the_notice_is_one_line_and_no_complaint(self):
        done = self.site.kms("enrol", ANNA, "bo.ek@example.org", by=("anna",))
        self.assertEqual(done.status, DONE)
        self.assertEqual(done.err.count("encryption key"), 1)
        self.assertEqual(done.err.count("\n"), 1)
        self.assertNotIn("keyroster:", done.err)

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
