"""What a shop set for its booking page in Microsoft Bookings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageSettings:
    """A bookingPageSettings as far as pages follow it; colour and addresses are as the shop wrote them."""

    color_code: str | None = None
    asks_consent: bool = False
    consent_message: str | None = None
    privacy_policy_url: str | None = None
    terms_url: str | None = None
    is_kept_from_search: bool = False
