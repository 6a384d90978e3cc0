"""The setting that names the businesses: each by an alias, with its mailbox and how its pages look.

Whatever cannot be read raises ValueError with what was expected instead, and never says what was given.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.domain.addresses import secure_picture
from shared.domain.shop.branding import PLACES, Branding

ALIAS = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
MAILBOX = re.compile(r"[^@\s/\\#?]{1,64}@[^@\s/\\#?]{1,189}")
LANGUAGE = re.compile(r"[a-z]{2,3}")
LONGEST_TEXT = 500

EXPECTED = (
    'a JSON object such as {"contoso-lunch": "contosolunch@contoso.com"} or '
    '{"contoso-lunch": {"mailbox": "contosolunch@contoso.com", "timeZone": "America/Chicago"}}, its aliases '
    "in lower case letters, digits and hyphens"
)
EXPECTED_PICTURE = "https addresses of pictures as logo and favicon"
EXPECTED_TEXTS = (
    f"an object as texts with any of {', '.join(sorted(PLACES))}, each a text of at most {LONGEST_TEXT} "
    'characters, or such texts by language, as in {"intro": {"en": "Welcome", "fr": "Bienvenue"}}'
)
MEMBERS = frozenset({"mailbox", "timeZone", "public", "logo", "favicon", "texts"})


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A business; `time_zone` (IANA) where Graph names none, `is_public` though Microsoft's page is not."""

    address: str
    time_zone: str | None = None
    is_public: bool = False
    branding: Branding = field(default_factory=Branding)


def read_businesses(text: str) -> Mapping[str, Mailbox]:
    """Each business by its alias; raises ValueError."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ValueError(EXPECTED) from error
    if not isinstance(value, dict) or not value or not all(map(ALIAS.fullmatch, value)):
        raise ValueError(EXPECTED)
    return {alias: _mailbox(entry) for alias, entry in value.items()}


def _mailbox(entry: object) -> Mailbox:
    if isinstance(entry, str):
        entry = {"mailbox": entry}
    if not isinstance(entry, dict) or set(entry) - MEMBERS:
        raise ValueError(EXPECTED)
    address, zone, is_public = entry.get("mailbox"), entry.get("timeZone"), entry.get("public", False)
    if not isinstance(address, str) or not MAILBOX.fullmatch(address):
        raise ValueError(EXPECTED)
    if zone is not None and not _is_zone(zone):
        raise ValueError("IANA time zone names such as Europe/Paris as timeZone")
    if not isinstance(is_public, bool):
        raise ValueError("true or false as public")  # noqa: TRY004 (a wrong value of a setting)
    logo, favicon = (_picture(entry.get(name)) for name in ("logo", "favicon"))
    return Mailbox(address, zone, is_public, Branding(logo, favicon, _texts(entry.get("texts", {}))))


def _is_zone(name: object) -> bool:
    try:
        return isinstance(name, str) and bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError):
        return False


def _picture(address: object) -> str | None:
    if address is None:
        return None
    try:
        return secure_picture(str(address))
    except ValueError as error:
        raise ValueError(EXPECTED_PICTURE) from error


def _texts(value: object) -> Mapping[str, Mapping[str, str]]:
    if not isinstance(value, dict) or set(value) - PLACES:
        raise ValueError(EXPECTED_TEXTS)
    return {place: _by_language(words) for place, words in value.items()}


def _by_language(words: object) -> Mapping[str, str]:
    """The words by language; `""` stands for any."""
    if isinstance(words, str):
        words = {"": words}
    elif not isinstance(words, dict) or not all(map(LANGUAGE.fullmatch, words)):
        raise ValueError(EXPECTED_TEXTS)
    if not all(isinstance(one, str) and 0 < len(one) <= LONGEST_TEXT for one in words.values()):
        raise ValueError(EXPECTED_TEXTS)
    return words
