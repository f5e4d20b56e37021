"""--merge: summaries of parts are added up, and what is no summary is named and left out."""

import copy
import csv
import json
import unittest

from support import AT, DONE, ExportTest, NOT_DONE, SOME, SOURCE, USAGE, csv_row, csv_text, run

STANDINGS = ("active", "expiring", "signing-only", "not-yet-valid", "expired", "revoked",
             "untrusted", "mismatched", "foreign", "unreadable", "none", "unknown")


def document(mailboxes=3, sources=("a.csv",), at="2027-01-01T00:00:00Z", incomplete=False, **more):
    """A summary in which all mailboxes have none."""
    return {"at": at, "sources": list(sources),
            "summary": {"mailboxes": mailboxes,
                        "uses_kms": {"yes": 0, "no": mailboxes, "unknown": 0},
                        "standing": {**dict.fromkeys(STANDINGS, 0), "none": mailboxes},
                        "incomplete": incomplete}, **more}


def part(number, of, bare=False, **more):
    return document(part={"number": number, "of": of, "bare": [bare]}, **more)


class Merge(ExportTest):
    def merge(self, *documents, form="json", options=(), **more):
        names = [self.write(f"{i}.json", text if isinstance(text, (str, bytes))
                            else json.dumps(text)) for i, text in enumerate(documents)]
        result = run("users", "--merge", "-f", form, *options, *names, cwd=self.folder, **more)
        self.assert_diagnostics(result)
        return result

    def sum_of(self, result):
        return json.loads(result.out)


class Sums(Merge):
    def test_counts_add_up(self):
        result = self.merge(document(3), document(4, ["b.csv"]), document(0, ["a.csv", "c.csv"]))
        self.assertEqual((result.status, result.err), (DONE, ""))
        self.assertEqual(self.sum_of(result), document(7, ["a.csv", "b.csv", "c.csv"]))

    def test_every_count_is_added(self):
        a = document()
        a["summary"].update(mailboxes=78, uses_kms={"yes": 36, "no": 20, "unknown": 22},
                            standing={name: i + 1 for i, name in enumerate(STANDINGS)})
        got = self.sum_of(self.merge(a, {**a, "sources": ["b.csv"]}))["summary"]
        self.assertEqual(got["standing"], {name: 2 * i + 2 for i, name in enumerate(STANDINGS)})
        self.assertEqual(got["uses_kms"], {"yes": 72, "no": 40, "unknown": 44})
        self.assertEqual(got["mailboxes"], 156)

    def test_every_form_is_that_of_the_whole(self):
        names = [self.write(f"{n}.csv", csv_text(csv_row(n, "30"), csv_row("Bert", "")))
                 for n in ("Anna", "Carl")]
        parts = [self.users("--summary", name, form="json").out for name in names]
        for form in ("table", "csv", "json", "jsonl", "html"):
            with self.subTest(form=form):
                whole = self.users("--summary", *names, form=form)
                self.assertEqual(self.merge(*parts, form=form).out, whole.out)

    def test_the_same_whole_twice(self):
        result = self.merge(document(3), document(4), document(3))
        self.assertEqual(result.status, SOME)
        self.assert_one_line(result.err, "2.json: the same sources and counts")
        self.assertEqual(self.sum_of(result), document(7))
        for sources in ([], ["-"], ["a.csv", "-"]): # of which nobody knows whether they are the same
            self.assertEqual(self.merge(document(3, sources), document(3, sources)).status, DONE)

    def test_incomplete_is_kept(self):
        result = self.merge(document(), document(incomplete=True, sources=["b.csv"]))
        self.assertEqual(result.status, SOME)
        self.assert_one_line(result.err, "1.json: .*incomplete")
        self.assertTrue(self.sum_of(result)["summary"]["incomplete"])

    def test_a_document_with_rows_will_do(self):
        name = self.write("a.csv", csv_text(csv_row("Anna", "")))
        whole = self.users("--summary", name, form="json")
        self.assertEqual(self.merge(self.users(name, form="json").out).out, whole.out)

    def test_large_counts(self):
        self.assertEqual(self.sum_of(self.merge(document(2**62), document(2**62 - 1)))["summary"]
                         ["mailboxes"], 2**63 - 1)
        result = self.merge(document(2**62), document(2**62))
        self.assertEqual(result.status, SOME)
        self.assert_named(result, "1.json")

    def test_standard_input_and_output_file(self):
        text = json.dumps(document(5)).encode()
        result = run("users", "--merge", "-f", "csv", "-o", "sum.csv", "-", stdin=text,
                     cwd=self.folder)
        self.assertEqual((result.status, result.out), (DONE, b""))
        with open(self.folder / "sum.csv", newline="") as f:
            self.assertIn(["mailboxes", "all", "5"], list(csv.reader(f)))

    def test_a_summary_is_not_written_over(self):
        result = self.merge(document(), options=("-o", "0.json"))
        self.assertEqual(result.status, NOT_DONE)
        self.assertEqual(json.loads((self.folder / "0.json").read_text()), document())


    def test_what_only_shows_goes_with_it(self):
        for options in (("--no-progress",), ("--color=never",), ("--color=auto", "--no-sandbox")):
            result = self.merge(document(), form="table", options=options)
            self.assertEqual((result.status, result.err), (DONE, ""))


