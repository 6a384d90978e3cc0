"""A replay under a key of ours is true, or it is none; a key that the caller chose says what it said."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.booking.create.replay import TRUSTED
from shared.booking.create.request import Booked, BookingRequest
from shared.booking.writes.idempotency import RequestKey
from shared.domain.errors import RulesBroken, Unreachable
from shared.domain.intervals import Interval
from shared.domain.model import Appointment, Customer, Service
from tests.support.shop import Shop, wish
from tests.support.virtually import virtually
from tests.support.world import CATALOGUE, COURSE, SHOP, TALK, TEN

CHOSEN = RequestKey("c0" * 32, "body")
OWN = replace(CHOSEN, is_ours=True)
NATURAL = replace(OWN, is_natural=True, caller="vic's solution")
GUESSED = replace(NATURAL, caller="another solution")
CHANGED = replace(NATURAL, fingerprint="a note more")
LATER = timedelta(hours=2)
SECOND = timedelta(seconds=1)
OUR_OWN_COUNTS = 2 * TRUSTED
"""For so long our own write counts, whatever Graph lists: until then nobody is offered the slot."""


class Counter(Shop):
    """A shop in which one customer has booked some time ago."""

    def __init__(self, key: RequestKey = NATURAL, service: Service = TALK) -> None:
        super().__init__()
        self.key, self.service = key, service

    async def booked(self, ago: timedelta = OUR_OWN_COUNTS + SECOND) -> Booked:
        first = await self.again()
        await asyncio.sleep(ago.total_seconds())
        self.wire.calls.clear()
        return first

    async def again(self, key: RequestKey | None = None, request: BookingRequest | None = None) -> Booked:
        return await self.cases.create_booking(request or wish(service=self.service), key or self.key)

    @property
    def appointment(self) -> Appointment:
        (one,) = self.mailbox.appointments
        return one


async def says_taken(shop: Counter, key: RequestKey) -> None:
    """The slot has this customer already, and that is all that is said."""
    with pytest.raises(RulesBroken) as caught:
        await shop.again(key)
    assert [one.code for one in caught.value.violations] == ["already-booked"]


@pytest.mark.parametrize("key", [NATURAL, OWN, CHOSEN])
@virtually
async def test_a_booking_that_stands_is_replayed(key: RequestKey) -> None:
    """The same answer, byte for byte."""
    shop = Counter(key)
    first = await shop.booked()
    again = await shop.again()
    assert (again.body, again.token, again.is_replay) == (first.body, first.token, True)


@virtually
async def test_a_double_click_costs_no_call() -> None:
    """Within a minute of the answer nobody looks; from then on it is one call."""
    shop = Counter()
    await shop.booked(TRUSTED - SECOND)
    await shop.again()
    assert list(shop.wire.calls) == []
    await asyncio.sleep(SECOND.total_seconds())
    await shop.again()
    assert list(shop.wire.calls) == ["appointment"]


@pytest.mark.parametrize("key", [NATURAL, OWN])
@pytest.mark.parametrize("edit", ["cancelled", "moved", "emptied"])
@virtually
async def test_what_no_longer_stands_is_a_new_wish(key: RequestKey, edit: str) -> None:
    """The staff cancelled it, moved it or took the person out: the slot is booked anew."""
    shop = Counter(key)
    first = await shop.booked()
    _edit(shop, edit)

    again = await shop.again()

    assert not again.is_replay
    assert again.reference != first.reference
    there = [one for one in shop.mailbox.appointments if one.span.start == TEN and one.attendees]
    assert [[who.name for who in one.attendees] for one in there] == [["vic"]]
    assert (await shop.again()).body == again.body


def _edit(shop: Counter, edit: str) -> None:
    one = shop.appointment
    if edit == "cancelled":
        shop.mailbox.delete(one.id)
    elif edit == "moved":
        shop.mailbox.move(one.id, Interval(one.span.start + LATER, one.span.end + LATER))
    else:
        shop.mailbox.unseat(one.id, "vic@contoso.com")
        shop.mailbox.delete(one.id)


@virtually
async def test_somebody_else_in_the_appointment_is_not_the_customer() -> None:
    """The staff gave the time to another person: the slot is taken, by today's rules."""
    shop = Counter()
    await shop.booked()
    shop.mailbox.unseat(shop.appointment.id, "vic@contoso.com")
    shop.mailbox.seat(shop.appointment.id, Customer(None, "una", "una@contoso.com"))
    with pytest.raises(RulesBroken) as caught:
        await shop.again()
    assert [one.code for one in caught.value.violations] == ["slot-taken"]


@virtually
async def test_an_appointment_for_something_else_is_another_booking() -> None:
    """The staff made it one of another service: the member of the staff is taken by it."""
    shop = Counter()
    await shop.booked()
    shop.mailbox.appointments.put(shop.appointment.id, replace(shop.appointment, service_id=COURSE.id))
    with pytest.raises(RulesBroken) as caught:
        await shop.again()
    assert [one.code for one in caught.value.violations] == ["slot-taken"]


