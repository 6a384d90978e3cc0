"""E-mail addresses and mailboxes: when two spellings are one, and names that carry an address.

The local part is compared in lower case and not case-folded: `strasse@` and `straße@` are two people.
The domain is compared in lower case and in its ASCII form (IDNA), as mail is delivered by that.
"""

import re
import unicodedata
from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

from shared.domain.errors import NotFound
from shared.domain.texts import clean_address

HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
IPV6 = re.compile(r"[0-9a-f:.]{2,45}")
SAFE = "%/?:@!$&'()*+,;=-._~[]#"
"""What stays as it is in a path, a query or a fragment."""

HOST_AND_PATH = re.compile(r"\w\.(?:[^\W_][\w-]{1,62}|\d{1,3})(?::\d{1,5})?/")
"""Two labels of a host and the slash after them, each of them bounded, so that the search is linear."""

CARRIERS = ("://", "www.", "@")


def comparable_email(address: str) -> str:
    """The address in the one spelling that all of its spellings share; two people never share one."""
    seen = address.strip() if address.isascii() else clean_address(address)
    local, at, domain = seen.rpartition("@")
    return unicodedata.normalize("NFC", local).lower() + at + _comparable_domain(domain)


def person_of(address: str) -> str:
    """The address without its tag: `jordan+shop@` and `jordan@` are read by one person.

    Good for counting, and for nothing that has to know one address from another.
    """
    local, at, domain = comparable_email(address).rpartition("@")
    return (local.partition("+")[0] or local) + at + domain


def same_email(one: str | None, other: str | None) -> bool:
    """Whether both are the same address; nothing is the same as nothing."""
    return bool(one and other) and comparable_email(one or "") == comparable_email(other or "")


def comparable_mailbox(address: str) -> str:
    """A booking mailbox in the one spelling that all of its spellings share."""
    return comparable_email(address)


def carries_a_link(name: str) -> bool:
    """Whether a name holds what mail programs make a link of, in whatever width it is written.

    `://`, `www.`, `@`, or a host that is followed by a path; `St.John` and `Smith/Jones` are names.
    """
    plain = unicodedata.normalize("NFKC", "".join(one for one in name if unicodedata.category(one) != "Cf"))
    return any(one in plain.lower() for one in CARRIERS) or HOST_AND_PATH.search(plain) is not None


def ascii_host(host: str) -> str:
    """A host as browsers write it: in lower case and, where it is internationalised, in ASCII (IDNA).

    A leading `*.` stays. Raises ValueError for what is no host.
    """
    star = "*." if host.startswith("*.") else ""
    plain = _comparable_domain(unicodedata.normalize("NFC", host.removeprefix("*.")))
    if not HOST.fullmatch(plain):
        raise ValueError("no host")
    return star + plain


def ascii_origin(text: str) -> str:
    """Scheme, host and port as browsers write them; raises ValueError for anything more or less."""
    url = urlsplit(text)
    port = "" if url.port is None else f":{url.port}"
    host = url.hostname or ""
    if url.path or url.query or url.fragment or "@" in url.netloc or text.endswith(("/", "?", "#")):
        raise ValueError("more than an origin")
    return f"{url.scheme}://{_bracketed(host)}{port}"


def web_origins(text: str) -> tuple[str, ...]:
    """The origins of websites in a text with commas or spaces between, as browsers write them.

    HTTP is for this machine alone. Raises ValueError.
    """
    origins = tuple(ascii_origin(part) for part in text.replace(",", " ").split())
    for url in map(urlsplit, origins):
        if url.scheme != "https" and (url.scheme != "http" or url.hostname not in LOOPBACK):
            raise ValueError("no origin of a website")
    return origins


def secure_address(text: str) -> str:
    """The address of a service that is reached by HTTPS, without a slash at its end; raises ValueError."""
    url = urlsplit(ascii_address(text))
    if url.scheme != "https" or not url.hostname or url.query or url.username:
        raise ValueError("no address to be reached by HTTPS")
    return url.geturl().rstrip("/")


def secure_picture(text: str) -> str:
    """The address of a picture that is loaded by HTTPS, fit for a policy of pages; raises ValueError."""
    url = urlsplit(ascii_address(text))
    if url.scheme != "https" or not url.hostname or "*" in url.netloc or url.username or url.fragment:
        raise ValueError("no address to be loaded by HTTPS")
    return url._replace(netloc=ascii_origin(f"{url.scheme}://{url.netloc}").partition("//")[2]).geturl()


def own_root(given: str | None, host: str | None) -> str | None:
    """Where the deployment is reached: as it was told, else by the host name that Azure gives it.

    None where nobody says, and for the host name of a developer's machine.
    """
    if given is not None or not host or urlsplit(f"//{host}").hostname in LOOPBACK:
        return given
    return secure_address(f"https://{host}")


def manage_address(root: str, alias: str, reference: str, token: str) -> str:
    """The address that opens a booking; no browser sends what stands behind the `#` to anybody."""
    return f"{root}/api/manage/{alias}#{reference}.{token}"


def ascii_address(address: str) -> str:
    """The address of a page as browsers send it: an ASCII host, all else percent-encoded in UTF-8.

    What is ASCII already stays as it is. Raises ValueError.
    """
    if address.isascii():
        return address
    url = urlsplit(address)
    if url.netloc.isascii():
        host = url.netloc
    else:
        host = ascii_origin(f"{url.scheme}://{url.netloc}").partition("://")[2]
    parts = (quote(part, SAFE) for part in (url.path, url.query, url.fragment))
    return urlunsplit((url.scheme, host, *parts))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and IPV6.fullmatch(host) else ascii_host(host)


def _comparable_domain(domain: str) -> str:
    lower = unicodedata.normalize("NFC", domain).lower().rstrip(".")
    if lower.isascii():
        return lower
    import idna  # noqa: PLC0415 (its tables take a while to load, and hardly any domain needs them)

    try:
        return idna.encode(lower, uts46=True).decode()
    except idna.IDNAError:
        return lower


def mailbox_of(mailboxes: Mapping[str, str], alias: str) -> str:
    """The mailbox of the business that callers know by this alias; raises NotFound."""
    mailbox = mailboxes.get(alias)
    if mailbox is None:
        raise NotFound("business")
    return mailbox
