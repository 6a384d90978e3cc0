"""What a plan is judged by, and for which days: all that the customer said, in the business's zone."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from shared.booking.records import Kind
from shared.booking.writes.locks import Foreseen, staff_day_lock
from shared.domain.intervals import LocalSpan
from shared.domain.model import Attendee, Service
from tests.support.shop import an_appointment, wish
from tests.support.virtually import virtually
from tests.support.world import CATALOGUE, PAIR, SHOP, TALK, TEN
from tests.unit.booking.create.test_plan import ANN_S_DAY, ASKING, BOB_S_DAY, DAY, Desk, a_plan


@virtually
async def test_all_that_the_customer_said_is_judged() -> None:
    """The address, the answers, the consent and the note."""
    asked = replace(wish(service=ASKING), answers={"q1": "30"}, consent=True, notes="by the window")
    catalogue = replace(CATALOGUE, services={ASKING.id: ASKING})
    judged = (await Desk().plan(asked, catalogue)).context.request
    assert judged.customer_email == "vic@contoso.com"
    assert (judged.answers, judged.consent, judged.note) == ({"q1": "30"}, True, "by the window")


@pytest.mark.parametrize(
    ("said", "note"),
    [({}, None), ({"consent": True}, ""), ({"phone": "+12135550199", "phone_extension": "4571"}, "")],
)
@virtually
async def test_what_the_staff_are_told_besides_is_no_note_of_the_customer_s(
    said: dict[str, object], note: str | None
) -> None:
    """The rules know that something is written into the notes, which is not the customer's own."""
    asked = replace(wish(), **said)  # type: ignore[arg-type]
    assert (await Desk().plan(asked)).context.request.note == note


@virtually
async def test_days_are_those_of_the_business() -> None:
    """Ten o'clock in the world's time is midnight in Kiritimati: the next day is read, kept and locked."""
    desk, next_day = Desk(), DAY + timedelta(days=1)
    always = dict.fromkeys(range(7), (LocalSpan(time(0), time(0)),))
    business = replace(CATALOGUE.business, hours=always, time_zone="Pacific/Kiritimati")
    catalogue = replace(CATALOGUE, business=business)
    assert TEN.date() == DAY

    made = await desk.plan(wish(), catalogue)

    assert made.locks == {staff_day_lock(SHOP, "ann", next_day)}
    assert desk.seen.get(SHOP, next_day) is not None
    assert desk.seen.get(SHOP, DAY) is None


@virtually
async def test_of_as_many_as_may_be_taken_beforehand_all_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read for it."""
    monkeypatch.setattr("shared.booking.create.plan.MOST_ALSO", len(PAIR.staff_member_ids))
    desk = Desk()
    foreseen = await desk.planner.foresee(wish(service=PAIR), CATALOGUE)
    assert foreseen == Foreseen(frozenset(), frozenset({ANN_S_DAY, BOB_S_DAY}))
    assert not desk.wire.calls


def test_an_attempt_knows_what_is_left_and_what_the_booking_came_from() -> None:
    """Whoever leaves an appointment changes seats; everybody else books."""
    made = a_plan()
    made = replace(made, request=replace(made.request, campaign="spring"))
    assert (made.attempt(TEN).campaign, made.attempt(TEN).kind, made.attempt(TEN).leaves) == (
        "spring",
        Kind.BOOK,
        None,
    )
    left = replace(made, leaves="old").attempt(TEN)
    assert (left.kind, left.leaves, left.campaign) == (Kind.CHANGE_SEAT, "old", "spring")


def test_whoever_changes_seats_takes_their_element_along() -> None:
    """As it was, under the record that the customer has by now."""
    seat = Attendee("old-record", "Victor", "other@contoso.com", notes="by the door")
    assert a_plan(element=seat, customer_id="new-record").attendee() == replace(
        seat, customer_id="new-record"
    )


@pytest.mark.parametrize(
    ("service", "record", "email", "is_in"),
    [
        (ASKING, "vic", "vic@contoso.com", True),
        (ASKING, "vic", None, True),
        (ASKING, "other", "vic@contoso.com", False),
        (TALK, "vic", None, True),
        (TALK, "other", "Vic@Contoso.com", True),
        (TALK, "other", "una@contoso.com", False),
        (TALK, None, None, False),
    ],
)
def test_a_customer_is_in_an_appointment_by_record_or_alone_by_address(
    service: Service, record: str | None, email: str | None, is_in: bool
) -> None:
    """Whoever else is in it."""
    zoe, one = Attendee("zoe", "Zoe", "zoe@contoso.com"), Attendee(record, "Vic", email)
    assert a_plan(service).is_in(an_appointment(attendees=(zoe, one))) is is_in
