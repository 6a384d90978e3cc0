"""What every Graph behind the port does: the gateway in front of the emulator, and the one in memory."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from devtools.graph_emulator.default_seed import CATERED_BENTO, DANA, ISAIAH, JORDAN, MENU_TASTING
from shared.booking.ports import Graph
from shared.domain.errors import Denied, GraphError, Missing, Rejected, Throttled, Unavailable, Unreachable
from shared.domain.intervals import Interval
from shared.domain.model import (
    Address,
    Answer,
    Appointment,
    Attendee,
    AvailabilityStatus,
    Customer,
    Draft,
    Reminder,
    Service,
)
from shared.platform.deadline import deadline
from tests.contract.graph_sides import GraphSide, Trouble
from tests.support.contoso import let_pass
from tests.support.facade import MAILBOX, start_at

LONG = timedelta(hours=1)
NOBODY = "00000000-0000-4000-8000-000000000404"


def span(hour: int = 10, minutes: int = 30) -> Interval:
    start = start_at(hour).astimezone(UTC)
    return Interval(start, start + timedelta(minutes=minutes))


def around(hour: int = 10) -> Interval:
    return span(hour).widened(LONG, LONG)


async def service_of(side: GraphSide, service_id: str = CATERED_BENTO) -> Service:
    return (await side.graph.catalogue(MAILBOX)).services[service_id]


def attendee(
    service: Service, customer_id: str | None = JORDAN, email: str = "jordanm@contoso.com"
) -> Attendee:
    return Attendee(
        customer_id=customer_id,
        name=email.partition("@")[0],
        email=email,
        phone="+12065550100",
        notes="By the window, please.",
        address=Address("home", None, "4567 Main Street", "Buffalo", "NY", "USA", "98052"),
        time_zone="America/Chicago",
        answers=tuple(Answer(asked, "25") for asked in service.questions),
        sms_notifications_enabled=True,
    )


def draft(service: Service, *attendees: Attendee, hour: int = 10, staff: str = DANA) -> Draft:
    length = int(service.default_duration.total_seconds() // 60)
    who = attendees or (attendee(service),)
    return Draft(service, span(hour, length), (staff,), who, "Reference: BK-1", "America/Chicago")


async def book(side: GraphSide, service_id: str = CATERED_BENTO, hour: int = 10) -> Appointment:
    return await side.graph.create_appointment(
        MAILBOX, draft(await service_of(side, service_id), hour=hour), check=let_pass
    )


async def new_customer(graph: Graph, email: str) -> str:
    made = await graph.create_customer(MAILBOX, Customer(None, email, email), check=let_pass)
    assert made.id
    return made.id


async def emails(side: GraphSide) -> list[list[str]]:
    return [[one.email for one in kept.seated] for kept in await side.kept()]


async def test_a_new_appointment_comes_back_as_it_was_sent(side: GraphSide) -> None:
    """Every member of an appointment that the facade writes survives the way there and back."""
    await side.keep_notes()
    service = replace(await service_of(side), sms_notifications_enabled=True)
    sent = attendee(service)

    made = await side.graph.create_appointment(MAILBOX, draft(service, sent), check=let_pass)
    read = await side.graph.appointment(MAILBOX, made.id)

    (back,) = read.attendees
    assert read == made
    assert (read.service_id, read.span, read.staff_member_ids) == (service.id, span(), (DANA,))
    assert (read.maximum_attendees, read.filled) == (5, 1)
    assert (read.pre_buffer, read.post_buffer) == (timedelta(minutes=5), timedelta(minutes=10))
    assert read.service_notes == "Reference: BK-1"
    assert (back.customer_id, back.name, back.email) == (JORDAN, sent.name, sent.email)
    assert (back.phone, back.notes, back.time_zone) == (sent.phone, sent.notes, sent.time_zone)
    assert back.sms_notifications_enabled is True


@pytest.mark.parametrize("kept", [False, True])
async def test_notes_beside_a_known_customer_may_be_dropped(side: GraphSide, kept: bool) -> None:
    """In a POST and in a PATCH; the notes for the staff are not."""
    if kept:
        await side.keep_notes()
    made = await book(side)
    again = replace(made.attendees[0], notes="Written later.", source=None)
    await side.graph.replace_attendees(MAILBOX, made.id, [again], check=let_pass)
    read = await side.graph.appointment(MAILBOX, made.id)

    assert made.attendees[0].notes == ("By the window, please." if kept else None)
    assert read.attendees[0].notes == ("Written later." if kept else None)
    assert read.service_notes == "Reference: BK-1"


async def test_notes_for_the_staff_are_replaced_with_the_list_or_stay(side: GraphSide) -> None:
    """Byte for byte, in one call."""
    notes = "Reference: BK-1\r\n  | two lines\n\ttabs, trailing spaces  \n"
    made = await book(side)
    before = await side.calls("replace_attendees")

    await side.graph.replace_attendees(MAILBOX, made.id, [], notes, check=let_pass)
    read = await side.graph.appointment(MAILBOX, made.id)
    assert (read.service_notes, read.filled) == (notes, 0)
    assert await side.calls("replace_attendees") == before + 1

    await side.graph.replace_attendees(MAILBOX, made.id, made.attendees, check=let_pass)
    read = await side.graph.appointment(MAILBOX, made.id)
    assert (read.service_notes, read.filled) == (notes, 1)


async def test_reminders_are_shown_by_the_service_alone(side: GraphSide) -> None:
    """The catalogue has none; their offsets are before the start, whatever sign Graph writes."""
    soon = Reminder("See you soon.", timedelta(minutes=15), "customer")
    await side.remind(MENU_TASTING, soon)
    assert (await service_of(side, MENU_TASTING)).default_reminders == ()
    assert await side.graph.reminders(MAILBOX, MENU_TASTING) == (soon,)
    with pytest.raises(Missing):
        await side.graph.reminders(MAILBOX, NOBODY)


async def test_everybody_who_was_there_goes_back_member_for_member(side: GraphSide) -> None:
    """A PATCH replaces the list, so members that the facade does not model are sent back untouched."""
    made = await book(side)
    before = await side.kept()

    read = await side.graph.appointment(MAILBOX, made.id)
    await side.graph.replace_attendees(MAILBOX, made.id, read.attendees, check=let_pass)

    assert await side.kept() == before
    assert (before[0].seated[0].answers, before[0].seated[0].street) == (("25",), "4567 Main Street")


async def test_lists_show_neither_customers_nor_notes(side: GraphSide) -> None:
    """The calendar view has times, staff and counts; who is in is told by the appointment alone."""
    made = await book(side)

    (listed,) = await side.graph.calendar_view(MAILBOX, around())

    assert listed == replace(made, attendees=(), service_notes=None, customer_email=None)
    assert listed.filled == 1


@pytest.mark.parametrize(("minutes", "count"), [(-30, 0), (-29, 1), (29, 1), (30, 0)])
async def test_the_calendar_view_shows_what_overlaps(side: GraphSide, minutes: int, count: int) -> None:
    """What only touches the time asked about is not in it."""
    made = await book(side)
    shift = timedelta(minutes=minutes)

    seen = await side.graph.calendar_view(MAILBOX, Interval(made.span.start + shift, made.span.end + shift))

    assert len(seen) == count


async def test_a_patch_replaces_the_whole_list(side: GraphSide) -> None:
    """Whoever is not in the list that is sent is out; the last writer wins."""
    made = await book(side)
    ann = await new_customer(side.graph, "ann@contoso.com")

    await side.graph.replace_attendees(
        MAILBOX, made.id, [attendee(await service_of(side), ann, "ann@contoso.com")], check=let_pass
    )

    assert await emails(side) == [["ann@contoso.com"]]
    assert (await side.graph.appointment(MAILBOX, made.id)).filled == 1


async def test_a_group_drops_who_is_no_customer(side: GraphSide) -> None:
    """An unknown id is no error where several may attend: POST and PATCH succeed without that customer."""
    service = await service_of(side)
    stranger = attendee(service, NOBODY, "stranger@contoso.com")

    made = await side.graph.create_appointment(MAILBOX, draft(service, stranger), check=let_pass)
    assert (made.attendees, made.filled) == ((), 0)
    await side.graph.replace_attendees(MAILBOX, made.id, [attendee(service), stranger], check=let_pass)

    assert await emails(side) == [["jordanm@contoso.com"]]


async def test_a_deleted_record_is_dropped_by_the_next_patch(side: GraphSide) -> None:
    """Who sits in an appointment stays when the record is deleted, until anybody writes the list again."""
    service = await service_of(side)
    ann = await new_customer(side.graph, "ann@contoso.com")
    made = await side.graph.create_appointment(
        MAILBOX, draft(service, attendee(service), attendee(service, ann, "ann@contoso.com")), check=let_pass
    )
    await side.forget_customer(ann)

    read = await side.graph.appointment(MAILBOX, made.id)
    await side.graph.replace_attendees(MAILBOX, made.id, read.attendees, check=let_pass)

    assert [one.email for one in read.attendees] == ["jordanm@contoso.com", "ann@contoso.com"]
    assert await emails(side) == [["jordanm@contoso.com"]]


async def test_one_customer_who_is_unknown_fails_the_post(side: GraphSide) -> None:
    """Where one may attend, an unknown id is a 500, and nothing is booked."""
    service = await service_of(side, MENU_TASTING)

    with pytest.raises(Unavailable):
        await side.graph.create_appointment(
            MAILBOX, draft(service, attendee(service, NOBODY)), check=let_pass
        )

    assert await side.kept() == []


async def test_one_customer_without_an_id_gets_a_record(side: GraphSide) -> None:
    """Where one may attend, no id makes a new record."""
    service = await service_of(side, MENU_TASTING)

    made = await side.graph.create_appointment(
        MAILBOX, draft(service, attendee(service, None, "ann@contoso.com")), check=let_pass
    )

    (who,) = made.attendees
    assert who.customer_id
    assert (await side.graph.customer(MAILBOX, who.customer_id)).email == "ann@contoso.com"


async def test_nothing_counts_the_seats(side: GraphSide) -> None:
    """Graph lets six sit on five seats."""
    service = await service_of(side)
    made = await book(side)
    people = [f"guest{number}@contoso.com" for number in range(6)]

    await side.graph.replace_attendees(
        MAILBOX,
        made.id,
        [attendee(service, await new_customer(side.graph, one), one) for one in people],
        check=let_pass,
    )

    read = await side.graph.appointment(MAILBOX, made.id)
    assert (read.filled, read.maximum_attendees) == (6, 5)


async def test_nothing_looks_for_conflicts(side: GraphSide) -> None:
    """The same time of the same staff member is booked again and again, outside of the hours too."""
    for hour in (10, 10, 3):
        await book(side, MENU_TASTING, hour)

    assert [kept.staff for kept in await side.kept()] == [(DANA,)] * 3


async def test_a_required_question_without_an_answer_fails_the_post(side: GraphSide) -> None:
    """A 500 that says nothing, and nothing is booked."""
    service = await service_of(side)

    with pytest.raises(Unavailable):
        await side.graph.create_appointment(
            MAILBOX, draft(service, replace(attendee(service), answers=())), check=let_pass
        )

    assert await side.kept() == []


async def test_an_unknown_staff_member_fails_the_post(side: GraphSide) -> None:
    """A 500, and nothing is booked."""
    with pytest.raises(Unavailable):
        await side.graph.create_appointment(
            MAILBOX, draft(await service_of(side), staff=NOBODY), check=let_pass
        )

    assert await side.kept() == []


async def test_a_service_that_was_deleted_cannot_be_booked(side: GraphSide) -> None:
    """Its appointments stay and can be written; a new one is a 500."""
    service = await service_of(side)
    made = await book(side)
    ann = await new_customer(side.graph, "ann@contoso.com")
    await side.delete_service(service.id)

    with pytest.raises(Unavailable):
        await side.graph.create_appointment(MAILBOX, draft(service), check=let_pass)
    await side.graph.replace_attendees(
        MAILBOX, made.id, [*made.attendees, attendee(service, ann, "ann@contoso.com")], check=let_pass
    )

    assert service.id not in (await side.graph.catalogue(MAILBOX)).services
    assert await emails(side) == [["jordanm@contoso.com", "ann@contoso.com"]]


async def test_what_the_staff_move_is_read_where_it_is(side: GraphSide) -> None:
    """By id and in the calendar view; everything else stays."""
    made = await book(side)

    await side.move(made.id, span(14))

    read = await side.graph.appointment(MAILBOX, made.id)
    assert read == replace(made, span=span(14))
    assert await side.graph.calendar_view(MAILBOX, around()) == ()
    assert [one.id for one in await side.graph.calendar_view(MAILBOX, around(14))] == [made.id]


async def test_what_is_not_there_is_missing(side: GraphSide) -> None:
    """Reading, PATCH and DELETE say so."""
    made = await book(side)
    await side.graph.delete_appointment(MAILBOX, made.id, check=let_pass)

    with pytest.raises(Missing):
        await side.graph.appointment(MAILBOX, made.id)
    with pytest.raises(Missing):
        await side.graph.replace_attendees(MAILBOX, made.id, [], check=let_pass)
    with pytest.raises(Missing):
        await side.graph.customer(MAILBOX, NOBODY)
    with pytest.raises(Missing):
        await side.graph.delete_appointment(MAILBOX, made.id, check=let_pass)
    with pytest.raises(Missing):
        await side.graph.opt_out(MAILBOX, made.id, check=let_pass)
    with pytest.raises(Missing):
        await side.graph.move_appointment(MAILBOX, made.id, span(14), [DANA], check=let_pass)
    with pytest.raises(Missing):
        await side.graph.cancel_appointment(MAILBOX, made.id, "Closed", check=let_pass)
    assert await side.kept() == []


async def test_a_moved_appointment_keeps_everything_but_time_and_staff(side: GraphSide) -> None:
    """Who is in it, their answers and the notes; somebody who is no member of the staff is a 500."""
    made = await book(side)

    await side.graph.move_appointment(MAILBOX, made.id, span(14), [ISAIAH], check=let_pass)

    read = await side.graph.appointment(MAILBOX, made.id)
    assert read == replace(made, span=span(14), staff_member_ids=(ISAIAH,))
    assert await side.graph.calendar_view(MAILBOX, around()) == ()
    assert [one.id for one in await side.graph.calendar_view(MAILBOX, around(14))] == [made.id]
    with pytest.raises(Unavailable):
        await side.graph.move_appointment(MAILBOX, made.id, span(), [NOBODY], check=let_pass)


@pytest.mark.parametrize("reason", ["We are closed that day.", ""])
async def test_a_cancelled_appointment_is_gone_and_everybody_is_told_why(
    side: GraphSide, reason: str
) -> None:
    """Its time is free at once; each customer gets the message."""
    service = await service_of(side)
    ann = await new_customer(side.graph, "ann@contoso.com")
    made = await side.graph.create_appointment(
        MAILBOX, draft(service, attendee(service), attendee(service, ann, "ann@contoso.com")), check=let_pass
    )

    await side.graph.cancel_appointment(MAILBOX, made.id, reason, check=let_pass)

    assert await side.kept() == []
    assert await side.graph.calendar_view(MAILBOX, around()) == ()
    for email in ("jordanm@contoso.com", "ann@contoso.com"):
        assert await side.told(email) == [reason]
    staff = await side.graph.staff_availability(MAILBOX, [DANA], span(10, 60))
    assert {one.status for one in staff[DANA] if one.span.overlaps(span())} == {AvailabilityStatus.AVAILABLE}


async def test_an_address_may_have_many_records(side: GraphSide) -> None:
    """Graph minds no second record for an address, and lists all of them."""
    first = await new_customer(side.graph, "ann@contoso.com")
    second = await new_customer(side.graph, "ann@contoso.com")

    listed = [one async for page in side.graph.customers(MAILBOX) for one in page]

    assert first != second
    assert [one.id for one in listed if one.email == "ann@contoso.com"] == [first, second]


async def test_a_long_list_of_customers_comes_in_pages(side: GraphSide) -> None:
    """All are in some page, each once."""
    for number in range(104):
        await new_customer(side.graph, f"guest{number}@contoso.com")

    pages = [page async for page in side.graph.customers(MAILBOX)]

    assert len(pages) > 1
    assert len({one.id for page in pages for one in page}) == sum(map(len, pages)) == 105


async def statuses(side: GraphSide, staff_id: str, hour: int, minute: int) -> set[AvailabilityStatus]:
    """What is said of a staff member at one instant."""
    instant = start_at(hour, minute)
    found = await side.graph.staff_availability(MAILBOX, [staff_id], span(9, 180))
    return {one.status for one in found[staff_id] if one.span.start <= instant < one.span.end}


@pytest.mark.parametrize(
    ("service_id", "during"),
    [(MENU_TASTING, AvailabilityStatus.BUSY), (CATERED_BENTO, AvailabilityStatus.SLOTS_AVAILABLE)],
)
async def test_an_appointment_shows_in_the_staff_members_time(
    side: GraphSide, service_id: str, during: AvailabilityStatus
) -> None:
    """One for one customer is busy, one with free seats has slots; nobody else's time is taken."""
    await book(side, service_id)

    assert await statuses(side, DANA, 10, 15) == {during}
    assert await statuses(side, DANA, 11, 30) == {AvailabilityStatus.AVAILABLE}
    assert await statuses(side, ISAIAH, 10, 15) == {AvailabilityStatus.AVAILABLE}


