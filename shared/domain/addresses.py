"""E-mail addresses and mailboxes: when two spellings are one, and names that carry an address.

The local part is compared in lower case and not case-folded: `strasse@` and `straße@` are two people.
The domain is compared in lower case and in its ASCII form (IDNA), as mail is delivered by that.
"""

import re
import unicodedata

HOST_AND_PATH = re.compile(r"\w\.(?:[^\W_][\w-]{1,62}|\d{1,3})(?::\d{1,5})?/")
"""Two labels of a host and the slash after them, each of them bounded, so that the search is linear."""

CARRIERS = ("://", "www.", "@")


def comparable_email(address: str) -> str:
    """The address in the one spelling that all of its spellings share; two people never share one."""
    local, at, domain = address.strip().rpartition("@")
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


def _comparable_domain(domain: str) -> str:
    lower = unicodedata.normalize("NFC", domain).lower().rstrip(".")
    if lower.isascii():
        return lower
    import idna  # noqa: PLC0415 (its tables take a while to load, and hardly any domain needs them)

    try:
        return idna.encode(lower, uts46=True).decode()
    except idna.IDNAError:
        return lower
