"""One set of mailboxes in every form in which exports come: the rows are the same."""

import base64
import csv
import gzip
import io
import random
import subprocess
import unittest

from support import (DONE, ExportTest, SOME, address_of, base64_of, certificate)

# Names that the code page has, and an address that is like its name; every kind of answer.
PEOPLE = ["Anna", "Björn", "Çelik", "Dörte, Dr.", "Emil \"E\"", "Fritz%O", "Gül; Han"]
NOBODY = "Zoë"


def mail_of(name):
    ascii_name = name.encode("ascii", "ignore").decode()
    return address_of("".join(c for c in ascii_name if c.isalpha()))


class Form:
    """How a file is written: for each mailbox its name, address and certificates."""

    def __init__(self, people):
        self.people = people

    def table(self, header, row, delimiter=",", end="\r\n", quote='"'):
        out = io.StringIO()
        writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quotechar=quote)
        writer.writerow(header)
        for name, mail, values in self.people:
            writer.writerow(row(name, mail, values))
        return out.getvalue()

    def exchange(self, separator="%", delimiter=",", lower=False, **more):
        def row(name, mail, values):
            digits = separator.join(value.hex() if lower else value.hex().upper()
                                    for value in values)
            # In a field of many values the separator is escaped; a name has one value only.
            addresses = [text.replace(separator, "\\" + separator)
                         for text in ("MS:A/B\\\\C", f"SMTP:{mail}", "X400:c=US;a= ;")]
            return ["mailbox", name, separator.join(addresses), "Recipients", digits]
        return self.table(["Obj-Class", "Display Name", "E-mail Addresses", "Obj-Container",
                           "Tagged-X509-Cert"], row, delimiter, **more)

    def ldap_table(self, write, delimiter=",", **more):
        return self.table(["DN", "objectClass", "displayName", "mail", "userSMIMECertificate"],
                          lambda name, mail, values: [f"CN={mail},OU=Recipients,O=Example",
                                                      "user", name, mail, write(values)],
                          delimiter, **more)

    def ldif(self, width=76, end="\n", version=True, blank=" "):
        lines = ["version: 1", ""] if version else []
        for name, mail, values in self.people:
            entry = [f"dn: CN={mail},OU=Recipients,O=Example", "objectClass: user",
                     "displayName:: " + base64.b64encode(name.encode()).decode(), f"mail: {mail}"]
            entry += ["userSMIMECertificate:: " + base64_of(value) for value in values]
            for line in entry:
                lines.append(line[:width])
                line = line[width:]
                while line:
                    lines.append(blank + line[:width - 1])
                    line = line[width - 1:]
            lines.append("")
        return end.join(lines) + end


def joined(separator, write):
    return lambda values: separator.join(write(value) for value in values)


def quoted_hex(value):
    return f"X'{value.hex()}'"


def dashed(value):
    return value.hex("-").upper()


