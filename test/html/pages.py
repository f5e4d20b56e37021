"""What the tests of -f html share: making pages, and reading them as a browser would."""

import html.parser
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cli"))

from support import SOURCE, ExportTest, certificate, csv_text, hex_of, run  # noqa: E402

SKIPPED = 77
SAMPLE = SOURCE / "sample"
QUESTION = ("--at", "2026-11-01", "--site", "HAMBURG", "--issuer", SAMPLE / "issuer.pem",
            "--trust", SAMPLE / "trust.pem", "--crl", SAMPLE / "crl.pem")

# The cells of a row in the page's JSON, in their order.
CELLS = "name address container uses standing reason issuer key ends warnings".split()

# Names of people who would like the page to do something.
HOSTILE = {
    "a script": "<script>window.hacked=1</script>",
    "the end of a script": "</script><script>window.hacked=1</script>",
    "the end of the data": "\"]];</script ><img src=x onerror=window.hacked=1>",
    "a comment in a script": "<!--<script>",
    "an attribute": '" onmouseover="window.hacked=1" x="',
    "an attribute in single quotes": "' onmouseover='window.hacked=1' x='",
    "an image": "<img src=https://example.org/x.png onerror=window.hacked=1>",
    "a style": "</style><style>*{display:none}</style>",
    "a title": "</title><svg onload=window.hacked=1>",
    "entities": "&lt;b&gt; &amp;lt; &#60;script&#62;",
    "a link": "javascript:window.hacked=1",
    "a slot of the page": "{{rows}} {{with list}} {{end}}",
    "escapes": "\\u003cscript\\u003e \\x3c \\",
    "a template": "${window.hacked=1} `${1}`",
    "CDATA": "<![CDATA[x]]>",
    "line ends of Unicode": "a\u2028b\u2029c",
    "controls": "a\x01b\x1fc\x1ed\x7fe",
    "directions": "abc\u202egnp.exe\u2066x",
    "an emoji and Chinese": "😀 日本語",
    "Hebrew": "שלום <b>",
    "no character": "\ufffe\uffff",
}


def safe(text):
    """The text with U+FFFD for what the page shows of no export: controls, turns of direction."""
    unsafe = set(range(0x20)) | set(range(0x7F, 0xA0)) | {0x2028, 0x2029, 0x61C, 0x200E, 0x200F}
    unsafe |= set(range(0x202A, 0x202F)) | set(range(0x2066, 0x206A))
    return "".join("\ufffd" if ord(c) in unsafe else c for c in text)


class Page(html.parser.HTMLParser):
    """A page taken apart: its elements in order, the data in it, the rows of its list."""

    def __init__(self, data):
        super().__init__(convert_charrefs=True)
        self.elements = []  # (name, {attribute: value})
        self.scripts, self.styles = [], []  # (attributes, text)
        self.texts = []  # (names of the elements around it, text)
        self.lines = {"tr": [], "li": []}  # texts of rows and items
        self._within = []
        self.feed(data.decode("utf-8"))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        assert len(attrs) == len(dict(attrs)), (tag, attrs)
        if tag in self.lines:
            self.lines[tag].append([])
        if tag not in ("meta", "link", "input", "wbr", "col"):
            self._within.append((tag, dict(attrs)))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._within and self._within[-1][0] == tag, (tag, self._within)
        self._within.pop()

    def handle_data(self, data):
        tag, attributes = self._within[-1] if self._within else ("", {})
        if tag == "script":
            self.scripts.append((attributes, data))
        elif tag == "style":
            self.styles.append((attributes, data))
        else:
            within = [name for name, _ in self._within]
            self.texts.append((within, data))
            for name in set(self.lines) & set(within):
                self.lines[name][-1].append(data.strip())

    @property
    def shape(self):
        """Everything but the texts and the values of attributes."""
        return [(tag, sorted(attributes)) for tag, attributes in self.elements]

    @property
    def text(self):
        return " ".join("".join(text for _, text in self.texts).split())

    def data(self, name):
        (text,) = (text for attributes, text in self.scripts if attributes.get("id") == name)
        return json.loads(text)

    @property
    def rows(self):
        return [dict(zip(CELLS, row)) for row in self.data("rows")]

    def names(self):
        """The mailboxes of the list as it stands in the page, without its script."""
        return ["".join(text for within, text in self.texts[i:i + 1])
                for i, (within, _) in enumerate(self.texts) if within[-3:] == ["tr", "th", "b"]]


def export_of(names, certificates=()):
    """An Exchange export of mailboxes with these names, the first ones with certificates."""
    def quoted(text):
        return '"' + text.replace('"', '""') + '"'

    rows = []
    for number, name in enumerate(names):
        value = hex_of(certificates[number]) if number < len(certificates) else ""
        rows.append(f"mailbox,{quoted(name)},SMTP:user{number}@example.org,{quoted(name)},{value}")
    return csv_text(*rows)


class PageTest(ExportTest):
    def page(self, *arguments):
        """The page of `keyroster users -f html` in the folder."""
        result = self.users(*arguments, form="html")
        return Page(result.out)

    def sample(self, *more, form="html", source="site.csv"):
        return run("users", "-f", form, *QUESTION, *more, SAMPLE / source)


__all__ = ["HOSTILE", "PageTest", "Page", "QUESTION", "SAMPLE", "SKIPPED", "certificate",
           "export_of", "run", "safe"]
