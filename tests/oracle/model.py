"""What clean and load must do with sown rows, as plainly as the design's section 6 says it.

One Sink lives through several imports. Rows are met in the order of the file, which holds for files
that go whole to one partition, and for all others as long as rows of one customer share their
identity.
"""

from oracle.records import DEFAULT_IDENTITY, FIELDS, INDEX, Summary

# How the model reads what section 6 leaves open:
# - `first`: later rows of the file give nothing, not even to blank fields, and raise no issue.
# - `skip`: a row of the sink that is skipped is given nothing, so later rows cannot conflict.
# - `create`: rows of other imports are neither matched nor in the way.
# - Several rows equal to a record without identity: the oldest stands for them.
# - Only the row of the file that meets a customer first clears fields.
NAME = INDEX["name"]


class SinkRow:
    """`values` are what the sink holds now; `importer` the import that created it."""

    __slots__ = ("values", "custom", "importer")

    def __init__(self, importer):
        self.values = [""] * len(FIELDS)
        self.custom = {}
        self.importer = importer


class Sink:
    """The customers, with one index a rule."""

    def __init__(self, identity=DEFAULT_IDENTITY):
        self.rules = [tuple(INDEX[field] for field in rule) for rule in identity]
        self.rows = []
        self.indexes = [{} for _ in self.rules]
        self.by_name = {}

    def key(self, rule, values):
        """The key of the rule, or None if a field of it is blank."""
        key = tuple(values[i] for i in self.rules[rule])
        return key if all(key) else None

    def holders(self, rule, key):
        return self.indexes[rule].get(key, ())

    def excluded(self, row, rule, values):
        """True if a field of a stronger rule differs, both present."""
        stronger = {i for fields in self.rules[:rule] for i in fields}
        return any(values[i] and row.values[i] and values[i] != row.values[i] for i in stronger)

    def create(self, importer):
        row = SinkRow(importer)
        self.rows.append(row)
        return row

    def store(self, row, values, custom):
        for rule in range(len(self.rules)):
            before, after = self.key(rule, row.values), self.key(rule, values)
            if before == after:
                continue
            if before is not None:
                self.indexes[rule][before].remove(row)
            if after is not None:
                self.indexes[rule].setdefault(after, []).append(row)
        if row.values[NAME] != values[NAME]:
            if row.values[NAME]:
                self.by_name[row.values[NAME]].remove(row)
            self.by_name.setdefault(values[NAME], []).append(row)
        row.values = list(values)
        row.custom = dict(custom)

    def records(self):
        """All rows as sorted tuples of values and custom pairs."""
        return sorted((tuple(row.values), tuple(sorted(row.custom.items()))) for row in self.rows)


class Met:
    """What an import knows of a sink row it has met: the row before it, and what it has given."""

    __slots__ = ("base", "base_custom", "given", "custom", "cleared", "created", "outcome")

    def __init__(self, row, created):
        self.base = list(row.values)
        self.base_custom = dict(row.custom)
        self.given = [""] * len(FIELDS)
        self.custom = {}
        # Places the row that was met first has cleared; later ones take nothing away.
        self.cleared = ()
        self.created = created
        self.outcome = None


STRICTNESS = ("overwrite", "fill", "never")


