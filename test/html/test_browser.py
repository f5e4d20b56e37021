"""-f html in headless Chromium: what people see and do. Skipped where Chromium is not installed."""

import http.server
import json
import sys
import threading
import unittest

from browser import CHROMIUM, Browser
from pages import HOSTILE, SKIPPED, PageTest, certificate, export_of, safe

WIDTHS = (1280, 768, 390)

if CHROMIUM is None:
    print("skipped: not installed: chromium")
    sys.exit(SKIPPED)


class BrowserTest(PageTest):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def show(self, data, **more):
        (self.folder / "page.html").write_bytes(data)
        self.browser.open((self.folder / "page.html").as_uri(), **more)

    def show_sample(self, *arguments, **more):
        self.show(self.sample(*arguments).out, **more)

    def show_names(self, names, certificates=(), **more):
        self.write("site.csv", export_of(names, certificates))
        self.show(self.users("site.csv", form="html").out, **more)

    def value(self, expression):
        return self.browser.run(expression)

    def names(self):
        return self.value("[...document.querySelectorAll('#body th b')].map((b) => b.textContent)")

    def status(self):
        return self.value("document.getElementById('status').textContent")

    def choose(self, control, value):
        self.value(f"(() => {{ const c = document.getElementById('{control}');"
                   f" c.value = {json.dumps(value)};"
                   " c.dispatchEvent(new Event('input', {bubbles: true})); })()")

    def click(self, selector):
        self.value(f"document.querySelector({json.dumps(selector)}).click()")

    def sort_by(self, column):
        self.click(f"#table th:nth-child({column}) button")

    def focus(self):
        return self.value("document.activeElement.id || document.activeElement.textContent")


class Loading(BrowserTest):
    def test_nothing_is_complained_of_and_nothing_asked_for(self):
        for width in WIDTHS:
            for dark in (False, True):
                with self.subTest(width=width, dark=dark):
                    self.show_sample(width=width, dark=dark)
                    self.assertEqual(self.value("document.documentElement.dataset.ready"), "yes")
                    self.assertEqual(self.browser.complaints, [])
                    self.assertEqual(len(self.browser.requests), 1)

    def test_a_server_is_asked_once(self):
        asked, data = [], self.sample().out

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            self.browser.open(f"http://127.0.0.1:{server.server_address[1]}/roster.html")
            self.choose("search", "anna")
            self.value("new Promise((done) => setTimeout(done, 500))")
            server.shutdown()
        self.assertEqual(asked, ["/roster.html"])

    def test_the_policy_holds(self):
        """What should not be there could not run, and could not ask."""
        self.show_sample()
        self.value("document.body.append(Object.assign(document.createElement('script'),"
                   " {textContent: 'window.hacked = 1'}))")
        self.assertIsNone(self.value("window.hacked"))
        self.assertEqual(self.value("fetch('http://127.0.0.1:1/').then(() => 'went', () => 'no')"),
                         "no")
        self.assertTrue(any("Content Security Policy" in said for said in self.browser.complaints))

    def test_hostile_names_are_shown(self):
        self.show_names(list(HOSTILE.values()))
        self.assertEqual(self.names(), [safe(name) for name in HOSTILE.values()])
        for control in ("#table th:nth-child(1) button", ".jump"):
            self.click(control)
        self.assertIsNone(self.value("window.hacked"))
        self.assertEqual(self.value("document.querySelectorAll('img, iframe, #body svg').length"), 0)
        self.assertEqual(self.browser.complaints, [])

    def test_without_scripts(self):
        self.show_names([f"name {i}" for i in range(120)], scripts=False)
        self.browser.ask("Emulation.setScriptExecutionDisabled", value=False)
        self.assertEqual(self.names(), [f"name {i}" for i in range(50)])
        for hidden in ("form", "nav"):
            self.assertEqual(self.value(f"document.querySelector('{hidden}').offsetHeight"), 0)
        self.assertGreater(self.value("document.querySelector('noscript').offsetHeight"), 0)
        self.assertGreater(self.value("document.querySelector('.containers').offsetHeight"), 0)

    def test_with_scripts_the_rows_look_the_same(self):
        self.show_sample(scripts=False)
        self.browser.ask("Emulation.setScriptExecutionDisabled", value=False)
        before = self.value("document.getElementById('body').innerHTML.replaceAll('\\n', '')")
        self.show_sample()
        after = self.value("document.getElementById('body').innerHTML")
        self.assertEqual(after, before)

    def test_it_fits(self):
        """No page is wider than its screen, whatever the names."""
        self.write("site.csv", export_of(["x" * 300, "a b " * 100, *HOSTILE.values()],
                                         [certificate("user0@example.org", issuer="I" * 60)]))
        hostile = self.users("site.csv", form="html").out
        for data in (self.sample().out, hostile):
            for width in (*WIDTHS, 320):
                self.show(data, width=width)
                with self.subTest(width=width):
                    self.assertLessEqual(self.value("document.documentElement.scrollWidth"), width)


