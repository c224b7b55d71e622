"""Rows of a workbook with several sheets come again: each goes to the row that its own sheet has
written, or to none."""

import json

from e2e.resubmitting import ATTENTION, ResubmitTest
from testing import workbook_writer as writer

PEOPLE = ["编号", "姓名", "邮箱地址", "备注"]
CONTACTS = """dataset: contacts, unmapped: ignore, columns: [
      {from: 编号, to: external_id}, {from: 姓名, to: name}, {from: 邮箱地址, to: email},
      {from: 备注, to: note}]"""
SHEETS = f"""sheets:
  - {{sheet: 公司, dataset: accounts, unmapped: ignore, columns: [
      {{from: 编号, to: external_id}}, {{from: 姓名, to: name}}]}}
  - {{sheet: 甲, {CONTACTS}}}
  - {{sheet: 乙, {CONTACTS}}}
"""


class ResubmitSheets(ResubmitTest):
    def import_sheets(self, *sheets):
        """`sheets`: rows of 甲 and of 乙."""
        path = self.folder / "book.xlsx"
        accounts = [PEOPLE, ["K1", "甲公司", "", ""]]
        tables = [("公司", accounts), ("甲", [PEOPLE, *sheets[0]]), ("乙", [PEOPLE, *sheets[1]])]
        writer.write(path, writer.parts(
            [(name, "", writer.text_rows(rows)) for name, rows in tables]))
        mapping = self.folder / "sheets.yaml"
        mapping.write_text(SHEETS, encoding="utf-8")
        code, summary = self.sluice.import_file(path, "--mapping", mapping)
        self.assertIn(code, (0, ATTENTION))
        return summary

    def contacts(self):
        done = self.sluice.run("records", "contacts")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return {row["external_id"]: (row["name"], row["email"], row["note"]) for row in rows}

    def test_a_rejected_row_of_each_sheet(self):
        self.import_sheets([["C1", "", "a@example.com", "甲"]], [["C2", "", "b@example.com", "乙"]])
        listed = self.rows()
        self.assertEqual([(row["sheet"], row["row"]) for row in listed], [("甲", "2"), ("乙", "2")])
        for row in listed:
            row["姓名"] = row["sheet"] + "人"
        summary = self.resubmit(self.write_rows("mended.csv", listed))
        self.assertEqual(self.counts(summary), {"added": 3})
        self.assertEqual(self.contacts(), {"C1": ("甲人", "a@example.com", "甲"),
                                           "C2": ("乙人", "b@example.com", "乙")})

    def test_a_row_created_from_the_last_sheet_is_mended_there(self):
        self.import_sheets([["C1", "甲", "a@example.com", ""]], [["C2", "乙", "no mail", ""]])
        listed = [row for row in self.rows("--with-issues") if row["sheet"] == "乙"]
        listed[0]["邮箱地址"] = "b@example.com"
        summary = self.resubmit(self.write_rows("mended.csv", listed))
        self.assertEqual(self.counts(summary), {"added": 3})
        self.assertEqual(self.contacts()["C1"], ("甲", "a@example.com", None))
        self.assertEqual(self.contacts()["C2"], ("乙", "b@example.com", None))

    def test_a_row_that_changed_nothing_is_not_taken_for_that_of_another_sheet(self):
        """Both have number 2, and only the one of 甲 has changed a row."""
        before = [["C1", "甲", "a@example.com", "before"], ["C2", "乙", "b@example.com", "before"]]
        self.import_sheets(before, [])
        self.import_sheets([["C1", "甲", "a@example.com", "after"]],
                           [["C2", "乙", "no mail", "before"]])
        listed = [row for row in self.rows("--with-issues") if row["sheet"] == "乙"]
        self.assertEqual([row["row"] for row in listed], ["2"])
        listed[0].update({"编号": "", "邮箱地址": "c@example.com", "备注": "mended"})
        self.resubmit(self.write_rows("mended.csv", listed))
        self.assertEqual(self.contacts()["C1"], ("甲", "a@example.com", "after"))
