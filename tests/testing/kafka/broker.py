#!/usr/bin/env python3
"""Runs one real Apache Kafka broker (KRaft, loopback, free ports) until its standard input ends.

For tests in C++: `broker.py DIRECTORY` prints "ready HOST:PORT PID" once the broker answers, or
"failed REASON". Every line it reads is a command: `kill` (SIGKILL), `stop` (SIGSTOP), `continue`
(SIGCONT), `start` (after a kill: on the same port and data). Each is answered by `ok`, or as above.
The end of the input ends the broker. For tests in Python: `with Broker(directory) as broker`.

The jars come from Maven, as its settings say, once per machine: SLUICE_KAFKA_JARS names another
place for them than ~/.cache/sluice.
"""

import base64
import ctypes
import fcntl
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid

VERSION = "4.1.1"
HERE = pathlib.Path(__file__).resolve().parent
DEADLINE_SECONDS = 120

SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners={listeners},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={listeners}
listener.security.protocol.map=PLAIN:PLAINTEXT,SASL:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT,\
MUTUAL:SSL,SECURE:SASL_SSL
inter.broker.listener.name=PLAIN
controller.listener.names=CONTROLLER
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
listener.name.sasl.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="wonderland";
listener.name.sasl.scram-sha-256.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.secure.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="wonderland";
listener.name.secure.scram-sha-256.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
min.insync.replicas=1
num.network.threads=2
num.io.threads=2
log.cleaner.dedupe.buffer.size=8388608
"""


# Who connects to MUTUAL shows a certificate of the authority, to SECURE a password.
TLS_SETTINGS = """\
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
listener.name.mutual.ssl.client.auth=required
"""


def jars():
    """The folder with the broker's jars, fetched if they are not there."""
    cache = os.environ.get("SLUICE_KAFKA_JARS")
    folder = pathlib.Path(cache) if cache else (
        pathlib.Path.home() / ".cache" / "sluice" / f"kafka-{VERSION}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / f".kafka-{VERSION}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / f"kafka_2.13-{VERSION}.jar").is_file():
            incoming = folder.with_suffix(".incoming")
            shutil.rmtree(incoming, ignore_errors=True)
            subprocess.run(
                ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies",
                 "-DincludeScope=runtime", f"-DoutputDirectory={incoming}"],
                check=True, stdout=sys.stderr, timeout=600)
            shutil.rmtree(folder, ignore_errors=True)
            incoming.rename(folder)
    return folder


def random_id():
    """As Kafka writes one; none begins like an option."""
    return base64.urlsafe_b64encode(b"\0" + uuid.uuid4().bytes[1:]).decode().rstrip("=")


