"""keyroster export, as a user runs it: what it writes, read by the rules of Exchange 5.5."""

import random
import unittest

from exchange_reader import Export, values_of
from support import (DONE, NOT_DONE, SOME, SOURCE, USAGE, ExportTest, address_of, base64_of, certificate, csv_row,
                     csv_text, hex_of, ldif_entry, run)
from support import HEADER as HEADER_OF_SITE

SAMPLE = SOURCE / "sample"
QUESTION = ("--at", "2026-11-01", "--site", "HAMBURG", "--issuer", SAMPLE / "issuer.pem",
            "--trust", SAMPLE / "trust.pem", "--crl", SAMPLE / "crl.pem")
SAMPLES = ["site.csv", "site.csv.gz", "people.ldif", "csvde.csv", "unicode.txt", "powershell.csv"]
HEADER = "Obj-Class,Display Name,E-mail Addresses,Obj-Container,Tagged-X509-Cert,X509-Cert"


class Exporting(ExportTest):
    def export(self, *arguments, header=HEADER + "\r\n", **more):
        """`keyroster export` in the folder to out.csv, whose bytes are kept in `written`."""
        if header is not None:
            self.write("header.csv", header)
            arguments = (*arguments, "--header", "header.csv")
        result = run("export", *arguments, "-o", "out.csv", cwd=self.folder, **more)
        self.assertIn(result.status, (DONE, SOME, USAGE, NOT_DONE), result.err)
        out = self.folder / "out.csv"
        self.written = out.read_bytes() if out.exists() else None
        return result

    def exported(self, *arguments, status=DONE, reading=None, **more):
        result = self.export(*arguments, **more)
        self.assertEqual(result.status, status, result.err)
        return Export(self.written, **(reading or {}))

    def ldif(self, *entries):
        return self.write("site.ldif", "\n".join(entries))


def told(row):
    """What a roster says of a mailbox, without where it stands and in which order values come."""
    kept = {name: row[name] for name in ("mailbox", "address", "addresses", "container", "uses_kms",
                                         "standing", "reason", "effective", "warnings")}
    return kept | {"certificates": sorted((one["sha256"], one["role"]) for one in
                                          row["certificates"])}


class RoundTrip(Exporting):
    def assert_same_roster(self, source, header, lost=()):
        done = self.export(source, header=header)
        self.assertIn(done.status, (DONE, SOME), done.err)
        before, after = (run("users", "-f", "jsonl", *QUESTION, file, cwd=self.folder)
                         for file in (source, "out.csv"))
        self.assertEqual(len(before.rows), len(after.rows))
        self.assertEqual(before.status, after.status)
        for old, new in zip(map(told, before.rows), map(told, after.rows)):
            for name in lost:
                old.pop(name), new.pop(name)
            self.assertEqual(old, new)

    def test_samples_in_the_columns_of_exchange(self):
        for name in SAMPLES:
            with self.subTest(name):
                self.assert_same_roster(SAMPLE / name, HEADER)

    def test_samples_in_every_encoding(self):
        for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"),
                               (b"\xef\xbb\xbf", "utf-8")):
            for name in ("site.csv", "people.ldif", "unicode.txt"):
                with self.subTest(name, encoding=encoding):
                    self.assert_same_roster(SAMPLE / name,
                                            mark + (HEADER + "\r\n").encode(encoding))
                    self.assertTrue(self.written.startswith(mark + "Obj".encode(encoding)))

    def test_samples_in_the_columns_of_ldap(self):
        header = "DN;objectClass;displayName;mail;proxyAddresses;userCertificate;userSMIMECertificate"
        for name in ("people.ldif", "csvde.csv", "powershell.csv"):
            with self.subTest(name):
                self.assert_same_roster(SAMPLE / name, header)

    def test_samples_without_class_and_container(self):
        header = "Display Name\tE-mail Addresses\tTagged-X509-Cert\tUser-Cert"
        for name in ("people.ldif", "csvde.csv", "powershell.csv", "unicode.txt"):
            with self.subTest(name):
                self.assert_same_roster(SAMPLE / name, header, lost=["container"])

    def test_the_two_steps_of_the_article(self):
        done = self.export(SAMPLE / "people.ldif",
                           header=(SAMPLE / "header.csv").read_bytes())
        self.assertEqual(done.status, DONE, done.err)
        self.assertEqual(self.users("out.csv").status, SOME)  # three values are broken on purpose

    def test_hostile_values(self):
        chance = random.Random(5)
        letters = list("aZ09 ,;\"'%\\\t\r\n&^#@!$:=<>åß€語😀") + ["\\%", '""', "\r\n"]

        def text(least=1):
            return "x" + "".join(chance.choice(letters) for _ in range(chance.randint(least, 20)))

        entries, expected = [], []
        for number in range(300):
            name, notes = text(), [text(0) for _ in range(chance.randint(0, 4))]
            shoes = [text(0) for _ in range(chance.randint(0, 3))]
            aliases = [f"{text()}{number}@example.org".strip() for _ in range(chance.randint(0, 3))]
            certificates = [chance.randbytes(chance.randint(1, 60))
                            for _ in range(chance.randint(1, 3))]
            lines = [f"dn: cn=u{number},dc=example,dc=org", "objectClass: person",
                     f"displayName:: {base64_of(name.encode())}"]
            for attribute, values in (("description", notes), ("shoeSize", shoes),
                                      ("proxyAddresses", aliases)):
                lines += [f"{attribute}:: {base64_of(value.encode())}" for value in values]
            lines += [f"userSMIMECertificate;binary:: {base64_of(v)}" for v in certificates]
            entries.append("\n".join(lines) + "\n")
            expected.append([[name], notes, shoes, aliases,
                             [v.hex().upper() for v in certificates], [f"u{number}"]])
        source = self.ldif(*entries)
        for delimiter in ",;\t|":
            header = delimiter.join(["Display Name", "description", "shoeSize", "E-mail Addresses",
                                     "Tagged-X509-Cert", "Directory Name"])
            for encoding, mark in (("utf-8", b""), ("utf-16-le", b"\xff\xfe")):
                with self.subTest(delimiter=delimiter, encoding=encoding):
                    got = self.exported(source, header=mark + header.encode(encoding),
                                        reading={"delimiter": delimiter, "many": ["shoeSize"]})
                    self.assertEqual(got.rows, expected)
                    rows = [self.users(file).rows for file in (source, "out.csv")]
                    self.assertEqual(*[[(r["mailbox"], r["addresses"], r["standing"]) for r in all_]
                                       for all_ in rows])

    def test_a_table_of_exchange_is_copied_as_it_is(self):
        header = ("Obj-Class,Display Name,Primary Windows NT Account,E-mail Addresses,Members,Title,"
                  "Tagged-X509-Cert")
        rows = ["mailbox,Anna,ALLISON'S\\3,\"MS:A/B%SMTP:a@x%CUSTOM:B, M at \\\\\\\\SF\","
                "\"v\\%1%v,2%v,3\",\"50% of \\ \"\"all\"\"\",30820100",
                "mailbox,,,,,,"]
        source = self.write("site.csv", csv_text(*rows, header=header))
        self.exported(source, header=header + "\r\n")
        self.assertEqual(self.written.decode(), csv_text(*rows, header=header))

    def test_threads_do_not_change_the_order(self):
        source = self.write("site.csv", csv_text(*(csv_row(f"P{n}", "00" * 400)
                                                   for n in range(6000))))
        self.exported(source, "--threads", 1)
        first = self.written
        self.exported(source, "--threads", 7)
        self.assertEqual(first, self.written)
        self.assertEqual([v for [v] in Export(first).column("Display Name")],
                         [f"P{n}" for n in range(6000)])