async def test_buffers_are_the_staff_members_time_too(side: GraphSide) -> None:
    """The bento takes five minutes before it and ten after it."""
    await book(side)

    taken = [(9, 54), (9, 55), (10, 39), (10, 40)]
    assert [await statuses(side, DANA, *one) for one in taken] == [
        {AvailabilityStatus.AVAILABLE},
        {AvailabilityStatus.SLOTS_AVAILABLE},
        {AvailabilityStatus.SLOTS_AVAILABLE},
        {AvailabilityStatus.AVAILABLE},
    ]


async def test_a_full_group_is_busy(side: GraphSide) -> None:
    """No seat is left, so no slot is."""
    service = await service_of(side)
    made = await book(side)
    people = [f"guest{number}@contoso.com" for number in range(4)]
    joined = [attendee(service, await new_customer(side.graph, one), one) for one in people]
    await side.graph.replace_attendees(MAILBOX, made.id, [*made.attendees, *joined], check=let_pass)

    assert await statuses(side, DANA, 10, 15) == {AvailabilityStatus.BUSY}


async def test_who_is_away_is_out_of_office(side: GraphSide) -> None:
    """Time off counts more than an appointment."""
    await book(side, MENU_TASTING)
    await side.send_home(DANA, span(10, 30))

    assert await statuses(side, DANA, 10, 15) == {AvailabilityStatus.OUT_OF_OFFICE}
    assert await statuses(side, DANA, 10, 45) == {AvailabilityStatus.BUSY}


