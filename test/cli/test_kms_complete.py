"""`keyroster kms complete`: what a user does with a token, and what others' programs say of it."""

import re
import unittest

import kms_judges
import kms_support
from kms_judges import command
from support import DONE, NOT_DONE, USAGE

ADDRESS = "anna.berg@example.org"


class CompleteTest(kms_support.KmsTest):
    OPTIONS = ("--crl-url", "http://crl.example.org/{part}.crl")

    def token(self, *words, address=ADDRESS):
        return self.site.rows("enrol", address, *words, by=("anna",))[0]["token"]

    def complete(self, token, *words, p12="a.p12", by=("anna", "p12")):
        return self.site.kms("complete", "--token-file", "-", "--p12", self.site.folder / p12, *words,
                             by=by, jsonl=True, stdin=token.encode())

    def ca(self):
        path = self.site.folder / "ca.pem"
        self.done(self.site.kms("ca", "-o", path))
        return path

    def p12(self, name="a.p12", **more):
        return kms_judges.P12(self.site.folder / name, self.site.file_of("p12"), self.site.folder, **more)

    def issued(self, *words, csr=(), name="a.p12"):
        """The row, the ends, and the pairs (certificate, key) to encrypt and to sign with."""
        done = self.complete(self.token(*words, "--again"), *csr, p12=name)
        self.assertEqual((done.status, done.err), (DONE, ""))
        row = done.rows[0]
        p12 = self.p12(name)
        return row, p12.pair(row["encryption"]), p12.pair(row["signing"])


