"""keyroster kms users: the server's books as a roster, and where a directory disagrees."""

import base64
import csv
import io
import json
import os
import pathlib
import shutil
import sqlite3
import tempfile
import unittest

from kms_support import Site, made_site
from support import DONE, NOT_DONE, SOME, USAGE, address_of, certificate, ldif_entry, run

CONTRACT = ("mailbox,address,container,uses_kms,standing,reason,certificates,effective,issuer,key,"
            "not_before,not_after,warnings").split(",")
OWN = ["kms_state", "kms_issued", "kms_escrowed", "kms_held", "kms_revoked", "kms_recovered",
       "kms_token_expires"]
JOINED = ["in_directory", "in_books", "disagree"]

# Who is in the books, in their order.
PEOPLE = ["ada", "bob", "dot", "eve", "fay", "gus", "hal", "cyd"]


def done(result):
    if result.status != DONE:
        raise AssertionError(result.err)
    return result


def enrol(site, *names, more=()):
    done(site.kms("enrol", *map(address_of, names), "--issue", "--p12-dir", site.folder / "p12",
                  *more, by=("anna", "p12")))


def recover(site, name):
    request = site.folder / f"{name}.request"
    done(site.kms("recover", address_of(name), "--why", "a test", "-o", request, by=("anna",)))
    for agent in ("xena", "yuri"):
        done(site.kms("approve", request, "--agent", agent, by=(agent,)))
    done(site.kms("collect", request, "--p12", site.folder / f"{name}.p12", by=("anna", "p12")))


def make_books(site):
    enrol(site, "ada", "bob", "dot", "eve", "fay")
    enrol(site, "gus", more=("--also", "august@example.org", "--name", "Gus Holm"))
    enrol(site, "hal")
    done(site.kms("enrol", address_of("cyd"), by=("anna",)))
    done(site.kms("renew", address_of("bob"), "--p12", site.folder / "bob.p12",
                  by=("anna", "p12")))
    done(site.kms("revoke", address_of("dot"), "--reason", "keyCompromise", by=("anna",)))
    done(site.kms("revoke", address_of("eve"), "--hold", by=("anna",)))
    done(site.kms("revoke", address_of("fay"), "--hold", by=("anna",)))
    done(site.kms("revoke", address_of("fay"), "--release", by=("anna",)))
    recover(site, "hal")


def setUpModule():
    """One site, filled once: the tests read only."""
    kept = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(kept.cleanup)
    Books.site = made_site(kept.name)
    Books.folder = Books.site.folder
    make_books(Books.site)


class Books(unittest.TestCase):
    site = folder = None

    def users(self, *arguments, form="jsonl", status=DONE, said=""):
        result = run("kms", "users", "-f", form, *arguments, self.site.store)
        self.assertEqual((result.status, result.err), (status, said))
        return result

    def rows(self, *arguments, **more):
        """By name: ada, bob, …"""
        rows = self.users(*arguments, **more).rows
        return {row["address"].partition("@")[0].lower(): row for row in rows}

    def ders(self, name):
        """The certificates of a user, as they stand in the store, newest first."""
        store = sqlite3.connect(f"file:{self.site.store / 'keyroster.db'}?mode=ro", uri=True)
        found = store.execute(
            "SELECT der, purpose FROM certificate WHERE user ="
            " (SELECT id FROM user WHERE address = ?) ORDER BY id DESC", [address_of(name)])
        return [(der, purpose) for der, purpose in found]

    def encryption(self, name):
        return [der for der, purpose in self.ders(name) if purpose == 1]


