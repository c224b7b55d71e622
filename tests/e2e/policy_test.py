"""Policies of single fields: what a column may do to a customer who is there, and what its blank
cells do. Rows, outcomes and previews equal the oracle's, in SQLite and PostgreSQL."""

import json
import os
import random
import unittest

from e2e.postgres_test import PostgresProgram
from e2e.previewing import Previewing
from e2e.program import ImportTest, Program
from oracle import sowing
from oracle.model import Import, Sink
from oracle.records import FIELDS, LABELS
from testing.postgres_server import PostgresServer

ROUNDS = int(os.environ.get("TEST_SLUICE_TANGLES", "6"))
USAGE, CONFLICT = 2, 6
TWO = "name,phone,note\n甲公司,13800138000,old\n乙公司,13900139000,old\n"
MAPPING = """dataset: customers
columns:
  - {from: name, to: name}
  - {from: phone, to: phone%s}
  - {from: note, to: note%s}
identity: [[name]]
"""


class PolicyTest(Previewing, ImportTest):
    """What the tests share: files, mappings, and drawn policies."""

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def draw(self, rng):
        """Policies for the fields a file has, as the oracle and as a mapping file have them."""
        write, clears, lines = {}, [], []
        for field in FIELDS:
            policy = rng.choice(("overwrite", "overwrite", "fill", "never"))
            line = f"  - {{from: {LABELS[field]}, to: {field}"
            if policy != "overwrite":
                write[field] = policy
                line += f", write: {policy}"
            elif field != "name" and rng.random() < 0.5:
                clears.append(field)
                line += ", blank: clear"
            lines.append(line + "}")
        return {"write": write, "clears": clears}, "columns:\n" + "\n".join(lines) + "\n"

    def expect_the_oracle_with_drawn_policies(self, program, sink, rng, rounds):
        """Files one after another, each under other policies, each twice."""
        options = sowing.Options(with_external_id=True)
        for number in range(rounds):
            policies, yaml = self.draw(rng)
            on_duplicate = rng.choice(("update", "update", "fill", "skip"))
            in_file = rng.choice(("merge", "merge", "first", "last"))
            mapping = self.write(f"m{number}.yaml", yaml)
            if number % 2:
                rows = sowing.tangled(rng, 80)
            else:
                rows = list(sowing.Sower(sowing.Options(
                    rows=150, seed=number, first_customer=30 * number, version=number,
                    with_external_id=True)))
            path = self.folder / f"f{number}.csv"
            sowing.write(path, options, rows)
            with self.subTest(round=number, on_duplicate=on_duplicate, in_file=in_file, yaml=yaml):
                for _ in range(2):
                    expected = Import(sink, on_duplicate=on_duplicate, in_file=in_file,
                                      **policies).run(rows)
                    arguments = ("--mapping", mapping, "--on-duplicate", on_duplicate,
                                 "--in-file", in_file)
                    preview = self.expect_the_run_is_the_preview(program, path, *arguments)
                    self.assertEqual(preview["added"], expected.outcomes["added"])
                    self.expect_summary(program.imports()[-1], expected)
                    self.expect_records(program.records(), sink.records())


