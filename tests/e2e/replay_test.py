"""`sluice replay`: an import's file read again under another plan, and what would differ, said
before anything is written.

TEST_SLUICE_KILLS and TEST_SLUICE_ROWS set the size of the kills, TEST_SLUICE_ROUNDS the number of
random plans, TEST_SLUICE_SEED repeats a run.
"""

import json
import os
import random
import sqlite3
import subprocess
import time
import zipfile

from e2e.program import Program
from e2e.previewing import rows_of
from e2e.push_client import PushClient
from e2e.replaying import OUTCOMES, Plan, Replaying, counts_of, mapping_of, moved
from e2e.serving import ServeTest
from e2e.two_sheets import TwoSheets, sow
from oracle.model import Import, Sink

KILLS = int(os.environ.get("TEST_SLUICE_KILLS", "5"))
ROWS = int(os.environ.get("TEST_SLUICE_ROWS", "30000"))
ROUNDS = int(os.environ.get("TEST_SLUICE_ROUNDS", "6"))
SEED = int(os.environ.get("TEST_SLUICE_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
FAILED, USAGE, CONFLICT = 1, 2, 6
SMALL = ("客户编号,客户名称,联系电话,等级\nA1,杭州云杉科技有限公司,13800138000,甲\n"
         "A2,苏州晨光贸易有限公司,0512-62888888,乙\nA3,,,丙\n")
# Reads the level, too, which also stands in for a name.
WIDER = ("unmapped: ignore\ncolumns: [{from: 客户编号, to: external_id}, "
         "{from: [客户名称, 等级], to: name}, {from: 等级, to: note}]\n")


class Replays(Replaying, TwoSheets, ServeTest):
    def setUp(self):
        super().setUp()
        self.program = Program(self.folder / "data", SLUICE_HTTP__PORT="0", SLUICE_GRPC__PORT="0")

    def small(self):
        """A small import; its summary."""
        path = self.write("small.csv", SMALL)
        return self.program.import_file(path)[1]

    def by_hand(self, program, sql):
        with sqlite3.connect(program.data_dir / "sink.db") as sink:
            sink.execute(sql)
        sink.close()

    def refused(self, code, *arguments):
        done = self.program.run("replay", *arguments)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_random_plans_equal_the_oracle_and_their_comparisons(self):
        rng = random.Random(SEED)
        print(f"seed {SEED}, {ROUNDS} rounds", flush=True)
        for number in range(ROUNDS):
            with self.subTest(seed=SEED):
                self.expect_random_plans(Program(self.folder / f"data-{number}"), rng, number)

    def test_on_all_partitions_after_edits_by_hand(self):
        program = self.program
        program.environment["SLUICE_ORDERING__IMPORT_MAX"] = "1"
        path, _ = self.sow("rows.csv", rows=5000, seed=31)
        _, first = program.import_file(path)
        self.by_hand(program, "UPDATE customers SET note = 'by hand' WHERE id % 3 = 0")
        self.by_hand(program, "DELETE FROM customers WHERE id % 7 = 0")
        mapping = self.write("m.yaml", mapping_of(Plan.SWAPPED, {}, "update", "merge"))
        comparison, rows, _ = self.expect_the_replay_is_the_comparison(
            program, first["import"], "--mapping", mapping, ordered=False)
        # Rows that both plans would create, but with other fields.
        both = [row for row in rows if row["old"]["outcome"] == row["new"]["outcome"] == "added"]
        self.assertGreater(len(both), 0)
        self.assertGreater(comparison["counts"]["old"]["updated"], 0)

    def test_a_comparison_row_by_row(self):
        first = self.small()
        mapping = self.write("m.yaml", WIDER)
        comparison, rows, _ = self.expect_the_replay_is_the_comparison(
            self.program, "last", "--mapping", mapping)
        self.assertEqual([row["row"] for row in rows], [2, 3, 4])
        self.assertEqual(rows[0]["old"], {"outcome": "unchanged", "code": None, "field": None,
                                          "changes": []})
        self.assertEqual(rows[0]["new"]["outcome"], "updated")
        self.assertEqual(rows[0]["new"]["changes"][0]["fields"],
                         {"note": {"old": None, "new": "甲"}})
        self.assertEqual(rows[2]["old"], {"outcome": "rejected", "code": "required_missing",
                                          "field": "name", "changes": []})
        self.assertEqual(rows[2]["new"]["outcome"], "added")
        self.assertEqual(rows[2]["new"]["changes"][0]["fields"]["name"], {"old": None, "new": "丙"})
        self.assertEqual(comparison["transitions"],
                         [{"old": "unchanged", "new": "updated", "rows": 2, "differing": 2},
                          {"old": "rejected", "new": "added", "rows": 1, "differing": 1}])
        # After it the old plan would do nothing, and neither would the new.
        _, again, rows = self.compare(self.program, first["import"], "--mapping", mapping)
        self.assertEqual([(row["row"], row["old"]["outcome"], row["new"]["outcome"])
                          for row in rows], [(4, "rejected", "unchanged")])
        self.assertEqual(again["counts"]["then"]["import"], first["import"])
        shown = self.program.run("replay", first["import"], "--mapping", mapping, "--compare")
        self.assertIn("row 4: rejected (required_missing) -> unchanged", shown.stdout)
        self.assertIn(f"sluice rollback {first['import']}", shown.stdout)
        self.assertIn(f"--confirm {again['plan_hash']}", shown.stdout)

    def test_history_names_what_was_replayed(self):
        first = self.small()
        mapping = self.write("m.yaml", WIDER)
        _, second = self.replay(self.program, "last", "--mapping", mapping)
        self.assertEqual(second["replay_of"], first["import"])
        # Without a mapping: that of the import, which is a replay itself.
        code, third = self.replay(self.program, "last")
        self.assertEqual((code, third["replay_of"], third["unchanged"]), (0, second["import"], 3))
        shown = self.program.run("imports", "show", "last", "--json")
        self.assertEqual(json.loads(shown.stdout)["replay_of"], second["import"])
        self.assertIn(f"replay of  {second['import']}",
                      self.program.run("imports", "show", "last").stdout)
        history = self.program.imports()
        self.assertEqual([entry.get("replay_of") for entry in history],
                         [None, first["import"], second["import"]])
        self.assertEqual(history[0], first)

    def test_a_plan_keeps_its_own_mapping(self):
        datasets = self.program.data_dir / "datasets"
        datasets.mkdir(parents=True)
        dataset = datasets / "plants.yaml"
        text = ("name: plants\nidentity: [[name]]\nfields:\n"
                "  - {name: name, type: text, label: {en: Name, zh: 名称}, required: true}\n"
                "  - {name: since, type: date, label: {en: Since, zh: 日期}}\n")
        dataset.write_text(text + "  - {name: place, type: text, label: {en: Place, zh: 地点},"
                                  " length: 20}\n", encoding="utf-8")
        path = self.write("p.csv", "名称,日期,地点\n梅,13/02/2024,杭州西湖\n兰,14/02/2024,绍兴\n")
        _, first = self.program.import_file(path, "--dataset", "plants", "--on-duplicate", "fill")
        self.assertEqual(first["added"], 2)
        # The dataset's rules have changed: the same columns, another length.
        dataset.write_text(text + "  - {name: place, type: text, label: {en: Place, zh: 名字},"
                                  " length: 2}\n", encoding="utf-8")
        code, comparison, rows = self.compare(self.program, "last")
        self.assertEqual(code, 0)
        self.assertEqual(comparison["counts"]["new"]["issue_counts"], {"too_long": 1})
        self.assertEqual(comparison["counts"]["old"]["issue_counts"], {})
        self.assertEqual(rows, [])
        _, again = self.replay(self.program, "last")
        self.assertEqual((again["unchanged"], again["issues"]), (2, 1))
        # A field that is no longer there.
        dataset.write_text(text, encoding="utf-8")
        self.assertIn("plants has no field 'place'", self.refused(USAGE, "last"))

    def test_a_file_is_read_as_it_was(self):
        text = "报表；\n客户名称;备注\n杭州云杉科技有限公司;é\n"
        path = self.folder / "odd.csv"
        path.write_bytes(text.encode("gb18030"))
        reading = ("--encoding", "gb18030", "--delimiter", ";", "--header-row", "2")
        self.program.import_file(path, *reading)
        path.unlink()
        code, again = self.replay(self.program, "last")
        self.assertEqual((code, again["unchanged"], again["rows"]), (0, 1, 1))
        # What is said again counts.
        _, comparison, rows = self.compare(self.program, "last", "--header-row", "0", "--mapping",
                                           self.write("m.yaml", "columns: [{from: column_1, "
                                                                "to: name}]\n"))
        self.assertEqual(comparison["counts"]["new"]["rows"], 3)
        self.assertEqual([row["old"]["outcome"] for row in rows], [None, None, "unchanged"])

    def test_a_file_of_an_archive(self):
        with zipfile.ZipFile(self.folder / "two.zip", "w") as archive:
            archive.writestr("a.csv", "客户名称\n甲公司\n")
            archive.writestr("b.csv", "客户名称\n乙公司\n丙公司\n")
        self.program.import_file(self.folder / "two.zip", "--member", "b.csv")
        _, again = self.replay(self.program, "last")
        self.assertEqual((again["rows"], again["unchanged"]), (2, 2))
        _, other = self.replay(self.program, "last", "--member", "a.csv")
        self.assertEqual((other["rows"], other["added"]), (1, 1))

    def test_a_workbook_of_two_sheets(self):
        accounts, contacts = sow(7, 40, 120)
        book = self.workbook("book.xlsx", accounts, contacts)
        _, first = self.program.import_file(book, "--mapping", self.sheets("never"))
        _, comparison, rows = self.compare(self.program, "last", "--mapping", self.sheets("once"))
        self.expect_adds_up(comparison, rows)
        self.assertEqual({row["sheet"] for row in rows}, {"联系人"})
        # A contact whose account is created with it.
        created = [change["outcome"] for row in rows for change in row["new"]["changes"]]
        self.assertIn("added", created)
        _, second = self.replay(self.program, "last", "--mapping", self.sheets("once"))
        self.assertEqual(counts_of(second), counts_of(comparison["counts"]["new"]))
        self.assertEqual(second["created_references"],
                         comparison["counts"]["new"]["created_references"])
        # Its own mapping has both sheets; one sheet alone leaves the other's rows unread.
        _, third = self.replay(self.program, "last")
        self.assertEqual((third["rows"], third["unchanged"]), (160, 160))
        one = self.write("one.yaml", "dataset: accounts\nunmapped: ignore\n"
                                     "columns: [{from: 公司名称, to: name}]\n")
        _, comparison, rows = self.compare(self.program, first["import"], "--mapping", one,
                                           "--sheet", "客户")
        self.expect_adds_up(comparison, rows)
        self.assertEqual(comparison["counts"]["new"]["rows"], 40)
        self.assertEqual(sum(1 for row in rows if row["new"]["outcome"] is None), 120)

    def test_what_cannot_be_replayed_is_refused(self):
        self.assertIn("there is no import", self.refused(FAILED, "last"))
        first = self.small()
        mapping = self.write("m.yaml", WIDER)
        self.assertIn("there is no import 'zzz'", self.refused(FAILED, "zzz", "--mapping", mapping))
        self.assertIn("give one of them", self.refused(USAGE, "last", "--compare", "--dry-run"))
        self.assertIn("--changes belongs to", self.refused(USAGE, "last", "--changes", "x"))
        wrong = self.write("w.yaml", "columns: [{from: 名, to: name}]\n")
        self.assertIn("w.yaml", self.refused(USAGE, "last", "--mapping", wrong, "--compare"))
        self.assertIn("--dataset says accounts", self.refused(USAGE, "last", "--dataset",
                                                              "accounts"))
        self.assertEqual(self.program.imports(), [first])
        uploads = list((self.program.data_dir / "uploads").glob("[0-9a-f]*"))
        for upload in uploads:
            if upload.is_file():
                upload.unlink()
        for how in ((), ("--compare",), ("--dry-run",)):
            said = self.refused(FAILED, "last", "--mapping", mapping, *how)
            self.assertIn("no longer among the stored uploads", said)
        self.assertEqual(self.program.imports(), [first])

    def test_an_import_that_has_not_ended_is_refused(self):
        path, _ = self.sow("rows.csv", rows=40_000, seed=5)
        left = self.leave_in_the_middle(self.program, path)
        said = self.refused(CONFLICT, left)
        self.assertIn(f"import {left} is running", said)
        self.program.import_file(path)
        self.assertEqual(self.replay(self.program, left)[1]["added"], 0)

    def test_a_stream_is_refused(self):
        server = self.serve(self.program)
        with PushClient(server.grpc, columns=("客户名称",)) as client:
            pushed = client.push([{"客户名称": "甲公司"}])
            client.close_push()
        self.wait_for("it has ended", lambda: self.state(self.program, pushed) == "completed")
        told = self.refused(FAILED, pushed)
        self.assertIn(f"import {pushed} read a stream (push)", told)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(self.refused(FAILED, pushed, "--compare"), told)

    def test_what_was_confirmed_must_still_be_what_happens(self):
        first = self.small()
        mapping = self.write("m.yaml", WIDER)
        _, comparison, _ = self.compare(self.program, "last", "--mapping", mapping)
        confirm = ("--mapping", mapping, "--confirm", comparison["plan_hash"])
        # The hash is for the replay, not for the file.
        done = self.program.run("import", self.folder / "small.csv", *confirm)
        self.assertEqual(done.returncode, CONFLICT, done.stderr)
        self.by_hand(self.program, "UPDATE customers SET note = 'x'")
        self.assertIn("were changed in the sink", self.refused(CONFLICT, first["import"], *confirm))
        self.by_hand(self.program, "UPDATE customers SET note = NULL")
        self.assertEqual(self.replay(self.program, first["import"], *confirm)[0], 0)

    def test_another_sink_and_the_sink_of_the_import(self):
        path = self.write("small.csv", SMALL)
        other = f"sqlite:{self.folder}/other.db"
        self.program.import_file(path, "--sink", other)
        mapping = self.write("m.yaml", WIDER)
        _, summary = self.replay(self.program, "last", "--mapping", mapping)
        self.assertEqual((summary["updated"], summary["added"]), (2, 1))
        # Into the usual one, which has nothing yet.
        _, summary = self.replay(self.program, "last", "--sink",
                                 f"sqlite:{self.program.data_dir}/sink.db")
        self.assertEqual(summary["added"], 3)

    def test_a_running_serve_says_and_does_the_same(self):
        path, rows = self.sow("rows.csv", rows=3000, seed=51)
        _, first = self.program.import_file(path)
        mapping = self.write("m.yaml", mapping_of(Plan.SWAPPED, {}, "update", "merge"))
        local = self.compare(self.program, first["import"], "--mapping", mapping)
        server = self.serve(self.program)
        remote = self.compare(self.program, first["import"], "--mapping", mapping, "--server",
                              server.grpc)
        served = self.compare(self.program, first["import"], "--mapping", mapping)
        for code, comparison, differing in (remote, served):
            self.assertEqual((code, differing), (local[0], local[2]))
            self.assertEqual(comparison["plan_hash"], local[1]["plan_hash"])
            self.assertEqual(comparison["transitions"], local[1]["transitions"])
        self.assertEqual(self.refused(FAILED, "zzz"), self.refused(FAILED, "zzz", "--server",
                                                                   server.grpc))
        sink = Sink()
        Import(sink).run(rows)
        expected = Import(sink).run(moved(row, Plan.SWAPPED) for row in rows)
        code, summary = self.replay(self.program, first["import"], "--mapping", mapping, "--server",
                                    server.grpc, "--confirm", local[1]["plan_hash"])
        self.expect_summary(summary, expected)
        self.expect_exit(code, expected)
        self.assertEqual(summary["replay_of"], first["import"])
        _, again = self.replay(self.program, "last")
        self.assertEqual((again["replay_of"], again["added"], again["updated"]),
                         (summary["import"], 0, 0))
        self.assertEqual(server.stop(), 0)
        self.expect_records(self.program.records(), sink.records())

    def killed_after(self, program, delay, *arguments):
        """True if the process was killed; False if it had ended before."""
        process = program.start("replay", *arguments, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=delay)
            return False
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return True

    def test_every_row_is_there_once_after_any_kills(self):
        rng = random.Random(SEED)
        path, rows = self.sow("rows.csv", rows=ROWS, seed=61)
        mapping = self.write("m.yaml", mapping_of(Plan.SWAPPED, {"phone": "fill"}, "update",
                                                  "last"))
        sink = Sink()
        Import(sink).run(rows)
        second = [moved(row, Plan.SWAPPED) for row in rows]
        plan = {"write": {"phone": "fill"}, "in_file": "last"}
        expected = Import(sink, **plan).run(second)
        records = sink.records()
        again = Import(sink, **plan).run(second)
        self.assertGreater(expected.outcomes["updated"], 0)
        killed = series = 0
        duration = None
        while killed < KILLS:
            series += 1
            program = Program(self.folder / f"data-{series}")
            first = program.import_file(path, timeout=600)[1]["import"]
            if duration is None:
                # Undisturbed, on a directory of its own.
                begin = time.monotonic()
                _, summary = self.replay(program, first, "--mapping", mapping, timeout=600)
                duration = time.monotonic() - begin
                self.expect_summary(summary, expected)
                print(f"seed {SEED}, {ROWS} rows, {KILLS} kills within {duration:.2f} s",
                      flush=True)
                continue
            delays = []
            while killed < KILLS and len(delays) < 20:
                delays.append(rng.uniform(0, duration))
                if not self.killed_after(program, delays[-1], first, "--mapping", mapping):
                    break
                killed += 1
            with self.subTest(seed=SEED, series=series, delays=json.dumps(delays)):
                self.replay(program, first, "--mapping", mapping, timeout=600)
                history = program.imports()[1:]
                self.expect_summary(history[0], expected)
                for entry in history[1:]:
                    self.expect_summary(entry, again)
                self.assertEqual({entry["replay_of"] for entry in history}, {first})
                self.expect_records(program.records(), records)

    def test_a_replay_that_was_killed_goes_on_as_last_and_keeps_others_out(self):
        path, _ = self.sow("rows.csv", rows=40_000, seed=62)
        _, first = self.program.import_file(path)
        mapping = self.write("m.yaml", mapping_of(Plan.SWAPPED, {}, "update", "merge"))

        def running():
            return [e for e in self.program.imports()[1:] if e["state"] == "running" and e["rows"]]

        for _ in range(20):
            process = self.program.start("replay", first["import"], "--mapping", mapping, "--new",
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while process.poll() is None and not running():
                pass
            process.kill()
            process.wait()
            if running():
                break
        left = running()[-1]["import"]
        said = self.refused(CONFLICT, first["import"])
        self.assertIn(f"import {left} replays {first['import']} under another plan", said)
        self.assertIn(f"import {left} is running", self.refused(CONFLICT, left))
        code, done = self.replay(self.program, "last", "--mapping", mapping)
        self.assertIn(code, (0, 3))
        self.assertEqual((done["import"], done["replay_of"]), (left, first["import"]))

    def test_an_interrupted_comparison_leaves_nothing(self):
        path, _ = self.sow("rows.csv", rows=40_000, seed=63)
        _, first = self.program.import_file(path)
        before, scratch = rows_of(self.program), self.program.data_dir / "scratch"
        for side in ("new", "old"):
            process = self.program.start("replay", "last", "--compare", "--json")
            self.wait_for("it works", lambda: (scratch / side / "overlay.db").exists() or
                          process.poll() is not None)
            process.kill()
            self.assertEqual(process.wait(60), -9)
        self.assertTrue(scratch.exists())
        _, comparison, rows = self.compare(self.program, "last")
        self.assertFalse(scratch.exists())
        self.assertEqual((comparison["differing"], rows), (0, []))
        self.assertEqual(sum(comparison["counts"]["new"][name] for name in OUTCOMES), first["rows"])
        self.assertEqual(rows_of(self.program), before)
        self.assertEqual(self.program.imports(), [first])
