"""--part: the parts of a file, whichever its records and however many, are the whole."""

import collections
import gzip
import json
import random
import re
import unittest

from support import (DONE, ExportTest, HEADER, NOT_DONE, SOME, USAGE, base64_of, certificate,
                     csv_row, csv_text, hex_of, ldif_entry, run)

SEED = 20261125
COLUMNS = HEADER.split(",")
OTHER_COLUMNS = ["DN", "userCertificate", "displayName", "mail"]


def each(err):
    """The diagnostics, one for each line: the same of many lines is told in one."""
    for said in err.splitlines():
        run_of_lines = re.fullmatch(r"(.*?:)(\d+)(: .*), and so each line to (\d+)", said)
        if run_of_lines:
            begin, first, sentence, last = run_of_lines.groups()
            yield from (f"{begin}{line}{sentence}" for line in range(int(first), int(last) + 1))
        else:
            yield said


class Parts(ExportTest):
    @classmethod
    def setUpClass(cls):
        cls.values = [certificate("anna@example.org"), certificate("b@example.org",
                                                                   end="2026-06-01")]

    def assert_parts_are_whole(self, name, count, *options):
        """Rows in order, their lines, and diagnostics: those of the parts are those of the whole."""
        whole = self.users(name, *options)
        summary = self.users("--summary", name, *options, form="json")
        rows, said, statuses, sums = b"", [], set(), []
        for number in range(1, count + 1):
            part = self.users("--part", f"{number}/{count}", name, *options)
            rows += part.out
            said += each(part.err)
            statuses.add(part.status)
            if whole.status != NOT_DONE and count < 8:
                sums.append(f"part-{number}.json")
                self.users("--part", f"{number}/{count}", "--summary", "-o", sums[-1], name,
                           *options, form="json")
        self.assertEqual(rows.splitlines(), whole.out.splitlines())
        if whole.status == NOT_DONE: # what is wrong with the file as such is wrong for each part
            said, statuses = sorted(set(said)), {min(statuses)}
        if sums:
            merged = run("users", "--merge", "-f", "json", *sums, cwd=self.folder)
            self.assertEqual(merged.out, summary.out)
            said += merged.err.splitlines() # that there is no certificate is seen in the sum only
            statuses.add(merged.status)
        told = [line for line in each(whole.err)
                if sums or "no entry has a certificate attribute" not in line]
        self.assertEqual(collections.Counter(said), collections.Counter(told))
        if told or not whole.err:
            self.assertEqual(max(statuses), whole.status)
        return whole


