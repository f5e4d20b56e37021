#!/usr/bin/env python3
"""The certificates of the CA: whoever can write to the store, and no more, brings no root of his own."""

import contextlib
import sqlite3
import subprocess
import unittest

import support
import test_kms_recover as recovery

NOT_VOUCHED = "the CA does not vouch for its certificates"


class ChainTest(recovery.RecoverTest):
    def openssl(self, *words):
        return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True,
                              cwd=self.folder, timeout=60).stdout

    def spoil(self, *statements):
        with contextlib.closing(sqlite3.connect(self.site.store / "keyroster.db")) as store, store:
            for name, in store.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"
                                       ).fetchall():
                store.execute(f'DROP TRIGGER "{name}"')
            for statement, *values in statements:
                store.execute(statement, values)

    def his_root(self):
        """A root of somebody's own, and by it a certificate for the key of our issuing CA."""
        ((der,),) = self.database("SELECT certificate FROM authority WHERE role = 1")
        (self.folder / "ours.der").write_bytes(der)
        (self.folder / "ours.pem").write_bytes(
            self.openssl("x509", "-inform", "DER", "-in", "ours.der", "-noout", "-pubkey"))
        (self.folder / "ca.conf").write_text(
            "basicConstraints = critical, CA:TRUE, pathlen:0\nsubjectKeyIdentifier = hash\n"
            "keyUsage = critical, keyCertSign, cRLSign\n")
        self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "his.key")
        self.openssl("req", "-x509", "-key", "his.key", "-subj", "/CN=Example Mail Root CA",
                     "-days", "3000", "-out", "his.pem")
        self.openssl("req", "-new", "-key", "his.key", "-subj", "/CN=Example Mail Issuing CA",
                     "-out", "request.pem")
        issuing = self.openssl("x509", "-req", "-in", "request.pem", "-CA", "his.pem", "-CAkey",
                               "his.key", "-set_serial", 7, "-days", 3000, "-force_pubkey",
                               "ours.pem", "-extfile", "ca.conf", "-outform", "DER")
        return issuing, self.openssl("x509", "-in", "his.pem", "-outform", "DER")

    def assert_seen(self):
        refused = self.site.kms("ca")
        self.assertEqual((refused.status, refused.out), (support.NOT_DONE, b""))
        self.assertIn(NOT_VOUCHED, refused.err)
        refused = self.site.kms("enrol", "new@example.org", "--issue", "--p12-dir",
                                self.folder / "users", by=["anna", "p12"])
        self.assertEqual(refused.status, support.NOT_DONE)
        self.assertIn(NOT_VOUCHED, refused.err)
        self.assertFalse((self.folder / "users" / "new@example.org.p12").exists())
        check = self.site.kms("check", jsonl=True)
        self.assertEqual(check.status, support.NOT_DONE)
        self.assertIn(NOT_VOUCHED, check.out.decode())


class Exchanged(ChainTest):
    def setUp(self):
        super().setUp()
        self.enrol(recovery.ADDRESS)
        self.done(self.recover())
        for agent in ("xena", "zoe"):
            self.done(self.approve(agent))

    def assert_seen(self):
        super().assert_seen()
        refused = self.collect("--p12", self.folder / "keys.p12")
        self.assertEqual(refused.status, support.NOT_DONE)
        self.assertIn(NOT_VOUCHED, refused.err)
        self.assertFalse((self.folder / "keys.p12").exists())

    def test_both(self):
        issuing, root = self.his_root()
        self.spoil(("UPDATE authority SET certificate = ? WHERE role = 1", issuing),
                   ("UPDATE authority SET certificate = ? WHERE role = 0", root))
        self.assert_seen()

    def test_the_root_alone(self):
        _, root = self.his_root()
        self.spoil(("UPDATE authority SET certificate = ? WHERE role = 0", root))
        self.assert_seen()

    def test_one_more_above(self):
        _, root = self.his_root()
        ((ours,),) = self.database("SELECT certificate FROM authority WHERE role = 0")
        self.spoil(("INSERT INTO meta VALUES('outside-chain', ?)", ours + root))
        self.assert_seen()

    def test_another_organization(self):
        self.spoil(("UPDATE meta SET value = CAST('Example Bank' AS BLOB) WHERE name = 'org'",))
        self.assert_seen()

    def test_without_the_signature(self):
        self.spoil(("DELETE FROM meta WHERE name = 'chain-vouched'",))
        self.assert_seen()

    def test_a_root_of_former_times_comes_into_no_file(self):
        _, root = self.his_root()
        self.spoil(("INSERT INTO authority(role, certificate, since, until) VALUES(0, ?, 1, 2)",
                    root))
        out = self.folder / "keys.p12"
        self.done(self.collect("--p12", out))
        shown = self.openssl("pkcs12", "-in", out, "-nokeys", "-passin", f"pass:{recovery.P12}")
        self.assertEqual(shown.count(b"BEGIN CERTIFICATE"), 3)  # the user's, issuing, root


class Outside(ChainTest):
    def test_before_the_outside_root_has_signed_nothing_is_to_be_vouched_for(self):
        self.site.store = self.folder / "outside"
        self.done(self.site.init("--csr", self.folder / "request.pem"))
        self.done(self.site.kms("check"))


if __name__ == "__main__":
    unittest.main()
