"""What the authority of the key management server makes, judged by others: openssl, NSS, and the
library `cryptography`. authority_files.c writes the files.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

FILES = os.environ["KEYROSTER_AUTHORITY_FILES"]
PASSPHRASE = "correct horse"
USERS = ["p256", "p384", "rsa2048", "rsa3072", "rsa4096", "ed25519"]
HAS_NSS = shutil.which("certutil") and shutil.which("pk12util")


def call(*arguments, cwd, stdin=b""):
    return subprocess.run([str(a) for a in arguments], cwd=cwd, input=stdin, capture_output=True,
                          check=False)


class Folder:
    """A temporary folder, and openssl in it."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.temporary.name)

    def openssl(self, *arguments):
        """stdout and stderr as text; a failure is one of the test."""
        done = call("openssl", *arguments, cwd=self.path)
        text = (done.stdout + done.stderr).decode("utf-8", "replace")
        if done.returncode != 0:
            raise AssertionError(f"openssl {' '.join(map(str, arguments))}: {text}")
        return text

    def fails(self, *arguments):
        done = call("openssl", *arguments, cwd=self.path)
        if done.returncode == 0:
            raise AssertionError(f"openssl {' '.join(map(str, arguments))}: went well")
        return (done.stdout + done.stderr).decode("utf-8", "replace")

    def to_pem(self, name):
        """Certificates and lists as every version of the commands reads them."""
        kind = "crl" if name.endswith(".crl") else "x509"
        pem = f"{name.rsplit('.', 1)[0]}-{kind}.pem"
        self.openssl(kind, "-inform", "DER", "-in", name, "-out", pem)
        return pem

    def close(self):
        self.temporary.cleanup()


