"""What counts of an appointment that was moved, while nobody knows whether Graph shows it as it is now."""

from dataclasses import replace

import pytest

from shared.booking.records import LedgerEntry
from shared.booking.slots.calendar import _is_same, _with_recent
from shared.domain.model import Appointment
from tests.unit.domain.rules.situation import MONDAY_AT_SEVEN, appointment, between

MONDAY = between("00:00", "23:59")
MOVED = appointment("11:00", "11:30", "ann", "bob", id="one")


@pytest.mark.parametrize(
    ("shown", "is_same"),
    [
        (MOVED, True),
        (replace(MOVED, staff_member_ids=("bob", "ann")), True),
        (replace(MOVED, filled=3, service_name="Cut", service_notes="x", pre_buffer=MOVED.span.length), True),
        (replace(MOVED, staff_member_ids=("ann",)), False),
        (replace(MOVED, staff_member_ids=("ann", "eve")), False),
        (replace(MOVED, span=between("11:00", "12:00")), False),
        (replace(MOVED, span=between("10:30", "11:30")), False),
        (replace(MOVED, span=between("10:00", "10:30")), False),
    ],
)
def test_an_appointment_is_the_same_at_its_time_with_its_staff(shown: Appointment, is_same: bool) -> None:
    """In whatever order Graph names them; everything else may have changed since."""
    assert _is_same(shown, MOVED) is is_same


@pytest.mark.parametrize(
    ("shown", "is_moved", "taken"),
    [
        ((), True, [MOVED]),
        ((MOVED,), True, [MOVED]),
        (
            (replace(MOVED, staff_member_ids=("bob", "ann")),),
            True,
            [replace(MOVED, staff_member_ids=("bob", "ann"))],
        ),
        ((appointment("10:00", "10:30", "ann", "bob", id="one"),), True, ["10:00", MOVED]),
        ((appointment("11:00", "11:30", "eve", id="one"),), True, ["eve", MOVED]),
        ((appointment("10:00", "10:30", "ann", "bob", id="one"),), False, ["10:00"]),
    ],
    ids=["not listed", "listed", "in another order", "at its old time", "with its old staff", "never moved"],
)
def test_both_places_of_what_was_moved_are_taken(
    shown: tuple[Appointment, ...], is_moved: bool, taken: list[Appointment | str]
) -> None:
    """Until Graph shows it where it was put; what was not moved here is where Graph says."""
    entry = LedgerEntry(MOVED, MONDAY_AT_SEVEN, is_moved=is_moved)

    found = _with_recent(shown, (entry,), MONDAY)

    assert list(found) == [one if isinstance(one, Appointment) else shown[0] for one in taken]


def test_what_was_moved_out_of_the_day_is_where_graph_shows_it() -> None:
    """Its new place is another view's to know."""
    old = appointment("10:00", "10:30", "ann", "bob", id="one")
    elsewhere = replace(MOVED, span=between("2026-06-20 10:00", "2026-06-20 10:30"))
    assert _with_recent((old,), (LedgerEntry(elsewhere, MONDAY_AT_SEVEN, is_moved=True),), MONDAY) == (old,)
