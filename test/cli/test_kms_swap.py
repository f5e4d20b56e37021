"""What somebody who can write to the store, and no more, would exchange in it to get keys."""

import sqlite3
import subprocess
import tempfile
import unittest

from kms_support import KmsTest, made_site
from support import NOT_DONE, run


class SwapTest(KmsTest):
    def database(self, statement, *values, site=None):
        store = sqlite3.connect((site or self.site).store / "keyroster.db")
        with store:
            for name, in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"
                                       ).fetchall():
                store.execute(f'DROP TRIGGER "{name}"')
            rows = store.execute(statement, values).fetchall()
        store.close()
        return rows

    def issue(self, address):
        return self.site.kms("enrol", address, "--issue", "--p12-dir", self.site.folder / "p12",
                             by=("anna", "p12"), jsonl=True)

    def set_recovery(self, certificate):
        self.database("UPDATE escrow SET certificate = ?", certificate)

    def assert_seen(self, what):
        """Nothing is escrowed to it, and check tells of it."""
        issued = self.issue("carl.dahl@example.org")
        self.refused(issued, "the store is damaged", what)
        self.assertEqual(self.database("SELECT count(*) FROM user WHERE folded LIKE 'carl%'"), [(0,)])
        done = self.site.kms("check", jsonl=True)
        self.assertEqual(done.status, NOT_DONE)
        self.assertTrue([row for row in done.rows if row["where"] == "recovery key 1" and
                         what in row["what"]], done.out.decode())


class RecoveryCertificate(SwapTest):
    def user_certificate(self):
        self.done(self.issue("mallory@example.org"))
        ((der,),) = self.database("SELECT der FROM certificate WHERE escrow IS NOT NULL")
        return der

    def test_of_a_user_whom_our_ca_certified(self):
        self.set_recovery(self.user_certificate())
        self.assert_seen("the recovery certificate is that of another key")

    def test_of_another_store(self):
        with tempfile.TemporaryDirectory() as folder:
            other = made_site(folder, "--key", "p256")
            ((der,),) = self.database("SELECT certificate FROM escrow", site=other)
            self.set_recovery(der)
        self.assert_seen("the recovery certificate is that of another key")

    def test_of_the_right_key_by_another_ca(self):
        folder = self.site.folder
        ((der,),) = self.database("SELECT certificate FROM escrow")
        (folder / "right.der").write_bytes(der)

        def openssl(*words):
            return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True,
                                  cwd=folder, timeout=60).stdout

        (folder / "right.pem").write_bytes(
            openssl("x509", "-inform", "DER", "-in", "right.der", "-noout", "-pubkey"))
        (folder / "usage.conf").write_text("keyUsage = critical, keyAgreement\n")
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ca.key")
        openssl("req", "-x509", "-key", "ca.key", "-subj", "/CN=Example Mail Issuing CA",
                "-out", "ca.pem")
        openssl("req", "-new", "-key", "ca.key", "-subj", "/CN=Key Recovery", "-out", "request.pem")
        self.set_recovery(openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey",
                                  "ca.key", "-set_serial", 1, "-force_pubkey", "right.pem",
                                  "-extfile", "usage.conf", "-outform", "DER"))
        self.assert_seen("not signed by the issuing CA")

    def test_of_a_user_with_his_key_as_the_recovery_key(self):
        der = self.user_certificate()
        at = der.index(b"\x03\x42\x00\x04") + 4
        point = bytes([2 + der[at + 63] % 2]) + der[at:at + 32]
        self.set_recovery(der)
        self.database("UPDATE escrow SET public = "
                      "CAST(substr(public, 1, 4) || ? || substr(public, 38) AS BLOB)", point)
        done = self.site.kms("check", jsonl=True)
        self.assertIn("it is for something else", done.out.decode())
        self.refused(self.issue("carl.dahl@example.org"), "anna: wrong passphrase")


class RecoveryKey(SwapTest):
    def test_nobody_signs_in_when_it_was_exchanged(self):
        with tempfile.TemporaryDirectory() as folder:
            other = made_site(folder, "--key", "p256")
            ((public, certificate),) = self.database("SELECT public, certificate FROM escrow",
                                                     site=other)
        self.database("UPDATE escrow SET public = ?, certificate = ?", public, certificate)
        for name in ("anna", "bo", "xena"):
            with self.subTest(name):
                new = self.site.file_of("new", "a lighthouse behind the fog")
                self.refused(self.site.kms("passphrase", name, "--passphrase", f"new={new}",
                                           by=[name]), f"{name}: wrong passphrase")

    def test_before_the_outside_root_has_signed(self):
        """Else the CA itself would certify the other key, when it gets its own certificate."""
        with tempfile.TemporaryDirectory() as folder:
            other = made_site(folder, "--key", "p256")
            ((public,),) = self.database("SELECT public FROM escrow", site=other)
        self.site.store = self.site.folder / "outside"
        self.done(self.site.init("--csr", self.site.folder / "request.pem"))
        self.database("UPDATE escrow SET public = ?", public)
        certificate = self.site.folder / "certificate.pem"
        certificate.write_text("no matter\n")
        result = run("kms", "init", "--install", self.site.store, certificate,
                     *self.site.options_of("anna"))
        self.assertEqual(result.status, NOT_DONE, result.err)
        self.assertIn("wrong passphrase", result.err)


class IssuingCa(SwapTest):
    def test_nobody_signs_in_when_it_was_exchanged(self):
        """Else it could bind anybody's envelope to whom it likes, and agents would believe it."""
        with tempfile.TemporaryDirectory() as folder:
            other = made_site(folder, "--key", "p256")
            rows = self.database("SELECT certificate, role FROM authority", site=other)
        for row in rows:
            self.database("UPDATE authority SET certificate = ? WHERE role = ?", *row)
        new = self.site.file_of("new", "a lighthouse behind the fog")
        for name in ("anna", "xena"):
            with self.subTest(name):
                self.refused(self.site.kms("passphrase", name, "--passphrase", f"new={new}",
                                           by=[name]), f"{name}: wrong passphrase")


if __name__ == "__main__":
    unittest.main()
