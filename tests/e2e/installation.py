"""The five services over a real broker: started, asked, killed and stopped, one by one."""

import itertools
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile

from e2e.program import Program, as_oracle
from e2e.serving import Server, ServeTest
from testing.kafka.broker import SMALL_JVM, Broker, free_ports

TARGETS = ("control", "ingest", "clean", "map", "load")
# A source larger than this is spread over the partitions by identity.
SPREAD = {"SLUICE_ORDERING__IMPORT_MAX": "1"}
# For an import that must not be over before something has happened to it.
SLOW = {"SLUICE_LEAD__SECONDS": "0.1", "SLUICE_LEAD__ROWS_MIN": "2000"}
PREFIXES = (f"t{number}" for number in itertools.count())


class RemoteProgram(Program):
    """The program as a client of a running control; `records` looks into the sink itself."""

    def __init__(self, data_dir, sink, **settings):
        super().__init__(data_dir, **settings)
        self.sink = sink

    def records(self, dataset="customers", timeout=120):
        with tempfile.TemporaryFile() as out:
            command = self.command("records", dataset, "--format", "jsonl", "--sink", self.sink)
            done = subprocess.run(command, env=self.environment, timeout=timeout, stdout=out,
                                  stderr=subprocess.PIPE, check=False)
            if done.returncode != 0:
                raise AssertionError(f"records: exit {done.returncode}: {done.stderr!r}")
            out.seek(0)
            return sorted(as_oracle(json.loads(line)) for line in out)


class Installation:
    """Settings that belong together, and the processes that run with them."""

    def __init__(self, test, broker, partitions=4, sink=None, controls=1, **settings):
        self.test = test
        self.prefix = next(PREFIXES)
        self.folder = test.folder / self.prefix
        self.folder.mkdir()
        self.sink = sink or f"sqlite:{self.folder}/sink.db"
        # Of each control; the first is the one the client asks.
        self.controls = [f"127.0.0.1:{port}" for port in free_ports(controls)]
        self.control = self.controls[0]
        self.settings = {
            "SLUICE_KAFKA__BROKERS": broker.address,
            "SLUICE_KAFKA__PREFIX": self.prefix,
            "SLUICE_KAFKA__REPLICATION_FACTOR": "1",
            "SLUICE_KAFKA__MIN_INSYNC_REPLICAS": "1",
            "SLUICE_KAFKA__SESSION_TIMEOUT_SECONDS": "3",
            "SLUICE_KAFKA__TRANSACTION_TIMEOUT_SECONDS": "6",
            "SLUICE_PARTITIONS": str(partitions),
            "SLUICE_SINKS": f"customers={self.sink}",
            "SLUICE_CONTROL__ADDRESS":
                self.control if controls == 1 else f"ipv4:{','.join(self.controls)}",
            "SLUICE_UPLOADS__DIR": str(self.folder / "uploads"),
            "SLUICE_HTTP__PORT": "0",
            "SLUICE_PUSH__PORT": "0",
            "SLUICE_LOG__FORMAT": "json",
            **settings,
        }
        self.client = self.client_of(0)
        self.running = {}

    def client_of(self, number):
        """Who asks one of the controls."""
        return RemoteProgram(self.folder / f"client-{number}", self.sink,
                             SLUICE_SERVER=self.controls[number])

    def create_topics(self):
        done = Program(self.folder / "admin", **self.settings).run("topics", "create")
        self.test.assertEqual(done.returncode, 0, done.stderr)

    def start(self, target, instance="0"):
        """A running process; `wait_until_ready` waits for it. Its log goes on after a restart."""
        name = f"{target}-{instance}"
        settings = {**self.settings, "SLUICE_INSTANCE": instance}
        if target in ("control", "all"):
            settings["SLUICE_GRPC__PORT"] = self.controls[int(instance)].rpartition(":")[2]
        program = Program(self.folder / name, **settings)
        program.data_dir.mkdir(exist_ok=True)
        # Where the one before served.
        (program.data_dir / "server").unlink(missing_ok=True)
        log = self.folder / f"{name}.log"
        with log.open("ab") as out:
            process = program.start("serve", "--target", target, stderr=out,
                                    stdout=subprocess.DEVNULL)
        server = Server(process, program, log)
        self.running[name] = server
        self.test.addCleanup(self.show, log)
        self.test.addCleanup(server.stop)
        return server

    def show(self, log):
        """For looking into a failure: TEST_SLUICE_LOGS=1 prints the end of every log."""
        if os.environ.get("TEST_SLUICE_LOGS"):
            print(f"--- {log.name}", log.read_text(encoding="utf-8")[-6000:], sep="\n", flush=True)

    def start_all(self, targets=TARGETS):
        servers = [self.start(target) for target in targets]
        self.wait_until_ready()
        return servers

    def wait_until_ready(self, seconds=180):
        for name, server in self.running.items():
            self.test.wait_for(
                f"{name} is ready", lambda s=server: s.get("/readyz")[0] == 200 or
                self.test.assertIsNone(s.process.poll(), s.lines()[-3:]), seconds)

    def kill(self, name):
        server = self.running.pop(name)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()

    def counter(self, name, metric, **labels):
        """The sum of a process's samples with these labels; nothing when there are none."""
        wanted = {f'{key}="{value}"' for key, value in labels.items()}
        body = self.running[name].get("/metrics")[1]
        found = [float(value) for set_, value in re.findall(
            rf"^{metric}{{(.*?)}} (\S+)$", body, re.MULTILINE) if wanted <= set(set_.split(","))]
        return sum(found) if found else None

    def stop(self):
        """Their exit codes after SIGTERM."""
        for server in self.running.values():
            if server.process.poll() is None:
                server.process.send_signal(signal.SIGTERM)
        codes = {}
        for name, server in self.running.items():
            try:
                codes[name] = server.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                codes[name] = "still there"
        self.running.clear()
        return codes


