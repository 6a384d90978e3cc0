"""All that a request says is judged before anything is written, and nobody is remembered by it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.booking.create.request import BookingRequest
from shared.domain.errors import RulesBroken
from shared.domain.model import AskedQuestion, Catalogue, Customer, Question
from shared.domain.shop.page_settings import PageSettings
from tests.support.shop import REQUEST, Shop, wish
from tests.support.virtually import virtually
from tests.support.world import CATALOGUE, COURSE, SHOP, TALK
from tests.unit.booking.create.test_plan import DAY, Desk

ASKING = replace(TALK, questions=(AskedQuestion(Question("age", "Your age?"), is_required=True),))
ASKS_AGE = replace(CATALOGUE, services={TALK.id: ASKING})
ASKS_CONSENT = replace(CATALOGUE, business=replace(CATALOGUE.business, page=PageSettings(asks_consent=True)))


@pytest.mark.parametrize(
    ("catalogue", "request_", "code"),
    [
        (ASKS_AGE, wish(), "answer-required"),
        (ASKS_AGE, replace(wish(), answers={"age": "30", "size": "XL"}), "question-unknown"),
        (ASKS_CONSENT, replace(wish(), consent=False), "consent-required"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
@virtually
async def test_what_a_request_leaves_out_or_says_wrongly_is_refused(
    catalogue: Catalogue, request_: BookingRequest, code: str
) -> None:
    """By a guess already, and under the locks."""
    desk = Desk()
    for judged in (desk.foresee, desk.plan):
        with pytest.raises(RulesBroken, match=code):
            await judged(request_, catalogue)


@virtually
async def test_who_has_a_seat_by_another_record_of_the_address_has_booked_already() -> None:
    """The index names one of them, the staff took the other."""
    shop = Shop()
    shop.customer("vic")
    await shop.directory.scans.renew(SHOP)
    made = shop.seat("zoe")
    shop.mailbox.seat(made.id, Customer(None, "Vic", "VIC@contoso.com"))
    with pytest.raises(RulesBroken, match="already-booked"):
        await shop.cases.create_booking(wish(service=COURSE), REQUEST)
    assert shop.names_in(made.id) == ["zoe", "Vic"]


@pytest.mark.parametrize(
    ("request_", "note"),
    [
        (replace(wish(), notes="By the window.", consent=True), "By the window."),
        (replace(wish(), consent=True), ""),
        (wish(), None),
    ],
    ids=["a note", "ours alone", "nothing"],
)
@virtually
async def test_room_for_a_note_is_needed_by_whoever_tells_the_staff_something(
    request_: BookingRequest, note: str | None
) -> None:
    """By what we tell for the customer too, and not by who says nothing."""
    assert (await Desk().plan(request_)).context.request.note == note


@virtually
async def test_what_workers_remember_of_a_booking_names_nobody() -> None:
    """Neither for each other nor for their own guesses."""
    shop = Shop()
    await shop.cases.create_booking(replace(wish(), notes="By the window."), REQUEST)
    told = await shop.stores.ledger.recent(SHOP, [DAY], shop.clock() - timedelta(hours=1))
    seen = shop.writer.recent.last_seen.get(SHOP, DAY)
    assert seen is not None
    for one in (*(entry.appointment for entry in told), *seen.appointments):
        assert one.service_id == TALK.id
        assert (one.attendees, one.service_notes, one.customer_email) == ((), None, None)
