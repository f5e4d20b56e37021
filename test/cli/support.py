"""What the tests of the commands share: running keyroster as a user does, and making exports."""

import base64
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KEYROSTER = os.environ["KEYROSTER"]
SOURCE = pathlib.Path(os.environ["KEYROSTER_SOURCE"])
SANITIZED = os.environ.get("KEYROSTER_SANITIZED") == "1"

# Test certificates are valid in 2026 and 2027; what is judged is judged between.
AT = "2027-01-01"

DONE, SOME, USAGE, NOT_DONE = 0, 1, 2, 3

HEADER = "Obj-Class,Display Name,E-mail Addresses,Obj-Container,Tagged-X509-Cert"


class Result:
    """What a run left: its exit status, stdout and stderr."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def rows(self):
        return [json.loads(line) for line in self.out.decode("utf-8").splitlines()]

    @property
    def people(self):
        """The rows in short, as (mailbox, standing)."""
        return [(row["mailbox"], row["standing"]) for row in self.rows]

    def names(self, file, line=None):
        """True when a diagnostic begins with the file and, if asked, the line."""
        place = f"keyroster: {file}:{'' if line is None else f'{line}:'} "
        return any(said.startswith(place) for said in self.err.splitlines())


def run(*arguments, stdin=b"", cwd=None, timeout=60, preexec=None, find_leaks=False, variables=None,
        stdin_file=None, **more):
    """Runs keyroster; a run that takes longer than `timeout` seconds is a hang."""
    done = subprocess.run(
        [KEYROSTER, *map(str, arguments)],
        **({"input": stdin} if stdin_file is None else {"stdin": stdin_file}),
        capture_output=True,
        cwd=cwd,
        timeout=timeout * (4 if SANITIZED else 1),
        env={**environment(find_leaks), **(variables or {})},
        preexec_fn=preexec,
        check=False,
        **more,
    )
    return Result(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


def environment(find_leaks=False):
    """What the program runs in. It is searched for leaks only where it keeps the rights for that."""
    kept = {name: os.environ[name] for name in os.environ if name.endswith("SAN_OPTIONS")}
    kept["ASAN_OPTIONS"] = f"{kept.get('ASAN_OPTIONS', '')}:detect_leaks={int(find_leaks)}"
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "dumb", **kept}


# Runs a command and writes the peak of its resident memory, in KiB, into the file named first.
# A process of its own, since a child's peak counts what its parent held when it was forked.
PEAK = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[2:])
with open(sys.argv[1], "w") as f:
    f.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(done.returncode if done.returncode >= 0 else 128 - done.returncode)
"""


def run_measured(*arguments, cwd, timeout=60):
    """As run(), and the peak of resident memory in MB (10^6 bytes) besides."""
    with tempfile.NamedTemporaryFile("r") as peak:
        done = subprocess.run(
            [sys.executable, "-S", "-c", PEAK, peak.name, KEYROSTER, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=cwd,
            timeout=timeout * (4 if SANITIZED else 1),
            env=environment(),
            check=False,
        )
        return (
            Result(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")),
            int(peak.read()) * 1024 / 1e6,
        )


# ---- certificates and exports ----

_key = ec.generate_private_key(ec.SECP256R1())


def certificate(address, begin="2026-01-01", end="2028-01-01", issuer="Test KMS"):
    """The DER of a certificate that can sign and encrypt, for one address."""
    usage = {name: False for name in (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only").split()}
    usage.update(digital_signature=True, key_agreement=True)
    issuer = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, issuer)])
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)]))
        .issuer_name(issuer)
        .public_key(_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime.fromisoformat(begin))
        .not_valid_after(datetime.datetime.fromisoformat(end))
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(address)]), False)
        .add_extension(x509.KeyUsage(**usage), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
        .sign(_key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


def hex_of(*values):
    return "%".join(value.hex().upper() for value in values)


def base64_of(value):
    return base64.b64encode(value).decode("ascii")


def address_of(name):
    return f"{name.lower()}@example.org"


def csv_row(name, value):
    """A mailbox in an Exchange export; `value` is the text of the certificate field."""
    return f"mailbox,{name},SMTP:{address_of(name)},Recipients,{value}"


def csv_text(*rows, header=HEADER):
    return "".join(line + "\r\n" for line in (header, *rows))


def ldif_entry(name, *lines):
    return "\n".join(
        (f"dn: cn={name},ou=people,dc=example,dc=org", "objectClass: inetOrgPerson", f"cn: {name}",
         f"sn: {name}", f"mail: {address_of(name)}", *lines)) + "\n"


class ExportTest(unittest.TestCase):
    """A test with a folder of its own, in which keyroster runs."""

    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name)

    def write(self, name, content):
        data = content.encode("utf-8") if isinstance(content, str) else content
        (self.folder / name).write_bytes(data)
        return name

    def users(self, *arguments, form="jsonl", **more):
        """`keyroster users` in the folder, at a fixed time; never a crash, whatever is given."""
        result = run("users", "-f", form, "--at", AT, *arguments, cwd=self.folder, **more)
        self.assertIn(result.status, (DONE, SOME, USAGE, NOT_DONE), result.err)
        self.assert_diagnostics(result)
        return result

    def users_of(self, content, name="site.csv", **more):
        return self.users(self.write(name, content), **more)

    def assert_diagnostics(self, result):
        """Every line on stderr is a diagnostic, and a status that is not 0 has at least one."""
        for line in result.err.splitlines():
            self.assertRegex(line, r"^keyroster: \S")
        if result.status != DONE:
            self.assertNotEqual(result.err, "")

    def assert_named(self, result, file, line=None):
        self.assertTrue(result.names(file, line), f"{file}:{line} not named in:\n{result.err}")

    def assert_one_line(self, text, pattern):
        self.assertRegex(text, rf"\A[^\n]*{pattern}[^\n]*\n\Z")


def long_options(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", text))
