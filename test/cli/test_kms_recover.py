#!/usr/bin/env python3
"""keyroster kms recover, approve, collect: a user's keys come back by T agents, judged by openssl."""

import contextlib
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import time
import unittest

import kms_support
import support

ADDRESS = "gil@example.org"
WHY = "lost smart card, ticket 17"
P12 = "p12 of the one who asks 93"


def openssl(*arguments, **more):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=False, **more)
    if done.returncode != 0:
        raise AssertionError(f"openssl {arguments[0]}: {done.stderr.decode()}")
    return done.stdout


def write_to(store, statement, *values):
    """As a thief of the database does, who is not kept by its triggers."""
    with contextlib.closing(sqlite3.connect(store / "keyroster.db")) as database, database:
        database.execute(statement, values)


class RecoverTest(kms_support.KmsTest):
    """Stores in which users have keys; each user's messages can be written to any certificate."""

    def setUp(self):
        super().setUp()
        self.folder = self.site.folder
        self.site.file_of("p12", P12)
        self.request = self.folder / "request.json"

    def enrol(self, *addresses, kind="p256", again=False):
        return self.site.rows("enrol", *addresses, "--issue", "--p12-dir", self.folder / "users",
                              "--user-key", kind, *(["--again"] if again else []),
                              by=["anna", "p12"])

    def history(self):
        """A user with a key of every kind that encrypts, each later than the one before."""
        for number, kind in enumerate(("rsa2048", "p256", "p384", "ed25519")):
            self.enrol(ADDRESS, kind=kind, again=number > 0)

    def database(self, statement, *values):
        """What the rows say; the connection is closed, so that nothing of it is left in the log."""
        with contextlib.closing(sqlite3.connect(self.site.store / "keyroster.db")) as database:
            return database.execute(statement, values).fetchall()

    def encryption_certificates(self, address=ADDRESS):
        """(serial, DER) of each, oldest first."""
        return self.database("SELECT hex(serial), der FROM certificate c, user u WHERE c.user = u.id"
                             " AND purpose = 1 AND u.address = ? ORDER BY c.id", address)

    def recover(self, *more, by=("anna",), address=ADDRESS, **options):
        return self.site.kms("recover", address, "--why", WHY, "-o", self.request, *more, by=by,
                             **options)

    def approve(self, agent, *more, **options):
        return self.site.kms("approve", self.request, "--agent", agent, *more, by=[agent],
                             **options)

    def collect(self, *more, by=("anna",), **options):
        return self.site.kms("collect", self.request, *more, by=[*by, "p12"], **options)

    def collected(self, agents=("xena", "zoe"), *more):
        """Asked, approved, collected: the PKCS#12."""
        out = self.folder / "keys.p12"
        self.done(self.recover())
        for agent in agents:
            self.done(self.approve(agent))
        self.done(self.collect("--p12", out, *more))
        return out

    def keys_of(self, p12, *more):
        """The private keys of a PKCS#12, as PEM, each by the SubjectPublicKeyInfo that it is for."""
        pem = openssl("pkcs12", "-in", p12, "-nodes", "-nocerts", "-passin", f"pass:{P12}", *more)
        keys, end = {}, b"-----END PRIVATE KEY-----\n"
        for block in pem.split(end)[:-1]:
            key = block[block.index(b"-----BEGIN"):] + end
            keys[openssl("pkey", "-pubout", "-outform", "DER", input=key)] = key
        return keys

    def assert_opens(self, key, der, text=b"the quarterly numbers\n"):
        """A message that openssl encrypts to the certificate is opened with the key."""
        certificate, private = self.folder / "one.pem", self.folder / "one.key"
        certificate.write_bytes(openssl("x509", "-inform", "DER", input=der))
        private.write_bytes(key)
        public = openssl("x509", "-in", certificate, "-noout", "-pubkey")
        message = openssl("cms", "-encrypt", "-binary", "-aes-256-cbc", "-outform", "DER",
                          "-recip", certificate, input=text)
        self.assertEqual(openssl("cms", "-decrypt", "-binary", "-inform", "DER", "-inkey", private,
                                 "-recip", certificate, input=message), text)
        return public


