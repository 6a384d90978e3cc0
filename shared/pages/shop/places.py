"""Where an appointment or a shop is, in words, and the way there; asks for no language."""

from dataclasses import dataclass
from urllib.parse import quote

from shared.domain.model import Address, Catalogue, Location

MAP = "https://www.google.com/maps/search/?api=1&query="
"""Maps on phones open such an address in their own app, whoever makes them."""


def directions(text: str) -> str:
    """The address of a map that shows this place."""
    return MAP + quote(text)


def address_line(at: Address | None) -> str | None:
    """A postal address in one line: with a state as in America, without one as in Europe."""
    if at is None:
        return None
    town = (at.city, _beside(at.state, at.postal_code)) if at.state else (_beside(at.postal_code, at.city),)
    return ", ".join(filter(None, (at.street, *town, at.country_or_region))) or None


def _beside(*texts: str | None) -> str:
    return " ".join(filter(None, texts))


def place_of(where: Location | None) -> str | None:
    """What a place is called, else its address."""
    return None if where is None else where.display_name or address_line(where.address)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an appointment is; `directions` lead there, None where nobody can be led."""

    text: str
    directions: str | None = None


def meeting_place(catalogue: Catalogue, name: str | None, where: Location | None) -> Place | None:
    """The place that an appointment names, with its address; the shop's own address where it names none."""
    line = address_line(where.address if where else None) or address_line(catalogue.business.address)
    text = ", ".join(dict.fromkeys(filter(None, (name or place_of(where), line))))
    return Place(text, directions(line or text)) if text else None
