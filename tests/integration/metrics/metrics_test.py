"""docs/metrics.md names exactly what a real Prometheus scrapes from an embedded `sluice serve`."""

import unittest

from e2e.program import Program
from e2e.serving import ServeTest
from integration.metrics.scraper import Prometheus, documented


class Metrics(ServeTest):
    def served(self):
        return self.serve(Program(self.folder / "data", SLUICE_HTTP__PORT="0",
                                  SLUICE_GRPC__PORT="0"))

    def test_the_documented_metrics_are_the_scraped_ones(self):
        prometheus = Prometheus(self, {"embedded": self.served().address})
        families = self.wait_for("Prometheus has scraped",
                                 lambda: prometheus.families("embedded"))
        self.assertEqual(set(families), documented("embedded"))
        for name, entry in families.items():
            self.assertTrue(entry["help"], f"{name} has no help")
            self.assertEqual(entry["type"] == "counter", name.endswith("_total"), name)

    def test_health_says_what_is_checked(self):
        server = self.served()
        self.assertEqual(server.get("/livez")[0], 200)
        status, body = server.get("/readyz?verbose")
        self.assertEqual(status, 200)
        self.assertRegex(body, r"(?m)^\[\+\]\w+ ok$")
        self.assertEqual(server.get("/other")[0], 404)


if __name__ == "__main__":
    unittest.main()