class WholeHistory(RecoverTest):
    def test_old_mail_is_read_with_the_keys_that_came_back(self):
        self.history()
        self.site.rows("renew", ADDRESS, "--p12", self.folder / "renewed.p12", by=["anna", "p12"])
        out = self.collected()
        self.assertEqual(out.stat().st_mode & 0o777, 0o600)
        certificates = self.encryption_certificates()
        keys = self.keys_of(out)
        self.assertEqual((len(certificates), len(keys)), (5, 5))
        for _, der in certificates:
            public = openssl("pkey", "-pubin", "-pubout", "-outform", "DER",
                             input=openssl("x509", "-inform", "DER", "-noout", "-pubkey", input=der))
            if b"X25519" in openssl("x509", "-inform", "DER", "-noout", "-text", input=der):
                self.assertIn(public, keys)  # openssl 3.0 encrypts no CMS to X25519
            else:
                self.assert_opens(keys[public], der)
        self.assert_whole()

    def test_the_certificates_and_the_chain_are_in_it(self):
        self.history()
        out = self.collected()
        listed = openssl("pkcs12", "-in", out, "-nokeys", "-passin", f"pass:{P12}").decode()
        self.assertEqual(listed.count("BEGIN CERTIFICATE"), 4 + 2)
        self.assertEqual(listed.count(f"friendlyName: {ADDRESS} (encryption, "), 4)
        self.assertIn("Example Mail Root CA", listed)

    def test_one_file_a_key(self):
        self.history()
        each = self.folder / "each"
        self.collected(("yuri", "xena"), "--each", each)
        serials = [serial.lower() for serial, _ in self.encryption_certificates()]
        self.assertEqual(sorted(path.name for path in each.iterdir()),
                         sorted(f"{ADDRESS}-{serial}.p12" for serial in serials))
        for path in each.iterdir():
            self.assertEqual(len(self.keys_of(path)), 1)
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def test_each_alone(self):
        self.enrol(ADDRESS)
        self.done(self.recover())
        self.done(self.approve("xena"))
        self.done(self.approve("yuri"))
        self.done(self.collect("--each", self.folder / "each"))
        self.assertEqual(len(list((self.folder / "each").iterdir())), 1)

    def test_for_old_readers(self):
        self.enrol(ADDRESS)
        out = self.collected(("xena", "zoe"), "--legacy-p12")
        info = subprocess.run(["openssl", "pkcs12", "-in", out, "-info", "-noout", "-passin",
                               f"pass:{P12}"], capture_output=True, check=True).stderr.decode()
        self.assertIn("pbeWithSHA1And3-KeyTripleDES-CBC", info)
        self.assertEqual(len(self.keys_of(out)), 1)

    @unittest.skipUnless(shutil.which("pk12util"), "NSS is not here")
    def test_nss_reads_it(self):
        self.history()
        out = self.collected()
        listed = subprocess.run(["pk12util", "-l", out, "-W", P12], capture_output=True, check=False)
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertIn(b"Example Mail", listed.stdout)

    def test_a_revoked_key_comes_back_too(self):
        self.enrol(ADDRESS)
        self.done(self.site.kms("revoke", ADDRESS, "--reason", "superseded", by=["anna"]))
        self.assertEqual(len(self.keys_of(self.collected())), 1)


