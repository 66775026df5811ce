"""deploy/compose.yaml against the schema of the Compose Specification, and against Gordon: its commands, settings,
files. There is no engine here that could start it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from gordon.app.daemon import PORT_OFFSET
from tests.deploy.commands import DEPLOY, UID, is_command, wrong

COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "GORDON_IMAGE" in service["image"]}


def test_it_follows_the_schema() -> None:
    schema = json.loads((Path(__file__).parent / "compose_spec.json").read_text(encoding="utf-8"))
    # The schema is older than the name at the top, which Compose takes since 2.0.
    assert re.fullmatch(r"[a-z0-9][a-z0-9_-]*", COMPOSE["name"])
    rest = {key: value for key, value in COMPOSE.items() if key != "name"}
    errors = [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(rest)]
    assert errors == []
    assert list(jsonschema.Draft7Validator(schema).iter_errors({**rest, "servises": {}}))


def test_there_is_a_service_a_stage_and_what_they_need() -> None:
    assert set(OURS) == {*PORT_OFFSET, "upgrade"}
    assert set(SERVICES) - set(OURS) == {"kafka", "postgres", "prometheus", "grafana"}
    assert OURS["classify"]["deploy"]["replicas"] >= 2


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_closed_in(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"] and service["mem_limit"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "ipc", "devices"} & set(service)
    assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", ()))
    image = service["image"]
    assert re.fullmatch(r"\$\{[A-Z]+_IMAGE:-[\w./-]+:v?\d[\w.-]*\}", image), (
        "an exact version, to be replaced by a digest"
    )
    health = service["healthcheck"]
    assert health == {"disable": True} or health["test"][0] == "CMD"


@pytest.mark.parametrize("name", OURS)
def test_ours_run_a_real_command_with_real_settings_as_nobody(name: str, tmp_path: Path) -> None:
    service = OURS[name]
    assert is_command(service["command"]) and service["user"] == f"{UID}:{UID}"
    assert wrong(service["environment"], tmp_path) == []
    assert set(service["secrets"]) <= set(COMPOSE["secrets"])
    named = {value for value in service["environment"].values() if value.startswith("/run/secrets/")}
    assert named == {f"/run/secrets/{secret}" for secret in service["secrets"]}


def test_no_secret_stands_in_the_file() -> None:
    for service in SERVICES.values():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|DATABASE", variable):
                assert str(value).startswith("/run/secrets/"), variable
    assert all(set(secret) == {"file"} for secret in COMPOSE["secrets"].values())


def test_what_is_mounted_exists() -> None:
    for name, service in SERVICES.items():
        for volume in service.get("volumes", ()):
            if isinstance(volume, str):
                assert volume.partition(":")[0] in COMPOSE["volumes"]
                continue
            source = re.sub(r"\$\{\w+:-(.+)\}", r"\1", volume["source"])
            assert volume["read_only"] is True and (DEPLOY / source).is_dir(), f"{name}: {source}"
    assert (DEPLOY / "prometheus" / "prometheus-compose.yml").is_file()


def test_who_waits_for_whom() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            assert other in SERVICES, f"{name} needs {other}"
            if how["condition"] == "service_healthy":
                assert "test" in SERVICES[other]["healthcheck"]
    assert all(OURS[stage]["depends_on"]["upgrade"] for stage in PORT_OFFSET)


def test_only_those_who_speak_to_strangers_reach_the_outside() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if "outside" in service["networks"]} == {"ingest", "relay"}


def test_prometheus_finds_each_stage_by_the_name_of_its_service() -> None:
    scraped = yaml.safe_load((DEPLOY / "prometheus" / "prometheus-compose.yml").read_text(encoding="utf-8"))
    names = {one for job in scraped["scrape_configs"] for dns in job["dns_sd_configs"] for one in dns["names"]}
    assert names == set(PORT_OFFSET) <= set(SERVICES)
