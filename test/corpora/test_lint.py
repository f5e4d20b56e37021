"""The lint of certificates that are to be issued, held against zlint's verdicts on its own test cases.

Skipped (status 77) where ../shared/corpora is not there. Of zlint's rules those are asked that concern
what the server issues: key usage, extended key usage, kinds of keys. Ours are narrower where zlint
lets a certificate serve two purposes; so what zlint calls an error must break the rule for both
purposes, and what it passes must keep it where it is in our form at all: IN_OUR_FORM tells for which
purpose.
"""

import json
import os
import pathlib
import subprocess
import sys
import unittest

LINT = os.environ["KEYROSTER_LINT_FILES"]
SOURCE = pathlib.Path(os.environ["KEYROSTER_SOURCE"])
CORPORA = pathlib.Path(os.environ.get("KEYROSTER_CORPORA", SOURCE.parent / "shared" / "corpora"))
ZLINT = CORPORA / "zlint-smime"

USAGE = "key usage does not fit the purpose and the key"
EKU = "extended key usage is emailProtection"
KEY = "the key is weak or of a kind not certified"

# zlint's rule: ours.
RULES = {
    "e_ecpublickey_key_usages": USAGE,
    "e_edwardspublickey_key_usages": USAGE,
    "e_rsa_key_usage_legacy_multipurpose": USAGE,
    "e_rsa_key_usage_strict": USAGE,
    "e_rsa_other_key_usages": USAGE,
    "e_ec_other_key_usages": USAGE,
    "e_smime_legacy_multipurpose_eku_check": EKU,
    "e_smime_strict_eku_check": EKU,
    "e_invalid_legacy_spki_algoid": KEY,
}

# Passed by zlint, and in the form in which we issue: the purpose. Keys of post-quantum algorithms and
# usages for two purposes are passed too; we issue none.
IN_OUR_FORM = {
    "ec_legacy_digital_signature_ku": "signing",
    "ec_strict_key_agreement_ku": "encryption",
    "rsa_legacy_digital_signature_ku": "signing",
    "rsa_multipurpose_digital_signature_content_commitment_ku": "signing",
    "rsa_legacy_key_encipherment_ku": "encryption",
    "sm1_alg_rsa_eff1_pqfx": "signing",
    "sm1_alg_p256_eff1_pqfx": "signing",
    "sm1_alg_ed25519_eff1_pqfx": "signing",
}


def broken(files):
    """{file: {purpose: [rules]}}"""
    done = subprocess.run([LINT, *files], stdout=subprocess.PIPE, check=True, cwd=ZLINT)
    found = {file: {"signing": [], "encryption": []} for file in files}
    for line in done.stdout.decode("utf-8").splitlines():
        file, purpose, rule = line.split("\t")
        found[file][purpose].append(rule)
    return found


class Zlint(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cases = json.loads((ZLINT / "answers.json").read_text())["cases"]
        cls.cases = [case for case in cases if case["lint"] in RULES]
        cls.found = broken(sorted({case["file"] for case in cls.cases}))

    def breaks(self, case, purpose):
        return any(RULES[case["lint"]] in rule for rule in self.found[case["file"]][purpose])

    def test_what_zlint_calls_an_error_is_never_signed(self):
        errors = [case for case in self.cases if case["expected"] == "Error"]
        self.assertGreaterEqual(len(errors), 10)
        for case in errors:
            for purpose in ("signing", "encryption"):
                with self.subTest(case["name"], file=case["file"], purpose=purpose):
                    self.assertTrue(self.breaks(case, purpose))

    def test_what_zlint_passes_in_our_form_keeps_the_rule(self):
        asked = set()
        for case in self.cases:
            stem = pathlib.Path(case["file"]).stem
            if case["expected"] == "Pass" and stem in IN_OUR_FORM:
                asked.add(stem)
                with self.subTest(case["name"], file=case["file"]):
                    self.assertFalse(self.breaks(case, IN_OUR_FORM[stem]))
        self.assertEqual(asked, set(IN_OUR_FORM))

    def test_a_usage_that_is_missing_is_missed(self):
        for case in self.cases:
            if case["file"].endswith("_no_key_usages.pem"):
                for purpose in ("signing", "encryption"):
                    self.assertTrue(self.breaks(case, purpose))


if __name__ == "__main__":
    if not ZLINT.is_dir():
        sys.exit(77)
    unittest.main()
