"""axe-core finds nothing in the page that keeps people from using it.

Skipped where Chromium is not installed, or tools/fetch-axe has not brought axe-core.
"""

import os
import pathlib
import sys
import unittest

from browser import CHROMIUM, Browser
from pages import SKIPPED, PageTest, export_of

WHERE = pathlib.Path(os.environ["KEYROSTER_SOURCE"], "build", "npm")
AXE = next(iter(sorted(WHERE.glob("axe-core-*.js"))), None)

if CHROMIUM is None or AXE is None:
    print("skipped: not there:", "chromium" if CHROMIUM is None else "axe-core (see tools/fetch-axe)")
    sys.exit(SKIPPED)


class Accessible(PageTest):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def assert_accessible(self, data, **more):
        (self.folder / "page.html").write_bytes(data)
        self.browser.open((self.folder / "page.html").as_uri(), **more)
        self.browser.run(AXE.read_text(encoding="utf-8") + "; 0")
        found = self.browser.run(
            "axe.run(document, {resultTypes: ['violations', 'passes']}).then((r) => ({passes: r.passes.length,"
            " violations: r.violations.map((v) => v.id + ': ' + v.help + ': ' +"
            " v.nodes.slice(0, 3).map((n) => n.html + ' ' + n.failureSummary).join('; '))}))")
        self.assertGreater(found["passes"], 15)
        self.assertEqual(found["violations"], [])

    def test_the_sample(self):
        data = self.sample().out
        for width in (1280, 768, 390):
            for dark in (False, True):
                with self.subTest(width=width, dark=dark):
                    self.assert_accessible(data, width=width, dark=dark)

    def test_pages(self):
        self.write("site.csv", export_of([f"name {i}" for i in range(120)]))
        self.assert_accessible(self.users("site.csv", form="html").out)

    def test_the_summary_alone(self):
        self.assert_accessible(self.sample("--summary").out)

    def test_without_scripts(self):
        data = self.sample().out
        (self.folder / "page.html").write_bytes(data)
        self.browser.open((self.folder / "page.html").as_uri(), scripts=False)
        self.browser.ask("Emulation.setScriptExecutionDisabled", value=False)
        self.browser.run(AXE.read_text(encoding="utf-8") + "; 0")
        self.assertEqual(self.browser.run("axe.run().then((r) => r.violations.map((v) => v.id))"), [])


if __name__ == "__main__":
    unittest.main()
