"""What `sluice replay --compare` says, held against the replay and against a second look."""

import collections
import json

from e2e.previewing import COUNTS, Previewing, apply, rows_of, tally

OUTCOMES = ("added", "updated", "unchanged", "skipped", "rejected", "review")
HELD = ("skipped", "rejected", "review")


def counts_of(summary):
    return {name: summary[name] for name in COUNTS}


class Replaying(Previewing):
    """For tests: the program, or one that is asked through a server."""

    def compare(self, program, replayed, *arguments, timeout=300):
        """Exit code, the comparison, and all rows that differ."""
        rows = self.folder / "rows.jsonl"
        done = program.run("replay", replayed, "--compare", "--json", "--changes", rows, *arguments,
                           timeout=timeout)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        with rows.open(encoding="utf-8") as lines:
            return done.returncode, json.loads(done.stdout), [json.loads(line) for line in lines]

    def replay(self, program, replayed, *arguments, timeout=300):
        """Exit code and summary."""
        done = program.run("replay", replayed, "--json", *arguments, timeout=timeout)
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError as error:
            raise AssertionError(f"exit {done.returncode}: {done.stderr!r}") from error

    def expect_adds_up(self, comparison, rows):
        """Transitions, counts and rows say the same."""
        transitions = comparison["transitions"]
        for side in ("old", "new"):
            sums = collections.Counter()
            for transition in transitions:
                sums[transition[side]] += transition["rows"]
            sums.pop(None, None)
            self.assertEqual({name: sums[name] for name in OUTCOMES},
                             {name: comparison["counts"][side][name] for name in OUTCOMES})
        listed = collections.Counter((row["old"]["outcome"], row["new"]["outcome"]) for row in rows)
        self.assertEqual({(t["old"], t["new"]): t["differing"] for t in transitions
                          if t["differing"]}, dict(listed))
        self.assertEqual(comparison["differing"], len(rows))
        self.assertEqual(comparison["rows"], rows[:100])
        for transition in transitions:
            if transition["old"] != transition["new"]:
                self.assertEqual(transition["differing"], transition["rows"])
        for row in rows:
            self.assertNotEqual(row["old"], row["new"])

    def held(self, program, import_id):
        """What the stored rows of an import say: (sheet, row) to outcome and code."""
        stored = {}
        for outcome in HELD:
            done = program.run("rows", import_id, "--outcome", outcome, "--format", "jsonl")
            self.assertEqual(done.returncode, 0, done.stderr)
            for line in done.stdout.splitlines():
                row = json.loads(line)
                stored[row.get("sheet"), row["row"]] = (row["outcome"], row["code"])
        return stored

    def expect_the_replay_is_the_comparison(self, program, replayed, *arguments, ordered=True):
        """A comparison writes nothing; then the replay is done, and is what was said.

        `ordered`: the file goes whole to one partition. Else which of two equal rows without an
        identity stands for both is not said beforehand.
        """
        before, imports = rows_of(program), program.imports()
        code, comparison, rows = self.compare(program, replayed, *arguments)
        self.assertEqual(rows_of(program), before)
        self.assertEqual(program.imports(), imports)
        self.expect_adds_up(comparison, rows)
        then = [entry for entry in imports if entry["import"] == comparison["replay_of"]]
        self.assertEqual([comparison["counts"]["then"]], then)
        # The whole of what the new plan would write, which is told by a dry run.
        changes = self.folder / "changes.jsonl"
        done = program.run("replay", replayed, "--dry-run", "--json", "--changes", changes,
                           *arguments)
        preview = json.loads(done.stdout)
        self.assertEqual((done.returncode, preview["plan_hash"]), (code, comparison["plan_hash"]))
        ran, summary = self.replay(program, replayed, "--confirm", comparison["plan_hash"],
                                   *arguments)
        self.assertEqual(counts_of(summary), counts_of(comparison["counts"]["new"]))
        self.assertEqual(ran, code)
        self.assertEqual(summary["replay_of"], comparison["replay_of"])
        after = rows_of(program)
        with changes.open(encoding="utf-8") as lines:
            expected, created = apply(map(json.loads, lines), before)
        self.assertEqual({i: row for i, row in after.items() if i in before}, expected)
        self.assertEqual(tally(row for i, row in after.items() if i not in before), tally(created))
        held = self.held(program, summary["import"])
        for row in rows if ordered else ():
            fate = (row["new"]["outcome"], row["new"]["code"])
            self.assertEqual(held.get((row["sheet"], row["row"])),
                             fate if fate[0] in HELD else None, row)
        return comparison, rows, summary