class RosterForms(ExportTest):
    @classmethod
    def setUpClass(cls):
        good = {name: certificate(mail_of(name)) for name in PEOPLE}
        old = certificate(mail_of(PEOPLE[1]), "2024-01-01", "2025-01-01")
        cls.people = [(name, mail_of(name), [good[name]]) for name in PEOPLE]
        cls.people[1][2].insert(0, old) # two values, the expired one first
        cls.people[2][2].append(certificate(mail_of(PEOPLE[2])))
        cls.people.append((NOBODY, mail_of("Zo"), []))
        cls.people.append(("Yves", mail_of("Yves"),
                           [certificate(mail_of("Yves"), "2024-01-01", "2025-01-01")]))
        cls.form = Form(cls.people)

    def rows(self, content, *options, name="export"):
        """The rows of `-f csv` without the container, which depends on the kind of export."""
        content = content if isinstance(content, bytes) else content.encode("utf-8")
        result = self.users(self.write(name, content), *options, form="csv")
        self.assertEqual((result.status, result.err), (DONE, ""))
        return [{column: cell for column, cell in row.items() if column != "container"}
                for row in csv.DictReader(io.StringIO(result.out.decode("utf-8"), newline=""))]

    def assert_same(self, forms):
        want = self.rows(self.form.exchange())
        self.assertEqual([(row["mailbox"], row["address"]) for row in want],
                         [(name, mail) for name, mail, _ in self.people])
        self.assertEqual([row["standing"] for row in want],
                         ["active"] * len(PEOPLE) + ["none", "expired"])
        for form, (content, *options) in forms.items():
            with self.subTest(form):
                self.assertEqual(self.rows(content, *options), want)

    def test_exchange(self):
        plain = self.form.exchange
        forms = {f"delimiter {d!r}": (plain(delimiter=d),) for d in ",;\t|^~"}
        forms |= {f"separator {s}": (plain(separator=s), "--multi-value-separator", s)
                  for s in "&^#@!$%,\""} # the delimiter and the quote too: the field is quoted
        forms |= {
            "lower-case digits": (plain(lower=True),),
            "LF": (plain(end="\n"),),
            "CR": (plain(end="\r"),),
            "apostrophe": (plain(quote="'"), "--quote", "'"),
            "delimiter told": (plain(delimiter="§"), "--delimiter", "§"),
            "all of it quoted": (self.requoted(plain()),),
        }
        self.assert_same(forms)

    def test_a_quote_may_separate_where_nothing_quotes(self):
        rows = self.rows('Display Name"E-mail Addresses"X509-Cert\nBo"SMTP:bo@x"\n',
                         "--delimiter", '"', "--quote", "none")
        self.assertEqual([(row["mailbox"], row["address"], row["standing"]) for row in rows],
                         [("Bo", "bo@x", "none")])

    def requoted(self, text):
        out = io.StringIO()
        csv.writer(out, quoting=csv.QUOTE_ALL).writerows(csv.reader(io.StringIO(text, newline="")))
        return out.getvalue()

    def test_values(self):
        table = self.form.ldap_table
        forms = {
            "csvde": table(joined(";", quoted_hex)),
            "csvde, capitals": table(joined(";", lambda v: f"X'{v.hex().upper()}'")),
            "base64 and semicolons": table(joined(";", base64_of)),
            "base64 and bars": table(joined("|", base64_of)),
            "base64 and commas": table(joined(",", base64_of)),
            "base64 without padding": table(joined(";", lambda v: base64_of(v).rstrip("="))),
            "base64 in lines": table(joined(";", lambda v: base64.encodebytes(v).decode())),
            "BitConverter": table(joined(";", dashed)),
            "BitConverter and bars": table(joined("|", dashed)),
            "bare digits": table(joined(";", bytes.hex)),
            "semicolons between columns": table(joined("|", base64_of), delimiter=";"),
            "PowerShell": "#TYPE Selected.User\r\n" + self.requoted(table(joined(";", base64_of))),
            "a spreadsheet": "sep=;\r\n" + table(joined("|", base64_of), delimiter=";"),
            "empty lines": table(joined(";", base64_of), end="\r\n\r\n"),
        }
        self.assert_same({name: (content,) for name, content in forms.items()})

    def test_ldif(self):
        ldif = self.form.ldif
        forms = {f"folded at {width}": ldif(width=width) for width in (2, 3, 20, 64, 77, 79)}
        forms |= {
            "not folded": ldif(width=100_000),
            "CR LF": ldif(end="\r\n"),
            "CR": ldif(end="\r"),
            "without a version": ldif(version=False),
            "Zimbra's folding": ldif(blank=""),
            "comments": "# made by hand\n#  and more\n" + ldif().replace("\nmail:", "\n# x\nmail:"),
            "changes": ldif().replace("\nobjectClass:", "\nchangetype: add\nobjectClass:"),
            "ldapsearch": ldif() + "# search result\nsearch: 2\nresult: 0 Success\n\n",
            "options": ldif().replace("userSMIMECertificate::", "usersmimecertificate;binary::"),
        }
        self.assert_same({name: (content,) for name, content in forms.items()})

    def test_encodings(self):
        exchange, ldif = self.form.exchange(), self.form.ldif()
        forms = {
            "cp1252": (exchange.encode("cp1252"),),
            "cp1252, told": (exchange.encode("cp1252"), "--encoding", "cp1252"),
            "latin-9, told": (exchange.encode("iso-8859-15"), "--encoding", "ISO-8859-15"),
            "UTF-8 with its mark": (exchange.encode("utf-8-sig"),),
            "UTF-16 with its mark": (exchange.encode("utf-16"),),
            "UTF-16BE with its mark": ("\ufeff" + exchange).encode("utf-16-be"),
            "UTF-16LE": (exchange.encode("utf-16-le"),),
            "UTF-16BE": (exchange.encode("utf-16-be"),),
            "UTF-16, told": (exchange.encode("utf-16-le"), "--encoding", "utf-16le"),
            "UTF-16, CR": (exchange.replace("\r\n", "\r").encode("utf-16"),),
            "LDIF in UTF-16": (ldif.encode("utf-16"),),
            "LDIF in UTF-16, CR LF": (ldif.replace("\n", "\r\n").encode("utf-16-be"),),
            "LDIF with a mark": (ldif.encode("utf-8-sig"),),
        }
        self.assert_same({name: form if isinstance(form, tuple) else (form,)
                          for name, form in forms.items()})

    def test_compression(self):
        exchange, ldif = self.form.exchange().encode(), self.form.ldif().encode()
        forms = {
            "gzip": gzip.compress(exchange),
            "gzip, two members": gzip.compress(exchange[:999]) + gzip.compress(exchange[999:]),
            "gzip, LDIF": gzip.compress(ldif),
            "gzip, UTF-16": gzip.compress(self.form.exchange().encode("utf-16")),
            "gzip and zeros": gzip.compress(exchange) + bytes(512),
            "zstd": self.zstd(exchange),
            "zstd, two frames": self.zstd(exchange[:999]) + self.zstd(exchange[999:]),
            "zstd, LDIF": self.zstd(ldif),
        }
        self.assert_same({name: (content,) for name, content in forms.items()})

    def zstd(self, content):
        return subprocess.run(["zstd", "-q", "-c"], input=content, capture_output=True,
                              check=True).stdout

    def test_several_sources(self):
        """Each source in its own form, one after the other; a pipe among them."""
        first = self.write("first.csv", self.form.exchange().encode("cp1252"))
        second = self.write("second.ldif.gz", gzip.compress(self.form.ldif().encode()))
        piped = self.form.ldap_table(joined(";", quoted_hex)).encode("utf-16")
        for threads in ("1", "4"):
            result = self.users("--threads", threads, first, "-", second, stdin=piped)
            self.assertEqual((result.status, result.err), (DONE, ""))
            self.assertEqual(result.people, result.people[:len(self.people)] * 3)
            self.assertEqual([row["source"] for row in result.rows],
                             [name for name in (first, "-", second) for _ in self.people])

    def test_one_source_that_cannot_be_read(self):
        """The others are read, and it is named."""
        good = self.write("good.csv", self.form.exchange())
        bad = self.write("bad.csv", "no,header\n1,2\n")
        result = self.users(bad, good)
        self.assertEqual(result.status, SOME)
        self.assert_named(result, "bad.csv")
        self.assertEqual(len(result.people), len(self.people))


