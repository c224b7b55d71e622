"""`sluice replay` into PostgreSQL: the sink of the old import, and both plans compared over one
moment of it."""

import os
import random

from e2e.postgres_test import PostgresProgram
from e2e.replaying import Plan, Replaying, mapping_of
from e2e.serving import ServeTest
from testing.postgres_server import PostgresServer

ROUNDS = int(os.environ.get("TEST_SLUICE_ROUNDS", "3"))
SEED = int(os.environ.get("TEST_SLUICE_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)


class PostgresReplays(Replaying, ServeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = PostgresServer()
        cls.addClassCleanup(cls.server.close)

    def make(self, name, **settings):
        return PostgresProgram(self.folder / name, self.server.url(self.server.new_database()),
                               **settings)

    def test_random_plans_equal_the_oracle_and_their_comparisons(self):
        rng = random.Random(SEED)
        print(f"seed {SEED}, {ROUNDS} rounds", flush=True)
        for number in range(ROUNDS):
            with self.subTest(seed=SEED):
                program = self.make(f"data-{number}")
                self.expect_random_plans(program, rng, number)

    def test_a_running_serve_says_the_same(self):
        program = self.make("data", SLUICE_HTTP__PORT="0", SLUICE_GRPC__PORT="0",
                            SLUICE_ORDERING__IMPORT_MAX="1")
        path, _ = self.sow("rows.csv", rows=3000, seed=25)
        program.import_file(path)
        mapping = self.folder / "m.yaml"
        mapping.write_text(mapping_of(Plan.SWAPPED, {}, "update", "merge"), encoding="utf-8")
        local = self.compare(program, "last", "--mapping", mapping)
        server = self.serve(program)
        served = self.compare(program, "last", "--mapping", mapping)
        self.assertEqual(served[1]["plan_hash"], local[1]["plan_hash"])
        self.expect_the_replay_is_the_comparison(program, "last", "--mapping", mapping,
                                                 ordered=False)
        self.assertEqual(server.stop(), 0)
