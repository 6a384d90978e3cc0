"""The audit of chaos finds what goes wrong when bookings are moved and cancelled, and nothing else."""

from datetime import UTC, datetime
from typing import Any

import pytest

from devtools.chaos.audit import audit
from devtools.chaos.by_hand import ByHand
from devtools.chaos.changes import CANCEL, MOVE
from devtools.chaos.told import CONFIRMED, LEFT, REFUSED, STUCK, Changed, Shown, Told
from tests.concurrency.test_audit import BOX, START, appointment, told
from tests.concurrency.test_audit_by_hand import edit

Json = dict[str, Any]
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
LATE = datetime(2026, 12, 1, 14, tzinfo=UTC)


def change(does: str, start: datetime = NOON, asked: float = 10.0, **more: Any) -> Changed:  # noqa: ANN401
    """Asked for and answered within a second."""
    given = {"ending": CONFIRMED, "confirmed": [asked + 1], **more}
    return Changed(f"{does} at {asked:g}", does, start, asked=asked, **given)


def found(
    *changes: Changed, stands: tuple[int, ...] = (), edits: tuple[Json, ...] = (), shown: Shown | None = None
) -> str:
    """What is broken where a booking for ten was changed so, and the customer stands at these hours."""
    one: Told = told("a@x.org", changes=list(changes), shown=shown)
    calendar = [appointment(number, "a@x.org", hour=hour) for number, hour in enumerate(stands)]
    for each in calendar[1:]:
        each["serviceNotes"] = None
    shop = {BOX: {"appointments": calendar, "customers": [{"emailAddress": "a@x.org"}]}}
    return "\n".join(audit([one], shop, ByHand(edits)))


def test_a_booking_is_where_it_was_moved_or_nowhere_once_it_is_cancelled() -> None:
    assert found(change(MOVE), stands=(12,)) == ""
    assert found(change(MOVE), change(CANCEL, asked=20)) == ""
    assert found(change(MOVE), change(MOVE, START, asked=20), stands=(10,)) == ""


def test_a_move_that_was_refused_left_the_booking_where_it_was() -> None:
    refused = change(MOVE, ending=REFUSED, confirmed=[])
    assert found(refused, stands=(10,)) == ""
    assert found(refused, stands=(12,)) == "a@x.org: told to be at 01 10:00, but it stands at 01 12:00"


@pytest.mark.parametrize("ending", [LEFT, STUCK])
def test_what_nobody_waited_for_may_be_done_or_not(ending: str) -> None:
    """But for the answer that has to come in the end."""
    moved, cancelled = (change(does, ending=ending, confirmed=[]) for does in (MOVE, CANCEL))
    stuck = "no final answer" if ending == STUCK else ""
    for stands in ((10,), (12,)):
        assert stuck in found(moved, stands=stands)
        assert "stands at" not in found(moved, stands=stands)
    for nowhere in ((10,), ()):
        assert "confirmed, but" not in found(cancelled, stands=nowhere)


@pytest.mark.parametrize(
    ("changes", "stands", "sentence"),
    [
        ([change(MOVE)], (10,), "told to be at 01 12:00, but it stands at 01 10:00"),
        ([change(MOVE)], (10, 12), "booked 2 times"),
        ([change(MOVE)], (), "confirmed, but its customer is in no appointment"),
        ([change(CANCEL)], (10,), "cancelled, but it stands at 01 10:00"),
        ([change(MOVE), change(MOVE, LATE, asked=20)], (12,), "told to be at 01 14:00"),
        ([change(CANCEL), change(MOVE, asked=20)], (), "moved after it was cancelled"),
        ([change(CANCEL, ending=REFUSED, confirmed=[])], (10,), "refused"),
        ([change(MOVE, refused=[12.0])], (12,), "confirmed to one client, then refused"),
        ([change(MOVE, missed={"booking-cancelled"})], (12,), "though nobody cancelled it"),
        ([change(MOVE, missed={"service-not-found"})], (12,), "though nobody deleted it"),
        ([change(MOVE, oddities=["answered 500"])], (12,), "answered 500"),
        ([change(MOVE, elsewhere={LATE})], (12,), "told to be at 01 14:00, where nobody moved it"),
        ([change(MOVE)], (13,), "a@x.org did not ask for this"),
    ],
)
def test_a_wrong_end_is_found(changes: list[Changed], stands: tuple[int, ...], sentence: str) -> None:
    assert sentence in found(*changes, stands=stands)


def test_of_moves_at_the_same_time_any_may_have_been_the_last() -> None:
    """The first of three was over before the others began."""
    moves = (change(MOVE, START), change(MOVE, asked=20), change(MOVE, LATE, asked=20.5))
    assert found(*moves, stands=(12,)) == ""
    assert found(*moves, stands=(14,)) == ""
    assert "told to be at" in found(*moves, stands=(10,))


def test_without_a_key_what_was_not_answered_may_be_done_later() -> None:
    """Another request of the same client, which came after the second move."""
    first, second = change(MOVE, keyed=False), change(MOVE, LATE, asked=20)
    assert "told to be at" in found(first, second, stands=(12,))
    first.codes["no answer"] += 1
    assert found(first, second, stands=(12,)) == ""


def test_what_the_staff_moved_on_before_its_answer_may_be_refused_without_a_key() -> None:
    """The second request is a new wish; where nobody moved anything, it is told where it stands."""

    def refused(answers: int = 1, **given: Any) -> Changed:  # noqa: ANN401
        again = change(MOVE, ending=REFUSED, confirmed=[], **{"keyed": False, **given})
        again.codes["no answer"] = answers
        return again

    moved = edit("move", 0, start="2026-12-01T12:00:00", to="2026-12-01T15:00:00")
    broken = "told to be at 01 10:00"
    assert found(refused(), stands=(15,), edits=(moved,)) == ""
    assert broken in found(refused(keyed=True), stands=(15,), edits=(moved,))
    assert broken in found(refused(0), stands=(15,), edits=(moved,))
    assert broken in found(refused(), stands=(12,))


def test_whom_the_staff_moved_or_took_out_is_where_they_are() -> None:
    moved = edit("move", 0, start="2026-12-01T12:00:00", to="2026-12-01T15:00:00")
    assert found(change(MOVE), stands=(15,), edits=(moved,)) == ""
    read_there = change(MOVE, elsewhere={datetime(2026, 12, 1, 15, tzinfo=UTC)})
    assert found(read_there, stands=(15,), edits=(moved,)) == ""
    out = edit("remove-customer", 0, "a@x.org", start="2026-12-01T12:00:00")
    assert found(change(MOVE), edits=(out,)) == ""
    told_so = change(MOVE, LATE, 20, ending=REFUSED, confirmed=[], missed={"booking-cancelled"})
    assert found(change(MOVE), told_so, edits=(out,)) == ""


@pytest.mark.parametrize(
    ("shown", "stands", "sentence"),
    [
        (Shown("pending", START), (12,), "still pending when everything is over"),
        (Shown("unread"), (12,), "still unread"),
        (Shown("cancelled", NOON), (12,), "shown as cancelled, but it stands"),
        (Shown(CONFIRMED, NOON), (), "shown as confirmed, but its customer is in no appointment"),
        (Shown(CONFIRMED, START), (12,), "shown at 2026-12-01 10:00:00+00:00, but it stands at 01 12:00"),
    ],
)
def test_what_is_read_in_the_end_is_so(shown: Shown, stands: tuple[int, ...], sentence: str) -> None:
    assert sentence in found(change(MOVE), stands=stands, shown=shown)
    assert found(change(MOVE), stands=(12,), shown=Shown(CONFIRMED, NOON)) == ""
