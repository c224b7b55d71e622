"""A real Prometheus scrapes five services while imports run over a real broker: it sees what
docs/metrics.md says, and every expression of the board and of the alerts gives what it should."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import unittest

from e2e.installation import TARGETS, InstallationTest
from e2e.program import SOURCE
from integration.metrics.scraper import Prometheus, documented
from oracle import sowing
from oracle.model import Import, Sink

ROWS = int(os.environ.get("TEST_SLUICE_ROWS", "20000"))


def board_expressions():
    """By panel, with the interval that Grafana puts in."""
    board = json.loads((SOURCE / "deploy/grafana/dashboards/sluice.json").read_text("utf-8"))
    return {f"{panel['title']} {target['refId']}":
            target["expr"].replace("$__rate_interval", "1m")
            for panel in board["panels"] for target in panel["targets"]}


class ServicesMetrics(InstallationTest):
    def setUp(self):
        super().setUp()
        self.installation = self.install(SLUICE_ORDERING__IMPORT_MAX="1")
        self.prometheus = Prometheus(self, {
            target: self.installation.running[f"{target}-0"].address for target in TARGETS})
        self.wait_for("all five are scraped",
                      lambda: self.prometheus.value('sum(up{job="sluice"})') == len(TARGETS))

    def sow(self, seed):
        options = sowing.Options(rows=ROWS, seed=seed)
        rows = list(sowing.Sower(options))
        path = self.folder / f"{seed}.csv"
        sowing.write(path, options, rows)
        return path, rows

    def start_import(self, path):
        process = self.installation.client.start("import", path, "--yes", "--json",
                                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def expect_value(self, expression, expected, seconds=60):
        """Within a few scrapes."""
        condition = expected if callable(expected) else lambda value: value == expected
        self.wait_for(f"{expression}, {self.prometheus.query(expression)} at first",
                      lambda: (lambda value: value is not None and condition(value))(
                          self.prometheus.value(expression)), seconds)

    def test_what_an_import_leaves_is_seen(self):
        path, rows = self.sow(1)
        counts = Import(Sink()).run(rows).as_dict()
        out, err = self.start_import(path).communicate(timeout=300)
        self.assertTrue(out, err)
        self.assertEqual(json.loads(out)["rows"], ROWS)
        self.expect_value('sum(sluice_records_in_total{stage="ingest"})', ROWS)
        for outcome in ("added", "skipped", "rejected", "review"):
            self.expect_value(f'sum(sluice_outcomes_total{{outcome="{outcome}"}})',
                              lambda seen, o=outcome: abs(seen - counts[o]) <= ROWS / 100)
        for stage in ("clean", "map", "load", "control"):
            self.expect_value(f'sum(sluice_lag_records{{stage="{stage}"}})', 0)
            self.expect_value(f'max(sluice_lag_seconds{{stage="{stage}"}})', 0)
        self.expect_value("max(sluice_imports_running)", 0)
        self.names_are_as_documented()
        self.expressions_give_series()
        self.assertEqual(self.prometheus.alerts(), set())

    def names_are_as_documented(self):
        for target in TARGETS:
            with self.subTest(target=target):
                families = self.prometheus.families(target)
                self.assertEqual(set(families), documented(target))
                for name, entry in families.items():
                    self.assertTrue(entry["help"], f"{name} has no help")
                    self.assertEqual(entry["type"] == "counter", name.endswith("_total"), name)

    def expressions_give_series(self):
        """Those of the board as they are; of those of the alerts, which give nothing while nothing
        is wrong, every series they look at."""
        for panel, expression in board_expressions().items():
            with self.subTest(panel=panel):
                self.assertTrue(self.prometheus.query(expression), expression)
        rules = [rule for group in self.prometheus.ask("rules")["groups"]
                 for rule in group["rules"]]
        self.assertGreater(len(rules), 10)
        for rule in rules:
            self.assertEqual(rule["health"], "ok", rule)
            selectors = re.findall(r"\b(?:sluice_\w+|up)(?:\{[^}]*\})?", rule["query"])
            self.assertTrue(selectors, rule["query"])
            for selector in selectors:
                with self.subTest(alert=rule["name"], selector=selector):
                    self.assertTrue(self.prometheus.query(selector))

    def test_a_sink_that_cannot_be_written_is_seen_and_grows_old(self):
        path, _ = self.sow(2)
        sink = self.installation.sink.removeprefix("sqlite:")
        self.wait_for("load has made its sink", lambda: os.path.exists(sink))
        # Somebody else holds the database: load tries again and again.
        holder = sqlite3.connect(sink, isolation_level=None, timeout=60)
        self.addCleanup(holder.close)
        holder.execute("BEGIN EXCLUSIVE")
        process = self.start_import(path)
        self.expect_value('max(sluice_lag_seconds{stage="load",sink="customers"})',
                          lambda age: age > 5, 120)
        self.expect_value('sum(sluice_lag_records{stage="load",sink="customers"})',
                          lambda records: records > 0)
        self.expect_value('max(sluice_sinks_failing{sink="customers"})', 1)
        self.expect_value('sum(sluice_step_errors_total{stage="load"})', lambda count: count > 0)
        self.expect_value("max(sluice_imports_running)", 1)
        self.wait_for("the alert sees it", lambda: "SluiceSinkFailing" in self.prometheus.alerts())
        self.assertEqual(
            max(value for _, value in self.prometheus.query('sluice_lag_seconds{stage="map"}')), 0)
        holder.execute("ROLLBACK")
        out, err = process.communicate(timeout=300)
        self.assertTrue(out, err)
        self.assertEqual(json.loads(out)["state"], "completed")
        self.expect_value('max(sluice_sinks_failing{sink="customers"})', 0)
        self.expect_value('max(sluice_lag_seconds{stage="load"})', 0)
        self.expect_value("max(sluice_imports_running)", 0)

    def test_who_is_gone_is_seen(self):
        for target, alert in (("control", "SluiceControlMissing"), ("map", "SluiceServiceMissing")):
            server = self.installation.running.pop(f"{target}-0")
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            self.wait_for(f"{alert} sees it", lambda name=alert: {
                "SluiceProcessDown", name} <= self.prometheus.alerts())


if __name__ == "__main__":
    unittest.main()