class Rows(Books):
    def test_a_row_each_in_the_order_of_the_books(self):
        self.assertEqual(list(self.rows()), PEOPLE)

    def test_standings(self):
        standings = {name: row["standing"] for name, row in self.rows().items()}
        self.assertEqual(standings, {
            "ada": "active", "bob": "active", "dot": "revoked", "eve": "revoked", "fay": "active",
            "gus": "active", "hal": "active", "cyd": "none"})

    def test_states_and_counts(self):
        counts = {}
        for name, row in self.rows().items():
            kms = row["kms"]
            counts[name] = (kms["state"], kms["issued"], kms["escrowed"], kms["held"],
                            kms["revoked"])
        self.assertEqual(counts, {
            "ada": ("enrolled", 2, 1, 0, 0), "bob": ("enrolled", 4, 2, 0, 0),
            "dot": (counts["dot"][0], 2, 1, 0, 2), "eve": ("enrolled", 2, 1, 2, 0),
            "fay": ("enrolled", 2, 1, 0, 0), "gus": ("enrolled", 2, 1, 0, 0),
            "hal": ("enrolled", 2, 1, 0, 0), "cyd": ("invited", 0, 0, 0, 0)})

    def test_all_certificates_newest_first(self):
        for name, row in self.rows().items():
            with self.subTest(name=name):
                serials = [c["serial"] for c in row["certificates"]]
                self.assertEqual([c["serial"] for c in row["kms"]["certificates"]], serials)
                self.assertEqual([c["purpose"] for c in row["certificates"]],
                                 [c["purpose"] for c in row["kms"]["certificates"]])
                self.assertEqual(len(self.ders(name)), len(serials))

    def test_what_is_effective_is_the_new_one(self):
        row = self.rows()["bob"]
        current = [c["serial"] for c in row["kms"]["certificates"]
                   if c["current"] and c["purpose"] == "encryption"]
        effective = [c["serial"] for c in row["certificates"] if c["sha256"] == row["effective"]]
        self.assertEqual(effective, current)
        self.assertEqual(len(current), 1)
        self.assertEqual([c["current"] for c in row["kms"]["certificates"]].count(False), 2)

    def test_what_is_revoked_is_not_effective(self):
        rows = self.rows()
        for name, reason, status in (("dot", "keyCompromise", "revoked"),
                                     ("eve", "certificateHold", "held")):
            with self.subTest(name=name):
                self.assertIsNone(rows[name]["effective"])
                self.assertIn(f"({reason})", rows[name]["reason"])
                for certificate_of in rows[name]["kms"]["certificates"]:
                    self.assertEqual((certificate_of["status"], certificate_of["reason"]),
                                     (status, reason))
                    self.assertIsNotNone(certificate_of["revoked_at"])

    def test_what_was_released_is_good(self):
        for certificate_of in self.rows()["fay"]["kms"]["certificates"]:
            self.assertEqual((certificate_of["status"], certificate_of["revoked_at"],
                              certificate_of["reason"]), ("good", None, None))

    def test_invited_with_the_end_of_the_token(self):
        row = self.rows()["cyd"]
        self.assertEqual((row["uses_kms"], row["reason"], row["certificates"]),
                         ("no", "no certificate was issued", []))
        self.assertRegex(row["kms"]["token_expires"], r"^\d{4}-\d\d-\d\dT")
        self.assertIsNone(self.rows()["ada"]["kms"]["token_expires"])

    def test_recovered(self):
        recovered = {name: row["kms"]["recovered"] for name, row in self.rows().items()}
        self.assertRegex(recovered.pop("hal"), r"^\d{4}-\d\d-\d\dT")
        self.assertEqual(set(recovered.values()), {None})

    def test_names_and_further_addresses(self):
        row = self.rows()["gus"]
        self.assertEqual((row["mailbox"], row["addresses"]),
                         ("Gus Holm", ["gus@example.org", "august@example.org"]))
        self.assertEqual((row["dn"], row["container"], row["source"]),
                         (None, None, str(self.site.store)))

    def test_later_all_have_ended(self):
        rows = self.rows("--at", "2040-01-01")
        self.assertEqual({rows[name]["standing"] for name in ("ada", "bob", "gus")}, {"expired"})
        self.assertEqual(rows["dot"]["standing"], "revoked")

    def test_before_nothing_was_revoked(self):
        rows = self.rows("--at", "2020-01-01")
        self.assertEqual({row["standing"] for name, row in rows.items() if name != "cyd"},
                         {"not-yet-valid"})
        self.assertEqual((rows["dot"]["kms"]["revoked"], rows["eve"]["kms"]["held"]), (0, 0))
        self.assertEqual({c["status"] for c in rows["dot"]["kms"]["certificates"]}, {"good"})

    def test_rows_are_picked(self):
        self.assertEqual(list(self.rows("--only", "revoked")), ["dot", "eve"])
        self.assertEqual(list(self.rows("--expires-within", "1d")), [])
        self.assertEqual(len(self.rows("--expires-within", "3000d")), 5)

    def test_threads_make_no_difference(self):
        told = {self.users("--at", "2027-01-01", "--threads", n).out for n in (1, 2, 7)}
        self.assertEqual(len(told), 1)

    def test_keys_are_shared_by_nobody(self):
        self.assertEqual([row for row in self.users("--shared-keys").rows
                          if "shared-key" in row["warnings"]], [])


