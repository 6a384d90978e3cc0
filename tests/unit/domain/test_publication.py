"""What the shop closed at Microsoft Bookings is closed here, and what nobody knows counts as closed."""

from dataclasses import replace

import pytest

from shared.domain.publication import closed_to_public
from tests.unit.domain.rules.situation import BUSINESS


@pytest.mark.parametrize(
    ("is_published", "access_control", "reason"),
    [
        (True, "unrestricted", None),
        (True, None, None),
        (False, "unrestricted", "not-published"),
        (None, "unrestricted", "unknown"),
        (True, "restrictedToOrganization", "restricted"),
        (True, "somethingNew", "unknown"),
    ],
)
def test_why_a_business_is_not_sold(
    is_published: bool | None, access_control: str | None, reason: str | None
) -> None:
    """Each combination has one reason, or none."""
    business = replace(BUSINESS, is_published=is_published, access_control=access_control)
    assert closed_to_public(business) == reason
