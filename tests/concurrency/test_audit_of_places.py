"""The audit of chaos finds every place that is lost for more than its lease, in virtual time."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from devtools.chaos.places import Entry, Look, Seen, Watch, audit_places
from devtools.chaos.plan import Weather, make_plan
from devtools.chaos.run import report_of
from devtools.chaos.scene import first_day
from shared.graph.board import LEASE, PLACES, Board, Claim, read, written
from tests.support.sharers import NAME, FarBoards, Graph, crew
from tests.support.virtually import loop_now, virtually

SECONDS = 10.0


class Rewritten(FarBoards):
    """Keeps something else than what is put."""

    def __init__(self, change: Callable[[Claim, float], Claim]) -> None:
        super().__init__()
        self._change = change

    async def put(self, mailbox: str, text: str, version: str | None) -> str:
        board, now = read(text), seconds_now()
        claims = tuple(self._change(one, now) for one in board.claims)
        return await super().put(mailbox, written(replace(board, claims=claims)), version)


def seconds_now() -> float:
    return loop_now().clock().timestamp()


def endless(claim: Claim, _: float) -> Claim:
    """A lease that never ends."""
    return replace(claim, until=claim.until + 1e6)


def renewed(claim: Claim, now: float) -> Claim:
    """Whoever writes renews the leases of the dead too."""
    return replace(claim, until=now + LEASE)


async def watched(boards: FarBoards) -> Seen:
    """Of three workers at work, who want more than there is, one is killed while it holds a place."""
    watch = Watch(boards, [NAME], seconds_now)
    workers = crew(3, Graph(), boards)
    async with watch.looking():
        busy = [one.does(one.insist(SECONDS)) for one in workers for _ in range(PLACES)]
        await asyncio.sleep(SECONDS / 3)
        claim = (await boards.shown()).claim(workers[0].name)
        assert claim is not None
        assert claim.held
        loop_now().kill(workers[0].process)
        await asyncio.gather(*busy[PLACES:])
    await watch.enter(patience=2 * LEASE)
    return watch.seen


@virtually
async def test_places_of_the_dead_come_back_with_their_lease() -> None:
    """Nothing is broken, and the summary says what was seen of it."""
    boards = FarBoards()
    seen = await watched(boards)

    assert audit_places(seen) == []
    assert "3 workers, of whom 1 let 1 leases with places run out" in f"{seen}"
    assert "a new worker had 4 of 4" in f"{seen}"
    assert not (await boards.shown()).claims


@virtually
async def test_leases_that_never_end_are_found() -> None:
    """The control: by their length while the workers run, and by whoever is new in the end."""
    broken = await broken_with(Rewritten(endless))

    assert f"{NAME}: w0 holds places for more than 3 s" in broken
    assert any("a new worker gets" in one and "held by w0" in one for one in broken)


@virtually
async def test_leases_that_others_renew_are_found() -> None:
    """The control: no lease is too long, and yet the place of the dead never comes back."""
    broken = await broken_with(Rewritten(renewed))

    assert broken
    assert all("a new worker gets" in one and "held by w0" in one for one in broken)


async def broken_with(boards: FarBoards) -> list[str]:
    return audit_places(await watched(boards))


@virtually
async def test_workers_that_heed_no_lease_of_others_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: leases end by the clock, and nobody takes what is free."""
    monkeypatch.setattr(Board, "at", lambda self, _: self)

    broken = await broken_with(FarBoards())

    assert any("w0 was left" in one for one in broken)
    assert any("a new worker gets" in one and "held by w0" in one for one in broken)


def a_look(*claims: Claim, at: float = 100.0) -> Look:
    return Look(NAME, at, Board(claims))


def audited(*looks: Look) -> list[str]:
    return audit_places(Seen([*looks], [Entry(NAME, PLACES, 0.0, Board())]))


@pytest.mark.parametrize(("until", "is_found"), [(100.1, True), (100.0, False)])
def test_more_places_than_there_are_are_found(until: float, *, is_found: bool) -> None:
    """Once, however often they are seen; what is over does not count."""
    look = a_look(Claim("a", held=3, until=102.0), Claim("b", held=2, until=until))

    assert audited(look, replace(look, at=100.05)) == [
        f"{NAME}: 5 places are held; held by a 3, b 2",
    ] * (is_found)


@pytest.mark.parametrize(
    ("until", "sentences"),
    [(103.0, []), (103.01, [f"{NAME}: a holds places for more than 3 s"])],
)
def test_a_lease_ends_three_seconds_after_it_was_written_at_the_latest(
    until: float, sentences: list[str]
) -> None:
    """And it cannot have been written later than it was read."""
    assert audited(a_look(Claim("a", held=1, until=until))) == sentences


@pytest.mark.parametrize(
    ("held", "until", "sentences"),
    [
        (2, 98.4, [f"{NAME}: dead was left 2 when its lease was over"]),
        (2, 98.6, []),
        (0, 90.0, []),
    ],
)
def test_who_writes_leaves_out_whose_lease_is_over(held: int, until: float, sentences: list[str]) -> None:
    """With half a second's grace; nobody loses anything by a claim to nothing."""
    assert audited(a_look(Claim("dead", held=held, until=until), Claim("a", 1, until=102.0))) == sentences


def test_an_endless_lease_does_not_make_others_leases_old() -> None:
    """It says nothing of when the board was written."""
    look = a_look(Claim("a", held=1, until=1000.0), Claim("b", held=1, until=101.0))

    assert audited(look) == [f"{NAME}: a holds places for more than 3 s"]


def test_boards_on_which_nobody_was_ever_seen_prove_nothing() -> None:
    """They are others' boards then."""
    assert audited(a_look()) == ["no worker was ever seen on a board"]
    assert audit_places(Seen()) == []


class Failing(FarBoards):
    """Every other look fails, and every change."""

    async def get(self, mailbox: str) -> tuple[str, str | None]:
        self.down = not self.down
        return await super().get(mailbox)

    async def put(self, mailbox: str, text: str, version: str | None) -> str:
        self.down = True
        return await super().put(mailbox, text, version)


@virtually
async def test_what_could_not_be_written_down_is_no_place() -> None:
    """The watch goes on where a look fails, and in the end nothing was given to anybody."""
    watch = Watch(Failing(), [NAME], seconds_now)
    async with watch.looking():
        await asyncio.sleep(SECONDS)
    await watch.enter(patience=LEASE)

    assert len(watch.seen.looks) > SECONDS / 3
    assert f"{NAME}: a new worker gets 0 of 4 places; nobody holds any" in audit_places(watch.seen)


def test_a_run_reports_what_the_audit_found() -> None:
    """With its other broken promises, and what was seen in its summary."""
    seen = Seen([a_look(Claim("a", held=5, until=102.0))], [Entry(NAME, 0, 9.0, Board())])
    plan = make_plan(1, 1, first_day(), 1, Weather({}))
    state: dict[str, Any] = {"businesses": {}, "edits": {"done": []}}
    report = report_of(plan, [], state, struck=Counter(), places=seen, seconds=0.0)

    assert len(report.broken) == 2
    assert report.broken == audit_places(seen)
    assert f"{seen}" in f"{report}"


@virtually
async def test_one_worker_alone_shares_nothing() -> None:
    """There is nothing to look at."""
    watch = Watch(None, [NAME], seconds_now)
    async with watch.looking():
        await asyncio.sleep(SECONDS)
    await watch.enter(patience=LEASE)

    assert audit_places(watch.seen) == []
    assert f"{watch.seen}" == "places: not shared"
