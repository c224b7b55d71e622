"""The oracle against cases worked out by hand."""

import dataclasses
import pathlib
import tempfile
import unittest

from oracle import sowing
from oracle.model import Import, Sink
from oracle.records import FIELDS, Row


def row(issues=(), rejected=False, **values):
    return Row((), tuple(values.get(field, "") for field in FIELDS), tuple(issues), (), rejected)


def outcomes(summary):
    return {name: count for name, count in summary.outcomes.items() if count}


class Oracle(unittest.TestCase):
    def test_rows_of_one_customer_merge_and_conflicts_are_issues(self):
        sink = Sink()
        summary = Import(sink).run([
            row(name="A", email="a@x.cn", note="1"),
            row(name="A", email="a@x.cn", note="1"),
            row(name="A", email="a@x.cn", address="here", note="2"),
            row(name="B", phone="+1"),
            row(name="A", email="a@x.cn", note="1"),
            row(issues=["trimmed"], rejected=True),
        ])
        self.assertEqual(outcomes(summary), {"added": 2, "skipped": 3, "rejected": 1})
        self.assertEqual(summary.issue_counts, {"conflicting_value": 1, "trimmed": 1})
        values = sink.rows[0].values
        self.assertEqual((values[FIELDS.index("note")], values[FIELDS.index("address")]),
                         ("1", "here"))

    def test_last_takes_the_last_value_and_first_the_first_row(self):
        rows = [row(name="A", email="a@x.cn", note="1"), row(name="A", email="a@x.cn", note="2"),
                row(name="A", email="a@x.cn", address="here")]
        for in_file, note, address in (("first", "1", ""), ("last", "2", "here")):
            sink = Sink()
            summary = Import(sink, in_file=in_file).run(rows)
            self.assertEqual(outcomes(summary), {"added": 1, "skipped": 2})
            self.assertEqual(summary.issue_counts, {})
            self.assertEqual(sink.rows[0].values[FIELDS.index("note")], note)
            self.assertEqual(sink.rows[0].values[FIELDS.index("address")], address)
            again = Import(sink, in_file=in_file).run(rows)
            self.assertEqual(outcomes(again), {"unchanged": 1, "skipped": 2})

    def test_fields_have_policies_and_only_the_first_row_clears(self):
        place = {field: FIELDS.index(field) for field in FIELDS}
        sink = Sink()
        Import(sink).run([row(name="A", email="a@x.cn", note="1", address="here", phone="+1")])
        blank = row(name="A", email="a@x.cn", address="there", phone="+2")
        blank = dataclasses.replace(blank, blanks=(place["note"], place["contact_name"]))
        policies = {"write": {"address": "fill", "phone": "never"}, "clears": ["note"]}
        summary = Import(sink, **policies).run([blank])
        self.assertEqual(outcomes(summary), {"updated": 1})
        values = sink.rows[0].values
        self.assertEqual([values[place[f]] for f in ("note", "address", "phone")],
                         ["", "here", "+1"])
        # Filled by one row, and kept from the next one's blank.
        given = row(name="A", email="a@x.cn", note="2")
        Import(sink, **policies).run([given, blank])
        self.assertEqual(sink.rows[0].values[place["note"]], "2")
        summary = Import(sink, **policies).run([blank, given])
        self.assertEqual(outcomes(summary), {"unchanged": 1, "skipped": 1})

    def test_a_second_import_changes_what_the_policy_allows(self):
        for policy, expected, note, address in (
                ("update", {"updated": 1}, "2", "here"), ("fill", {"updated": 1}, "1", "here"),
                ("skip", {"skipped": 1}, "1", ""), ("create", {"added": 1}, "1", "")):
            sink = Sink()
            Import(sink).run([row(name="A", email="a@x.cn", note="1")])
            summary = Import(sink, policy).run(
                [row(name="A", email="a@x.cn", note="2", address="here")])
            self.assertEqual(outcomes(summary), expected, policy)
            values = sink.rows[0].values
            self.assertEqual((values[FIELDS.index("note")], values[FIELDS.index("address")]),
                             (note, address), policy)
            self.assertEqual(len(sink.rows), 2 if policy == "create" else 1)

    def test_create_is_not_hindered_by_rows_of_other_imports(self):
        sink = Sink()
        Import(sink).run([row(name="A", email="a@x.cn", phone="+1")])
        summary = Import(sink, "create").run(
            [row(name="A", email="a@x.cn"), row(name="A", email="a@x.cn", phone="+1")])
        self.assertEqual(outcomes(summary), {"added": 1, "skipped": 1})

    def test_rows_that_are_skipped_do_not_conflict(self):
        sink = Sink()
        Import(sink).run([row(name="A", email="a@x.cn")])
        summary = Import(sink, "skip").run(
            [row(name="A", email="a@x.cn", note="1"), row(name="A", email="a@x.cn", note="2")])
        self.assertEqual((outcomes(summary), summary.issue_counts), ({"skipped": 2}, {}))

    def test_create_still_merges_rows_of_its_own_file(self):
        sink = Sink()
        rows = [row(name="A", email="a@x.cn"), row(name="A", email="a@x.cn", note="n")]
        Import(sink, "create").run(rows)
        self.assertEqual(outcomes(Import(sink, "create").run(rows)), {"added": 1, "skipped": 1})
        self.assertEqual(len(sink.rows), 2)
        self.assertEqual(outcomes(Import(sink).run(rows)), {"review": 2})

    def test_a_stronger_field_that_differs_excludes_and_a_blank_one_does_not(self):
        sink = Sink()
        Import(sink).run([row(name="A", email="a@x.cn", phone="+1")])
        self.assertEqual(outcomes(Import(sink).run([row(name="A", email="b@x.cn", phone="+1")])),
                         {"added": 1})
        self.assertEqual(outcomes(Import(sink).run([row(name="A", phone="+1")])), {"review": 1})
        sink = Sink()
        Import(sink).run([row(name="A", phone="+1")])
        self.assertEqual(outcomes(Import(sink).run([row(name="A", email="b@x.cn", phone="+1")])),
                         {"updated": 1})

    def test_an_update_that_takes_a_key_of_another_row_is_for_review(self):
        sink = Sink()
        Import(sink).run([row(external_id="1", name="A", email="a@x.cn"),
                          row(name="A", email="b@x.cn")])
        summary = Import(sink).run([row(external_id="1", name="A", email="b@x.cn")])
        self.assertEqual(outcomes(summary), {"review": 1})

    def test_a_row_without_identity_matches_only_its_equal(self):
        sink = Sink()
        rows = [row(name="A", address="x"), row(name="A", address="x"), row(name="A", address="y")]
        self.assertEqual(outcomes(Import(sink).run(rows)), {"added": 2, "skipped": 1})
        self.assertEqual(outcomes(Import(sink).run(rows)), {"unchanged": 2, "skipped": 1})

    def test_a_later_row_moves_the_count_of_the_row_that_stands(self):
        sink = Sink()
        Import(sink).run([row(name="A", email="a@x.cn")])
        summary = Import(sink).run([row(name="A", email="a@x.cn"),
                                    row(name="A", email="a@x.cn", note="n")])
        self.assertEqual(outcomes(summary), {"updated": 1, "skipped": 1})