class RandomFiles(Parts):
    """Small files of what is hard, made by chance, the same ones each time."""

    def counts(self, rng, size):
        return {1, 2, 3, rng.randint(4, 40), rng.randint(1, size + 20)}

    def csv_field(self, rng, value, quote):
        kind = rng.randrange(12)
        if kind < 3:
            value = value.replace(quote, quote * 2)
            return f"{quote}{value}{quote}"
        if kind == 3:
            value += rng.choice(["\n", "\r\n", "\n\n", "\n,", f"{quote}{quote}\r\n", f",{quote}{quote}"])
            return f"{quote}{value}{quote}" + rng.choice(["", " ", "  "])
        if kind == 4 and rng.randrange(3) == 0:
            return rng.choice([f"{quote}{value}", f"{quote}{value}{quote}x", f"{quote}{quote}{quote}",
                               f"{value}{quote}", f"{quote}{value}\n"])
        return value

    def csv_file(self, rng):
        end = rng.choice(["\n", "\r\n"])
        quote = rng.choice(['"', '"', "'"])
        columns = COLUMNS
        lines = [",".join(columns)]
        for i in range(rng.randrange(12)):
            if rng.randrange(12) == 0:
                columns = rng.choice([COLUMNS, OTHER_COLUMNS])
                lines.append(",".join(self.csv_field(rng, c, quote) for c in columns))
            if rng.randrange(10) == 0:
                lines.append("")
            cell = rng.choice(["", "", hex_of(self.values[0]), hex_of(*self.values), "3082", "Cert"])
            row = {"Obj-Class": "mailbox", "Display Name": f"N{i}é", "Obj-Container": "concert",
                   "E-mail Addresses": "SMTP:anna@example.org", "Tagged-X509-Cert": cell,
                   "DN": f"cn=n{i}", "userCertificate": cell, "displayName": f"N{i}",
                   "mail": "b@example.org"}
            fields = [self.csv_field(rng, row[c], quote) for c in columns]
            if rng.randrange(10) == 0:
                fields = fields[:rng.randrange(1, len(fields) + 1)] + ["x"] * rng.randrange(3)
            lines.append(",".join(fields))
        return end.join(lines) + rng.choice([end, "", end * 2])

    def ldif_file(self, rng):
        end = rng.choice(["\n", "\r\n"])
        certificates = rng.randrange(6) > 0
        lines = []
        for i in range(rng.randrange(1, 12)):
            lines += [""] * rng.choice([0, 0, 1, 3])
            if rng.randrange(3) == 0:
                lines += ["# a comment", " goes on"] + [""] * rng.randrange(2)
            if rng.randrange(24) == 0:
                lines += ["version: 1"] + [""] * rng.randrange(2)
            entry = [f"dn: cn=N{i},dc=example", "objectClass: person", f"cn: N{i}",
                     "mail: anna@example.org"]
            if certificates and rng.randrange(2):
                entry.append("userCertificate:: " + base64_of(rng.choice(self.values)))
            if rng.randrange(24) == 0:
                entry.insert(rng.randrange(len(entry)), rng.choice(
                    ["no colon", "changetype: modify", "search: 2", "sn:: ###"]))
            for line in entry:
                width = rng.choice([10, 76, 4000])
                blank = "" if "::" in line and width == 76 and rng.randrange(4) == 0 else " "
                lines.append(line[:width])
                lines += [blank + line[k:k + width] for k in range(width, len(line), width)]
            lines.append("")
        return end.join(lines) + rng.choice([end, ""])

    def assert_all(self, make, count):
        rng = random.Random(SEED)
        seen = collections.Counter()
        for i in range(count):
            text = make(rng)
            encoding = rng.choice(["utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le",
                                   "utf-16-be"])
            name = self.write(f"file{i}", text.encode(encoding))
            size = (self.folder / name).stat().st_size
            for parts in sorted(self.counts(rng, min(size, 70))):
                with self.subTest(file=i, encoding=encoding, parts=parts):
                    whole = self.assert_parts_are_whole(name, parts, "--threads", rng.choice("12"))
                    seen[whole.status] += 1
        return seen

    def test_csv(self):
        seen = self.assert_all(self.csv_file, 8)
        self.assertTrue(seen[DONE] and seen[SOME], seen)

    def test_ldif(self):
        seen = self.assert_all(self.ldif_file, 8)
        self.assertTrue(seen[DONE] and seen[SOME], seen)

    def test_a_file_of_many_batches(self):
        """Quoted line ends, a header within, and a quote that is not closed until the end."""
        rng = random.Random(SEED)
        rows = [csv_row(f"N{i}", rng.choice(["", hex_of(self.values[0]) * 3])) for i in range(2000)]
        for i in range(0, 2000, 97):
            rows[i] = csv_row(f'"N{i}\n,""x"""', "")
        rows[1200] = "userCertificate,DN"
        for name, more in (("good.csv", []), ("open.csv", [csv_row('"never', "")] + rows[:900])):
            self.write(name, csv_text(*rows, *more))
            self.assertGreater((self.folder / name).stat().st_size, 2 << 20)
            for count in (2, 5):
                with self.subTest(name=name, parts=count):
                    self.assert_parts_are_whole(name, count, "--threads", "2")


