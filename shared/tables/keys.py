r"""Keys of entities, made of hashes: nothing in them can be read, and nothing in them is forbidden.

Azure Table Storage forbids `/ \ # ?` and control characters in keys and bounds their length to 1 KiB.
A SHA-256 in hexadecimal digits is always allowed. The names that go in may hold a mailbox; what comes
out does not show it. https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
"""

from datetime import date
from hashlib import sha256
from typing import NamedTuple

from shared.domain.addresses import comparable_mailbox


class Key(NamedTuple):
    """Where an entity is: its partition, and its row in there."""

    partition: str
    row: str


def digest(*parts: str) -> str:
    """64 hexadecimal digits for `parts`; `("a", "bc")` and `("ab", "c")` differ."""
    hashed = sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        hashed.update(len(data).to_bytes(4, "big") + data)
    return hashed.hexdigest()


def named(*parts: str) -> Key:
    """The key of something by its name, spread over 16 partitions.

    Few enough that a sweep can delete many entities of a partition in one transaction.
    """
    row = digest(*parts)
    return Key(row[0], row)


def of_customer(business: str, email_hash: str) -> Key:
    """The key of a customer, spread over 16 partitions for each business."""
    row = digest(email_hash)
    return Key(f"{_short(business)}-{row[0]}", row)


def of_customers(business: str) -> tuple[str, str]:
    """The partitions of all customers of a business: the first one, and what comes after the last."""
    return f"{_short(business)}-", f"{_short(business)}."


def of_scan(business: str) -> Key:
    """The key of what is known about the last scan of a business's customers."""
    return Key(_short(business), "scanned")


def of_day(business: str, day: date) -> str:
    """The partition of a local day of a business."""
    return f"{_short(business)}-{day.isoformat()}"


def of_business(business: str) -> str:
    """The partition of everything that is written together for a business."""
    return _short(business)


def _short(business: str) -> str:
    return digest(comparable_mailbox(business))[:16]