class Formats(Books):
    def test_csv_begins_with_the_columns_of_the_contract(self):
        reader = csv.DictReader(io.StringIO(self.users(form="csv").out.decode()))
        rows = list(reader)
        self.assertEqual(reader.fieldnames, CONTRACT + OWN)
        by_name = self.rows()
        for row in rows:
            self.assertNotIn(None, row)
            kms = by_name[row["address"].partition("@")[0]]["kms"]
            self.assertEqual([row[name] for name in OWN],
                             [str(kms[name.removeprefix("kms_")] or "")
                              if "s_t" in name or "recovered" in name
                              else str(kms[name.removeprefix("kms_")]) for name in OWN])

    def test_json_is_a_document_of_the_same_rows(self):
        document = json.loads(self.users("--at", "2027-01-01", form="json").out)
        self.assertEqual(document["users"], self.users("--at", "2027-01-01").rows)
        self.assertEqual(document["summary"]["kms"], {
            "invited": 1, "enrolled": document["summary"]["kms"]["enrolled"],
            "left": document["summary"]["kms"]["left"], "escrowed": 7, "held": 1, "revoked": 1,
            "recovered": 1})
        self.assertEqual(sum(document["summary"]["kms"][n] for n in ("invited", "enrolled",
                                                                     "left")), 8)

    def test_the_summaries_agree(self):
        document = json.loads(self.users("--summary", form="json").out)["summary"]
        self.assertEqual(self.users("--summary").rows, [document])
        counts = list(csv.reader(io.StringIO(self.users("--summary", form="csv").out.decode())))
        self.assertEqual({row[1]: int(row[2]) for row in counts if row[0] == "kms"},
                         document["kms"])
        table = self.users("--summary", form="table").out.decode()
        for name, count in document["kms"].items():
            self.assertRegex(table, rf"(?m)^{name} +{count}$")

    def test_the_table_tells_what_helps(self):
        table = self.users(form="table").out.decode()
        for words in ("; 2 issued, 1 escrowed", "4 issued, 2 escrowed", "1 escrowed, 2 held",
                      "1 escrowed, 2 revoked", ", recovered on 20", "; token until 20",
                      "8 mailboxes"):
            self.assertIn(words, table)
        self.assertIn("token expired on 20", self.users("--at", "2040-01-01",
                                                        form="table").out.decode())

    def test_the_other_formats(self):
        self.assertIn(b"keyroster_mailboxes", self.users(form="prometheus").out)
        self.assertIn(b"<!DOCTYPE html>", self.users(form="html").out[:200])

    def test_a_file(self):
        out = self.folder / "rows.jsonl"
        self.users("-o", out, "--at", "2027-01-01")
        self.assertEqual(out.read_bytes(), self.users("--at", "2027-01-01").out)


