"""Whether a business is for the public: what the shop closed at Microsoft Bookings stays closed here."""

from shared.domain.model import Business

UNRESTRICTED = "unrestricted"


def closed_to_public(business: Business) -> str | None:
    """Why the business is not sold to the public, as a stable reason; None where it is.

    `not-published`, `restricted` to the organisation, or `unknown` where Graph does not say. A cloud that
    knows no page settings at all restricts nothing. Source: bookingBusiness, isPublished;
    bookingPageSettings, accessControl.
    """
    if business.is_published is None:
        return "unknown"
    if not business.is_published:
        return "not-published"
    if business.access_control in {None, UNRESTRICTED}:
        return None
    return "restricted" if business.access_control == "restrictedToOrganization" else "unknown"
