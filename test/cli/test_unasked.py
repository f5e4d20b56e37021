"""LDIF in which no entry has a certificate attribute: whether mailboxes have one, it does not tell."""

import gzip
import unittest

from support import DONE, SOME, ExportTest, base64_of, certificate, csv_row, csv_text, ldif_entry, run

ANNA = f"userCertificate;binary:: {base64_of(certificate('anna@example.org'))}"
# More than is looked at of a pipe before the first row: 1 MiB.
MANY = 6000
SAID = r"no entry has a certificate attribute"


def people(count, *last):
    filler = f"description: {'x' * 150}"
    return "\n".join(ldif_entry(f"P{n}", filler, *(last if n == count - 1 else ()))
                     for n in range(count))


class Unasked(ExportTest):
    def holds(self, result, standings, status=SOME):
        self.assertEqual({standing for _, standing in result.people}, standings, result.err)
        self.assertEqual(result.status, status)
        if status == SOME:
            self.assert_one_line(result.err, SAID)
        else:
            self.assertEqual(result.err, "")

    def test_rows_are_unknown(self):
        for text in (people(3), people(3).replace("\n", "\r\n"), "version: 1\n\n" + people(2),
                     people(1) + "# userCertificate:: MII=\n",
                     people(1, "description: userCertificate:: MII=", "description: y",
                               " userCertificate:: MII=", "userCertificateX: x", "x-userCertificate: x")):
            self.holds(self.users_of(text, "people.ldif"), {"unknown"})
            self.holds(self.users("-", stdin=text.encode()), {"unknown"})
            self.holds(self.users_of(text.encode("utf-16"), "wide.ldif"), {"unknown"})
        self.assertIn("ask for the attributes too", self.users("people.ldif").rows[0]["reason"])

    def test_one_of_any_entry_is_enough(self):
        for line in (ANNA, ANNA.replace("userCertificate", "USERCERTIFICATE"),
                     ANNA.replace("userCertificate;binary", "userSMIMECertificate"),
                     ANNA.replace("userCertificate;binary", "userCertificate;x-a;lang-de"),
                     ANNA.replace("userCertificate;binary", "userCertificate\n ;binary"),
                     ANNA.replace("userCertificate;binary", "u\n serCertificat\n e")):
            text = people(3, line)
            for result in (self.users_of(text, "people.ldif"),
                           self.users("-", stdin=text.encode())):
                self.assertEqual((result.status, result.err), (DONE, ""))
                self.assertEqual([s for _, s in result.people][:2], ["none"] * 2)

    def test_a_large_file_is_looked_through(self):
        for lines, standings, status in (((), {"unknown"}, SOME),
                                         ((ANNA,), {"none", "mismatched"}, DONE)):
            text = people(MANY, *lines)
            self.write("big.ldif", text)
            self.write("big.ldif.gz", gzip.compress(text.encode(), 1))
            whole = self.users("big.ldif", "--threads", 1)
            self.holds(whole, standings, status)
            self.assertEqual(len(whole.people), MANY)
            self.assertEqual(self.users("big.ldif.gz").out.replace(b".gz", b""), whole.out)
            parts = [self.users("big.ldif", "--part", f"{k}/3") for k in (1, 2, 3)]
            self.assertEqual(b"".join(part.out for part in parts), whole.out)

    def test_a_name_on_the_edge_of_what_is_read_at_once(self):
        for shift in range(0, 40):
            head = people(MANY)
            head = head[:(1 << 20) + (1 << 18) - shift]
            text = head[:head.rindex("\n\n") + 2]
            text += ldif_entry("Last", "description: " + "y" * (len(head) - len(text) - 130), ANNA)
            result = self.users_of(text, "edge.ldif", form="csv")
            self.assertEqual((result.status, result.err), (DONE, ""))

    def test_a_large_pipe_is_not(self):
        text = people(MANY)
        self.holds(self.users("-", stdin=text.encode()), {"none"})

    def test_standard_input_that_stands_further_on(self):
        name = self.write("big.ldif", people(MANY))
        with open(self.folder / name, "rb") as file:
            file.seek((self.folder / name).read_bytes().index(b"dn: cn=P9,"))
            result = self.users("-", stdin_file=file)
        self.assertEqual(result.people[0], ("P9", "none"))

    def test_the_summary_counts_them(self):
        self.write("people.ldif", people(3))
        result = self.users("people.ldif", "--summary", "--shared-keys")
        self.assertEqual(result.rows[0]["uses_kms"], {"yes": 0, "no": 0, "unknown": 3})

    def test_what_is_exported_says_the_same(self):
        self.write("people.ldif", people(3))
        self.write("header.csv", "Display Name,E-mail Addresses,X509-Cert\n")
        run("export", "people.ldif", "--header=header.csv", "-o", "out.csv", cwd=self.folder)
        self.assertEqual({s for _, s in self.users("out.csv").people}, {"unknown"})

    def test_of_several_files_each_is_its_own(self):
        self.write("people.ldif", people(2))
        self.write("site.csv", csv_text(csv_row("Anna", "")))
        self.assertEqual([s for _, s in self.users("people.ldif", "site.csv").people],
                         ["unknown", "unknown", "none"])


if __name__ == "__main__":
    unittest.main()
