"""keyroster diff: every change and its neighbour, order, what cannot be compared, and properties."""

import csv
import datetime
import io
import json
import os
import random
import subprocess
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

import support
from support import (AT, DONE, NOT_DONE, SOME, SOURCE, USAGE, ExportTest, base64_of, certificate, csv_text, hex_of,
                     run)

SAMPLE = SOURCE / "sample"
FIELDS = ("mailbox,address,container,uses_kms,standing,reason,certificates,effective,issuer,key,not_before,"
          "not_after,warnings").split(",")

GOOD, OTHER, LATER = (certificate("anna@example.org") for _ in range(3))
SOON = certificate("anna@example.org", end="2027-01-10")
OVER = certificate("anna@example.org", end="2026-12-31")
COMING = certificate("anna@example.org", begin="2027-02-01")


def person(dn="cn=Anna,dc=x", name="Anna", addresses=("anna@example.org",), first=(), second=(), lines=()):
    """An entry of an LDIF file; None leaves an attribute out."""
    return "\n".join([
        *([f"dn: {dn}"] if dn is not None else []),
        "objectClass: inetOrgPerson",
        *([f"displayName: {name}"] if name is not None else []),
        *(f"mail: {address}" for address in addresses),
        *(f"userSMIMECertificate:: {base64_of(value)}" for value in first),
        *(f"userCertificate:: {base64_of(value)}" for value in second),
        *lines]) + "\n"


def ldif(*people):
    """An export for which certificates were asked: a group that is no mailbox has a value of them."""
    group = "dn: cn=g,dc=x\nobjectClass: group\ncn: g\nuserCertificate:: AA==\n"
    return "version: 1\n\n" + "\n".join([*people, group])


def row(name="Anna", addresses="SMTP:anna@example.org", *values):
    return f'mailbox,"{name}",{addresses},Recipients,{hex_of(*values)}'


