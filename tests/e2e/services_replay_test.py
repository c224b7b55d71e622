"""`sluice replay` over Kafka: control reads the stored file again, the services do the rest."""

import random
import subprocess

from e2e.installation import InstallationTest
from e2e.replaying import Plan, Replaying, mapping_of
from oracle.model import Import, Sink


class ServicesReplay(Replaying, InstallationTest):
    def test_a_replay_equals_the_oracle_and_its_comparison(self):
        installation = self.install()
        self.expect_random_plans(installation.client, random.Random(7), 0)
        self.assertEqual(set(installation.stop().values()), {0})

    def test_control_killed_in_a_replay(self):
        installation, sink = self.install(), Sink()
        client = installation.client
        path, rows = self.sow("rows.csv", rows=60_000, seed=8)
        first = client.import_file(path, timeout=300)[1]["import"]
        Import(sink).run(rows)
        plan = Plan(random.Random(1))
        plan.targets, plan.write = Plan.SWAPPED, {}
        plan.policies = {"on_duplicate": "update", "in_file": "merge"}
        expected = plan.run(sink, rows)
        mapping = self.folder / "m.yaml"
        mapping.write_text(mapping_of(Plan.SWAPPED, {}, "update", "merge"), encoding="utf-8")
        process = client.start("replay", first, "--mapping", mapping, stdout=subprocess.DEVNULL)
        self.addCleanup(process.kill)
        self.wait_for("it runs", lambda: len(client.imports()) == 2)
        for name in ("control", "load", "ingest"):
            installation.kill(f"{name}-0")
            installation.start(name)
            installation.wait_until_ready()
        self.assertIn(process.wait(300), (0, 3))
        history = client.imports()
        self.assertEqual(history[1]["replay_of"], first)
        self.expect_summary(history[1], expected)
        self.expect_records(client.records(), sink.records())
