"""A workbook of contacts and accounts on two sheets, and what a separate reading of
docs/references.md says of it."""

import collections
import json
import random

from e2e.previewing import COUNTS
from testing import workbook_writer as writer

SHEETS = """sheets:
  - {sheet: 联系人, dataset: contacts, unmapped: ignore, columns: [
      {from: 编号, to: external_id}, {from: 姓名, to: name},
      {from: 公司, to: account, match: [external_id, domain, name], create: CREATE}]}
  - {sheet: 客户, dataset: accounts, unmapped: ignore, columns: [
      {from: 客户编号, to: external_id}, {from: 公司名称, to: name}, {from: 网址, to: website}]}
"""


class Oracle:
    """What a small, separate reading of docs/references.md says of a whole workbook."""

    def __init__(self, accounts, contacts, create):
        self.accounts = [dict(account) for account in accounts]
        self.created = 0
        self.issues = collections.Counter()
        self.links = {}
        for number, _, text in contacts:
            self.links[number] = self.resolve(text, create)

    def resolve(self, text, create):
        if not text:
            return None
        for key in ("external_id", "domain", "name"):
            found = [a for a in self.accounts if a[key] and a[key] == self.form(key, text)]
            if len(found) > 1:
                self.issues["ambiguous_reference"] += 1
                return None
            if found:
                return found[0]["name"]
        if not create:
            self.issues["unresolved_reference"] += 1
            return None
        domain = self.form("domain", text)
        self.accounts.append({"external_id": None, "name": domain or text, "domain": domain})
        self.created += 1
        return domain or text

    @staticmethod
    def form(key, text):
        if key != "domain":
            return text
        host = text.rsplit("@", 1)[-1].split("://")[-1].split("/")[0].removeprefix("www.")
        return host if host.endswith(".example") else None


def sow(seed, accounts, contacts):
    """Accounts as dictionaries, contacts as (number, name, company as the file has it)."""
    rng = random.Random(seed)
    rows = []
    for i in range(accounts):
        name = f"公司{i}" if i % 10 else f"双生{i // 20}"
        rows.append({"external_id": f"K{i}", "name": name, "domain": f"k{i}.example"})
    people = []
    for i in range(contacts):
        account = rng.choice(rows)
        text = rng.choice([account["external_id"], account["name"], account["domain"],
                           f"https://www.{account['domain']}/关于", f"p{i}@{account['domain']}",
                           f"新公司{rng.randrange(contacts // 4)}", f"new{rng.randrange(9)}.example",
                           ""])
        people.append((f"C{i}", f"人{i}", text))
    return rows, people


class TwoSheets:
    """For tests, which have a folder."""

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def sheets(self, create="once"):
        return self.write(f"sheets-{create}.yaml", SHEETS.replace("CREATE", create))

    def workbook(self, name, accounts, contacts):
        """Contacts on the first tab: the order of the tabs must not matter."""
        path = self.folder / name
        people = [("编号", "姓名", "公司"), *contacts]
        companies = [("客户编号", "公司名称", "网址")] + [
            (a["external_id"], a["name"], f"https://www.{a['domain']}/") for a in accounts]
        writer.write(path, writer.parts([("联系人", "", writer.text_rows(people)),
                                         ("说明", "", writer.text_rows([["读我"]])),
                                         ("客户", "", writer.text_rows(companies))]))
        return path

    def stored(self, dataset, program):
        sink = ("--sink", program.sink) if hasattr(program, "sink") else ()
        done = program.run("records", dataset, *sink)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def links(self, program):
        """Name of the account by number of the contact."""
        names = {account["id"]: account["name"] for account in self.stored("accounts", program)}
        return {contact["external_id"]: names.get(contact["account_id"])
                for contact in self.stored("contacts", program)}

    def expect(self, oracle, summary, program):
        self.assertEqual(self.links(program), oracle.links)
        self.assertEqual(
            sorted((a["external_id"] or "", a["name"], a["domain"] or "")
                   for a in self.stored("accounts", program)),
            sorted((a["external_id"] or "", a["name"], a["domain"] or "")
                   for a in oracle.accounts))
        self.assertEqual(summary.get("created_references", 0), oracle.created)
        self.assertEqual({code: count for code, count in summary["issue_counts"].items()
                          if code.endswith("_reference")}, dict(oracle.issues))

    def expect_two_sheets(self, program, accounts, contacts, create):
        """A dry run, the run that was confirmed, and the run again."""
        arguments = (self.workbook("book.xlsx", accounts, contacts), "--mapping",
                     self.sheets(create))
        done = program.run("import", *arguments, *program.import_arguments, "--dry-run", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        preview = json.loads(done.stdout)
        self.assertEqual(program.imports(), [])
        code, summary = program.import_file(*arguments, "--confirm", preview["plan_hash"])
        rows = len(accounts) + len(contacts)
        self.assertEqual((code, summary["rows"], summary["added"]), (0, rows, rows))
        for name in (*COUNTS, "created_references"):
            self.assertEqual(preview.get(name), summary.get(name), name)
        self.expect(Oracle(accounts, contacts, create == "once"), summary, program)
        self.assertEqual(len(program.imports()), 1)
        before = [self.stored(name, program) for name in ("accounts", "contacts")]
        done = program.run("import", *arguments, *program.import_arguments, "--dry-run", "--json")
        self.assertEqual(json.loads(done.stdout)["unchanged"], rows, done.stdout)
        _, again = program.import_file(*arguments)
        self.assertEqual((again["unchanged"], again.get("created_references")), (rows, None))
        self.assertEqual([self.stored(name, program) for name in ("accounts", "contacts")], before)
        return summary