class Refusals(Books):
    def refused(self, *arguments, status=USAGE):
        result = run("kms", "users", *arguments)
        self.assertEqual((result.status, result.out), (status, b""), result.err)
        return result.err

    def test_wrong_use(self):
        for arguments, said in (
                ((), "no STORE given"), (("",), "STORE is a directory"),
                (("a", "b"), "one argument too many"),
                (("--bogus", "kms"), "unknown option"), (("kms", "-f"), "argument is missing"),
                (("postgresql://x",), "directories only"),
                (("-f", "xml", "kms"), "--format is table"),
                (("-f", "html", "--join", "x", "kms"), "--join is shown by"),
                (("-f", "prometheus", "--join", "x", "kms"), "--join is shown by"),
                (("--only", "bogus", "kms"), "no such standing"),
                (("--disagreeing", "kms"), "nothing to disagree with"),
                (("--container", "x", "kms"), "no containers"),
                (("--shared-keys", "--join", "x", "kms"), "not with"),
                (("--at", "noon", "kms"), "--at is"), (("--crl", "x", "kms"), "unknown option"),
                (("--join", "", "kms"), "--join is a SOURCE"),
                (("--color", "blue", "kms"), "--color is")):
            with self.subTest(arguments=arguments):
                self.assertIn(said, self.refused(*arguments))

    def test_no_store(self):
        self.assertIn("nowhere", self.refused(self.folder / "nowhere", status=NOT_DONE))

    def test_a_source_that_is_not_there(self):
        self.assertIn("nothing.ldif", self.refused("--join", self.folder / "nothing.ldif",
                                                   self.site.store, status=NOT_DONE))

    def test_the_store_is_not_overwritten(self):
        for name in ("keyroster.db", "profile.conf"):
            with self.subTest(name=name):
                kept = (self.site.store / name).read_bytes()
                self.refused("-o", self.site.store / name, self.site.store, status=NOT_DONE)
                self.assertEqual((self.site.store / name).read_bytes(), kept)

    def test_books_that_are_damaged(self):
        """Where the damage lies is met while rows come, or before."""
        with tempfile.TemporaryDirectory() as folder:
            store, out = pathlib.Path(folder) / "kms", pathlib.Path(folder) / "rows"
            for table in ("certificate", "user", "token"):
                with self.subTest(table=table):
                    shutil.rmtree(store, ignore_errors=True)
                    shutil.copytree(self.site.store, store)
                    database = sqlite3.connect(store / "keyroster.db")
                    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    (page,), (size,) = database.execute(
                        "SELECT max(rootpage) FROM sqlite_master WHERE name = ? UNION ALL"
                        " SELECT page_size FROM pragma_page_size", [table])
                    database.close()
                    with open(store / "keyroster.db", "r+b") as file:
                        file.seek((page - 1) * size)
                        file.write(b"\xff" * size)
                    out.write_text("kept")
                    result = run("kms", "users", "-o", out, store)
                    self.assertEqual((result.status, out.read_text()), (NOT_DONE, "kept"))
                    self.assertIn("damaged", result.err)

    def test_nothing_is_written(self):
        before = self.site.rows("audit")
        self.users()
        self.assertEqual(self.site.rows("audit"), before)


def value_of(der, name="userCertificate;binary"):
    return f"{name}:: {base64.b64encode(der).decode()}"