class Rows(RecoverTest):
    def setUp(self):
        super().setUp()
        self.enrol(ADDRESS)

    def test_each_step_tells_what_it_did(self):
        (asked,) = self.recover(jsonl=True).rows
        document = json.loads(self.request.read_text())
        self.assertEqual(asked["address"], ADDRESS)
        self.assertEqual((asked["result"], asked["keys"]), ("asked", 1))
        self.assertEqual((asked["request"], asked["expires"]),
                         (document["digest"], document["expires"]))
        (first,) = self.approve("xena", jsonl=True).rows
        self.assertEqual((first["result"], first["approvals"], first["needed"]), ("approved", 1, 2))
        self.assertEqual((first["why"], first["requester"]), (WHY, "anna"))
        self.assertEqual(first["addresses"], [ADDRESS])
        self.assertEqual(first["serials"], [key["serial"] for key in document["keys"]])
        (again,) = self.approve("xena", jsonl=True).rows
        self.assertEqual((again["result"], again["approvals"]), ("already", 1))
        (second,) = self.approve("yuri", jsonl=True).rows
        self.assertEqual(second["approvals"], 2)
        (collected,) = self.collect("--p12", self.folder / "keys.p12", jsonl=True).rows
        self.assertEqual((collected["result"], collected["keys"]), ("collected", 1))

    def test_the_audit_tells_it(self):
        self.collected(("xena", "yuri"))
        rows = [(row["act"], row["who"], row["subject"], row["result"]) for row in self.audit()]
        self.assertEqual(rows[-4:], [("recover", "anna", ADDRESS, "asked"),
                                     ("approve", "xena", ADDRESS, "approved"),
                                     ("approve", "yuri", ADDRESS, "approved"),
                                     ("collect", "anna", ADDRESS, "collected")])
        self.assertIn(WHY, self.audit()[-4]["detail"])
        self.assert_whole()

    def test_the_books_tell_it(self):
        (before,) = self.site.rows("users")
        self.collected()
        (after,) = self.site.rows("users")
        self.assertNotEqual(json.dumps(before), json.dumps(after))
        self.assertIn('"recovered": "20', json.dumps(after))

    def test_a_table(self):
        self.done(self.recover())
        said = self.done(self.approve("xena")).out.decode()
        self.assertIn(WHY, said)
        self.assertIn(ADDRESS, said)

    def test_by_any_address_in_any_case(self):
        self.done(self.recover(address=ADDRESS.upper()))
        self.assertEqual(json.loads(self.request.read_text())["addresses"], [ADDRESS])

    def test_many_users(self):
        others = [f"user{i}@example.org" for i in range(5)]
        requests, keys = self.folder / "requests", self.folder / "keys"
        self.enrol(*others)
        rows = self.site.rows("recover", *others, "--why", WHY, "--request-dir", requests,
                              by=["anna"])
        self.assertEqual([row["result"] for row in rows], ["asked"] * 5)
        files = [requests / f"{address}.json" for address in others]
        for agent in ("xena", "zoe"):
            rows = self.site.rows("approve", *files, "--agent", agent, by=[agent])
            self.assertEqual([row["address"] for row in rows], others)
        rows = self.site.rows("collect", *files, "--p12-dir", keys, by=["anna", "p12"])
        self.assertEqual([row["result"] for row in rows], ["collected"] * 5)
        for address in others:
            self.assertEqual(len(self.keys_of(keys / f"{address}.p12")), 1)
        self.assert_whole()

    def test_one_of_many_that_fails_is_named(self):
        rows = self.site.kms("recover", "who@example.org", ADDRESS, "--why", WHY, "--request-dir",
                             self.folder / "requests", by=["anna"], jsonl=True)
        self.assertEqual(rows.status, support.SOME)
        self.assertEqual([row["result"] for row in rows.rows], ["failed", "asked"])
        self.assertIn("who@example.org: no user has this address", rows.err)
        good = self.folder / "requests" / f"{ADDRESS}.json"
        rows = self.site.kms("approve", self.folder / "nothing.json", good, "--agent", "xena",
                             by=["xena"], jsonl=True)
        self.assertEqual(rows.status, support.SOME)
        self.assertEqual([row["result"] for row in rows.rows], ["approved"])


