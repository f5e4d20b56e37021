"""Secrets, and every form in which one might lie in a file or in memory."""

import base64
import re
import subprocess

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa


def _base64_forms(value):
    """What base64 of anything that contains `value` contains, at each of the three places."""
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + value)
        yield text[(0, 2, 3)[shift]:len(text) // 4 * 4 - 4]


def forms_of_text(secret):
    """A passphrase or a token."""
    raw = secret.encode("utf-8")
    yield from {raw, raw.lower(), raw.upper(), raw.hex().encode(), raw.hex().upper().encode(),
                secret.encode("utf-16-le"), secret.encode("utf-16-be")}
    yield from _base64_forms(raw)


def forms_of_token(token):
    """Of a token its 14 secret characters count: the first 6 name its row."""
    plain = token.replace("-", "")
    for text in (token, plain, plain[6:], token[7:], plain[6:].replace("-", "")):
        yield from forms_of_text(text)


def forms_of_number(number, size):
    """A scalar, prime or seed: its bytes either way round (libcrypto's limbs are backwards)."""
    raw = number.to_bytes(size, "big")
    yield from (raw, raw[::-1], raw.hex().encode(), raw.hex().upper().encode(),
                ":".join(f"{byte:02x}" for byte in raw).encode())
    yield from _base64_forms(raw)


def numbers_of_key(pem):
    """(number, size in bytes) of what is private in a key: any of them gives it away."""
    key = serialization.load_pem_private_key(pem, None)
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.private_numbers()
        half = key.key_size // 16
        return [(numbers.p, half), (numbers.q, half), (numbers.d, 2 * half), (numbers.dmp1, half),
                (numbers.dmq1, half), (numbers.iqmp, half)]
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return [(key.private_numbers().private_value, (key.key_size + 7) // 8)]
    raw = key.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw,
                            serialization.NoEncryption())
    return [(int.from_bytes(raw, "big"), len(raw))]


def forms_of_key(pem):
    for number, size in numbers_of_key(pem):
        yield from forms_of_number(number, size)


def keys_of_p12(path, passphrase):
    """The PEM of every private key in it."""
    done = subprocess.run(["openssl", "pkcs12", "-in", str(path), "-nodes", "-nocerts", "-passin",
                           f"pass:{passphrase}"], capture_output=True, check=True)
    return re.findall(rb"-----BEGIN PRIVATE KEY-----.*?-----END PRIVATE KEY-----\n", done.stdout, re.S)


class Needles:
    """What must not be found, each with a name by which a test complains."""

    def __init__(self):
        self.forms = {}

    def _add(self, name, forms):
        for form in forms:
            if len(form) >= 10:
                self.forms.setdefault(bytes(form), name)

    def text(self, name, secret):
        self._add(name, forms_of_text(secret))

    def token(self, token):
        self._add(f"token {token}", forms_of_token(token))

    def key(self, name, pem):
        self._add(name, forms_of_key(pem))

    def p12(self, path, passphrase):
        keys = keys_of_p12(path, passphrase)
        for number, pem in enumerate(keys):
            self.key(f"key {number} of {path.name}", pem)
        return len(keys)

    def found_in(self, haystack):
        """The names of those that are there, in lines of base64 too."""
        joined = haystack.replace(b"\n", b"") if b"\n" in haystack else b""
        return sorted({name for form, name in self.forms.items()
                       if form in haystack or form in joined})


# The head of an unencrypted key, whoever's it is: PKCS#8 and SEC 1 of P-256 and P-384, RSA, PEM.
UNENCRYPTED = re.compile(
    rb"\x02\x01\x01\x04\x20[^\0]{8}.{24}[\xa0\xa1]|\x02\x01\x01\x04\x30[^\0]{8}.{40}[\xa0\xa1]|"
    rb"\x02\x01\x00\x02\x82\x01[\x01\x81]\x00.{64}|"
    rb"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65[\x6e\x70]\x04\x22\x04\x20|"
    rb"-----BEGIN (?:EC |RSA )?PRIVATE KEY-----\n\w", re.S)
