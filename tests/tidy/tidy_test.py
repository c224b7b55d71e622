#!/usr/bin/env python3
"""What no compiler checks: layering of includes, confinement of third-party headers, sizes, names.

Usage: tidy_test.py SOURCE_DIR. Every finding is one line; exit 1 if there is any.
"""

import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ".").resolve()
CODE = {".h", ".cc"}
SCRIPTS = {".py", ".sh", ".cmake", ".proto"}
FORBIDDEN_NAMES = re.compile(r"(^|[_-])(utils?|helpers?|managers?|misc)($|[_.-])", re.IGNORECASE)
# Put together here, so that this file does not hold them itself.
MACHINE_PATHS = re.compile("(?<![\\w.])/(" + "|".join(("work", "root", "home")) + ")/")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)
COMMON = "services/common/"

# Headers of third parties, and the only places that may include them.
CONFINED = [
    (re.compile(r"^librdkafka/|^rdkafka"), (COMMON + "kafka/",)),
    (re.compile(r"^grpcpp/|^grpc\+\+/"), (COMMON + "rpc/",)),
    (re.compile(r"^rocksdb/"), (COMMON + "state/", COMMON + "embedded/")),
    (re.compile(r"^sqlite3(ext)?\.h$|^libpq|^postgresql/|^pg_config"), (COMMON + "database/",)),
    (re.compile(r"^xlsxwriter"), (COMMON + "spreadsheet/",)),
    (re.compile(r"^lua"), (COMMON + "expression/",)),
]


def project_files():
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"],
                            capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        names = listed.stdout.splitlines()
    else:
        names = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file()]
    ignored = ("build/", ".git/", "console/node_modules/")
    return sorted(n for n in names if not n.startswith(ignored) and (ROOT / n).is_file())


FILES = project_files()


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8", errors="replace")


def code_files(*roots):
    return [n for n in FILES if pathlib.PurePath(n).suffix in CODE and n.startswith(roots)]


def layers():
    """Library name -> layer, from the same file the build enforces."""
    cmake = text_of("services/targets.cmake")
    found = {m[1]: int(m[2]) for m in re.finditer(r"set\(SLUICE_LAYER_(\w+) (\d+)\)", cmake)}
    for m in re.finditer(r"foreach\(name ([^)]*)\)\s*set\(SLUICE_LAYER_\$\{name\} (\d+)\)", cmake):
        found.update({name: int(m[2]) for name in m[1].split()})
    return found


def library_of(path):
    """The library a path under services/ belongs to, or None."""
    parts = path.split("/")
    if parts[0] == "common" and len(parts) > 2:
        return parts[1]
    return parts[0] if len(parts) > 1 else None


class Tidy(unittest.TestCase):
    def expect_none(self, findings):
        self.assertFalse(findings, "\n" + "\n".join(findings))

    def test_includes_go_to_lower_layers_only(self):
        known = layers()
        self.assertIn("base", known)
        findings = []
        for name in code_files("services/"):
            own = library_of(name[len("services/"):])
            if own not in known:
                findings.append(f"{name}: '{own}' has no layer in services/targets.cmake")
                continue
            for _, header in INCLUDE.findall(text_of(name)):
                if not (ROOT / "services" / header).is_file():
                    continue
                used = library_of(header)
                if used != own and known.get(used, 99) >= known[own]:
                    findings.append(f"{name}: includes {header} of the layer of '{used}'")
        self.expect_none(findings)

    def test_a_service_never_includes_another_service(self):
        services = {"ingest", "clean", "map", "load", "control", "cli"}
        findings = []
        for name in code_files("services/"):
            own = name.split("/")[1]
            for _, header in INCLUDE.findall(text_of(name)):
                used = header.split("/")[0]
                own_header = "/" in header and used in services
                if own_header and used != own and own != "cli":
                    findings.append(f"{name}: includes {header}")
        self.expect_none(findings)

    def test_third_party_headers_stay_where_they_belong(self):
        findings = []
        for name in code_files("services/"):
            for _, header in INCLUDE.findall(text_of(name)):
                for pattern, places in CONFINED:
                    if pattern.search(header) and not name.startswith(places):
                        findings.append(f"{name}: includes {header}, allowed under {places}")
        self.expect_none(findings)

    def test_files_and_lines_are_short(self):
        findings = []
        for name in FILES:
            if pathlib.PurePath(name).suffix not in CODE | SCRIPTS:
                continue
            lines = text_of(name).splitlines()
            limit = 600 if name.startswith("tests/") else 400
            if len(lines) > limit:
                findings.append(f"{name}: {len(lines)} lines, at most {limit}")
            for number, line in enumerate(lines, 1):
                if len(line) > 100:
                    findings.append(f"{name}:{number}: {len(line)} columns, at most 100")
        self.expect_none(findings)

    def test_headers_begin_with_what_they_are_for(self):
        findings = []
        for name in code_files("services/", "tests/"):
            if not name.endswith(".h"):
                continue
            text = text_of(name)
            if "#pragma once" not in text.splitlines():
                findings.append(f"{name}: no #pragma once")
            if not text.startswith("//"):
                findings.append(f"{name}: no comment says what it is for")
        self.expect_none(findings)

    def test_names_say_what_they_hold(self):
        findings = []
        for name in FILES:
            for part in name.split("/"):
                if FORBIDDEN_NAMES.search(part):
                    findings.append(f"{name}: '{part}' does not say what it holds")
        self.expect_none(findings)

    def test_no_file_knows_the_machine_it_was_written_on(self):
        findings = []
        for name in FILES:
            if b"\0" in (ROOT / name).read_bytes()[:8000]:
                continue
            for number, line in enumerate(text_of(name).splitlines(), 1):
                if MACHINE_PATHS.search(line):
                    findings.append(f"{name}:{number}: a path of one machine")
        self.expect_none(findings)

    def test_every_test_folder_is_built(self):
        findings = []
        for name in FILES:
            if name.endswith("_test.cc"):
                folder = (ROOT / name).parent
                listed = any((d / "CMakeLists.txt").is_file()
                             and pathlib.PurePath(name).name in (d / "CMakeLists.txt").read_text()
                             for d in (folder, folder.parent))
                if not listed:
                    findings.append(f"{name}: no CMakeLists.txt names it")
        self.expect_none(findings)


if __name__ == "__main__":
    unittest.main()
