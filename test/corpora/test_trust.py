"""What --trust and --crl say of other projects' paths, held against the answers they come with.

Skipped (status 77) where ../shared/corpora is not there; KEYROSTER_CORPORA names another place. How
the answers are to be read is told there. A path is valid when it is trusted, the certificate is in
its time, and, where lists are given, by them good. What we answer differently is in DIFFERENT.
"""

import calendar
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

TRUST_CASES = os.environ["KEYROSTER_TRUST_CASES"]
SOURCE = pathlib.Path(os.environ["KEYROSTER_SOURCE"])
CORPORA = pathlib.Path(os.environ.get("KEYROSTER_CORPORA", SOURCE.parent / "shared" / "corpora"))

# Why we answer differently, and the cases, by corpus.
NO_LINT = "rules for those who issue, checked by X509_V_FLAG_X509_STRICT: old CAs would be shut out"
WEAK = "weak keys and digests are warned of, and not untrusted"
RELATIVE = "a point named relative to the list's issuer is not looked for: unverified, not good"
LEAF_ANCHOR = "a certificate that is given as an anchor is trusted, whoever signed it"
DIFFERENT = {
    ("pkits", "4.14.4 Section14ValiddistributionPointTest4"): RELATIVE,
    ("pkits", "4.14.5 Section14ValiddistributionPointTest5"): RELATIVE,
    ("pkits", "4.14.7 Section14ValiddistributionPointTest7"): RELATIVE,
    ("boringssl-pki", "intermediate-signed-with-sha1/main"): WEAK,
    ("boringssl-pki", "target-has-512bit-rsa-key/main"): WEAK,
    ("boringssl-pki", "target-selfissued/trusted_leaf_require_self_signed"): LEAF_ANCHOR,
    ("mbedtls-data", "X509 CRT verification #42 (Depth 0, not CA, RSA)"): LEAF_ANCHOR,
    ("mbedtls-data", "X509 CRT verification #43 (Depth 0, not CA, EC)"): LEAF_ANCHOR,
    ("x509-limbo", "rfc5280::serial::negative"): NO_LINT,
    ("x509-limbo", "rfc5280::ski::root-missing-ski"): NO_LINT,
    ("x509-limbo", "rfc5280::ski::intermediate-missing-ski"): NO_LINT,
    ("x509-limbo", "rfc5280::ca-empty-subject"): NO_LINT,
    ("x509-limbo", "rfc5280::root-missing-basic-constraints"): NO_LINT,
    ("x509-limbo", "rfc5280::leaf-ku-keycertsign"): NO_LINT,
}


def answers(corpus):
    table = json.loads((CORPORA / corpus / "answers.json").read_text())
    return [case for case in table["cases"] if case.get("judge", table["judge"]) == "D"]


def seconds(at):
    return calendar.timegm(time.strptime(at[:19], "%Y-%m-%dT%H:%M:%S"))


class Case:
    """One path: what trust_cases is to read, and what it should say."""

    def __init__(self, name, at, valid, good=(), **files):
        self.name, self.valid = name, valid
        self.good = {"not-asked", "good", *good}
        self.lines = [f"at {at}"]
        for word, paths in files.items():
            self.lines += [f"{word} {path}" for path in paths]
        self.lines.append("ask")


def several(folder, paths):
    paths = paths or []
    return [folder / path for path in ([paths] if isinstance(paths, str) else paths)]


def pkits():
    folder = CORPORA / "pkits"
    for case in answers("pkits"):
        # The user's policies are what comes out; other inputs are choices that nobody has here.
        if any(name != "SetUserConstrainedPolicySet" for name, _ in case["policy_inputs"]):
            continue
        chain = several(folder, case["chain"])
        yield Case(f"{case['test']} {case['name']}", seconds(case["at"]), case["valid"],
                   anchor=several(folder, case["trust"]), chain=chain[:-1], leaf=chain[-1:],
                   crl=several(folder, case["crls"]))


