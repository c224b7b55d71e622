"""On a terminal `sluice import FILE` shows what it understood and asks once."""

import os
import pty
import select
import time

from e2e.program import ImportTest, Program

TEXT = ("客户名称,联系电话,等级\n杭州云杉科技有限公司,13800138000,甲\n"
        "苏州晨光贸易有限公司,0512-62888888,乙\n")


class Terminal(ImportTest):
    def setUp(self):
        super().setUp()
        self.program = Program(self.folder / "data")
        self.path = self.folder / "客户.csv"
        self.path.write_text(TEXT, encoding="utf-8")

    def talk(self, answers, *arguments, language="C.UTF-8"):
        """What was on the screen, and the exit code; each answer follows a prompt."""
        command = self.program.command("import", self.path, *arguments)
        environment = {**self.program.environment, "LC_ALL": language}
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(command[0], command, environment)
        screen, asked = "", 0
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            ready, _, _ = select.select([terminal], [], [], 0.1)
            if not ready:
                continue
            try:
                seen = os.read(terminal, 65536)
            except OSError:
                break
            screen += seen.decode("utf-8", "replace")
            if screen.count("[n]") > asked:
                os.write(terminal, (answers[asked] + "\n").encode())
                asked += 1
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        self.assertEqual(asked, len(answers), screen)
        return screen, os.waitstatus_to_exitcode(status)

    def added(self):
        return sum(entry["added"] for entry in self.program.imports())

    def test_it_is_shown_asked_for_and_imported(self):
        screen, code = self.talk([""])
        self.assertEqual(code, 0, screen)
        for shown in ("客户名称", "-> name", "-> phone", "-> custom", "苏州晨光贸易有限公司 | 0512",
                      "Import it so?", "Import 01", "added"):
            self.assertIn(shown, screen)
        self.assertEqual(self.added(), 2)

    def test_what_is_not_wanted_is_not_done(self):
        screen, code = self.talk(["what?", "n"])
        self.assertEqual(code, 0, screen)
        self.assertIn("Nothing was imported", screen)
        self.assertIn("--mapping-file", screen)
        self.assertEqual(self.added(), 0)

    def test_a_dry_run_comes_first_when_that_is_wanted(self):
        screen, code = self.talk(["d"])
        self.assertEqual(code, 0, screen)
        self.assertIn("Dry run: nothing was written", screen)
        self.assertIn("--confirm", screen)
        self.assertEqual(self.added(), 0)

    def test_it_speaks_chinese(self):
        screen, code = self.talk(["是"], language="zh_CN.UTF-8")
        self.assertEqual(code, 0, screen)
        self.assertIn("按此导入吗？", screen)
        self.assertIn("新增：2", screen)

    def test_who_has_said_it_all_is_not_asked(self):
        mapping = self.folder / "m.yaml"
        mapping.write_text("columns: [{from: 客户名称, to: name}]\n", encoding="utf-8")
        for arguments in (("--yes",), ("--json",), ("--mapping", mapping), ("--dry-run",)):
            screen, code = self.talk([], "--new", *arguments)
            self.assertEqual(code, 0, screen)

    def test_a_file_that_is_refused_is_refused_without_a_question(self):
        self.path.write_text("", encoding="utf-8")
        screen, code = self.talk([])
        self.assertEqual(code, 1)
        self.assertIn("is empty", screen)
