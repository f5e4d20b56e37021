"""The files of --issuer, --trust and --crl: what is none is refused by what it is; folders of lists."""

import base64
import os
import shutil
import unittest

from support import DONE, NOT_DONE, SOURCE, ExportTest, csv_row, csv_text, run

SAMPLE = SOURCE / "sample"


def der_of(pem):
    return base64.b64decode("".join(pem.read_text().split("-----")[2].split()))


class TrustFiles(ExportTest):
    def setUp(self):
        super().setUp()
        self.write("site.csv", csv_text(csv_row("Anna", "")))
        (self.folder / "lists").mkdir()

    def refused(self, message, *arguments):
        with self.subTest(arguments=arguments):
            result = self.users(*arguments, "site.csv")
            self.assertEqual((result.status, result.out), (NOT_DONE, b""))
            self.assert_one_line(result.err, message)

    def test_a_file_of_another_kind(self):
        self.write("crl.der", der_of(SAMPLE / "crl.pem"))
        self.write("issuer.der", der_of(SAMPLE / "issuer.pem"))
        for option in ("--issuer", "--trust"):
            self.refused("site.csv: there is no certificate in it$", option, "site.csv")
            for name in ("crl.der", SAMPLE / "crl.pem"):
                self.refused(f"{name}: there is no certificate in it, but a revocation list$",
                             option, name)
        self.refused("site.csv: there is no revocation list in it$", "--crl", "site.csv")
        for name in ("issuer.der", SAMPLE / "issuer.pem"):
            self.refused(f"{name}: there is no revocation list in it, but a certificate$",
                         "--crl", name)
        self.refused("absent: No such file", "--crl", "absent")

    def test_a_folder_without_lists(self):
        self.refused("lists: there is no revocation list in this folder", "--crl", "lists")
        self.write("lists/.crl.pem", (SAMPLE / "crl.pem").read_bytes())
        self.refused("lists: there is no revocation list in this folder", "--crl", "lists")

    def test_what_lies_beside_lists_is_passed_over(self):
        shutil.copy(SAMPLE / "crl.pem", self.folder / "lists/kms.pem")
        alone = self.users("--crl", "lists", SAMPLE / "site.csv")
        self.write("lists/README", "Lists of our KMS.\n")
        (self.folder / "lists/old").mkdir()
        os.mkfifo(self.folder / "lists/pipe")
        shutil.copy(SAMPLE / "issuer.pem", self.folder / "lists/issuer.pem")
        result = self.users("--crl", "lists", SAMPLE / "site.csv")
        self.assertEqual((result.status, result.out), (alone.status, alone.out))
        self.assertIn(b'"revoked"', result.out)
        said = set(result.err.splitlines()) - set(alone.err.splitlines())
        self.assertEqual(said, {
            "keyroster: lists/README: there is no revocation list in it: passed over",
            "keyroster: lists/issuer.pem: there is no revocation list in it: passed over",
            "keyroster: lists/old: a folder in a folder of lists: passed over",
            "keyroster: lists/pipe: no file: passed over"})

    def test_a_damaged_list_in_a_folder(self):
        shutil.copy(SAMPLE / "crl.pem", self.folder / "lists/kms.pem")
        self.write("lists/new.crl", der_of(SAMPLE / "crl.pem")[:-1])
        self.refused("lists/new.crl: ", "--crl", "lists")

    def test_the_sample_list(self):
        result = run("users", "--crl", SAMPLE / "crl.pem", "site.csv", cwd=self.folder)
        self.assertEqual((result.status, result.err), (DONE, ""))


if __name__ == "__main__":
    unittest.main()
