"""What a dry run says, held against the run."""

import collections
import json

from e2e.program import flat

COUNTS = ("rows", "added", "updated", "unchanged", "skipped", "rejected", "review", "issues",
          "issue_counts")


def rows_of(program):
    """Rows of the sink by id: present fields, custom ones as "custom.<name>"."""
    sink = ("--sink", program.sink) if hasattr(program, "sink") else ()
    done = program.run("records", "customers", *sink)
    if done.returncode != 0:
        raise AssertionError(f"records: exit {done.returncode}: {done.stderr}")
    rows = {}
    for line in done.stdout.splitlines():
        record = json.loads(line)
        custom = record.pop("custom") or {}
        row = {name: value for name, value in record.items() if value is not None and name != "id"}
        row.update({f"custom.{name}": value for name, value in flat(custom).items()})
        rows[record["id"]] = row
    return rows


def apply(changes, rows):
    """The rows with the changes, and those that are created."""
    after = {row_id: dict(row) for row_id, row in rows.items()}
    created = []
    for change in changes:
        row = {} if change["id"] is None else after[change["id"]]
        for name, field in change["fields"].items():
            if row.get(name) != field["old"]:
                raise AssertionError(f"{name} of row {change['id']} is not what the preview says")
            if field["new"] is None:
                del row[name]
            else:
                row[name] = field["new"]
        if change["id"] is None:
            created.append(row)
    return after, created


class Previewing:
    """For tests: the program, or one that is asked through a server."""

    def preview(self, program, path, *arguments, timeout=300):
        """Exit code, the preview, and all its changes."""
        changes = self.folder / "changes.jsonl"
        done = program.run("import", path, "--dry-run", "--json", "--changes", changes,
                           *program.import_arguments, *arguments, timeout=timeout)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        with changes.open(encoding="utf-8") as lines:
            return done.returncode, json.loads(done.stdout), [json.loads(line) for line in lines]

    def expect_the_run_is_the_preview(self, program, path, *arguments):
        """A dry run writes nothing; then the same is done, and is what it said."""
        before = rows_of(program)
        imports = program.imports()
        code, preview, changes = self.preview(program, path, *arguments)
        self.assertEqual(rows_of(program), before)
        self.assertEqual(program.imports(), imports)
        self.assertTrue(preview["dry_run"])
        ran, summary = program.import_file(path, "--confirm", preview["plan_hash"], *arguments)
        self.assertEqual({name: summary[name] for name in COUNTS},
                         {name: preview[name] for name in COUNTS})
        self.assertEqual(ran, code)
        after = rows_of(program)
        expected, created = apply(changes, before)
        self.assertEqual({i: row for i, row in after.items() if i in before}, expected)
        self.assertEqual(tally(row for i, row in after.items() if i not in before), tally(created))
        outcomes = collections.Counter(change["outcome"] for change in changes)
        self.assertEqual((outcomes["added"], outcomes["updated"]),
                         (preview["added"], preview["updated"]))
        return preview


def tally(rows):
    return collections.Counter(json.dumps(row, sort_keys=True) for row in rows)