def split_pem(path):
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    for piece in path.read_text().split(begin)[1:]:
        yield begin + piece.split(end)[0] + end + "\n"


def boringssl(place):
    for case in answers("boringssl-pki"):
        # Purposes of TLS are no rules for mail: judged by verdict/, of the leaf alone.
        if "The extended key usage does not include" in case["errors"]:
            continue
        folder = place / case["id"].replace("/", "_")
        folder.mkdir()
        files = []
        for i, text in enumerate(split_pem(CORPORA / "boringssl-pki" / case["chain"])):
            files.append(folder / f"{i}.pem")
            files[-1].write_text(text)
        yield Case(case["id"], seconds(case["at"]), case["valid"], leaf=files[:1],
                   chain=files[1:-1], anchor=files[-1:])


def limbo():
    folder = CORPORA / "x509-limbo"
    for case in answers("x509-limbo"):
        at = seconds(case["at"]) if case["at"] else seconds("2023-07-01T00:00:00Z")
        yield Case(case["id"], at, case["valid"], leaf=several(folder, case["certificate"]),
                   chain=several(folder, case["intermediates"]),
                   anchor=several(folder, case["trust"]), crl=several(folder, case["crls"]))


def mbedtls():
    folder = CORPORA / "mbedtls-data"
    for case in answers("mbedtls-data"):
        if set(case["flags"]) == {"MBEDTLS_X509_BADCERT_CN_MISMATCH"}:
            continue
        # Upstream takes an issuer without a list for one that has revoked nothing.
        lists_missing_are_good = not any("BADCRL" in flag for flag in case["flags"])
        yield Case(case["title"], seconds(case["at"]), case["valid"],
                   leaf=several(folder, case["certificate"]),
                   chain=several(folder, case["certificate"]),
                   anchor=several(folder, case["trust"]), crl=several(folder, case.get("crl")),
                   good=("unverified",) if lists_missing_are_good else ())


def lamps():
    folder = CORPORA / "rfc9216-lamps"
    for case in answers("rfc9216-lamps"):
        yield Case(f"{case['certificate']} {case['trust']}", seconds(case["at"]), case["valid"],
                   leaf=several(folder, case["certificate"]),
                   chain=several(folder, case["intermediates"]),
                   anchor=several(folder, case["trust"]))


def ask(cases):
    lines = "".join("\n".join(case.lines) + "\n" for case in cases)
    done = subprocess.run([TRUST_CASES], input=lines, capture_output=True, text=True, timeout=300,
                          check=True)
    for case, line in zip(cases, done.stdout.splitlines(), strict=True):
        _, untrusted, in_time, revocation, _ = line.split(" ", 4)
        valid = untrusted == "0" and in_time == "1" and revocation in case.good
        yield case, valid, line


class Paths(unittest.TestCase):
    maxDiff = None

    def judge(self, corpus, cases):
        cases = list(cases)
        wrong, different = [], set()
        for case, valid, line in ask(cases):
            if valid == case.valid:
                continue
            if (corpus, case.name) in DIFFERENT:
                different.add((corpus, case.name))
            else:
                wrong.append(f"{corpus}/{case.name}: valid is {case.valid}, told {line}")
        self.assertEqual([], wrong)
        self.assertEqual({key for key in DIFFERENT if key[0] == corpus}, different)
        self.assertGreater(len(cases), 5)

    def test_pkits(self):
        self.judge("pkits", pkits())

    def test_boringssl(self):
        with tempfile.TemporaryDirectory() as place:
            self.judge("boringssl-pki", boringssl(pathlib.Path(place)))

    def test_limbo(self):
        self.judge("x509-limbo", limbo())

    def test_mbedtls(self):
        self.judge("mbedtls-data", mbedtls())

    def test_lamps(self):
        self.judge("rfc9216-lamps", lamps())


if __name__ == "__main__":
    if not CORPORA.is_dir():
        sys.exit(77)
    unittest.main()