class Join(Books):
    def write(self, *entries, name="site.ldif", end=""):
        path = self.folder / name
        path.write_text("\n".join(entries) + end)
        return path

    def entry(self, name, *ders):
        return ldif_entry(name, *map(value_of, ders))

    def joined(self, *entries, more=(), **rest):
        return self.rows("--join", self.write(*entries), *more, **rest)

    def disagree(self, name, *ders):
        """What differs where the directory has these certificates of somebody."""
        row = self.joined(self.entry(name, *ders))[name]
        self.assertTrue(row["in_directory"])
        return row["disagree"]

    def test_all_agree(self):
        self.assertEqual(self.disagree("ada", *self.encryption("ada")), [])
        self.assertEqual(self.disagree("ada", *(der for der, _ in self.ders("ada"))), [])
        self.assertEqual(self.disagree("bob", *self.encryption("bob")), [])

    def test_nothing_is_due_of_whoever_is_invited_or_revoked(self):
        filler = self.entry("ada", *self.encryption("ada"))
        for name in ("cyd", "dot", "eve"):
            with self.subTest(name=name):
                row = self.joined(filler, self.entry(name))[name]
                self.assertEqual((row["standing"], row["disagree"]), ("none", []))
                self.assertEqual(row["reason"], "no certificate in the directory")

    def test_not_published(self):
        filler = self.entry("ada", *self.encryption("ada"))
        row = self.joined(filler, self.entry("fay"))["fay"]
        self.assertEqual(row["disagree"], ["not-published"])

    def test_the_signing_certificate_does_not_replace_it(self):
        signing = [der for der, purpose in self.ders("fay") if purpose == 0]
        self.assertEqual(self.disagree("fay", *signing), ["not-published"])

    def test_superseded_published(self):
        new, old = self.encryption("bob")
        self.assertEqual(self.disagree("bob", old), ["not-published", "superseded-published"])
        self.assertEqual(self.disagree("bob", old, new), ["superseded-published"])
        self.assertEqual(self.disagree("bob", new, old), [])

    def test_revoked_published(self):
        for name in ("dot", "eve"):
            with self.subTest(name=name):
                self.assertEqual(self.disagree(name, *self.encryption(name)),
                                 ["revoked-published"])

    def test_before_it_was_revoked(self):
        row = self.joined(self.entry("dot", *self.encryption("dot")),
                          more=("--at", "2020-01-01"))["dot"]
        self.assertEqual((row["standing"], row["disagree"]), ("not-yet-valid", []))

    def test_foreign_effective(self):
        other = certificate(address_of("ada"), begin="2020-01-01", end="2036-01-01")
        self.assertEqual(self.disagree("ada", other), ["not-published", "foreign-effective"])
        self.assertEqual(self.disagree("ada", other, *self.encryption("ada")),
                         ["foreign-effective"])
        self.assertEqual(self.disagree("ada", *self.encryption("ada"), other), [])

    def test_one_that_only_calls_itself_ours_is_foreign(self):
        other = certificate(address_of("ada"), begin="2020-01-01", end="2036-01-01",
                            issuer="Example Mail")
        self.assertIn("foreign-effective", self.disagree("ada", other))

    def test_issued_to_another(self):
        row = self.joined(self.entry("fay", *self.encryption("ada"), *self.encryption("fay")))
        self.assertEqual(row["fay"]["disagree"], ["issued-to-another"])
        self.assertEqual(row["ada"]["disagree"], ["not-in-directory"])

    def test_not_issued(self):
        """The CA signed it, and the books are those of before."""
        with tempfile.TemporaryDirectory() as folder:
            site, before = Site(folder), pathlib.Path(folder) / "before"
            shutil.copytree(self.site.store, site.store)
            shutil.copytree(self.site.store, before)
            enrol(site, "zoe")
            other = Books()
            other.site = site
            path = self.write(ldif_entry("zoe", *map(value_of, other.encryption("zoe"))),
                              self.entry("ada", *self.encryption("ada"), *other.encryption("zoe")))
            result = run("kms", "users", "-f", "jsonl", "--join", path, before)
            told = {row["address"]: row["disagree"] for row in result.rows}
            self.assertEqual((result.status, told[address_of("zoe")], told[address_of("ada")]),
                             (DONE, ["not-issued", "unknown-to-kms"], ["not-issued"]))

    def test_unknown_to_kms(self):
        row = self.joined(self.entry("ada", *self.encryption("ada")), self.entry("zed"))["zed"]
        self.assertEqual((row["disagree"], row["kms"], row["in_books"], row["in_directory"]),
                         (["unknown-to-kms"], None, False, True))

    def test_not_in_directory(self):
        rows = self.joined(self.entry("zed", *self.encryption("ada")))
        self.assertEqual(list(rows), ["zed", *PEOPLE])
        for name in PEOPLE:
            with self.subTest(name=name):
                row = rows[name]
                left = row["kms"]["state"] == "left"
                self.assertEqual((row["in_directory"], row["in_books"], row["disagree"]),
                                 (False, True, [] if left else ["not-in-directory"]))
                self.assertEqual(len(row["certificates"]), row["kms"]["issued"])

    def test_the_order_is_the_directories_then_the_books(self):
        one = self.write(self.entry("gus", *self.encryption("gus")), self.entry("bob"),
                         name="one.ldif")
        two = self.write(self.entry("ada", *self.encryption("ada")), name="two.ldif")
        rows = self.rows("--join", one, "--join", two)
        self.assertEqual(list(rows), ["gus", "bob", "ada", "dot", "eve", "fay", "hal", "cyd"])
        self.assertEqual(rows["gus"]["source"], str(one))
        self.assertEqual(rows["cyd"]["source"], str(self.site.store))

    def test_addresses_match_in_any_case_and_any_place(self):
        entry = ldif_entry("x", value_of(self.encryption("gus")[0])).replace(
            "mail: x@example.org", "mail: AUGUST@Example.Org")
        rows = self.joined(entry)
        self.assertEqual((rows["august"]["disagree"], rows["august"]["in_books"]), ([], True))
        self.assertNotIn("gus", rows)

    def test_a_csv_is_joined_too(self):
        path = self.folder / "site.csv"
        value = self.encryption("ada")[0].hex().upper()
        path.write_text("Obj-Class,Display Name,E-mail Addresses,User-Cert\r\n"
                        f"mailbox,Ada,SMTP:ada@example.org,{value}\r\n"
                        "mailbox,Bob,SMTP:BOB@example.org,\r\n")
        rows = self.rows("--join", path)
        self.assertEqual((rows["ada"]["disagree"], rows["bob"]["disagree"], rows["bob"]["line"]),
                         ([], ["not-published"], 3))

    def test_of_a_part_nobody_is_said_to_be_missing(self):
        path = self.write(self.entry("ada", *self.encryption("ada")),
                          end="\nsearch: 2\nresult: 4 Size limit exceeded\n")
        result = run("kms", "users", "-f", "jsonl", "--join", path, self.site.store)
        self.assertEqual(result.status, SOME)
        told = [(row["in_directory"], row["disagree"]) for row in result.rows]
        self.assertEqual(told, [(True, [])] + [(None, [])] * 7)

    def test_where_one_of_two_is_missing(self):
        path = self.write(self.entry("ada", *self.encryption("ada")))
        result = run("kms", "users", "-f", "jsonl", "--join", path, "--join",
                     self.folder / "nothing.ldif", self.site.store)
        self.assertEqual((result.status, {row["in_directory"] for row in result.rows}),
                         (SOME, {True, None}))

    def test_only_those_that_disagree(self):
        rows = self.joined(self.entry("ada", *self.encryption("ada")), self.entry("bob"),
                           more=("--disagreeing",))
        self.assertNotIn("ada", rows)
        self.assertIn("bob", rows)
        self.assertTrue(all(row["disagree"] for row in rows.values()))

    def test_csv_and_summaries(self):
        new, old = self.encryption("bob")
        path = self.write(self.entry("ada", *self.encryption("ada")), self.entry("bob", old),
                          self.entry("dot", *self.encryption("dot")), self.entry("zed"))
        rows = self.users("--join", path).rows
        reader = csv.DictReader(io.StringIO(self.users("--join", path, form="csv").out.decode()))
        told = [(row["in_directory"], row["in_books"], row["disagree"]) for row in reader]
        self.assertEqual(reader.fieldnames, CONTRACT + OWN + JOINED)
        self.assertEqual(told, [("yes" if row["in_directory"] else "no",
                                 "yes" if row["in_books"] else "no", ";".join(row["disagree"]))
                                for row in rows])
        summary = self.users("--join", path, "--summary").rows[0]
        counts = {code: sum(code in row["disagree"] for row in rows)
                  for code in summary["disagree"]}
        self.assertEqual(summary["disagree"], counts)
        self.assertEqual(summary["disagreeing"], sum(bool(row["disagree"]) for row in rows))
        self.assertEqual(summary["join"], {"in-directory": 4, "in-books": 8})
        document = json.loads(self.users("--join", path, form="json").out)
        self.assertEqual((document["users"], document["summary"]), (rows, summary))
        self.assertEqual(json.loads(self.users("--join", path, "--summary", form="json").out)
                         ["summary"], summary)
        lines = self.users("--join", path, "--summary", form="csv").out.decode().splitlines()
        self.assertIn(f"disagree,not-published,{counts['not-published']}", lines)
        self.assertIn(f"disagree,any,{summary['disagreeing']}", lines)
        table = self.users("--join", path, form="table").out.decode()
        self.assertIn("; disagree: not-published, superseded-published", table)
        self.assertIn("4 in the directory, 8 in the books; ", table)
        table = self.users("--join", path, "--summary", form="table").out.decode()
        self.assertRegex(table, r"(?m)^superseded-published +1$")

    def test_users_count_once_in_however_many_directories(self):
        two = [self.entry("ada", *self.encryption("ada")), self.entry("cyd"), self.entry("zed")]
        one, same = self.write(*two), self.folder / "same.ldif"
        shutil.copy(one, same)
        alone = self.users("--summary").rows[0]
        for joined in ((one,), (one, same)):
            more = [word for path in joined for word in ("--join", path)]
            for threads in (1, 3):
                told = self.users(*more, "--summary", "--threads", threads).rows[0]
                self.assertEqual(told["join"],
                                 {"in-directory": 3 * len(joined), "in-books": len(PEOPLE)})
                self.assertEqual(told["kms"], alone["kms"])
                self.assertEqual(told["disagree"]["unknown-to-kms"], len(joined))
            table = self.users(*more, form="table").out.decode()
            self.assertIn(f"{3 * len(joined)} in the directory, 8 in the books; ", table)

    def test_threads_make_no_difference(self):
        path = self.write(*(self.entry(name, *self.encryption(name)) for name in PEOPLE[:4]),
                          *(self.entry(f"u{n}") for n in range(5000)))
        told = {self.users("--join", path, "--at", "2027-01-01", "--threads", n).out
                for n in (1, 2, 7)}
        self.assertEqual(len(told), 1)


