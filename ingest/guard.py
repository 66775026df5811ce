"""Which addresses Gordon may connect to: a pure judgement of an IP address and port, taken before every connect.

The deny table is our own: ``ipaddress.is_private`` knows too little and changes between Python versions.
Addresses that carry an IPv4 address inside (mapped, compatible, 6to4, NAT64, Teredo) are judged by both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

PORTS = frozenset({80, 443})

DENIED: tuple[Network, ...] = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, metadata services of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relay anycast
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "::/96",  # unspecified, loopback, IPv4-compatible
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b:1::/48",  # local NAT64
        "100::/64",  # discard
        "2001::/23",  # protocol assignments, Teredo, ORCHID
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
        "fc00::/7",  # unique local
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local
        "ff00::/8",  # multicast
    )
)
_GLOBAL_IPV6 = (ip_network("2000::/3"), ip_network("64:ff9b::/96"))
_NAT64 = ip_network("64:ff9b::/96")
_6TO4 = ip_network("2002::/16")
_COMPATIBLE = ip_network("::/96")


@dataclass(frozen=True, slots=True)
class Guard:
    """``allowed``: private networks that feeds may live in; ``ports``: allowed beside 80 and 443."""

    allowed: tuple[Network, ...] = ()
    ports: frozenset[int] = PORTS

    def refuses(self, address: str, port: int) -> str:
        """Why not to connect there; "" when it is fine."""
        try:
            whole = ip_address(address.partition("%")[0])
        except ValueError:
            return f"{address!r} is not an IP address"
        parts = unwrapped(whole)
        if any(_inside(part, self.allowed) for part in parts):
            return ""
        if any(_special(part) for part in parts):
            return f"{address} is not a public address; http.allow_networks can allow its network"
        if port not in self.ports:
            return f"port {port} is not allowed; http.allow_ports can allow it"
        return ""


def guard(allow_networks: Iterable[str], allow_ports: Sequence[int]) -> Guard:
    """The guard these settings describe. Raises ValueError for what is not a network."""
    networks = tuple(ip_network(network, strict=False) for network in allow_networks)
    return Guard(networks, PORTS | frozenset(allow_ports))


def unwrapped(address: Address) -> tuple[Address, ...]:
    """The address and, where it carries one, the IPv4 address inside. A mapped address *is* its IPv4 address."""
    if isinstance(address, IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address in _6TO4 and address.sixtofour is not None:
        return (address, address.sixtofour)
    if address in _NAT64 or address in _COMPATIBLE:
        return (address, IPv4Address(int(address) & 0xFFFFFFFF))
    return (address,)


def _special(address: Address) -> bool:
    if address.version == 6 and not _inside(address, _GLOBAL_IPV6):
        return True
    return _inside(address, DENIED)


def _inside(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