class Columns(Exporting):
    def test_in_the_order_and_spelling_of_the_header(self):
        source = self.ldif(ldif_entry("Anna", "givenName: Anna", "telephoneNumber: 1"))
        header = "TELEPHONENUMBER,Surname,first name,\"Display Name\",mail"
        self.exported(source, header=header)
        self.assertEqual(self.written.decode(),
                         header + "\r\n1,Anna,Anna,Anna,anna@example.org\r\n")

    def test_names_of_one_attribute(self):
        source = self.ldif(ldif_entry(
            "Anna", "displayName: Anna Berg", "mailNickname: aberg", "title: Dr.",
            "msExchHideFromAddressLists: FALSE", "proxyAddresses: SMTP:a@x",
            "proxyAddresses: X400:c=DE;a= ;p=N;", f"userSMIMECertificate:: {base64_of(b'01')}"))
        for name, value in (
            ("Display Name", ["Anna Berg"]), ("Display-Name", ["Anna Berg"]),
            ("DISPLAYNAME", ["Anna Berg"]), ("Directory Name", ["Anna"]), ("Common-Name", ["Anna"]),
            ("Alias Name", ["aberg"]), ("Title", ["Dr."]), ("Hide from AB", ["0"]),
            ("msExchHideFromAddressLists", ["FALSE"]), ("Last name", ["Anna"]),
            ("Obj-Class", ["mailbox"]), ("objectClass", ["inetOrgPerson"]),
            ("DN", ["cn=Anna,ou=people,dc=example,dc=org"]),
            ("Obj-Container", ["ou=people,dc=example,dc=org"]),
            ("E-mail address", ["anna@example.org"]),
            ("E-mail Addresses", ["smtp:anna@example.org", "SMTP:a@x", "X400:c=DE;a= ;p=N;"]),
            ("Tagged-X509-Cert", ["3031"]), ("taggedCertificate", ["3031"]),
            ("userSMIMECertificate;binary", ["3031"]), ("1.2.840.113556.1.2.614", ["3031"]),
            ("X509-Cert", []), ("Home-Server", []),
        ):
            with self.subTest(name):
                got = self.exported(source, header=f"{name},Shoe,sn", status=SOME)
                self.assertEqual(got.rows[0][0], value)

    def test_addresses_stand_once(self):
        source = self.ldif(
            ldif_entry("A", "proxyAddresses: SMTP:a@example.org", "proxyAddresses: smtp:b@x"),
            ldif_entry("B", "mailAlternateAddress: c@x"),
            ldif_entry("C", "proxyAddresses: smtp:c@x"))
        got = self.exported(source, header="cn,E-mail Addresses")
        self.assertEqual(got.column("E-mail Addresses"),
                         [["SMTP:a@example.org", "smtp:b@x"], ["SMTP:b@example.org", "smtp:c@x"],
                          ["SMTP:c@example.org", "smtp:c@x"]])
        got = self.exported(source, header="cn,E-mail address,E-mail Addresses")
        self.assertEqual(got.column("E-mail Addresses"),
                         [["SMTP:a@example.org", "smtp:b@x"], ["smtp:c@x"], ["smtp:c@x"]])

    def test_any_attribute_of_the_source(self):
        source = self.ldif(ldif_entry("Anna", "shoe-size: 37", "shoe-size: 37%", "photo-x:: AAEC"))
        got = self.exported(source, header="cn,Shoe-Size,PHOTO-X", reading={"many": ["Shoe-Size"]})
        self.assertEqual(got.rows, [[["Anna"], ["37", "37%"], ["000102"]]])
        table = self.write("site.csv", csv_text(csv_row("Anna", "") + ",\\ 5% \\%",
                                                header=HEADER_OF_SITE + ",Shoe-Size"))
        got = self.exported(table, header="Display Name,Shoe-Size")
        self.assertEqual(got.rows, [[["Anna"], ["\\ 5% \\%"]]])

    def test_bytes_are_hexadecimal_in_capitals(self):
        one, two = certificate("a@x"), b"\x01\x00\xab\xcd"
        source = self.write("site.csv", csv_text(csv_row("Anna", hex_of(one, two).lower())))
        got = self.exported(source)
        self.assertEqual(got.column("Tagged-X509-Cert"), [[one.hex().upper(), "0100ABCD"]])

    def test_an_unknown_column_is_named_with_the_nearest(self):
        source = self.write("site.csv", csv_text(csv_row("Anna", "")))
        for header, column, near in (
            ("Display Name,Tagged-X590-Cert", 2, "nearest: Tagged-X509-Cert"),
            ("Dispaly Name,E-mail Addresses", 1, "nearest: Display Name"),
            ("Display Name,zzzzzzzz", 2, "no known name is near"),
            ("Display Name,,E-mail Addresses", 2, "has no name"),
        ):
            with self.subTest(header):
                result = self.export(source, header=header)
                self.assertEqual(result.status, SOME)
                self.assert_one_line(result.err, rf"header\.csv:1: column {column}.*{near}")
                self.assertEqual(Export(self.written).rows[0][column - 1], [])

    def test_a_column_that_the_source_does_not_have_is_no_fault(self):
        source = self.write("site.csv", csv_text(csv_row("Anna", "")))
        result = self.export(source, header="Display Name,Home-Server,Custom Attribute 3")
        self.assertEqual(result.status, DONE)
        self.assertEqual(Export(self.written).rows, [[["Anna"], [], []]])
        self.assert_one_line(result.err,
                             "no object has a value for 'Home-Server', 'Custom Attribute 3'")
        result = self.export(source, header="Display Name," + "Title," * 20 + "Notes")
        self.assert_one_line(result.err, "for 'Title'.*, and 13 more columns")
        result = self.export(source, header="Display Name,E-mail address,DN,Directory Name")
        self.assert_one_line(result.err, "no object has a value for 'DN'")  # the others are made up

    def test_one_column(self):
        source = self.write("site.csv", csv_text(csv_row("Anna", "3000"), csv_row("Bo", "")))
        self.exported(source, header="Tagged-X509-Cert\r\n")
        self.assertEqual(self.written, b'Tagged-X509-Cert\r\n3000\r\n""\r\n')
        self.assertEqual(len(self.users("out.csv").rows), 2)

    def test_certificates_that_no_column_shows_are_told(self):
        second, first = (f"{name}:: {base64_of(certificate(address_of('Anna')))}"
                         for name in ("userCertificate", "userSMIMECertificate"))
        said = r"1 object with certificates that no column shows \(add {} to the header\)"
        for lines, header, expected, message in (
            ([second], "cn,Tagged-X509-Cert", "unknown", said.format("X509-Cert")),
            ([second], "cn,Tagged-X509-Cert,mail", "none", said.format("X509-Cert")),
            ([second], "Tagged-X509-Cert", "unreadable", said.format("X509-Cert")),
            ([first], "cn,X509-Cert", "unknown", said.format("Tagged-X509-Cert")),
        ):
            with self.subTest(header=header, lines=lines):
                result = self.export(self.ldif(ldif_entry("Anna", *lines)), header=header)
                self.assertEqual(result.status, SOME)
                self.assert_one_line(result.err, message)
                self.assertEqual([s for _, s in self.users("out.csv").people], [expected])
                self.assertIn(b"anna@" if "mail" in header else b"\r\n", self.written)

    def test_more_certificates_than_the_columns_show_are_a_hint(self):
        lines = [f"{name}:: {base64_of(certificate(address_of('Anna')))}"
                 for name in ("userCertificate", "userSMIMECertificate")]
        result = self.export(self.ldif(ldif_entry("Anna", *lines)), header="cn,Tagged-X509-Cert")
        self.assertEqual(result.status, DONE)
        self.assert_one_line(result.err, r"1 object with more certificates, which no column shows "
                                         r"\(add X509-Cert to the header\)")
        self.assertEqual(self.users("out.csv").people, [("Anna", "active")])

    def test_who_asks_for_no_certificates_is_told_of_none(self):
        lines = [f"userCertificate:: {base64_of(certificate(address_of('Anna')))}"]
        result = self.export(self.ldif(ldif_entry("Anna", *lines)), header="cn,mail")
        self.assertEqual((result.status, result.err), (DONE, ""))

    def test_certificates_of_what_is_not_exported_are_not_counted(self):
        lines = [f"userCertificate:: {base64_of(certificate(address_of('Anna')))}",
                 "msExchHideFromAddressLists: TRUE"]
        result = self.export(self.ldif(ldif_entry("Anna", *lines)), header="cn,Tagged-X509-Cert")
        self.assert_one_line(result.err, "1 object hidden")

    def test_raw(self):
        source = self.ldif(ldif_entry("Anna", "proxyAddresses: SMTP:a@x"))
        got = self.exported(source, "--raw", status=SOME,
                            header="Common-Name,First Name,Display-Name,Proxy-Addresses,DN")
        self.assertEqual(got.rows, [[["Anna"], [], [], ["SMTP:a@x"],
                                     ["cn=Anna,ou=people,dc=example,dc=org"]]])
        result = self.export(source, "--raw", header="Common-Name,First Name")
        self.assert_one_line(result.err, "an alias, which --raw does not know: givenName")