class Refused(RecoverTest):
    def setUp(self):
        super().setUp()
        self.enrol(ADDRESS)
        self.done(self.recover())

    def refused_by(self, result, *said):
        """Status 3, the sentence, no file, and an audit row that says the same."""
        self.assertEqual(result.status, support.NOT_DONE, result.err)
        for text in said:
            self.assertIn(text, result.err)
        row = self.audit()[-1]
        self.assertEqual(row["result"], "refused")
        for text in said:
            self.assertIn(text, row["detail"])
        self.assertFalse((self.folder / "keys.p12").exists())
        return row

    def collect_refused(self, *said, by=("anna",)):
        return self.refused_by(self.collect("--p12", self.folder / "keys.p12", by=by), *said)

    def test_an_empty_passphrase_for_the_keys(self):
        self.done(self.recover())
        self.site.file_of("p12", "")
        result = self.collect("--p12", self.folder / "keys.p12")
        self.assertEqual(result.status, support.NOT_DONE)
        self.assertIn("an empty passphrase", result.err)
        self.assertFalse((self.folder / "keys.p12").exists())

    def test_too_few_agents(self):
        self.collect_refused("takes the approval of 2 agents, and 0 are given; not yet: xena, "
                             "yuri, zoe")
        self.done(self.approve("yuri"))
        self.done(self.approve("yuri"))  # twice is once
        self.collect_refused("1 is given; not yet: xena, zoe")

    def test_another_administrator(self):
        self.done(self.approve("xena"))
        self.done(self.approve("yuri"))
        self.collect_refused("anna asked for this, and nobody else can collect it", by=["bo"])

    def test_an_agent_who_is_none(self):
        self.refused_by(self.approve("anna"), "anna is no recovery agent")

    def test_a_wrong_passphrase(self):
        self.site.file_of("xena", "not the passphrase of anybody here")
        self.assertEqual(self.refused_by(self.approve("xena"), "wrong passphrase")["who"], "xena")

    def test_every_field_altered(self):
        document = json.loads(self.request.read_text())
        changes = {
            "store": "0" * 32, "user": 2, "addresses": ["other@example.org"],
            "keys": [dict(document["keys"][0], envelope="0" * 64)], "why": "holiday",
            "requester": "bo", "created": "2020-01-01T00:00:00Z",
            "expires": "2099-01-01T00:00:00Z", "key": "11" * 32, "digest": "22" * 32,
            "signature": "33" * 64,
        }
        self.assertEqual(set(changes), set(document) - {"version"})
        for field, value in changes.items():
            with self.subTest(field):
                self.request.write_text(json.dumps({**document, field: value}))
                self.refused_by(self.approve("xena"))
                self.collect_refused()

    def test_what_is_no_request(self):
        for text in ("", "{}", "[1]", "\0", '{"version": 2}', "x" * (3 << 20)):
            with self.subTest(text[:20]):
                self.request.write_text(text)
                result = self.approve("xena")
                self.assertEqual(result.status, support.NOT_DONE)

    def test_approved_for_another_user(self):
        """The agents' approval of one request opens nothing of another's."""
        first = self.request.read_text()
        self.enrol("other@example.org")
        self.done(self.approve("xena"))
        self.done(self.approve("yuri"))
        self.done(self.recover(address="other@example.org"))
        self.collect_refused("0 are given")
        mixed = {**json.loads(first), "keys": json.loads(self.request.read_text())["keys"]}
        self.request.write_text(json.dumps(mixed))
        self.collect_refused("the request was altered")

    def test_another_store(self):
        folder = self.folder / "elsewhere"
        other = kms_support.made_site(folder, admins=("anna", "bo", "cai"), org="Other Mail")
        result = other.kms("approve", self.request, "--agent", "xena", by=["xena"])
        self.assertEqual(result.status, support.NOT_DONE)
        self.assertIn("the request is one of another store", result.err)

    def test_expired(self):
        self.done(self.recover("--valid-for", "1s"))
        time.sleep(2.1)
        self.refused_by(self.approve("xena"), "the request expired at")
        self.collect_refused("the request expired at")

    def test_collected_twice(self):
        out = self.folder / "keys.p12"
        self.done(self.approve("xena"))
        self.done(self.approve("yuri"))
        self.done(self.collect("--p12", out))
        out.unlink()
        self.collect_refused("the keys were collected at")

    def test_nobody_of_that_address(self):
        self.refused_by(self.recover(address="who@example.org"), "no user has this address")

    def test_two_who_ask(self):
        self.refused_by(self.recover(by=["anna", "bo"]), "one administrator asks, not several")

    def test_an_agent_who_asks(self):
        self.refused_by(self.recover(by=["xena"]), "takes the passphrase of 1 administrator")

    def test_an_envelope_that_was_swapped(self):
        """A thief of the database gives one user the other's envelope, record and all."""
        self.enrol("other@example.org")
        path = self.site.store / "keyroster.db"
        with contextlib.closing(sqlite3.connect(path)) as database, database:
            database.execute("DROP TRIGGER envelope_changed")
            database.execute(
                "UPDATE envelope SET (cms, binding) = (SELECT cms, binding FROM envelope e,"
                " certificate c, user u WHERE e.certificate = c.id AND c.user = u.id AND u.address ="
                " 'other@example.org') WHERE certificate IN (SELECT c.id FROM certificate c, user u"
                " WHERE c.user = u.id AND u.address = ?)", (ADDRESS,))
        serial = json.loads(self.request.read_text())["keys"][0]["serial"]
        self.refused_by(self.approve("xena"), serial, "swapped or altered")
        self.collect_refused(serial)
        self.refused_by(self.recover(), serial)

    def test_a_request_replaces_no_other_file(self):
        self.done(self.recover())  # one asked for anew does
        self.request.write_text("-----BEGIN CERTIFICATE-----\n")
        rows = len(self.audit())
        result = self.recover()
        self.assertEqual(result.status, support.NOT_DONE)
        self.assertIn("is no request", result.err)
        self.assertEqual(self.request.read_text(), "-----BEGIN CERTIFICATE-----\n")
        self.assertEqual(len(self.audit()), rows)

    def test_where_no_file_can_be(self):
        self.done(self.approve("xena"))
        self.done(self.approve("yuri"))
        result = self.collect("--p12", self.folder / "nowhere" / "keys.p12")
        self.assertEqual(result.status, support.NOT_DONE)
        self.assertIn("No such file or directory", result.err)
        self.done(self.collect("--p12", self.folder / "keys.p12"))  # the request is good still

    @unittest.skipIf(os.path.exists("/dev/full") is False, "no /dev/full here")
    def test_a_device_takes_no_keys(self):
        self.done(self.approve("xena"))
        self.done(self.approve("yuri"))
        result = self.collect("--p12", "/dev/full")
        self.assertEqual(result.status, support.NOT_DONE)

    def test_used_wrongly(self):
        for arguments in (["recover", ADDRESS, "-o", "x"], ["recover", ADDRESS, "--why", WHY],
                          ["recover", ADDRESS, "--why", "", "-o", "x"],
                          ["recover", ADDRESS, "--why", WHY, "-o", "x", "--valid-for", "91d"],
                          ["recover", ADDRESS, "b@c.de", "--why", WHY, "-o", "x"],
                          ["recover", "--why", WHY, "-o", "x"], ["approve", self.request],
                          ["approve", "--agent", "xena"], ["collect", self.request],
                          ["collect", self.request, self.request, "--p12", "x"],
                          ["collect", self.request, "--p12", "x", "--p12-dir", "y"],
                          ["envelope", "-o", "x"], ["envelope", "--serial", "xyz"]):
            with self.subTest(arguments):
                self.assertEqual(self.site.kms(*arguments).status, support.USAGE)


