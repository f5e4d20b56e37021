"""The sample site is what its maker makes, small, and shows all that the manual tells of."""

import csv
import filecmp
import inspect
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["KEYROSTER_SOURCE"])
SAMPLE = SOURCE / "sample"


def signs_without_chance():
    """True when python3-cryptography makes the same signature of the same certificate again."""
    try:
        from cryptography.x509 import CertificateBuilder
    except ImportError:
        return False
    return "ecdsa_deterministic" in inspect.signature(CertificateBuilder.sign).parameters


def terms_of(section):
    """The terms that the list of a section of keyroster-users(1) introduces."""
    page = (SOURCE / "man" / "keyroster-users.1").read_text("utf-8")
    text = page.partition(f".Sh {section}\n")[2].partition("\n.Sh ")[0]
    return set(re.findall(r"^\.It Cm ([a-z-]+)$", text, re.M))


class SampleSite(unittest.TestCase):
    def test_it_is_small(self):
        size = sum(f.stat().st_size for f in SAMPLE.rglob("*") if f.is_file())
        self.assertLess(size, 400_000)

    def test_every_standing_and_warning_is_in_it(self):
        with open(SAMPLE / "expected" / "site.csv", encoding="utf-8", newline="") as f:
            rows = list(csv.DictReader(f))
        shown = {name for row in rows for name in row["warnings"].split(";") if name}
        self.assertEqual({row["standing"] for row in rows}, terms_of("STANDING"))
        self.assertEqual(shown | {"shared-key"}, terms_of("WARNINGS"))  # that is asked for apart

    @unittest.skipUnless(signs_without_chance(), "needs a newer python3-cryptography")
    def test_made_again_it_is_the_same(self):
        with tempfile.TemporaryDirectory() as place:
            subprocess.run([sys.executable, SAMPLE / "make-sample-site", place], check=True)
            made = sorted(p.relative_to(place) for p in pathlib.Path(place).rglob("*.*"))
            self.assertGreater(len(made), 10)
            for name in made:
                self.assertTrue(filecmp.cmp(pathlib.Path(place) / name, SAMPLE / name, False),
                                f"{name} differs: run sample/make-sample-site and commit")


if __name__ == "__main__":
    unittest.main()
