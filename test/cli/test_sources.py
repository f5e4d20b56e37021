"""Several sources, and the same one twice."""

import unittest

from support import DONE, ExportTest, csv_row, csv_text, run

ANNA = csv_row("Anna", "")


class NamedTwice(ExportTest):
    def test_a_file_named_twice_counts_twice_and_is_told(self):
        self.write("site.csv", csv_text(ANNA))
        (self.folder / "soft.csv").symlink_to("site.csv")
        (self.folder / "hard.csv").hardlink_to(self.folder / "site.csv")
        for again in ("site.csv", "./site.csv", self.folder / "site.csv", "soft.csv", "hard.csv"):
            with self.subTest(again=again):
                result = self.users("site.csv", again)
                self.assertEqual((result.status, result.people), (DONE, [("Anna", "none")] * 2))
                self.assert_one_line(result.err, f"keyroster: {again}: named twice: ")

    def test_a_file_and_standard_input_from_it(self):
        name = self.write("site.csv", csv_text(ANNA))
        with open(self.folder / name, "rb") as file:
            result = self.users(name, "-", stdin_file=file)
        self.assertEqual((result.status, result.people), (DONE, [("Anna", "none")] * 2))
        self.assert_one_line(result.err, "named twice: ")

    def test_a_file_of_the_same_content_is_another(self):
        for name in ("site.csv", "copy.csv"):
            self.write(name, csv_text(ANNA))
        result = self.users("site.csv", "copy.csv")
        self.assertEqual((result.status, result.err), (DONE, ""))

    def test_an_export_has_its_rows_twice(self):
        self.write("site.csv", csv_text(ANNA))
        self.write("header.csv", "Display Name\n")
        result = run("export", "site.csv", "./site.csv", "--header=header.csv", cwd=self.folder)
        self.assertEqual((result.status, result.out), (DONE, b"Display Name\r\nAnna\r\nAnna\r\n"))
        self.assert_one_line(result.err, "keyroster: ./site.csv: named twice: ")


if __name__ == "__main__":
    unittest.main()
