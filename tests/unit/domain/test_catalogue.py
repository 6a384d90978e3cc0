"""Who is offered which service of a catalogue."""

from dataclasses import replace

import pytest

from shared.domain.left_out import LeftOut
from shared.domain.model import Catalogue
from tests.unit.domain.rules.situation import BUSINESS, SERVICE


def left_out(what: str, service_id: str = SERVICE.id) -> LeftOut:
    return LeftOut(what, service_id, "unreadable")


@pytest.mark.parametrize(
    ("is_hidden", "left", "to_customers", "to_partners"),
    [
        (False, (), True, True),
        (True, (), False, True),
        (True, (left_out("service"),), False, False),
        (True, (left_out("question"), left_out("service", "another")), False, True),
    ],
)
def test_who_is_offered_a_service(
    is_hidden: bool, left: tuple[LeftOut, ...], to_customers: bool, to_partners: bool
) -> None:
    """A hidden one is for partners, one that nobody can book for nobody."""
    service = replace(SERVICE, is_hidden_from_customers=is_hidden)
    catalogue = Catalogue(BUSINESS, {service.id: service}, {}, left)

    assert catalogue.offers(service) is to_customers
    assert catalogue.offers(service, to_partner=True) is to_partners