@pytest.mark.parametrize(("staff", "minutes"), [([DANA, NOBODY], 60), ([DANA], 29)])
async def test_availability_fails_as_a_whole(side: GraphSide, staff: Sequence[str], minutes: int) -> None:
    """Somebody unknown, or less than half an hour: a 500."""
    with pytest.raises(Unavailable):
        await side.graph.staff_availability(MAILBOX, staff, span(10, minutes))


async def test_lists_may_lag_behind(side: GraphSide) -> None:
    """What was written a moment ago is missing, has its old form or is still there; by id it is as it is."""
    service = await service_of(side)
    old, gone = await book(side, hour=10), await book(side, hour=12)
    await side.lag(LONG)

    new = await book(side, MENU_TASTING, 14)
    ann = await new_customer(side.graph, "ann@contoso.com")
    await side.graph.replace_attendees(
        MAILBOX, old.id, [*old.attendees, attendee(service, ann, "ann@contoso.com")], check=let_pass
    )
    await side.graph.delete_appointment(MAILBOX, gone.id, check=let_pass)

    seen = await side.graph.calendar_view(MAILBOX, span(9, 8 * 60))
    assert [(one.id, one.filled) for one in seen] == [(old.id, 1), (gone.id, 1)]
    assert (await side.graph.appointment(MAILBOX, new.id)).filled == 1
    assert (await side.graph.appointment(MAILBOX, old.id)).filled == 2
    with pytest.raises(Missing):
        await side.graph.appointment(MAILBOX, gone.id)
    staff = await side.graph.staff_availability(MAILBOX, [DANA], span(14, 60))
    assert {one.status for one in staff[DANA] if one.span.overlaps(span(14, 60))} == {
        AvailabilityStatus.AVAILABLE
    }
    listed = [one.id async for page in side.graph.customers(MAILBOX) for one in page]
    assert ann not in listed
    assert (await side.graph.customer(MAILBOX, ann)).email == "ann@contoso.com"