class OfParts(Merge):
    def test_all_parts(self):
        result = self.merge(part(2, 3), part(1, 3), part(3, 3))
        self.assertEqual((result.status, result.err), (DONE, ""))
        self.assertEqual(self.sum_of(result), document(9))

    def test_a_part_is_missing(self):
        result = self.merge(part(1, 3), part(3, 3))
        self.assertEqual(result.status, SOME)
        self.assert_one_line(result.err, "a.csv: of 3 parts only 2 .*--part 2/3")
        self.assertTrue(self.sum_of(result)["summary"]["incomplete"])

    def test_a_part_comes_twice(self):
        result = self.merge(part(1, 2), part(2, 2), part(1, 2))
        self.assertEqual(result.status, SOME)
        self.assert_one_line(result.err, "2.json: a part that was added already")
        self.assertEqual(self.sum_of(result), document(6))

    def test_parts_that_do_not_belong_together(self):
        rows = [csv_row(name, "") for name in ("Anna", "Bert", "Carl", "Dora")]
        self.write("a.csv", csv_text(*rows))
        def made(number, *options):
            return self.users("--summary", "--part", f"{number}/2", "a.csv", *options, form="json").out
        first, last, kms = made(1), made(2), SOURCE / "sample"
        self.assertEqual(self.merge(first, last).status, DONE)
        for options in (("--issuer", kms / "issuer.pem"), ("--trust", kms / "issuer.pem"),
                        ("--crl", kms / "crl.pem"), ("--site", "Here"), ("--objects", "all"),
                        ("--expires-within", "60d"), ("--delimiter", ","), ("--from", "csv")):
            with self.subTest(options=options):
                result = self.merge(first, made(2, *options))
                self.assertEqual(result.status, SOME)
                self.assertRegex(result.err, "1.json: judged with other options than the first part")
                self.assertEqual(self.merge(made(1, *options), made(2, *options)).status, DONE)
        self.write("a.csv", csv_text(*rows[:3]))
        result = self.merge(first, made(2))
        self.assertEqual(result.status, SOME)
        self.assertRegex(result.err, "1.json: .*a source has another size")

    def test_the_same_authority_by_another_name(self):
        self.write("a.csv", csv_text(csv_row("Anna", ""), csv_row("Bert", "")))
        self.write("ca.pem", (SOURCE / "sample/issuer.pem").read_bytes())
        parts = [self.users("--summary", f"--part={k}/2", "--issuer", name, "a.csv", form="json").out
                 for k, name in ((1, "ca.pem"), (2, SOURCE / "sample/issuer.pem"))]
        self.assertEqual(self.merge(*parts).status, DONE)

    def test_machines_have_the_file_in_other_folders(self):
        result = self.merge(part(1, 2, sources=["/x/a.csv"]), part(2, 2, sources=["y/a.csv"]))
        self.assertEqual((result.status, result.err), (DONE, ""))

    def test_divisions_are_told_apart(self):
        result = self.merge(part(1, 2), part(2, 2), part(1, 2, sources=["b.csv"]))
        self.assert_one_line(result.err, "b.csv: of 2 parts only 1 is here")

    def test_no_certificates_in_any_part(self):
        result = self.merge(part(1, 2, bare=True), part(2, 2, bare=True))
        self.assertEqual(result.status, SOME)
        self.assert_one_line(result.err, "a.csv: no entry has a certificate attribute")
        result = self.merge(part(1, 2, bare=True), part(2, 2))
        self.assertEqual((result.status, result.err), (DONE, ""))