class Policies(PolicyTest):
    def setUp(self):
        super().setUp()
        self.program = Program(self.folder / "data")
        self.file = self.write("first.csv", TWO)

    def mapping(self, phone="", note=""):
        return self.write("m.yaml", MAPPING % (phone, note))

    def stored(self):
        done = self.program.run("records", "customers")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def again(self, text, *arguments, suffix="csv"):
        """What stands there after a second file: phones and notes."""
        code, summary = self.program.import_file(self.write(f"second.{suffix}", text), *arguments)
        self.assertEqual(code, 0)
        self.summary = summary
        return [(row["phone"], row["note"]) for row in self.stored()]

    def test_drawn_policies_equal_the_oracle(self):
        for seed in range(ROUNDS):
            program = Program(self.folder / f"drawn-{seed}")
            self.expect_the_oracle_with_drawn_policies(program, Sink(), random.Random(seed), 3)

    def test_never_and_fill_keep_what_is_there(self):
        mapping = self.mapping(", write: never", ", write: fill")
        self.program.import_file(self.file, "--mapping", mapping)
        self.assertEqual(
            self.again("name,phone,note\n甲公司,13700137000,new\n丙公司,13600136000,mine\n",
                       "--mapping", mapping),
            [("+8613800138000", "old"), ("+8613900139000", "old"), ("+8613600136000", "mine")])
        self.assertEqual((self.summary["unchanged"], self.summary["added"]), (1, 1))
        self.program.import_file(self.write("none.csv", "name,phone,note\n丁公司,,\n"))
        self.assertEqual(
            self.again("name,phone,note\n丁公司,13700137000,new\n", "--mapping", mapping)[-1],
            (None, "new"))

    def test_a_blank_cell_clears_and_a_bad_one_does_not(self):
        mapping = self.mapping(", blank: clear, on_unfit: drop", ", blank: clear")
        self.program.import_file(self.file, "--mapping", mapping)
        self.assertEqual(
            self.again("name,phone,note\n甲公司,无,\n乙公司,12,keep\n", "--mapping", mapping),
            [(None, None), ("+8613900139000", "keep")])
        self.assertEqual((self.summary["updated"], self.summary["issue_counts"]),
                         (2, {"invalid_phone": 1, "placeholder_removed": 1}))
        # Again, and nothing changes.
        _, again = self.program.import_file(self.folder / "second.csv", "--mapping", mapping)
        self.assertEqual((again["unchanged"], again["updated"]), (2, 0))

    def test_what_is_not_there_clears_nothing(self):
        self.program.import_file(self.file, "--mapping", self.mapping())
        either = self.write("either.yaml", "blank: clear\ncolumns:\n  - {from: name, to: name}\n"
                            "  - {from: [phone, mobile], to: phone}\nidentity: [[name]]\n")
        # No column for the note, a row that is too short, and JSON without the key.
        self.assertEqual(self.again("name,phone\n甲公司\n乙公司,\n", "--mapping", either),
                         [("+8613800138000", "old"), (None, "old")])
        lines = ('{"name":"甲公司","phone":null,"note":"new"}\n{"name":"乙公司","note":""}\n'
                 '{"name":"丙公司","phone":"13600136000"}\n')
        clear = self.mapping(", blank: clear", ", blank: clear")
        self.assertEqual(self.again(lines, "--mapping", clear, suffix="ndjson"),
                         [(None, "new"), (None, None), ("+8613600136000", None)])

    def test_a_later_row_of_the_file_takes_nothing_back(self):
        clear = self.mapping(", blank: clear", ", blank: clear")
        self.program.import_file(self.file, "--mapping", clear)
        self.assertEqual(
            self.again("name,phone,note\n甲公司,13700137000,\n甲公司,,late\n乙公司,,\n"
                       "乙公司,13900139000,old\n", "--mapping", clear),
            [("+8613700137000", "late"), ("+8613900139000", "old")])
        self.assertEqual((self.summary["updated"], self.summary["unchanged"],
                          self.summary["skipped"]), (1, 1, 2))

    def test_custom_fields_are_cleared_too_and_the_preview_shows_it(self):
        yaml = ("blank: clear\ncolumns:\n  - {from: name, to: name}\n"
                "  - {from: level, to: custom.level}\nidentity: [[name]]\n")
        mapping = self.write("custom.yaml", yaml)
        first = self.write("a.csv", "name,level,other\n甲公司,A,x\n")
        second = self.write("b.csv", "name,level,other\n甲公司,,\n")
        self.program.import_file(first, "--mapping", mapping)
        self.assertEqual(self.stored()[0]["custom"], {"level": "A", "other": "x"})
        preview = self.expect_the_run_is_the_preview(self.program, second, "--mapping", mapping)
        self.assertEqual(preview["differences"][0]["fields"],
                         {"custom.level": {"old": "A", "new": None},
                          "custom.other": {"old": "x", "new": None}})
        self.assertFalse(self.stored()[0]["custom"])

    def test_a_preview_of_other_policies_is_not_confirmed(self):
        self.program.import_file(self.file)
        hashes = set()
        for whole, note in (("", ""), ("", ", write: never"), ("blank: keep\n", ""),
                            ("", ", blank: keep")):
            mapping = self.write("n.yaml", whole + MAPPING % ("", note))
            _, preview, _ = self.preview(self.program, self.file, "--mapping", mapping)
            hashes.add(preview["plan_hash"])
        self.assertEqual(len(hashes), 4)
        mapping = self.write("n.yaml", "blank: clear\n" + MAPPING % ("", ""))
        done = self.program.run("import", self.file, "--yes", "--mapping", mapping, "--confirm",
                                preview["plan_hash"])
        self.assertEqual(done.returncode, CONFLICT, done.stderr)
        self.assertIn("blank changed", done.stderr)

    def test_contradictions_are_told_with_their_place(self):
        for note, told in ((", write: fill, blank: clear", "m.yaml:5:"),
                           (", write: sometimes", "write is overwrite, fill or never"),
                           (", blank: drop", "blank is keep or clear"),
                           ("}\n  - {constant: x, to: note, write: never", "'write'")):
            mapping = self.mapping(", write: overwrite", note)
            text = mapping.read_text(encoding="utf-8")
            if "constant" in note:
                mapping.write_text(text.replace("to: note}", "to: note, write: fill}"),
                                   encoding="utf-8")
            done = self.program.run("import", self.file, "--yes", "--mapping", mapping)
            self.assertEqual(done.returncode, USAGE, done.stderr)
            self.assertIn(told, done.stderr)


class PostgresPolicies(PolicyTest):
    def test_drawn_policies_equal_the_oracle(self):
        server = PostgresServer()
        self.addCleanup(server.close)
        for seed in range(max(1, ROUNDS // 3)):
            program = PostgresProgram(self.folder / f"drawn-{seed}",
                                      server.url(server.new_database()))
            self.expect_the_oracle_with_drawn_policies(program, Sink(), random.Random(100 + seed),
                                                       3)


if __name__ == "__main__":
    unittest.main()