async def write(side: GraphSide, operation: str) -> None:
    """One write of this kind; for those that need an appointment there is one already."""
    service = await service_of(side)
    if operation == "create_appointment":
        await side.graph.create_appointment(MAILBOX, draft(service), check=let_pass)
    elif operation == "create_customer":
        await new_customer(side.graph, "ann@contoso.com")
    elif operation == "replace_attendees":
        await side.graph.replace_attendees(MAILBOX, (await side.kept())[0].id, [], check=let_pass)
    elif operation == "move_appointment":
        one = (await side.kept())[0]
        await side.graph.move_appointment(MAILBOX, one.id, span(14), one.staff, check=let_pass)
    elif operation == "cancel_appointment":
        await side.graph.cancel_appointment(MAILBOX, (await side.kept())[0].id, "Closed", check=let_pass)
    else:
        await side.graph.delete_appointment(MAILBOX, (await side.kept())[0].id, check=let_pass)


async def has_happened(side: GraphSide, operation: str) -> bool:
    """Whether such a write was done, to the appointment of the test if it needs one."""
    kept = await side.kept()
    if operation == "create_appointment":
        return len(kept) == 2
    if operation == "create_customer":
        listed = [one async for page in side.graph.customers(MAILBOX) for one in page]
        return len(listed) == 2
    if operation == "replace_attendees":
        return not kept[0].seated
    if operation == "move_appointment":
        return kept[0].start == span(14).start
    return not kept


