"""What is read from other projects' tables and LDIF, held against the answers they come with.

Skipped (status 77) where ../shared/corpora is not there; KEYROSTER_CORPORA names another place. How
the answers are to be read is told there. Tables are compared cell by cell, as the source room reads
them; whether a file or record is refused is asked of `keyroster users` itself. What we answer
differently is in DIFFERENT.
"""

import base64
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

KEYROSTER = os.environ["KEYROSTER"]
DUMP_TABLES = os.environ["KEYROSTER_DUMP_TABLES"]
SOURCE = pathlib.Path(os.environ["KEYROSTER_SOURCE"])
CORPORA = pathlib.Path(os.environ.get("KEYROSTER_CORPORA", SOURCE.parent / "shared" / "corpora"))
SECONDS_A_FILE = 10 if os.environ.get("KEYROSTER_SANITIZED") == "1" else 1

# Looking for leaks takes a process of its own, which the sandbox forbids.
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}

# Why we answer differently, and the cases.
RENAMED = "upstream gives columns of one name other names: ours are called as the file says"
NOT_FOLLOWED = "`:<` is followed for certificates only, and only with --follow-urls"
AN_ENTRY = "a record without changetype is an entry, in a file of changes too"
EMPTY = "an empty file is no export: it is refused, so that a failed one is not taken for a good one"
OPTIONS = "values of one modification may differ in options behind the ones it names"
DIFFERENT = {
    ("csv-papaparse", "data/061.csv"): RENAMED,
    ("csv-papaparse", "data/062.csv"): RENAMED,
    ("ldif-unboundid", "data/30.ldif"): NOT_FOLLOWED,
    ("ldif-unboundid", "data/31.ldif"): NOT_FOLLOWED,
    ("ldif-unboundid", "data/90.ldif"): NOT_FOLLOWED,
    ("ldif-unboundid", "data/40.ldif"): AN_ENTRY,
    ("ldif-unboundid", "data/86.ldif"): EMPTY,
    ("ldif-unboundid", "data/58.ldif"): OPTIONS,
}

# The delimiter where the case leaves it to be guessed and it is no comma.
GUESSED = {"data/133.csv": ";"}

TABLES = ["csv-commons", "csv-papaparse", "csv-rust", "csv-spectrum", "csv-univocity",
          "thunderbird-addressbook"]
LDIFS = ["ldif-openldap", "ldif-perl-ldap", "thunderbird-addressbook"]


def cases(corpora, judge):
    for corpus in corpora:
        answers = json.loads((CORPORA / corpus / "answers.json").read_text())
        for case in answers["cases"]:
            if case.get("judge", answers["judge"]) == judge:
                yield corpus, case


