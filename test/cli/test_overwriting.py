"""No output replaces what is read, whichever option reads it, by whatever path or link."""

import unittest

from support import DONE, NOT_DONE, SOURCE, ExportTest, csv_row, csv_text, run

SAID = "one of the files that are read: the output would replace it"


class Overwriting(ExportTest):
    def setUp(self):
        super().setUp()
        self.write("site.csv", csv_text(csv_row("Anna", "")))
        self.write("header.csv", "Display Name\n")
        self.write("options.ini", "[Export]\n")
        self.write("password", "secret\n")
        self.write("a.ldif", "dn: cn=a\n")
        (self.folder / "tree" / "deep").mkdir(parents=True)
        (self.folder / "lists").mkdir()
        for name in ("issuer.pem", "trust.pem", "crl.pem"):
            self.write(name, (SOURCE / "sample" / name).read_bytes())
        self.write("lists/crl.pem", (SOURCE / "sample/crl.pem").read_bytes())
        for name in ("tree/a.der", "tree/deep/b.der"):
            self.write(name, b"0")
        self.write("sum.json", self.users("--summary", "site.csv", form="json").out)

    def refused(self, output, *arguments, **more):
        before = (self.folder / output).read_bytes()
        for place in self.links(output):
            with self.subTest(output=place, arguments=arguments):
                result = run(*arguments, "-o", place, cwd=self.folder, **more)
                self.assertEqual((result.status, result.out), (NOT_DONE, b""))
                self.assert_one_line(result.err, f"keyroster: {place}: {SAID}")
                self.assertEqual((self.folder / output).read_bytes(), before)

    def links(self, output):
        for name in ("soft", "hard"):
            (self.folder / name).unlink(missing_ok=True)
        (self.folder / "soft").symlink_to(output)
        (self.folder / "hard").hardlink_to(self.folder / output)
        return [output, f"./{output}", self.folder / output, "soft", "hard"]

    def test_users(self):
        for output, arguments in (
                ("site.csv", ()),
                ("issuer.pem", ("--issuer", "issuer.pem")),
                ("trust.pem", ("--trust=trust.pem",)),
                ("crl.pem", ("--crl", "crl.pem")),
                ("lists/crl.pem", ("--crl", "lists")),
                ("password", ("-D", "cn=a", "-y", "password")),
                ("issuer.pem", ("--ca", "issuer.pem"))):
            self.refused(output, "users", *arguments, "site.csv")

    def test_what_ldif_may_name(self):
        for output in ("tree/a.der", "tree/deep/b.der"):
            for place in (output, self.folder / "lists" / ".." / output):
                result = run("users", "--follow-urls", "tree", "a.ldif", "-o", place,
                             cwd=self.folder)
                self.assertEqual(result.status, NOT_DONE)
                self.assert_one_line(result.err, SAID)

    def test_merge(self):
        self.refused("sum.json", "users", "--merge", "sum.json")

    def test_cert(self):
        self.refused("issuer.pem", "cert", "issuer.pem")
        self.refused("issuer.pem", "cert", "trust.pem", "issuer.pem")

    def test_export(self):
        header = ("--header", "header.csv")
        self.refused("site.csv", "export", "site.csv", *header)
        self.refused("options.ini", "export", "site.csv", *header, "--options", "options.ini")
        self.refused("password", "export", "site.csv", *header, "-D", "cn=a", "-y", "password")
        self.refused("header.csv", "export", "site.csv", *header, "--ca", "header.csv")

    def test_standard_input(self):
        before = (self.folder / "site.csv").read_bytes()
        with open(self.folder / "site.csv", "rb") as source:
            result = self.users("-", "-o", "site.csv", stdin_file=source)
        self.assertEqual(result.status, NOT_DONE)
        self.assert_one_line(result.err, f"keyroster: site.csv: {SAID}")
        self.assertEqual((self.folder / "site.csv").read_bytes(), before)

    def test_others_are_replaced(self):
        for output in ("password", "new.csv", "lists/new", "tree.csv", "header.csv"):
            with self.subTest(output=output):
                result = self.users("--crl", "lists/crl.pem", "site.csv", "-o", output)
                self.assertEqual((result.status, result.err), (DONE, ""))

    def test_header_and_output_may_be_one_file(self):
        result = run("export", "site.csv", "--header", "header.csv", "-o", "header.csv",
                     cwd=self.folder)
        self.assertEqual((result.status, result.err), (DONE, ""))


if __name__ == "__main__":
    unittest.main()
