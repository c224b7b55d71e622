"""docs/metrics.md names exactly what a real Prometheus scrapes from `sluice serve`."""

import json
import re
import shutil
import socket
import subprocess
import unittest

from e2e.program import SOURCE, Program
from e2e.serving import ServeTest, get


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def documented():
    """Names in the first column of the tables of docs/metrics.md."""
    text = (SOURCE / "docs" / "metrics.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `(sluice_[a-z0-9_]+)` *\|", text, re.MULTILINE))


class Metrics(ServeTest):
    def served(self):
        return self.serve(Program(self.folder / "data", SLUICE_HTTP__PORT="0",
                                  SLUICE_GRPC__PORT="0"))

    def prometheus(self, target):
        """Where a Prometheus listens that scrapes the target."""
        address = f"127.0.0.1:{free_port()}"
        config = self.folder / "prometheus.yml"
        config.write_text("global: {scrape_interval: 1s}\nscrape_configs:\n  - job_name: sluice\n"
                          f"    static_configs: [{{targets: ['{target}']}}]\n")
        log = (self.folder / "prometheus.log").open("wb")
        self.addCleanup(log.close)
        process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--web.listen-address={address}",
             f"--storage.tsdb.path={self.folder / 'tsdb'}"], stdout=log, stderr=log)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        return address

    def scraped(self, address):
        """Families with the prefix, by type; empty until the first scrape."""
        status, body = get(address, "/api/v1/metadata")
        if status != 200:
            return {}
        data = json.loads(body)["data"]
        return {name: entries[0] for name, entries in data.items() if name.startswith("sluice_")}

    def test_the_documented_metrics_are_the_scraped_ones(self):
        self.assertIsNotNone(shutil.which("prometheus"), "install the package prometheus")
        server = self.served()
        prometheus = self.prometheus(server.address)
        families = self.wait_for("Prometheus has scraped", lambda: self.scraped(prometheus))
        self.assertEqual(set(families), documented())
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