class List(BrowserTest):
    def test_sorting(self):
        self.show_names(["Öl", "anna", "Zoe", "Anna B", "ödön", "10", "9"])
        given = self.names()
        self.sort_by(1)
        rising = ["10", "9", "anna", "Anna B", "ödön", "Öl", "Zoe"]
        self.assertEqual(self.names(), rising)
        header = "document.querySelector('#table th').getAttribute('aria-sort')"
        self.assertEqual(self.value(header), "ascending")
        self.sort_by(1)
        self.assertEqual(self.names(), rising[::-1])
        self.assertEqual(self.value(header), "descending")
        self.sort_by(1)
        self.assertEqual(self.names(), given)
        self.assertIsNone(self.value(header))

    def test_what_has_no_certificate_comes_last(self):
        self.show_names(["late", "early", "none"],
                        [certificate("user0@example.org", end="2029-01-01"),
                         certificate("user1@example.org", end="2028-01-01")])
        self.sort_by(8)
        self.assertEqual(self.names(), ["early", "late", "none"])
        self.sort_by(8)
        self.assertEqual(self.names(), ["late", "early", "none"])
        self.sort_by(3)
        self.assertEqual(self.names()[2], "none")

    def test_every_standing_filters(self):
        self.show_sample()
        rows = self.sample(form="jsonl").rows
        shown = self.value("[...document.getElementById('standing').options].slice(1)"
                           ".map((o) => [o.value, o.textContent])")
        self.assertEqual(len(shown), 12)
        for value, standing in shown:
            self.choose("standing", value)
            self.assertEqual(self.names(),
                             [row["mailbox"] for row in rows if row["standing"] == standing])

    def test_every_warning_filters_and_is_explained(self):
        self.show_sample()
        rows = self.sample(form="jsonl").rows
        meanings = {w["name"]: w["meaning"] for w in self.value(
            "JSON.parse(document.getElementById('words').textContent)")["warnings"]}
        shown = self.value("[...document.getElementById('warning').options].slice(3)"
                           ".map((o) => [o.value, o.textContent])")
        self.assertEqual([name for _, name in shown], list(meanings))
        for value, warning in shown:
            self.choose("warning", value)
            want = [row["mailbox"] for row in rows if warning in row["warnings"]]
            self.assertEqual(self.names(), want)
            said = self.value("[...document.querySelectorAll('.warned li')]"
                              ".map((li) => li.textContent)")
            self.assertEqual(said.count(f"{warning}: {meanings[warning]}"), len(want))

    def test_the_other_filters(self):
        self.show_sample()
        rows = self.sample(form="jsonl").rows
        for control, value, test in (
                ("uses", "0", lambda row: row["uses_kms"] == "no"),
                ("uses", "2", lambda row: row["uses_kms"] == "unknown"),
                ("warning", "some", lambda row: row["warnings"]),
                ("warning", "none", lambda row: not row["warnings"]),
                ("ends", "30", lambda row: row["standing"] == "expiring"),
                ("ends", "none", lambda row: not any(c["role"] == "user"
                                                     for c in row["certificates"]))):
            with self.subTest(control=control, value=value):
                self.choose(control, value)
                self.assertEqual(self.names(), [row["mailbox"] for row in rows if test(row)])
                self.choose(control, "")

    def test_days_left(self):
        """The time of judging counts, not that of the reader."""
        ends = {"ended": "2026-12-31", "30 days": "2027-01-31", "90 days": "2027-04-01",
                "a year": "2028-01-01", "later": "2028-01-02"}
        self.show_names(list(ends), [certificate(f"user{i}@example.org", end=end)
                                     for i, end in enumerate(ends.values())])
        for value, want in (("past", ["ended"]), ("30", ["30 days"]), ("90", ["30 days", "90 days"]),
                            ("365", ["30 days", "90 days", "a year"]), ("later", ["later"])):
            self.choose("ends", value)
            self.assertEqual(self.names(), want)

    def test_searching(self):
        self.show_sample()
        for text, want in (("ANNA", ["Anna Berg"]), ("jorg muller", ["Müller, Jörg"]),
                           ("lindqvist  asa", ["Åsa Lindqvist"]), ("ec secp256r1 yes", []),
                           ("\"bud\" kruger", ["Bill \"Bud\" Krüger"]), ("<script>", []),
                           ("weak-key", ["Fatima Al-Sayed"])):
            with self.subTest(text):
                self.choose("search", text)
                self.assertEqual(self.names(), want)
        self.assertEqual(len(self.names()), 1)
        self.choose("search", "nobody at all")
        self.assertEqual(self.status(), "No mailbox is of this kind.")

    def test_searching_within_a_filter_and_showing_all_again(self):
        self.show_sample()
        self.choose("standing", "4")
        self.choose("search", "marco")
        self.assertEqual(self.names(), ["Marco Bianchi"])
        self.assertEqual(self.status(), "1 of 43 mailboxes")
        self.click("button[type=reset]")
        self.value("new Promise((done) => setTimeout(done, 50))")
        self.assertEqual(self.status(), "43 mailboxes")

    def test_pages(self):
        self.show_names([f"name {i}" for i in range(120)])
        self.assertEqual(self.status(), "120 mailboxes, 1 to 50 shown")
        self.click("#next")
        self.assertEqual(self.names(), [f"name {i}" for i in range(50, 100)])
        self.click("#next")
        self.assertEqual(self.names(), [f"name {i}" for i in range(100, 120)])
        self.assertEqual(self.value("document.getElementById('page').textContent"), "Page 3 of 3")
        self.assertTrue(self.value("document.getElementById('next').disabled"))
        self.click("#first")
        self.click("#last")
        self.assertEqual(self.status(), "120 mailboxes, 101 to 120 shown")
        self.choose("size", "250")
        self.assertEqual(len(self.names()), 120)
        self.assertTrue(self.value("document.getElementById('pages').hidden"))

    def test_from_a_chart_to_its_rows(self):
        self.show_sample()
        for kind, names in (("standing", ["Sven Olsen", "Carla Mendes"]),
                            ("warning", ["Fatima Al-Sayed"])):
            text = {"standing": "revoked", "warning": "weak-key"}[kind]
            self.value("[...document.querySelectorAll('.jump')]"
                       f".find((b) => b.textContent === '{text}').click()")
            self.assertEqual(self.names(), names)
            self.assertEqual(self.focus(), kind)
        self.value("[...document.querySelectorAll('.containers .jump')][1].click()")
        self.assertEqual(self.status(), "7 of 43 mailboxes")

    def test_fifty_thousand(self):
        self.write("site.csv", export_of([f"name {i}" for i in range(50_000)]))
        self.show(self.users("site.csv", form="html").out)
        self.assertEqual(self.status(), "50,000 mailboxes, 1 to 50 shown")
        self.choose("search", "49999")
        self.assertEqual(self.names(), ["name 49999"])
        self.choose("search", "")
        self.sort_by(1)
        self.sort_by(1)
        self.assertEqual(self.names()[:2], ["name 9999", "name 9998"])
        self.assertLess(self.value("document.getElementsByTagName('*').length"), 5000)


