"""Who may call gRPC: TLS, clients' certificates, tokens and their roles; and what a caller is told
who is refused. Control alone serves without Kafka, so there is no broker here."""

import hashlib
import json
import os
import subprocess
import unittest

import grpc

from e2e.program import Program
from e2e.serving import Server, ServeTest
from testing.certificates import Authority

LIST = "/sluice.control.v1.ImportService/ListImports"
INSTALLATION = "/sluice.control.v1.IngestLeaseService/GetInstallation"
HEALTH = "/grpc.health.v1.Health/Check"
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
ROLES = ("read", "operate", "service", "push")
TOKENS = {role: f"slc_{role}_4cfd7b8a2f9e41d06b35" for role in ROLES}
UNREACHABLE, USAGE, DONE = 4, 2, 0


def line(token, name, role):
    return f"{hashlib.sha256(token.encode()).hexdigest()} {name} {role}\n"


class Access(ServeTest):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.folder / "certificates")
        self.stranger = Authority(self.folder / "certificates", "stranger")
        self.certificate, self.key = self.authority.issue("control")
        self.access = self.folder / "access"
        self.access.write_text("# who may call\n" + "".join(
            line(token, f"somebody-{role}", role) for role, token in TOKENS.items()))
        self.file = self.folder / "rows.csv"
        self.file.write_text("客户名称\n甲\n", encoding="utf-8")

    def tls(self, **more):
        return {"SLUICE_GRPC__TLS__CERTIFICATE_FILE": str(self.certificate),
                "SLUICE_GRPC__TLS__KEY_FILE": str(self.key), **more}

    def settings(self, **settings):
        return {"SLUICE_HTTP__PORT": "0", "SLUICE_GRPC__PORT": "0", "SLUICE_LOG__FORMAT": "json",
                "SLUICE_KAFKA__BROKERS": "127.0.0.1:1", "SLUICE_SINKS": "customers=sqlite:/nowhere",
                **settings}

    def control(self, **settings):
        """A control that serves, and waits for its brokers; its address."""
        program = Program(self.folder / "control", **self.settings(**settings))
        program.data_dir.mkdir()
        log = self.folder / "control.log"
        with log.open("wb") as out:
            process = program.start("serve", "--target", "control", stderr=out,
                                    stdout=subprocess.DEVNULL)
        self.server = Server(process, program, log)
        self.addCleanup(self.server.stop)
        entry = self.wait_for("control serves", lambda: next(
            (json.loads(text) for text in self.server.lines() if '"serving"' in text), None) or
            self.assertIsNone(process.poll(), self.server.lines()))
        return entry["grpc"]

    def ask(self, address, *verb, **settings):
        """The finished command."""
        program = Program(self.folder / "client", SLUICE_SERVER=address, **settings)
        return program.run(*(verb or ("imports", "list", "--json")))

    def expect(self, done, code, *words):
        self.assertEqual(done.returncode, code, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def with_ca(self, authority=None, **more):
        return {"SLUICE_GRPC__TLS__CA_FILE": str((authority or self.authority).certificate), **more}

    def call(self, address, method, request=b"", token=None, root=None):
        """The bytes of an answer; grpc.RpcError when it is refused."""
        if root is None:
            channel = grpc.insecure_channel(address)
        else:
            channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(root.read_bytes()))
        with channel:
            metadata = (("authorization", f"Bearer {token}"),) if token else ()
            if method == REFLECTION:
                answers = channel.stream_stream(method)(iter([request]), metadata=metadata,
                                                        timeout=30)
                return next(answers)
            return channel.unary_unary(method)(request, metadata=metadata, timeout=30)

    def refused(self, *arguments, **options):
        with self.assertRaises(grpc.RpcError) as error:
            self.call(*arguments, **options)
        return error.exception.code()

    def test_tls_takes_the_right_authority_only(self):
        address = self.control(**self.tls())
        self.expect(self.ask(address, **self.with_ca()), DONE)
        self.expect(self.ask(address, **self.with_ca(self.stranger)), UNREACHABLE,
                    "grpc.tls.ca_file")
        self.expect(self.ask(address), UNREACHABLE, "grpc.tls.ca_file")

    def test_a_name_that_the_certificate_has_not_is_refused(self):
        self.certificate, self.key = self.authority.issue("elsewhere", "DNS:elsewhere.example")
        address = self.control(**self.tls())
        self.expect(self.ask(address, **self.with_ca()), UNREACHABLE, "grpc.tls.ca_file")

    def test_clients_certificates(self):
        address = self.control(**self.tls(
            SLUICE_GRPC__TLS__CLIENT_CA_FILE=str(self.authority.certificate)))

        def own(authority):
            certificate, key = authority.issue("client", "DNS:client")
            return self.with_ca(SLUICE_GRPC__TLS__CERTIFICATE_FILE=str(certificate),
                                SLUICE_GRPC__TLS__KEY_FILE=str(key))
        self.expect(self.ask(address, **own(self.authority)), DONE)
        self.expect(self.ask(address, **self.with_ca()), UNREACHABLE,
                    "grpc.tls.certificate_file")
        self.expect(self.ask(address, **own(self.stranger)), UNREACHABLE,
                    "grpc.tls.certificate_file")

    def test_a_renewed_certificate_needs_no_restart(self):
        address = self.control(**self.tls())
        self.expect(self.ask(address, **self.with_ca()), DONE)
        certificate, key = self.stranger.issue("control")
        os.replace(key, self.key)
        os.replace(certificate, self.certificate)
        self.wait_for("the new certificate is shown", lambda: self.ask(
            address, **self.with_ca(self.stranger)).returncode == DONE)
        self.expect(self.ask(address, **self.with_ca()), UNREACHABLE)
        self.assertIsNone(self.server.process.poll())

    def check_roles(self, address, root=None, **client):
        """What each role may do; with TLS or without."""
        import_it = ("import", self.file, "--yes", "--json")
        may = {"read": (DONE, UNREACHABLE), "operate": (DONE, None),
               "service": (UNREACHABLE, UNREACHABLE), "push": (UNREACHABLE, UNREACHABLE)}
        for role, (looking, importing) in may.items():
            with self.subTest(role=role):
                settings = {**client, "SLUICE_TOKEN": TOKENS[role]}
                self.expect(self.ask(address, **settings), looking)
                if importing is not None:
                    self.expect(self.ask(address, *import_it, **settings), importing,
                                f"somebody-{role}", f"role {role}", "operate", "access_file")
        # It may look; there is none.
        self.expect(self.ask(address, "imports", "show", "last", **client,
                             SLUICE_TOKEN=TOKENS["operate"]), 1)
        denied = grpc.StatusCode.PERMISSION_DENIED
        for role in ("read", "operate", "push"):
            self.assertEqual(self.refused(address, INSTALLATION, token=TOKENS[role], root=root),
                             denied, role)
        # It may, but there is no log yet.
        self.assertEqual(self.refused(address, INSTALLATION, token=TOKENS["service"], root=root),
                         grpc.StatusCode.UNAVAILABLE)

    def test_roles_with_tls(self):
        address = self.control(**self.tls(SLUICE_GRPC__ACCESS_FILE=str(self.access)))
        self.check_roles(address, self.authority.certificate, **self.with_ca())

    def test_roles_without_tls(self):
        self.check_roles(self.control(SLUICE_GRPC__ACCESS_FILE=str(self.access)))

    def test_no_token_or_a_wrong_one(self):
        address = self.control(SLUICE_GRPC__ACCESS_FILE=str(self.access))
        self.expect(self.ask(address), UNREACHABLE, "SLUICE_TOKEN", "grpc.token_file")
        done = self.ask(address, SLUICE_TOKEN="slc_guessed")
        self.expect(done, UNREACHABLE, "SLUICE_TOKEN", "grpc.access_file")
        self.assertNotIn("slc_guessed", done.stdout + done.stderr)
        token = self.folder / "token"
        token.write_text(TOKENS["read"] + "\n")
        self.expect(self.ask(address, SLUICE_GRPC__TOKEN_FILE=str(token)), DONE)
        unauthenticated = grpc.StatusCode.UNAUTHENTICATED
        push = "/sluice.ingest.v1.IngestService/Push"
        for method in (LIST, INSTALLATION, push, "/no.Such/Thing"):
            self.assertEqual(self.refused(address, method), unauthenticated, method)
            self.assertEqual(self.refused(address, method, token="x"), unauthenticated, method)
        # Health is open, reflection is for who has any token.
        self.assertEqual(self.call(address, HEALTH), b"\x08\x01")
        services = b"\x3a\x01*"
        self.assertEqual(self.refused(address, REFLECTION, services), unauthenticated)
        self.assertIn(b"sluice.control.v1.ImportService",
                      self.call(address, REFLECTION, services, token=TOKENS["read"]))
        log = "\n".join(self.server.lines())
        for secret in (*TOKENS.values(), "slc_guessed"):
            self.assertNotIn(secret, log)

    def test_a_token_that_is_taken_out_is_refused_without_restart(self):
        address = self.control(SLUICE_GRPC__ACCESS_FILE=str(self.access))
        token = {"SLUICE_TOKEN": TOKENS["read"]}
        self.expect(self.ask(address, **token), DONE)
        with_it = self.access.read_text()
        without = self.folder / "access.new"
        without.write_text(line(TOKENS["operate"], "operator", "operate"))
        os.replace(without, self.access)
        self.expect(self.ask(address, **token), UNREACHABLE, "not known")
        self.expect(self.ask(address, SLUICE_TOKEN=TOKENS["operate"]), DONE)
        # A list that cannot be used lets nobody in, and the log says why.
        self.access.write_text("what is this\n")
        self.expect(self.ask(address, SLUICE_TOKEN=TOKENS["operate"]), UNREACHABLE)
        self.assertTrue(any("access:1:" in text for text in self.server.lines()))
        self.access.write_text(with_it)
        self.expect(self.ask(address, **token), DONE)

    def test_other_machines_are_not_let_in_unprotected_unless_told(self):
        def serve(**settings):
            program = Program(self.folder / "exposed",
                              **self.settings(SLUICE_GRPC__HOST="0.0.0.0", **settings))
            return program.run("serve", "--target", "control", timeout=60)
        done = serve()
        self.expect(done, USAGE, "grpc.host", "no TLS", "no access control", "grpc.insecure")
        self.expect(serve(**self.tls()), USAGE, "no access control")
        self.expect(serve(SLUICE_GRPC__ACCESS_FILE=str(self.access)), USAGE, "no TLS")
        address = self.control(SLUICE_GRPC__HOST="0.0.0.0", SLUICE_GRPC__INSECURE="true")
        self.expect(self.ask(address.replace("0.0.0.0", "127.0.0.1")), DONE)
        self.assertTrue(any("INSECURE" in text and "no TLS" in text
                            for text in self.server.lines()))

    def test_with_tls_and_tokens_other_machines_are_let_in(self):
        address = self.control(**self.tls(SLUICE_GRPC__HOST="0.0.0.0",
                                          SLUICE_GRPC__ACCESS_FILE=str(self.access)))
        self.expect(self.ask(address.replace("0.0.0.0", "127.0.0.1"),
                             **self.with_ca(SLUICE_TOKEN=TOKENS["read"])), DONE)
        self.assertFalse(any("INSECURE" in text for text in self.server.lines()))

    def test_wrong_settings_are_named(self):
        # A documentation address: nobody is there, and nobody is asked.
        self.expect(self.ask("192.0.2.1:7400", SLUICE_TOKEN=TOKENS["read"]), USAGE,
                    "192.0.2.1:7400", "grpc.tls.ca_file", "grpc.insecure")
        self.expect(self.ask("127.0.0.1:1", SLUICE_GRPC__TLS__CA_FILE="/nowhere.pem"), USAGE,
                    "grpc.tls.ca_file", "/nowhere.pem")
        self.expect(self.ask("127.0.0.1:1", SLUICE_GRPC__TOKEN_FILE="/nowhere"), USAGE,
                    "grpc.token_file", "/nowhere")
        for settings, word in (
                ({"SLUICE_GRPC__TLS__KEY_FILE": str(self.key)}, "grpc.tls.certificate_file"),
                ({"SLUICE_GRPC__TLS__CLIENT_CA_FILE": str(self.authority.certificate)},
                 "grpc.tls.client_ca_file"),
                ({"SLUICE_GRPC__ACCESS_FILE": "/nowhere"}, "grpc.access_file"),
                (self.tls(SLUICE_GRPC__TLS__CERTIFICATE_FILE=str(self.access)), "is not PEM")):
            with self.subTest(setting=word):
                program = Program(self.folder / "wrong", **self.settings(**settings))
                done = program.run("serve", "--target", "control", timeout=60)
                self.expect(done, USAGE, word)


if __name__ == "__main__":
    unittest.main()
