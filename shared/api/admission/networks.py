"""Where a request comes from: the client's address as the platform saw it, and the networks around it.

One visitor has a whole IPv6 /64 to choose addresses from; whoever rents a server gets a /56 or a /48, and
an IPv4 /24 is what is commonly rented or routed as one.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import azure.functions as func

VISITOR, SITE, NETWORK = 64, 56, 48
"""Bits of an IPv6 address: one visitor's, one customer's of a provider, one organisation's."""

NETWORK_V4 = 24


@dataclass(frozen=True, slots=True)
class Origin:
    """An address, an IPv6 one as its /64; the /56 around it (IPv6), and the /48 or /24."""

    address: str
    site: str | None = None
    network: str | None = None


def origin(request: func.HttpRequest, proxies: int = 0) -> Origin | None:
    """Where the client is, as the platform saw it; None where no platform stands in front.

    The front end of Azure appends the address that it saw, with its port, to X-Forwarded-For. What
    stands before it came with the request and may be made up, so it counts only as far as
    `proxies` of the deployment's own appended it.
    """
    chain = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
    if not chain:
        return None
    return _around(_without_port(chain[max(0, len(chain) - 1 - proxies)]))


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _around(text: str) -> Origin:
    try:
        address = ip_address(text)
    except ValueError:
        return Origin("unreadable")
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return Origin(*(_network(address, bits) for bits in (VISITOR, SITE, NETWORK)))
    v4 = address.ipv4_mapped if isinstance(address, IPv6Address) else address
    return Origin(str(v4), network=None if v4 is None else _network(v4, NETWORK_V4))


def _network(address: IPv4Address | IPv6Address, bits: int) -> str:
    return str(ip_network((address, bits), strict=False))
