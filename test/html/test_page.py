"""-f html as a parser reads it: escaped everywhere, whole in itself, and right in its numbers."""

import base64
import hashlib
import json
import re
import unittest

from pages import HOSTILE, SAMPLE, Page, PageTest, certificate, export_of, run, safe
from support import DONE, NOT_DONE, USAGE, csv_row, csv_text


def digest(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


class Hostile(PageTest):
    def harmless(self, **more):
        self.write("site.csv", export_of(["Anna"], **more))
        return self.page("site.csv")

    def test_a_name_changes_nothing_but_texts(self):
        """Names and containers: in the list, the chart, an attribute and the data."""
        want = self.harmless()
        for what, name in HOSTILE.items():
            with self.subTest(what):
                self.write("site.csv", export_of([name]))
                got = self.page("site.csv")
                self.assertEqual(got.shape, want.shape)
                self.assertEqual(len(got.scripts), len(want.scripts))
                (row,) = got.rows
                self.assertEqual((row["name"], row["container"]), (safe(name), safe(name)))
                self.assertEqual(got.names(), [safe(name)])
                values = [a["data-value"] for _, a in got.elements
                          if a.get("data-filter") == "container"]
                self.assertEqual(values, [safe(name)])

    def test_an_address(self):
        want = self.harmless()
        for address in ("<b>a</b>@x", "a'b@x", '"a b"@example.org', "a&b@x", "</script>@x"):
            with self.subTest(address):
                field = '"SMTP:' + address.replace('"', '""') + '"'
                self.write("site.csv", csv_text(f"mailbox,Anna,{field},R,"))
                got = self.page("site.csv")
                self.assertEqual(got.shape, want.shape)
                self.assertEqual(got.rows[0]["address"], address)
                self.assertIn(address, got.text)

    def test_an_issuer(self):
        """What a certificate says is not the directory's, and as little ours."""
        shapes = set()
        for what, name in {"harmless": "Anna", **HOSTILE}.items():
            if safe(name) != name or len(name) > 60:
                continue
            with self.subTest(what):
                self.write("site.csv", export_of(["Anna"], [certificate("a@x", issuer=name)]))
                got = self.page("site.csv")
                self.assertEqual(got.rows[0]["issuer"], name)
                shapes.add(str(got.shape))
        self.assertEqual(len(shapes), 1)

    def test_the_name_of_a_file(self):
        want = self.harmless()
        for name in ("<script>1.csv", "a\"b'c&lt;.csv", "a\nb.csv"):
            with self.subTest(name):
                self.write(name, export_of(["Anna"]))
                for more in ((), ("--summary",)):
                    got = self.page(name, *more)
                    self.assertIn(safe(name), "".join(text for _, text in got.texts))
                    if not more:
                        self.assertEqual(got.shape, want.shape)

    def test_no_byte_is_lost_in_the_data(self):
        text = "".join(chr(c) for c in range(0x20, 0x3000) if not 0xD800 <= c < 0xE000)
        names = [text[i:i + 200] for i in range(0, len(text), 200)]
        self.write("site.csv", export_of([f"x{name}x" for name in names]).encode("utf-8"))
        self.assertEqual([row["name"] for row in self.page("site.csv").rows],
                         [f"x{safe(name)}x" for name in names])


class Itself(PageTest):
    """Nothing is asked of anybody, and the page forbids itself to."""

    def test_nothing_points_outside(self):
        for more in ((), ("--summary",)):
            page = Page(self.sample(*more).out)
            for tag, attributes in page.elements:
                for name in ("src", "href", "action", "data", "poster", "srcset", "style"):
                    if name in attributes:
                        self.assertIn((tag, attributes[name]), {("a", "#list"), ("link", "data:,")})
                self.assertNotIn(tag, ("img", "iframe", "object", "embed", "base", "audio", "video"))
                self.assertFalse([a for a in attributes if a.startswith("on")], tag)
            style = page.styles[0][1]
            self.assertEqual(set(re.findall(r"url\([^)]*\)", style)), {"url(#hatch)"})
            self.assertNotIn("@import", style)
            for _, text in page.scripts:
                for word in ("fetch(", "XMLHttpRequest", "import(", "innerHTML", "eval(", "WebSocket"):
                    self.assertNotIn(word, text)

    def test_the_policy_names_what_is_there_and_nothing_else(self):
        page = Page(self.sample().out)
        (policy,) = (a["content"] for tag, a in page.elements
                     if a.get("http-equiv") == "Content-Security-Policy")
        rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
        ((_, style),) = page.styles
        (script,) = (text for attributes, text in page.scripts if "type" not in attributes)
        self.assertEqual(rules, {
            "default-src": "'none'", "style-src": f"'{digest(style)}'",
            "script-src": f"'{digest(script)}'", "img-src": "data:", "base-uri": "'none'",
            "form-action": "'none'"})

    def test_the_policy_comes_before_all_it_is_about(self):
        page = Page(self.sample().out)
        first = [tag for tag, _ in page.elements].index
        policy = next(i for i, (_, a) in enumerate(page.elements) if "http-equiv" in a)
        self.assertLess(policy, min(first("script"), first("style"), first("link")))


class Numbers(PageTest):
    """The page says what the other formats say."""

    def test_rows_are_those_of_jsonl(self):
        for source in ("site.csv", "people.ldif", "csvde.csv"):
            with self.subTest(source):
                page = Page(self.sample(source=source).out)
                words = page.data("words")
                want = self.sample(form="jsonl", source=source).rows
                self.assertEqual(len(page.rows), len(want))
                for got, row in zip(page.rows, want):
                    self.assertEqual(got["name"], row["mailbox"])
                    self.assertEqual(got["address"], row["address"] or "")
                    self.assertEqual(got["container"], row["container"] or "")
                    self.assertEqual(words["uses"][got["uses"]], row["uses_kms"])
                    self.assertEqual(words["standings"][got["standing"]], row["standing"])
                    self.assertEqual(got["reason"], row["reason"])
                    self.assertEqual([w["name"] for i, w in enumerate(words["warnings"])
                                      if got["warnings"] >> i & 1], row["warnings"])
                self.assertEqual(page.names(), [row["mailbox"] for row in want][:50])

    def test_the_summary(self):
        whole = json.loads(self.sample(form="json").out)["summary"]
        for more in ((), ("--summary",)):
            text = Page(self.sample(*more).out).text
            yes, all_of_them = whole["uses_kms"]["yes"], whole["mailboxes"]
            self.assertIn(f"{yes} of {all_of_them} mailboxes use KMS", text)
            self.assertIn(f"{whole['uses_kms']['no']} do not", text)
            self.assertIn(f"{whole['uses_kms']['unknown']} not known", text)

    def test_warnings_are_explained_in_the_row_and_on_their_own(self):
        page = Page(self.sample().out)
        shown = page.data("words")["warnings"]
        self.assertEqual(len(shown), 14)
        for i, warning in enumerate(shown):
            count = sum(row["warnings"] >> i & 1 for row in page.rows)
            self.assertEqual(page.text.count(warning["meaning"]), count + (count > 0), warning)

    def test_months(self):
        ends = ["2027-01-01", "2027-01-31", "2027-02-01", "2028-12-31", "2029-01-01", "2026-12-31"]
        self.write("site.csv", export_of([f"n{i}" for i in range(len(ends))],
                                         [certificate(f"user{i}@example.org", end=end)
                                          for i, end in enumerate(ends)]))
        page = self.page("site.csv")
        months = [line for line in page.lines["li"] if line[0] in ("Jan", "Feb", "Dec")]
        # The number stands above the column, and again for those who do not see it.
        self.assertEqual(months, [["Jan", "2027", "2", "2"], ["Feb", "2027", "1", "1"],
                                  ["Dec", "2027", "0"], ["Jan", "2028", "0"],
                                  ["Feb", "2028", "0"], ["Dec", "2028", "1", "1"]])
        self.assertIn("1 ended before January 2027, 1 ends after December 2028.", page.text)

    def test_containers_beyond_the_largest_are_one(self):
        rows = [f"mailbox,n{i},SMTP:n{i}@x,C{i % 25:02}," for i in range(60)]
        self.write("site.csv", csv_text(*rows))
        lines = self.page("site.csv").lines["tr"]
        self.assertIn(["C00", "0%", "0 of 3"], lines)
        self.assertIn(["C19", "0%", "0 of 2"], lines)
        self.assertIn(["5 others", "0%", "0 of 10"], lines)
        self.assertNotIn(["C20", "0%", "0 of 2"], lines)

    def test_the_first_fifty_stand_there_without_scripts(self):
        self.write("site.csv", export_of([f"name {i}" for i in range(120)]))
        page = self.page("site.csv")
        self.assertEqual(page.names(), [f"name {i}" for i in range(50)])
        self.assertEqual(len(page.rows), 120)
        self.assertIn("The first 50 of 120 mailboxes", page.text)

    def test_rows_that_are_left_out(self):
        page = Page(self.sample("--only", "expired,none").out)
        self.assertIn("All that follows is about the 6 mailboxes that were asked for.", page.text)
        self.assertIn("43 mailboxes use KMS", page.text)
        self.assertEqual(len(page.rows), 6)

    def test_the_summary_alone(self):
        page = Page(self.sample("--summary").out)
        self.assertEqual(page.scripts, [])
        self.assertNotIn("form", [tag for tag, _ in page.elements])
        self.assertNotIn("Mailboxes Search", page.text)

    def test_an_incomplete_sum(self):
        self.write("site.csv", csv_text(csv_row("Anna", "")))
        document = json.loads(self.users("--summary", "site.csv", form="json").out)
        document["summary"]["incomplete"] = True
        self.write("1.json", json.dumps(document))
        result = run("users", "--merge", "-f", "html", "1.json", cwd=self.folder)
        self.assertIn("This roster is incomplete", Page(result.out).text)
        self.assertNotIn("incomplete", Page(self.sample().out).text)

    def test_no_mailbox(self):
        self.write("site.csv", csv_text())
        page = self.page("site.csv")
        self.assertEqual(page.rows, [])
        self.assertIn("There are no mailboxes.", page.text)


class Output(PageTest):
    def test_whole_or_absent(self):
        self.write("site.csv", csv_text(csv_row("Anna", "")))
        self.assertEqual(self.users("-o", "a.html", "site.csv", form="html").status, DONE)
        self.assertTrue((self.folder / "a.html").read_bytes().endswith(b"</html>\n"))
        self.write("broken.csv", "what,ever\r\n1,2\r\n")
        result = self.users("-o", "b.html", "broken.csv", form="html")
        self.assertEqual(result.status, NOT_DONE)
        self.assertFalse((self.folder / "b.html").exists())

    def test_other_verbs_have_no_page(self):
        for arguments in (("cert", "-f", "html", SAMPLE / "issuer.pem"),
                          ("export", "-f", "html", SAMPLE / "site.csv")):
            self.assertEqual(run(*arguments).status, USAGE)


if __name__ == "__main__":
    unittest.main()
