"""The image of deploy/Dockerfile is built, and imports are run in its containers: the program
alone, and the five services of deploy/compose.yaml with Kafka and PostgreSQL.

For root on Debian with `buildah podman runc debootstrap`; there is no engine, so containers share
this machine's network. TEST_BASE_IMAGE names a Debian 12 that is there; else one is made.
TEST_SLUICE_IMAGE names an image of Sluice that is there; else it is built, which takes minutes.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from e2e.program import SOURCE, as_oracle
from oracle import sowing
from oracle.model import Import, Sink
from testing.kafka.broker import jars

HERE = pathlib.Path(__file__).resolve().parent
TOOLS = SOURCE / "build" / "deploy-tools" / "python" / "bin"
CONTAINERS = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
BASE = os.environ.get("TEST_BASE_IMAGE", "localhost/debian:12-slim")
IMAGE = os.environ.get("TEST_SLUICE_IMAGE", "localhost/sluice")
KAFKA, POSTGRES = "localhost/sluice-kafka", "localhost/sluice-postgres"
SERVICES = ("control", "ingest", "clean", "map", "load")
ROWS = 5000


class Image(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        for tool in ("buildah", "podman", "runc", "debootstrap"):
            if shutil.which(tool) is None:
                raise AssertionError(f"install the package {tool}")
        folder = tempfile.TemporaryDirectory(prefix="sluice-image-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        settings = cls.folder / "containers.conf"
        settings.write_text(CONTAINERS)
        cls.environment = {**os.environ, "STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot",
                           "CONTAINERS_CONF": str(settings),
                           "PATH": f"{TOOLS}:{os.environ['PATH']}"}
        if cls.output("buildah", "images", "-q", BASE, check=False).strip() == "":
            cls.make_base()
        if "TEST_SLUICE_IMAGE" not in os.environ:
            cls.build(IMAGE, SOURCE / "deploy" / "Dockerfile", SOURCE)

    @classmethod
    def output(cls, *command, check=True, timeout=1800, **environment):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              timeout=timeout, check=False, cwd=SOURCE,
                              env={**cls.environment, **environment})
        if check and done.returncode != 0:
            raise AssertionError(f"{command}: {done.returncode}\n{done.stdout[-3000:]}"
                                 f"\n{done.stderr[-3000:]}")
        return done.stdout

    @classmethod
    def make_base(cls):
        cls.output("debootstrap", "--variant=minbase", "bookworm", cls.folder / "debian")
        container = cls.output("buildah", "from", "scratch").strip()
        cls.output("buildah", "add", "-q", container, cls.folder / "debian", "/")
        cls.output("buildah", "commit", "-q", "--rm", container, BASE)

    @classmethod
    def build(cls, image, file, context):
        cls.output("buildah", "bud", "--layers", "--format", "docker", "--build-arg",
                   f"BASE={BASE}", "-f", file, "-t", image, context)

    def podman(self, *arguments, **options):
        return self.output("podman", *arguments, **options)

    def wait_for(self, what, condition, seconds=120):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.2)
        self.fail(f"not within {seconds} s: {what}")

    def sow(self):
        options = sowing.Options(rows=ROWS, seed=5)
        rows = list(sowing.Sower(options))
        sowing.write(self.folder / "rows.csv", options, rows)
        # Read by another user.
        self.folder.chmod(0o755)
        (self.folder / "rows.csv").chmod(0o644)
        sink = Sink()
        return Import(sink).run(rows), sink

    def test_what_is_in_it(self):
        config = json.loads(self.podman("image", "inspect", IMAGE))[0]
        size = config["Size"]
        print(f"image: {size / 1e6:.0f} MB, of which Debian "
              f"{json.loads(self.podman('inspect', BASE))[0]['Size'] / 1e6:.0f} MB")
        self.assertEqual(config["Config"]["User"], "10001:10001")
        self.assertEqual(config["Healthcheck"]["Test"], ["CMD", "sluice-healthcheck"])
        self.assertEqual(config["Config"]["Entrypoint"], ["/usr/bin/sluice"])
        packages = self.podman("run", "--rm", "--network=host", "--entrypoint", "dpkg-query", IMAGE,
                               "-W", "-f", "${Package}\n").split()
        self.assertFalse([p for p in packages if p.endswith("-dev") or p.startswith("g++")])
        self.assertLess(size, 500e6)

    def test_an_import_in_one_container_without_rights(self):
        expected, _ = self.sow()
        summary = json.loads(self.podman(
            "run", "--rm", "--network=none", "--read-only", "--cap-drop=ALL",
            "--security-opt=no-new-privileges", "--tmpfs", "/tmp",
            "-v", "/var/lib/sluice",
            "-v", f"{self.folder}/rows.csv:/rows.csv:ro", IMAGE,
            "import", "/rows.csv", "--yes", "--json", check=False))
        self.expect(summary, expected)

    def expect(self, summary, expected):
        wanted = {"state": "completed", **expected.as_dict()}
        self.assertEqual({key: summary[key] for key in wanted}, wanted)

    def test_the_health_of_a_container_is_that_of_the_program(self):
        name = "sluice-health"
        self.podman("run", "-d", "--name", name, "--network=host", "-e", "SLUICE_HTTP__PORT=0",
                    "-e", "SLUICE_GRPC__PORT=0", IMAGE)
        self.addCleanup(self.podman, "rm", "-f", "-t", "0", name)

        def healthy():
            done = subprocess.run(["podman", "healthcheck", "run", name], env=self.environment,
                                  capture_output=True, timeout=60, check=False)
            return done.returncode == 0
        self.wait_for("it is healthy", healthy)
        # The program stands still: nobody answers.
        pid = json.loads(self.podman("inspect", name))[0]["State"]["Pid"]
        os.kill(pid, 19)
        self.wait_for("it is not healthy", lambda: not healthy())
        os.kill(pid, 18)
        self.wait_for("it is healthy again", healthy)
        self.podman("stop", "-t", "60", name)
        self.assertEqual(json.loads(self.podman("inspect", name))[0]["State"]["ExitCode"], 0)


class Compose(Image):
    """The five services of deploy/compose.yaml; the tests of the image alone are not run again."""

    test_what_is_in_it = None
    test_an_import_in_one_container_without_rights = None
    test_the_health_of_a_container_is_that_of_the_program = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        context = cls.folder / "kafka"
        context.mkdir()
        shutil.copytree(jars(), context / "jars")
        shutil.copy(HERE / "images" / "kafka-start", context)
        cls.build(KAFKA, HERE / "images" / "kafka.Dockerfile", context)
        cls.build(POSTGRES, HERE / "images" / "postgres.Dockerfile", HERE / "images")

    def compose(self, *arguments, **options):
        return self.output(
            "podman-compose", "--in-pod", "false", "-p", "sluice-test", "-f", "deploy/compose.yaml",
            "-f", HERE / "images" / "compose.host.yaml", *arguments, SLUICE_IMAGE=IMAGE,
            KAFKA_IMAGE=KAFKA, POSTGRES_IMAGE=POSTGRES, **options)

    def cli(self, *arguments):
        return self.compose("--profile", "cli", "run", "--rm", "-T", "-v",
                            f"{self.folder}/rows.csv:/rows.csv:ro", "cli", *arguments, check=False)

    def test_an_import_through_five_services(self):
        expected, sink = self.sow()
        self.addCleanup(self.compose, "down", "-v", "-t", "5", check=False)
        self.compose("up", "-d")
        summary = json.loads(self.cli("import", "/rows.csv", "--yes", "--json"))
        self.expect(summary, expected)
        for service in SERVICES:
            self.podman("healthcheck", "run", f"sluice-test_{service}_1")
        listed = self.podman("exec", "-e", "PGPASSWORD=writer", "sluice-test_load_1",
                             "/usr/bin/sluice", "records", "customers", "--format", "jsonl",
                             "--sink", "postgresql://sluice_writer@postgres:5432/customers")
        self.assertEqual(sorted(as_oracle(json.loads(line)) for line in listed.splitlines()),
                         sink.records())


if __name__ == "__main__":
    unittest.main()