class Unknown(Exporting):
    """What the source could not tell is no blank in the export, for a blank says: none."""

    def test_lost_and_broken_values_stay(self):
        source = self.write("site.csv", csv_text(csv_row("Lost", "System.Byte[]"),
                                                 csv_row("Odd", "30820"), csv_row("Good", "3000")))
        result = self.export(source)
        self.assertEqual(result.status, SOME)
        self.assert_named(result, "site.csv", 2)
        self.assert_named(result, "site.csv", 3)
        self.assertEqual(self.users("out.csv").people, self.users(source).people)
        self.assertEqual(Export(self.written).column("Tagged-X509-Cert"),
                         [["System.Byte[]"], ["30820"], ["3000"]])

    def test_a_broken_value_of_ldif(self):
        source = self.ldif(ldif_entry("Anna", "userSMIMECertificate:: MII*", " DdzCC"))
        self.assertEqual(self.export(source).status, SOME)
        self.assertEqual(self.users("out.csv").people, [("Anna", "unreadable")])

    def test_a_row_that_was_cut_off_is_cut_off_again(self):
        source = self.write("site.csv", csv_text("mailbox,Anna,SMTP:a@x", csv_row("Bo", "")))
        result = self.export(source)
        self.assertEqual(result.status, SOME)
        self.assertEqual(self.users("out.csv").people, [("Anna", "unknown"), ("Bo", "none")])
        self.export(source, header="Tagged-X509-Cert,Display Name")
        self.assertEqual([row["uses_kms"] for row in self.users("out.csv").rows],
                         ["unknown", "no"])

    def test_a_table_without_certificates_cannot_fill_their_column(self):
        source = self.write("site.csv", "Display Name,E-mail Addresses\r\nAnna,SMTP:a@x\r\n")
        result = self.export(source)
        self.assertEqual((result.status, self.written), (NOT_DONE, None))
        self.assert_named(result, "site.csv")
        got = self.exported(source, header="E-mail Addresses,Display Name")
        self.assertEqual(got.rows, [[["SMTP:a@x"], ["Anna"]]])

    def test_nor_can_an_ldif_without_any(self):
        result = self.export(self.ldif(ldif_entry("Anna")))
        self.assertEqual(result.status, SOME)
        self.assertIn("no entry has a certificate attribute", result.err)
        self.exported("site.ldif", header="cn,mail")

    def test_what_the_code_page_lacks_is_told(self):
        source = self.ldif(ldif_entry("Anna", f"displayName:: {base64_of('Я Å'.encode())}"))
        header = "Display Name,mail\r\nÅ\r\n".encode("cp1252")
        result = self.export(source, header=header)
        self.assertEqual(result.status, SOME)
        self.assert_named(result, "site.ldif", 1)
        self.assertEqual(self.written, b"Display Name,mail\r\n? \xc5,anna@example.org\r\n")

    def test_a_nul_is_told(self):
        source = self.ldif(ldif_entry("Anna", f"displayName:: {base64_of(chr(0).encode() + b'B')}"))
        self.assertEqual(self.export(source, header="Display Name,mail").status, SOME)
        self.assertIn(b"\r\n?B,", self.written)


