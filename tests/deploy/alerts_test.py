"""The alerts of deploy/prometheus: promtool runs their cases, and each has one that fires, one that
does not, and a chapter in docs/runbooks.md."""

import re
import shutil
import subprocess
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
FOLDER = SOURCE / "deploy" / "prometheus"


def named(pattern, path):
    return re.findall(pattern, path.read_text(encoding="utf-8"), re.MULTILINE)


class Alerts(unittest.TestCase):
    def setUp(self):
        self.assertIsNotNone(shutil.which("promtool"), "install the package prometheus")
        self.alerts = named(r"^ *- alert: (\w+)$", FOLDER / "alerts.yml")

    def promtool(self, *arguments):
        done = subprocess.run(["promtool", *arguments], cwd=FOLDER, capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_configuration_and_rules_are_valid(self):
        self.promtool("check", "config", "prometheus.yml")
        self.promtool("check", "rules", "alerts.yml")

    def test_each_fires_when_it_should_and_not_before(self):
        self.promtool("test", "rules", "alerts_test.yml")

    def test_each_has_a_case_for_both(self):
        cases = FOLDER / "alerts_test.yml"
        fires = named(r"^ *alertname: (\w+)$", cases)
        quiet = named(r"alertname: (\w+), exp_alerts: \[\]", cases)
        self.assertEqual(set(fires), set(self.alerts))
        self.assertEqual(set(quiet), set(self.alerts))

    def test_each_has_a_runbook_a_severity_and_a_summary(self):
        self.assertEqual(len(self.alerts), len(set(self.alerts)))
        chapters = named(r"^## (\w+)$", SOURCE / "docs" / "runbooks.md")
        self.assertEqual(sorted(chapters), sorted(self.alerts))
        books = named(r"^ *runbook: docs/runbooks.md#(\w+)$", FOLDER / "alerts.yml")
        self.assertEqual(books, [name.lower() for name in self.alerts])
        for key, pattern in (("severity", r"severity: (?:critical|warning|info)\}"),
                             ("summary", r"^ *summary: \S")):
            self.assertEqual(len(named(pattern, FOLDER / "alerts.yml")), len(self.alerts), key)


if __name__ == "__main__":
    unittest.main()
