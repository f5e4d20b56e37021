#!/usr/bin/env python3
"""keyroster kms envelope, rebuild-key: what openssl does with escrow when keyroster is not there."""

import unittest

import support
import test_kms_recover as recovery
from test_kms_recover import openssl


class RebuildTest(recovery.RecoverTest):
    def setUp(self):
        super().setUp()
        self.pem = self.folder / "recovery.pem"

    def rebuild(self, *agents, more=(), yes=("--yes",), by=None, **options):
        named = [word for agent in agents for word in ("--agent", agent)]
        return self.site.kms("rebuild-key", *named, "-o", self.pem, *yes, *more,
                             by=agents if by is None else by, **options)

    def envelope(self, serial):
        out = self.folder / f"{serial}.der"
        self.done(self.site.kms("envelope", "--serial", serial, "-o", out))
        return out

    def refused_by(self, result, *said):
        self.assertEqual(result.status, support.NOT_DONE, result.err)
        for text in said:
            self.assertIn(text, result.err)
        self.assertEqual(self.audit()[-1]["result"], "refused")
        self.assertFalse(self.pem.exists())


class Rebuilt(RebuildTest):
    CURVE = "P-256"

    def test_openssl_opens_every_envelope(self):
        self.history()
        result = self.rebuild("zoe", "xena", jsonl=True)
        self.assertEqual(result.status, support.DONE)
        self.assertEqual(result.rows[0]["result"], "rebuilt")
        self.assertEqual(self.pem.stat().st_mode & 0o777, 0o600)
        self.assertTrue(self.pem.read_text().startswith("-----BEGIN PRIVATE KEY-----\n"))
        self.assertTrue(self.pem.read_text().endswith("-----END PRIVATE KEY-----\n"))
        self.assertIn(self.CURVE, openssl("pkey", "-in", self.pem, "-noout", "-text").decode())
        for serial, der in self.encryption_certificates():
            key = openssl("cms", "-decrypt", "-binary", "-inform", "DER", "-in",
                          self.envelope(serial), "-inkey", self.pem)
            private = openssl("pkey", "-inform", "DER", input=key)
            public = openssl("x509", "-inform", "DER", "-noout", "-pubkey", input=der)
            self.assertEqual(openssl("pkey", "-pubout", input=private), public)

    def test_it_is_told_loudly(self):
        self.enrol(recovery.ADDRESS)
        result = self.rebuild("xena", "yuri")
        self.assertEqual(result.status, support.DONE)
        self.assertIn("WHOLE RECOVERY KEY", result.err)
        self.assertIn("EVERY key in escrow", result.err)
        row = self.audit()[-1]
        self.assertEqual((row["act"], row["result"], row["who"]),
                         ("rebuild-key", "rebuilt", "xena,yuri"))
        self.done(self.site.kms("audit", "--verify"))

    def test_it_is_the_key_of_the_recovery_certificate(self):
        self.assertEqual(self.rebuild("xena", "yuri").status, support.DONE)
        ((der,),) = self.database("SELECT certificate FROM escrow")
        self.assertEqual(openssl("pkey", "-in", self.pem, "-pubout"),
                         openssl("x509", "-inform", "DER", "-noout", "-pubkey", input=der))


class RebuiltOnP384(Rebuilt):
    OPTIONS = ("--recovery-key", "p384")
    CURVE = "P-384"


class Refused(RebuildTest):
    def test_fewer_than_the_quorum(self):
        self.refused_by(self.rebuild("xena"), "rebuild-key takes 2 recovery agents, and 1 acts")

    def test_all_administrators(self):
        self.refused_by(self.rebuild("anna", "bo", "cai"), "takes 2 recovery agents, and 0 act")

    def test_an_agent_and_an_administrator(self):
        self.refused_by(self.rebuild("xena", "anna"), "takes 2 recovery agents, and 1 acts")

    def test_a_wrong_passphrase(self):
        self.site.file_of("yuri", "none of the words that open it")
        self.refused_by(self.rebuild("xena", "yuri"), "wrong passphrase")

    def test_nobody_of_that_name(self):
        self.refused_by(self.rebuild("xena", "dee"), "nobody of that name acts in this store")

    def test_without_a_terminal_it_warns_and_goes_on(self):
        result = self.rebuild("xena", "yuri", yes=(), start_new_session=True)
        self.assertEqual(result.status, support.DONE, result.err)
        self.assertIn("WARNING: this writes the WHOLE RECOVERY KEY", result.err)
        self.assertEqual(self.pem.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.audit()[-1]["act"], "rebuild-key")

    def test_no_file_is_replaced(self):
        self.pem.write_text("something else")
        result = self.rebuild("xena", "yuri")
        self.assertEqual(result.status, support.NOT_DONE)
        self.assertIn("is there already", result.err)
        self.assertEqual(self.pem.read_text(), "something else")
        self.pem.unlink()
        self.pem.symlink_to(self.folder / "nothing")
        self.assertEqual(self.rebuild("xena", "yuri").status, support.NOT_DONE)
        self.assertFalse((self.folder / "nothing").exists())

    def test_used_wrongly(self):
        for arguments in (["--yes", "-o", "x"], ["--agent", "xena", "--yes"],
                          ["--agent", "xena", "--yes", "-o", "-"],
                          ["--agent", "xena", "--agent", "xena", "--yes", "-o", "x"]):
            with self.subTest(arguments):
                self.assertEqual(self.site.kms("rebuild-key", *arguments).status, support.USAGE)

    def test_where_no_file_can_be(self):
        self.pem = self.folder / "nowhere" / "key.pem"
        rows = len(self.audit())
        result = self.rebuild("xena", "yuri")
        self.assertEqual(result.status, support.NOT_DONE)
        self.assertIn("No such file or directory", result.err)
        self.assertEqual(len(self.audit()), rows)  # nothing was done, and nothing is said to be


class Envelopes(RebuildTest):
    def test_it_is_what_is_in_the_store(self):
        self.enrol(recovery.ADDRESS)
        ((serial, _),) = self.encryption_certificates()
        ((cms,),) = self.database("SELECT cms FROM envelope")
        colons = ":".join(serial[at:at + 2] for at in range(0, len(serial), 2))
        for form in (serial, serial.lower(), f"00{serial}", f"0x{serial}", colons):
            self.assertEqual(self.envelope(form).read_bytes(), cms)
        told = self.done(self.site.kms("envelope", "--serial", serial)).out
        self.assertEqual(told, cms)
        printed = openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in", self.envelope(serial))
        self.assertIn(b"id-smime-ct-authEnvelopedData", printed)

    def test_a_serial_that_is_none(self):
        self.enrol(recovery.ADDRESS)
        ((signing,),) = self.database("SELECT hex(serial) FROM certificate WHERE purpose = 0")
        for serial in ("01", signing):
            result = self.site.kms("envelope", "--serial", serial, "-o", self.folder / "x.der")
            self.assertEqual(result.status, support.NOT_DONE)
            self.assertIn("no key in escrow has this serial number", result.err)
            self.assertFalse((self.folder / "x.der").exists())


# Its own tests are run by its own file.
del recovery.WholeHistory, recovery.Rows, recovery.Refused, recovery.Shares, recovery.Secrets

if __name__ == "__main__":
    unittest.main()