class Import:
    """One import into a sink. Rows one by one, then `summary`.

    `write` is the policy of fields that are not simply overwritten, `clears` the fields that a
    blank cell clears.
    """

    def __init__(self, sink, on_duplicate="update", in_file="merge", write=None, clears=()):
        self.write = write or {}
        self.clears = {INDEX[field] for field in clears}
        self.sink = sink
        self.on_duplicate = on_duplicate
        self.in_file = in_file
        self.summary = Summary()
        self.claims = {}
        self.met = {}

    def run(self, rows):
        for row in rows:
            self.take(row)
        return self.summary

    def take(self, row):
        for code in row.issues:
            self.summary.count_issue(code)
        if row.rejected:
            self.count("rejected")
        elif self.is_exact_duplicate(row):
            self.count("skipped")
        else:
            self.load(row)

    def count(self, outcome, amount=1):
        self.summary.outcomes[outcome] += amount

    def identity(self, values):
        for rule in range(len(self.sink.rules)):
            key = self.sink.key(rule, values)
            if key is not None:
                return rule, key
        return None

    def is_exact_duplicate(self, row):
        """Clean: equal to the latest record of its identity. What passes replaces the claim."""
        identity = self.identity(row.values)
        if identity is None:
            return False
        fingerprint = (row.values, row.custom)
        if self.claims.get(identity) == fingerprint:
            return True
        self.claims[identity] = fingerprint
        return False

    def may_match(self, row):
        return self.on_duplicate != "create" or row.importer is self

    def candidates(self, values):
        """The candidates of the first rule that has one."""
        complete = False
        for rule in range(len(self.sink.rules)):
            key = self.sink.key(rule, values)
            if key is None:
                continue
            complete = True
            found = [row for row in self.sink.holders(rule, key)
                     if self.may_match(row) and not self.sink.excluded(row, rule, values)]
            if found:
                return found
        if complete:
            return []
        return [row for row in self.sink.by_name.get(values[NAME], ())
                if self.may_match(row) and row.values == list(values)][:1]

    def load(self, row):
        found = self.candidates(row.values)
        if len(found) > 1:
            self.count("review")
            return
        target = found[0] if found else None
        met = self.met.get(id(target)) if target is not None else None
        if met is not None:
            self.load_again(row, target, met)
            return
        created = target is None
        if created:
            target = self.sink.create(self)
        met = Met(target, created)
        met.given = list(row.values)
        met.custom = dict(row.custom)
        met.cleared = [place for place in row.blanks if place in self.clears]
        values, custom = self.combine(met)
        if not created and self.takes_a_key(target, values):
            self.count("review")
            return
        self.met[id(target)] = met
        self.sink.store(target, values, custom)
        met.outcome = self.outcome(met, values, custom)
        self.count(met.outcome)

    def load_again(self, row, target, met):
        """A later row of the same file for the same customer."""
        given, custom, conflicts = list(met.given), dict(met.custom), 0
        if self.takes_later_rows(met):
            for i, value in enumerate(row.values):
                conflicts += self.give(given, i, value)
            for name, value in row.custom:
                custom.setdefault(name, "")
                conflicts += self.give(custom, name, value)
        before, met.given, met.custom = (met.given, met.custom), given, custom
        values, custom = self.combine(met)
        if self.takes_a_key(target, values):
            met.given, met.custom = before
            self.count("review")
            return
        for _ in range(conflicts):
            self.summary.count_issue("conflicting_value")
        self.sink.store(target, values, custom)
        self.count(met.outcome, -1)
        met.outcome = self.outcome(met, values, custom)
        self.count(met.outcome)
        self.count("skipped")

    def takes_later_rows(self, met):
        return self.in_file != "first" and (met.created or self.on_duplicate != "skip")

    def give(self, given, place, value):
        """A later row's value for a field; 1 if it conflicts with what was given before."""
        if not value or value == given[place]:
            return 0
        if not given[place] or self.in_file == "last":
            given[place] = value
            return 0
        return 1

    def policy(self, field):
        """The stricter of what the import and what the mapping says of a field."""
        whole = {"fill": "fill", "skip": "never"}.get(self.on_duplicate, "overwrite")
        return max(whole, self.write.get(field, "overwrite"), key=STRICTNESS.index)

    def combine(self, met):
        """What the sink must hold: the row before the import, and what the import has given."""
        values = [self.value(met, place) for place in range(len(FIELDS))]
        custom = dict(met.base_custom)
        for name, value in met.custom.items():
            policy = self.policy(name.removeprefix("_unfit."))
            if met.created or policy == "overwrite" or (policy == "fill" and name not in custom):
                custom[name] = value
        return values, custom

    def value(self, met, place):
        old, new = met.base[place], met.given[place]
        policy = self.policy(FIELDS[place])
        if met.created or policy == "overwrite":
            return new or ("" if place in met.cleared else old)
        return old or new if policy == "fill" else old

    def takes_a_key(self, target, values):
        """True if a changed key is held by another row that no stronger field excludes."""
        for rule in range(len(self.sink.rules)):
            key = self.sink.key(rule, values)
            lost = any(target.values[i] and not values[i]
                       for fields in self.sink.rules[:rule] for i in fields)
            if key is None or (key == self.sink.key(rule, target.values) and not lost):
                continue
            for other in self.sink.holders(rule, key):
                matched = other is not target and self.may_match(other)
                if matched and not self.sink.excluded(other, rule, values):
                    return True
        return False

    def outcome(self, met, values, custom):
        if met.created:
            return "added"
        if self.on_duplicate == "skip":
            return "skipped"
        same = values == met.base and custom == met.base_custom
        return "unchanged" if same else "updated"
