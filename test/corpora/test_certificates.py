"""What `keyroster cert` says of other projects' certificates, held against the answers they come with.

Skipped (status 77) where ../shared/corpora is not there; KEYROSTER_CORPORA names another place. How
the answers are to be read is told there. What we answer differently, with the reason, is in ACCEPTED
and in CONTRIBUTING.md.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

KEYROSTER = os.environ["KEYROSTER"]
SOURCE = pathlib.Path(os.environ["KEYROSTER_SOURCE"])
CORPORA = pathlib.Path(os.environ.get("KEYROSTER_CORPORA", SOURCE.parent / "shared" / "corpora"))
SECONDS_A_FILE = 10 if os.environ.get("KEYROSTER_SANITIZED") == "1" else 1

CURVE_NAMES = {"prime256v1": "secp256r1", "P-256": "secp256r1", "P-384": "secp384r1",
               "P-521": "secp521r1", "prime192v1": "secp192r1"}

# (corpus, file, field or "accept"): answered differently on purpose; reasons in CONTRIBUTING.md.
ACCEPTED = set()


def facts():
    """Yields (corpus folder, file, the rows that tell its certificates)."""
    for table in sorted(CORPORA.glob("*/facts.jsonl")):
        files = {}
        for line in table.read_text().splitlines():
            row = json.loads(line)
            files.setdefault(row["file"], []).append(row)
        for file, rows in files.items():
            yield table.parent, file, rows


def cases():
    """Yields (corpus folder, case) of every answer table."""
    for table in sorted(CORPORA.glob("*/answers.json")):
        answers = json.loads(table.read_text())
        for case in answers["cases"]:
            yield table.parent, {"judge": answers["judge"], **case}


def ask(*paths):
    # Leaks cannot be searched for by a process that has given up its rights.
    sanitizer = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
    return subprocess.run([KEYROSTER, "cert", "-f", "jsonl", "--", *paths], capture_output=True,
                          timeout=SECONDS_A_FILE * max(5, len(paths)), check=False,
                          env={**os.environ, **sanitizer})


def same(field, ours, theirs):
    if field == "key":
        ours, theirs = ({**key, "curve": CURVE_NAMES.get(key.get("curve"), key.get("curve"))}
                        for key in (ours, theirs))
        return {name: ours.get(name) for name in theirs} == theirs
    return ours == theirs


class Certificates(unittest.TestCase):
    def differences(self, corpus, file, row, told):
        key = (corpus.name, file)
        if row["accept"] is None:
            return
        if row["accept"] != (told is not None):
            if (*key, "accept") not in ACCEPTED:
                yield f"{corpus.name}/{file}[{row['index']}]: accept is {row['accept']}"
            return
        for field in row.keys() - {"file", "sha256", "accept"} if told else ():
            if not same(field, told[field], row[field]) and (*key, field) not in ACCEPTED:
                yield (f"{corpus.name}/{file}[{row['index']}]: {field} is {row[field]!r}, "
                       f"told {told[field]!r}")

    def test_facts(self):
        wrong = []
        for corpus, file, rows in facts():
            done = ask(corpus / file)
            self.assertIn(done.returncode, (0, 1), (file, done.stderr))
            objects = [json.loads(line) for line in done.stdout.decode().splitlines()]
            told = {found["sha256"]: found for found in objects}
            for row in rows:
                wrong += self.differences(corpus, file, row, told.get(row["sha256"]))
            refused = any(row["accept"] is False for row in rows)
            if refused and not (done.returncode == 1 and done.stderr.startswith(b"keyroster: ")):
                if (corpus.name, file, "accept") not in ACCEPTED:
                    wrong.append(f"{corpus.name}/{file}: a refused certificate is not named")
            if all(row["accept"] for row in rows) and done.returncode != 0:
                if (corpus.name, file, "accept") not in ACCEPTED:
                    wrong.append(f"{corpus.name}/{file}: status 1, {done.stderr.decode()}")
        self.assertEqual(wrong, [], "\n".join(["", *wrong]))

    def test_signed_data(self):
        wrong = []
        for corpus, case in cases():
            if "pkcs7" not in case or case["judge"] != "C":
                continue
            done = ask(corpus / case["file"])
            told = {json.loads(line)["sha256"] for line in done.stdout.decode().splitlines()}
            if told != set(case["pkcs7"]) and (corpus.name, case["file"], "pkcs7") not in ACCEPTED:
                wrong.append(f"{corpus.name}/{case['file']}: {sorted(told)}, {done.stderr}")
        self.assertEqual(wrong, [], "\n".join(["", *wrong]))

    def test_refusals(self):
        """Certificates of mbedTLS that are right or wrong in one place."""
        wrong = []
        for corpus, case in cases():
            if corpus.name != "mbedtls-data" or case["judge"] != "A" or "text" not in case:
                continue
            done = ask(corpus / case["file"])
            accepted = done.returncode == 0 and done.stdout != b""
            if accepted != case["accept"] and (
                    corpus.name, case["file"], "accept") not in ACCEPTED:
                wrong.append(f"{corpus.name}/{case['file']}: {case['title']}: {done.stderr}")
        self.assertEqual(wrong, [], "\n".join(["", *wrong]))

    def test_fuzzed_inputs(self):
        """No crash and no certificate invented; of some, whether they are one is known."""
        answers = {case["file"]: case for corpus, case in cases() if corpus.name == "fuzz-openssl"}
        with tempfile.TemporaryDirectory() as place:
            subprocess.run(["tar", "-x", "--zstd", "-C", place, "-f",
                            CORPORA / "fuzz-openssl/data/inputs.tar.zst"], check=True)
            files = sorted(p for p in pathlib.Path(place).rglob("*") if p.is_file())
            self.assertGreater(len(files), 10_000)
            told = {}
            for start in range(0, len(files), 200):
                done = ask(*files[start : start + 200])
                self.assertIn(done.returncode, (0, 1), done.stderr[-2000:])
                for line in done.stdout.decode().splitlines():
                    found = json.loads(line)
                    told.setdefault(found["file"], set()).add(found["sha256"])
            wrong = []
            for name, case in answers.items():
                path = next(p for p in files if str(p).endswith("/" + name))
                accepted = case["sha256"] in told.get(str(path), ())
                if accepted != case["accept"] and ("fuzz-openssl", name, "accept") not in ACCEPTED:
                    wrong.append(f"fuzz-openssl/{name}: accept is {case['accept']}")
            self.assertEqual(wrong, [], "\n".join(["", *wrong]))


if __name__ == "__main__":
    if not CORPORA.is_dir():
        print(f"skipped: {CORPORA} is not there")
        sys.exit(77)
    unittest.main()