def revoking(*ders):
    """A list of the test issuer that revokes these, as of 2026-06-01."""
    made = x509.CertificateRevocationListBuilder().issuer_name(
        x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test KMS")])).last_update(
        datetime.datetime(2026, 12, 1)).next_update(datetime.datetime(2027, 12, 1))
    for der in ders:
        made = made.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(
            x509.load_der_x509_certificate(der).serial_number).revocation_date(
            datetime.datetime(2026, 6, 1)).build())
    return made.sign(support._key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


class Diff(ExportTest):
    def diff(self, old, new, *arguments, form="jsonl", names=("old.ldif", "new.ldif"), **more):
        self.write(names[0], old)
        self.write(names[1], new)
        return self.compare(*names, *arguments, form=form, **more)

    def compare(self, *arguments, form="jsonl", **more):
        result = run("diff", "-f", form, "--at", AT, *arguments, cwd=self.folder, **more)
        self.assertIn(result.status, (DONE, SOME, USAGE, NOT_DONE), result.err)
        self.assert_diagnostics(result)
        return result

    def changes(self, result, status=DONE):
        self.assertEqual(result.status, status, result.err)
        return [(r["mailbox"], r["change"]) for r in result.rows]

    def change(self, old, new, *arguments):
        """What has become of the one mailbox, and in what it is another."""
        result = self.diff(ldif(person(**old)), ldif(person(**new)), *arguments)
        self.assertEqual(result.status, DONE, result.err)
        self.assertLessEqual(len(result.rows), 1)
        for r in result.rows:
            self.assertEqual(list(r), ["change", "mailbox", "dn", "address", "differs", "old", "new"])
            return r["change"], r["differs"]
        return None


class Changes(Diff):
    """The rules of the manual, keyroster-diff(1), each with what is just not it."""

    CASES = (
        # ---- enrolled, lapsed
        ("a certificate came", {}, {"first": [GOOD]}, "enrolled"),
        ("one came that will be valid", {}, {"first": [COMING]}, "changed"),
        ("one came that has expired", {}, {"first": [OVER]}, "changed"),
        ("one that expires soon is one", {}, {"first": [SOON]}, "enrolled"),
        ("the good one came beside an old one", {"first": [OVER]}, {"first": [OVER, GOOD]}, "enrolled"),
        ("it went", {"first": [GOOD]}, {}, "lapsed"),
        ("an expired one took its place", {"first": [GOOD]}, {"first": [OVER]}, "lapsed"),
        ("an expired one went", {"first": [OVER]}, {}, "changed"),
        ("an address took its fitness", {"first": [GOOD]}, {"first": [GOOD], "addresses": ["b@x.org"]}, "lapsed"),
        # ---- renewed
        ("another one", {"first": [GOOD]}, {"first": [OTHER]}, "renewed"),
        ("from one that ends soon", {"first": [SOON]}, {"first": [GOOD]}, "renewed"),
        ("to one that ends soon", {"first": [GOOD]}, {"first": [SOON]}, "renewed"),
        ("another one in front", {"first": [GOOD]}, {"first": [OTHER, GOOD]}, "renewed"),
        ("another one behind is not used", {"first": [GOOD]}, {"first": [GOOD, OTHER]}, "changed"),
        ("one expired for another expired", {"first": [OVER]}, {"first": [COMING]}, "changed"),
        # ---- changed
        ("a name", {}, {"name": "Anne"}, "changed"),
        ("the case of a name", {}, {"name": "ANNA"}, "changed"),
        ("one more address", {}, {"addresses": ["anna@example.org", "a@x.org"]}, "changed"),
        ("one address less", {"addresses": ["anna@example.org", "a@x.org"]}, {}, "changed"),
        ("another address", {}, {"addresses": ["a@x.org"]}, "changed"),
        ("moved to another container", {}, {"dn": "cn=Anna,ou=y,dc=x"}, "changed"),
        ("a value that cannot be read came", {}, {"lines": ["userCertificate:"]}, None),
        # ---- no change
        ("nothing", {"first": [GOOD]}, {"first": [GOOD]}, None),
        ("nobody without anything", {}, {}, None),
        ("certificates in another order, the second not used", {"first": [GOOD, OVER, COMING]},
         {"first": [GOOD, COMING, OVER]}, None),
        ("one value twice", {"first": [GOOD]}, {"first": [GOOD, GOOD]}, None),
        ("in the other attribute", {"first": [GOOD]}, {"second": [GOOD]}, None),
        ("in both", {"first": [GOOD]}, {"first": [GOOD], "second": [GOOD]}, None),
        ("the case of the address", {}, {"addresses": ["Anna@Example.ORG"]}, None),
        ("the case of the DN", {}, {"dn": "CN=anna,DC=X"}, None),
        ("blanks in the DN", {}, {"dn": "cn = Anna , dc=x"}, None),
        ("escapes in the DN", {"dn": "cn=Berg\\, Anna"}, {"dn": "cn=Berg\\2C Anna"}, None),
        ("another attribute", {}, {"lines": ["telephoneNumber: 1"]}, None),
    )

    def test_the_cases(self):
        for what, old, new, want in self.CASES:
            with self.subTest(what):
                got = self.change(old, new)
                self.assertEqual(got[0] if got else None, want)

    def test_the_order_of_addresses_does_not_count(self):
        lines = lambda *values: [f"proxyAddresses: {value}" for value in values]
        two = {"addresses": (), "lines": lines("SMTP:a@x.org", "smtp:b@x.org")}
        self.assertIsNone(self.change(two, {**two, "lines": lines("smtp:b@x.org", "SMTP:a@x.org")}))
        self.assertEqual(self.change(two, {**two, "lines": lines("smtp:a@x.org", "SMTP:b@x.org")}),
                         ("changed", ["addresses"]))

    def test_in_what_it_is_another(self):
        for new, want in (({"name": "Anne"}, ["names"]), ({"dn": "cn=Anne,dc=x"}, ["names"]),
                          ({"addresses": ["anna@example.org", "b@x"]}, ["addresses"]),
                          ({"first": [OVER]}, ["certificates"]),
                          ({"name": "Anne", "addresses": ["anna@example.org", "b@x"], "second": [OVER]},
                           ["names", "addresses", "certificates"])):
            with self.subTest(want):
                self.assertEqual(self.change({}, new), ("changed", want))

    def test_appeared_and_left(self):
        anna, bert = person(), person(dn="cn=Bert,dc=x", name="Bert", addresses=["bert@x.org"])
        result = self.diff(ldif(anna), ldif(bert))
        self.assertEqual(self.changes(result), [("Bert", "appeared"), ("Anna", "left")])
        appeared, left = result.rows
        self.assertEqual((appeared["old"], left["new"]), (None, None))
        self.assertEqual((left["dn"], left["address"]), ("cn=Anna,dc=x", "anna@example.org"))

    def test_the_rows_are_those_of_users(self):
        old, new = ldif(person(first=[OVER])), ldif(person(first=[GOOD]))
        (change,) = self.diff(old, new).rows
        self.assertEqual(change["old"], self.users("old.ldif").rows[0])
        self.assertEqual(change["new"], self.users("new.ldif").rows[0])

    def test_undecodable_values(self):
        old, new = csv_text(row()), csv_text(row().rstrip(",") + ",3Z")
        result = self.diff(old, new, names=("old.csv", "new.csv"))
        self.assertEqual(self.changes(result, SOME), [("Anna", "changed")])
        self.assertEqual(self.changes(self.compare("new.csv", "new.csv"), SOME), [])


class Revoked(Diff):
    def test_the_cases(self):
        other_revoked = certificate("anna@example.org")
        self.write("crl", revoking(GOOD, other_revoked))
        for what, old, new, want in (
            ("both sides have it", [GOOD], [GOOD], "revoked"),
            ("and another one besides", [OTHER], [OTHER], None),
            ("both have it beside a good one", [GOOD, OTHER], [GOOD, OTHER], "revoked"),
            ("the good one came meanwhile", [GOOD], [GOOD, OTHER], "revoked"),
            ("it went, and the good one came", [GOOD], [OTHER], "enrolled"),
            ("one of two revoked ones is on both sides", [GOOD, other_revoked], [other_revoked], "revoked"),
            ("active before, and by a revoked one now", [OTHER], [GOOD], "revoked"),
            ("one revoked for another", [GOOD], [other_revoked], "changed"),
            ("expired before, and a revoked one now", [OVER], [GOOD], "changed"),
            ("it went", [GOOD], [], "changed"),
        ):
            with self.subTest(what):
                got = self.change({"first": old}, {"first": new}, "--crl", "crl")
                self.assertEqual(got[0] if got else None, want)

    def test_without_the_list_nothing_is(self):
        self.assertIsNone(self.change({"first": [GOOD]}, {"first": [GOOD]}))


class Same(Diff):
    """Who is the same: by DN, else by address, else by name."""

    def test_the_cases(self):
        a, b = person(dn="cn=a,dc=x", name="A", addresses=["a@x"]), person(dn="cn=b,dc=x", name="B", addresses=["b@x"])
        moved = person(dn="cn=c,dc=x", name="A", addresses=["a@x"])
        for what, old, new, want in (
            ("by DN, though the address is another's", [a, b],
             [person(dn="cn=a,dc=x", name="A", addresses=["b@x"]), person(dn="cn=b,dc=x", name="B", addresses=["a@x"])],
             [("A", "changed"), ("B", "changed")]),
            ("by address where the DN is new", [a], [moved], [("A", "changed")]),
            ("not by an address whose DN is still there", [a],
             [moved, person(dn="cn=a,dc=x", name="A", addresses=["z@x"])], [("A", "appeared"), ("A", "changed")]),
            ("the first of those with the address", [a], [moved, moved.replace("cn=c", "cn=d")],
             [("A", "changed"), ("A", "appeared")]),
            ("nobody without anything in common", [a], [b], [("B", "appeared"), ("A", "left")]),
            ("not by name where there is an address", [person(dn="cn=a,dc=x", name="A", addresses=["a@x"])],
             [person(dn="cn=b,dc=x", name="A", addresses=["b@x"])], [("A", "appeared"), ("A", "left")]),
        ):
            with self.subTest(what):
                self.assertEqual(self.changes(self.diff(ldif(*old), ldif(*new))), want)

    def test_without_dn_or_address(self):
        header = "Display Name,User-Cert"
        old, new = csv_text("Anna,", "Bert,", header=header), csv_text("Bert,", f"Cleo,{hex_of(GOOD)}", header=header)
        result = self.diff(old, new, names=("old.csv", "new.csv"))
        self.assertEqual(self.changes(result), [("Cleo", "appeared"), ("Anna", "left")])

    def test_table_and_ldif_of_the_same_people(self):
        people = [("Anna", "anna@example.org", [GOOD, OVER]), ("Bert", "bert@x.org", []), ("Jörg", "jörg@x.org", [SOON])]
        table = csv_text(*(row(n, f"SMTP:{a}", *c) for n, a, c in people))
        directory = ldif(*(person(dn=f"cn={i},dc=x", name=n, addresses=[a], second=c[::-1])
                           for i, (n, a, c) in enumerate(people)))
        self.assertEqual(self.changes(self.diff(table, directory, names=("old.csv", "new.ldif"))), [])
        self.assertEqual(self.changes(self.compare("new.ldif", "old.csv")), [])

    def test_the_sample_site_in_all_its_forms(self):
        for old, new in (("site.csv", "people.ldif"), ("people.ldif", "site.csv"), ("site.csv", "site.csv.gz")):
            result = run("diff", "-f", "jsonl", "--at", "2026-11-01", SAMPLE / old, SAMPLE / new)
            self.assertEqual(result.out, b"", f"{old} {new}")


class Uncomparable(Diff):
    def test_twice_on_one_side(self):
        header = "Display Name,E-mail Addresses,User-Cert"
        for what, header, rows, said in (
            ("an address", "Display Name,E-mail Addresses,User-Cert", ("A,SMTP:a@x,", "B,SMTP:A@X,"), "address"),
            ("a name", "Display Name,User-Cert", ("A,", "A,"), "name"),
            ("a DN", "DN,Display Name,User-Cert", ('"cn=a,dc=x",A,', '"CN=a, dc=x",B,'), "DN"),
        ):
            with self.subTest(what):
                double, one = csv_text(*rows, header=header), csv_text(rows[0], header=header)
                result = self.diff(double, one, names=("old.csv", "new.csv"))
                self.assertEqual(self.changes(result, SOME), [])
                self.assert_one_line(result.err, f"old.csv:3: a mailbox with this {said} came before")
                result = self.compare("new.csv", "old.csv")
                self.assertEqual(self.changes(result, SOME), [])
                self.assert_named(result, "old.csv", 3)

    def test_the_first_of_two_is_shown(self):
        double = csv_text(row("A", "SMTP:a@x"), row("B", "SMTP:a@x", OVER))
        result = self.diff(csv_text(), double, names=("old.csv", "new.csv"))
        self.assertEqual(self.changes(result, SOME), [("A", "appeared")])

    def test_without_anything_to_be_known_by(self):
        old = csv_text(hex_of(GOOD), header="Tagged-X509-Cert")
        result = self.diff(old, csv_text(row()), names=("old.csv", "new.csv"))
        self.assertEqual(self.changes(result, SOME), [("Anna", "appeared")])
        self.assertRegex(result.err, "old.csv:2: a mailbox without a DN, an address or a name")

    def test_what_is_no_mailbox_is_nothing(self):
        group = "dn: cn=h,dc=x\nobjectClass: group\ncn: h\nmail: h@x\n"
        self.assertEqual(self.changes(self.diff(ldif(person(first=[GOOD])), ldif(person(first=[GOOD]), group))), [])

    def test_sources_that_cannot_be_read(self):
        good = self.write("good.csv", csv_text(row()))
        bad = self.write("bad.csv", "what,is,this\n1,2,3\n")
        for old, new in ((good, bad), (bad, good), (good, "missing.csv"), ("missing.csv", good), (good, ".")):
            with self.subTest(old=old, new=new):
                result = self.compare(old, new, "-o", "out")
                self.assertEqual((result.status, result.out), (NOT_DONE, b""))
                self.assertFalse((self.folder / "out").exists())
        self.assertEqual({p.name for p in self.folder.iterdir()}, {"good.csv", "bad.csv"})

    def test_records_that_cannot_be_read(self):
        old = ldif(person(), "objectClass: person\ncn: no DN\n", person(dn="cn=B,dc=x", name="B", addresses=["b@x"]))
        result = self.diff(old, ldif(person()))
        self.assertEqual(self.changes(result, SOME), [("B", "left")])
        self.assertEqual(len(result.err.splitlines()), 1)  # in two readings
        self.assert_named(result, "old.ldif", 8)

    def test_a_source_that_is_cut_off(self):
        whole = csv_text(*(row(f"P{i}", f"SMTP:p{i}@x", GOOD) for i in range(100)))
        import gzip
        packed = gzip.compress(whole.encode())
        self.write("cut.gz", packed[: len(packed) // 2])
        self.write("whole.csv", whole)
        result = self.compare("whole.csv", "cut.gz")
        self.assertEqual(result.status, SOME)
        kinds = [change for _, change in self.changes(result, SOME)]
        self.assertGreater(kinds.count("left"), 10)
        self.assertLessEqual(len(kinds) - kinds.count("left"), 1)  # the record that was torn

    def test_used_wrongly(self):
        good = self.write("good.csv", csv_text(row()))
        for arguments in ((), (good,), (good, good, good), ("-", "-"), (good, good, "--only=lost"),
                          (good, good, "--only="), (good, good, "--format=json"), (good, good, "--color=red"),
                          (good, good, "--at=now"), (good, good, "-D", "cn=x", "-Y", "GSSAPI")):
            with self.subTest(arguments):
                result = run("diff", *arguments, cwd=self.folder)
                self.assertEqual((result.status, result.out), (USAGE, b""))
                self.assert_one_line(result.err, "keyroster diff --help")

    def test_a_source_is_not_written_over(self):
        good = self.write("good.csv", csv_text(row()))
        before = (self.folder / good).read_bytes()
        for old, new in ((good, "sample.csv"), ("sample.csv", good)):
            self.write("sample.csv", csv_text())
            self.assertEqual(self.compare(old, new, "-o", good).status, NOT_DONE)
            self.assertEqual((self.folder / good).read_bytes(), before)


class Forms(Diff):
    OLD = ldif(person(first=[OVER]), person(dn="cn=B,dc=x", name='B "b", c', addresses=["b@x.org"]))
    NEW = ldif(person(first=[GOOD]), person(dn="cn=C,dc=x", name="C\u202ec", addresses=["c@x.org"]))

    def test_csv(self):
        result = self.diff(self.OLD, self.NEW, form="csv")
        told = list(csv.DictReader(io.StringIO(result.out.decode(), newline="")))
        self.assertEqual(list(told[0]), ["change", "differs", "mailbox", "dn", "address",
                                         *(f"old_{f}" for f in FIELDS), *(f"new_{f}" for f in FIELDS)])
        self.assertEqual([(r["change"], r["mailbox"], r["dn"], r["old_standing"], r["new_standing"]) for r in told],
                         [("enrolled", "Anna", "cn=Anna,dc=x", "expired", "active"),
                          ("appeared", "C\u202ec", "cn=C,dc=x", "", "none"),
                          ("left", 'B "b", c', "cn=B,dc=x", "none", "")])
        for side, name in (("old", "old.ldif"), ("new", "new.ldif")):
            (want, _) = csv.DictReader(io.StringIO(self.users(name, form="csv").out.decode(), newline=""))
            self.assertEqual({f: told[0][f"{side}_{f}"] for f in FIELDS}, want)

    def test_table(self):
        lines = self.diff(self.OLD, self.NEW, form="table").out.decode().splitlines()
        self.assertEqual(lines[0].split(), ["MAILBOX", "ADDRESS", "CHANGE", "STANDING", "REASON"])
        self.assertRegex(lines[1], r"^Anna +anna@example.org +enrolled +active +valid until 2028-01-01; "
                                   r"before expired, expired on 2026-12-31; other certificates$")
        self.assertRegex(lines[2], "^C\ufffdc +c@x.org +appeared +none ")
        self.assertRegex(lines[3], '^B "b", c +b@x.org +left +none ')
        self.assertEqual(lines[4], "3 changes: 1 appeared, 1 left, 1 enrolled.")

    def test_no_change(self):
        self.assertEqual(self.diff(self.OLD, self.OLD, form="table").out, b"No change.\n")
        self.assertEqual(self.diff(self.OLD, self.OLD).out, b"")
        self.assertEqual(self.diff(self.OLD, self.OLD, form="csv").out.count(b"\n"), 1)

    def test_only_some(self):
        self.assertEqual(self.changes(self.diff(self.OLD, self.NEW, "--only=left,appeared")),
                         [("C\u202ec", "appeared"), ('B "b", c', "left")])
        lines = self.compare("old.ldif", "new.ldif", "--only=left", form="table").out.decode().splitlines()
        self.assertEqual((len(lines), lines[-1]), (3, "3 changes: 1 appeared, 1 left, 1 enrolled."))

    def test_hostile_names(self):
        for name in ("<script>", 'a"b', "a\\", "=1+1", "a\x1b[31m", "\ufffe", "a\u2028b", "😀"):
            with self.subTest(name):
                old = ldif(person().replace("displayName: Anna", f"displayName:: {base64_of(name.encode())}"))
                (change,) = self.diff(old, ldif()).rows
                self.assertEqual((change["mailbox"], change["old"]["mailbox"]), (name, name))
                (told,) = csv.DictReader(io.StringIO(self.compare("old.ldif", "new.ldif", form="csv").out.decode(),
                                                     newline=""))
                self.assertEqual((told["mailbox"], told["old_mailbox"]), (name, name))

    def test_a_file(self):
        self.assertEqual(self.diff(self.OLD, self.NEW, "-o", "out").out, b"")
        self.assertEqual((self.folder / "out").read_bytes(), self.compare("old.ldif", "new.ldif").out)


class Ways(Diff):
    """However it is read, it is the same."""

    def setUp(self):
        super().setUp()
        chance = random.Random(1)
        rows = [row(f"P{i}\nQ", f"SMTP:p{i}@example.org", *chance.sample([GOOD, OTHER, OVER], chance.randrange(3)))
                for i in range(300)]
        self.write("old.csv", csv_text(*rows))
        rows = [row(f"P{i}\nQ", f"SMTP:p{i}@example.org", *chance.sample([GOOD, OTHER, OVER], chance.randrange(3)))
                for i in chance.sample(range(20, 330), 300)]
        self.write("new.csv", csv_text(*rows))
        self.want = self.compare("old.csv", "new.csv").out

    def test_threads_and_batches(self):
        for threads in (1, 2, 5):
            for batch in ("64", "4096", "1000000"):
                result = self.compare("old.csv", "new.csv", f"--threads={threads}", variables={"KEYROSTER_BATCH": batch})
                self.assertEqual(result.out, self.want)

    def test_pipes(self):
        for place in (0, 1):
            with self.subTest(place):
                sources = ["old.csv", "new.csv"]
                data = (self.folder / sources[place]).read_bytes()
                sources[place] = "-"
                got = self.compare(*sources, stdin=data).out
                self.assertEqual(got.replace(b'"source":"-"', f'"source":"{("old.csv", "new.csv")[place]}"'.encode()),
                                 self.want)

    def test_nothing_is_left_in_the_folder_for_temporary_files(self):
        (self.folder / "tmp").mkdir()
        self.assertEqual(self.compare("old.csv", "new.csv", variables={"TMPDIR": "tmp"}).out, self.want)
        self.assertEqual(os.listdir(self.folder / "tmp"), [])
        result = self.compare("old.csv", "new.csv", variables={"TMPDIR": "nowhere"})
        self.assertEqual(result.status, NOT_DONE)
        self.assert_one_line(result.err, "nowhere: ")

    def test_a_reader_that_goes_away(self):
        with subprocess.Popen([support.KEYROSTER, "diff", "-f", "jsonl", "--at", AT, "old.csv", "new.csv"],
                              cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=support.environment()) as done:
            done.stdout.close()
            self.assertEqual(done.stderr.read(), b"")
        self.assertEqual(done.returncode, NOT_DONE)


class Properties(Diff):
    """Of rosters made by chance, the same ones each time."""

    def roster(self, chance):
        people, used = [], set()
        for _ in range(chance.randrange(12)):
            dn, address = chance.choice("abcdefgh"), chance.choice(["", *"abcdefgh"])
            if dn not in used:
                used.add(dn)
                people.append(person(dn=f"cn={dn},dc=x", name=chance.choice("NM"),
                                     addresses=[f"{address}@x"] if address else [],
                                     second=chance.sample([GOOD, OTHER, OVER, SOON], chance.randrange(3)),
                                     lines=["userCertificate;binary:"][:0]))
        return ldif(*people)

    MIRRORED = {"appeared": "left", "left": "appeared", "enrolled": "lapsed", "lapsed": "enrolled",
                "renewed": "renewed", "changed": "changed"}

    def test_they_hold(self):
        chance = random.Random(7)
        for n in range(60):
            with self.subTest(n):
                a, b = self.roster(chance), self.roster(chance)
                there = self.diff(a, b, names=("a", "b"))
                back = self.compare("b", "a")
                self.assertEqual(self.compare("a", "a").out, b"")
                key = lambda r, side: r[side]["dn"] if r[side] else None
                self.assertEqual(sorted((str(key(r, "old")), str(key(r, "new")), self.MIRRORED[r["change"]])
                                        for r in there.rows),
                                 sorted((str(key(r, "new")), str(key(r, "old")), r["change"]) for r in back.rows))
                self.apply(there)

    def apply(self, result):
        """What the changes say, done to the old rows, gives the new ones, in their order."""
        old = {r["dn"]: self.short(r) for r in self.users("a").rows}
        new = {r["dn"]: self.short(r) for r in self.users("b").rows}
        for r in result.rows:
            if r["old"]:
                self.assertEqual(self.short(r["old"]), old.pop(r["old"]["dn"]))
        for r in result.rows:
            if r["new"]:
                old[r["new"]["dn"]] = self.short(r["new"])
        self.assertEqual(old, new)
        order = [r["new"]["line"] for r in result.rows if r["new"]] + [r["old"]["line"] for r in result.rows
                                                                      if not r["new"]]
        news = len([r for r in result.rows if r["new"]])
        self.assertEqual(order, sorted(order[:news]) + sorted(order[news:]))
        self.assertTrue(all(r["new"] for r in result.rows[:news]))

    def short(self, r):
        return (r["mailbox"], sorted(r["addresses"]), r["standing"], sorted(c["sha256"] for c in r["certificates"]))


class Memory(Diff):
    def test_it_is_bounded_by_the_keys(self):
        """A hundred times the certificates take no more of it."""
        if support.SANITIZED:
            self.skipTest("sanitizers have memory of their own")
        peaks = []
        for times in (1, 40):
            rows = (row(f"P{i}", f"SMTP:p{i}@x", *[GOOD] * times) for i in range(3000))
            self.write("old.csv", csv_text(*rows))
            result, peak = support.run_measured("diff", "--at", AT, "--threads=2", "old.csv", "old.csv", cwd=self.folder)
            self.assertEqual(result.out, b"No change.\n")
            peaks.append(peak)
        self.assertLess(peaks[1], peaks[0] + 8)


if __name__ == "__main__":
    unittest.main()
