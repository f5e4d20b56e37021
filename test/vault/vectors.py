"""The test vectors of docs/escrow.md: everything follows from the names below, by SHA-512.

    vectors.py          writes them to standard output, as they stand in the document
"""

import hashlib

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

import escrow_math as em

QUORUM, COUNT, AGENTS = 2, 3, (1, 3)
NEW_QUORUM, NEW_COUNT = 3, 4


def drawn(curve, name, what):
    """A number from 1 to n - 1, the same one each time."""
    digest = hashlib.sha512(f"keyroster escrow vector {name} {what}".encode()).digest()
    return 1 + int.from_bytes(digest, "big") % (curve.n - 1)


def tlv(tag, *contents):
    content = b"".join(contents)
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    length = bytes([size]) if size < 128 else bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + length + content


def oid(text):
    return tlv(0x06, bytes.fromhex(text))


def envelope(curve, point, wrapped, nonce, sealed):
    """RFC 5083 and RFC 5753, for a certificate of no name and serial number 1."""
    originator = tlv(0xa0, tlv(0xa1, tlv(0x30, oid("2a8648ce3d0201")),
                               tlv(0x03, b"\0", curve.encode_whole(point))))
    agreement = tlv(0x30, oid("2b810401" "0b01"), tlv(0x30, oid("60864801650304012d")))
    recipient = tlv(0x30, tlv(0x30), tlv(0x02, b"\1"))
    agree = tlv(0xa1, tlv(0x02, b"\3"), originator, agreement,
                tlv(0x30, tlv(0x30, recipient, tlv(0x04, wrapped))))
    gcm = tlv(0x30, oid("60864801650304012e"), tlv(0x30, tlv(0x04, nonce), tlv(0x02, b"\x10")))
    content = tlv(0x30, oid("2a864886f70d010701"), gcm, tlv(0x80, sealed[:-16]))
    return tlv(0x30, oid("2a864886f70d0109100117"),
               tlv(0xa0, tlv(0x30, tlv(0x02, b"\0"), tlv(0x31, agree), content,
                             tlv(0x04, sealed[-16:]))))


def escrow_values(curve, name):
    """A dealing, and an envelope that two of its agents open."""
    coefficients = [drawn(curve, name, f"coefficient {j}") for j in range(QUORUM)]
    committed = em.commitments(curve, coefficients)
    key, d = committed[0], coefficients[0]
    yield "coefficients", b"".join(map(curve.scalar, coefficients))
    yield "public", bytes([1, curve.number, QUORUM, COUNT]) + b"".join(map(curve.encode, committed))
    for index in range(1, COUNT + 1):
        yield f"share {index}", curve.scalar(em.share(curve, coefficients, index))
    for index in range(1, COUNT + 1):
        yield f"public share {index}", curve.encode(em.public_share(curve, committed, index))

    ephemeral = drawn(curve, name, "ephemeral")
    point = curve.multiply(ephemeral)
    shared = curve.multiply(ephemeral, key)
    wrapping = em.wrapping_key(curve, shared)
    content_key = hashlib.sha256(f"keyroster escrow vector {name} content key".encode()).digest()
    nonce = hashlib.sha256(f"keyroster escrow vector {name} nonce".encode()).digest()[:12]
    plain = f"the PKCS#8 of a key ({name})".encode()
    wrapped = aes_key_wrap(wrapping, content_key)
    made = envelope(curve, point, wrapped, nonce, AESGCM(content_key).encrypt(nonce, plain, None))
    yield "ephemeral point", curve.encode_whole(point)
    yield "content", plain
    yield "envelope", made

    request = hashlib.sha256(f"keyroster escrow vector {name} request".encode()).digest()
    results = {}
    yield "request", request
    yield "serial", bytes.fromhex("5a3562")
    for index in AGENTS:
        agent = f"agent {index}".encode()
        about = em.context(request, bytes.fromhex("5a3562"), agent)
        proof_nonce = drawn(curve, name, f"proof nonce {index}")
        secret = em.share(curve, coefficients, index)
        encoded = em.partial(curve, key, index, secret, point, about, proof_nonce)
        yield f"agent {index}", agent
        yield f"context {index}", about
        yield f"proof nonce {index}", curve.scalar(proof_nonce)
        yield f"partial {index}", encoded
        results[index] = em.check(curve, committed, point, about, encoded)
    assert em.combine(curve, results) == shared == curve.multiply(d, point)
    yield "shared secret", curve.scalar(shared[0])
    yield "wrapping key", wrapping


def reshare_values(curve, name):
    """The same key dealt anew by agents 1 and 3, three of four."""
    coefficients = [drawn(curve, name, f"coefficient {j}") for j in range(QUORUM)]
    dealings = {}
    for index in AGENTS:
        rest = [drawn(curve, name, f"resharing {index} {k}") for k in range(1, NEW_QUORUM)]
        dealings[index] = [em.share(curve, coefficients, index), *rest]
        head = bytes([1, curve.number, NEW_QUORUM, NEW_COUNT])
        points = em.commitments(curve, dealings[index])
        yield f"part {index}", head + b"".join(map(curve.encode, points))
        for new in range(1, NEW_COUNT + 1):
            yield f"subshare {index} {new}", curve.scalar(em.share(curve, dealings[index], new))
    weights = {i: em.lagrange(curve, AGENTS, i) for i in AGENTS}
    renewed = [sum(weights[i] * dealings[i][k] for i in AGENTS) % curve.n
               for k in range(NEW_QUORUM)]
    assert renewed[0] == coefficients[0]
    points = em.commitments(curve, renewed)
    yield "new public", (bytes([1, curve.number, NEW_QUORUM, NEW_COUNT]) +
                         b"".join(map(curve.encode, points)))
    for new in range(1, NEW_COUNT + 1):
        yield f"new share {new}", curve.scalar(em.share(curve, renewed, new))


def all_values():
    for name, curve in (("P-256", em.P256), ("P-384", em.P384)):
        for what, value in (*escrow_values(curve, name), *reshare_values(curve, name)):
            yield name, what, value


def as_text():
    lines = []
    for name in ("P-256", "P-384"):
        lines += [f"### {name}", "", "```"]
        for curve, what, value in all_values():
            if curve == name:
                text = value.hex()
                lines.append(f"{what} =")
                lines += [f"    {text[i:i + 100]}" for i in range(0, len(text), 100)]
        lines += ["```", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    print(as_text(), end="")
