"""Where a form sends its visitor afterwards: only to origins that the deployment allows."""

import re
from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from shared.api.problems import FieldError, Problem
from shared.domain.addresses import ascii_address

MAX_ADDRESS = 1500
PLAIN = re.compile(r"[!-\[\]-~]+")
"""Printable ASCII without the backslash, which browsers read as a slash and others do not."""
PORTS = {"http": 80, "https": 443}


def return_address(address: str, allowed: Collection[str]) -> str | None:
    """The address in ASCII, None where none is given; raises Problem 422 for one that is not allowed."""
    if not address:
        return None
    address = _in_ascii(address)
    if (
        len(address) > MAX_ADDRESS
        or not PLAIN.fullmatch(address)
        or _origin(address) not in {_origin(one) for one in allowed}
    ):
        detail = "Expected an address of one of the origins that this deployment allows."
        raise Problem("fields-invalid", errors=(FieldError("/returnUrl", "return-url-refused", detail),))
    return address


def _in_ascii(address: str) -> str:
    """The address as browsers send it, empty where it is none."""
    try:
        return ascii_address(address[: MAX_ADDRESS + 1])
    except ValueError:
        return ""


def _origin(address: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for an address without them or with a user's name."""
    try:
        url = urlsplit(address)
        port = url.port
    except ValueError:
        return None
    if url.scheme not in PORTS or not url.hostname or "@" in url.netloc:
        return None
    return url.scheme, url.hostname, port or PORTS[url.scheme]


def with_query(address: str, more: Mapping[str, str]) -> str:
    """The address with these parameters in its query, in place of any that it has of the same names."""
    url = urlsplit(address)
    kept = [pair for pair in parse_qsl(url.query, keep_blank_values=True) if pair[0] not in more]
    return urlunsplit(url._replace(query=urlencode([*kept, *more.items()])))
