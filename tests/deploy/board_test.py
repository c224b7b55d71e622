"""The board of deploy/grafana: well-formed, and where the provisioning looks for it. What its
expressions give is tested with a real Prometheus (tests/integration/metrics)."""

import json
import re
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
FOLDER = SOURCE / "deploy" / "grafana"


class Board(unittest.TestCase):
    def setUp(self):
        self.board = json.loads((FOLDER / "dashboards" / "sluice.json").read_text("utf-8"))
        self.panels = self.board["panels"]

    def test_every_panel_says_what_it_shows_and_from_where(self):
        self.assertTrue(self.panels)
        for panel in self.panels:
            with self.subTest(panel=panel["title"]):
                self.assertTrue(panel["title"] and panel["description"])
                self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
                self.assertTrue(panel["targets"])
                sources = [panel["datasource"], *(t["datasource"] for t in panel["targets"])]
                # A fixed source would not exist in another Grafana.
                self.assertEqual({s["uid"] for s in sources}, {"${datasource}"})
        self.assertEqual(self.board["templating"]["list"][0]["name"], "datasource")

    def test_ids_are_unique_and_panels_do_not_overlap(self):
        ids = [panel["id"] for panel in self.panels]
        self.assertEqual(len(ids), len(set(ids)))
        taken = {}
        for panel in self.panels:
            grid = panel["gridPos"]
            self.assertLessEqual(grid["x"] + grid["w"], 24)
            for x in range(grid["x"], grid["x"] + grid["w"]):
                for y in range(grid["y"], grid["y"] + grid["h"]):
                    self.assertNotIn((x, y), taken, panel["title"])
                    taken[x, y] = panel["title"]

    def test_it_shows_documented_metrics_only(self):
        documented = set(re.findall(r"^\| `(sluice_[a-z0-9_]+)`",
                                    (SOURCE / "docs" / "metrics.md").read_text("utf-8"),
                                    re.MULTILINE))
        shown = set(re.findall(r"sluice_[a-z0-9_]+", json.dumps(
            [target["expr"] for panel in self.panels for target in panel["targets"]])))
        self.assertEqual({re.sub("_bucket$", "", name) for name in shown} - documented, set())


if __name__ == "__main__":
    unittest.main()
