"""A proxy before a PostgreSQL server that cuts connections around COMMIT, where a client cannot
know what has happened."""

import os
import pathlib
import select
import socket
import tempfile
import threading

# A simple query of the protocol.
COMMIT = b"Q" + (4 + len(b"COMMIT\0")).to_bytes(4, "big") + b"COMMIT\0"
# Before the server has it; while it works on it; when it has answered and the client has not heard.
BEFORE, DURING, AFTER = "before", "during", "after"


class PostgresProxy:
    """Listens on a socket of its own folder until `close`. Every `every`th COMMIT is cut, in turn
    in each of the ways, until `cut_no_more`; `cuts` counts them."""

    def __init__(self, server_folder, every=3):
        self.server = f"{server_folder}/.s.PGSQL.5432"
        self.every = every
        self.commits = 0
        self._cutting = True
        self.cuts = {BEFORE: 0, DURING: 0, AFTER: 0}
        self._lock = threading.Lock()
        self._folder = tempfile.TemporaryDirectory(prefix="sluice-proxy-")
        self.folder = pathlib.Path(self._folder.name)
        # The program under test may run as somebody else than the server, never than this.
        os.chmod(self.folder, 0o755)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.folder / ".s.PGSQL.5432"))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _cut_now(self, data):
        """How this message is to be cut, or None."""
        if not data.endswith(COMMIT):
            return None
        with self._lock:
            self.commits += 1
            if not self._cutting or self.commits % self.every:
                return None
            how = (BEFORE, DURING, AFTER)[self.commits // self.every % 3]
            self.cuts[how] += 1
            return how

    def _relay(self, client):
        with client, socket.socket(socket.AF_UNIX) as server:
            try:
                server.connect(self.server)
                while True:
                    for ready in select.select([client, server], [], [])[0]:
                        data = ready.recv(1 << 16)
                        if not data:
                            return
                        if ready is server:
                            client.sendall(data)
                            continue
                        how = self._cut_now(data)
                        if how == BEFORE:
                            return
                        server.sendall(data)
                        if how == AFTER:
                            server.recv(1)
                        if how is not None:
                            return
            except OSError:
                # The server or the client is gone: so is the connection.
                return

    def cut_no_more(self):
        with self._lock:
            self._cutting = False

    def close(self):
        self._listener.close()
        self._folder.cleanup()
