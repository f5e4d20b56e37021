"""Several sources, the same one twice, and which rows of a source are mailboxes."""

import gzip
import random
import string
import unittest

from support import DONE, SOME, ExportTest, csv_row, csv_text, run

ANNA = csv_row("Anna", "")


class NamedTwice(ExportTest):
    def test_a_file_named_twice_counts_twice_and_is_told(self):
        self.write("site.csv", csv_text(ANNA))
        (self.folder / "soft.csv").symlink_to("site.csv")
        (self.folder / "hard.csv").hardlink_to(self.folder / "site.csv")
        for again in ("site.csv", "./site.csv", self.folder / "site.csv", "soft.csv", "hard.csv"):
            with self.subTest(again=again):
                result = self.users("site.csv", again)
                self.assertEqual((result.status, result.people), (DONE, [("Anna", "none")] * 2))
                self.assert_one_line(result.err, f"keyroster: {again}: named twice: ")

    def test_a_file_and_standard_input_from_it(self):
        name = self.write("site.csv", csv_text(ANNA))
        with open(self.folder / name, "rb") as file:
            result = self.users(name, "-", stdin_file=file)
        self.assertEqual((result.status, result.people), (DONE, [("Anna", "none")] * 2))
        self.assert_one_line(result.err, "named twice: ")

    def test_a_file_of_the_same_content_is_another(self):
        for name in ("site.csv", "copy.csv"):
            self.write(name, csv_text(ANNA))
        result = self.users("site.csv", "copy.csv")
        self.assertEqual((result.status, result.err), (DONE, ""))

    def test_an_export_has_its_rows_twice(self):
        self.write("site.csv", csv_text(ANNA))
        self.write("header.csv", "Display Name\n")
        result = run("export", "site.csv", "./site.csv", "--header=header.csv", cwd=self.folder)
        self.assertEqual((result.status, result.out), (DONE, b"Display Name\r\nAnna\r\nAnna\r\n"))
        self.assert_one_line(result.err, "keyroster: ./site.csv: named twice: ")


class Incomplete(ExportTest):
    """ldapsearch says at the end of its output how the search ended."""

    def test_the_output_stays_as_it_was(self):
        self.write("people.ldif", "dn: cn=A,dc=x\nobjectClass: person\ncn: A\nmail: a@x\n"
                   "userCertificate:: MII=\n\nsearch: 2\nresult: 4 Size limit exceeded\n")
        self.write("header.csv", "Display Name,cn\n")
        for verb in (["users", "-f", "csv"], ["export", "--header=header.csv"]):
            with self.subTest(verb=verb):
                self.write("out.csv", "as it was")
                result = run(*verb, "people.ldif", "-o", "out.csv", cwd=self.folder)
                self.assertEqual(result.status, SOME)
                self.assertRegex(result.err, r"people.ldif:\d+: ldapsearch says that the search ended")
                self.assertRegex(result.err, "out.csv: left as it was")
                self.assertEqual((self.folder / "out.csv").read_text(), "as it was")
                result = run(*verb, "people.ldif", "-o", "out.csv", "--allow-incomplete",
                             cwd=self.folder)
                self.assertEqual(result.status, SOME)
                self.assertNotIn("as it was", (self.folder / "out.csv").read_text())
                self.assertIn(b"A", run(*verb, "people.ldif", cwd=self.folder).out)


