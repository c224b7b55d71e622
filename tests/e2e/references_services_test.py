"""Five processes over Kafka link contacts to accounts as one process does, parents first on all
partitions."""

from e2e.installation import SPREAD, InstallationTest
from e2e.two_sheets import TwoSheets, sow


class ReferencesServices(TwoSheets, InstallationTest):
    def test_two_sheets_over_kafka(self):
        accounts, contacts = sow(7, 200, 400)
        for settings in ({}, SPREAD):
            with self.subTest(spread=bool(settings)):
                installation = self.install(**settings)
                self.expect_two_sheets(installation.client, accounts, contacts, "once")
                self.assertEqual(set(installation.stop().values()), {0})