class Made:
    """What one CA made; shared by the tests of a class."""

    kind = None

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.now = int(time.time())
        subprocess.run([FILES, "make", cls.folder.path, cls.kind, str(cls.now)], check=True)
        for file in sorted(cls.folder.path.glob("*.der")) + sorted(cls.folder.path.glob("*.crl")):
            cls.folder.to_pem(file.name)

    @classmethod
    def tearDownClass(cls):
        cls.folder.close()

    def verify(self, certificate, purpose, *more):
        return self.folder.openssl("verify", "-x509_strict", "-policy_check", "-purpose", purpose,
                                   "-CAfile", "root-x509.pem", "-untrusted", "issuing-x509.pem",
                                   *more, certificate)

    def test_the_path_is_right_by_the_strict_rules(self):
        self.verify("issuing-x509.pem", "any")
        for user in USERS:
            self.verify(f"{user}-signing-x509.pem", "smimesign")
            self.verify(f"{user}-signing-x509.pem", "smimesign", "-explicit_policy", "-policy",
                        "2.999.1")
            # OpenSSL 3.0 asks for keyEncipherment of every key, RFC 8550 and 5480 not of these
            self.verify(f"{user}-encryption-x509.pem",
                        "smimeencrypt" if user.startswith("rsa") else "any")

    def test_a_purpose_is_not_the_other(self):
        for user in USERS:
            self.folder.fails("verify", "-purpose", "smimesign", "-CAfile", "root-x509.pem",
                              "-untrusted", "issuing-x509.pem", f"{user}-encryption-x509.pem")
            self.folder.fails("verify", "-purpose", "smimeencrypt", "-CAfile", "root-x509.pem",
                              "-untrusted", "issuing-x509.pem", f"{user}-signing-x509.pem")
            self.folder.fails("verify", "-purpose", "sslserver", "-CAfile", "root-x509.pem",
                              "-untrusted", "issuing-x509.pem", f"{user}-signing-x509.pem")

    def test_lists_are_signed_and_numbered(self):
        for part in range(5):
            text = self.folder.openssl("crl", "-in", f"{part}-crl.pem", "-CAfile",
                                       "issuing-x509.pem", "-text", "-noout")
            self.assertIn("verify OK", text)
            self.assertIn("4711", text)
            self.assertEqual("X509v3 Issuing Distribution Point: critical" in text, part > 0)

    def test_lists_revoke_what_they_name_and_nothing_else(self):
        for user in USERS:
            for use in ("signing", "encryption"):
                certificate = f"{user}-{use}-x509.pem"
                facts = x509.load_pem_x509_certificate((self.folder.path / certificate).read_bytes())
                point = facts.extensions.get_extension_for_class(x509.CRLDistributionPoints)
                part = point.value[0].full_name[0].value.split("/")[-1].split(".")[0]
                for name in ("0", part):
                    options = ("verify", "-crl_check", "-CAfile", "root-x509.pem", "-untrusted",
                               "issuing-x509.pem", "-CRLfile", f"{name}-crl.pem", certificate)
                    if user in ("rsa4096", "ed25519"):
                        self.folder.openssl(*options)
                    else:
                        self.assertIn("certificate revoked", self.folder.fails(*options))

    def test_another_reader_says_what_is_in_the_lists(self):
        rows = {}
        for part in range(1, 5):
            crl = x509.load_der_x509_crl((self.folder.path / f"{part}.crl").read_bytes())
            rows.update({entry.serial_number: entry for entry in crl})
        whole = x509.load_der_x509_crl((self.folder.path / "0.crl").read_bytes())
        self.assertEqual({entry.serial_number for entry in whole}, set(rows))
        self.assertEqual(len(rows), 8)
        for user in USERS[:4]:
            for use, reason in (("signing", x509.ReasonFlags.key_compromise),
                                ("encryption", x509.ReasonFlags.certificate_hold)):
                serial = x509.load_der_x509_certificate(
                    (self.folder.path / f"{user}-{use}.der").read_bytes()).serial_number
                said = rows[serial].extensions.get_extension_for_class(x509.CRLReason)
                self.assertEqual(said.value.reason, reason)

    def test_another_reader_says_whom_certificates_are_for(self):
        for user in USERS:
            facts = x509.load_der_x509_certificate(
                (self.folder.path / f"{user}-signing.der").read_bytes())
            names = facts.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            self.assertEqual(names.get_values_for_type(x509.RFC822Name), ["anna.berg@example.org"])
            other = names.get_values_for_type(x509.OtherName)[0]
            self.assertEqual(other.type_id.dotted_string, "1.3.6.1.5.5.7.8.9")
            self.assertEqual(other.value[2:].decode("utf-8"), "jörg@xn--bcher-kva.example")
            common_name = facts.subject.get_attributes_for_oid(x509.oid.NameOID.COMMON_NAME)
            self.assertEqual(common_name[0].value, 'Anna Berg, "Ä" + <x>')
            self.assertFalse(facts.extensions.get_extension_for_class(x509.KeyUsage)
                             .value.key_cert_sign)

    def test_the_key_of_the_root_opens(self):
        self.folder.openssl("pkey", "-in", "root.key", "-passin", f"pass:{PASSPHRASE}", "-out",
                            "root-open.pem")
        self.assertEqual(self.folder.openssl("pkey", "-in", "root-open.pem", "-pubout"),
                         self.folder.openssl("x509", "-in", "root-x509.pem", "-pubkey", "-noout"))
        self.folder.fails("pkey", "-in", "root.key", "-passin", "pass:correct horses")

    def key_of(self, user, use, file):
        """The private key of a use, out of a PKCS#12 file, as PEM."""
        bundle = pkcs12.load_pkcs12((self.folder.path / file).read_bytes(), PASSPHRASE.encode())
        self.assertIsNotNone(bundle.key)
        text = self.folder.openssl("pkcs12", "-in", file, "-passin", f"pass:{PASSPHRASE}",
                                   "-nocerts", "-nodes")
        blocks = text.split("-----BEGIN PRIVATE KEY-----")
        self.assertEqual(len(blocks), 3)
        before = 0 if use == "signing" else 1
        self.assertIn(f"friendlyName: {use}", blocks[before])
        key = "-----BEGIN PRIVATE KEY-----" + blocks[before + 1].split("-----END")[0]
        name = f"{file}-{use}.key"
        (self.folder.path / name).write_text(key + "-----END PRIVATE KEY-----\n")
        return name

    def test_mail_is_signed_and_verified(self):
        (self.folder.path / "mail").write_text("Content-Type: text/plain\r\n\r\nhello\r\n")
        for user in USERS[:3]:
            for file in (f"{user}.p12", f"{user}-old.p12"):
                key = self.key_of(user, "signing", file)
                self.folder.openssl("cms", "-sign", "-in", "mail", "-signer",
                                    f"{user}-signing-x509.pem", "-inkey", key, "-certfile",
                                    "issuing-x509.pem", "-out", "signed")
                self.folder.openssl("cms", "-verify", "-in", "signed", "-CAfile", "root-x509.pem",
                                    "-purpose", "smimesign", "-x509_strict", "-out", "verified")

    def test_mail_is_encrypted_and_decrypted(self):
        (self.folder.path / "mail").write_text("hello\r\n")
        for user in USERS[:4]:
            key = self.key_of(user, "encryption", f"{user}.p12")
            self.folder.openssl("cms", "-encrypt", "-binary", "-aes-256-cbc", "-in", "mail", "-out",
                                "sealed", f"{user}-encryption-x509.pem")
            self.folder.openssl("cms", "-decrypt", "-binary", "-in", "sealed", "-inkey", key,
                                "-recip", f"{user}-encryption-x509.pem", "-out", "opened")
            self.assertEqual((self.folder.path / "opened").read_bytes(),
                             (self.folder.path / "mail").read_bytes())

    def test_pkcs12_is_as_strong_as_it_says(self):
        for user in USERS:
            today = self.folder.openssl("pkcs12", "-info", "-in", f"{user}.p12", "-passin",
                                        f"pass:{PASSPHRASE}", "-noout")
            self.assertIn("MAC: sha256, Iteration 250000", today)
            self.assertEqual(today.count("PBES2, PBKDF2, AES-256-CBC, Iteration 250000, "
                                         "PRF hmacWithSHA256"), 3)
            old = self.folder.openssl("pkcs12", "-info", "-in", f"{user}-old.p12", "-passin",
                                      f"pass:{PASSPHRASE}", "-noout")
            self.assertIn("MAC: sha1, Iteration 250000", old)
            self.assertEqual(old.count("pbeWithSHA1And3-KeyTripleDES-CBC"), 3)
            self.folder.fails("pkcs12", "-in", f"{user}.p12", "-passin", "pass:wrong", "-noout")


