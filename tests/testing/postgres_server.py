"""A real PostgreSQL server for tests in Python: started on a socket of its own, stopped with the
test. build/<preset>/bin/postgres_server does the work; it ends when this process does."""

import os
import pathlib
import subprocess
import urllib.parse

BINARY = pathlib.Path(os.environ.get("TEST_SLUICE_BINARY", "")).with_name("postgres_server")


class PostgresServer:
    """Runs from its construction to `close`."""

    def __init__(self):
        self.process = subprocess.Popen([BINARY], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.folder = self.process.stdout.readline().strip()
        if not self.folder:
            raise RuntimeError("the PostgreSQL server does not start")

    def _tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer or answer.startswith("failed"):
            raise RuntimeError(f"postgres_server: {command}: {answer}")
        return answer

    def new_database(self):
        """Its name."""
        return self._tell("database")

    def url(self, database, role="sluice_writer", password="", folder=None):
        """A connection string; `folder` is that of another socket that leads here."""
        host = urllib.parse.quote(str(folder or self.folder), safe="")
        secret = f":{password}" if password else ""
        return f"postgresql://{role}{secret}@{host}/{database}"

    def query(self, database, sql):
        """What psql prints, as the superuser: a line a row, "|" between columns."""
        done = subprocess.run(
            ["psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.folder,
             "-U", "postgres", "-d", database, "-c", sql],
            capture_output=True, text=True, encoding="utf-8", check=False, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"psql: {done.stderr}")
        return done.stdout.splitlines()

    def stop(self):
        self._tell("stop")

    def kill(self):
        """As a crash."""
        self._tell("kill")

    def start(self):
        """Again, on the same data."""
        self._tell("start")

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.process.stdout.close()