class Lines(Parts):
    def test_every_cut(self):
        """A record is of the part that its first byte is in: its line end is the part's before."""
        text = csv_text(csv_row("Anna", ""), csv_row("Bert", ""), csv_row("Carl", ""))
        name = self.write("site.csv", text)
        for count in (1, 2, 3, 7, len(text), len(text) + 2):
            names = [self.users("--part", f"{k}/{count}", name).people
                     for k in range(1, count + 1)]
            self.assertEqual([person for part in names for person in part],
                             [("Anna", "none"), ("Bert", "none"), ("Carl", "none")])
        one = len(text) # a byte a part
        at = text.index("mailbox,Bert")
        self.assertEqual(self.users("--part", f"{at + 1}/{one}", name).people, [("Bert", "none")])
        self.assertEqual(self.users("--part", f"{at}/{one}", name).people, [])
        self.assertEqual(self.users("--part", f"{at + 2}/{one}", name).people, [])

    def test_each_file_is_divided_by_itself(self):
        a = self.write("a.csv", csv_text(csv_row("Anna", ""), csv_row("Bert", "")))
        b = self.write("b.ldif", ldif_entry("Carl", "userCertificate:: MAA=") + "\n" +
                       ldif_entry("Dora"))
        rows = [self.users("--part", f"{k}/2", a, b).people for k in (1, 2)]
        self.assertEqual([[name for name, _ in part] for part in rows],
                         [["Anna", "Carl"], ["Bert", "Dora"]])

    def test_no_certificates_in_one_part_is_no_complaint(self):
        name = self.write("a.ldif", ldif_entry("Anna", "userCertificate:: " +
                                               base64_of(self.values[0])) + "\n" +
                          "".join(ldif_entry(f"N{i}") + "\n" for i in range(30)))
        last = self.users("--part", "2/2", name)
        self.assertEqual((last.status, last.err), (DONE, ""))
        self.assertGreater(len(last.rows), 10)

    def test_one_part_is_the_whole(self):
        name = self.write("a.ldif", ldif_entry("Anna"))
        for options in ((), ("--part", "1/1")):
            result = self.users(name, "--summary", *options, form="json")
            self.assertEqual(result.status, SOME)
            self.assert_named(result, name)
            self.assertNotIn("part", json.loads(result.out))


class Refused(Parts):
    def test_what_cannot_be_divided(self):
        text = csv_text(csv_row("Anna", "")).encode()
        packed = self.write("site.csv.gz", gzip.compress(text))
        result = self.users("--part", "1/2", packed)
        self.assertEqual(result.status, NOT_DONE)
        self.assert_one_line(result.err, "compressed.*unpack it first")
        result = self.users("--part", "1/2", "-", stdin=text)
        self.assertEqual(result.status, NOT_DONE)
        self.assert_one_line(result.err, "no regular file.*save it to a file first")

    def test_a_live_directory(self):
        result = self.users("--part", "1/2", "ldap://localhost:1/dc=example")
        self.assertEqual(result.status, NOT_DONE)
        self.assert_one_line(result.err, "a live directory cannot be divided")

    def test_a_file_on_standard_input_can(self):
        name = self.write("site.csv", csv_text(csv_row("Anna", ""), csv_row("Bert", "")))
        names = []
        for k in (1, 2):
            with open(self.folder / name, "rb") as f:
                names += self.users("--part", f"{k}/2", "-", stdin_file=f).people
        self.assertEqual([who for who, _ in names], ["Anna", "Bert"])

    def test_used_wrongly(self):
        name = self.write("site.csv", csv_text(csv_row("Anna", "")))
        for value in ("0/2", "3/2", "1", "1/", "/2", "-1/2", "1/2/3", "1/0", "a/b", "1/2 ", "+1/2",
                      "1/1000000001", "1/99999999999999999999"):
            with self.subTest(value=value):
                result = self.users(f"--part={value}", name)
                self.assertEqual(result.status, USAGE)
                self.assert_one_line(result.err, "--part is K/N")
        result = self.users("--part", "1/2", "--shared-keys", name)
        self.assertEqual(result.status, USAGE)
        self.assert_one_line(result.err, "--shared-keys")


if __name__ == "__main__":
    unittest.main()
