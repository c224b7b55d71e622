"""What `sluice replay --compare` says, held against the replay and against a second look."""

import collections
import dataclasses
import json

from e2e.previewing import COUNTS, Previewing, apply, rows_of, tally
from oracle.model import Import, Sink
from oracle.records import FIELDS, INDEX, LABELS

OUTCOMES = ("added", "updated", "unchanged", "skipped", "rejected", "review")
HELD = ("skipped", "rejected", "review")


def mapping_of(targets, write, on_duplicate, in_file):
    """A mapping of all columns of a sown file; `targets`: field of the column to the target's."""
    lines = [f"on_duplicate: {on_duplicate}", f"in_file: {in_file}", "columns:"]
    for field in FIELDS[1:]:
        to = targets.get(field, field)
        policy = f", write: {write[to]}" if to in write else ""
        lines.append(f"  - {{from: {LABELS[field]}, to: {to}{policy}}}")
    return "\n".join(lines) + "\n"


def moved(row, targets):
    """The sown row as it comes out of a mapping that moves plain texts."""
    values, blanks = list(row.values), set(row.blanks)
    for field, to in targets.items():
        values[INDEX[to]] = row.values[INDEX[field]]
        blanks.discard(INDEX[to])
    for field, to in targets.items():
        if INDEX[field] in row.blanks:
            blanks.add(INDEX[to])
    return dataclasses.replace(row, values=tuple(values), blanks=tuple(sorted(blanks)))


class Plan:
    """A random mapping, and how the oracle reads the rows under it."""

    SWAPPED = {"address": "note", "note": "address"}

    def __init__(self, rng):
        self.targets = self.SWAPPED if rng.random() < 0.5 else {}
        self.policies = {"on_duplicate": rng.choice(("update", "update", "fill", "skip", "create")),
                         "in_file": rng.choice(("merge", "first", "last"))}
        self.write = {field: rng.choice(("fill", "never")) for field in ("address", "note", "phone")
                      if rng.random() < 0.25}

    def yaml(self):
        return mapping_of(self.targets, self.write, **self.policies)

    def run(self, sink, rows):
        return Import(sink, write=self.write, **self.policies).run(
            moved(row, self.targets) for row in rows)


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

    def expect_random_plans(self, program, rng, number):
        """A file under one random plan, then replayed under another: as the oracle, and as said."""
        first, second = Plan(rng), Plan(rng)
        path, rows = self.sow(f"sown-{number}.csv", rows=rng.randrange(1, 900),
                              seed=rng.randrange(1 << 30))
        one, two = self.folder / "one.yaml", self.folder / "two.yaml"
        one.write_text(first.yaml(), encoding="utf-8")
        two.write_text(second.yaml(), encoding="utf-8")
        sink = Sink()
        with self.subTest(round=number, first=first.yaml(), second=second.yaml()):
            expected = first.run(sink, rows)
            _, summary = program.import_file(path, "--mapping", one)
            self.expect_summary(summary, expected)
            # The old plan again: what the file under its mapping would do now.
            _, again, _ = self.preview(program, path, "--mapping", one)
            path.unlink()
            comparison, _, replayed = self.expect_the_replay_is_the_comparison(
                program, summary["import"], "--mapping", two)
            self.assertEqual(counts_of(comparison["counts"]["old"]), counts_of(again))
            self.expect_summary(replayed, second.run(sink, rows))
            self.expect_records(program.records(), sink.records())