class RandomTables(ExportTest):
    """Tables of random text, written and read by Python's csv module, an independent reader."""

    ALPHABET = 'aäß ,;%"\'\n\r\t\\=€'

    def test_names(self):
        chance = random.Random(20261125)
        for _ in range(30):
            names = ["x" + "".join(chance.choices(self.ALPHABET, k=chance.randrange(12)))
                     for _ in range(40)]
            out = io.StringIO()
            # A CR alone would have to be quoted; the csv module does so.
            writer = csv.writer(out, delimiter=chance.choice(",;\t|"),
                                quoting=chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
                                lineterminator=chance.choice(["\n", "\r\n"]))
            writer.writerow(["displayName", "mail", "userCertificate"])
            writer.writerows([name, "a@example.org", ""] for name in names)
            result = self.users_of(out.getvalue().encode("utf-8"), form="jsonl")
            self.assertEqual((result.status, result.err), (DONE, ""))
            self.assertEqual([row["mailbox"] for row in result.rows], names)
            again = self.users_of(out.getvalue().encode("utf-8"), form="csv")
            read = list(csv.DictReader(io.StringIO(again.out.decode("utf-8"), newline="")))
            self.assertEqual([row["standing"] for row in read], ["none"] * len(names))

    def test_a_long_table(self):
        """Names of many lines, so that batches are cut within fields; lines are told right."""
        chance = random.Random(4180)
        names = ["x" + "".join(chance.choices('ab\n\n"",;', k=chance.randrange(40)))
                 for _ in range(120_000)]
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["displayName", "mail", "userCertificate"])
        lines, line = [], 2
        for number, name in enumerate(names):
            if number % 40_000 == 39_999: # a quote that is never closed costs its line
                out.write('"open,a@example.org,\n')
                line += 1
            writer.writerow([name, "a@example.org", ""])
            lines.append(line)
            line += name.count("\n") + 1
        export = self.write("long.csv", out.getvalue())
        self.assertGreater(len(out.getvalue()), 3 << 20)
        for threads in ("1", "3"):
            result = self.users("--threads", threads, export)
            self.assertEqual([row["mailbox"] for row in result.rows], names)
            self.assertEqual([row["line"] for row in result.rows], lines)
            self.assertEqual(len(result.err.splitlines()), 3)
            self.assert_named(result, export, lines[39_999] - 1)
            again = self.users("--threads", threads, export, form="csv")
            self.assertEqual(again.err, result.err) # lines are counted in another way
            read = csv.DictReader(io.StringIO(again.out.decode("utf-8"), newline=""))
            self.assertEqual([row["mailbox"] for row in read], names)


if __name__ == "__main__":
    unittest.main()
