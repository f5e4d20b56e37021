"""The sample site: every export gives the answers that its maker wrote down beside it."""

import csv
import io
import json
import re
import shlex
import subprocess
import unittest

from support import DONE, SOME, SOURCE, ExportTest, run

SAMPLE = SOURCE / "sample"
QUESTION = ("--at", "2026-11-01", "--site", "HAMBURG", "--issuer", SAMPLE / "issuer.pem",
            "--trust", SAMPLE / "trust.pem", "--crl", SAMPLE / "crl.pem")
EXPORTS = {
    "site.csv": "site.csv",
    "site.csv.gz": "site.csv",
    "csvde.csv": "csvde.csv",
    "people.ldif": "people.csv",
    "powershell.csv": "powershell.csv",
    "unicode.txt": "unicode.csv",
}
STANDINGS = {
    "active", "expiring", "signing-only", "not-yet-valid", "expired", "revoked", "untrusted",
    "mismatched", "foreign", "unreadable", "none", "unknown"}


def expected(export):
    return (SAMPLE / "expected" / EXPORTS[export]).read_bytes()


def expected_rows(export):
    return list(csv.DictReader(io.StringIO(expected(export).decode())))


def roster(form, *sources, **more):
    return run("users", "-f", form, *QUESTION, *sources, **more)


class Sample(ExportTest):
    def assert_says_what_it_could_not_read(self, result, rows):
        lost = any(row["uses_kms"] == "unknown" and "site" not in row["reason"]
                   or "undecodable-value" in row["warnings"] for row in rows)
        self.assertEqual(result.status, SOME if lost else DONE, result.err)
        self.assert_diagnostics(result)

    def test_every_export(self):
        for export in EXPORTS:
            with self.subTest(export):
                result = roster("csv", SAMPLE / export)
                self.assertEqual(
                    result.out.decode().splitlines(), expected(export).decode().splitlines())
                self.assert_says_what_it_could_not_read(result, expected_rows(export))

    def test_every_standing_is_in_it(self):
        self.assertEqual({row["standing"] for row in expected_rows("site.csv")}, STANDINGS)

    def test_threads_change_nothing(self):
        for form in ("table", "csv", "json", "jsonl", "html"):
            for export in EXPORTS:
                with self.subTest(form=form, export=export):
                    once = roster(form, "--threads", 1, SAMPLE / export)
                    for threads in (2, 7):
                        again = roster(form, "--threads", threads, SAMPLE / export)
                        self.assertEqual((again.status, again.out), (once.status, once.out))
                        self.assertEqual(
                            sorted(again.err.splitlines()), sorted(once.err.splitlines()))

    def test_no_memory_is_lost(self):
        for form in ("table", "csv", "json", "jsonl", "html"):
            for export in EXPORTS:
                with self.subTest(form=form, export=export):
                    result = roster(form, "--no-sandbox", SAMPLE / export, find_leaks=True)
                    self.assertIn(result.status, (DONE, SOME), result.err)

    def test_formats_agree(self):
        for export in EXPORTS:
            with self.subTest(export):
                want = expected_rows(export)
                lines = roster("jsonl", SAMPLE / export).rows
                document = json.loads(roster("json", SAMPLE / export).out)
                self.assertEqual(document["users"], lines)
                self.assertEqual(document["at"], "2026-11-01T00:00:00Z")
                self.assertEqual(
                    [(r["mailbox"], r["address"] or "", r["container"] or "", r["uses_kms"],
                      r["standing"], r["reason"], r["effective"] or "", ";".join(r["warnings"]))
                     for r in lines],
                    [(r["mailbox"], r["address"], r["container"], r["uses_kms"], r["standing"],
                      r["reason"], r["effective"], r["warnings"]) for r in want])
                self.assert_sums(document["summary"], want)

    def assert_sums(self, summary, rows):
        self.assertEqual(summary["mailboxes"], len(rows))
        self.assertEqual(set(summary["standing"]), STANDINGS)
        for what, counts in (("uses_kms", summary["uses_kms"]), ("standing", summary["standing"])):
            for name, count in counts.items():
                self.assertEqual(count, sum(row[what] == name for row in rows), name)
        self.assertIs(summary["incomplete"], False)

    def test_table(self):
        rows = expected_rows("site.csv")
        lines = roster("table", SAMPLE / "site.csv").out.decode().rstrip("\n").split("\n")
        for row in rows:
            self.assertTrue(any(row["mailbox"] in line and row["standing"] in line
                                for line in lines), row["mailbox"])
        self.assertIn(str(len(rows)), lines[-1])
        self.assertNotIn("\x1b", "".join(lines), "colours are for terminals")

    def test_readme_shows_what_the_program_says(self):
        text = (SOURCE / "README.md").read_text()
        block = re.search(r"(?m)^    \$ keyroster (users(?:.*\\\n)*.*)\n((?:    .*\n|\n)+)", text)
        result = run(*shlex.split(block.group(1)), cwd=SOURCE)
        self.assertEqual(block.group(2).split(), result.out.decode().split())

    def test_several_sources(self):
        whole = roster("csv", SAMPLE / "site.csv", SAMPLE / "people.ldif").out.decode()
        self.assertEqual(
            whole.splitlines(),
            expected("site.csv").decode().splitlines()
            + expected("people.ldif").decode().splitlines()[1:])

    def test_names_do_not_matter(self):
        for export in EXPORTS:
            with self.subTest(export):
                self.write("export", (SAMPLE / export).read_bytes())
                self.assertEqual(roster("csv", self.folder / "export").out,
                                 roster("csv", SAMPLE / export).out)

    def test_standard_input(self):
        for export in EXPORTS:
            with self.subTest(export):
                self.assertEqual(
                    roster("csv", "-", stdin=(SAMPLE / export).read_bytes()).out,
                    roster("csv", SAMPLE / export).out)

    def test_zstd(self):
        subprocess.run(["zstd", "-q", SAMPLE / "site.csv", "-o", self.folder / "site"], check=True)
        self.assertEqual(roster("csv", self.folder / "site").out,
                         roster("csv", SAMPLE / "site.csv").out)

    def test_output_file(self):
        out = self.folder / "roster.csv"
        result = roster("csv", "-o", out, SAMPLE / "site.csv")
        self.assertEqual(result.out, b"")
        self.assertEqual(out.read_bytes(), roster("csv", SAMPLE / "site.csv").out)

    def test_only(self):
        rows = expected_rows("site.csv")
        result = roster("json", "--only", "expired,none", SAMPLE / "site.csv")
        document = json.loads(result.out)
        self.assertEqual(
            [row["mailbox"] for row in document["users"]],
            [row["mailbox"] for row in rows if row["standing"] in ("expired", "none")])
        self.assert_sums(document["summary"], rows)

    def test_container(self):
        rows = expected_rows("csvde.csv")
        container = rows[0]["container"]
        document = json.loads(
            roster("json", "--container", container, SAMPLE / "csvde.csv").out)
        self.assertEqual(
            [row["mailbox"] for row in document["users"]],
            [row["mailbox"] for row in rows if row["container"] == container])
        self.assert_sums(document["summary"], rows)

    def test_summary_alone(self):
        document = json.loads(roster("json", "--summary", SAMPLE / "site.csv").out)
        self.assert_sums(document["summary"], expected_rows("site.csv"))
        table = roster("table", "--summary", SAMPLE / "site.csv").out.decode()
        whole = roster("table", SAMPLE / "site.csv").out.decode()
        self.assertEqual(table.splitlines()[-1], whole.splitlines()[-1])
        self.assertNotIn("Anna Berg", table)


if __name__ == "__main__":
    unittest.main()
