"""docs/metrics.md names exactly what a real Prometheus scrapes from `sluice serve`."""

import json
import re
import shutil
import signal
import socket
import subprocess
import time
import unittest
import urllib.error
import urllib.request

from e2e.program import SOURCE, ImportTest, Program

DEADLINE_SECONDS = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port, path):
    """Status and body; (0, "") while nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def documented():
    """Names in the first column of the tables of docs/metrics.md."""
    text = (SOURCE / "docs" / "metrics.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `(sluice_[a-z0-9_]+)` *\|", text, re.MULTILINE))


class Metrics(ImportTest):
    def wait_for(self, what, condition):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            result = condition()
            if result:
                return result
            time.sleep(0.05)
        return self.fail(f"not within {DEADLINE_SECONDS} s: {what}")

    def stop(self, process):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def serve(self):
        port = free_port()
        program = Program(self.folder / "data", SLUICE_HTTP__PORT=str(port), SLUICE_GRPC__PORT="0")
        log = (self.folder / "serve.log").open("wb")
        self.addCleanup(log.close)
        process = program.start("serve", stderr=log, stdout=subprocess.DEVNULL)
        self.addCleanup(self.stop, process)
        self.wait_for("/readyz is 200", lambda: get(port, "/readyz")[0] == 200)
        return process, port

    def prometheus(self, target):
        port = free_port()
        config = self.folder / "prometheus.yml"
        config.write_text("global: {scrape_interval: 1s}\nscrape_configs:\n  - job_name: sluice\n"
                          f"    static_configs: [{{targets: ['127.0.0.1:{target}']}}]\n")
        log = (self.folder / "prometheus.log").open("wb")
        self.addCleanup(log.close)
        process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}",
             f"--storage.tsdb.path={self.folder / 'tsdb'}"], stdout=log, stderr=log)
        self.addCleanup(self.stop, process)
        return port

    def scraped(self, port):
        """Families with the prefix, by type; empty until the first scrape."""
        status, body = get(port, "/api/v1/metadata")
        if status != 200:
            return {}
        data = json.loads(body)["data"]
        return {name: entries[0] for name, entries in data.items() if name.startswith("sluice_")}

    def test_the_documented_metrics_are_the_scraped_ones(self):
        self.assertIsNotNone(shutil.which("prometheus"), "install the package prometheus")
        process, port = self.serve()
        prometheus = self.prometheus(port)
        families = self.wait_for("Prometheus has scraped", lambda: self.scraped(prometheus))
        self.assertEqual(set(families), documented())
        for name, entry in families.items():
            self.assertTrue(entry["help"], f"{name} has no help")
            self.assertEqual(entry["type"] == "counter", name.endswith("_total"), name)
        self.stop(process)
        self.assertEqual(process.returncode, 0, "SIGTERM drains and ends with 0")

    def test_health_says_what_is_checked(self):
        _, port = self.serve()
        self.assertEqual(get(port, "/livez")[0], 200)
        status, body = get(port, "/readyz?verbose")
        self.assertEqual(status, 200)
        self.assertRegex(body, r"(?m)^\[\+\]\w+ ok$")
        self.assertEqual(get(port, "/other")[0], 404)


if __name__ == "__main__":
    unittest.main()
