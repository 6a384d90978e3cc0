"""What a service costs, in words."""

from shared.domain.model import Catalogue, Service
from shared.pages.texts import Texts

PRICES = frozenset({"free", "priceVaries", "callUs"})


def price(t: Texts, catalogue: Catalogue, service: Service) -> str | None:
    """What a service costs, None if nobody said."""
    currency = catalogue.business.currency
    return price_text(t, service.default_price_type, service.default_price, currency)


def price_text(t: Texts, kind: str, number: float, currency: str | None) -> str | None:
    """A price of one of Microsoft's kinds, None if nobody said."""
    if kind in PRICES:
        return t(f"price.{kind}")
    amount = t.formats.money(number, currency)
    if kind in {"startingAt", "hourly"}:
        return t(f"price.{kind}", amount=amount)
    return amount if kind == "fixedPrice" else None
