"""Which addresses may be connected to (hostile cases 1 to 4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ingest.guard import Guard, guard
from ingest.http import Answer, Failure
from tests.ingest.origin import Origin, reply

PRIVATE = [
    "127.0.0.1", "127.255.255.254", "::1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "0.0.0.0", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1",
    "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.51.100.7", "203.0.113.9", "198.18.0.1",
    "2001:db8::1", "2001::1", "ff02::1", "100::1", "3fff::1", "4000::1",
]  # fmt: skip
DISGUISED = [
    "::ffff:7f00:1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::",
    "2002:c0a8:101::", "::127.0.0.1", "::ffff:0:127.0.0.1",
]  # fmt: skip


@pytest.mark.hostile(1, 2)
@pytest.mark.parametrize("address", PRIVATE + DISGUISED)
def test_private_and_special_addresses_are_refused(address: str) -> None:
    assert "not a public address" in Guard().refuses(address, 443)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8", "2002:808:808::"]
)
def test_public_addresses_are_fine(address: str) -> None:
    assert Guard().refuses(address, 80) == ""


def test_only_web_ports_unless_the_port_or_the_network_is_allowed() -> None:
    rules = guard(["10.1.0.0/16"], [8080])
    assert "port 22" in rules.refuses("8.8.8.8", 22)
    assert rules.refuses("8.8.8.8", 8080) == ""
    assert rules.refuses("10.1.2.3", 22) == ""
    assert rules.refuses("::ffff:10.1.2.3", 22) == ""
    assert "not a public" in rules.refuses("10.2.0.1", 80)


def test_what_is_not_an_address_is_refused() -> None:
    assert "not an IP address" in Guard().refuses("/run/docker.sock", 80)


HOSTS = ["127.0.0.1", "0.0.0.0", "0x7f.1", "2130706433", "127.1", "0177.0.0.1", "localhost", "[::ffff:7f00:1]"]


@pytest.mark.hostile(1, 2)
@pytest.mark.parametrize("host", HOSTS)
def test_with_the_real_rules_loopback_is_refused_before_any_connection(
    host: str, origin: Origin, fetch: Callable[..., Answer]
) -> None:
    origin.answers["/"] = reply("secret")
    answer = fetch(origin.url("/", host=host), allow_networks=())
    assert isinstance(answer, Failure) and answer.outcome == "blocked"
    assert "not a public address" in answer.detail
    assert origin.connections == 0


@pytest.mark.hostile(2)
def test_full_width_digits_do_not_get_through(origin: Origin, fetch: Callable[..., Answer]) -> None:
    answer = fetch(
        origin.url("/", host="127.0.0.1".translate({ord(d): ord(d) + 0xFEE0 for d in "0127"})), allow_networks=()
    )
    assert isinstance(answer, Failure)
    assert origin.connections == 0


@pytest.mark.hostile(3)
def test_a_name_with_a_private_address_is_refused_as_a_whole(origin: Origin, fetch: Callable[..., Answer]) -> None:
    """The private address is met first; the loopback origin, allowed here, stands for the public one."""
    answer = fetch(
        f"http://mixed.example:{origin.port}/",
        resolve=(f"mixed.example:{origin.port}:10.0.0.1,127.0.0.1",),
        allow_networks=("127.0.0.1/32",),
    )
    assert isinstance(answer, Failure) and answer.outcome == "blocked"
    assert origin.connections == 0
