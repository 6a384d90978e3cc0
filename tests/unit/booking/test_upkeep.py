"""The timer's work: each part at its time, and none in the way of another."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from shared.booking.customers.erase import RECEIPTS_KEPT
from shared.booking.erasures import Erasure
from shared.booking.records import BookingRow, IdempotencyRecord, LedgerEntry, State
from shared.booking.upkeep import BOOKINGS_KEPT, KEPT, RESCAN, RUN, Upkeep
from shared.booking.writes.idempotency import RETENTION
from shared.domain.errors import StoreUnavailable, Unavailable
from shared.domain.intervals import Interval
from shared.domain.model import Appointment
from shared.platform.logs import correlation_id
from shared.tables.memory import memory_stores
from tests.support.virtually import virtually

NOW = datetime(2026, 12, 1, 16, 10, tzinfo=UTC)
BOX, OTHER = "shop@contoso.com", "other@contoso.com"


@dataclass
class Chores:
    """Stands for everything that upkeep calls, and writes down what was done."""

    done: list[str] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    fails: bool = False

    async def settle_all(self) -> int:
        self._do("settle")
        return 1

    async def renew(self, business: str) -> None:
        self._do(f"scan {business}")

    async def advance(self, business: str) -> None:
        self.erased.append(business)

    def _do(self, what: str) -> None:
        self.done.append(what)
        if self.fails:
            raise Unavailable(what)


async def run(chores: Chores, now: datetime = NOW, scanned: datetime | None = None) -> list[str]:
    """One run of the timer at `now`, for two businesses of which one was scanned."""
    stores = memory_stores()
    if scanned is not None:
        await stores.customers.mark_scanned(BOX, scanned)
    await stores.locks.try_acquire("left behind", "me", NOW - timedelta(days=1), timedelta(seconds=60))
    upkeep = Upkeep(
        reconcile=cast("Any", chores),
        stores=stores,
        scans=cast("Any", chores),
        erase=cast("Any", chores),
        businesses=(BOX, OTHER),
        clock=lambda: now,
    )
    await upkeep()
    if await stores.locks.sweep(NOW) == 0:
        chores.done.append("swept")
    return chores.done


@pytest.mark.parametrize(("minute", "swept"), [(10, ["swept"]), (11, []), (19, []), (20, ["swept"])])
async def test_what_is_over_is_swept_every_ten_minutes(minute: int, swept: list[str]) -> None:
    """Doubts are settled each minute."""
    assert await run(Chores(), NOW.replace(minute=minute)) == ["settle", *swept]


async def test_a_list_is_read_again_after_an_hour_and_only_where_bookings_began_it() -> None:
    """A business without bookings costs Graph nothing."""
    moment = timedelta(microseconds=1)
    assert f"scan {BOX}" in await run(Chores(), scanned=NOW - RESCAN)
    assert f"scan {BOX}" not in await run(Chores(), scanned=NOW - RESCAN + moment)
    assert f"scan {OTHER}" not in await run(Chores(), scanned=NOW - RESCAN)


async def test_the_erasures_of_every_business_go_on_each_minute() -> None:
    """Also where bookings have begun no index."""
    chores = Chores()
    await run(chores, NOW.replace(minute=11))
    assert chores.erased == [BOX, OTHER]


async def test_a_part_that_fails_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    """Both failures are in the log by the name of their part."""
    done = await run(Chores(fails=True), scanned=NOW - RESCAN)

    assert done == ["settle", f"scan {BOX}", "swept"]
    failed = [record.__dict__["operation"] for record in caplog.records if record.message == "upkeep.failed"]
    assert failed == ["settle", "scan"]


@pytest.mark.parametrize(
    ("store", "method", "part"), [("counters", "sweep", "sweep"), ("customers", "scanned_at", "scan")]
)
async def test_a_store_that_fails_is_told_by_the_part_that_needs_it(
    store: str, method: str, part: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that whoever reads the log knows what was left undone."""

    async def fails(*_: object) -> None:
        raise StoreUnavailable(f"{store}.{method}", "503")

    stores, chores = memory_stores(), cast("Any", Chores())
    monkeypatch.setattr(getattr(stores, store), method, fails)
    await Upkeep(
        reconcile=chores, stores=stores, scans=chores, erase=chores, businesses=[BOX], clock=lambda: NOW
    )()
    failed = [vars(one) for one in caplog.records if one.message == "upkeep.failed"]
    assert [(one["operation"], one["error"]) for one in failed] == [(part, "StoreUnavailable")]
    assert chores.erased == [BOX]


async def test_an_erasure_that_fails_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """That of the other business goes on."""

    class Fails(Chores):
        async def advance(self, business: str) -> None:
            await super().advance(business)
            if business == BOX:
                raise Unavailable("customers.delete", 503)

    chores = Fails()
    await run(chores, NOW.replace(minute=11))
    failed = [vars(one) for one in caplog.records if one.message == "upkeep.failed"]
    assert [(one["operation"], one["error"]) for one in failed] == [("erase", "Unavailable")]
    assert chores.erased == [BOX, OTHER]


