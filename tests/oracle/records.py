"""The words of the oracle: fields, a row as it was sown, and what an import must report."""

import dataclasses

FIELDS = ("external_id", "name", "contact_name", "phone", "email", "address", "note")
LABELS = {"external_id": "客户编号", "name": "客户名称", "contact_name": "联系人",
          "phone": "联系电话", "email": "邮箱地址", "address": "地址", "note": "备注"}
INDEX = {field: i for i, field in enumerate(FIELDS)}
DEFAULT_IDENTITY = (("external_id",), ("email", "name"), ("phone", "name"),
                    ("name", "contact_name"))
OUTCOMES = ("added", "updated", "unchanged", "skipped", "rejected", "review")


@dataclasses.dataclass(frozen=True)
class Row:
    """One row of a file: its cells as written, and what cleaning must make of them.

    `values` are the normal forms in the order of FIELDS, "" where blank; `custom` pairs of name and
    value; `issues` the codes that cleaning reports for it, one each time. `blanks` are the places
    of fields whose cells are there and say nothing, or a placeholder.
    """

    cells: tuple
    values: tuple
    issues: tuple = ()
    custom: tuple = ()
    rejected: bool = False
    blanks: tuple = ()


@dataclasses.dataclass
class Summary:
    """What an import must report."""

    outcomes: dict = dataclasses.field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    issue_counts: dict = dataclasses.field(default_factory=dict)

    @property
    def rows(self):
        return sum(self.outcomes.values())

    def count_issue(self, code):
        self.issue_counts[code] = self.issue_counts.get(code, 0) + 1

    def as_dict(self):
        return {"rows": self.rows, **self.outcomes, "issues": sum(self.issue_counts.values()),
                "issue_counts": dict(sorted(self.issue_counts.items()))}
