"""deploy/packages.runtime is what the program links, no more and no less."""

import os
import pathlib
import re
import subprocess
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("TEST_SLUICE_BINARY", "")
# Of every Debian.
ALWAYS = {"libc6", "libgcc-s1", "libstdc++6"}
# Come with others of the list, in fixed versions of theirs.
WITH_OTHERS = {"libgrpc29"}


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def packages_of(library):
    """Those that ship it for this machine."""
    owners = re.findall(r"^([^\s:]+)(?::\w+)?: (\S+)$", output("dpkg", "-S", f"*/{library}"),
                        re.MULTILINE)
    return {package for package, path in owners if "-linux-gnu/" in path}


class RuntimePackages(unittest.TestCase):
    def test_the_list_is_what_the_program_links(self):
        libraries = re.findall(r"NEEDED +(\S+)", output("objdump", "-p", BINARY))
        self.assertGreater(len(libraries), 10)
        needed = set()
        for library in libraries:
            packages = packages_of(library)
            self.assertEqual(len(packages), 1, f"{library}: {packages}")
            needed |= packages
        listed = {line.split("#")[0].strip() for line in
                  (SOURCE / "deploy/packages.runtime").read_text("utf-8").splitlines()} - {""}
        self.assertEqual(listed, needed - ALWAYS - WITH_OTHERS)


if __name__ == "__main__":
    unittest.main()