class Keyboard(BrowserTest):
    def tab_to(self, what):
        """Presses Tab until the focus is there, and not for ever."""
        for _ in range(80):
            self.browser.press("Tab")
            if self.focus() == what:
                return
        self.fail(f"Tab does not lead to {what}")

    def test_all_of_it(self):
        self.show_names([f"name {i}" for i in range(120)])
        self.browser.press("Tab")
        self.assertEqual(self.focus(), "Skip to the list of mailboxes")
        self.browser.press("Enter")
        self.assertEqual(self.focus(), "list")
        self.tab_to("search")
        for letter in "119":
            self.browser.press(letter)
        self.assertEqual(self.names(), ["name 119"])
        for _ in range(3):
            self.browser.press("Backspace")
        self.tab_to("Mailbox")
        self.browser.press("Enter")
        self.browser.press(" ")
        self.assertEqual(self.names()[0], "name 99")
        self.tab_to("next")
        self.browser.press("Enter")
        self.browser.press("Enter")
        # The last page has come, where there is no next one: the focus is not lost.
        self.assertEqual(self.focus(), "previous")
        self.browser.press("Enter")
        self.assertEqual(self.value("document.getElementById('page').textContent"), "Page 2 of 3")

    def test_a_filter(self):
        self.show_sample()
        self.tab_to("standing")
        self.browser.press("ArrowDown")
        self.assertIn(" of 43 mailboxes", self.status())

    def test_the_focus_is_seen(self):
        self.show_sample()
        for _ in range(12):
            self.browser.press("Tab")
            self.assertNotEqual(self.value("getComputedStyle(document.activeElement).outlineStyle"),
                                "none", self.focus())


