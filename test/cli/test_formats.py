"""Every format is read by what reads it: the csv and json modules, on names that are hostile."""

import base64
import csv
import io
import json
import unittest

from support import SOME, SOURCE, ExportTest, csv_row, csv_text, ldif_entry, run

SAMPLE = SOURCE / "sample"
QUESTION = ("--at", "2026-11-01", "--site", "HAMBURG", "--issuer", SAMPLE / "issuer.pem",
            "--trust", SAMPLE / "trust.pem", "--crl", SAMPLE / "crl.pem")

FIELDS = ("mailbox,address,container,uses_kms,standing,reason,certificates,effective,issuer,key,"
          "not_before,not_after,warnings").split(",")
MEMBERS = ("mailbox dn address addresses container source line uses_kms standing reason effective "
           "warnings certificates").split()

# Names as they may stand in a directory, where whoever may edit his own entry writes what he likes.
HOSTILE = {
    "quotes": 'Bill "Bud" Krüger',
    "a quote alone": '"',
    "quotes and commas": '","",',
    "a line end": "two\nlines",
    "CR LF": "two\r\nlines",
    "controls": "a\x01b\x07c\x1b[31md\x7fe",
    "C1 controls": "a\x80b\x9bc",
    "backslashes": "\\ \\\\ \\n \\u0041",
    "braces": '{"mailbox":"x"}],',
    "HTML": "<script>alert('&amp;')</script>",
    "directions": "a\u202eb\u2066c\u200fd",
    "separators of lines": "a\u2028b\u2029c\x85d",
    "past the BMP": "😀 𝔘",
    "no character": "\ufffe\uffff\ufdd0",
    "formula": "=1+1",
    "long": "x" * 100_000,
    "wide": "日本語 한국어",
}


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


class Hostile(ExportTest):
    def read(self, form, data, name="site.csv", **more):
        self.write(name, data)
        return self.users(name, form=form, **more)

    def names_in_all_formats(self, data, name="site.csv"):
        """The mailboxes, as each format tells them; they are the same in all."""
        lines = self.read("jsonl", data, name)
        document = json.loads(self.read("json", data, name).out)
        table = list(csv.DictReader(io.StringIO(self.read("csv", data, name).out.decode(), newline="")))
        self.assertEqual(document["users"], lines.rows)
        self.assertEqual([row["mailbox"] for row in table], [row["mailbox"] for row in lines.rows])
        self.assertEqual([row["container"] for row in table],
                         [row["container"] or "" for row in lines.rows])
        self.assert_safe_table(self.read("table", data, name))
        return [row["mailbox"] for row in lines.rows]

    def assert_safe_table(self, result):
        text = result.out.decode("utf-8")
        for bad in [chr(c) for c in range(32) if c != 10] + list("\x7f\x80\x9b\x85\u2028\u202e\u2066"):
            self.assertNotIn(bad, text)

    def test_csv_in_utf8(self):
        for what, name in HOSTILE.items():
            with self.subTest(what):
                row = f"mailbox,{quoted(name)},SMTP:a@example.org,{quoted(name)},"
                self.assertEqual(self.names_in_all_formats(csv_text(row)), [name])

    def test_csv_in_utf16(self):
        for what, name in HOSTILE.items():
            for order in ("utf-16-le", "utf-16-be"):
                with self.subTest(what, order=order):
                    row = f"mailbox,{quoted(name)},SMTP:a@example.org,R,"
                    data = ("\ufeff" + csv_text(row)).encode(order)
                    self.assertEqual(self.names_in_all_formats(data), [name])

    def test_lone_surrogates_in_utf16(self):
        for lone in ("\ud83d", "\ude00", "\ude00\ud83d", "\ud83d\ud83d"):
            with self.subTest(repr(lone)):
                text = "\ufeff" + csv_text(f"mailbox,a{lone}b,SMTP:a@example.org,R,")
                data = text.encode("utf-16-le", "surrogatepass")
                self.assertEqual(self.names_in_all_formats(data), ["a" + "\ufffd" * len(lone) + "b"])

    def test_windows_1252(self):
        data = csv_text("mailbox,Jürgen €uro “Q” …,SMTP:a@example.org,Süd,").encode("cp1252")
        self.assertEqual(self.names_in_all_formats(data), ["Jürgen €uro “Q” …"])

    def test_bytes_that_are_no_text(self):
        data = csv_text("mailbox,@,SMTP:a@example.org,R,").encode().replace(
            b",@,", b",\xff\xfe\x81\xc3(\xed\xa0\x80,")
        (name,) = self.names_in_all_formats(data)
        self.assertTrue(name.startswith("ÿþ\x81Ã("))

    def test_ldif(self):
        for what, name in HOSTILE.items():
            with self.subTest(what):
                encoded = base64.b64encode(name.encode()).decode()
                data = ldif_entry("Bo", f"displayName:: {encoded}", "userCertificate:: AA==")
                self.assertEqual(self.names_in_all_formats(data, "site.ldif"), [name])

    def test_addresses(self):
        for address in ('"a b"@example.org', "a'b@example.org", "<a@example.org>", "ü@bücher.example",
                        'a"@x,y@z', "a\\b@x"):
            with self.subTest(address):
                data = ldif_entry("Bo", "userCertificate:: AA==").replace(
                    "mail: bo@example.org", f"mail: {address}")
                (row,) = self.read("jsonl", data, "site.ldif").rows
                self.assertEqual((row["address"], row["addresses"]), (address, [address]))
                (told,) = csv.DictReader(io.StringIO(self.read("csv", data, "site.ldif").out.decode()))
                self.assertEqual(told["address"], address)

    def test_the_name_of_a_file(self):
        name = 'a"b\\c\x1b[31m\n.csv'
        document = json.loads(self.read("json", csv_text(csv_row("Anna", "")), name).out)
        self.assertEqual(document["sources"], [name])
        self.assertEqual(document["users"][0]["source"], name)

    def test_the_name_of_a_file_in_a_diagnostic(self):
        name = "a\x1b[31m\nb.csv"
        result = self.read("jsonl", csv_text(csv_row("Anna", "308")), name)
        self.assertEqual(result.status, SOME)
        self.assertNotIn("\x1b", result.err)
        self.assertEqual(len(result.err.splitlines()), 1)


