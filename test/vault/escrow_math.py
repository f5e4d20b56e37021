"""docs/escrow.md once more, in whole numbers: a second writing of the protocol to hold the first to.

Slow, and not constant in time: for tests only.
"""

import hashlib


class Curve:
    """y^2 = x^3 - 3x + b over the field of p, of prime order n (FIPS 186-4, D.1.2)."""

    def __init__(self, number, bits, p, b, n, gx, gy):
        self.number, self.size, self.p, self.b, self.n = number, bits // 8, p, b, n
        self.generator = (gx, gy)

    def add(self, a, b):
        """The sum of two points; None is infinity."""
        if a is None or b is None:
            return b if a is None else a
        if a[0] == b[0] and (a[1] + b[1]) % self.p == 0:
            return None
        if a == b:
            slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, self.p)
        else:
            slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, self.p)
        x = (slope * slope - a[0] - b[0]) % self.p
        return x, (slope * (a[0] - x) - a[1]) % self.p

    def multiply(self, k, point=None):
        """k·point, or k·G."""
        point, result = point or self.generator, None
        for bit in bin(k % self.n)[2:]:
            result = self.add(result, result)
            if bit == "1":
                result = self.add(result, point)
        return result

    def encode(self, point):
        """Compressed: SEC 1, 2.3.3."""
        return bytes([2 + point[1] % 2]) + self.scalar(point[0])

    def encode_whole(self, point):
        return b"\x04" + self.scalar(point[0]) + self.scalar(point[1])

    def decode(self, data):
        x = int.from_bytes(data[1:1 + self.size], "big")
        square = (x ** 3 - 3 * x + self.b) % self.p
        y = pow(square, (self.p + 1) // 4, self.p)
        if x >= self.p or y * y % self.p != square or data[0] not in (2, 3):
            raise ValueError("no point of the curve")
        return x, y if y % 2 == data[0] % 2 else self.p - y

    def scalar(self, s):
        return s.to_bytes(self.size, "big")


P256 = Curve(
    1, 256,
    0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff,
    0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b,
    0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551,
    0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
    0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)
P384 = Curve(
    2, 384,
    2 ** 384 - 2 ** 128 - 2 ** 96 + 2 ** 32 - 1,
    0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef,
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973,
    0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7,
    0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f)


def transcript(label, *fields):
    """SHA-256 of a label and of fields, each behind its length; whole numbers are fields of 8 bytes."""
    digest = hashlib.sha256()
    for field in (label.encode(), *fields):
        data = field.to_bytes(8, "big") if isinstance(field, int) else field
        digest.update(len(data).to_bytes(4, "big") + data)
    return digest.digest()


def share(curve, coefficients, index):
    return sum(a * index ** j for j, a in enumerate(coefficients)) % curve.n


def commitments(curve, coefficients):
    return [curve.multiply(a) for a in coefficients]


def public_share(curve, committed, index):
    """Y of agent `index`."""
    result = None
    for j, c in enumerate(committed):
        result = curve.add(result, curve.multiply(index ** j, c))
    return result


def lagrange(curve, indexes, index):
    above = below = 1
    for j in indexes:
        if j != index:
            above, below = above * j, below * (j - index)
    return above * pow(below, -1, curve.n) % curve.n


def context(request, serial, agent):
    return transcript("keyroster partial context v1", request, serial, agent)


def challenge(curve, key, index, y, r, d, a, b, about):
    points = [curve.encode(p) for p in (y, r, d, a, b)]
    return transcript("keyroster partial proof v1", curve.number, curve.encode(key), index, *points,
                      about)


def partial(curve, key, index, secret, r, about, nonce):
    """An agent's result and its proof, encoded."""
    d = curve.multiply(secret, r)
    c = challenge(curve, key, index, curve.multiply(secret), r, d, curve.multiply(nonce),
                  curve.multiply(nonce, r), about)
    z = (nonce + int.from_bytes(c, "big") * secret) % curve.n
    return bytes([1, curve.number, index]) + curve.encode(d) + c + curve.scalar(z)


def check(curve, committed, r, about, encoded):
    """The proven D; raises ValueError where it is not."""
    index, size = encoded[2], curve.size
    y = public_share(curve, committed, index)
    d = curve.decode(encoded[3:4 + size])
    c, z = encoded[4 + size:36 + size], int.from_bytes(encoded[36 + size:], "big")
    minus_c = curve.n - int.from_bytes(c, "big") % curve.n
    a = curve.add(curve.multiply(z), curve.multiply(minus_c, y))
    b = curve.add(curve.multiply(z, r), curve.multiply(minus_c, d))
    if c != challenge(curve, committed[0], index, y, r, d, a, b, about):
        raise ValueError("the proof does not hold")
    return d


def combine(curve, results):
    """d·R from {index: D}."""
    total = None
    for index, d in results.items():
        total = curve.add(total, curve.multiply(lagrange(curve, list(results), index), d))
    return total


def wrapping_key(curve, point):
    """X9.63 KDF, SHA-256, of the x-coordinate, with the ECC-CMS-SharedInfo of RFC 5753, 7.2."""
    info = bytes.fromhex("3015300b060960864801650304012da206040400000100")
    return hashlib.sha256(curve.scalar(point[0]) + b"\0\0\0\1" + info).digest()
