"""Customer files from a seed: rows with sown faults and duplicates, and the bytes of the file.

Two customers never share a name, an e-mail address or a phone number. Rows of one customer share
their strongest identity, so the answer does not depend on how rows are spread over partitions.
"""

import csv
import dataclasses
import heapq
import random

from oracle import cells
from oracle.records import FIELDS, INDEX, LABELS, Row

COLUMNS = FIELDS[1:]
WORDS = "晨光 远航 同心 嘉禾 宏图 锦程 瑞丰 天成 永固 新芽 百川 启明 安康 星河 恒信 乐居".split()
PEOPLE = "赵晓明 钱文静 孙建国 李丽华 周志强 吴雨桐 郑子涵 王海燕 冯国庆 陈思远 沈佳怡 韩俊杰".split()
STREETS = "桃花路 杏林街 柳堤巷 荷塘路 枫桥街 樱园路".split()
NOTES = ("老客户", "月底结账", "周一送货", "需要发票", "介绍来的", "")


@dataclasses.dataclass(frozen=True)
class Options:
    """What to sow. `first_customer` and `version` make a second file that overlaps a first one."""

    rows: int = 1000
    seed: int = 1
    first_customer: int = 0
    version: int = 0
    duplicates: float = 0.10
    faults: float = 0.25
    with_external_id: bool = False
    encoding: str = "utf-8"
    delimiter: str = ","
    line_end: str = "\r\n"


def columns(options):
    return (("external_id",) if options.with_external_id else ()) + COLUMNS


class Sower:
    """Makes the rows of one file. Iterate it once."""

    def __init__(self, options):
        self.options = options
        self.rng = random.Random(f"{options.seed}/{options.first_customer}/{options.version}")

    def can_encode(self, text):
        try:
            return text.encode(self.options.encoding) is not None
        except UnicodeEncodeError:
            return False

    def __iter__(self):
        """The rows in the order of the file."""
        waiting = []
        made = scheduled = 0
        customer = self.options.first_customer
        while made < self.options.rows:
            if waiting and (waiting[0][0] <= made or made + scheduled >= self.options.rows):
                scheduled -= 1
                yield heapq.heappop(waiting)[2]
            else:
                row, later = self.customer_rows(customer)
                customer += 1
                for offset, repeat in enumerate(later):
                    if made + 1 + scheduled < self.options.rows:
                        place = made + 1 + offset + self.rng.choice((1, 7, 400, 6000))
                        heapq.heappush(waiting, (place, customer * 4 + offset, repeat))
                        scheduled += 1
                yield row
            made += 1

    def facts(self, number):
        """A customer's own values; only address and note change with the version."""
        lot = random.Random(number * 7919 + self.options.version)
        name = f"{WORDS[number % 16]} {WORDS[number // 16 % 16]}{number:07d}"
        return {
            "external_id": f"C{number:07d}" if self.options.with_external_id else "",
            "name": name,
            "contact_name": PEOPLE[number % 12],
            "phone": f"138{number:08d}",
            "email": f"kehu{number:07d}@example.com",
            "address": f"{lot.choice(WORDS)}市{lot.choice(STREETS)}{lot.randint(1, 400)}号",
            "note": lot.choice(NOTES),
        }

    def customer_rows(self, number):
        """The customer's first row and the later ones."""
        rng, facts = self.rng, self.facts(number)
        lot = rng.random()
        if lot >= self.options.duplicates:
            return self.single(facts), []
        kind = rng.choice(("exact", "exact", "exact", "fill", "conflict", "back"))
        if kind == "exact":
            row = self.single(facts)
            return row, [row]
        base = self.make(facts, exact=True)
        if kind == "fill":
            lacking = dict(facts, address="", note="", phone=rng.choice(("", facts["phone"])))
            return self.make(lacking, exact=True), [base]
        other = dict(facts, note="另一条备注", address=rng.choice(("", "另一个地址 1号")))
        later = self.make(other, exact=True)
        return base, [later, base] if kind == "back" else [later]

    def single(self, facts):
        lot = self.rng.random()
        if lot < 0.01:
            return self.make(facts, missing_name=True)
        if lot < 0.02:
            only_name = dict.fromkeys(facts, "")
            return self.make(dict(only_name, name=facts["name"], address=facts["address"]))
        return self.make(facts)

    def make(self, facts, exact=False, missing_name=False):
        """One row. `exact`: no fault may change a value."""
        sown = {field: self.cell(field, facts[field], exact) for field in FIELDS}
        if missing_name:
            sown["name"] = cells.missing_name(self.rng)
        if exact and facts["note"] and self.rng.random() < 0.2:
            sown["note"] = cells.Cell(facts["note"] + "\r\n第二行", facts["note"] + "\n第二行")
        used = [sown[field] for field in columns(self.options)]
        text = [cell.text for cell in used]
        issues = [code for cell in used for code in cell.issues]
        custom = {f"_unfit.{field}": sown[field].text for field in FIELDS if sown[field].unfit}
        values = {field: sown[field].value for field in FIELDS}
        blanks = [INDEX[field] for field in columns(self.options)
                  if not sown[field].value and not sown[field].unfit]
        shape = self.rng.random()
        if not exact and shape < 0.01:
            text.pop()
            issues = issues[: len(issues) - len(used[-1].issues)] + ["short_row"]
            values[columns(self.options)[-1]] = ""
            blanks = [place for place in blanks if place != INDEX[columns(self.options)[-1]]]
        elif not exact and shape < 0.02:
            text.append("多一格")
            custom[f"column_{len(text)}"] = "多一格"
            issues.append("long_row")
        rejected = not values["name"]
        return Row(tuple(text), tuple(values[field] for field in FIELDS), tuple(issues),
                   tuple(sorted(custom.items())), rejected, tuple(blanks))

    def cell(self, field, value, exact):
        rng = self.rng
        faulty = rng.random() < self.options.faults / 3
        if not value:
            return cells.blank()
        if field == "phone":
            return cells.faulty_phone(value, rng, exact) if faulty else cells.phone(value, rng)
        if field == "email" and faulty:
            return cells.faulty_email(value, rng, exact)
        if field == "name" and faulty:
            cell = cells.faulty_text(value, rng, self.can_encode)
            # A name that differs is another identity: only where nothing must match it.
            return cells.plain(value) if exact and cell.value != value else cell
        return cells.plain(value)


def tangled(rng, count):
    """Rows over so few values that customers share keys in every way; no faults, all columns."""
    choices = {
        "external_id": ("", "", "", "1", "2", "3"), "name": ("甲", "乙", "丙", "丁"),
        "contact_name": ("", "", "张", "李"), "email": ("", "", "a@x.cn", "b@x.cn", "c@x.cn"),
        "phone": ("", "", "+8613800138000", "+8613800138001", "+8613800138002"),
        "address": ("", "x", "y"), "note": ("", "n", "m"),
    }
    lots = [tuple(rng.choice(choices[field]) for field in FIELDS) for _ in range(count)]
    return [Row(values, values, blanks=tuple(i for i, value in enumerate(values) if not value))
            for values in lots]


def write(path, options, rows):
    """Writes the file, with a blank line here and there, which is no row."""
    with open(path, "w", encoding=options.encoding, newline="") as file:
        out = csv.writer(file, delimiter=options.delimiter, lineterminator=options.line_end)
        out.writerow([LABELS[field] for field in columns(options)])
        for number, row in enumerate(rows):
            out.writerow(row.cells)
            if number % 997 == 500:
                out.writerow([""] * len(columns(options)))