class Forms(ExportTest):
    """On the sample site, whose rows have everything that a row may have."""

    def sample(self, form, *more):
        return run("users", "-f", form, *QUESTION, *more, SAMPLE / "site.csv")

    def test_csv(self):
        text = self.sample("csv").out.decode()
        self.assertNotIn("\r", text)
        rows = list(csv.reader(io.StringIO(text), strict=True))
        self.assertEqual(rows[0], FIELDS)
        self.assertEqual({len(row) for row in rows}, {len(FIELDS)})

    def test_jsonl(self):
        for row in self.sample("jsonl").rows:
            self.assertEqual(list(row), MEMBERS)
            self.assertIsInstance(row["line"], int)
            for position, certificate in enumerate(row["certificates"]):
                self.assertEqual(certificate["index"], position)
                self.assertRegex(certificate["sha256"], r"\A[0-9a-f]{64}\Z")
            shown = [certificate["sha256"] for certificate in row["certificates"]]
            if row["effective"] is not None:
                self.assertIn(row["effective"], shown)
            self.assertEqual(len(shown), len(set(shown)))

    def test_json_has_no_member_twice(self):
        def once(pairs):
            self.assertEqual(len(pairs), len(dict(pairs)), pairs)
            return dict(pairs)

        document = json.loads(self.sample("json").out, object_pairs_hook=once)
        self.assertEqual(set(document), {"at", "sources", "users", "summary"})

    def test_no_rows(self):
        self.write("empty.csv", csv_text())
        self.assertEqual(json.loads(self.users("empty.csv", form="json").out)["users"], [])
        self.assertEqual(self.users("empty.csv", form="jsonl").out, b"")
        self.assertEqual(self.users("empty.csv", form="csv").out.decode(), ",".join(FIELDS) + "\n")
        self.assertEqual(self.users("empty.csv", form="table").out,
                         b"0 mailboxes: 0 use KMS, 0 do not, 0 unknown.\n")

    def test_nothing_could_be_read(self):
        self.write("none.csv", b"what,ever\r\n1,2\r\n")
        for form in ("table", "csv", "json", "jsonl", "html"):
            for more in ((), ("--summary",)):
                result = self.users("none.csv", *more, form=form)
                self.assertEqual((result.status, result.out), (3, b""), (form, more))

    def test_a_selection_without_rows(self):
        self.assertTrue(self.sample("table", "--container", "nowhere").out.startswith(
            b"No mailbox is of the kind that was asked for.\n43 mailboxes: "))
        document = json.loads(self.sample("json", "--container", "nowhere").out)
        self.assertEqual(document["users"], [])
        self.assertGreater(document["summary"]["mailboxes"], 0)

    def test_the_summary_alone(self):
        whole = json.loads(self.sample("json").out)
        self.assertEqual(json.loads(self.sample("json", "--summary").out),
                         {name: whole[name] for name in ("at", "sources", "summary")})
        self.assertEqual(json.loads(self.sample("jsonl", "--summary").out), whole["summary"])
        counts = {(what, of): int(n) for what, of, n in list(csv.reader(
            io.StringIO(self.sample("csv", "--summary").out.decode())))[1:]}
        self.assertEqual(counts["mailboxes", "all"], whole["summary"]["mailboxes"])
        for what in ("uses_kms", "standing"):
            for of, n in whole["summary"][what].items():
                self.assertEqual(counts[what, of], n)

    def test_a_long_table_cuts_nothing_in_a_file(self):
        names = [f"User {n}" if n != 4500 else "Somebody with a name longer than others" + "!" * 60
                 for n in range(5000)]
        self.write("site.csv", csv_text(*(csv_row(name, "") for name in names)))
        lines = self.users("site.csv", form="table").out.decode().splitlines()
        self.assertEqual(len(lines), 1 + len(names) + 2)
        for name, line in zip(names, lines[1:]):
            self.assertTrue(line.startswith(name), line)
            self.assertIn("no certificate in the directory", line)

    def test_the_output_never_replaces_a_source(self):
        self.write("site.csv", csv_text(csv_row("Anna", "")))
        before = (self.folder / "site.csv").read_bytes()
        result = self.users("-o", "site.csv", "site.csv")
        self.assertEqual(result.status, 3)
        self.assertTrue(result.names("site.csv"))
        self.assertEqual((self.folder / "site.csv").read_bytes(), before)

    def test_an_option_without_its_argument(self):
        for verb, option in (("users", "-o"), ("users", "--at"), ("cert", "-f"), ("cert", "--output")):
            result = run(verb, option)
            self.assertEqual(result.status, 2, (verb, option))
            self.assertIn("an argument is missing", result.err)


if __name__ == "__main__":
    unittest.main()
