"""Many programs push much at once: memory stays bounded, and each is told what to do."""

import pathlib
import threading
import unittest

import grpc

from e2e.program import Program
from e2e.push_client import PushClient
from e2e.serving import ServeTest

RSS_MIB_MAX = 400
COLUMNS = ("name", "note", "email")


def peak_mib(process):
    """The most memory it ever had."""
    for line in pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    raise AssertionError("no VmHWM")


def records(caller, count, note_bytes):
    return [{"name": f"P{caller}-{i}", "email": f"p{caller}-{i}@example.com",
             "note": "x" * note_bytes} for i in range(count)]


class PushLimits(ServeTest):
    def serving(self, **settings):
        return self.serve(Program(self.folder / "data", SLUICE_HTTP__PORT="0",
                                  SLUICE_GRPC__PORT="0", **settings))

    def push_at_once(self, server, callers, count, note_bytes):
        """The import or the error of each caller."""
        ends = [None] * callers

        def push(caller):
            try:
                with PushClient(server.grpc, columns=COLUMNS) as client:
                    ends[caller] = client.push(records(caller, count, note_bytes), f"r{caller}")
            except grpc.RpcError as error:
                ends[caller] = error

        threads = [threading.Thread(target=push, args=(i,)) for i in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return ends

    def test_twelve_callers_with_50_megabytes_each(self):
        server = self.serving()
        for end in self.push_at_once(server, 12, 250, 200_000):
            self.assertIsInstance(end, grpc.RpcError)
            self.assertEqual(end.code(), grpc.StatusCode.RESOURCE_EXHAUSTED, end.details())
        self.assertLess(peak_mib(server.process), RSS_MIB_MAX)

    def test_twelve_callers_as_large_as_is_allowed(self):
        server = self.serving()
        ends = self.push_at_once(server, 12, 38, 200_000)
        for end in ends:
            if isinstance(end, grpc.RpcError):
                self.assertEqual(end.code(), grpc.StatusCode.RESOURCE_EXHAUSTED, end.details())
                self.assertIn("again in a moment", end.details())
        self.assertTrue(any(isinstance(end, str) for end in ends), ends)
        self.assertLess(peak_mib(server.process), RSS_MIB_MAX)

    def test_a_batch_above_the_setting_is_the_callers_to_change(self):
        server = self.serving(SLUICE_LIMITS__PUSH_BATCH_BYTES_MAX="100000")
        [refused] = self.push_at_once(server, 1, 2, 60_000)
        self.assertEqual(refused.code(), grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("limits.push_batch_bytes_max", refused.details())
        [taken] = self.push_at_once(server, 1, 1, 60_000)
        self.assertIsInstance(taken, str)


if __name__ == "__main__":
    unittest.main()