@unittest.skipUnless(os.geteuid() == 0, "needs root, to be somebody else")
class ReadOnly(Books):
    NOBODY = 65534

    def test_a_store_that_may_only_be_read(self):
        """Its owner may write nothing in it, not even what SQLite would like to have beside it."""
        with tempfile.TemporaryDirectory() as folder:
            store = pathlib.Path(folder) / "kms"
            shutil.copytree(self.site.store, store)
            for path in (*store.iterdir(), store):
                os.chown(path, self.NOBODY, self.NOBODY)
                os.chmod(path, 0o500 if path == store else 0o400)
            os.chmod(folder, 0o755)
            result = run("kms", "users", "-f", "jsonl", "--at", "2027-01-01", store,
                         preexec=lambda: os.setuid(self.NOBODY))
            self.assertEqual((result.status, result.err), (DONE, ""))
            names = [row["address"].partition("@")[0] for row in result.rows]
            self.assertEqual(names, PEOPLE)
            self.assertEqual(result.out.replace(bytes(store), bytes(self.site.store)),
                             self.users("--at", "2027-01-01").out)


class WithoutBooks(unittest.TestCase):
    def test_an_empty_store(self):
        with tempfile.TemporaryDirectory() as folder:
            site = made_site(folder)
            result = site.kms("users")
            self.assertEqual((result.status, result.out.decode()),
                             (DONE, "0 mailboxes: 0 use KMS, 0 do not, 0 unknown.\n"))


if __name__ == "__main__":
    unittest.main()