class Killed(RecoverTest):
    """Each step is killed at random moments, and run again until it ends by itself."""

    USERS = 6 if support.SANITIZED else 24

    def run_killed(self, verb, *arguments, by, done):
        """Runs it until it ends; kills it sooner or later. `done` says what there is to do still."""
        kills = 0
        while True:
            left = done()
            if not left:
                return kills
            words = [support.KEYROSTER, "kms", verb, self.site.store, *left, *arguments,
                     *self.site.options_of(*by), "-f", "jsonl"]
            process = subprocess.Popen([*map(str, words)], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, env=support.environment())
            try:
                # The first ones come early, since a quiet machine is done with all in one breath.
                process.wait(self.random.uniform(0, 0.01 * (kills + 1)) if kills < 12 else 60)
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
            for line in process.stdout.read().splitlines():
                if line.endswith(b"}"):
                    self.told.append((verb, json.loads(line)))
            process.stdout.close()
            process.wait()
            self.done(self.site.kms("audit", "--verify"))

    def test_anywhere(self):
        self.random, self.told = random.Random(17), []
        addresses = [f"user{number}@example.org" for number in range(self.USERS)]
        requests, keys = self.folder / "requests", self.folder / "keys"
        files = {address: requests / f"{address}.json" for address in addresses}
        self.enrol(*addresses)

        def in_store(where):
            rows = self.database(f"SELECT u.address FROM request r, user u WHERE u.id = r.user {where}")
            return {address for (address,) in rows}

        kills = self.run_killed("recover", "--why", WHY, "--request-dir", requests, by=["anna"],
                                done=lambda: [a for a in addresses if a not in in_store("")])
        for agent in ("xena", "zoe"):
            kills += self.run_killed(
                "approve", "--agent", agent, by=[agent],
                done=lambda agent=agent: [files[a] for a in addresses if a not in in_store(
                    "AND EXISTS (SELECT 1 FROM approval a, person p WHERE a.request = r.id AND"
                    f" a.person = p.id AND p.name = '{agent}')")])
        kills += self.run_killed("collect", "--p12-dir", keys, by=["anna", "p12"], done=lambda: [
            files[a] for a in addresses if a not in in_store("AND done_at IS NOT NULL")])
        self.assertGreater(kills, 4)
        for address in addresses:  # what is done is there
            self.assertEqual(len(self.keys_of(keys / f"{address}.p12")), 1)
        done = [(verb, row["address"]) for verb, row in self.told
                if row["result"] in ("asked", "collected")]
        self.assertEqual(len(done), len(set(done)))  # and none was told twice
        left = {path.name for path in keys.iterdir()} - {f"{a}.p12" for a in addresses}
        self.assertEqual(left, set())
        self.assert_whole()


