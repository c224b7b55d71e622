"""`sluice profile`: mappings kept under a name, found again by the shape of a file."""

import json
import unittest

from e2e.program import Program
from e2e.serving import ServeTest

USAGE, FAILED = 2, 1
ORDERS = "Kunde,Telefon,Stufe\n甲公司,13800138000,gold\n"
MAPPING = """# Orders of the shop.
columns:
  - {from: Kunde, to: name}
  - {from: Telefon, to: phone, write: never}
  - {from: Stufe, to: custom.level}
"""


class Profiles(ServeTest):
    def setUp(self):
        super().setUp()
        self.program = Program(self.folder / "data", SLUICE_HTTP__PORT="0", SLUICE_GRPC__PORT="0")
        self.orders = self.write("orders.csv", ORDERS)
        self.mapping = self.write("m.yaml", MAPPING)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def ask(self, *arguments, program=None, code=0):
        done = (program or self.program).run("profile", *arguments, "--json")
        self.assertEqual(done.returncode, code, done.stderr)
        return json.loads(done.stdout) if code == 0 else done.stderr

    def imported(self, path, *arguments, program=None):
        """What the sink's last row is, and the profile the import names."""
        program = program or self.program
        code, summary = program.import_file(path, *arguments)
        self.assertEqual(code, 0)
        done = program.run("records", "customers")
        row = json.loads(done.stdout.splitlines()[-1])
        return row["name"], (row["custom"] or {}), summary.get("profile")

    def test_every_save_is_a_version_and_all_can_be_shown(self):
        self.assertEqual(self.ask("list"), [])
        saved = self.ask("save", "shop", self.mapping, "--for", self.orders)
        self.assertEqual((saved["name"], saved["version"], saved["dataset"], saved["columns"]),
                         ("shop", 1, "customers", ["Kunde", "Telefon", "Stufe"]))
        self.mapping.write_text(MAPPING + "on_duplicate: fill\n", encoding="utf-8")
        self.assertEqual(self.ask("save", "shop", self.mapping)["version"], 2)
        self.assertEqual(self.ask("save", "老店", self.mapping)["version"], 1)
        self.assertEqual([(p["name"], p["version"]) for p in self.ask("list")],
                         [("shop", 2), ("老店", 1)])
        self.assertEqual(self.ask("show", "shop", "--version", "1")["mapping"], MAPPING)
        shown = self.ask("show", "shop")
        self.assertEqual((shown["versions"], shown["mapping"]),
                         ([1, 2], MAPPING + "on_duplicate: fill\n"))
        self.assertIn("has no version 7", self.ask("show", "shop", "--version", "7", code=FAILED))
        self.assertIn("did you mean 'shop'", self.ask("show", "shpo", code=FAILED))
        self.assertEqual(self.ask("delete", "shop"), {"deleted": "shop"})
        self.assertIn("no profile 'shop'", self.ask("delete", "shop", code=FAILED))
        # A number is never used again.
        self.assertEqual(self.ask("save", "shop", self.mapping)["version"], 3)

    def test_what_cannot_be_read_is_not_saved(self):
        bad = self.write("bad.yaml", "columns:\n  - {from: Kunde, too: name}\n")
        self.assertIn("bad.yaml:2:", self.ask("save", "x", bad, code=USAGE))
        self.assertIn("the file has no column 'Kunde'",
                      self.ask("save", "x", self.mapping, "--for",
                               self.write("other.csv", "a,b\n1,2\n"), code=USAGE))
        self.assertIn("1 to 100 bytes", self.ask("save", "a/b", self.mapping, code=USAGE))
        self.assertEqual(self.ask("list"), [])

    def test_an_import_finds_the_profile_by_the_shape_of_its_file(self):
        self.ask("save", "shop", self.mapping, "--for", self.orders)
        use = {"name": "shop", "version": 1}
        self.assertEqual(self.imported(self.orders), ("甲公司", {"level": "gold"}, use))
        # Case, width, white space and the order of columns make no other shape.
        moved = self.write("moved.csv", "ＴＥＬＥＦＯＮ,stufe , Kunde\n13900139000,x,乙公司\n")
        self.assertEqual(self.imported(moved), ("乙公司", {"level": "x"}, use))
        shown = json.loads(self.program.run("imports", "show", "last", "--json").stdout)
        self.assertEqual(shown["profile"], use)
        self.assertIn("by profile shop, version 1", self.program.run(
            "import", self.orders, "--yes", "--dry-run").stdout)

    def test_it_can_be_named_and_turned_off(self):
        self.ask("save", "shop", self.mapping, "--for", self.orders)
        wider = self.write("wider.csv", "Kunde,Telefon,Stufe,Ort\n丙公司,13700137000,y,here\n")
        self.assertEqual(self.imported(wider, "--profile", "shop")[1:],
                         ({"level": "y", "Ort": "here"}, {"name": "shop", "version": 1}))
        done = self.program.run("import", self.orders, "--yes", "--no-profile")
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("required field 'name'", done.stderr)
        done = self.program.run("import", wider, "--yes", "--profile", "shp")
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("did you mean 'shop'", done.stderr)
        for both in (("--mapping", self.mapping), ("--no-profile",)):
            done = self.program.run("import", wider, "--yes", "--profile", "shop", *both)
            self.assertEqual(done.returncode, USAGE)
        self.assertEqual(self.ask("save", "shop", self.write(
            "bare.yaml", "columns: [{from: Kunde, to: name}]\n"))["version"], 2)
        self.assertEqual(self.imported(wider, "--profile", "shop", "--profile-version", "1")[2],
                         {"name": "shop", "version": 1})
        for wrong, words in ((("--profile", "shop", "--profile-version", "7"), "no version 7"),
                             (("--profile-version", "1"), "belongs to --profile")):
            done = self.program.run("import", wider, "--yes", *wrong)
            self.assertEqual(done.returncode, USAGE)
            self.assertIn(words, done.stderr)
        done = self.program.run("import", wider, "--yes", "--profile", "shop", "--dataset",
                                "accounts")
        self.assertIn("--dataset says accounts, profile shop version 2 says customers", done.stderr)

    def test_two_that_fit_are_not_chosen_between(self):
        for name in ("one", "two"):
            self.ask("save", name, self.mapping, "--for", self.orders)
        done = self.program.run("import", self.orders, "--yes")
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("one, two; name one with --profile", done.stderr)
        self.assertEqual(self.imported(self.orders, "--profile", "two")[2]["name"], "two")

    def test_a_mapping_that_counts_cells_needs_them_in_order(self):
        counting = self.write("c.yaml", "columns:\n  - {expression: 'cell[1]', to: name}\n")
        self.ask("save", "counting", counting, "--for", self.orders)
        self.assertEqual(self.imported(self.orders)[2]["name"], "counting")
        moved = self.write("moved.csv", "Stufe,Kunde,Telefon\nx,乙公司,13900139000\n")
        found = json.loads(self.program.run("inspect", moved, "--json").stdout)["profiles"]
        self.assertEqual(found, [{"name": "counting", "version": 1, "exact": False, "missing": [],
                                  "added": []}])
        self.assertIn("another order", self.program.run("inspect", moved).stdout)

    def test_inspect_names_what_fits_and_what_differs(self):
        self.ask("save", "shop", self.mapping, "--for", self.orders)
        near = self.write("near.csv", "Kunde,Telefon,Ort\nx,1,2\n")
        found = json.loads(self.program.run("inspect", near, "--json").stdout)["profiles"]
        self.assertEqual(found, [{"name": "shop", "version": 1, "exact": False,
                                  "missing": ["Stufe"], "added": ["Ort"]}])
        self.assertIn("the file lacks Stufe; the file has besides Ort",
                      self.program.run("inspect", near).stdout)
        self.assertIn("fits exactly", self.program.run("inspect", self.orders).stdout)
        chinese = Program(self.program.data_dir, LC_ALL="zh_CN.UTF-8")
        self.assertIn("文件缺少 Stufe", chinese.run("inspect", near).stdout)
        far = self.write("far.csv", "a,b,Kunde\n1,2,3\n")
        self.assertEqual(json.loads(self.program.run("inspect", far, "--json").stdout)["profiles"],
                         [])

    def test_an_export_is_the_same_profile_elsewhere(self):
        odd = "# " + "注释\n\n" + MAPPING + "  \n"
        self.mapping.write_text(odd, encoding="utf-8")
        self.ask("save", "shop: \"a\"", self.mapping, "--for", self.orders)
        path = self.folder / "shop.yaml"
        done = self.program.run("profile", "export", "shop: \"a\"", "-o", path)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertEqual(self.program.run("profile", "export", "shop: \"a\"").stdout,
                         path.read_text(encoding="utf-8"))
        other = Program(self.folder / "other")
        self.assertEqual(self.ask("import", path, program=other)["version"], 1)
        here, there = (self.ask("show", "shop: \"a\"", program=p) for p in (self.program, other))
        for key in ("mapping", "columns", "fingerprint", "dataset"):
            self.assertEqual(here[key], there[key], key)
        path.write_text("profile: x\nmaping: y\n", encoding="utf-8")
        self.assertIn("shop.yaml:2:1: unknown key 'maping'",
                      self.ask("import", path, code=USAGE))

    def test_a_running_serve_keeps_them_too(self):
        server = self.serve(self.program)
        self.ask("save", "shop", self.mapping, "--for", self.orders)
        away = Program(self.folder / "away")
        away.environment["SLUICE_SERVER"] = server.grpc
        self.assertEqual(self.ask("save", "shop", self.mapping, "--for", self.orders,
                                  program=away)["version"], 2)
        self.assertEqual(self.ask("list", program=away)[0]["version"], 2)
        self.assertIn("no profile 'x'", self.ask("show", "x", program=away, code=FAILED))
        code, summary = away.import_file(self.orders)
        self.assertEqual((code, summary["profile"]), (0, {"name": "shop", "version": 2}))
        code, summary = away.import_file(self.orders, "--profile", "shop", "--profile-version", "1")
        self.assertEqual((code, summary["profile"]), (0, {"name": "shop", "version": 1}))
        done = away.run("import", self.orders, "--yes", "--dry-run", "--json")
        self.assertEqual(json.loads(done.stdout)["profile"]["version"], 2)
        found = json.loads(away.run("inspect", self.orders, "--json").stdout)["profiles"]
        self.assertTrue(found[0]["exact"])
        self.assertEqual(self.ask("delete", "shop", program=away), {"deleted": "shop"})
        self.assertEqual(server.stop(), 0)
        self.assertEqual(self.ask("list"), [])


if __name__ == "__main__":
    unittest.main()