class Paper(BrowserTest):
    def test_what_was_chosen_is_printed_and_no_control(self):
        self.show_names([f"name {i}" for i in range(120)], media="print")
        for control in ("form", "nav", ".skip", "#status"):
            self.assertEqual(
                self.value(f"getComputedStyle(document.querySelector('{control}')).display"), "none")
        self.choose("search", "name 1")
        self.value("window.dispatchEvent(new Event('beforeprint'))")
        self.assertEqual(len(self.names()), 39)
        self.assertEqual(self.value("document.getElementById('printed').innerText"),
                         "39 of 120 mailboxes (search: “name 1”).")
        self.value("window.dispatchEvent(new Event('afterprint'))")
        self.choose("search", "")
        self.value("window.dispatchEvent(new Event('beforeprint'))")
        self.assertEqual(len(self.names()), 120)
        self.value("window.dispatchEvent(new Event('afterprint'))")
        self.assertEqual(len(self.names()), 50)

    def test_paper_is_not_endless(self):
        self.show_names([f"name {i}" for i in range(2100)], media="print")
        self.value("window.dispatchEvent(new Event('beforeprint'))")
        self.assertEqual(len(self.names()), 2000)
        self.assertIn("The first 2,000 are printed.",
                      self.value("document.getElementById('printed').innerText"))

    def test_paper_is_white(self):
        self.show_sample(media="print", dark=True)
        self.assertEqual(self.value("getComputedStyle(document.body).backgroundColor"),
                         "rgb(255, 255, 255)")
        self.assertEqual(self.value("getComputedStyle(document.body).color"), "rgb(0, 0, 0)")

    def test_a_page_of_paper_is_made(self):
        self.show_sample()
        self.browser.paper(self.folder / "page.pdf")
        self.assertTrue((self.folder / "page.pdf").read_bytes().startswith(b"%PDF"))
        self.assertEqual(self.browser.complaints, [])


if __name__ == "__main__":
    unittest.main()
