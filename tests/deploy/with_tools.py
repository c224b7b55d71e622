#!/usr/bin/env python3
"""Runs a test module with the tools that tests/run puts into build/deploy-tools: kustomize, and a
Python that has kubernetes-validate and YAML. Exit 77 (skipped) where they are not.

Usage: with_tools.py MODULE, in tests/.
"""

import os
import pathlib
import subprocess
import sys

SKIPPED = 77
TOOLS = pathlib.Path(__file__).resolve().parents[2] / "build" / "deploy-tools"


def main():
    python, kustomize = TOOLS / "python/bin/python", TOOLS / "kustomize"
    # The last that pip installs: without it the modules may be missing too.
    tools = (python, kustomize, TOOLS / "python/bin/podman-compose")
    missing = [str(tool) for tool in tools if not os.access(tool, os.X_OK)]
    if missing:
        print(f"not checked, tests/run could not install: {', '.join(missing)}")
        return SKIPPED
    return subprocess.run([python, "-B", "-m", "unittest", "-v", sys.argv[1]], check=False,
                          env={**os.environ, "TEST_KUSTOMIZE": str(kustomize)}).returncode


if __name__ == "__main__":
    sys.exit(main())
