"""Lists of attendees: read by id, judged and written; read again before each further write."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.booking.writes.attendees import AttendeeLists, Change
from shared.domain.errors import (
    Conflicted,
    GraphError,
    Missing,
    NotBooked,
    Rejected,
    Renewed,
    RulesBroken,
    Throttled,
    Unavailable,
    Unreachable,
    Unreadable,
    Violation,
)
from shared.domain.model import Appointment, Attendee, Customer
from shared.platform.deadline import deadline
from tests.support.endings import answered
from tests.support.shop import Shop, attempt_of
from tests.support.virtually import virtually
from tests.support.workers import LOCK_LIFE
from tests.support.world import SHOP

FULL = RulesBroken((Violation("full", "No seat is left."),))


class Group:
    """An appointment with zoe in it, which vic joins."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.lists = AttendeeLists(self.shop.graph)
        self.made = self.shop.seat("zoe")
        self.vic = self.shop.customer("vic")
        self.writing = self.shop.writing()

    def joined(self, now: Appointment) -> Sequence[Attendee]:
        if now.filled >= now.maximum_attendees:
            raise FULL
        return (*now.attendees, Attendee(self.vic.id, "vic", self.vic.email))

    def is_in(self, now: Appointment) -> bool:
        return any(one.customer_id == self.vic.id for one in now.attendees)

    async def join(self) -> tuple[Appointment, Appointment]:
        change = Change(self.made.id, self.joined, self.is_in)
        return await self.lists.change(SHOP, change, self.writing)


@virtually
async def test_the_list_is_changed_and_shown_before_and_after() -> None:
    """Read by id both times; the end is not known yet to who has not looked."""
    group = Group()

    before, after = await group.join()

    assert [one.name for one in before.attendees] == ["zoe"]
    assert [one.name for one in after.attendees] == ["zoe", "vic"]
    assert group.writing.held.in_doubt
    assert group.shop.wire.calls == {"appointment": 2, "replace_attendees": 1}


@pytest.mark.parametrize(
    ("error", "pause"),
    [(Conflicted, 0.3), (Throttled, 0.3), (Unavailable, 0.0), (Unreadable, 0.0)],
)
@virtually
async def test_a_list_that_was_not_written_is_read_again(error: type[GraphError], pause: float) -> None:
    """Whom the staff seated meanwhile stays, and whoever was unseated does not come back."""
    group = Group()
    mailbox = group.shop.mailbox
    applied: list[Sequence[Attendee]] = []

    def joined(now: Appointment) -> Sequence[Attendee]:
        wanted = group.joined(now)
        if not applied:
            mailbox.seat(group.made.id, Customer(None, "yan", "yan@contoso.com"))
            mailbox.unseat(group.made.id, "zoe@contoso.com")
        applied.append(wanted)
        return wanted

    began = group.shop.clock()
    group.shop.arm("replace_attendees", error)
    change = Change(group.made.id, joined, group.is_in)
    before, after = await group.lists.change(SHOP, change, group.writing)

    assert [one.name for one in before.attendees] == ["yan"]
    assert [one.name for one in after.attendees] == ["yan", "vic"]
    assert len(applied) == 2
    assert group.shop.clock() - began == timedelta(seconds=pause)


@virtually
async def test_what_the_change_refuses_is_raised_and_nothing_is_written() -> None:
    """The group filled up meanwhile."""
    group = Group()
    for name in ("yan", "una"):
        group.shop.mailbox.seat(group.made.id, Customer(None, name, f"{name}@contoso.com"))

    with pytest.raises(RulesBroken):
        await group.join()

    assert group.shop.wire.calls["replace_attendees"] == 0
    assert not group.writing.held.in_doubt


@pytest.mark.parametrize("error", [Unavailable, Unreachable, Unreadable])
@virtually
async def test_a_list_that_was_written_is_not_written_again(error: type[GraphError]) -> None:
    """Read by id it shows the change, whatever Graph said."""
    group = Group()
    group.shop.arm("replace_attendees", error, done=1)

    before, after = await group.join()

    assert [one.name for one in before.attendees] == ["zoe"]
    assert group.is_in(after)
    assert group.shop.wire.calls["replace_attendees"] == 1
    assert group.writing.held.in_doubt


@virtually
async def test_a_write_that_may_still_land_is_not_followed_by_another() -> None:
    """It would bring back an old list; the doubt stays."""
    group = Group()
    group.shop.arm("replace_attendees", Unreachable)

    with pytest.raises(Unreachable):
        await group.join()

    assert group.shop.wire.calls["replace_attendees"] == 1
    assert group.writing.held.in_doubt


