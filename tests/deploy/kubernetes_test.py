"""k8s/base, rendered by kustomize: valid by the schemas of Kubernetes, and by rules of our own.

tests/run puts kustomize and kubernetes-validate into build/deploy-tools; without them the test is
skipped, and says so. Runs with the Python of that folder, which has YAML."""

import itertools
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import kubernetes_validate
import yaml

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BASE = SOURCE / "k8s" / "base"
KUSTOMIZE = os.environ.get("TEST_KUSTOMIZE", "")
BINARY = os.environ.get("TEST_SLUICE_BINARY", "")
SERVICES = ("control", "ingest", "clean", "map", "load")
LABEL = "app.kubernetes.io/"
WORKLOADS = ("StatefulSet", "Deployment", "Job")


def render():
    done = subprocess.run([KUSTOMIZE, "build", str(BASE)], capture_output=True, text=True,
                          timeout=60, check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return list(yaml.safe_load_all(done.stdout))


def documented_ports():
    """HTTP and gRPC ports of the table in docs/services.md."""
    text = (SOURCE / "docs" / "services.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \|.*\| (\d{4}) \| ?(\d{4})? ?\|$", text, re.MULTILINE)
    return {name: {int(port) for port in ports if port} for name, *ports in rows}


def matches(selector, labels):
    """Whether a label selector takes these labels."""
    wanted = dict(selector.get("matchLabels", {}))
    for expression in selector.get("matchExpressions", []):
        if expression["operator"] != "In" or labels.get(expression["key"]) not in \
                expression["values"]:
            return False
    return wanted.items() <= labels.items()


class Kubernetes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.objects = render()

    def of_kind(self, *kinds):
        return {o["metadata"]["name"]: o for o in self.objects if o["kind"] in kinds}

    def pods(self):
        """Pod templates by workload."""
        return {name: o["spec"]["template"] for name, o in self.of_kind(*WORKLOADS).items()}

    def containers(self):
        return [(name, container) for name, template in self.pods().items()
                for container in itertools.chain(template["spec"]["containers"],
                                                 template["spec"].get("initContainers", []))]

    def pod_of(self, service):
        return self.pods()[f"sluice-{service}"]

    def test_every_object_is_valid_strictly(self):
        self.assertGreater(len(self.objects), 20)
        for entry in self.objects:
            with self.subTest(kind=entry["kind"], name=entry["metadata"]["name"]):
                kubernetes_validate.validate(entry, "1.31", strict=True)

    def test_the_recommended_labels_are_everywhere_and_the_version_where_it_may_change(self):
        wanted = {LABEL + key for key in ("name", "instance", "version", "part-of", "managed-by")}
        for entry in self.objects:
            with self.subTest(name=entry["metadata"]["name"], kind=entry["kind"]):
                self.assertLessEqual(wanted, set(entry["metadata"]["labels"]))
        for name, template in self.pods().items():
            labels = set(template["metadata"]["labels"])
            self.assertLessEqual(wanted | {LABEL + "component"}, labels, name)
        for name, workload in self.of_kind("StatefulSet", "Deployment").items():
            self.assertEqual(set(workload["spec"]["selector"]["matchLabels"]),
                             {LABEL + key for key in ("name", "instance", "component")}, name)
            for claim in workload["spec"].get("volumeClaimTemplates", []):
                self.assertNotIn(LABEL + "version", claim["metadata"]["labels"], name)

    def test_pods_keep_to_the_restricted_standard(self):
        namespace = self.of_kind("Namespace")["sluice"]
        self.assertEqual(namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"],
                         "restricted")
        for name, template in self.pods().items():
            with self.subTest(pod=name):
                spec = template["spec"]
                security = spec["securityContext"]
                self.assertTrue(security["runAsNonRoot"])
                self.assertGreaterEqual(security["runAsUser"], 10000)
                self.assertEqual(security["seccompProfile"], {"type": "RuntimeDefault"})
                self.assertFalse(spec["automountServiceAccountToken"])
                # A Service's variables would be taken for settings, and refused.
                self.assertFalse(spec["enableServiceLinks"])
                self.assertFalse({"hostNetwork", "hostPID", "hostIPC"} & set(spec))
                for volume in spec["volumes"]:
                    self.assertLessEqual(set(volume) - {"name"}, {
                        "configMap", "emptyDir", "persistentVolumeClaim", "secret", "projected"})
        for name, container in self.containers():
            with self.subTest(container=name):
                self.assertEqual(container["securityContext"], {
                    "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]}})

    def test_containers_have_limits_a_pinned_image_and_no_secret_of_their_own(self):
        for name, container in self.containers():
            with self.subTest(container=name):
                for kind in ("requests", "limits"):
                    self.assertLessEqual({"cpu", "memory"}, set(container["resources"][kind]))
                self.assertRegex(container["image"], r":\d+\.\d+\.\d+$")
                for variable in container["env"]:
                    self.assertNotIn("value", variable, "belongs into the settings or a secret")
        self.assertFalse(self.of_kind("Secret"))

    def test_services_have_probes_at_their_http_port(self):
        for service in SERVICES:
            container = self.pod_of(service)["spec"]["containers"][0]
            with self.subTest(service=service):
                for probe, path in (("startupProbe", "/livez"), ("livenessProbe", "/livez"),
                                    ("readinessProbe", "/readyz")):
                    self.assertEqual(container[probe]["httpGet"], {"path": path, "port": "http"})
                self.assertIn(f"--target={service}", container["args"])

    def test_a_stop_has_the_time_it_may_take(self):
        for service in SERVICES:
            # shutdown.timeout_seconds is 50.
            self.assertGreater(self.pod_of(service)["spec"]["terminationGracePeriodSeconds"], 50)

    def test_ports_are_those_of_the_documentation(self):
        documented = documented_ports()
        self.assertEqual(set(documented), set(SERVICES))
        for service in SERVICES:
            container = self.pod_of(service)["spec"]["containers"][0]
            ports = {port["name"]: port["containerPort"] for port in container["ports"]}
            self.assertEqual(set(ports.values()), documented[service], service)
            exposed = self.of_kind("Service")[f"sluice-{service}"]["spec"]["ports"]
            self.assertEqual({p["targetPort"]: p["port"] for p in exposed}, ports, service)

    def test_prometheus_looks_where_they_answer(self):
        config = yaml.safe_load((SOURCE / "deploy/prometheus/kubernetes.yml").read_text("utf-8"))
        found = {}
        for entry in config["scrape_configs"][0]["dns_sd_configs"]:
            found[entry["names"][0]] = entry["port"]
        wanted = {}
        for name, service in self.of_kind("Service").items():
            # Each pod has an address of its own, ready or not.
            self.assertEqual(service["spec"]["clusterIP"], "None")
            self.assertTrue(service["spec"]["publishNotReadyAddresses"])
            port = next(p["port"] for p in service["spec"]["ports"] if p["name"] == "http")
            wanted[f"{name}.{service['metadata']['namespace']}.svc.cluster.local"] = port
        self.assertEqual(found, wanted)
        compose = yaml.safe_load((SOURCE / "deploy/prometheus/prometheus.yml").read_text("utf-8"))
        for entry in compose["scrape_configs"][0]["dns_sd_configs"]:
            self.assertEqual(wanted[f"sluice-{entry['names'][0]}.sluice.svc.cluster.local"],
                             entry["port"])

    def test_selectors_match_exactly_their_own_pods(self):
        selecting = [(o["spec"]["selector"] if o["kind"] == "PodDisruptionBudget" else
                      {"matchLabels": o["spec"]["selector"]}, name)
                     for kind in ("Service", "PodDisruptionBudget")
                     for name, o in self.of_kind(kind).items()]
        self.assertEqual(len(selecting), 2 * len(SERVICES))
        for selector, name in selecting:
            taken = [pod for pod, template in self.pods().items()
                     if matches(selector, template["metadata"]["labels"])]
            self.assertEqual(taken, [name])
        for name, workload in self.of_kind("StatefulSet").items():
            self.assertEqual(workload["spec"]["serviceName"], name)

    def test_members_of_groups_have_names_that_last_and_state_has_a_volume(self):
        sets = self.of_kind("StatefulSet")
        self.assertEqual(set(sets), {f"sluice-{s}" for s in SERVICES} - {"sluice-ingest"})
        for name, workload in sets.items():
            self.assertEqual(workload["spec"]["podManagementPolicy"], "Parallel")
            claims = workload["spec"].get("volumeClaimTemplates", [])
            self.assertEqual(bool(claims), name in ("sluice-control", "sluice-clean"), name)
        for service in SERVICES:
            variables = {v["name"]: v for v in self.pod_of(service)["spec"]["containers"][0]["env"]}
            self.assertEqual(variables["SLUICE_INSTANCE"]["valueFrom"],
                             {"fieldRef": {"fieldPath": "metadata.name"}})
        self.assertEqual(sets["sluice-control"]["spec"]["replicas"], 1)

    def allowed(self, direction, service):
        """Rules of the network policies that hold for a service's pods."""
        labels = self.pod_of(service)["metadata"]["labels"]
        return [rule for policy in self.of_kind("NetworkPolicy").values()
                if matches(policy["spec"]["podSelector"], labels)
                for rule in policy["spec"].get(direction, [])]

    def test_only_services_reach_the_leases(self):
        everything = self.of_kind("NetworkPolicy")["sluice-default-deny"]["spec"]
        self.assertEqual(everything, {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
        into = [rule for rule in self.allowed("ingress", "control")
                if any(port["port"] in (7400, "grpc") for port in rule["ports"])]
        self.assertEqual(len(into), 1)
        callers = [peer["podSelector"] for peer in into[0]["from"]]
        for pod, template in self.pods().items():
            may = any(matches(selector, template["metadata"]["labels"]) for selector in callers)
            self.assertEqual(may, pod in {f"sluice-{s}" for s in SERVICES[1:]}, pod)
        # Of other namespaces only Prometheus, and only to HTTP.
        for service in SERVICES:
            for rule in self.allowed("ingress", service):
                if any("namespaceSelector" in peer for peer in rule["from"]):
                    self.assertEqual([port["port"] for port in rule["ports"]], ["http"])

    def test_who_serves_has_the_list_of_tokens_and_who_calls_a_token(self):
        settings, = self.of_kind("ConfigMap").values()
        grpc = yaml.safe_load(settings["data"]["sluice.yaml"])["grpc"]
        for service in SERVICES:
            spec = self.pod_of(service)["spec"]
            secret, = [v["secret"] for v in spec["volumes"] if v["name"] == "access"]
            self.assertEqual(secret["secretName"], "sluice-access")
            mount, = [m["mountPath"] for m in spec["containers"][0]["volumeMounts"]
                      if m["name"] == "access"]
            there = {f"{mount}/{item['path']}" for item in secret["items"]}
            serves = service in ("control", "ingest")
            self.assertEqual(grpc["access_file"] in there, serves, service)
            self.assertEqual(grpc["token_file"] in there, service != "control", service)

    def test_each_service_reaches_what_it_needs_and_no_more(self):
        kafka, database, control, dns = {9092, 9093}, {5432}, {7400}, {53}
        for service, wanted in (("control", kafka | dns | database),
                                ("ingest", kafka | dns | control),
                                ("clean", kafka | dns | control), ("map", kafka | dns | control),
                                ("load", kafka | dns | control | database)):
            ports = {port["port"] for rule in self.allowed("egress", service)
                     for port in rule["ports"]}
            self.assertEqual(ports, wanted, service)
            self.assertTrue(all(rule["to"] for rule in self.allowed("egress", service)))

    def test_the_settings_are_accepted_and_reach_control(self):
        maps = self.of_kind("ConfigMap")
        (name, settings), = maps.items()
        text = settings["data"]["sluice.yaml"]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "sluice.yaml"
            path.write_text(text, encoding="utf-8")
            done = subprocess.run([BINARY, "config", "check", "--config", str(path)],
                                  capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        read = yaml.safe_load(text)
        self.assertEqual(read["control"]["address"], "sluice-control:7400")
        for pod, template in self.pods().items():
            mounted = [v["configMap"]["name"] for v in template["spec"]["volumes"]
                       if "configMap" in v]
            self.assertEqual(mounted, [name], pod)
            paths = {m["mountPath"] for m in template["spec"]["containers"][0]["volumeMounts"]}
            self.assertIn(read["data_dir"], paths, pod)
        for service in ("control", "ingest"):
            mounts = self.pod_of(service)["spec"]["containers"][0]["volumeMounts"]
            self.assertIn({"name": "uploads", "mountPath": read["uploads"]["dir"]}, mounts)


if __name__ == "__main__":
    unittest.main()
