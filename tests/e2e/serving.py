"""`sluice serve` under test: started, asked over HTTP, stopped; and imports left in the middle."""

import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.request

from e2e.program import ImportTest

# Generous: a busy machine takes its time, and only a failing test waits for it.
DEADLINE_SECONDS = 180


def get(address, path):
    """Status and body; (0, "") while nobody listens."""
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


class Server:
    """A running `sluice serve` of a program."""

    def __init__(self, process, program, log):
        self.process = process
        self.program = program
        self.log = pathlib.Path(log)

    @property
    def address(self):
        """Where it answers HTTP; of a port it chose itself, empty until it serves."""
        port = self.program.environment.get("SLUICE_HTTP__PORT", "0")
        if port != "0":
            return f"127.0.0.1:{port}"
        try:
            return (self.program.data_dir / "server").read_text().split("\n")[0]
        except OSError:
            return ""

    @property
    def grpc(self):
        """Where it answers gRPC."""
        return (self.program.data_dir / "server").read_text().split("\n")[1]

    def get(self, path):
        return get(self.address, path) if self.address else (0, "")

    def lines(self):
        """The lines of its log."""
        return self.log.read_text(encoding="utf-8").splitlines()

    def stop(self, timeout=60):
        """The exit code after SIGTERM."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode


class ServeTest(ImportTest):
    """A test that serves. The program needs SLUICE_HTTP__PORT=0 or a free port."""

    def wait_for(self, what, condition, seconds=DEADLINE_SECONDS):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            result = condition()
            if result:
                return result
            time.sleep(0.05)
        return self.fail(f"not within {seconds} s: {what}")

    def serve(self, program, ready=200):
        """A server once /readyz answers with `ready`."""
        path = self.folder / "serve.log"
        with path.open("ab") as log:
            process = program.start("serve", stderr=log, stdout=subprocess.DEVNULL)
        server = Server(process, program, path)
        self.addCleanup(server.stop)
        self.wait_for(f"/readyz is {ready}", lambda: server.get("/readyz")[0] == ready or
                      self.assertIsNone(process.poll(), server.lines()[-3:]))
        return server

    def state(self, program, import_id):
        states = {entry["import"]: entry["state"] for entry in program.imports()}
        return states.get(import_id)

    def leave_in_the_middle(self, program, path, *options):
        """Imports the file, killed with rows read and not all loaded; the import's id."""
        before = {entry["import"] for entry in program.imports()}
        for _ in range(20):
            process = program.start("import", path, "--yes", "--new", *options,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            fresh = []
            while process.poll() is None and not any(entry["rows"] for entry in fresh):
                fresh = [e for e in program.imports() if e["import"] not in before]
            process.send_signal(signal.SIGKILL)
            process.wait()
            fresh = [e for e in program.imports() if e["import"] not in before]
            if fresh and fresh[-1]["state"] not in ("completed", "failed"):
                return fresh[-1]["import"]
            before.update(entry["import"] for entry in fresh)
        return self.fail("no import could be left in the middle")
