"""A catalogue that cannot be read again, and what is closed to the public."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

import pytest

from shared.booking.ports import Graph
from shared.booking.slots.catalogue import KEPT, LIFE, PAUSE, Catalogues
from shared.domain.errors import (
    Denied,
    GraphError,
    Missing,
    NotFound,
    NotSent,
    Rejected,
    Throttled,
    Unavailable,
    UnknownBusinessZone,
    Unreachable,
)
from shared.domain.model import Catalogue
from tests.unit.domain.rules.situation import ANN, BOB, BUSINESS, MINUTE, MONDAY_AT_SEVEN, SERVICE

OPEN = replace(BUSINESS, is_published=True, access_control="unrestricted")
FIRST = Catalogue(OPEN, {SERVICE.id: SERVICE}, {one.id: one for one in (ANN, BOB)})
SECOND = replace(FIRST, staff={})
MAILBOX = BUSINESS.id


@dataclass
class Shop:
    """Graph as far as the catalogue goes: what it answers next, and how often it was asked."""

    next: Catalogue | GraphError | Callable[[], Awaitable[Catalogue]] = FIRST
    asked: int = 0
    now: datetime = MONDAY_AT_SEVEN

    async def catalogue(self, business: str, time_zone: str | None = None) -> Catalogue:  # noqa: ARG002
        self.asked += 1
        if isinstance(self.next, GraphError):
            raise self.next
        return self.next if isinstance(self.next, Catalogue) else await self.next()

    def later(self, by: timedelta) -> None:
        self.now += by


def catalogues(shop: Shop, public: Sequence[str] = (), kept: timedelta = KEPT) -> Catalogues:
    return Catalogues(cast(Graph, shop), lambda: shop.now, {}, public, kept)


FAILURES = [
    Unavailable("services.list", 500),
    Unavailable("services.list", 503),
    Unreachable("services.list"),
    NotSent("services.list"),
    Throttled("services.list", 429),
    Rejected("services.list", 400),
]
ANSWERS = [Denied("x", 403), Missing("x", 404), UnknownBusinessZone("businesses.get")]


@pytest.mark.parametrize("failure", FAILURES, ids=repr)
async def test_the_last_catalogue_serves_where_it_cannot_be_read_again(
    failure: GraphError, caplog: pytest.LogCaptureFixture
) -> None:
    """For a time that is bounded; then the failure is told."""
    shop = Shop()
    known = catalogues(shop)
    await known.get(MAILBOX)

    shop.next = failure
    shop.later(LIFE)
    assert await known.get(MAILBOX) == FIRST
    assert "catalogue.stale" in caplog.messages

    shop.later(KEPT - LIFE)
    with pytest.raises(type(failure)):
        await known.get(MAILBOX)


@pytest.mark.parametrize("answer", ANSWERS, ids=repr)
async def test_an_answer_is_no_failure(answer: GraphError) -> None:
    """A mailbox that is gone, a right that was taken away and an unknown zone are told at once."""
    shop = Shop()
    known = catalogues(shop)
    await known.get(MAILBOX)

    shop.next = answer
    shop.later(LIFE)
    with pytest.raises(type(answer)):
        await known.get(MAILBOX)


async def test_without_a_last_catalogue_a_failure_is_told() -> None:
    """There is nothing to serve."""
    with pytest.raises(Unavailable):
        await catalogues(Shop(FAILURES[0])).get(MAILBOX)


async def test_graph_is_spared_while_it_fails() -> None:
    """After a failure nobody asks for ten seconds; after that one try serves everybody, and may succeed."""
    shop = Shop()
    known = catalogues(shop)
    await known.get(MAILBOX)
    shop.next = FAILURES[0]
    shop.later(LIFE)

    await asyncio.gather(*(known.get(MAILBOX) for _ in range(20)))
    shop.later(PAUSE - timedelta(seconds=1))
    await asyncio.gather(*(known.get(MAILBOX) for _ in range(20)))
    assert shop.asked == 2

    shop.next = SECOND
    shop.later(timedelta(seconds=1))
    assert await known.get(MAILBOX) == SECOND
    assert shop.asked == 3


async def test_nobody_waits_for_a_reading_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the last catalogue serves, it serves soon; what arrives late serves the next ones."""
    monkeypatch.setattr("shared.booking.slots.catalogue.PATIENCE", timedelta())
    shop = Shop()
    known = catalogues(shop)
    await known.get(MAILBOX)
    arrives = asyncio.Event()

    async def late() -> Catalogue:
        await arrives.wait()
        return SECOND

    shop.next = late
    shop.later(LIFE)
    assert await known.get(MAILBOX) == FIRST

    monkeypatch.setattr("shared.booking.slots.catalogue.PATIENCE", MINUTE)
    shop.later(PAUSE)
    arrives.set()
    assert await known.get(MAILBOX) == SECOND
    assert shop.asked == 2


