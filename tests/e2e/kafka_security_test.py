"""Five processes over Kafka with TLS and SASL, and over gRPC with both certificates and tokens; and
what is said when a certificate or a password is wrong."""

import hashlib
import pathlib
import tempfile
import unittest

from e2e.installation import TARGETS, Installation
from e2e.program import Program
from e2e.serving import ServeTest
from oracle.model import Sink
from testing.certificates import Authority
from testing.kafka.broker import Broker

ROWS = 3000
PASSWORD = "wonderland"
UNREACHABLE = 4


class KafkaSecurity(ServeTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory(prefix="sluice-broker-")
        cls.addClassCleanup(folder.cleanup)
        place = pathlib.Path(folder.name)
        cls.authority = Authority(place / "certificates")
        cls.stranger = Authority(place / "certificates", "stranger")
        cls.certificate, cls.key = cls.authority.issue("sluice")
        cls.broker = Broker(place / "broker", authority=cls.authority)
        cls.broker.start()
        cls.addClassCleanup(cls.broker.close)

    def sasl(self, **settings):
        return {"SLUICE_KAFKA__BROKERS": f"127.0.0.1:{self.broker.secure_port}",
                "SLUICE_KAFKA__SECURITY": "sasl_ssl",
                "SLUICE_KAFKA__TLS__CA_FILE": str(self.authority.certificate),
                "SLUICE_KAFKA__SASL__MECHANISM": "PLAIN", "SLUICE_KAFKA__SASL__USERNAME": "alice",
                "SLUICE_KAFKA__SASL__PASSWORD": PASSWORD, **settings}

    def mutual(self, certificate, key):
        """TLS where the broker asks for the client's certificate."""
        return {"SLUICE_KAFKA__BROKERS": f"127.0.0.1:{self.broker.mutual_port}",
                "SLUICE_KAFKA__SECURITY": "ssl",
                "SLUICE_KAFKA__TLS__CA_FILE": str(self.authority.certificate),
                "SLUICE_KAFKA__TLS__CERTIFICATE_FILE": str(certificate),
                "SLUICE_KAFKA__TLS__KEY_FILE": str(key)}

    def rpc(self):
        """TLS with certificates on both sides, and tokens: the settings of services and client."""
        tokens = {"service": "slc_of-the-services", "operate": "slc_of-somebody"}
        access = self.folder / "access"
        access.write_text("".join(f"{hashlib.sha256(token.encode()).hexdigest()} {role} {role}\n"
                                  for role, token in tokens.items()))
        token = self.folder / "token"
        token.write_text(tokens["service"])
        tls = {"SLUICE_GRPC__TLS__CERTIFICATE_FILE": str(self.certificate),
               "SLUICE_GRPC__TLS__KEY_FILE": str(self.key),
               "SLUICE_GRPC__TLS__CA_FILE": str(self.authority.certificate)}
        server = {"SLUICE_GRPC__TLS__CLIENT_CA_FILE": str(self.authority.certificate),
                  "SLUICE_GRPC__ACCESS_FILE": str(access), "SLUICE_GRPC__TOKEN_FILE": str(token)}
        return {**tls, **server}, {**tls, "SLUICE_TOKEN": tokens["operate"]}

    def install(self, **settings):
        installation = Installation(self, self.broker, **settings)
        installation.create_topics()
        return installation

    def test_an_import_with_everything_closed(self):
        services, client = self.rpc()
        installation = self.install(**self.sasl(**services))
        installation.start_all()
        path, rows = self.sow("sown.csv", rows=ROWS, seed=61)
        refused = installation.client.run("import", path, "--yes", "--json")
        self.assertEqual(refused.returncode, UNREACHABLE, refused.stderr)
        installation.client.environment.update(client)
        self.import_and_compare(installation.client, Sink(), path, rows)
        self.assertEqual(installation.stop(), {f"{target}-0": 0 for target in TARGETS})
        secrets = (PASSWORD, "slc_of-the-services", "slc_of-somebody")
        for log in installation.folder.glob("*.log"):
            text = log.read_text(encoding="utf-8")
            for secret in secrets:
                self.assertNotIn(secret, text, log.name)

    def test_clients_certificates(self):
        installation = self.install(**self.mutual(self.certificate, self.key))
        check = Program(self.folder / "admin", **{
            **installation.settings, **self.mutual(*self.stranger.issue("somebody"))})
        self.expect_refusal(check, "kafka.tls.certificate_file")

    def expect_refusal(self, program, *words):
        done = program.run("topics", "check")
        self.assertEqual(done.returncode, UNREACHABLE, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertNotIn("not-the-password", done.stderr)

    def test_what_is_wrong_is_said(self):
        settings = self.install(**self.sasl()).settings
        for wrong, *words in (
                ({"SLUICE_KAFKA__SASL__PASSWORD": "not-the-password"}, "Authentication failed",
                 "kafka.sasl.password"),
                ({"SLUICE_KAFKA__TLS__CA_FILE": str(self.stranger.certificate)},
                 "certificate verify failed", "kafka.tls.ca_file"),
                ({"SLUICE_KAFKA__SASL__MECHANISM": "SCRAM-SHA-256",
                  "SLUICE_KAFKA__SASL__USERNAME": "bob",
                  "SLUICE_KAFKA__SASL__PASSWORD": "builder"}, "PLAIN over TLS"),
                ({"SLUICE_KAFKA__SECURITY": "ssl", "SLUICE_KAFKA__BROKERS": self.broker.address,
                  "SLUICE_KAFKA__SASL__MECHANISM": ""}, "kafka.security"),
                ({"SLUICE_KAFKA__SECURITY": "plaintext", "SLUICE_KAFKA__SASL__MECHANISM": ""},
                 "kafka.security")):
            with self.subTest(setting=words[-1]):
                self.expect_refusal(Program(self.folder / "admin", **{**settings, **wrong}), *words)

    def test_services_wait_for_the_right_password_and_say_so(self):
        installation = self.install(**self.sasl())
        right = dict(installation.settings)
        installation.settings["SLUICE_KAFKA__SASL__PASSWORD"] = "not-the-password"
        for target in ("control", "map"):
            server = installation.start(target)
            self.wait_for(f"{target} says why", lambda s=server:
                          "Authentication failed" in s.get("/readyz?verbose")[1] or
                          self.assertIsNone(s.process.poll(), s.lines()[-3:]))
            self.assertIn("kafka.sasl.password", server.get("/readyz?verbose")[1])
            self.assertEqual(server.get("/livez")[0], 200)
            self.wait_for("the log says so", lambda s=server: any(
                "Authentication failed" in line for line in s.lines()))
            self.assertNotIn("not-the-password", "\n".join(server.lines()))
        self.assertEqual(installation.stop(), {"control-0": 0, "map-0": 0})
        installation.settings.update(right)
        installation.start_all(("control", "map"))


if __name__ == "__main__":
    unittest.main()