@virtually
async def test_a_seat_that_was_taken_away_can_be_had_again() -> None:
    """Of a course that others are in."""
    shop = Counter(service=COURSE)
    await shop.booked()
    shop.mailbox.seat(shop.appointment.id, Customer(None, "una", "una@contoso.com"))
    shop.mailbox.unseat(shop.appointment.id, "vic@contoso.com")
    assert not (await shop.again()).is_replay
    assert shop.names_in(shop.appointment.id) == ["una", "vic"]


@virtually
async def test_a_customer_with_a_new_record_is_still_in() -> None:
    """Known by the address, where the staff made another record."""
    shop = Counter(service=COURSE)
    await shop.booked()
    shop.mailbox.unseat(shop.appointment.id, "vic@contoso.com")
    shop.mailbox.seat(shop.appointment.id, Customer(None, "Vic", "VIC@contoso.com"))
    assert (await shop.again()).is_replay


@virtually
async def test_a_customer_whose_address_was_corrected_is_still_in() -> None:
    """Known by the record, where the staff wrote another address."""
    shop = Counter(service=COURSE)
    await shop.booked()
    one = shop.appointment
    corrected = tuple(replace(who, email="victor@contoso.com") for who in one.attendees)
    shop.mailbox.appointments.put(one.id, replace(one, attendees=corrected))
    assert (await shop.again()).is_replay


@pytest.mark.parametrize("key", [GUESSED, CHANGED])
@virtually
async def test_others_are_told_that_it_is_taken_as_long_as_it_stands(key: RequestKey) -> None:
    """No reference, no token, at once and later; what the staff cancelled is anybody's."""
    shop = Counter()
    await shop.booked(SECOND)
    await says_taken(shop, key)
    await asyncio.sleep(OUR_OWN_COUNTS.total_seconds())
    await says_taken(shop, key)
    shop.mailbox.delete(shop.appointment.id)
    assert not (await shop.again(key)).is_replay


@virtually
async def test_a_chosen_key_says_what_it_said() -> None:
    """Whatever became of the booking: that is what such a key means."""
    shop = Counter(CHOSEN)
    first = await shop.booked()
    shop.mailbox.delete(shop.appointment.id)
    assert (await shop.again()).body == first.body
    assert list(shop.mailbox.appointments) == []
    assert list(shop.wire.calls) == []


@virtually
async def test_without_graph_nothing_is_replayed() -> None:
    """Nobody knows whether it is true."""
    shop = Counter()
    await shop.booked()
    shop.arm("appointment", Unreachable)
    with pytest.raises(Unreachable):
        await shop.again()
    assert (await shop.again()).is_replay


@virtually
async def test_a_request_that_arrived_twice_stands_while_one_of_it_does() -> None:
    """The staff removed one of the two that the network made of it."""
    shop = Counter()
    await shop.booked()
    made = shop.appointment
    shop.mailbox.delete(made.id)
    twin = replace(made, id="twin")
    shop.mailbox.appointments.put(twin.id, twin)
    assert (await shop.again()).is_replay


TWO = replace(TALK, id="two", staff_member_ids=("ann", "bob"))


@virtually
async def test_another_member_of_the_staff_is_told() -> None:
    """Where nobody in particular was asked for, it is the same booking with somebody else."""
    shop = Counter(service=TWO)
    shop.graph.mailbox(SHOP).catalogue = replace(CATALOGUE, services={**CATALOGUE.services, "two": TWO})
    first = await shop.booked()
    one = shop.appointment
    other = "bob" if one.staff_member_ids == ("ann",) else "ann"
    shop.mailbox.move(one.id, one.span, other)
    again = await shop.again()
    assert (again.reference, again.is_replay) == (first.reference, True)
    assert json.loads(again.body) == {**json.loads(first.body), "staff": [other]}


@virtually
async def test_the_member_of_the_staff_who_was_asked_for_is_part_of_the_answer() -> None:
    """With somebody else it is another booking; Ann is free again, so she is booked."""
    shop = Counter(service=TWO)
    shop.graph.mailbox(SHOP).catalogue = replace(CATALOGUE, services={**CATALOGUE.services, "two": TWO})
    with_ann = replace(wish(service=TWO), staff_id="ann")
    await shop.again(request=with_ann)
    await asyncio.sleep(TRUSTED.total_seconds())
    shop.mailbox.move(shop.appointment.id, shop.appointment.span, "bob")
    assert not (await shop.again(request=with_ann)).is_replay


@virtually
async def test_a_record_of_an_older_version_is_replayed() -> None:
    """It does not say what was answered."""
    shop = Counter()
    await shop.booked()
    record = await shop.stores.idempotency.get(NATURAL.key)
    assert record is not None
    await shop.stores.idempotency.replace(replace(record, answered=None))
    assert (await shop.again()).is_replay
    assert list(shop.wire.calls) == []