WRITES = [
    "create_appointment",
    "replace_attendees",
    "move_appointment",
    "delete_appointment",
    "cancel_appointment",
    "create_customer",
]
NO_ANSWER = 0
FAILURES: list[tuple[int, type[GraphError]]] = [
    *((status, Unavailable) for status in (500, 507)),
    *((status, Unreachable) for status in (502, 503, 504, NO_ANSWER)),
]


@pytest.mark.parametrize("is_done", [False, True])
@pytest.mark.parametrize(("status", "error"), FAILURES)
@pytest.mark.parametrize("operation", WRITES)
async def test_a_write_that_fails_is_sent_once_and_perhaps_done(
    side: GraphSide, operation: str, status: int, error: type[GraphError], is_done: bool
) -> None:
    """No 5xx and no lost answer says what was done, and none is followed by a second request.

    The SDK's default pipeline would post again after 503 and 504, and so book again.
    """
    await book(side)
    before = await side.calls(operation)
    await side.arm(operation, Trouble(status, is_done), times=9)

    with pytest.raises(error):
        await write(side, operation)

    assert await side.calls(operation) == before + 1
    assert await has_happened(side, operation) is is_done


@pytest.mark.parametrize(("status", "error"), [(400, Rejected), (401, Denied), (403, Denied)])
@pytest.mark.parametrize("operation", WRITES)
async def test_a_write_that_is_refused_is_not_done(
    side: GraphSide, operation: str, status: int, error: type[GraphError]
) -> None:
    """A refusal says so."""
    await book(side)
    await side.arm(operation, Trouble(status), times=9)

    with pytest.raises(error):
        await write(side, operation)

    assert await has_happened(side, operation) is False