LDIF_KINDS = "\n".join(
    f"dn: cn={name},{where}\n" + "".join(f"objectClass: {one}\n" for one in classes) + more
    for name, classes, where, more in (
        ("Anna", ["top", "person"], "ou=a,dc=x", "mail: a@x\nmsExchHideFromAddressLists: TRUE\n"),
        ("Bo", ["top", "person", "user"], "ou=b,ou=a,dc=x", "mail: b@x\n"),
        ("Contact", ["top", "person", "contact"], "ou=a,dc=x", "mail: c@x\n"),
        ("NoContact", ["top", "person", "contact"], "ou=a,dc=x", ""),
        ("List", ["top", "group"], "ou=a,dc=x", "mail: l@x\n"),
        ("Group", ["top", "group"], "ou=a,dc=x", ""),
        ("PC", ["top", "person", "user", "computer"], "ou=a,dc=x", ""),
        ("Ghost", ["top", "person"], "dc=x", ""),
    )) + "\ndn: cn=Bo,dc=x\nchangetype: modify\nadd: sn\nsn: x\n-\n"

CSV_KINDS = csv_text(
    "mailbox,Anna,SMTP:a@x,Recipients,,EX1,1", "MAILBOX,Bo,SMTP:b@x,Recipients/cn=Sales,,EX2,0",
    "remote,Contact,SMTP:c@x,Recipients,,,0", "dl,List,SMTP:l@x,/o=O/ou=S/cn=Recipients,,,0",
    "container,Box,,Recipients,,,0", header=HEADER_OF_SITE + ",Home-Server,Hide from AB")