async def test_each_run_is_logged_under_an_id_of_its_own() -> None:
    """Whatever its parts do is found by it, in the logs and at Graph."""
    ids: list[str] = []

    class Tells(Chores):
        async def settle_all(self) -> int:
            ids.append(correlation_id.get())
            return 0

        async def advance(self, business: str) -> None:  # noqa: ARG002
            ids.append(correlation_id.get())

    for _ in range(2):
        await run(Tells(), NOW.replace(minute=11))
    first, second = ids[:3], ids[3:]
    assert len(set(first)) == len(set(second)) == 1
    assert len({UUID(one) for one in ids}) == 2


ENDED, KEPT_AT_LEAST = NOW - KEPT - timedelta(seconds=1), NOW - KEPT + timedelta(seconds=1)


async def swept(store: str, at: datetime) -> bool:
    """Whether what was over at this time is gone after a sweep."""
    stores = memory_stores()
    if store == "idempotency":
        record = IdempotencyRecord("key", "body", "BK-1", State.REFUSED, created=at, lease_ends=at)
        await stores.idempotency.insert(record)
    elif store == "locks":
        await stores.locks.try_acquire("lock", "me", at - timedelta(seconds=60), timedelta(seconds=60))
    elif store == "ledger":
        made = Appointment("made", "talk", Interval(NOW, NOW + KEPT), ("ann",), 1, 1)
        await stores.ledger.record(BOX, [NOW.date()], LedgerEntry(made, at))
    elif store == "erasures":
        await stores.erasures.insert(Erasure("receipt", BOX, "", at, at, at))
    elif store == "counters":
        await stores.counters.hit("me", at - KEPT, at)
    else:
        await stores.once.claim("solution", "me", at)
    chores = cast("Any", Chores())
    await Upkeep(
        reconcile=chores, stores=stores, scans=chores, erase=chores, businesses=(), clock=lambda: NOW
    )()
    left: int = await getattr(stores, store).sweep(NOW + 2 * RETENTION)
    return left == 0


@pytest.mark.parametrize("store", ["locks", "ledger", "counters", "once"])
async def test_every_store_is_swept_of_what_has_been_over_for_an_hour(store: str) -> None:
    """Not of what may still be asked for."""
    assert await swept(store, ENDED)
    assert not await swept(store, KEPT_AT_LEAST)


async def test_records_are_swept_after_their_retention() -> None:
    """A day after they began."""
    assert await swept("idempotency", NOW - RETENTION - timedelta(seconds=1))
    assert not await swept("idempotency", NOW - RETENTION + timedelta(seconds=1))


async def test_receipts_are_swept_a_month_after_their_end() -> None:
    """As long as a shop may be asked what it did."""
    assert await swept("erasures", NOW - RECEIPTS_KEPT - timedelta(seconds=1))
    assert not await swept("erasures", NOW - RECEIPTS_KEPT + timedelta(seconds=1))


@pytest.mark.parametrize("kept", [BOOKINGS_KEPT, timedelta(days=90)])
async def test_the_rows_of_bookings_are_swept_so_many_days_after_their_end(kept: timedelta) -> None:
    """Of every business; until then the token of a booking opens it."""
    stores, chores = memory_stores(), cast("Any", Chores())
    second = timedelta(seconds=1)
    for business in (BOX, OTHER):
        for reference, end in {"over": NOW - kept - second, "kept": NOW - kept, "ahead": NOW + kept}.items():
            span = Interval(end - 2 * kept, end)
            row = BookingRow(reference, business, "key", "", "c", "talk", "a", span, ("ann",), "UTC", NOW)
            await stores.bookings.insert(row)
    await Upkeep(
        reconcile=chores,
        stores=stores,
        scans=chores,
        erase=chores,
        businesses=(BOX, OTHER),
        clock=lambda: NOW,
        bookings_kept=kept,
    )()
    for business in (BOX, OTHER):
        left = await stores.bookings.starting(business, Interval(NOW - 4 * kept, NOW + 4 * kept), None, 9)
        assert [one.reference for one in left] == ["kept", "ahead"]


@pytest.mark.parametrize("ended", [0, 3])
async def test_what_was_settled_is_told_where_there_was_something(
    ended: int, caplog: pytest.LogCaptureFixture
) -> None:
    """How many records ended."""

    class Settles(Chores):
        async def settle_all(self) -> int:
            return ended

    caplog.set_level("INFO")
    await run(Settles(), NOW.replace(minute=11))
    told = [one.__dict__["ended"] for one in caplog.records if one.message == "bookings.settled"]
    assert told == ([ended] if ended else [])


@virtually
async def test_no_part_outlasts_the_minute() -> None:
    """What hangs is given up before the next run begins."""
    loop = asyncio.get_running_loop()

    class Hangs(Chores):
        async def settle_all(self) -> int:
            await asyncio.sleep(3600)
            return 1

    done = await run(Hangs())
    assert done == ["swept"]
    assert loop.time() == RUN.total_seconds() < 60
