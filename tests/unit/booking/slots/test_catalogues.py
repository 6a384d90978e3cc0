"""What belongs to one business or one service stays with it, and who gets which service."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

import pytest

from shared.booking.ports import Graph
from shared.booking.slots.catalogue import LIFE, PATIENCE, Catalogues, Reminders, offered_service
from shared.booking.slots.single_flight import PATIENCE as LONGEST
from shared.domain.errors import NotFound, Unreachable
from shared.domain.model import Catalogue, Reminder
from tests.support.shop import Shop
from tests.support.virtually import loop_now, virtually
from tests.support.world import PAIR, SHOP, TALK
from tests.unit.domain.rules.situation import ANN, BUSINESS, MONDAY_AT_SEVEN, SERVICE

OPEN = replace(BUSINESS, is_published=True, access_control="unrestricted")
HIDDEN = replace(SERVICE, id="secret", is_hidden_from_customers=True)
OFFERED = Catalogue(OPEN, {one.id: one for one in (SERVICE, HIDDEN)}, {ANN.id: ANN})
HERE, ELSEWHERE = "here@contoso.com", "elsewhere@contoso.com"


@dataclass
class Shops:
    """Graph with a catalogue of its own for each mailbox, and what it was asked."""

    latency: float = 0.0
    now: datetime = MONDAY_AT_SEVEN
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    async def catalogue(self, business: str, time_zone: str | None = None) -> Catalogue:
        self.asked.append((business, time_zone))
        await asyncio.sleep(self.latency)
        return replace(OFFERED, business=replace(OPEN, id=business))


def catalogues(shops: Shops, **zones: str) -> Catalogues:
    return Catalogues(cast(Graph, shops), lambda: shops.now, {f"{at}@contoso.com": zones[at] for at in zones})


@virtually
async def test_two_businesses_never_share_a_reading() -> None:
    """Neither at the same time nor one after the other."""
    shops = Shops(latency=1)
    known = catalogues(shops)
    read = await asyncio.gather(known.get(HERE), known.get(ELSEWHERE))
    assert [one.business.id for one in read] == [HERE, ELSEWHERE]
    assert (await known.get(HERE)).business.id == HERE
    assert [business for business, _ in shops.asked] == [HERE, ELSEWHERE]


@virtually
async def test_each_business_is_read_with_the_zone_that_the_settings_name() -> None:
    """With none where they name none; every later reading has it too."""
    shops = Shops()
    known = catalogues(shops, here="America/Chicago")
    for _ in range(2):
        await known.get(HERE)
        await known.get(ELSEWHERE)
        shops.now += LIFE
    assert shops.asked == [(HERE, "America/Chicago"), (ELSEWHERE, None)] * 2


@virtually
async def test_a_reading_that_takes_long_is_waited_for_as_long_as_is_promised() -> None:
    """While the last one serves, two seconds; what arrives later serves the next ones."""
    shops = Shops()
    known = catalogues(shops)
    first = await known.get(HERE)
    shops.latency = PATIENCE.total_seconds() + 1
    shops.now += LIFE

    began = loop_now().now
    assert await known.get(HERE) is first
    assert loop_now().now - began == PATIENCE.total_seconds()

    await asyncio.sleep(1)
    shops.now += timedelta(seconds=10)
    assert await known.get(HERE) is not first
    assert len(shops.asked) == 2


@virtually
async def test_who_waits_too_long_for_the_first_reading_is_told() -> None:
    """There is nothing else to serve."""
    began = loop_now().now
    with pytest.raises(Unreachable):
        await catalogues(Shops(latency=LONGEST.total_seconds() + 1)).get(HERE)
    assert loop_now().now - began == LONGEST.total_seconds()


@virtually
async def test_two_services_never_share_their_reminders() -> None:
    """Neither at the same time nor one after the other."""
    shop = Shop()
    soon, later = (
        (Reminder(text, timedelta(minutes=15), "allAttendees"),)
        for text in ("See you soon.", "See you later.")
    )
    shop.mailbox.reminders.update({TALK.id: soon, PAIR.id: later})
    reminders = Reminders(shop.graph, shop.clock)
    both = await asyncio.gather(reminders.added(SHOP, TALK), reminders.added(SHOP, PAIR))
    assert list(both) == [replace(TALK, default_reminders=soon), replace(PAIR, default_reminders=later)]
    assert (await reminders.added(SHOP, TALK)).default_reminders == soon
    assert shop.wire.calls == {"reminders": 2}


@pytest.mark.parametrize("service_id", [HIDDEN.id, "nowhere"])
def test_a_service_that_is_hidden_or_missing_is_not_found_alike(service_id: str) -> None:
    """Unless it is said that a partner asks, the public does; the error points at the service."""
    with pytest.raises(NotFound, match=r"^service not found$") as refused:
        offered_service(OFFERED, service_id)
    assert (refused.value.what, refused.value.pointer) == ("service", "/serviceId")


def test_a_hidden_service_is_to_partners_like_every_other_one() -> None:
    """Nothing else of it differs, and what is not hidden is as it was for everybody."""
    shown = offered_service(OFFERED, HIDDEN.id, to_partner=True)
    assert shown == replace(HIDDEN, is_hidden_from_customers=False)
    assert offered_service(OFFERED, SERVICE.id, to_partner=True) == SERVICE
    assert offered_service(OFFERED, SERVICE.id) == SERVICE
    with pytest.raises(NotFound):
        offered_service(OFFERED, "nowhere", to_partner=True)