class Objects(Exporting):
    def names(self, source, *arguments):
        got = self.exported(source, *arguments, header="cn,Display Name,Obj-Class")
        return " ".join((row[1] or row[0])[0] for row in got.rows)

    def setUp(self):
        super().setUp()
        self.write("kinds.ldif", LDIF_KINDS)
        self.write("kinds.csv", CSV_KINDS)

    def test_kinds(self):
        for arguments, ldif, csv in (
            ([], "Bo", "Bo"),
            (["--hidden"], "Anna Bo", "Anna Bo"),
            (["--objects", "mailbox", "--hidden"], "Anna Bo", "Anna Bo"),
            (["--objects", "remote"], "Contact", "Contact"),
            (["--objects", "dl"], "List", "List"),
            (["--objects", "recipients"], "Bo Contact List", "Bo Contact List"),
            (["--objects=all", "--hidden"], "Anna Bo Contact NoContact List Group PC Ghost",
             "Anna Bo Contact List Box"),
        ):
            with self.subTest(arguments):
                self.assertEqual(self.names("kinds.ldif", *arguments), ldif)
                self.assertEqual(self.names("kinds.csv", *arguments), csv)

    def test_what_is_no_mailbox_is_none_when_it_is_read_back(self):
        for source in ("kinds.ldif", "kinds.csv"):
            self.export(source, "--objects", "all", "--hidden", header=HEADER)
            self.assertEqual([name for name, _ in self.users("out.csv").people], ["Anna", "Bo"])

    def test_classes(self):
        got = self.exported("kinds.ldif", "--objects", "all", "--hidden", header="cn,Obj-Class")
        self.assertEqual([v for [v] in got.column("Obj-Class")],
                         ["mailbox", "mailbox", "remote", "remote", "dl", "dl", "computer", "person"])

    def test_nothing_to_export_is_told(self):
        for arguments, said in (
            (["--container", "Nirvana"], "no object of the sources is in 'Nirvana'"),
            (["--objects", "dl", "--container", "Sales"], r"kind that is exported \(--objects\)"),
        ):
            with self.subTest(arguments):
                result = self.export("kinds.csv", *arguments, header="Display Name")
                self.assertEqual((result.status, self.written), (DONE, b"Display Name\r\n"))
                self.assert_one_line(result.err, f"nothing to export: .*{said}")

    def test_hidden_ones_are_told(self):
        result = self.export("kinds.csv")
        self.assert_one_line(result.err, r"1 object hidden from the address book left out "
                                         r"\(--hidden exports them too\)")

    def test_containers(self):
        for arguments, ldif, csv in (
            (["--container", "Recipients"], "", "Anna"),
            (["--container", "recipients", "--subcontainers"], "", "Anna Bo"),
            (["--container", "Sales"], "", "Bo"),
            (["--container", "a"], "Anna", ""),
            (["--container", "OU=a,DC=x"], "Anna", ""),
            (["--container", "a", "--subcontainers"], "Anna Bo", ""),
            (["--container", "nowhere"], "", ""),
        ):
            with self.subTest(arguments):
                self.assertEqual(self.names("kinds.ldif", "--hidden", *arguments), ldif)
                self.assertEqual(self.names("kinds.csv", "--hidden", *arguments), csv)