def changed(path, value):
    """A document with another value at the path, or without it where the value is None."""
    made = copy.deepcopy(part(1, 1))
    at = made
    for name in path[:-1]:
        at = at[name]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return json.dumps(made)


GOOD = json.dumps(document())
NO_SUMMARY = {
    "nothing": "",
    "no JSON": "count,of,mailboxes\n",
    "cut off": GOOD[:-5],
    "more behind it": GOOD + GOOD,
    "not UTF-8": b'{"at":"\xff"}',
    "a name twice": GOOD[:-1] + ',"at":"2027-01-01T00:00:00Z"}',
    "deep": "[" * 100000,
    "NaN": GOOD.replace("3", "NaN", 1),
    "a list": "[]",
    "a number": "7",
    "an empty object": "{}",
    "the summary alone, as jsonl has it": json.dumps(document()["summary"]),
    **{f"{'.'.join(map(str, path))} = {value}": changed(path, value) for path, value in (
        (("at",), None), (("at",), 5), (("at",), "yesterday"),
        (("sources",), None), (("sources",), "a.csv"), (("sources",), [1]),
        (("summary",), None), (("summary",), []),
        (("summary", "mailboxes"), None), (("summary", "mailboxes"), -3),
        (("summary", "mailboxes"), 3.0), (("summary", "mailboxes"), "3"),
        (("summary", "mailboxes"), 4), (("summary", "mailboxes"), 2**63),
        (("summary", "uses_kms"), None), (("summary", "uses_kms", "no"), None),
        (("summary", "uses_kms", "no"), 2), (("summary", "uses_kms", "maybe"), 0),
        (("summary", "uses_kms", "yes"), -1),
        (("summary", "standing"), None), (("summary", "standing"), [3]),
        (("summary", "standing", "none"), None), (("summary", "standing", "none"), 4),
        (("summary", "standing", "lazy"), 0), (("summary", "standing", "active"), -1),
        (("summary", "standing", "active"), 2**63 - 1),
        (("summary", "incomplete"), None), (("summary", "incomplete"), 0),
        (("part",), 1), (("part", "number"), 0), (("part", "number"), 2), (("part", "of"), None),
        (("part", "bare"), None), (("part", "bare"), []))},
}


class NoSummary(Merge):
    def test_it_is_named_and_the_rest_is_added(self):
        for what, text in NO_SUMMARY.items():
            with self.subTest(what):
                result = self.merge(document(1), text, document(2))
                self.assertEqual(result.status, SOME)
                self.assert_one_line(result.err, "keyroster: 1.json: ")
                self.assertEqual(self.sum_of(result), document(3))

    def test_nothing_is_left(self):
        for what, text in NO_SUMMARY.items():
            with self.subTest(what):
                result = self.merge(text, options=("-o", "sum.json"))
                self.assertEqual((result.status, result.out), (NOT_DONE, b""))
                self.assertFalse((self.folder / "sum.json").exists())

    def test_files_that_cannot_be_opened(self):
        (self.folder / "folder").mkdir()
        good = self.write("good.json", GOOD)
        for name in ("missing.json", "folder"):
            result = run("users", "--merge", name, good, cwd=self.folder)
            self.assertEqual(result.status, SOME)
            self.assert_named(result, name)
            self.assertEqual(run("users", "--merge", name, cwd=self.folder).status, NOT_DONE)

    def test_another_time(self):
        result = self.merge(document(1), document(2, at="2027-01-02T00:00:00Z"), document(4))
        self.assertEqual(result.status, SOME)
        self.assert_one_line(result.err, "1.json: judged at another time")
        self.assertEqual(self.sum_of(result), document(5))

    def test_used_wrongly(self):
        name = self.write("a.json", GOOD)
        for option in ("--part=1/2", "--shared-keys", "--only=active", f"--at={AT}", "--threads=1"):
            with self.subTest(option):
                result = run("users", "--merge", option, name, cwd=self.folder)
                self.assertEqual((result.status, result.out), (USAGE, b""))
                self.assert_one_line(result.err, option)
        self.assertEqual(run("users", "--merge").status, USAGE)


if __name__ == "__main__":
    unittest.main()
