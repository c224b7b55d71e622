"""A real Prometheus that scrapes what a test runs, and the names docs/metrics.md promises."""

import json
import re
import shutil
import socket
import subprocess
import urllib.parse

from e2e.program import SOURCE
from e2e.serving import get


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def documented(process):
    """Names of docs/metrics.md that this process has: `embedded` or a service."""
    text = (SOURCE / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(sluice_[a-z0-9_]+)` *\|[^|]*\|[^|]*\|([^|]*)\|", text, re.MULTILINE)
    return {name for name, of in rows if {"all", process} & set(of.split())}


class Prometheus:
    """Scrapes every second, with the alerts of deploy/prometheus; ends with the test."""

    def __init__(self, test, targets):
        """`targets`: addresses by service."""
        test.assertIsNotNone(shutil.which("prometheus"), "install the package prometheus")
        self.address = f"127.0.0.1:{free_port()}"
        config = test.folder / "prometheus.yml"
        # JSON is YAML.
        config.write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(SOURCE / "deploy" / "prometheus" / "alerts.yml")],
            "scrape_configs": [{"job_name": "sluice", "static_configs": [
                {"targets": [address], "labels": {"service": service}}
                for service, address in targets.items()]}]}))
        log = (test.folder / "prometheus.log").open("wb")
        test.addCleanup(log.close)
        process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--web.listen-address={self.address}",
             f"--storage.tsdb.path={test.folder / 'tsdb'}"], stdout=log, stderr=log)
        test.addCleanup(process.wait)
        test.addCleanup(process.terminate)

    def ask(self, path, **parameters):
        """The data of an answer of its API; nothing while it is starting."""
        status, body = get(self.address, f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
        if status in (0, 503):
            return None
        answer = json.loads(body)
        if answer["status"] != "success":
            raise AssertionError(f"{path} {parameters}: {answer.get('error')}")
        return answer["data"]

    def query(self, expression):
        """The series of an expression now, as (labels, value)."""
        data = self.ask("query", query=expression)
        return [(entry["metric"], float(entry["value"][1])) for entry in data["result"]] \
            if data else []

    def value(self, expression):
        """The value of an expression with one series; nothing when it has none."""
        series = self.query(expression)
        return series[0][1] if len(series) == 1 else None

    def families(self, service):
        """What it has scraped from a service: type and help by name."""
        data = self.ask("targets/metadata", match_target=f'{{service="{service}"}}')
        return {entry["metric"]: entry for entry in data or []
                if entry["metric"].startswith("sluice_")}

    def alerts(self):
        """Names of the alerts whose condition holds now, whether for long enough or not."""
        data = self.ask("alerts")
        return {alert["labels"]["alertname"] for alert in data["alerts"]} if data else set()