async def test_a_catalogue_that_was_forgotten_is_read_at_once() -> None:
    """And where that fails, the last one serves."""
    shop = Shop()
    known = catalogues(shop)
    await known.get(MAILBOX)

    known.forget(MAILBOX)
    shop.next = SECOND
    assert await known.get(MAILBOX) == SECOND

    known.forget(MAILBOX)
    shop.next = FAILURES[0]
    assert await known.get(MAILBOX) == SECOND


@pytest.mark.parametrize(
    ("published", "access", "closed"),
    [
        (True, "unrestricted", None),
        (True, None, None),
        (False, "unrestricted", "not-published"),
        (None, "unrestricted", "unknown"),
        (True, "restrictedToOrganization", "restricted"),
        (True, "byInvitation", "unknown"),
    ],
)
async def test_what_the_shop_closed_is_closed_to_the_public(
    published: bool | None, access: str | None, closed: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Unless the settings say that it is public; the log says so once, with the reason."""
    shop = Shop(replace(FIRST, business=replace(OPEN, is_published=published, access_control=access)))
    known = catalogues(shop)

    for _ in range(2):
        assert (await known.get(MAILBOX)).closed_to_public == closed
        shop.later(LIFE)
    logged = [vars(one) for one in caplog.records if one.message == "business.closed-to-public"]
    told = [(one["event"], one["business"], one["reason"]) for one in logged]
    assert told == ([("business.closed-to-public", MAILBOX, closed)] if closed else [])
    assert (await catalogues(shop, [MAILBOX]).get(MAILBOX)).closed_to_public is None


async def test_a_shop_that_is_closed_to_the_public_does_not_exist_for_it() -> None:
    """Whoever asks for it by name is told no more than of a shop that was never there."""
    shop = Shop(next=replace(FIRST, business=replace(OPEN, is_published=False)))
    known = catalogues(shop)
    known.check_open(MAILBOX)  # nothing is known yet, and nobody is asked
    assert shop.asked == 0

    with pytest.raises(NotFound, match=r"^business not found$"):
        await known.for_public(MAILBOX)
    with pytest.raises(NotFound, match=r"^business not found$"):
        known.check_open(MAILBOX)
    assert (await known.get(MAILBOX)).closed_to_public == "not-published"


async def test_an_open_shop_is_there_for_the_public() -> None:
    """As for everybody else."""
    known = catalogues(Shop())
    assert await known.for_public(MAILBOX) == await known.get(MAILBOX)
    known.check_open(MAILBOX)


async def test_the_public_gets_no_catalogue_of_a_shop_that_is_closed() -> None:
    """To the public it does not exist; everybody else gets it, and so does the public of an open one."""
    shop = Shop(replace(FIRST, business=replace(OPEN, is_published=False)))
    known = catalogues(shop)
    with pytest.raises(NotFound, match="business"):
        await known.for_public(MAILBOX)
    assert (await known.get(MAILBOX)).closed_to_public == "not-published"

    assert (await catalogues(Shop()).for_public(MAILBOX)).closed_to_public is None
    with pytest.raises(Unavailable):
        await catalogues(Shop(FAILURES[0])).for_public(MAILBOX)


async def test_what_is_known_of_a_shop_is_told_without_asking() -> None:
    """Closed while the last reading says so and still serves; of a shop that nobody read nothing is known."""
    shop = Shop(replace(FIRST, business=replace(OPEN, is_published=False)))
    known = catalogues(shop)
    known.check_open(MAILBOX)
    assert shop.asked == 0

    await known.get(MAILBOX)
    with pytest.raises(NotFound, match="business"):
        known.check_open(MAILBOX)
    shop.later(KEPT)
    known.check_open(MAILBOX)
    assert shop.asked == 1

    opened = catalogues(Shop())
    await opened.get(MAILBOX)
    opened.check_open(MAILBOX)