class BreaksOff(ExportTest):
    """A compressed file that ends early, or is damaged, is as incomplete as a search cut off."""

    def setUp(self):
        super().setUp()
        rng = random.Random(16)
        rows = (csv_row("".join(rng.choices(string.ascii_letters, k=40)), "") for _ in range(4000))
        packed = gzip.compress(csv_text(*rows).encode())
        self.whole = self.write("whole.csv.gz", packed)
        self.cut = self.write("cut.csv.gz", packed[: len(packed) // 2])
        damaged = bytearray(packed)
        damaged[-6] ^= 1
        self.damaged = self.write("damaged.csv.gz", bytes(damaged))
        self.write("header.csv", "Display Name\n")

    def test_the_output_stays_as_it_was(self):
        for verb in (["users", "-f", "csv"], ["users", "--summary"], ["export", "--header=header.csv"],
                     ["diff", self.whole]):
            for name in (self.cut, self.damaged):
                with self.subTest(verb=verb, name=name):
                    self.write("out", "as it was")
                    result = run(*verb, name, "-o", "out", cwd=self.folder)
                    self.assertEqual((result.status, result.out), (SOME, b""), result.err)
                    self.assertRegex(result.err, r"csv.gz: the (compressed file ends early|gzip data is damaged)")
                    self.assertRegex(result.err, "out: left as it was")
                    self.assertEqual((self.folder / "out").read_text(), "as it was")
                    result = run(*verb, name, "-o", "out", "--allow-incomplete", cwd=self.folder)
                    self.assertEqual(result.status, SOME)
                    self.assertNotIn("left as it was", result.err)
                    self.assertNotIn("as it was", (self.folder / "out").read_text())
                    result = run(*verb, name, cwd=self.folder)
                    self.assertEqual(result.status, SOME)
                    self.assertGreater(len(result.out), 0)

    def test_it_is_said(self):
        for arguments, want in ((["users", "-f", "prometheus"], b"keyroster_roster_incomplete 1\n"),
                                (["users", "--summary", "-f", "json"], b'"incomplete":true'),
                                (["users", "--summary"], b"The roster is incomplete"),
                                (["diff", self.whole], b"A side is incomplete")):
            for name in (self.cut, self.damaged):
                with self.subTest(arguments=arguments, name=name):
                    self.assertIn(want, run(*arguments, name, cwd=self.folder).out)
            with self.subTest(arguments=arguments):
                self.assertNotIn(want, run(*arguments, self.whole, cwd=self.folder).out)


class WithoutClass(ExportTest):
    """An export of Exchange's tells the class of every object; a row without is no less a mailbox."""

    def test_it_is_taken_for_a_mailbox_and_named(self):
        for blank in ("", " ", '""', '"  "'):
            with self.subTest(blank=blank):
                name = self.write("site.csv", csv_text(csv_row("Bo", "").replace("mailbox", blank, 1),
                                                       ANNA))
                result = self.users(name)
                self.assertEqual((result.status, result.people),
                                 (SOME, [("Bo", "none"), ("Anna", "none")]))
                self.assert_one_line(result.err, "keyroster: site.csv:2: no class ")

    def test_so_it_is_in_an_export(self):
        self.write("site.csv", csv_text(csv_row("Bo", "").replace("mailbox", "", 1)))
        self.write("header.csv", "Display Name\n")
        result = run("export", "site.csv", "--header=header.csv", cwd=self.folder)
        self.assertEqual((result.status, result.out), (SOME, b"Display Name\r\nBo\r\n"))
        self.assert_one_line(result.err, "keyroster: site.csv:2: no class ")

    def test_a_row_that_is_too_short_says_so_alone(self):
        name = self.write("site.csv", "Display Name,X509-Cert,Obj-Class\nBo,\n")
        result = self.users(name)
        self.assertEqual((result.status, result.people), (SOME, [("Bo", "none")]))
        self.assert_one_line(result.err, "fewer fields")

    def test_other_classes_are_no_mailboxes(self):
        name = self.write("site.csv", csv_text(csv_row("Bo", "").replace("mailbox", "server", 1)))
        result = self.users(name)
        self.assertEqual((result.status, result.err, result.people), (DONE, "", []))

    def test_without_the_column_all_are(self):
        name = self.write("site.csv", "Display Name,X509-Cert\nBo,\n")
        result = self.users(name)
        self.assertEqual((result.status, result.err, result.people), (DONE, "", [("Bo", "none")]))

    def test_an_empty_class_of_ldap_says_nothing(self):
        name = self.write("site.csv", "objectClass,mail,userCertificate\n,bo@x,\n")
        result = self.users(name)
        self.assertEqual((result.status, result.err, result.people), (DONE, "", [("bo@x", "none")]))


class NamedByItsDn(ExportTest):
    """The cn of a DN serves as a name without its escapes (RFC 4514, 2.4); the DN keeps them."""

    LDIF = ("dn: cn=Berg\\, Anna,ou=Sales\\, West,o=x\nobjectClass: person\nmail: a@x\n\n"
            "dn: cn=Lu\\C4\\8Di\\C4\\87,o=x\nobjectClass: person\nmail: l@x\n\n"
            "dn: cn=M\\FCller,o=x\nobjectClass: person\nmail: m@x\n"
            "userCertificate:\n")
    NAMES = ["Berg, Anna", "Lu\u010di\u0107", "M\\FCller"]

    def test_in_a_roster(self):
        for form in ("ldif", "csv"):
            with self.subTest(form):
                text = self.LDIF if form == "ldif" else (
                    "DN,mail,userCertificate\n\"cn=Berg\\, Anna,ou=Sales\\, West,o=x\",a@x,\n"
                    "\"cn=Lu\\C4\\8Di\\C4\\87,o=x\",l@x,\n\"cn=M\\FCller,o=x\",m@x,\n")
                rows = self.users(self.write("people", text)).rows
                self.assertEqual([row["mailbox"] for row in rows], self.NAMES)
                self.assertEqual((rows[0]["dn"], rows[0]["container"]),
                                 ("cn=Berg\\, Anna,ou=Sales\\, West,o=x", "ou=Sales\\, West,o=x"))

    def test_in_an_export(self):
        self.write("people.ldif", self.LDIF)
        self.write("header.csv", "Display Name\n")
        result = run("export", "people.ldif", "--header=header.csv", cwd=self.folder)
        self.assertEqual(result.status, DONE, result.err)
        self.assertEqual(result.out.decode("cp1252", "replace").splitlines()[1], '"Berg, Anna"')


if __name__ == "__main__":
    unittest.main()
