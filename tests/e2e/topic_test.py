"""An enterprise's own Kafka topic as a source: JSON and protobuf values, read exactly once."""

import importlib
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from e2e.installation import InstallationTest
from e2e.program import Program

SCHEMA = """
syntax = "proto3";
package crm.v1;
message Customer {
  message Contact { string email = 1; string phone = 2; }
  string name = 1;
  Contact contact = 2;
  int32 level = 3;
}
"""
MAPPING = """
dataset: customers
columns:
  - {from: name, to: name}
  - {from: contact.email, to: email}
  - {from: contact.phone, to: phone}
  - {from: level, to: custom.level}
"""


class Topic(InstallationTest):
    def setUp(self):
        super().setUp()
        self.installation = self.install()
        # A topic of somebody else, made by the means at hand.
        prefix = f"crm{self.installation.prefix}"
        settings = {**self.installation.settings, "SLUICE_KAFKA__PREFIX": prefix,
                    "SLUICE_PARTITIONS": "3"}
        done = Program(self.folder / "crm", **settings).run("topics", "create")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.topic = f"{prefix}.raw.v1"

    def produce(self, values):
        """Each value as a record, spread over the partitions by its number."""
        for partition in range(3):
            mine = values[partition::3]
            if not mine:
                continue
            with tempfile.TemporaryDirectory() as folder:
                paths = []
                for number, value in enumerate(mine):
                    paths.append(pathlib.Path(folder) / f"{number:06}")
                    paths[-1].write_bytes(value)
                subprocess.run(["kcat", "-P", "-b", self.broker.address, "-t", self.topic, "-p",
                                str(partition), *map(str, paths)], check=True)

    def start(self, address, *arguments):
        process = self.installation.client.start("import", address, *arguments, "--json",
                                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def rows(self):
        entries = self.installation.client.imports()
        return entries[-1]["rows"] if entries else 0

    def records(self):
        done = self.installation.client.run("records", "customers", "--format", "jsonl", "--sink",
                                            self.installation.sink)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return {row["email"]: row for row in rows}

    def customer(self, number, **values):
        return json.dumps({"name": f"公司{number}", "email": f"c{number}@example.com",
                           **values}).encode()

    def test_json_is_followed_through_kills_and_a_pause_until_it_is_cancelled(self):
        self.produce([self.customer(n) for n in range(300)])
        process = self.start(f"kafka:{self.topic}")
        self.wait_for("the first records are read", lambda: self.rows() == 300)
        self.installation.kill("ingest-0")
        self.produce([self.customer(n) for n in range(300, 600)])
        self.installation.start("ingest")
        self.wait_for("it goes on where it was", lambda: self.rows() == 600)
        self.assertEqual(self.installation.client.run("pause", "last").returncode, 0)
        self.produce([self.customer(n, phone="13800138000") for n in range(3)] +
                     [b"not json", b'{"name": ""}'])
        self.assertEqual(self.installation.client.run("resume", "last").returncode, 0)
        self.wait_for("what came meanwhile is read", lambda: self.rows() >= 604)
        self.assertEqual(self.installation.client.run("cancel", "last").returncode, 0)
        out, err = process.communicate(timeout=60)
        summary = json.loads(out)
        self.assertEqual(summary["state"], "cancelled", err)
        self.assertEqual((summary["added"], summary["updated"], summary["rejected"]), (600, 3, 1))
        records = self.records()
        self.assertEqual(len(records), 600)
        self.assertEqual(records["c2@example.com"]["phone"], "+8613800138000")

    def test_protobuf_values_by_a_schema_that_comes_with_the_import(self):
        schema = self.folder / "customer.proto"
        schema.write_text(SCHEMA)
        subprocess.run(["protoc", f"--proto_path={self.folder}", f"--python_out={self.folder}",
                        "--include_imports", f"--descriptor_set_out={self.folder}/schema.pb",
                        str(schema)], check=True)
        sys.path.insert(0, str(self.folder))
        self.addCleanup(sys.path.remove, str(self.folder))
        customer_pb2 = importlib.import_module("customer_pb2")
        values = []
        for number in range(30):
            message = customer_pb2.Customer(name=f"公司{number}", level=number % 3)
            message.contact.email = f"p{number}@example.com"
            values.append(message.SerializeToString())
        self.produce(values + [b"\xff\xff"])
        mapping = self.folder / "mapping.yaml"
        mapping.write_text(MAPPING)
        address = f"kafka:{self.topic}?value=protobuf&schema={self.folder}/schema.pb"
        refused = self.installation.client.run("import", address + "&message=crm.v1.Nothing",
                                               "--mapping", mapping)
        self.assertEqual(refused.returncode, 2, refused.stderr)
        self.assertIn("crm.v1.Nothing", refused.stderr)
        process = self.start(address + "&message=crm.v1.Customer", "--mapping", mapping)
        self.wait_for("all are read", lambda: self.rows() == 31)
        self.installation.client.run("cancel", "last")
        out, err = process.communicate(timeout=60)
        summary = json.loads(out)
        self.assertEqual((summary["added"], summary["rejected"]), (30, 1), err)
        self.assertEqual(self.records()["p4@example.com"]["custom"], {"level": "1"})

    def test_a_topic_that_is_not_there(self):
        process = self.start("kafka:nobody.made.it")
        ingest = self.installation.running["ingest-0"]

        def complaints():
            lines = [line for line in ingest.lines() if "Kafka has no topic nobody.made.it" in line]
            return [json.loads(line) for line in lines]

        self.wait_for("ingest says so", complaints)
        self.assertEqual(complaints()[0]["import"], self.installation.client.imports()[0]["import"])
        self.assertEqual(self.installation.client.run("cancel", "last").returncode, 0)
        # It ends all the same.
        self.assertEqual(process.wait(timeout=60), 1)


if __name__ == "__main__":
    unittest.main()
