"""-f prometheus: what Prometheus and OpenMetrics take, whatever stands in the export."""

import re
import shutil
import subprocess
import unittest

from cryptography import x509
from cryptography.x509.oid import NameOID

from support import (DONE, NOT_DONE, SOME, SOURCE, ExportTest, certificate, csv_row, csv_text, hex_of, run)

try:
    from prometheus_client import parser as prometheus
    from prometheus_client.openmetrics import parser as openmetrics
except ImportError:
    prometheus = openmetrics = None

SAMPLE = SOURCE / "sample"
STANDINGS = ("active expiring signing-only not-yet-valid expired revoked untrusted mismatched foreign unreadable "
             "none unknown").split()

# A Name is put in place of the test issuer's, so that any bytes may be tried.
OLD = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test KMS")]).public_bytes()


def setUpModule():
    if openmetrics is None:
        raise unittest.SkipTest("python3-prometheus-client is not installed")


def der(tag, content):
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def children(data):
    """The elements of a constructed one, header included."""
    at, found = 0, []
    while at < len(data):
        length, size = data[at + 1], 0
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[at + 2 : at + 2 + size], "big")
        end = at + 2 + size + length
        found.append(data[at:end])
        at = end
    return found


def inside(element):
    length = element[1]
    return element[2 + (length & 0x7F if length & 0x80 else 0) :]


def from_issuer(value):
    """A certificate whose issuer's common name is these bytes: UTF-8, or else T61, which is Latin-1."""
    tag = 0x14 if value == b"J\xf6rg" else 0x0C
    name = der(0x30, der(0x31, der(0x30, der(0x06, b"\x55\x04\x03") + der(tag, value))))
    made = certificate("anna@example.org")
    tbs, algorithm, signature = children(inside(made))
    facts = children(inside(tbs))
    assert facts[3] == OLD
    facts[3] = name
    return der(0x30, der(0x30, b"".join(facts)) + algorithm + signature)


class Metrics(ExportTest):
    def metrics(self, *arguments, status=DONE, **more):
        result = self.users(*arguments, form="prometheus", **more)
        self.assertEqual(result.status, status, result.err)
        return self.read(result.out)

    def read(self, out):
        """The samples by name and label; what is no OpenMetrics, or no Prometheus, is an error."""
        text = out.decode("utf-8")
        families = list(openmetrics.text_string_to_metric_families(text))
        old = list(prometheus.text_string_to_metric_families(text))
        self.assertEqual([f.name for f in families], [f.name for f in old])
        samples = {}
        for family in families:
            self.assertEqual(family.type, "gauge")
            self.assertTrue(family.documentation.endswith("."))
            for sample in family.samples:
                labels = tuple(sample.labels.values())
                self.assertLessEqual(len(labels), 1)
                self.assertNotIn((sample.name, *labels), samples)
                samples[(sample.name, *labels)] = sample.value
        self.assertEqual([s.value for f in old for s in f.samples], list(samples.values()))
        self.assertLessEqual(len(samples), 72)
        self.ask_promtool(out)
        return samples

    def ask_promtool(self, out):
        if shutil.which("promtool"):
            said = subprocess.run(["promtool", "check", "metrics"], input=out, capture_output=True, check=False)
            self.assertEqual(said.returncode, 0, said.stderr)

    def labels(self, samples, name):
        return {key[1]: value for key, value in samples.items() if key[0] == name}

    def issuers(self, samples):
        return self.labels(samples, "keyroster_effective_issuer_mailboxes")

    def site(self, *values):
        """A site in which each mailbox has one of the certificates."""
        rows = (csv_row(f"N{i}", hex_of(value)).replace(f"n{i}@", "anna@") for i, value in enumerate(values))
        return self.write("site.csv", csv_text(*rows))


