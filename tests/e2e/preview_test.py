"""`import --dry-run` and `--confirm`: what is said is what happens, and nothing happens before."""

import itertools
import os
import signal
import sqlite3

from e2e.previewing import COUNTS, Previewing
from e2e.program import Program
from e2e.serving import ServeTest

ROWS = int(os.environ.get("TEST_SLUICE_ROWS", "20000"))
USAGE, CONFLICT, INTERRUPTED = 2, 6, 130
SMALL = ("客户编号,客户名称,联系电话\nA1,杭州云杉科技有限公司,13800138000\n"
         "A2,苏州晨光贸易有限公司,0512-62888888\n")


class Previews(Previewing, ServeTest):
    def setUp(self):
        super().setUp()
        self.program = Program(self.folder / "data", SLUICE_HTTP__PORT="0", SLUICE_GRPC__PORT="0")

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def by_hand(self, sql):
        with sqlite3.connect(self.program.data_dir / "sink.db") as sink:
            sink.execute(sql)
        sink.close()

    def test_the_run_is_the_preview_with_every_policy(self):
        first, _ = self.sow("first.csv", rows=300, seed=21)
        second, _ = self.sow("second.csv", rows=300, seed=22, first_customer=150, version=1)
        for policy, in_file in itertools.product(("update", "fill", "skip", "create"),
                                                 ("merge", "first", "last")):
            with self.subTest(on_duplicate=policy, in_file=in_file):
                program = Program(self.folder / f"{policy}-{in_file}")
                self.expect_the_run_is_the_preview(program, first)
                self.expect_the_run_is_the_preview(program, second, "--on-duplicate", policy,
                                                   "--in-file", in_file)

    def test_the_run_is_the_preview_of_a_file_on_all_partitions_after_edits_by_hand(self):
        program = self.program
        program.environment["SLUICE_ORDERING__IMPORT_MAX"] = "1"
        path, _ = self.sow("rows.csv", rows=ROWS, seed=31)
        self.expect_the_run_is_the_preview(program, path)
        self.by_hand("UPDATE customers SET note = 'by hand' WHERE id % 3 = 0")
        self.by_hand("UPDATE customers SET phone = NULL WHERE id % 5 = 0")
        self.by_hand("DELETE FROM customers WHERE id % 7 = 0")
        self.by_hand("INSERT INTO customers(id, name) VALUES(5, 'nobody in the file')")
        preview = self.expect_the_run_is_the_preview(program, path)
        self.assertGreater(preview["updated"], 0)
        self.assertGreater(preview["added"], 0)
        self.assertGreater(preview["unchanged"], 0)

    def test_nothing_is_left_of_a_preview_but_itself(self):
        path = self.write("small.csv", SMALL)
        _, preview, changes = self.preview(self.program, path)
        self.assertEqual([change["outcome"] for change in changes], ["added", "added"])
        self.assertIsNone(preview["import"])
        left = sorted(str(file.relative_to(self.program.data_dir))
                      for file in self.program.data_dir.rglob("*") if file.is_file())
        self.assertEqual(left, ["LOCK", f"uploads/previews/{preview['plan_hash']}.preview"])

    def test_a_preview_shows_differences_and_samples(self):
        path = self.write("small.csv", SMALL)
        self.program.import_file(path)
        changed = self.write("changed.csv", SMALL.replace("13800138000", "13900139000") + "A3,,1\n")
        code, preview, changes = self.preview(self.program, changed)
        self.assertEqual(code, 3)
        self.assertEqual(preview["differences"], changes)
        self.assertEqual(changes[0]["fields"],
                         {"phone": {"old": "+8613800138000", "new": "+8613900139000"}})
        self.assertEqual((changes[0]["row"], changes[0]["outcome"]), (2, "updated"))
        samples = {sample["code"]: sample for sample in preview["samples"]}
        self.assertEqual(samples["required_missing"]["row"], 4)
        self.assertEqual(samples["phone_formatted"]["after"], "+8651262888888")
        shown = self.program.run("import", changed, "--dry-run")
        self.assertIn("+8613800138000 -> +8613900139000", shown.stdout)
        self.assertIn(f"--confirm {preview['plan_hash']}", shown.stdout)

    def confirm(self, path, hash_, *arguments):
        return self.program.run("import", path, "--confirm", hash_, *arguments)

    def test_what_has_changed_since_is_not_imported(self):
        path = self.write("small.csv", SMALL)
        mapping = self.write("m.yaml", "unmapped: ignore\ncolumns: [{from: 客户编号, to: external_id}, "
                             "{from: 客户名称, to: name}]\n")
        self.program.import_file(path)
        self.by_hand("UPDATE customers SET note = 'one'")
        changed = self.write("changed.csv", SMALL.replace("13800138000", "13900139000"))
        _, preview, _ = self.preview(self.program, changed, "--mapping", mapping)
        confirmed = (preview["plan_hash"], "--mapping", mapping)

        refused = self.confirm(path, *confirmed)
        self.assertEqual(refused.returncode, CONFLICT, refused.stderr)
        self.assertIn("the file has other content", refused.stderr)

        narrow = mapping.read_text(encoding="utf-8")
        mapping.write_text(narrow.replace("]", ", {from: 联系电话, to: phone}]"), encoding="utf-8")
        refused = self.confirm(changed, *confirmed)
        self.assertEqual(refused.returncode, CONFLICT, refused.stderr)
        self.assertIn("the mapping of the columns changed", refused.stderr)
        self.assertIn("updated 0 -> 1", refused.stderr)

        refused = self.confirm(changed, *confirmed, "--on-duplicate", "create")
        self.assertIn("on_duplicate changed", refused.stderr)

        mapping.write_text("unmapped: ignore\ncolumns: [{from: 客户编号, to: external_id}, "
                             "{from: 客户名称, to: name}]\n", encoding="utf-8")
        self.by_hand("UPDATE customers SET note = 'two' WHERE phone = '+8651262888888'")
        refused = self.confirm(changed, *confirmed)
        self.assertEqual(refused.returncode, CONFLICT, refused.stderr)
        self.assertIn("were changed in the sink (rows 3 of the file)", refused.stderr)
        self.assertEqual(len(self.program.imports()), 1)

        self.by_hand("UPDATE customers SET note = 'one'")
        done = self.confirm(changed, *confirmed)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(self.program.imports()), 2)

    def test_a_hash_that_is_none_is_refused(self):
        path = self.write("small.csv", SMALL)
        unknown = self.confirm(path, "0123456789abcdef0123456789abcdef")
        self.assertEqual(unknown.returncode, CONFLICT, unknown.stderr)
        self.assertIn("there is no preview", unknown.stderr)
        for given in ("../../sink", "x", "g" * 32):
            self.assertEqual(self.confirm(path, given).returncode, USAGE, given)
        both = self.confirm(path, "0" * 32, "--dry-run")
        self.assertEqual(both.returncode, USAGE)
        self.assertEqual(self.program.imports(), [])

    def test_a_file_that_would_be_refused_is_refused(self):
        for name, text in (("empty.csv", ""), ("noheader.csv", "1,2\n3,4\n")):
            path = self.write(name, text)
            dry = self.program.run("import", path, "--dry-run")
            run = self.program.run("import", path, "--yes")
            self.assertEqual((dry.returncode, dry.stderr), (run.returncode, run.stderr))
        missing = self.program.run("import", self.folder / "none.csv", "--dry-run")
        self.assertEqual(missing.returncode, 1, missing.stderr)

    def test_a_preview_can_be_interrupted_and_killed(self):
        path, _ = self.sow("rows.csv", rows=60000, seed=41)
        scratch = self.program.data_dir / "scratch"
        for how, code in ((signal.SIGINT, INTERRUPTED), (signal.SIGKILL, -signal.SIGKILL)):
            process = self.program.start("import", path, "--dry-run", "--json")
            self.wait_for("it works", lambda: (scratch / "overlay.db").exists() or
                          process.poll() is not None)
            process.send_signal(how)
            self.assertEqual(process.wait(60), code)
        self.assertTrue(scratch.exists())
        self.preview(self.program, self.write("small.csv", SMALL))
        self.assertFalse(scratch.exists())

    def test_a_running_serve_previews_the_same(self):
        path, _ = self.sow("rows.csv", rows=3000, seed=51)
        again, _ = self.sow("again.csv", rows=3000, seed=51, version=1)
        self.program.import_file(path)
        _, local, local_changes = self.preview(self.program, again)
        server = self.serve(self.program)
        _, served, served_changes = self.preview(self.program, again)
        self.assertEqual(served["plan_hash"], local["plan_hash"])
        self.assertEqual({name: served[name] for name in COUNTS},
                         {name: local[name] for name in COUNTS})
        self.assertEqual(served_changes, local_changes)
        self.expect_the_run_is_the_preview(self.program, again)
        refused = self.confirm(again, served["plan_hash"])
        self.assertEqual(refused.returncode, CONFLICT, refused.stderr)
        self.assertIn("updated", refused.stderr)
        self.assertEqual(server.stop(), 0)
