"""deploy/compose.yaml fits the program, the documentation and what else is in deploy/."""

import os
import pathlib
import re
import subprocess
import sys
import unittest

import yaml

SOURCE = pathlib.Path(__file__).resolve().parents[2]
FILE = SOURCE / "deploy" / "compose.yaml"
BINARY = os.environ.get("TEST_SLUICE_BINARY", "")
SERVICES = ("control", "ingest", "clean", "map", "load")


class Compose(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        tools = pathlib.Path(sys.executable).parent
        # A dry run only reads the file: else it wants podman, which nothing here starts.
        done = subprocess.run(
            [str(tools / "podman-compose"), "--dry-run", "-f", str(FILE), "--profile", "observe",
             "--profile", "cli", "config"],
            capture_output=True, text=True, timeout=600, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        cls.compose = yaml.safe_load(done.stdout)
        cls.services = cls.compose["services"]

    def test_the_five_services_each_once_and_locked_down(self):
        for name in (*SERVICES, "topics", "cli"):
            with self.subTest(service=name):
                service = self.services[name]
                self.assertTrue(service["read_only"])
                self.assertEqual(service["cap_drop"], ["ALL"])
                self.assertEqual(service["security_opt"], ["no-new-privileges:true"])
                self.assertTrue(service["mem_limit"])
                self.assertEqual(service["image"], "sluice")
                # What it may write to is a volume or goes with the container.
                places = [v.rpartition(":")[2] for v in service.get("volumes", [])]
                places += [t.partition(":")[0] for t in service["tmpfs"]]
                self.assertIn("/var/lib/sluice", places)
        for name in SERVICES:
            self.assertEqual(self.services[name]["command"], ["serve", f"--target={name}"])

    def test_the_program_takes_their_settings(self):
        for name in (*SERVICES, "topics"):
            environment = {k: str(v) for k, v in self.services[name]["environment"].items()}
            self.assertEqual(environment["SLUICE_PARTITIONS"], "3")
            done = subprocess.run([BINARY, "config", "check"], capture_output=True, text=True,
                                  env={"HOME": "/nonexistent", **environment}, check=False)
            self.assertEqual(done.returncode, 0, f"{name}: {done.stderr}")

    def test_ports_open_to_this_machine_only(self):
        for name, service in self.services.items():
            for port in service.get("ports", []):
                self.assertRegex(port, r"^127\.0\.0\.1:", name)

    def test_what_is_mounted_is_there(self):
        volumes = set(self.compose["volumes"])
        for name, service in self.services.items():
            for volume in service.get("volumes", []):
                source, colon, _ = volume.partition(":")
                if not colon:
                    continue
                if source.startswith("."):
                    self.assertTrue((FILE.parent / source).exists(), f"{name}: {source}")
                else:
                    self.assertIn(source, volumes, name)

    def test_prometheus_looks_for_the_services_by_their_names(self):
        config = yaml.safe_load((FILE.parent / "prometheus/prometheus.yml").read_text("utf-8"))
        found = {entry["names"][0]: entry["port"]
                 for entry in config["scrape_configs"][0]["dns_sd_configs"]}
        text = (SOURCE / "docs/services.md").read_text("utf-8")
        documented = dict(re.findall(r"^\| `(\w+)` \|.*?\| (74\d1) \|", text, re.MULTILINE))
        self.assertEqual(found, {name: int(port) for name, port in documented.items()})

    def test_grafana_finds_prometheus_and_the_board(self):
        folder = FILE.parent / "grafana" / "provisioning"
        source = yaml.safe_load((folder / "datasources/prometheus.yaml").read_text("utf-8"))
        self.assertEqual(source["datasources"][0]["url"], "http://prometheus:9090")
        provider = yaml.safe_load((folder / "dashboards/sluice.yaml").read_text("utf-8"))
        path = provider["providers"][0]["options"]["path"]
        self.assertIn(f"./grafana/dashboards:{path}:ro", self.services["grafana"]["volumes"])

    def test_foreign_images_are_pinned(self):
        for name, service in self.services.items():
            if service["image"] != "sluice":
                self.assertRegex(service["image"], r":v?\d+(\.\d+)*$", name)


if __name__ == "__main__":
    unittest.main()