@pytest.mark.parametrize("was_in_doubt", [False, True])
@virtually
async def test_a_write_that_left_nothing_behind_leaves_the_doubt_as_it_was(was_in_doubt: bool) -> None:
    """It is over, and reading by id does not show it; an earlier write may be in doubt still."""
    group = Group()
    group.writing.held.in_doubt = was_in_doubt
    group.shop.arm("replace_attendees", Unavailable, times=None)

    with pytest.raises(NotBooked):
        await group.join()

    assert group.shop.wire.calls["replace_attendees"] == 3
    assert group.writing.held.in_doubt is was_in_doubt


@pytest.mark.parametrize("error", [Conflicted, Throttled, Renewed])
@virtually
async def test_after_three_rounds_it_is_left_to_those_who_keep_changing_it(error: type[GraphError]) -> None:
    """Waiting longer between the second and the third."""
    group = Group()
    began = group.shop.clock()
    group.shop.arm("replace_attendees", error, times=None)

    with pytest.raises(error):
        await group.join()

    assert group.shop.wire.calls["replace_attendees"] == 3
    assert group.shop.clock() - began == timedelta(seconds=1.3)
    assert not group.writing.held.in_doubt


@virtually
async def test_graphs_own_pause_is_kept() -> None:
    """It is the longer one."""
    group = Group()
    began = group.shop.clock()
    group.shop.arm("replace_attendees", answered(Throttled, 429, 5.0))

    with deadline(timedelta(seconds=25)):
        await group.join()

    assert group.shop.clock() - began == timedelta(seconds=5)


@pytest.mark.parametrize(("left", "writes"), [(4.0, 1), (5.0, 1), (6.5, 2)])
@virtually
async def test_nobody_waits_beyond_the_request(left: float, writes: int) -> None:
    """Where the pause leaves no time for another round the error is told at once."""
    group = Group()
    group.shop.arm("replace_attendees", answered(Throttled, 429, 5.0))
    began = group.shop.clock()

    with deadline(timedelta(seconds=left)):
        if writes == 1:
            with pytest.raises(Throttled):
                await group.join()
            assert group.shop.clock() == began
        else:
            await group.join()

    assert group.shop.wire.calls["replace_attendees"] == writes


@virtually
async def test_other_errors_are_raised_at_once() -> None:
    """Nothing was done, and asking again would not change that."""
    group = Group()
    group.shop.arm("replace_attendees", Rejected)
    with pytest.raises(Rejected):
        await group.join()
    assert group.shop.wire.calls["replace_attendees"] == 1
    assert not group.writing.held.in_doubt

    group.shop.mailbox.delete(group.made.id)
    with pytest.raises(Missing):
        await group.join()


@pytest.mark.parametrize("answer", [None, Unreachable])
@virtually
async def test_what_is_missing_right_after_its_list_was_written_is_in_doubt(
    answer: type[GraphError] | None,
) -> None:
    """It was there a moment before: who goes on as if it were gone forgets whom Graph dropped."""
    group = Group()
    if answer is not None:
        group.shop.arm("replace_attendees", answer, done=1)
    group.shop.arm("appointment", Missing, nth=2)

    with pytest.raises(Unavailable) as caught:
        await group.join()

    assert caught.value.operation == "appointments.get"
    assert group.writing.held.in_doubt


@pytest.mark.parametrize(
    ("old", "wanted", "sent"),
    [
        (None, None, None),
        ("", None, None),
        ("Room 4", None, None),
        (None, "", None),
        ("Room 4", "Room 4", None),
        ("Room 4", "", ""),
        ("Room 4", "Room 5", "Room 5"),
        (None, "Room 5", "Room 5"),
    ],
)
@virtually
async def test_notes_are_sent_only_where_they_change(
    old: str | None, wanted: str | None, sent: str | None
) -> None:
    """All others overwrite nothing that the staff type meanwhile."""
    group = Group()
    write = None if wanted is None else lambda _: wanted
    change = Change(group.made.id, group.joined, group.is_in, notes=write)
    assert change.changed_notes(replace(group.made, service_notes=old)) == sent


@virtually
async def test_the_attempt_is_recorded_by_what_was_read() -> None:
    """Each round anew."""
    group = Group()
    lease = await group.shop.lease()
    writing = group.shop.writing(lease)
    seen = []

    def attempt(now: Appointment) -> object:
        seen.append(now.filled)
        return attempt_of(now, "vic", group.shop.clock(), is_join=True)

    group.shop.arm("replace_attendees", Conflicted)
    change = Change(group.made.id, group.joined, group.is_in, attempt)  # type: ignore[arg-type]
    await group.lists.change(SHOP, change, writing)

    assert seen == [1, 1]
    assert writing.attempt is not None
    assert writing.attempt.appointment_id == group.made.id


@virtually
async def test_no_list_leaves_that_the_locks_may_not_outlast() -> None:
    """The check goes along with the write."""
    group = Group()
    await asyncio.sleep(LOCK_LIFE.total_seconds())
    with pytest.raises(NotBooked):
        await group.join()
    assert group.shop.wire.calls["replace_attendees"] == 0
    assert not group.writing.held.in_doubt
