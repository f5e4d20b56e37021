"""What openssl makes of the vault's envelopes and rebuilt key, and the vault of openssl's.

The commands are those of docs/escrow.md, "The way out in a disaster".
"""

import datetime
import os
import pathlib
import subprocess
import tempfile
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519

TOOL = os.environ["KEYROSTER_ESCROW_FILES"]

USER_KEYS = {
    "RSA-2048": lambda: rsa.generate_private_key(65537, 2048),
    "RSA-4096": lambda: rsa.generate_private_key(65537, 4096),
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "X25519": x25519.X25519PrivateKey.generate,
}


def pkcs8(key):
    return key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def certificate(public):
    """A recovery certificate, by a CA that is made for it."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Recovery")])
    start = datetime.datetime(2026, 1, 1)
    usage = x509.KeyUsage(False, False, False, False, True, False, False, False, False)
    return (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(public)
            .serial_number(4711).not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(3650)).add_extension(usage, True)
            .sign(ed25519.Ed25519PrivateKey.generate(), None))


class Curve:
    """What is the same for both curves; a test case for each below."""

    name = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.at = pathlib.Path(folder.name)
        self.run_tool("deal", self.name, "spki.der", "recovery.pem")
        public = serialization.load_der_public_key((self.at / "spki.der").read_bytes())
        made = certificate(public)
        (self.at / "recovery.der").write_bytes(made.public_bytes(serialization.Encoding.DER))
        (self.at / "recovery-certificate.pem").write_bytes(
            made.public_bytes(serialization.Encoding.PEM))

    def run_tool(self, *words):
        return subprocess.run([TOOL, *words], cwd=self.at, check=True, capture_output=True,
                              text=True).stdout

    def openssl(self, *words):
        done = subprocess.run(["openssl", *words], cwd=self.at, capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, f"{words}: {done.stderr}")
        return done.stdout

    def test_rebuilt_key_is_whole(self):
        self.openssl("pkey", "-in", "recovery.pem", "-check", "-noout")
        self.openssl("pkey", "-in", "recovery.pem", "-pubout", "-outform", "DER", "-out", "pub.der")
        self.assertEqual((self.at / "pub.der").read_bytes(), (self.at / "spki.der").read_bytes())

    def test_openssl_opens_our_envelopes(self):
        for kind, make in USER_KEYS.items():
            with self.subTest(kind):
                key = pkcs8(make())
                (self.at / "key.der").write_bytes(key)
                self.run_tool("seal", "recovery.der", "key.der", "envelope.der")
                self.openssl("cms", "-decrypt", "-binary", "-inform", "DER", "-in", "envelope.der",
                             "-inkey", "recovery.pem", "-out", "user.der")
                self.assertEqual((self.at / "user.der").read_bytes(), key)
                self.openssl("pkey", "-inform", "DER", "-in", "user.der", "-out", "user.pem")
                shown = self.openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in",
                                     "envelope.der")
                for part in ("aes-256-gcm", "dhSinglePass-stdDH-sha256kdf-scheme", "authEnveloped"):
                    self.assertIn(part, shown)

    def test_another_key_opens_nothing(self):
        (self.at / "key.der").write_bytes(b"a key")
        self.run_tool("seal", "recovery.der", "key.der", "envelope.der")
        self.run_tool("deal", self.name, "other-spki.der", "other.pem")
        done = subprocess.run(["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in",
                               "envelope.der", "-inkey", "other.pem", "-out", "user.der"],
                              cwd=self.at, capture_output=True, check=False)
        self.assertNotEqual(done.returncode, 0)

    def test_we_read_envelopes_of_openssl(self):
        (self.at / "user.der").write_bytes(pkcs8(USER_KEYS["P-256"]()))
        size = 65 if self.name == "p256" else 97
        for cipher, content in (("gcm", "AuthEnvelopedData"), ("cbc", "EnvelopedData")):
            self.openssl("cms", "-encrypt", "-binary", f"-aes-256-{cipher}", "-in", "user.der",
                         "-outform", "DER", "-out", "envelope.der", "-recip",
                         "recovery-certificate.pem", "-keyopt", "ecdh_kdf_md:sha256")
            self.assertEqual(self.run_tool("read", "envelope.der"), f"{content} {size}\n")


class P256(Curve, unittest.TestCase):
    name = "p256"


class P384(Curve, unittest.TestCase):
    name = "p384"


if __name__ == "__main__":
    unittest.main()