class Numbers(Metrics):
    def test_the_sample_site(self):
        question = ("--site", "HAMBURG", "--issuer", SAMPLE / "issuer.pem", "--trust", SAMPLE / "trust.pem",
                    "--crl", SAMPLE / "crl.pem", SAMPLE / "site.csv")
        samples = self.metrics(*question, status=SOME)
        rows = self.users(*question).rows
        self.assertEqual(samples[("keyroster_mailboxes",)], len(rows))
        for standing in STANDINGS:
            self.assertEqual(samples[("keyroster_standing_mailboxes", standing)],
                             sum(row["standing"] == standing for row in rows), standing)
        for uses in ("yes", "no", "unknown"):
            self.assertEqual(samples[("keyroster_uses_kms_mailboxes", uses)],
                             sum(row["uses_kms"] == uses for row in rows))
        effective = [next(c for c in row["certificates"] if c["sha256"] == row["effective"])
                     for row in rows if row["effective"]]
        self.assertEqual(samples[("keyroster_effective_mailboxes",)], len(effective))
        keys = self.labels(samples, "keyroster_effective_key_mailboxes")
        self.assertEqual(sum(keys.values()), len(effective))
        self.assertEqual(keys["RSA-2048"], sum(c["key"]["type"] == "RSA" and c["key"]["bits"] == 2048
                                               for c in effective))
        self.assertEqual(sum(self.issuers(samples).values()), len(effective))
        self.assertEqual(samples[("keyroster_roster_timestamp_seconds",)], 1798761600)

    def test_days_left(self):
        ends = ("2027-01-01", "2027-01-02", "2027-01-08", "2027-01-09", "2027-01-31", "2027-02-01", "2029-01-01")
        site = self.site(*(certificate("anna@example.org", end=end) for end in ends))
        within = self.labels(self.metrics(site), "keyroster_effective_ending_mailboxes")
        self.assertEqual(within, {"0": 1, "7": 3, "14": 4, "30": 5, "60": 6, "90": 6, "180": 6, "365": 6})

    def test_an_expired_one_is_not_effective(self):
        samples = self.metrics(self.site(certificate("anna@example.org", end="2026-12-31")))
        self.assertEqual(samples[("keyroster_standing_mailboxes", "expired")], 1)
        self.assertEqual(samples[("keyroster_effective_mailboxes",)], 0)
        self.assertEqual(self.issuers(samples), {"other": 0})

    def test_rows_that_are_chosen_change_nothing(self):
        site = self.site(certificate("anna@example.org"), certificate("anna@example.org", end="2026-12-31"))
        whole = self.users(site, form="prometheus").out
        for option in ("--only=none", "--container=X", "--summary", "--threads=1", "--no-progress"):
            with self.subTest(option):
                self.assertEqual(self.users(site, option, form="prometheus").out, whole)

    def test_no_rows(self):
        samples = self.metrics(self.write("site.csv", csv_text()))
        self.assertEqual(samples[("keyroster_mailboxes",)], 0)
        self.assertEqual(len(self.labels(samples, "keyroster_standing_mailboxes")), len(STANDINGS))

    def test_unknown_only(self):
        samples = self.metrics(self.write("site.csv", csv_text(csv_row("Anna", "System.Byte[]"))), status=SOME)
        self.assertEqual(self.labels(samples, "keyroster_uses_kms_mailboxes"), {"yes": 0, "no": 0, "unknown": 1})

    def test_incomplete(self):
        part = "dn: cn=A,dc=x\nobjectClass: person\ncn: A\nmail: a@x\nuserCertificate:\n\nsearch: 2\nresult: 4 Size limit\n"
        samples = self.metrics(self.write("part.ldif", part), status=SOME)
        self.assertEqual(samples[("keyroster_roster_incomplete",)], 1)

    def test_sums_of_parts_have_the_counts_alone(self):
        site = self.site(certificate("anna@example.org"))
        for i in (1, 2):
            self.users(site, f"--part={i}/2", "--summary", "-o", f"{i}.json", form="json")
        result = run("users", "--merge", "-f", "prometheus", "1.json", "2.json", cwd=self.folder)
        samples = self.read(result.out)
        self.assertEqual(samples[("keyroster_standing_mailboxes", "active")], 1)
        self.assertNotIn(("keyroster_effective_mailboxes",), samples)

    def test_a_time_before_1970(self):
        result = run("users", "-f", "prometheus", "--at", "1969-12-31", self.site(), cwd=self.folder)
        self.assertEqual(self.read(result.out)[("keyroster_roster_timestamp_seconds",)], -86400)


