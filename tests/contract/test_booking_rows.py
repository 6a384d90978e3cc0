"""What the store of booking rows promises, in memory and on Azure Table Storage alike."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.booking.ports import AlreadyExists, Changed, Stores
from shared.booking.records import BookingRow
from shared.domain.intervals import Interval

NOW = datetime(2026, 12, 1, 16, 0, 0, 123457, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MAILBOX = "contosolunchdelivery@contoso.com"
ALWAYS = Interval(NOW - 400 * DAY, NOW + 400 * DAY)
ANN, BOB = "a" * 64, "b" * 64


def row(number: int = 1, start: datetime = NOW, person: str = ANN, business: str = MAILBOX) -> BookingRow:
    return BookingRow(
        reference=f"BK-{number:08}",
        business=business,
        key="f" * 64,
        person=person,
        customer_id="customer=",
        service_id="service",
        appointment_id="AAMkAD+/=",
        span=Interval(start, start + HOUR),
        staff_member_ids=("one", "two"),
        time_zone="America/Chicago",
        created=NOW,
    )


async def listed(stores: Stores, span: Interval = ALWAYS) -> list[str]:
    return [one.reference for one in await stores.bookings.starting(MAILBOX, span, None, 100)]


async def test_a_row_comes_back_as_it_went_in(stores: Stores) -> None:
    """Every member survives, times to the microsecond; the spelling of the mailbox does not matter."""
    full = replace(row(), campaign="spring ü", changes=2, cancelled=NOW, pending="e" * 64, left=("a", "b"))
    inserted = await stores.bookings.insert(full)
    assert inserted == full
    assert inserted.version
    found = await stores.bookings.get(MAILBOX.upper(), full.reference)
    assert found == full
    assert found.version == inserted.version
    bare = await stores.bookings.insert(row(2))
    assert await stores.bookings.get(MAILBOX, bare.reference) == bare


@pytest.mark.parametrize("reference", ["BK-00000002", "", "a/b\\c#d?e\t\n'", "x" * 5000])
async def test_what_was_never_stored_has_no_row(stores: Stores, reference: str) -> None:
    """Neither an unknown reference, nor one that Table Storage would refuse, nor another business's."""
    await stores.bookings.insert(row())
    assert await stores.bookings.get(MAILBOX, reference) is None
    assert await stores.bookings.get("other@contoso.com", "BK-00000001") is None


async def test_a_reference_is_inserted_once(stores: Stores) -> None:
    """The second insert is refused, and no list shows anything of it."""
    await stores.bookings.insert(row())
    with pytest.raises(AlreadyExists):
        await stores.bookings.insert(replace(row(person=BOB), span=Interval(NOW + DAY, NOW + DAY + HOUR)))
    assert await stores.bookings.get(MAILBOX, "BK-00000001") == row()
    assert not await stores.bookings.of_person(MAILBOX, BOB)
    assert await listed(stores) == ["BK-00000001"]


async def test_a_row_changes_by_the_version_that_was_read_alone(stores: Stores) -> None:
    """Of two writers that read the same version the second is refused; so is one that never read."""
    first = await stores.bookings.insert(row())
    second = await stores.bookings.replace(replace(first, pending="mine"))
    assert second.version != first.version
    for stale in (first, row(), row(2)):
        with pytest.raises(Changed):
            await stores.bookings.replace(replace(stale, pending="yours"))
    assert await stores.bookings.get(MAILBOX, first.reference) == replace(first, pending="mine")
    assert (await stores.bookings.replace(replace(second, pending=None))).pending is None


async def test_a_moved_row_is_listed_at_its_new_start_alone(stores: Stores) -> None:
    """Also where it was read from the store between the moves."""
    moved = await stores.bookings.insert(row())
    for days in (1, 2, 1):
        span = Interval(NOW + days * DAY, NOW + days * DAY + HOUR)
        await stores.bookings.replace(replace(moved, span=span))
        found = await stores.bookings.get(MAILBOX, moved.reference)
        assert found is not None
        assert found.span == span
        listed_now = await stores.bookings.starting(MAILBOX, ALWAYS, None, 100)
        assert [one.span for one in listed_now] == [span]
        assert [one.span for one in await stores.bookings.of_person(MAILBOX, ANN)] == [span]
        moved = found


async def test_a_person_has_their_own_rows_by_start(stores: Stores) -> None:
    """Nobody else's, and nothing of another business."""
    for one in (row(1, NOW + DAY), row(2, NOW), row(3, NOW, BOB), row(4, NOW, ANN, "other@contoso.com")):
        await stores.bookings.insert(one)
    found = await stores.bookings.of_person(MAILBOX, ANN)
    assert [one.reference for one in found] == ["BK-00000002", "BK-00000001"]


async def test_a_period_is_listed_in_order_and_page_by_page(stores: Stores) -> None:
    """Its first instant counts, its last does not; rows of one start come by reference."""
    starts = {1: NOW, 2: NOW + HOUR, 3: NOW, 4: NOW - TICK, 5: NOW + 2 * HOUR}
    for number, start in starts.items():
        await stores.bookings.insert(row(number, start))
    span = Interval(NOW, NOW + 2 * HOUR)
    assert await listed(stores, span) == ["BK-00000001", "BK-00000003", "BK-00000002"]
    seen: list[str] = []
    after = None
    while page := await stores.bookings.starting(MAILBOX, span, after, 1):
        seen.append(page[0].reference)
        after = (page[0].span.start, page[0].reference)
    assert seen == ["BK-00000001", "BK-00000003", "BK-00000002"]


async def test_a_deleted_row_is_nowhere(stores: Stores) -> None:
    """Not by reference, person or period; deleting it again is no error."""
    stale = await stores.bookings.insert(row())
    await stores.bookings.insert(row(2))
    await stores.bookings.replace(replace(stale, pending="later"))
    await stores.bookings.delete(stale)
    await stores.bookings.delete(stale)
    assert await stores.bookings.get(MAILBOX, stale.reference) is None
    assert [one.reference for one in await stores.bookings.of_person(MAILBOX, ANN)] == ["BK-00000002"]
    assert await listed(stores) == ["BK-00000002"]


async def test_sweep_deletes_what_ended_earlier(stores: Stores) -> None:
    """By the end, not by the start, and in this business only."""
    await stores.bookings.insert(row(1, NOW - HOUR - TICK))
    await stores.bookings.insert(row(2, NOW - HOUR))
    await stores.bookings.insert(row(3, NOW - DAY, business="other@contoso.com"))
    assert await stores.bookings.sweep(MAILBOX, NOW) == 1
    assert await listed(stores) == ["BK-00000002"]
    assert await stores.bookings.get(MAILBOX, "BK-00000001") is None
    assert [one.reference for one in await stores.bookings.of_person(MAILBOX, ANN)] == ["BK-00000002"]
    assert await stores.bookings.sweep("other@contoso.com", NOW) == 1