def free_ports(count):
    """Ports nobody listens on now, below those that the system gives to connections: else one of
    these may take a port before its server does."""
    lowest = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    sockets = []
    try:
        while len(sockets) < count:
            each = socket.socket()
            try:
                each.bind(("127.0.0.1", random.randrange(lowest // 2, lowest)))
                sockets.append(each)
            except OSError:
                each.close()
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def die_with_parent():
    """In the child: it is killed when this process ends, however it ends."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


# Starts quickly and takes little; the code it runs stays a good deal slower than it could be.
SMALL_JVM = ("-Xmx512m", "-Xms256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
# What Kafka's own start script gives a broker.
INSTALLED_JVM = ("-Xmx1G", "-Xms1G", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
                 "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent")


class Broker:
    """A broker with data and settings in a directory of the caller. With an authority
    (testing.certificates) it has listeners with TLS too."""

    def __init__(self, directory, settings="", jvm=SMALL_JVM, authority=None):
        self.directory = pathlib.Path(directory)
        self.jvm = jvm
        ports = free_ports(5)
        self.port, self.sasl_port, self.controller, self.mutual_port, self.secure_port = ports
        self.process = None
        self.classpath = f"{jars()}/*"
        listeners = f"PLAIN://127.0.0.1:{self.port},SASL://127.0.0.1:{self.sasl_port}"
        self.directory.mkdir(parents=True, exist_ok=True)
        if authority is not None:
            listeners += (f",MUTUAL://127.0.0.1:{self.mutual_port}"
                          f",SECURE://127.0.0.1:{self.secure_port}")
            certificate, key = authority.issue("broker")
            keystore = self.directory / "keystore.pem"
            keystore.write_bytes(key.read_bytes() + certificate.read_bytes())
            settings += TLS_SETTINGS.format(keystore=keystore, authority=authority.certificate)
        (self.directory / "server.properties").write_text(
            SETTINGS.format(controller=self.controller, listeners=listeners,
                            data=self.directory / "data") + settings, encoding="utf-8")
        (self.directory / "log4j2.yaml").write_text(
            "Configuration:\n  Appenders:\n    Console:\n      name: out\n      PatternLayout:\n"
            "        pattern: '%d %p %c %m%n'\n  Loggers:\n    Root:\n      level: WARN\n"
            "      AppenderRef:\n        ref: out\n", encoding="utf-8")
        self._format(self.directory / "data")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def _format(self, data):
        """What Kafka's tool does. That takes a JVM seconds, and but for the ids it is always the
        same: the versions of the features, and a user of SCRAM. So it is kept beside the jars."""
        kept = jars() / "bootstrap.checkpoint"
        if not kept.is_file():
            self._java(["kafka.tools.StorageTool", "format", "-t", random_id(), "-c",
                        str(self.directory / "server.properties"), "--add-scram",
                        "SCRAM-SHA-256=[name=bob,password=builder]"]).wait(timeout=DEADLINE_SECONDS)
            incoming = kept.with_suffix(f".{os.getpid()}")
            shutil.copyfile(data / kept.name, incoming)
            incoming.rename(kept)
            return
        data.mkdir()
        shutil.copyfile(kept, data / kept.name)
        (data / "meta.properties").write_text(
            f"version=1\nnode.id=1\ncluster.id={random_id()}\ndirectory.id={random_id()}\n",
            encoding="utf-8")

    def _java(self, arguments):
        with open(self.directory / "broker.log", "ab") as log:
            return subprocess.Popen(
                ["java", *self.jvm,
                 f"-Dlog4j2.configurationFile={self.directory / 'log4j2.yaml'}",
                 "-cp", self.classpath, *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.directory,
                preexec_fn=die_with_parent)

    def start(self):
        """Starts it, also again after a kill, and waits until it answers."""
        # Two on one folder ruin it.
        assert self.process is None or self.process.poll() is not None, "the broker runs already"
        self.process = self._java(["kafka.Kafka", str(self.directory / "server.properties")])
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = (self.directory / "broker.log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"the broker does not start: {said}")
            try:
                # Ends early when the broker does.
                self.process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                pass

    def _answers(self):
        # ApiVersions, version 0, no client: answered only by a broker that has started.
        request = bytes.fromhex("0000000a" "0012" "0000" "00000001" "ffff")
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(request)
                return len(connection.recv(8)) > 0
        except OSError:
            return False

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """As a crash: kill -9."""
        self.process.kill()
        self.process.wait()

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()


def serve(directory):
    """Obeys commands until the input ends."""
    def say(text):
        print(text, flush=True)

    try:
        broker = Broker(directory)
        broker.start()
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        say(f"failed {error}")
        return 1
    # Not `with`: that would start a second broker in the same folder.
    try:
        say(f"ready {broker.address} {broker.sasl_port}")
        for line in sys.stdin:
            command = line.strip()
            try:
                if command == "kill":
                    broker.kill()
                elif command == "stop":
                    broker.signal(signal.SIGSTOP)
                elif command == "continue":
                    broker.signal(signal.SIGCONT)
                elif command == "start":
                    broker.start()
                else:
                    raise RuntimeError(f"no such command: {command}")
                say("ok")
            except (OSError, RuntimeError) as error:
                say(f"failed {error}")
    finally:
        broker.close()
    return 0


if __name__ == "__main__":
    sys.exit(serve(sys.argv[1]))
