"""The comparison counts what it says that it counts."""

from datetime import UTC, datetime
from typing import Any

import pytest

from devtools.compare.audit import Outcome, Wish, outcome
from devtools.compare.shop import ANN, CLASS, TALK, slot

NINE, TEN = (datetime(2026, 12, 1, hour, tzinfo=UTC) for hour in (9, 10))


def made(service: str, *people: str, hour: int = 9, staff: str = ANN) -> dict[str, Any]:
    return {
        "serviceId": service,
        "start": {"dateTime": f"2026-12-01T{hour:02}:00:00.0000000Z"},
        "staffMemberIds": [staff],
        "customers": [{"emailAddress": one} for one in people],
    }


def told(service: str, *people: str) -> list[Wish]:
    return [Wish(one, service, NINE, is_confirmed=True) for one in people]


@pytest.mark.parametrize(
    ("wishes", "calendar", "found"),
    [
        (told(TALK, "a"), [made(TALK, "a")], Outcome(1)),
        (told(TALK, "a"), [made(TALK, "a"), made(TALK, "a")], Outcome(1, doubles=1)),
        (told(TALK, "a", "b"), [made(TALK, "a"), made(TALK, "b")], Outcome(2, doubles=1)),
        (told(TALK, "a", "b"), [made(TALK, "a"), made(TALK, "b", staff="bob")], Outcome(2)),
        (told(TALK, "a"), [made(TALK, "a", hour=10)], Outcome(1, lost=1)),
        (told(TALK, "a", "b"), [made(TALK, "a")], Outcome(2, lost=1)),
        (told(CLASS, *"abcde"), [made(CLASS, *"abcde")], Outcome(5)),
        (told(CLASS, *"abcdefg"), [made(CLASS, *"abcdefg")], Outcome(7, oversold=2)),
        (told(CLASS, *"abcdef"), [made(CLASS, *"abc"), made(CLASS, *"def")], Outcome(6, oversold=1)),
        (told(CLASS, "a"), [made(CLASS, "a"), made(CLASS, "a")], Outcome(1, doubles=1)),
        ([Wish("a", TALK, NINE)], [], Outcome()),
        ([Wish("a", TALK, TEN, True, NINE)], [made(TALK, "a", hour=10)], Outcome(1)),
        ([Wish("a", TALK, TEN, True, NINE)], [made(TALK, "a")], Outcome(1, lost=1)),
        ([Wish("a", TALK, TEN, False, NINE)], [made(TALK, "a")], Outcome()),
        ([Wish("a", TALK, TEN, False, NINE)], [made(TALK, "a", hour=10)], Outcome(lost=1)),
        ([Wish("a", TALK, None, True, NINE)], [], Outcome(1)),
        ([Wish("a", TALK, None, True, NINE)], [made(TALK, "a")], Outcome(1, lost=1)),
        ([Wish("a", TALK, None, True, NINE)], [made(TALK, "b")], Outcome(1)),
        ([Wish("a", TALK, None, False, NINE)], [], Outcome(lost=1)),
        ([Wish("a", TALK, None, False, NINE)], [made(TALK, "a")], Outcome()),
        ([Wish("a", TALK, None, True)], [], Outcome(1)),
    ],
)
def test_harm_is_counted(wishes: list[Wish], calendar: list[dict[str, Any]], found: Outcome) -> None:
    assert outcome(wishes, calendar) == found
    assert found.is_harmless is (not (found.doubles or found.lost or found.oversold))


def test_outcomes_add_up() -> None:
    assert Outcome(1, 2, 3, 4) + Outcome(10, 20, 30, 40) == Outcome(11, 22, 33, 44)


def test_every_slot_is_another_one_that_can_be_booked() -> None:
    slots = [slot(number) for number in range(60)]
    assert len(set(slots)) == 60
    assert all(8 <= one.hour < 18 for one in slots)