class Hostile(Metrics):
    def test_names_of_issuers(self):
        for what, value, want in (
            ("plain", b"Example CA", "Example CA"),
            ("a quote", b'a"b', 'a"b'),
            ("backslashes", b"a\\b\\n", "a\\b\\n"),
            ("a label of its own", b'x",evil="1"} 5', 'x",evil="1"} 5'),
            ("a line of its own", b"x\"} 5\nkeyroster_mailboxes 7\n", "x\"} 5\ufffdkeyroster_mailboxes 7\ufffd"),
            ("controls", b"a\x1b[31m\x00b", "a\ufffd[31m\ufffdb"),
            ("not UTF-8", b"J\xf6rg", "J\xf6rg"),
            ("directions", "a\u202eb\u2028c".encode(), "a\ufffdb\ufffdc"),
            ("past the BMP", "😀".encode(), "😀"),
            ("too long", b"x" * 5000, "x" * 200),
            ("cut at a character", b"x" + "é".encode() * 200, "x" + "é" * 99),
        ):
            with self.subTest(what):
                samples = self.metrics(self.site(from_issuer(value)))
                self.assertEqual(self.issuers(samples), {want: 1, "other": 0})

    def test_no_other_beside_the_other(self):
        samples = self.metrics(self.site(from_issuer(b"other"), from_issuer(b"other")))
        self.assertEqual(self.issuers(samples), {"other": 2})

    def test_what_looks_the_same_is_counted_together(self):
        samples = self.metrics(self.site(from_issuer(b"a\x01"), from_issuer(b"a\x02"), from_issuer(b"b" * 300),
                                         from_issuer(b"b" * 301)))
        self.assertEqual(self.issuers(samples), {"a\ufffd": 2, "b" * 200: 2, "other": 0})

    def test_many_issuers(self):
        many = [from_issuer(b"CA %03d" % i) for i in range(60)]
        samples = self.metrics(self.site(*many, many[59], many[59], many[30]))
        want = {"CA 059": 3, "CA 030": 2, **{f"CA {i:03}": 1 for i in range(18)}, "other": 40}
        self.assertEqual(self.issuers(samples), want)
        self.assertEqual(list(self.issuers(samples)), list(want))

    def test_more_than_are_told_apart(self):
        made = from_issuer(b"CA 00000").hex()
        name = b"CA 00000".hex()
        rows = (csv_row("Anna", made.replace(name, (b"CA %05d" % i).hex())) for i in range(16390))
        samples = self.metrics(self.write("site.csv", csv_text(*rows, csv_row("Anna", made))))
        issuers = self.issuers(samples)
        self.assertEqual((issuers["CA 00000"], len(issuers), sum(issuers.values())), (2, 21, 16391))


class Written(Metrics):
    def test_whole_or_not_at_all(self):
        site = self.site(certificate("anna@example.org"))
        self.assertEqual(self.users(site, "-o", "k.prom", form="prometheus").status, DONE)
        before = (self.folder / "k.prom").read_bytes()
        self.read(before)
        self.write("broken.csv", "no header\n")
        self.assertEqual(self.users("broken.csv", "-o", "k.prom", form="prometheus").status, NOT_DONE)
        self.assertEqual((self.folder / "k.prom").read_bytes(), before)
        self.assertEqual({p.name for p in self.folder.iterdir()}, {"site.csv", "broken.csv", "k.prom"})

    def test_the_order_of_threads_does_not_show(self):
        rows = [csv_row("Anna", from_issuer(b"CA %03d" % (i % 50)).hex()) for i in range(500)]
        self.write("site.csv", csv_text(*rows))
        outs = {self.users("site.csv", f"--threads={n}", form="prometheus",
                           variables={"KEYROSTER_BATCH": "4096"}).out for n in (1, 2, 4, 8)}
        self.assertEqual(len(outs), 1)


class Systemd(unittest.TestCase):
    UNITS = sorted((SAMPLE / "systemd").iterdir())

    def test_the_units_are_good(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        for unit in self.UNITS:
            said = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True,
                                  check=False)
            complaints = [line for line in said.stderr.splitlines()
                          if unit.name in line and "is not executable" not in line]
            self.assertEqual(complaints, [])

    def test_the_command_has_options_that_there_are(self):
        told = run("users", "--help").out.decode()
        text = (SAMPLE / "systemd" / "keyroster-metrics.service").read_text()
        command = re.search(r"ExecStart=((?:.*\\\n)*.*)", text).group(1).replace("\\\n", " ").split()
        self.assertEqual(command[1:4], ["users", "-f", "prometheus"])
        for word in command[2:]:
            if word.startswith("-"):
                self.assertRegex(told, rf"(?m)^ +(-\w, )?{word}\b")


if __name__ == "__main__":
    unittest.main()
