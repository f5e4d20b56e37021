"""Others' programs, asked about what `keyroster kms` issues: openssl, and NSS where it is installed."""

import pathlib
import re
import shutil
import subprocess


def command(*words, stdin=b"", check=True, env=None):
    done = subprocess.run([str(word) for word in words], input=stdin, capture_output=True, check=False, env=env)
    if check and done.returncode != 0:
        raise AssertionError(f"{words}: {done.stdout!r} {done.stderr!r}")
    return done


class P12:
    """A PKCS#12, taken apart by openssl into files of a folder of its own."""

    def __init__(self, path, passphrase, folder, legacy=False):
        self.path, self.passphrase = pathlib.Path(path), pathlib.Path(passphrase)
        self.folder = pathlib.Path(folder) / f"{self.path.name}.parts"
        self.folder.mkdir(exist_ok=True)
        said = command("openssl", "pkcs12", *(["-legacy"] if legacy else []), "-in", self.path,
                       "-passin", f"file:{self.passphrase}", "-noenc").stdout.decode("latin-1")
        self.keys, self.certificates = {}, {}
        for bag, kind, pem in re.findall(
                r"(Bag Attributes.*?)(?:Key Attributes.*?)?-----BEGIN (PRIVATE KEY|CERTIFICATE)-----"
                r"(.*?)-----END", said, re.S):
            local = re.search(r"localKeyID: ([0-9A-F ]+)", bag)
            number = len(self.keys) + len(self.certificates)
            file = self.folder / f"{number}.pem"
            file.write_text(f"-----BEGIN {kind}-----{pem}-----END {kind}-----\n")
            if kind == "PRIVATE KEY":
                self.keys[local.group(1).strip()] = file
            elif local:
                self.certificates[local.group(1).strip()] = file
        self.by_serial = {}
        for local, file in self.certificates.items():
            serial = command("openssl", "x509", "-in", file, "-noout", "-serial").stdout.decode()
            self.by_serial[serial.strip().split("=")[1].lower()] = (file, self.keys.get(local))

    def pair(self, serial):
        """The files of a certificate, and of its key (None: the user has it)."""
        for found, pair in self.by_serial.items():
            if int(found, 16) == int(serial, 16):
                return pair
        raise AssertionError(f"{serial} is not among {list(self.by_serial)}")


def usage_of(certificate):
    """(key usage, extended, subject alternative name) as openssl prints them."""
    text = command("openssl", "x509", "-in", certificate, "-noout", "-ext",
                   "keyUsage,extendedKeyUsage,subjectAltName").stdout.decode()
    return text


def verify(certificate, ca, *options, purpose="any"):
    """openssl verify -x509_strict, with the CA's file as both chain and anchor."""
    return command("openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", ca, *options,
                   certificate)


def sign_and_verify(certificate, key, ca, folder):
    mail = pathlib.Path(folder) / "signed.eml"
    command("openssl", "cms", "-sign", "-signer", certificate, "-inkey", key, "-out", mail,
            stdin=b"a mail to be signed\n")
    said = command("openssl", "cms", "-verify", "-in", mail, "-CAfile", ca).stdout
    if b"a mail to be signed" not in said:
        raise AssertionError(said)


def encrypt(certificate, folder, text=b"a mail to be read\n"):
    mail = pathlib.Path(folder) / "encrypted.eml"
    command("openssl", "cms", "-encrypt", "-binary", "-aes-256-cbc", "-out", mail, certificate, stdin=text)
    return mail


def decrypt(mail, certificate, key):
    return command("openssl", "cms", "-decrypt", "-in", mail, "-recip", certificate, "-inkey", key).stdout


def nss_is_there():
    return shutil.which("pk12util") is not None and shutil.which("certutil") is not None


def nss_imports(p12, passphrase, ca, folder):
    """Imports it as Thunderbird would; returns the names that certutil lists."""
    database = pathlib.Path(folder) / "nss"
    database.mkdir(exist_ok=True)
    command("certutil", "-N", "-d", f"sql:{database}", "--empty-password")
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?",
                        pathlib.Path(ca).read_text(), re.S)
    for number, block in enumerate(blocks):
        command("certutil", "-A", "-d", f"sql:{database}", "-n", f"ca{number}", "-t", ",CT,", "-a",
                stdin=block.encode())
    command("pk12util", "-i", p12, "-d", f"sql:{database}", "-W", passphrase, "-K", "")
    return command("certutil", "-L", "-d", f"sql:{database}").stdout.decode()


def crl_text(path, *options):
    return command("openssl", "crl", "-in", path, *options, "-noout", "-text").stdout.decode()


def crl_entries(path, *options):
    """{serial: reason or None} of a list."""
    entries = {}
    for part in crl_text(path, *options).split("Serial Number: ")[1:]:
        reason = re.search(r"X509v3 CRL Reason Code:\s*\n\s*(.+)", part)
        entries[part.split()[0].lower()] = reason.group(1).strip() if reason else None
    return entries


def crl_number(path, *options):
    return int(re.search(r"X509v3 CRL Number:\s*\n\s*(\S+)", crl_text(path, *options)).group(1), 0)
