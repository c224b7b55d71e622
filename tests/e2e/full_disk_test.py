"""A disk that fills: an import ends with a message and goes on when it is run again; `sluice serve`
waits for room and goes on by itself, also one that starts on a full disk."""

import os
import shutil
import signal
import subprocess
import unittest

from e2e.program import ImportTest, Program
from e2e.refusal import FAILED
from e2e.serving import ServeTest
from oracle import sowing
from oracle.model import Import, Sink
from testing.kafka.broker import free_ports

# Enough that it is not over before the disk is made small.
SERVED_ROWS = 150_000


def mount(place, size, remount=False):
    options = f"{'remount,' if remount else ''}size={size}"
    return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)],
                          capture_output=True, check=False).returncode == 0


class FullDiskImport(ImportTest):
    """The disk fills in the middle of an import; with more room the same command ends it."""

    def sown(self):
        options = sowing.Options(rows=60_000, seed=81)
        rows = list(sowing.Sower(options))
        path = self.folder / "sown.csv"
        sowing.write(path, options, rows)
        return path, rows

    def used_bytes(self, path):
        """What the data directory of the whole import takes."""
        program = Program(self.folder / "measured")
        program.import_file(path, timeout=300)
        return sum(p.stat().st_blocks * 512 for p in program.data_dir.rglob("*") if p.is_file())

    def expect_full_then_whole(self, program, path, rows, limited, make_room):
        done = limited()
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertRegex(done.stderr.lower(), "no space|disk|file too large|space left")
        make_room()
        sink = Sink()
        expected = Import(sink).run(rows)
        code, summary = program.import_file(path, timeout=300)
        self.expect_exit(code, expected)
        self.expect_summary(summary, expected)
        self.expect_records(program.records(), sink.records())

    def test_a_full_disk_loses_nothing(self):
        path, rows = self.sown()
        place = self.folder / "small"
        place.mkdir()
        size = self.used_bytes(path) // 2
        program = Program(place / "data")
        if os.getuid() == 0 and mount(place, size):
            self.addCleanup(subprocess.run, ["umount", "-l", str(place)], check=False)
            self.expect_full_then_whole(
                program, path, rows, lambda: program.run("import", path, "--yes", timeout=300),
                lambda: self.assertTrue(mount(place, 1 << 30, remount=True)))
            return
        largest = max(p.stat().st_size for p in (self.folder / "measured").rglob("*.db"))
        limit = f"ulimit -f {largest // 2 // 1024}; exec \"$@\""
        command = ["bash", "-c", limit, "limited", *program.command("import", path, "--yes")]
        self.expect_full_then_whole(
            program, path, rows,
            lambda: subprocess.run(command, env=program.environment, capture_output=True,
                                   text=True, timeout=300, check=False, preexec_fn=lambda:
                                   signal.signal(signal.SIGXFSZ, signal.SIG_IGN)),
            lambda: None)


class FullDiskServe(ServeTest):
    def setUp(self):
        super().setUp()
        self.place = self.folder / "small"
        self.place.mkdir()
        if os.getuid() != 0 or not mount(self.place, 1 << 30):
            self.skipTest("a small file system can only be mounted by root")
        self.addCleanup(subprocess.run, ["umount", "-l", str(self.place)], check=False)
        # The address cannot be written where there is no room.
        self.program = Program(self.place / "data", SLUICE_HTTP__PORT=str(free_ports(1)[0]),
                               SLUICE_GRPC__PORT="0")
        options = sowing.Options(rows=SERVED_ROWS, seed=92)
        self.rows = list(sowing.Sower(options))
        path = self.folder / "sown.csv"
        sowing.write(path, options, self.rows)
        self.left = self.leave_in_the_middle(self.program, path)

    def fill(self):
        """Leaves next to no room; what is used may grow meanwhile."""
        self.wait_for("the file system shrinks", lambda: mount(
            self.place, shutil.disk_usage(self.place).used + (1 << 20), remount=True))

    def expect_to_go_on(self, server):
        self.wait_for("/readyz says what is full",
                      lambda: "full" in server.get("/readyz?verbose")[1])
        # Long enough for everything that waits to have failed and been opened anew.
        self.wait_for("it was opened anew", lambda: any(
            "opening anew" in line for line in server.lines()))
        self.assertEqual(server.get("/livez")[0], 200)
        self.assertTrue(mount(self.place, 1 << 30, remount=True))
        self.wait_for(f"{self.left} is completed",
                      lambda: self.state(self.program, self.left) == "completed", 120)
        self.wait_for("/readyz is 200", lambda: server.get("/readyz")[0] == 200)
        self.assertEqual(server.stop(), 0)
        sink = Sink()
        Import(sink).run(self.rows)
        self.expect_records(self.program.records(), sink.records())

    def test_goes_on_by_itself_when_there_is_room_again(self):
        server = self.serve(self.program)
        self.fill()
        self.expect_to_go_on(server)

    def test_starts_on_a_full_disk_and_goes_on_when_there_is_room(self):
        self.fill()
        self.expect_to_go_on(self.serve(self.program, ready=503))


if __name__ == "__main__":
    unittest.main()