class Complete(CompleteTest):
    def test_the_row_and_the_file(self):
        done = self.complete(self.token())
        row = done.rows[0]
        self.assertEqual((row["address"], row["result"]), (ADDRESS, "issued"))
        self.assertIn("encryption key", row["notice"])
        self.assertEqual((self.site.folder / "a.p12").stat().st_mode & 0o777, 0o600)
        last = self.audit()[-1]
        self.assertEqual((last["act"], last["who"], last["subject"], last["result"]),
                         ("complete", "anna", ADDRESS, "issued"))
        self.assertIn(row["encryption"], last["detail"])
        self.assert_whole()

    def test_a_file_that_cannot_be_there_is_named(self):
        token = self.token()
        done = self.complete(token, p12="/proc/a.p12")
        self.refused(done, "keyroster: /proc/a.p12: ")
        self.assertEqual(self.complete(token).status, DONE)  # the token is good still
        self.assert_whole()

    def test_a_kind_of_key_that_others_use(self):
        """openssl verify for each certificate, and mail signed, verified, encrypted and read."""
        ca = self.ca()
        for kind in ("p256", "p384", "rsa2048", "rsa3072", "ed25519"):
            with self.subTest(kind):
                name = f"{kind}.p12"
                row, (cert, key), (signing, signing_key) = self.issued("--user-key", kind, name=name)
                kms_judges.verify(signing, ca, purpose="smimesign")
                rsa = kind.startswith("rsa")
                kms_judges.verify(cert, ca, purpose="smimeencrypt" if rsa else "any")
                self.assertIn("Key Encipherment" if rsa else "Key Agreement", kms_judges.usage_of(cert))
                self.assertIn("Digital Signature", kms_judges.usage_of(signing))
                self.assertIn(f"email:{ADDRESS}", kms_judges.usage_of(signing))
                if kind != "ed25519": # openssl cms makes no Ed25519 signatures without options
                    kms_judges.sign_and_verify(signing, signing_key, ca, self.site.folder)
                    mail = kms_judges.encrypt(cert, self.site.folder)
                    self.assertEqual(kms_judges.decrypt(mail, cert, key), b"a mail to be read\n")
                self.assertTrue(row["not_after"] > "2027")
        self.assert_whole()

    @unittest.skipUnless(kms_judges.nss_is_there(), "no certutil and pk12util")
    def test_nss_imports_it(self):
        self.issued("--name", "Anna Berg")
        said = kms_judges.nss_imports(self.site.folder / "a.p12", kms_support.passphrase_of("p12"), self.ca(),
                                      self.site.folder)
        self.assertIn("Anna Berg", said)
        self.assertIn("u,u,u", said)

    def test_old_readers(self):
        self.complete(self.token(), "--legacy-p12")
        said = command("openssl", "pkcs12", "-legacy", "-in", self.site.folder / "a.p12", "-info", "-noout",
                       "-passin", f"file:{self.site.file_of('p12')}").stderr.decode()
        self.assertIn("pbeWithSHA1And3-KeyTripleDES-CBC", said)
        self.assertEqual(len(self.p12(legacy=True).keys), 2)

    def rounds(self, path, *more):
        """How often the passphrase is hashed in it: for the keys, the certificates, and the MAC."""
        said = command("openssl", "pkcs12", "-in", path, "-info", "-noout", "-passin",
                       f"file:{self.site.file_of('p12')}", *more).stderr.decode()
        found = [int(n) for n in re.findall(r"Iteration (\d+)", said)]
        self.assertEqual(len(found), 4, said)  # two keys
        return set(found)

    def test_a_guess_costs_more_where_there_is_one_file(self):
        folder, path = self.site.folder / "many", self.site.folder / "a.p12"
        self.complete(self.token())
        self.assertEqual(self.rounds(path), {250000})
        self.site.rows("renew", ADDRESS, "--p12", path, "--legacy-p12", by=("anna", "p12"))
        self.assertEqual(self.rounds(path, "-legacy"), {250000})
        self.site.rows("enrol", "b@example.org", "--issue", "--p12-dir", folder, by=("anna", "p12"))
        self.assertEqual(self.rounds(folder / "b@example.org.p12"), {250000})
        self.site.rows("enrol", "c@example.org", "d@example.org", "--issue", "--p12-dir", folder, by=("anna", "p12"))
        self.assertEqual(self.rounds(folder / "c@example.org.p12"), {2048})
        self.site.rows("renew", "--days-left", "600", "--p12-dir", folder, by=("anna", "p12"))
        self.assertEqual(self.rounds(folder / "b@example.org.p12"), {2048})

    def test_a_passphrase_for_it_that_is_short_or_weak(self):
        token, path = self.token(), self.site.folder / "a.p12"
        for text, said in (("", "an empty passphrase"), ("Xk9#qR2", "8 bytes at least")):
            self.site.file_of("p12", text)
            self.refused(self.complete(token), said)
            self.assertFalse(path.exists())
        for text in ("password", "Example2026", "Xk9#qR2v"):
            self.site.file_of("p12", text)
            done = self.complete(self.token("--again"))
            self.assertEqual(done.status, DONE)
            self.assertIn("p12.passphrase: a weak passphrase", done.err)
            self.assertEqual(done.err.count("\n"), 1)
            self.assertEqual(len(self.p12().keys), 2)

    def test_the_users_own_signing_key(self):
        key, csr = self.site.folder / "own.key", self.site.folder / "own.csr"
        for options in (("-newkey", "rsa:2048"), ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
                        ("-newkey", "ed25519")):
            for form in ("PEM", "DER"):
                with self.subTest(options=options, form=form):
                    command("openssl", "req", "-new", *options, "-noenc", "-subj", "/CN=Somebody Else",
                            "-addext", "subjectAltName=email:somebody@example.com", "-keyout", key,
                            "-outform", form, "-out", csr)
                    row, (cert, decrypts), (signing, none) = self.issued(csr=("--csr", csr))
                    self.assertIsNotNone(decrypts)
                    self.assertIsNone(none)
                    usage = kms_judges.usage_of(signing)
                    self.assertIn(f"email:{ADDRESS}", usage)
                    self.assertNotIn("somebody", usage)
                    public = command("openssl", "x509", "-in", signing, "-noout", "-pubkey").stdout
                    self.assertEqual(public, command("openssl", "pkey", "-in", key, "-pubout").stdout)
                    self.assertEqual(len(self.p12().keys), 1)
        self.assert_whole()

    def test_a_refused_request_leaves_the_token_good(self):
        token = self.token()
        key, csr = self.site.folder / "own.key", self.site.folder / "own.csr"
        command("openssl", "req", "-new", "-newkey", "rsa:1024", "-noenc", "-subj", "/CN=x", "-keyout", key,
                "-out", csr)
        weak = csr.read_bytes()
        command("openssl", "req", "-new", "-newkey", "rsa:2048", "-noenc", "-subj", "/CN=x", "-keyout", key,
                "-outform", "DER", "-out", csr)
        forged = bytearray(csr.read_bytes())
        forged[-1] ^= 1
        for text in (weak, bytes(forged), b"", b"no request", csr.read_bytes() + b"x"):
            csr.write_bytes(text)
            self.refused(self.complete(token, "--csr", csr), str(csr))
            self.assertFalse((self.site.folder / "a.p12").exists())
        self.refused(self.complete(token, "--csr", self.site.folder / "none"))
        self.assertEqual(self.complete(token).status, DONE)
        self.assert_whole()

    def test_second_and_international_addresses(self):
        token = self.token("--also", "aberg@example.com", "--name", "Anna Berg, Dr. \"x\" + y")
        row = self.complete(token).rows[0]
        for serial in (row["encryption"], row["signing"]):
            cert, _ = self.p12().pair(serial)
            usage = kms_judges.usage_of(cert)
            self.assertIn(f"email:{ADDRESS}", usage)
            self.assertIn("email:aberg@example.com", usage)
            subject = command("openssl", "x509", "-in", cert, "-noout", "-subject", "-nameopt",
                              "RFC2253").stdout.decode()
            self.assertIn('CN=Anna Berg\\, Dr. \\"x\\" \\+ y', subject)
        row = self.complete(self.token(address="åsa@bücher.example"), p12="b.p12").rows[0]
        cert, _ = self.p12("b.p12").pair(row["encryption"])
        text = command("openssl", "x509", "-in", cert, "-noout", "-text").stdout.decode()
        self.assertRegex(text, r"(?i)smtp ?utf8|1\.3\.6\.1\.5\.5\.7\.8\.9|<unsupported>")
        kms_judges.verify(cert, self.ca())
        self.assert_whole()

    def test_a_token_is_good_once(self):
        token = self.token()
        self.assertEqual(self.complete(token.lower().replace("-", "")).status, DONE)
        self.refused(self.complete(token), "was used at")
        self.assertEqual(self.audit()[-1]["result"], "refused")

    def test_wrong_tokens_are_told_alike_and_counted(self):
        token = self.token()
        wrong = token[:-1] + ("0" if token[-1] != "0" else "1")
        unknown = self.complete("00000-00000-00000-00000")
        self.refused(unknown, "not good")
        for _ in range(10):
            refused = self.complete(wrong)
            self.assertEqual(refused.err, unknown.err)
            self.assertEqual(self.audit()[-1]["result"], "refused")
        self.refused(self.complete(token), "tried wrongly too often")
        self.assertFalse((self.site.folder / "a.p12").exists())
        self.assertNotIn(wrong[7:].encode(), b"".join(f.read_bytes() for f in self.site.store.iterdir()))
        self.assertEqual(self.complete(self.token("--again")).status, DONE)
        self.assert_whole()

    def test_what_does_not_look_like_a_token(self):
        for text in ("", "x", "00000-00000-00000-0000U", "0" * 21, "0" * 5000):
            self.refused(self.complete(text))

    def test_the_token_as_an_argument(self):
        done = self.site.kms("complete", "--token", self.token(), "--p12", self.site.folder / "a.p12",
                             by=("anna", "p12"), jsonl=True)
        self.assertEqual((done.status, done.rows[0]["result"]), (DONE, "issued"))

    def test_it_takes_an_administrator(self):
        token = self.token()
        self.assertEqual(self.complete(token, by=("xena", "p12")).status, NOT_DONE)
        self.assertEqual(self.complete(token, by=("p12",)).status, NOT_DONE)
        self.site.file_of("bo", "another one entirely")
        self.assertEqual(self.complete(token, by=("bo", "p12")).status, NOT_DONE)
        self.assertEqual(self.complete(token).status, DONE)

    def test_a_file_that_cannot_be_written_leaves_the_token_good(self):
        token = self.token()
        self.assertEqual(self.complete(token, p12="none/a.p12").status, NOT_DONE)
        (self.site.folder / "folder").mkdir()
        self.assertEqual(self.complete(token, p12="folder").status, NOT_DONE)
        self.assertEqual(self.complete(token, by=("anna",)).status, NOT_DONE)  # no passphrase p12
        self.assertEqual(self.complete(token).status, DONE)

    def test_used_wrongly(self):
        for words in (("--p12", "a"), ("--token", "x"), ("--token", "x", "--token-file", "y", "--p12", "z"),
                      ("--token", "x", "--p12", ""), ("--token", "x", "--p12", "y", "more")):
            done = self.site.kms("complete", *words)
            self.assertEqual(done.status, USAGE, done.err)
            self.assertNotIn("'x'", done.err)


if __name__ == "__main__":
    unittest.main()
