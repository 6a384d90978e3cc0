"""Comparing e-mail addresses and mailboxes: when two spellings are one and the same address.

The local part is compared in lower case and not case-folded: `strasse@` and `straße@` are two people.
The domain is compared in lower case and in its ASCII form (IDNA), as mail is delivered by that.
"""

import unicodedata

from shared.domain.texts import clean_address


def comparable_email(address: str) -> str:
    """The address in the one spelling that all of its spellings share; two people never share one."""
    seen = address.strip() if address.isascii() else clean_address(address)
    local, at, domain = seen.rpartition("@")
    return unicodedata.normalize("NFC", local).lower() + at + _comparable_domain(domain)


def same_email(one: str | None, other: str | None) -> bool:
    """Whether both are the same address; nothing is the same as nothing."""
    return bool(one and other) and comparable_email(one or "") == comparable_email(other or "")


def comparable_mailbox(address: str) -> str:
    """A booking mailbox in the one spelling that all of its spellings share."""
    return comparable_email(address)


def _comparable_domain(domain: str) -> str:
    lower = unicodedata.normalize("NFC", domain).lower().rstrip(".")
    if lower.isascii():
        return lower
    import idna  # noqa: PLC0415 (its tables take a while to load, and hardly any domain needs them)

    try:
        return idna.encode(lower, uts46=True).decode()
    except idna.IDNAError:
        return lower
