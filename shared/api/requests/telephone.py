"""Telephone numbers as people write them: at home without the country's code, and with an extension.

Inside they are E.164 (`+12135550199`), with the extension apart. The library of numbers and CLDR's names of
countries are loaded when the first number has to be read.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from shared.domain.model import Business
from shared.platform.startup import standing_in_for

DIGITS = "0123456789" + "".join(map(chr, range(0xFF10, 0xFF1A)))
"""Those of ASCII, and the wide ones of East Asian keyboards."""

PAUSES = frozenset(",;#~")
BETWEEN = PAUSES | frozenset(" \t.:=(/-")
"""What may stand between a number and its extension, beside words: a pause, or what belongs to writing."""

OF_OTHER_USE = ("phonenumbers.asyoutypeformatter", "phonenumbers.phonenumbermatcher")
"""What the library has for numbers while they are typed, and in texts: half of its patterns."""

MOST_WORDS, LONGEST_EXTENSION = 3, 7

COUNTRY = re.compile("(?!ZZ)[A-Z]{2}")
"""A country's code, and not the one that CLDR has for nowhere."""

FEWEST_DIGITS = 4
"""Fewer make no number in any country."""

COUNTRY_NAMES_IN = ("en", "de", "fr", "es")
"""Languages in which the country of an address is looked up, beside the business's own."""


@dataclass(frozen=True, slots=True)
class Telephone:
    """A number in E.164, and the extension behind it, digits only."""

    number: str
    extension: str | None = None

    def __str__(self) -> str:
        """Both in one text, as RFC 3966 writes them."""
        return f"{self.number};ext={self.extension}" if self.extension else self.number


def read(text: str, country: str | None = None) -> Telephone | None:
    """The number that somebody wrote; None where it is none, or belongs to a country that is not known.

    `country` (ISO 3166, two letters) is where numbers without a country's code are at home.
    """
    front, extension = _parted(text)
    plain = _read(front, country) if extension else None
    return replace(plain, extension=extension) if plain else _read(text, country)


def _parted(text: str) -> tuple[str, str | None]:
    """A number, and the digits behind a pause or up to three words of any language (ext., poste)."""
    bare = text.rstrip(" )")
    front = bare.rstrip(DIGITS)
    extension = unicodedata.normalize("NFKC", bare[len(front) :])
    end = len(front)
    while end and (front[end - 1].isalpha() or front[end - 1] in BETWEEN):
        end -= 1
    label = front[end:]
    words = "".join(one if one.isalpha() else " " for one in label).split()
    is_label = len(words) <= MOST_WORDS and bool(words or PAUSES.intersection(label))
    if not is_label or not 1 <= len(extension) <= LONGEST_EXTENSION:
        return text, None
    return front[:end], extension


@cache
def _load_numbers() -> None:
    with standing_in_for(*OF_OTHER_USE):
        import phonenumbers  # noqa: F401, PLC0415 (its patterns take a while)


def _read(text: str, country: str | None) -> Telephone | None:
    _load_numbers()
    import phonenumbers  # noqa: PLC0415 (loaded above)

    bare = text.strip()
    international = f"+{bare[2:]}" if bare.startswith("00") and not bare.startswith("000") else bare
    for written, home in ((text, country), (international, None)):
        try:
            number = phonenumbers.parse(written, home)
        except phonenumbers.NumberParseException:
            continue
        possible = phonenumbers.is_possible_number_with_reason(number)
        if possible == phonenumbers.ValidationResult.IS_POSSIBLE:  # not one that needs its area's code
            plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            return Telephone(plain, number.extension or None)
    return None


def kept(text: str) -> str | None:
    """What stands for a number until its country is known: itself where it names one, else as it was written.

    None where it can be none.
    """
    found = read(text)
    if found is not None:
        return str(found)
    first = next((one for one in text.casefold().removeprefix("tel:") if one.isalnum() or one == "+"), "")
    is_national = first.isdigit() and sum(map(str.isdigit, text)) >= FEWEST_DIGITS
    return text if is_national else None


def names_its_country(text: str) -> bool:
    """Whether a number can be read without knowing where it is at home."""
    return text.startswith("+")


def home_of(business: Business) -> str | None:
    """The country in which a business's customers write numbers without the country's code.

    That of its address, else that of its time zone, else that of its language.
    """
    address = business.address.country_or_region if business.address else None
    return _home(address or "", business.time_zone, business.language_tag or "")


@lru_cache(maxsize=256)
def _home(address: str, time_zone: str, language: str) -> str | None:
    from babel.core import get_global  # noqa: PLC0415 (as above)

    name, tag = _plain(address), language.replace("_", "-")
    named = _countries(tag.partition("-")[0].lower()).get(name) if name else None
    zone = get_global("zone_aliases").get(time_zone, time_zone)
    usual = str(get_global("likely_subtags").get(tag.partition("-")[0], "")).rpartition("_")[2]
    region = re.search(r"-([A-Za-z]{2})\b", tag)
    spoken = region[1].upper() if region else usual
    places = (named, get_global("zone_territories").get(zone), spoken)
    return next((one for one in places if one and COUNTRY.fullmatch(one)), None)


@lru_cache(maxsize=16)
def _countries(language: str) -> dict[str, str]:
    """Two-letter codes by the names that countries have in these languages, and by their other codes."""
    from babel import Locale  # noqa: PLC0415 (as above)
    from babel.core import UnknownLocaleError, get_global  # noqa: PLC0415

    aliases = {name: codes[0] for name, codes in get_global("territory_aliases").items() if len(codes) == 1}
    found = {_plain(name): code for name, code in aliases.items()}
    for tag in (*COUNTRY_NAMES_IN, language):
        try:
            territories = Locale(tag).territories
        except (UnknownLocaleError, ValueError):
            continue
        named = {code: name for code, name in territories.items() if len(code) == 2}  # noqa: PLR2004 (ISO 3166)
        found |= {_plain(name): code for code, name in named.items()}
        found |= {code.lower(): code for code in named}
    return found | {_plain(name): code for name, code in OTHER_NAMES.items()}


OTHER_NAMES = {
    "United States of America": "US", "America": "US", "Great Britain": "GB", "England": "GB",
    "Scotland": "GB", "Wales": "GB", "Northern Ireland": "GB", "Holland": "NL", "Czech Republic": "CZ",
}  # fmt: skip
"""Names that CLDR does not have."""


def _plain(name: str) -> str:
    """A name without case, accents and punctuation."""
    spread = unicodedata.normalize("NFKD", name.casefold())
    return "".join(one for one in spread if one.isalnum() and not unicodedata.combining(one))
