"""The timer's work: each part at its time, and none in the way of another."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from shared.booking.upkeep import RESCAN, Upkeep
from shared.domain.errors import Unavailable
from shared.tables.memory import memory_stores

NOW = datetime(2026, 12, 1, 16, 10, tzinfo=UTC)
BOX, OTHER = "shop@contoso.com", "other@contoso.com"


@dataclass
class Chores:
    """Stands for everything that upkeep calls, and writes down what was done."""

    done: list[str] = field(default_factory=list)
    fails: bool = False

    async def settle_all(self) -> int:
        self._do("settle")
        return 1

    async def renew(self, business: str) -> None:
        self._do(f"scan {business}")

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


async def test_a_part_that_fails_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    """Both failures are in the log by the name of their part."""
    done = await run(Chores(fails=True), scanned=NOW - RESCAN)

    assert done == ["settle", f"scan {BOX}", "swept"]
    failed = [record.__dict__["operation"] for record in caplog.records if record.message == "upkeep.failed"]
    assert failed == ["settle", "scan"]
