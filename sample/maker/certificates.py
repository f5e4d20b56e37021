"""Real certificates for the plan, the same ones at every run.

The keys come from a seed that stands here, so that everybody can make the sample again and
compare: they protect nothing, and nobody should use them for anything else.
"""

import datetime
import hashlib
import struct

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from maker import plan

SEED = b"keyroster sample site 1"
DER = serialization.Encoding.DER
SHA256_RSA = bytes.fromhex("2a864886f70d01010b")
SHA1_RSA = bytes.fromhex("2a864886f70d010105")

TAG_VERSION, TAG_ENCRYPTION, TAG_CHAIN, TAG_ENCODING = 0x0001, 0x0003, 0x0004, 0x0006
TAG_DEFAULTS, TAG_ENCRYPTION_SHA1, TAG_DISPLAY_NAME = 0x0020, 0x0022, 0x000B


def stream(label, size):
    """As many bytes as asked for, of this label alone."""
    return hashlib.shake_256(SEED + b"/" + label.encode()).digest(size)


def is_prime(n):
    if any(n % p == 0 for p in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)):
        return False
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37):
        x = pow(base, odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def prime(label, bits):
    n = int.from_bytes(stream(label, bits // 8), "big") | 3 << (bits - 2) | 1
    while not is_prime(n) or n % 65537 == 1:
        n += 2
    return n


def rsa_key(label, bits):
    p, q = prime(label + "/p", bits // 2), prime(label + "/q", bits // 2)
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public
    ).private_key()


def make_key(kind, label):
    if kind.startswith("RSA-"):
        return rsa_key(label, int(kind[4:]))
    return ec.derive_private_key(int.from_bytes(stream(label, 31), "big"), ec.SECP256R1())


def moment(date):
    return datetime.datetime.fromisoformat(date)


def last_second(date):
    return moment(date) + datetime.timedelta(hours=23, minutes=59, seconds=59)


class Authority:
    """One that issues: its name, its key, its own certificate."""

    def __init__(self, name, org, kind, since, until):
        self.common_name = name
        self.key = make_key(kind, name)
        self.name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
                               x509.NameAttribute(NameOID.ORGANIZATION_NAME, org),
                               x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = key_usage(key_cert_sign=True, crl_sign=True)
        self.certificate = sign(
            self.key,
            builder(self.name, self.name, self.key, name, moment(since), last_second(until))
            .add_extension(x509.BasicConstraints(True, 0), True)
            .add_extension(usage, True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False))


def key_usage(**on):
    names = ("digital_signature content_commitment key_encipherment data_encipherment "
             "key_agreement key_cert_sign crl_sign encipher_only decipher_only").split()
    return x509.KeyUsage(**{name: on.get(name, False) for name in names})


def builder(subject, issuer, key, label, since, until):
    serial = int.from_bytes(stream(label + "/serial", 8), "big") >> 1 | 1 << 62
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
            .public_key(key.public_key()).serial_number(serial)
            .not_valid_before(since).not_valid_after(until))


def sign(key, unsigned):
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return unsigned.sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    return unsigned.sign(key, hashes.SHA256())


def element(tag, contents):
    size = len(contents)
    if size < 0x80:
        return bytes([tag, size]) + contents
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + contents


def signed_over_sha1(certificate, key):
    """The same certificate as a KMS of 2003 would have signed it; no library does so today."""
    tbs = certificate.tbs_certificate_bytes.replace(SHA256_RSA, SHA1_RSA, 1)
    algorithm = element(0x30, element(0x06, SHA1_RSA) + b"\x05\x00")
    signature = key.sign(tbs, padding.PKCS1v15(), hashes.SHA1())
    return element(0x30, tbs + algorithm + element(0x03, b"\x00" + signature))


def setting(tag, data):
    return struct.pack("<HH", tag, len(data) + 4) + data


class Maker:
    def __init__(self):
        org = "Nordwind Logistics"
        self.authorities = {
            plan.KMS: Authority("Nordwind KMS CA", org, "EC secp256r1",
                                "2014-01-01", "2045-12-31"),
            plan.OLD_KMS: Authority("Nordwind KMS CA 2003", org, "RSA-2048",
                                    "2003-01-01", "2038-12-31"),
            plan.BANK: Authority("Musterbank Mail CA", "Musterbank", "EC secp256r1",
                                 "2020-01-01", "2045-12-31"),
        }
        self.made = {}  # label: DER

    def subject(self, person):
        parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Nordwind Logistics"),
                 x509.NameAttribute(NameOID.COMMON_NAME, person.name)]
        return x509.Name(parts)

    def issue(self, person, c, number):
        label = f"{person.alias}/{number}"
        key = make_key(c.key, label)
        name = self.subject(person)
        ca = self.authorities.get(c.ca)
        emails = person.mail[:1] if c.emails is None else c.emails
        unsigned = builder(name, ca.name if ca else name, key, label, moment(c.since),
                           last_second(c.until))
        if emails:
            unsigned = unsigned.add_extension(
                x509.SubjectAlternativeName([x509.RFC822Name(e) for e in emails]), False)
        elliptic = not c.key.startswith("RSA")
        encrypts = c.use in ("encryption", "both")
        unsigned = unsigned.add_extension(key_usage(
            digital_signature=c.use in ("signing", "both"),
            key_encipherment=encrypts and not elliptic,
            key_agreement=encrypts and elliptic), True)
        unsigned = unsigned.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
        signer = ca.key if ca else key
        certificate = sign(signer, unsigned)
        if c.sha1:
            return signed_over_sha1(certificate, signer)
        return certificate.public_bytes(DER)

    def der(self, person, number):
        """The certificate itself, whatever form its value takes."""
        repeated = person.certificates[number].repeats
        number = number if repeated is None else repeated
        label = f"{person.alias}/{number}"
        if label not in self.made:
            self.made[label] = self.issue(person, person.certificates[number], number)
        return self.made[label]

    def value(self, person, number):
        """The bytes of the attribute value."""
        c = person.certificates[number]
        der = self.der(person, number)
        if c.form == "cut":
            return der[: len(der) // 2]
        if c.form == "text":
            return b"see the old smart card, E. Haugen"
        if c.form == "pkcs7":
            chain = [x509.load_der_x509_certificate(der), self.authorities[c.ca].certificate]
            return pkcs7.serialize_certificates(chain, DER)
        if c.form.startswith("tagged"):
            return self.tagged(person, c, der)
        return der

    def tagged(self, person, c, der):
        defaults = 3 if c.form == "tagged-default" else 4
        ca = self.authorities[c.ca].certificate.public_bytes(DER)
        return (setting(TAG_VERSION, struct.pack("<I", 1))
                + setting(TAG_ENCODING, struct.pack("<I", 1))
                + setting(TAG_DEFAULTS, struct.pack("<I", defaults))
                + setting(TAG_DISPLAY_NAME, person.name.encode("cp1252") + b"\0")
                + setting(TAG_ENCRYPTION, der)
                + setting(TAG_ENCRYPTION_SHA1, hashlib.sha1(der).digest())
                + (setting(TAG_CHAIN, ca) if person.alias == "aberg" else b""))

    def revocation_list(self):
        """Of the KMS's authority: the one list that the sample has."""
        ca = self.authorities[plan.KMS]
        crl = (x509.CertificateRevocationListBuilder().issuer_name(ca.name)
               .last_update(moment("2026-10-31")).next_update(moment("2046-01-01"))
               .add_extension(x509.CRLNumber(61), False)
               .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                   ca.key.public_key()), False))
        for person in plan.PEOPLE:
            for number, c in enumerate(person.certificates):
                if c.revoked is None or c.repeats is not None:
                    continue
                date, reason = c.revoked
                flag = x509.ReasonFlags[{"keyCompromise": "key_compromise",
                                         "cessationOfOperation": "cessation_of_operation"}[reason]]
                serial = x509.load_der_x509_certificate(self.der(person, number)).serial_number
                crl = crl.add_revoked_certificate(
                    x509.RevokedCertificateBuilder().serial_number(serial)
                    .revocation_date(moment(date)).add_extension(x509.CRLReason(flag), False)
                    .build())
        return crl.sign(ca.key, hashes.SHA256(), ecdsa_deterministic=True)