class OptionsFile(Exporting):
    def setUp(self):
        super().setUp()
        self.write("kinds.ldif", LDIF_KINDS)
        self.write("kinds.csv", CSV_KINDS)

    def with_options(self, source, text, *arguments, header="cn,Display Name", **more):
        self.write("admin.txt", text)
        return self.export(source, "--options", "admin.txt", *arguments, header=header, **more)

    def names(self, source, text, *arguments):
        result = self.with_options(source, text, *arguments)
        self.assertIn(result.status, (DONE, SOME), result.err)
        return " ".join((row[1] or row[0])[0] for row in Export(self.written).rows)

    def test_scope(self):
        for text, ldif, csv in (
            ("[Export]\r\nExportObject=Remote\r\n", "Contact", "Contact"),
            ("[export]\nEXPORTOBJECT=dl", "List", "List"),
            ("; admin /e\n[Import]\nContainer=x\n[Export]\nHiddenObjects=Yes\n", "Anna Bo",
             "Anna Bo"),
            ("[Export]\nHiddenObjects=Yes\n[Import]\nHiddenObjects=Perhaps\n", "Anna Bo",
             "Anna Bo"),
            ("[Export]\nHiddenObjects=Yes\nContainer=Recipients\n", "", "Anna"),
            ("[Export]\nHiddenObjects=Yes\nContainer=Recipients\nSubcontainers=Yes\n", "",
             "Anna Bo"),
            ("[Export]\nContainer=\nHiddenObjects=No\nSubcontainers=No\n", "Bo", "Bo"),
            ("[Export]\nHomeServer=EX1\nHiddenObjects=Yes", "", "Anna"),
            ("[Export]\nHomeServer=ex2\nDirectoryService=EX1\nInformationLevel=Full", "", "Bo"),
            ("[Export]\nExportObject=All\nHiddenObjects=Yes\nBasepoint=/o=O/ou=S\n", "",
             "Anna Bo Contact List Box"),
            ("[Export]\nHiddenObjects=Yes\nBasepoint=/o=O/ou=S/cn=Recipients/cn=Sales", "", "Bo"),
            ("[Export]\nHiddenObjects=Yes\nBasepoint=/o=O/ou=S/cn=Recipients\nBasepointOnly=Yes",
             "", "Anna"),
            ("[Export]\nBasepoint=ou=b,ou=a,dc=x\n", "Bo", ""),
            ("[Export]\nBasepoint=cn=Bo,ou=b,ou=a,dc=x\n", "Bo", ""),
        ):
            with self.subTest(text):
                self.assertEqual(self.names("kinds.ldif", text), ldif)
                self.assertEqual(self.names("kinds.csv", text), csv)

    def test_one_object(self):
        source = self.write("site.csv", csv_text(
            "mailbox,abo,Recipients", "mailbox,anna,Recipients", "mailbox,anna,Sales",
            header="Obj-Class,Directory Name,Obj-Container"))
        result = self.with_options(source, "[Export]\nBasepoint=/o=O/ou=S/cn=Recipients/cn=Anna\n",
                                   header="Directory Name,Obj-Container")
        self.assertEqual(result.status, DONE, result.err)
        self.assertEqual(Export(self.written).rows, [[["anna"], ["Recipients"]]])

    def test_the_command_line_wins(self):
        text = "[Export]\nExportObject=DL\n"
        self.assertEqual(self.names("kinds.csv", text, "--objects", "remote"), "Contact")
        self.assertEqual(self.names("kinds.csv", "[Export]\nContainer=Sales", "--container",
                                    "Recipients", "--hidden"), "Anna")

    def test_separators(self):
        values = ["a&b", "c'd", "e;f", "g,h", "i\\j"]
        source = self.ldif(ldif_entry("Anna", *(f"description: {value}" for value in values)))
        for text, header, reading in (
            ("MVSeparator=38", "cn,description", {"separator": "&"}),
            ("QuoteCharacter=39", "cn,description", {"quote": "'"}),
            ("ColumnSeparator=59", "description", {"delimiter": ";"}),
            ("ColumnSeparator=59", "cn,description", {}),  # the header's own wins
            ("ColumnSeparator=09\nMVSeparator=44", "description", {"delimiter": "\t",
                                                                   "separator": ","}),
            ("MVSeparator=34", "cn,description", {"separator": '"'}),
        ):
            with self.subTest(text, header=header):
                result = self.with_options(source, f"[Export]\n{text}\n", header=header)
                self.assertEqual(result.status, DONE, result.err)
                self.assertEqual(Export(self.written, **reading).column("description"), [values])

    def test_a_place_where_nobody_is(self):
        for text, said in (("Basepoint=dc=foo", "nothing to export: .* is in 'dc=foo'"),
                           ("Basepoint=/o=O/ou=S/cn=Nirvana", "nothing to export: .*Nirvana"),
                           ("HomeServer=EX9", "nothing to export: .*Home-Server 'EX9'")):
            with self.subTest(text):
                result = self.with_options("kinds.csv", "[Export]\nHiddenObjects=Yes\n" + text)
                self.assertEqual(result.status, DONE)
                self.assert_one_line(result.err, said)

    def test_containers_that_name_no_site_are_taken_for_those_of_the_basepoint(self):
        result = self.with_options("kinds.csv", "[Export]\nHiddenObjects=Yes\nBasepoint=/o=Foo\n",
                                   header="Display Name")
        self.assertEqual(result.status, DONE)
        self.assert_one_line(result.err, "2 objects in containers that name no site taken for "
                                         "those of /o=Foo")
        self.assertEqual(Export(self.written).column("Display Name"), [["Anna"], ["Bo"]])

    def test_code_page_of_an_ascii_header(self):
        source = self.ldif(ldif_entry("Anna", f"displayName:: {base64_of('Åsa'.encode())}"))
        for text, expected in (("", "Åsa".encode()), ("CodePage=0", b"\xc5sa"),
                               ("CodePage=1252", b"\xc5sa"),
                               ("CodePage=-1", "Åsa".encode("utf-16-le"))):
            self.with_options(source, f"[Export]\n{text}\n", header="Display Name")
            self.assertIn(expected, self.written)

    def test_quiet(self):
        text = "[Export]\nInformationLevel=None\n"
        self.assertEqual(self.with_options("kinds.csv", text).err, "")

    def test_raw_mode(self):
        text = "[Export]\nRawMode=Yes\n"
        self.assertEqual(self.with_options("kinds.csv", text, header="cn,First Name").status, SOME)

    def test_refused(self):
        for text, line in (
            ("", None), ("Container=x\n", None), ("[Import]\nContainer=x", None),
            ("[Export]\nContainers=x", 2), ("[Export]\n\nExportObject=Printer", 3),
            ("[Export]\nHiddenObjects=1", 2), ("[Export]\nSubcontainers=maybe", 2),
            ("[Export]\nMVSeparator=%", 2), ("[Export]\nMVSeparator=65", 2),
            ("[Export]\nMVSeparator=92", 2), ("[Export]\nMVSeparator=13", 2),
            ("[Export]\nMVSeparator=300", 2), ("[Export]\nColumnSeparator=0", 2),
            ("[Export]\nQuoteCharacter=1x", 2), ("[Export]\nCodePage=437", 2),
            ("[Export]\nInformationLevel=Some", 2), ("[Export]\nRawMode=", None),
            ("[Export]\nBasepointOnly", 2), ("[Export]\nQuoteCharacter=44", None),
        ):
            with self.subTest(text):
                (self.folder / "out.csv").write_text("as it was")
                result = self.with_options("kinds.csv", text)
                if text.endswith("RawMode="):
                    self.assertEqual(result.status, DONE)
                    continue
                self.assertEqual((result.status, self.written), (NOT_DONE, b"as it was"))
                self.assert_one_line(result.err, r"keyroster: (admin\.txt|header\.csv)"
                                     + (f":{line}: " if line else ": "))