class Sowing(unittest.TestCase):
    def test_the_same_seed_gives_the_same_rows_and_the_asked_number(self):
        options = sowing.Options(rows=3000, seed=7)
        rows = list(sowing.Sower(options))
        self.assertEqual(len(rows), 3000)
        self.assertEqual(rows, list(sowing.Sower(options)))

    def test_every_class_of_fault_and_duplicate_is_sown(self):
        summary = Import(Sink()).run(sowing.Sower(sowing.Options(rows=20000, seed=3)))
        for code in ("trimmed", "width_folded", "control_removed", "unicode_composed",
                     "whitespace_collapsed", "placeholder_removed", "phone_formatted",
                     "email_normalized", "invalid_phone", "invalid_email", "short_row", "long_row",
                     "conflicting_value"):
            self.assertGreater(summary.issue_counts.get(code, 0), 10, code)
        self.assertGreater(summary.outcomes["rejected"], 100)
        self.assertGreater(summary.outcomes["skipped"], 1500)
        self.assertEqual(summary.outcomes["review"], 0)
        self.assertEqual(summary.rows, 20000)

    def test_a_second_import_of_the_same_file_changes_nothing(self):
        sink = Sink()
        rows = list(sowing.Sower(sowing.Options(rows=5000, seed=4)))
        first = Import(sink).run(rows)
        records = sink.records()
        second = Import(sink).run(rows)
        self.assertEqual(sink.records(), records)
        self.assertEqual(second.outcomes["unchanged"], first.outcomes["added"])
        self.assertEqual(second.outcomes["added"] + second.outcomes["updated"], 0)

    def test_files_can_be_written_in_every_encoding(self):
        with tempfile.TemporaryDirectory() as folder:
            for encoding in ("utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030"):
                options = sowing.Options(rows=600, encoding=encoding)
                path = pathlib.Path(folder, encoding)
                sowing.write(path, options, list(sowing.Sower(options)))
                self.assertIn("客户名称", path.read_text(encoding=encoding))


if __name__ == "__main__":
    unittest.main()
