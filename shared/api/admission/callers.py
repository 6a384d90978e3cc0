"""Who calls, as far as limits and records need to know it."""

from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

import azure.functions as func

NETWORK = 64
"""The bits of an IPv6 address that name a network; one visitor has all the addresses behind them."""


def visitor(request: func.HttpRequest, proxies: int = 0) -> str | None:
    """The client's address as the platform saw it; None where no platform stands in front.

    The front end of Azure appends the address that it saw, with its port, to X-Forwarded-For. What
    stands before it came with the request and may be made up, so it counts only as far as
    `proxies` of the deployment's own appended it.
    """
    chain = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
    if not chain:
        return None
    return _network(_without_port(chain[max(0, len(chain) - 1 - proxies)]))


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _network(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        return "unreadable"
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, NETWORK), strict=False))
    return str(address)


def function_key(request: func.HttpRequest) -> str:
    """Who calls a partner route: the function key, as a digest."""
    key = request.headers.get("x-functions-key") or request.params.get("code", "")
    return "partner-" + sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