@pytest.mark.parametrize(("status", "error"), [(400, Rejected), (401, Denied), (403, Denied), (404, Missing)])
async def test_refusals_are_told_apart(side: GraphSide, status: int, error: type[GraphError]) -> None:
    """A missing permission and a missing thing are different errors, and neither is repeated.

    But for a token that is refused: the gateway sends once more, with a new one.
    """
    await side.arm("business", Trouble(status), times=9)

    with pytest.raises(error) as caught:
        await side.graph.business(MAILBOX)

    assert caught.value.status == status
    assert await side.calls("business") <= (2 if status == 401 else 1)


async def test_a_wait_that_does_not_fit_is_carried_to_the_caller(side: GraphSide) -> None:
    """Within a request's deadline nobody sleeps for longer than is left."""
    await side.arm("business", Trouble(429, retry_after=30))

    with deadline(timedelta(seconds=5)), pytest.raises(Throttled) as caught:
        await side.graph.business(MAILBOX)

    assert caught.value.retry_after == timedelta(seconds=30)


class Stop(Exception):
    """A write must not be sent any more."""


def stop() -> None:
    raise Stop


@pytest.mark.parametrize("side", ["fake"], indirect=True)
@pytest.mark.parametrize("operation", [*WRITES, "opt_out"])
async def test_a_write_is_checked_directly_before_it_is_sent(side: GraphSide, operation: str) -> None:
    """What the check raises stops the write: nothing was sent, and nothing was done."""
    made = await book(side)
    before = await side.calls(operation)
    service, ann = await service_of(side), Customer(None, "Ann", "ann@contoso.com")
    writes: dict[str, Callable[[], Awaitable[object]]] = {
        "create_appointment": lambda: side.graph.create_appointment(MAILBOX, draft(service), check=stop),
        "replace_attendees": lambda: side.graph.replace_attendees(MAILBOX, made.id, [], check=stop),
        "move_appointment": lambda: side.graph.move_appointment(
            MAILBOX, made.id, span(14), [DANA], check=stop
        ),
        "cancel_appointment": lambda: side.graph.cancel_appointment(MAILBOX, made.id, "Closed", check=stop),
        "opt_out": lambda: side.graph.opt_out(MAILBOX, made.id, check=stop),
        "delete_appointment": lambda: side.graph.delete_appointment(MAILBOX, made.id, check=stop),
        "create_customer": lambda: side.graph.create_customer(MAILBOX, ann, check=stop),
    }

    with pytest.raises(Stop):
        await writes[operation]()

    assert await side.calls(operation) == before
    assert await has_happened(side, operation) is False
