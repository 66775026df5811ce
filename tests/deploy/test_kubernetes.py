"""The manifests of deploy/kubernetes: each against the schema of Kubernetes, strictly; what no schema knows against
Gordon; and the whole as kubectl builds it, where there is a kubectl."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from gordon.app.daemon import PORT_OFFSET
from gordon.events import Topics
from gordon.settings import Settings, read_settings
from tests.deploy.commands import DEPLOY, UID, is_command, port, wrong

FOLDER = DEPLOY / "kubernetes"
DESK = DEPLOY / "desks" / "production"
OVERLAY = FOLDER / "overlays" / "production"
CUSTOM = {"ScaledObject", "TriggerAuthentication", "PodMonitor"}
"""Kinds that Kubernetes itself does not know."""
FIXED = {
    "ScaledObject": {"scaleTargetRef", "minReplicaCount", "maxReplicaCount", "pollingInterval", "cooldownPeriod"}
    | {"fallback", "advanced", "triggers"},
    "TriggerAuthentication": {"secretTargetRef"},
    "PodMonitor": {"selector", "podMetricsEndpoints"},
}


def documents(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.yaml")):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


BASE = list(documents(FOLDER / "base"))
OVER = list(documents(OVERLAY))
DEPLOYMENTS = {one["metadata"]["name"].removeprefix("gordon-"): one for one in BASE if one["kind"] == "Deployment"}
JOB = next(one for one in BASE if one["kind"] == "Job")


def label(document: dict[str, Any]) -> str:
    return f"{document['kind']}-{document['metadata']['name']}"


def pod(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["spec"]["template"]["spec"]
    return found


def kustomization(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    return found


def environment(*folders: Path) -> dict[str, str]:
    """What the generators of these folders make of gordon-environment, one laid over the other."""
    makers = [one for folder in folders for one in kustomization(folder).get("configMapGenerator", ())]
    lines = [line for one in makers if one["name"] == "gordon-environment" for line in one["literals"]]
    return dict(line.partition("=")[::2] for line in lines)


@pytest.mark.parametrize("document", [*BASE, *(one for one in OVER if one["kind"] not in CUSTOM)], ids=label)
def test_each_document_is_valid(document: dict[str, Any]) -> None:
    kubernetes_validate.validate(document, "1.31", strict=True)


def test_the_schema_would_complain() -> None:
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**BASE[0], "spek": {}}, "1.31", strict=True)


@pytest.mark.parametrize("folder", ["base", "overlays/production"])
def test_kubectl_builds_it_and_the_result_is_valid(folder: str) -> None:
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is missing, and no package of Debian has it; the single documents were looked at")
    done = subprocess.run(["kubectl", "kustomize", str(FOLDER / folder)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stderr == ""
    built = list(yaml.safe_load_all(done.stdout))
    for document in built:
        if document["kind"] not in CUSTOM:
            kubernetes_validate.validate(document, "1.31", strict=True)
    names = {one["metadata"]["name"] for one in built if one["kind"] == "ConfigMap"}
    used = set(re.findall(r"name: (gordon-(?:desk|environment)\S*)", done.stdout))
    assert used == names and all(re.search(r"-[a-z0-9]{10}$", name) for name in names), "a change has to roll the pods"


def test_there_is_a_deployment_a_stage() -> None:
    assert set(DEPLOYMENTS) == set(PORT_OFFSET)
    assert kustomization(FOLDER / "base")["resources"][0] == "../../desks/production"
    written = {path.name for path in (FOLDER / "base").glob("*.yaml")} - {"kustomization.yaml"}
    assert set(kustomization(FOLDER / "base")["resources"][1:]) == written


@pytest.mark.parametrize("document", [*DEPLOYMENTS.values(), JOB], ids=label)
def test_each_pod_is_closed_in_and_runs_a_real_command(document: dict[str, Any]) -> None:
    spec, container = pod(document), pod(document)["containers"][0]
    security = spec["securityContext"]
    assert security["runAsNonRoot"] is True and security["runAsUser"] == security["fsGroup"] == UID
    assert security["seccompProfile"] == {"type": "RuntimeDefault"} and spec["automountServiceAccountToken"] is False
    inner = container["securityContext"]
    assert inner["readOnlyRootFilesystem"] is True and inner["allowPrivilegeEscalation"] is False
    assert inner["capabilities"] == {"drop": ["ALL"]}
    assert container["resources"]["limits"]["memory"] and container["resources"]["requests"]["cpu"]
    assert is_command(container["args"])
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    assert {mount["name"] for mount in mounts.values()} == set(volumes)
    assert {path for path, mount in mounts.items() if not mount.get("readOnly")} == {"/var/lib/gordon", "/tmp"}
    assert volumes["secrets"]["secret"]["defaultMode"] & 0o007 == 0, "Gordon refuses a secret that all may read"


@pytest.mark.parametrize("stage", PORT_OFFSET)
def test_each_stage_is_probed_budgeted_and_ends_in_its_time(stage: str) -> None:
    document = DEPLOYMENTS[stage]
    container = pod(document)["containers"][0]
    assert container["args"] == [stage] and container["ports"][0]["containerPort"] == port(stage)
    paths = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    assert {kind: found["path"].rpartition("/")[2] for kind, found in paths.items()} == {
        "startup": "live",
        "liveness": "live",
        "readiness": "ready",
    }
    assert {found["port"] for found in paths.values()} == {container["ports"][0]["name"]}
    assert pod(document)["terminationGracePeriodSeconds"] > Settings().worker.drain
    labels = document["spec"]["template"]["metadata"]["labels"]
    assert document["spec"]["selector"]["matchLabels"] == labels
    budgets = [one["spec"] for one in BASE if one["kind"] == "PodDisruptionBudget"]
    (budget,) = [one for one in budgets if one["selector"]["matchLabels"] == labels]
    assert budget["minAvailable"] < document["spec"]["replicas"], "a node could never be emptied"


def test_the_desk_of_the_pods_is_the_desk() -> None:
    on_disk = {path.relative_to(DESK).as_posix() for path in DESK.rglob("*") if path.is_file()}
    on_disk -= {"kustomization.yaml", "webhooks.example.yaml"}
    (maker,) = kustomization(DESK)["configMapGenerator"]
    assert set(maker["files"]) == on_disk
    for document in (*DEPLOYMENTS.values(), JOB):
        (source,) = pod(document)["volumes"][0]["projected"]["sources"]
        items = source["configMap"]["items"]
        assert {item["path"] for item in items} == on_disk and source["configMap"]["name"] == maker["name"]
        assert all(item["key"] == item["path"].rpartition("/")[2] for item in items)


@pytest.mark.parametrize("folders", [(FOLDER / "base",), (FOLDER / "base", OVERLAY)], ids=["base", "production"])
def test_every_variable_is_a_setting(tmp_path: Path, folders: tuple[Path, ...]) -> None:
    found = environment(*folders)
    assert len(found) >= 3 and wrong(found, tmp_path) == []
    assert all(value.startswith("/run/secrets/gordon/") for name, value in found.items() if name.endswith("FILE"))


def test_nothing_comes_in_or_goes_out_unsaid() -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in BASE if one["kind"] == "NetworkPolicy"}
    assert policies["gordon-deny"] == {
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "gordon"}},
        "policyTypes": ["Ingress", "Egress"],
    }
    (values,) = [one["values"] for one in policies["gordon-strangers"]["podSelector"]["matchExpressions"]]
    assert values == ["ingest", "relay"]


def test_the_custom_resources_say_what_gordon_does() -> None:
    custom = {one["kind"]: one for one in OVER if one["kind"] in CUSTOM}
    assert set(custom) == CUSTOM
    for kind, one in custom.items():
        assert set(one["spec"]) <= FIXED[kind]
    scaled = custom["ScaledObject"]["spec"]
    assert scaled["scaleTargetRef"]["name"] == "gordon-classify"
    (trigger,) = scaled["triggers"]
    topics = Topics(Settings().topic_prefix)
    meta = trigger["metadata"]
    assert (meta["topic"], meta["consumerGroup"]) == (topics.mentions, topics.group("classify"))
    assert all(isinstance(value, str) for value in meta.values())
    assert meta["bootstrapServers"] == environment(OVERLAY)["GORDON_BUS"].removeprefix("kafka://")
    partitions = read_settings(DESK, {})[0].kafka.partitions
    assert scaled["minReplicaCount"] < scaled["maxReplicaCount"] <= partitions, "more than partitions have no work"
    assert trigger["authenticationRef"]["name"] == custom["TriggerAuthentication"]["metadata"]["name"]
    (endpoint,) = custom["PodMonitor"]["spec"]["podMetricsEndpoints"]
    assert endpoint["port"] == pod(DEPLOYMENTS["route"])["containers"][0]["ports"][0]["name"]


def test_the_image_is_a_digest_and_the_autoscaler_alone_counts() -> None:
    found = kustomization(OVERLAY)
    (image,) = found["images"]
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", image["digest"]) and "newTag" not in image
    assert any(
        "/spec/replicas" in one["patch"] and one["target"]["name"] == "gordon-classify" for one in found["patches"]
    )
