"""`sluice serve`: goes on with what was left, ends on SIGTERM with nothing lost, says how it is,
and goes on where one sink stops others."""

import json
import signal
import sqlite3
import unittest

from e2e.program import Program
from e2e.serving import ServeTest
from oracle import sowing
from oracle.model import Import, Sink

ROWS = 80_000


class Serve(ServeTest):
    def setUp(self):
        super().setUp()
        self.program = Program(self.folder / "data", SLUICE_HTTP__PORT="0", SLUICE_GRPC__PORT="0",
                               SLUICE_LOG__FORMAT="json")

    def sow(self, name="sown.csv", rows=ROWS, seed=91):
        options = sowing.Options(rows=rows, seed=seed)
        sown = list(sowing.Sower(options))
        path = self.folder / name
        sowing.write(path, options, sown)
        return path, sown

    def expect_whole(self, rows, import_id):
        """The import has ended as the oracle says."""
        sink = Sink()
        expected = Import(sink).run(rows)
        shown = self.program.run("imports", "show", import_id, "--json")
        self.expect_summary(json.loads(shown.stdout), expected)
        self.expect_records(self.program.records(), sink.records())

    def wait_until_completed(self, import_id, seconds=120):
        self.wait_for(f"{import_id} is completed",
                      lambda: self.state(self.program, import_id) == "completed", seconds)

    def test_goes_on_with_what_was_left(self):
        path, rows = self.sow()
        left = self.leave_in_the_middle(self.program, path)
        server = self.serve(self.program)
        self.wait_until_completed(left)
        self.assertEqual(server.stop(), 0)
        self.expect_whole(rows, left)

    def test_sigterm_drains_and_ends_with_0(self):
        path, rows = self.sow()
        left = self.leave_in_the_middle(self.program, path)
        read = self.program.imports()[-1]["rows"]
        server = self.serve(self.program)
        self.wait_for("some more rows are read",
                      lambda: self.program.imports()[-1]["rows"] > read)
        self.assertEqual(server.stop(), 0)
        stopped = self.program.imports()[-1]
        ended = sum(stopped[outcome] for outcome in
                    ("added", "updated", "unchanged", "skipped", "rejected", "review"))
        self.assertEqual(ended, stopped["rows"], "what was read was drained")
        self.assertFalse((self.program.data_dir / "server").exists())
        code, summary = self.program.import_file(path, timeout=300)
        self.assertEqual(summary["import"], left)
        expected = Import(Sink()).run(rows)
        self.expect_exit(code, expected)
        self.expect_whole(rows, left)

    def test_a_second_signal_ends_it_at_once_and_nothing_is_lost(self):
        path, rows = self.sow()
        left = self.leave_in_the_middle(self.program, path)
        server = self.serve(self.program)
        for _ in range(2):
            server.process.send_signal(signal.SIGTERM)
        server.process.wait(timeout=60)
        self.assertIn(server.process.returncode, (0, 130))
        self.program.import_file(path, timeout=300)
        self.expect_whole(rows, left)

    def test_health_names_every_check(self):
        server = self.serve(self.program)
        self.assertEqual(server.get("/livez")[0], 200)
        status, body = server.get("/livez?verbose")
        self.assertEqual((status, "[+]workers ok" in body), (200, True), body)
        status, body = server.get("/readyz?verbose")
        self.assertEqual(status, 200)
        for check in ("workers", "sinks", "accepting"):
            self.assertIn(f"[+]{check} ok", body)

    def test_the_log_is_json_and_holds_no_values(self):
        path, rows = self.sow(rows=60_000)
        left = self.leave_in_the_middle(self.program, path)
        server = self.serve(self.program)
        self.wait_until_completed(left)
        self.assertEqual(server.stop(), 0)
        lines = server.lines()
        self.assertGreaterEqual(len(lines), 4)
        for line in lines:
            entry = json.loads(line)
            self.assertTrue({"ts", "level", "msg", "service"} <= entry.keys(), line)
        messages = [json.loads(line)["msg"] for line in lines]
        for message in ("serving", "draining", "stopped"):
            self.assertIn(message, messages)
        text = "\n".join(lines)
        held = path.read_text(encoding="utf-8-sig").replace('"', "").replace("\n", ",")
        values = {value.strip() for value in held.split(",")}
        for value in values:
            if len(value) >= 4:
                self.assertNotIn(value, text)

    def test_a_lost_sink_stops_only_its_own_imports_and_is_fed_when_it_is_back(self):
        path, rows = self.sow(rows=100_000)
        elsewhere, away = self.folder / "elsewhere", self.folder / "away"
        elsewhere.mkdir()
        held = self.leave_in_the_middle(self.program, path, "--sink",
                                        f"sqlite:{elsewhere}/other.db")
        left = self.leave_in_the_middle(self.program, path)
        elsewhere.rename(away)
        server = self.serve(self.program, ready=503)
        self.wait_until_completed(left)
        self.expect_whole(rows, left)
        self.assertEqual(self.state(self.program, held), "running")
        status, body = server.get("/readyz?verbose")
        self.assertEqual(status, 503)
        self.assertRegex(body, r"\[-\]sinks .*sqlite-[0-9a-f]{16} is not fed.*other\.db")
        self.assertEqual(server.get("/livez")[0], 200)
        self.assertRegex(server.get("/metrics")[1], r"(?m)^sluice_sinks_failing 1$")
        errors = [json.loads(line) for line in server.lines() if '"error"' in line]
        self.assertTrue(any("other.db" in error.get("url", "") for error in errors), errors)
        away.rename(elsewhere)
        self.wait_until_completed(held)
        self.assertEqual(server.get("/readyz")[0], 200)
        self.assertEqual(server.stop(), 0)

    def test_a_sink_that_breaks_while_it_is_fed_stops_only_its_own_imports(self):
        path, rows = self.sow(rows=200_000)
        broken = self.folder / "broken.db"
        # It has been given something, so that a new one cannot stand for it.
        first = self.folder / "first.csv"
        first.write_text("客户名称\n甲\n", encoding="utf-8")
        self.assertEqual(self.program.import_file(first, "--sink", f"sqlite:{broken}")[0], 0)
        held = self.leave_in_the_middle(self.program, path, "--sink", f"sqlite:{broken}")
        left = self.leave_in_the_middle(self.program, path)
        # Held by somebody, or it could be done before it breaks.
        holder = sqlite3.connect(broken, isolation_level=None)
        self.addCleanup(holder.close)
        holder.execute("BEGIN IMMEDIATE")
        server = self.serve(self.program, ready=503)
        for file in self.folder.glob("broken.db*"):
            file.unlink()
        holder.close()
        self.wait_until_completed(left)
        self.wait_for("/readyz names the sink",
                      lambda: "broken.db was removed" in server.get("/readyz?verbose")[1])
        self.assertFalse(broken.exists(), "none is made in its place")
        self.assertEqual(self.state(self.program, held), "running")
        self.assertEqual(server.stop(), 0)
        self.expect_whole(rows, left)


if __name__ == "__main__":
    unittest.main()