class OnP256(Made, unittest.TestCase):
    kind = "p256"

    @unittest.skipUnless(HAS_NSS, "no NSS")
    def test_nss_takes_the_files(self):
        path = self.folder.path
        (path / "pass").write_text(PASSPHRASE + "\n")
        (path / "none").write_text("\n")
        for file in ("p256.p12", "p384.p12", "rsa2048.p12", "p256-old.p12", "rsa3072-old.p12"):
            base = tempfile.mkdtemp(dir=path)
            call("certutil", "-N", "-d", base, "-f", "none", cwd=path)
            listed = call("pk12util", "-l", file, "-w", "pass", "-d", base, cwd=path)
            self.assertEqual(listed.returncode, 0, listed.stderr)
            self.assertEqual(listed.stdout.count(b"Key(shrouded)"), 2)
            self.assertEqual(listed.stdout.count(b"Certificate(has private key)"), 2)
            taken = call("pk12util", "-i", file, "-w", "pass", "-d", base, "-k", "none", cwd=path)
            self.assertEqual(taken.returncode, 0, taken.stderr)
            keys = call("certutil", "-K", "-d", base, "-f", "none", cwd=path)
            self.assertEqual(keys.stdout.count(b"encryption"), 1, keys.stdout)
            self.assertEqual(keys.stdout.count(b"signing"), 1, keys.stdout)
            call("certutil", "-A", "-d", base, "-n", "root", "-t", ",C,", "-i", "root.der", cwd=path)
            for name, usage in (("signing", "S"), ("encryption", "R")):
                valid = call("certutil", "-V", "-d", base, "-n", name, "-u", usage, cwd=path)
                self.assertIn(b"certificate is valid", valid.stdout, valid.stderr)


class OnP384(Made, unittest.TestCase):
    kind = "p384"


class OnRsa3072(Made, unittest.TestCase):
    kind = "rsa3072"


class Outside(unittest.TestCase):
    """An issuing CA that somebody else's root signs, with the openssl command."""

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        subprocess.run([FILES, "request", self.folder.path, "p384"], check=True)
        self.folder.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key",
                            "-subj", "/O=Elsewhere/CN=Elsewhere Root", "-days", "3650", "-addext",
                            "keyUsage=critical,keyCertSign,cRLSign", "-out", "root.pem")

    def sign(self, *more):
        self.folder.openssl("x509", "-req", "-in", "request.pem", "-CA", "root.pem", "-CAkey",
                            "root.key", "-days", "1000", "-out", "issuing.pem", *more)

    def install(self, file):
        later = str(int(time.time()) + 1)  # openssl's certificate is valid from this very second on
        return call(FILES, "install", self.folder.path, file, later, cwd=self.folder.path)

    def test_the_request_is_one(self):
        text = self.folder.openssl("req", "-in", "request.pem", "-verify", "-text", "-noout")
        self.assertIn("CA:TRUE, pathlen:0", text)
        self.assertIn("Certificate Sign, CRL Sign", text)

    def test_what_was_signed_as_asked_is_installed_and_issues(self):
        self.sign("-copy_extensions", "copyall")
        path = self.folder.path
        (path / "both.pem").write_text((path / "root.pem").read_text() +
                                       (path / "issuing.pem").read_text())
        for file in ("issuing.pem", "both.pem"):
            done = self.install(file)
            self.assertEqual(done.returncode, 0, done.stderr)
            issuing, user = self.folder.to_pem("issuing.der"), self.folder.to_pem("user.der")
            self.folder.openssl("verify", "-x509_strict", "-purpose", "smimesign", "-CAfile",
                                "root.pem", "-untrusted", issuing, user)
        self.assertEqual(x509.load_der_x509_certificate((path / "chain.der").read_bytes()),
                         x509.load_pem_x509_certificate((path / "root.pem").read_bytes()))

    def test_a_certificate_that_is_no_ca_is_not_installed(self):
        self.sign()
        self.assertIn(b"basic constraints", self.install("issuing.pem").stderr)

    def test_one_that_may_sign_no_lists_is_not_installed(self):
        (self.folder.path / "ext").write_text(
            "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
            "subjectKeyIdentifier=hash\n")
        self.sign("-extfile", "ext")
        self.assertIn(b"key usage", self.install("issuing.pem").stderr)

    def test_anothers_certificate_is_not_installed(self):
        self.assertIn(b"this CA's key", self.install("root.pem").stderr)


if __name__ == "__main__":
    unittest.main()