class Files(Exporting):
    def test_an_unusable_header_leaves_the_output_as_it_was(self):
        source = self.write("site.csv", csv_text(csv_row("Anna", "")))
        for name, header in (
            ("empty", ""), ("a mark alone", b"\xef\xbb\xbf"), ("an empty first line", "\r\n" + HEADER),
            ("blanks", "   \r\n"), ("binary", bytes(range(256))), ("zeros", bytes(5000)),
            ("an image", b"\x89PNG\r\n\x1a\n" + bytes(64)), ("no known name", "foo,bar,baz\r\n"),
            ("prose", "Dear Anna, please find the export below.\r\n"),
            ("separators alone", ",,,\r\n"), ("a certificate", certificate("a@x")),
            ("a quote that is never closed", 'Display Name,"Tagged-X509-Cert\r\n'),
            ("a line without end", "Display Name," + "x" * (1 << 21)),
            ("too many columns", "cn," * 4001 + "cn\r\n"),
            ("a control character", "Display Name,\x1b[31mRed\r\n"),
            ("half of UTF-16", b"\xff\xfeD\x00\x00"),
        ):
            with self.subTest(name):
                (self.folder / "out.csv").write_text("as it was")
                result = self.export(source, header=header)
                self.assertEqual((result.status, self.written), (NOT_DONE, b"as it was"))
                self.assert_one_line(result.err, r"keyroster: header\.csv: ")
                self.assertEqual(sorted(p.name for p in self.folder.iterdir()),
                                 ["header.csv", "out.csv", "site.csv"])

    def test_no_header_file(self):
        source = self.write("site.csv", csv_text(csv_row("Anna", "")))
        for path in ("none.csv", "."):
            result = self.export(source, "--header", path, header=None)
            self.assertEqual((result.status, self.written), (NOT_DONE, None))
            self.assert_one_line(result.err, rf"keyroster: {path}: ")

    def test_the_header_may_be_the_output(self):
        source = self.write("site.csv", csv_text(csv_row("Anna", "3000"), csv_row("Bo", "")))
        self.write("out.csv", "Display Name;Tagged-X509-Cert\nOld;\n" + "x" * 5000)
        for _ in range(2):  # the second time it is an export already
            result = self.export(source, "--header", "out.csv", header=None)
            self.assertEqual(result.status, DONE, result.err)
            self.assertEqual(self.written, b"Display Name;Tagged-X509-Cert\r\nAnna;3000\r\nBo;\r\n")

    def test_the_source_may_not(self):
        source = self.write("site.csv", csv_text(csv_row("Anna", "3000")))
        self.write("header.csv", HEADER)
        before = (self.folder / source).read_bytes()
        result = run("export", source, "--header", "header.csv", "-o", source, cwd=self.folder)
        self.assertEqual(result.status, NOT_DONE)
        self.assert_one_line(result.err, "site.csv: one of the files that are read")
        self.assertEqual((self.folder / source).read_bytes(), before)

    def test_a_source_that_cannot_be_read_leaves_the_output_as_it_was(self):
        (self.folder / "out.csv").write_text("as it was")
        self.write("bad.csv", "no,header,at,all\r\n")
        for sources in (["none.csv"], ["bad.csv"], ["none.csv", "bad.csv"]):
            result = self.export(*sources)
            self.assertEqual((result.status, self.written), (NOT_DONE, b"as it was"))
        self.write("good.csv", csv_text(csv_row("Anna", "")))
        got = self.exported("none.csv", "good.csv", "bad.csv", status=SOME)
        self.assertEqual(got.column("Display Name"), [["Anna"]])

    def test_a_full_disk(self):
        source = self.write("site.csv", csv_text(*(csv_row(f"P{n}", "00" * 40)
                                                   for n in range(200))))
        self.write("header.csv", HEADER)
        result = run("export", source, "--header", "header.csv", "-o", "/dev/full", cwd=self.folder)
        self.assertEqual(result.status, NOT_DONE)
        self.assert_one_line(result.err, "/dev/full: ")

    def test_standard_input_and_output(self):
        self.write("header.csv", "Display Name")
        data = csv_text(csv_row("Anna", "")).encode()
        result = run("export", "-", "--header", "header.csv", cwd=self.folder, stdin=data)
        self.assertEqual((result.status, result.out, result.err), (DONE, b"Display Name\r\nAnna\r\n", ""))
        self.write("site.csv", data)
        result = run("export", "site.csv", "--header", "-", cwd=self.folder, stdin=b"cn,Display Name")
        self.assertEqual(result.out, b"cn,Display Name\r\n,Anna\r\n")

    def test_several_sources(self):
        self.write("one.csv", csv_text(csv_row("Anna", "")))
        two = self.ldif(ldif_entry("Bo", f"userCertificate:: {base64_of(b'01')}"))
        got = self.exported("one.csv", two)
        self.assertEqual(got.column("Display Name"), [["Anna"], ["Bo"]])
        self.assertEqual(got.column("X509-Cert"), [[], ["3031"]])

    def test_two_exports_in_one_file(self):
        text = csv_text(csv_row("Anna", "")) + csv_text(
            "SMTP:b@x,Bo,3000,37", header="E-mail Addresses,Display Name,Tagged-X509-Cert,Shoe-Size")
        got = self.exported(self.write("site.csv", text), status=SOME,
                            header="Shoe-Size,Display Name,Tagged-X509-Cert")
        self.assertEqual(got.rows, [[[], ["Anna"], []], [["37"], ["Bo"], ["3000"]]])

    def test_used_wrongly(self):
        self.write("header.csv", HEADER)
        for arguments, said in (
            (["site.csv"], "no --header"), (["--header", "header.csv"], "no SOURCE"),
            (["-", "--header", "-"], "standard input"),
            (["site.csv", "--header", "header.csv", "--objects", "printers"], "printers"),
            (["site.csv", "--header", "header.csv", "--threads", "0"], "threads"),
            (["site.csv", "--header"], "missing"),
        ):
            with self.subTest(arguments):
                result = run("export", *arguments, cwd=self.folder)
                self.assertEqual((result.status, result.out), (USAGE, b""))
                self.assert_one_line(result.err, f"{said}.*keyroster export --help")


class TheReader(unittest.TestCase):
    """The judge of these tests knows the examples of the documentation."""

    def test_examples(self):
        self.assertEqual(values_of("v\\%1%v,2%v,3", "%"), ["v%1", "v,2", "v,3"])
        export = Export(b'Members,Primary Windows NT Account\r\n"v\\%1%v,2%v,3",ALLISON\'S\\3\r\n')
        self.assertEqual(export.rows, [[["v%1", "v,2", "v,3"], ["ALLISON'S\\3"]]])

    def test_refusals(self):
        for data in (b'a\r\n"b', b"a\nb\n", b"a\r\nb", b'a\r\nb"c\r\n', b'a\r\n"b"c\r\n', b"",
                     b"mail\r\na\\b\r\n", b"mail\r\na\\\r\n"):
            with self.subTest(data), self.assertRaises(Exception):
                Export(data)


if __name__ == "__main__":
    unittest.main()