def text_of(digits):
    """Text as keyroster shows it: UTF-8, or Windows-1252 where it is not."""
    raw = bytes.fromhex(digits)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def dump(*arguments):
    done = subprocess.run([DUMP_TABLES, *map(str, arguments)], capture_output=True, check=False,
                          timeout=10 * SECONDS_A_FILE)
    if done.returncode not in (0, 1):
        raise AssertionError(f"{arguments}: status {done.returncode}, {done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def table(path, case):
    """The rows of a CSV file; None for one that is refused."""
    delimiter = case.get("delimiter") or case.get("config", {}).get("delimiter") or GUESSED.get(
        case["file"], ",")
    encoding = case.get("encoding", "utf-8").replace("latin-1", "latin1") # as iconv has it
    records = dump("csv", delimiter, '"', "-" if encoding.startswith("utf-") else encoding, path)
    return [None if "refused" in record else [text_of(cell) for cell in record["cells"]]
            for record in records]


def filled(rows):
    """Without empty lines: a line end at the file's end starts no record (RFC 4180, section 2)."""
    return [row for row in rows if row != [""]]


def flat(value):
    """The cells of an object that upstream makes of a row: in order, what is extra at its end."""
    cells = list(value.values()) if isinstance(value, dict) else value
    return [cell for one in cells for cell in (one if isinstance(one, list) else [one])]


def wanted(case):
    if "records" in case:
        return [case["header"], *case["records"]]
    if "rows" in case:
        return case["rows"]
    return [flat(row) for row in case["data"]]


def ask(path, *options):
    """`keyroster users` of one file: its status, and what it said on stderr."""
    begun = time.monotonic()
    done = subprocess.run([KEYROSTER, "users", "-f", "jsonl", "--at", "2027-01-01", *options, "--",
                           str(path)], capture_output=True, timeout=60, check=False, env=ENVIRONMENT)
    return done.returncode, done.stderr.decode("utf-8", "replace"), time.monotonic() - begun


def is_refused(path):
    """True when the file, or a record of it by its line, is named on stderr."""
    status, said, _ = ask(path)
    named = [line for line in said.splitlines()
             if line.removeprefix(f"keyroster: {path}:").split(":")[0].isdigit()]
    if status == 0 or (status == 1 and not named):
        return False
    if status not in (1, 3) or f"keyroster: {path}:" not in said:
        raise AssertionError(f"{path}: status {status}, {said}")
    return True


class Tables(unittest.TestCase):
    def assert_none(self, wrong):
        self.assertEqual(wrong, [], "\n".join(["", *wrong]))

    def test_rows(self):
        """Every cell of every row; a malformed table as upstream reads it, or a line is named."""
        wrong, count = [], 0
        for corpus, case in (*cases(TABLES, "B"), *cases(["csv-papaparse"], "A")):
            if "kind" in case or (corpus, case["file"]) in DIFFERENT:
                continue
            count += 1
            rows, want = table(CORPORA / corpus / case["file"], case), wanted(case)
            if case.get("config", {}).get("header"):
                rows = rows[1:] # upstream makes it the keys of its objects, or leaves it there
                want = want if isinstance(case["data"][0], dict) else want[1:]
            if filled(rows) != filled(want) and (case.get("accept", True) or None not in rows):
                wrong.append(f"{corpus}/{case['file']}: {rows[:4]}, not {want[:4]}")
        self.assertGreater(count, 80)
        self.assert_none(wrong)

    def test_differences_remain(self):
        """What is listed as different still is: nothing is excused that has become right."""
        for (corpus, file), reason in DIFFERENT.items():
            case = next(case for name, case in (*cases([corpus], "A"), *cases([corpus], "B"))
                        if case["file"] == file)
            path = CORPORA / corpus / file
            if corpus == "csv-papaparse":
                self.assertNotEqual(filled(table(path, case)), filled(wanted(case)), reason)
            else:
                self.assertEqual(is_refused(path), case["accept"], reason)


class Ldif(unittest.TestCase):
    def assert_none(self, wrong):
        self.assertEqual(wrong, [], "\n".join(["", *wrong]))

    def test_entries(self):
        """DNs in their order, mail addresses, and certificates by their hash."""
        wrong, count = [], 0
        for corpus, case in cases(LDIFS, "B"):
            if "kind" not in case:
                continue
            count += 1
            entries = dump("ldif", CORPORA / corpus / case["file"])
            refused = [text_of(entry["refused"]) for entry in entries if "refused" in entry]
            entries = [entry for entry in entries if "refused" not in entry]
            dns = [text_of(entry["dn"]) for entry in entries]
            mails = [[text_of(entry["dn"]), text_of(address)]
                     for entry in entries for address in entry["addresses"]]
            values = [(text_of(entry["dn"]), hashlib.sha256(bytes.fromhex(value)).hexdigest())
                      for entry in entries for _, value in entry["values"]]
            certificates = [(want["dn"], want["sha256"]) for want in case["certificates"]]
            for what, ours, theirs in (("dns", dns, case["dns"]), ("mails", mails, case["mails"]),
                                       ("certificates", values, certificates),
                                       ("refused", refused, [])):
                if ours != theirs:
                    wrong.append(f"{corpus}/{case['file']}: {what}: {ours[:6]}, not {theirs[:6]}")
        self.assertGreater(count, 60)
        self.assert_none(wrong)

    def test_attributes(self):
        """Every value of every attribute, of changes too."""
        wrong = []
        for corpus, case in cases(["ldif-python-ldap"], "B"):
            records = [record["lines"] for record in dump("lines", CORPORA / corpus / case["file"])]
            read = [[(text_of(kind), base64.b64encode(bytes.fromhex(value)).decode())
                     for kind, value in lines] for lines in records]
            read = [lines for lines in read if [kind for kind, _ in lines] not in ([], ["version"])]
            want = case["records"]
            ours = [{kind: [v for k, v in lines if k == kind] for kind, _ in lines}
                    for lines in read]
            theirs = [{"dn": [base64.b64encode(record["dn"].encode()).decode()],
                       **{kind: [one["b64"] for one in values]
                          for kind, values in self.attributes(record)}} for record in want]
            ours = [{kind: values for kind, values in record.items()
                     if kind in ("dn", *their)} for record, their in zip(ours, theirs)]
            if len(read) != len(want) or ours != theirs:
                wrong.append(f"{corpus}/{case['file']}: {ours}, not {theirs}")
            entries = [text_of(entry["dn"]) for entry in dump("ldif", CORPORA / corpus / case["file"])
                       if not entry.get("other")]
            dns = [record["dn"] for record in want if "attrs" in record]
            if entries != dns:
                wrong.append(f"{corpus}/{case['file']}: entries {entries}, not {dns}")
        self.assert_none(wrong)

    def attributes(self, record):
        if "attrs" in record:
            return record["attrs"].items()
        return [(kind, values) for _, kind, values in record["mods"] if values]

    def test_refusals(self):
        """What upstream refuses is named; what it accepts is not."""
        wrong, count = [], 0
        for corpus, case in cases(["ldif-go-ldap", "ldif-unboundid", "ldif-openldap"], "A"):
            count += 1
            refused = is_refused(CORPORA / corpus / case["file"])
            if refused == case["accept"] and (corpus, case["file"]) not in DIFFERENT:
                said = ask(CORPORA / corpus / case["file"])[1]
                wrong.append(f"{corpus}/{case['file']}: accept is {case['accept']}: {said}")
        self.assertGreater(count, 70)
        self.assert_none(wrong)


class Anything(unittest.TestCase):
    def test_no_crash(self):
        """Whatever a file is, it is read or refused, in a second."""
        corpora = sorted({*TABLES, *LDIFS, "ldif-go-ldap", "ldif-unboundid", "ldif-python-ldap"})
        for path in (path for corpus in corpora
                     for path in sorted((CORPORA / corpus / "data").rglob("*")) if path.is_file()):
            for options in ([], ["--from", "csv"], ["--from", "ldif"]):
                status, said, seconds = ask(path, *options)
                self.assertIn(status, (0, 1, 3), f"{path}: {said[-2000:]}")
                self.assertLess(seconds, SECONDS_A_FILE, path)
                self.assertEqual(said != "", status != 0, f"{path}: {said}")


if __name__ == "__main__":
    if not CORPORA.is_dir():
        print(f"skipped: {CORPORA} is not there")
        sys.exit(77)
    unittest.main()