class InstallationTest(ServeTest):
    """A test with a broker that all of its cases share."""

    broker_jvm = SMALL_JVM

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="sluice-broker-")
        cls.addClassCleanup(folder.cleanup)
        cls.broker = Broker(pathlib.Path(folder.name) / "broker", jvm=cls.broker_jvm)
        cls.broker.start()
        cls.addClassCleanup(cls.broker.close)

    def prepare(self, **options):
        """With topics, and no process yet."""
        installation = Installation(self, self.broker, **options)
        installation.create_topics()
        return installation

    def install(self, start=TARGETS, **options):
        installation = self.prepare(**options)
        installation.start_all(start)
        return installation

    def import_and_compare(self, installation, sink, path, rows, *arguments, **policies):
        return super().import_and_compare(installation.client, sink, path, rows, *arguments,
                                          **policies)

    def start_import(self, installation, path):
        """The running command; its summary comes on stdout."""
        process = installation.client.start("import", path, "--yes", "--json",
                                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        return process

    def finished(self, installation):
        """Rows of the newest import that are added or skipped."""
        entries = installation.client.imports()
        return entries[-1]["added"] + entries[-1]["skipped"] if entries else 0

    def finished_or_nothing(self, installation):
        """As `finished`; 0 while control has no answer."""
        listed = installation.client.run("imports", "list", "--json")
        entries = json.loads(listed.stdout) if listed.returncode == 0 else []
        return entries[-1]["added"] + entries[-1]["skipped"] if entries else 0

    def wait_until_it_flows(self, installation):
        before = self.finished_or_nothing(installation)
        self.wait_for("rows flow", lambda: self.finished_or_nothing(installation) > before)

    def wait_for_rows(self, installation, reached):
        self.wait_for(f"{reached} rows have an outcome",
                      lambda: self.finished(installation) >= reached)
