"""What a booking came from: told by a field of its own, or by what links carry along."""

from collections.abc import Mapping
from urllib.parse import quote

from shared.domain.texts import clean_name

LONGEST = 100
"""Characters of it that are kept."""

OF_LINKS = ("utm_campaign", "ref")
"""Names that links and forms have for it, in whatever case of letters; the first that says something."""

LONGEST_IN_ADDRESS = 600
"""Characters that it may take in an address, where it is escaped: each page of a visit has one."""


def campaign_of(fields: Mapping[str, str]) -> str | None:
    """What these fields or parameters tell, in one line and shortened; None where they say nothing.

    The API's own name counts before those of links: whoever made the form chose it.
    """
    for wanted in ("campaign", *OF_LINKS):
        for name, text in fields.items():
            if name.lower() == wanted and (found := clean_name(clean_name(text)[:LONGEST])):
                return found
    return None


def campaign_in_address(fields: Mapping[str, str]) -> str | None:
    """The same, as much of it as an address has room for."""
    campaign = campaign_of(fields) or ""
    while len(quote(campaign)) > LONGEST_IN_ADDRESS:
        campaign = campaign[:-1]
    return clean_name(campaign) or None