class Shares(RecoverTest):
    """Agents who keep their shares in files of their own."""

    def test_a_share_in_a_file(self):
        shares = self.folder / "shares"
        shares.mkdir()
        other = kms_support.Site(self.folder / "kept")
        other.folder.mkdir()
        self.done(other.init("--share-dir", shares))
        self.site = other
        self.site.file_of("p12", P12)
        self.enrol(ADDRESS)
        self.done(self.recover())
        result = self.approve("xena")
        self.assertEqual(result.status, support.NOT_DONE)
        result = self.approve("xena", "--share", shares / "yuri.share")
        self.assertEqual(result.status, support.NOT_DONE)
        self.assertEqual(self.audit()[-1]["result"], "refused")
        self.done(self.approve("xena", "--share", shares / "xena.share"))
        self.done(self.approve("yuri", "--share", shares / "yuri.share"))
        self.done(self.collect("--p12", self.folder / "keys.p12"))
        self.assertEqual(len(self.keys_of(self.folder / "keys.p12")), 1)


class Secrets(RecoverTest):
    def test_nothing_secret_is_left_in_the_store(self):
        """Neither the keys that came back nor the passphrase of the PKCS#12."""
        self.enrol(ADDRESS)
        keys = self.keys_of(self.collected())
        left = b"".join(path.read_bytes() for path in pathlib.Path(self.site.store).iterdir())
        self.assertNotIn(P12.encode(), left)
        for key in keys.values():
            der = openssl("pkey", "-outform", "DER", input=key)
            scalar = openssl("pkey", "-noout", "-text", input=key).decode()
            bytes_ = bytes.fromhex("".join(scalar.split("priv:")[1].split("pub:")[0].split())
                                   .replace(":", ""))
            self.assertNotIn(der, left)
            self.assertNotIn(bytes_[-32:], left)


if __name__ == "__main__":
    unittest.main()
