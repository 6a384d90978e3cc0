"""Erasing one person: nothing of them is left, nobody else loses anything, the receipt says what was done."""

import asyncio
from copy import copy
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from shared.booking.customers.erase import PASSES, SLICE
from shared.booking.erasures import Erasure, Part
from shared.booking.ports import Changed
from shared.booking.records import BookingRow, IdempotencyRecord, IndexRow, Kind
from shared.booking.writes.idempotency import RETENTION, RequestKey
from shared.booking.writes.locks import customer_lock, email_hash, service_start_lock
from shared.booking.writes.notes import block
from shared.domain.errors import (
    BookingPending,
    KeyInFlight,
    KeyReused,
    Missing,
    NotBooked,
    OutcomeUnknown,
    Rejected,
    RulesBroken,
    SlotBusy,
    StoreUnavailable,
    Throttled,
    Unavailable,
    Unreachable,
)
from shared.domain.model import Attendee, Customer, PolicySettings, Service
from tests.support.fake_graph import PAGE
from tests.support.shop import REQUEST
from tests.support.virtually import virtually
from tests.support.world import COURSE, HALF_HOUR, SHOP, TALK, TEN
from tests.unit.booking.manage.desk import DAY, Desk, attempt_of

OTHERS = replace(REQUEST, fingerprint="another")
"""The same key with another body."""

ZOE, BOB = "zoe@contoso.com", "bob@contoso.com"


async def erased(desk: Desk, email: str = ZOE) -> Erasure:
    """The receipt of an erasure that has ended: a run of the timer each minute."""
    begun = await desk.cases.erase_customer(SHOP, email)
    return await ended(desk, begun)


async def ended(desk: Desk, begun: Erasure) -> Erasure:
    for _ in range(3 * PASSES):
        found = await desk.cases.erase_customer.find(SHOP, begun.receipt)
        assert found is not None
        if found.ended is not None:
            return found
        await asyncio.sleep(60)
        await desk.cases.erase_customer.advance(SHOP)
    raise AssertionError("it never ended")


def texts(desk: Desk) -> str:
    """Everything that the mailbox keeps, but for mails."""
    return repr([*desk.mailbox.appointments, *desk.mailbox.customers])


def is_known(desk: Desk) -> bool:
    """Whether the mailbox has a word of her, or any of our stores the name that we have for her address."""
    stores = desk.stores
    held = (stores.idempotency, stores.customers, stores.ledger, stores.bookings, stores.erasures)
    name = email_hash(desk.cases.hasher, SHOP, ZOE)
    return "zoe" in texts(desk).lower() or name in repr([vars(one) for one in held])


async def past(desk: Desk, *names: str, service: Service = TALK, notes: str = "") -> str:
    """An appointment of the day before, which nobody here has a row of."""
    return desk.seat(*names, service=service, start=TEN - 2 * DAY, notes=notes).id


@virtually
async def test_a_booking_to_come_is_cancelled_at_once() -> None:
    """Before any run of the timer; row, index and hashes go with the end."""
    desk = Desk()
    row = await desk.book("zoe", notes="By the window.")
    begun = await desk.cases.erase_customer(SHOP, ZOE)
    assert (begun.cancelled, begun.part, begun.left) == (1, Part.APPOINTMENTS, {})
    assert list(desk.mailbox.appointments) == []
    assert await desk.stores.bookings.get(SHOP, row.reference) is None

    done = await ended(desk, begun)
    assert (done.cancelled, done.cleared, done.deleted, done.left) == (1, 0, 1, {})
    assert done.passes == 2  # the first one deletes the customer, the second finds nothing
    assert (done.person, done.customer_ids) == ("", ())
    assert not is_known(desk)


@virtually
async def test_a_seat_is_left_and_the_others_keep_theirs() -> None:
    """With all that was said in it; the older members for one customer name nobody either."""
    desk = Desk()
    await desk.book("zoe", COURSE, notes="Zoe's words.")
    bob = await desk.book("bob", COURSE, notes="Bob's words.")

    done = await erased(desk)

    shown = desk.shown(bob)
    assert desk.names_in(bob.appointment_id) == ["bob"]
    assert "Bob's words." in (shown.service_notes or "")
    assert not is_known(desk)
    assert (done.cancelled, done.cleared, done.left) == (1, 1, {})


@virtually
async def test_a_booking_is_cancelled_however_late_it_is() -> None:
    """The shop's lead time binds customers, not an erasure."""
    desk = Desk()
    row = await desk.book("zoe")
    catalogue = desk.mailbox.catalogue
    policy = PolicySettings(HALF_HOUR, 30 * DAY, timedelta(days=90), True)
    desk.mailbox.catalogue = replace(catalogue, business=replace(catalogue.business, policy=policy))
    desk.cases.catalogues.forget(SHOP)
    assert not (await desk.read(row)).can_cancel.allowed
    assert (await desk.cases.erase_customer(SHOP, ZOE)).cancelled == 1
    assert list(desk.mailbox.appointments) == []


@virtually
@pytest.mark.parametrize("service", [TALK, COURSE])
async def test_a_past_booking_stays_without_the_person(service: Service) -> None:
    """Its seat, time and reference stay; row and record name nobody."""
    desk = Desk()
    desk.mailbox.keeps_notes = True
    row = await desk.book("zoe", service, notes="Zoe's words.")
    await asyncio.sleep((TEN - desk.clock() + DAY).total_seconds())

    begun = await desk.cases.erase_customer(SHOP, ZOE)
    assert begun.cleared == 1
    shown = desk.shown(row)
    assert (shown.span, shown.filled, len(shown.attendees)) == (row.span, 1, 1)
    assert row.reference in (shown.service_notes or "")
    assert "words" not in repr(shown)
    assert await desk.stores.bookings.get(SHOP, row.reference) is None
    record = await desk.stores.idempotency.get(row.key)
    assert record is not None
    assert record.answer
    assert record.attempt is not None
    assert (record.attempt.person, record.attempt.customer_id, record.look_again) == ("", "", None)
    done = await ended(desk, begun)
    assert (done.cleared, done.deleted) == (1, 1)
    assert not is_known(desk)


@virtually
async def test_a_cancelled_booking_loses_its_row_alone() -> None:
    """Nothing is asked of Graph for it."""
    desk = Desk()
    row = await desk.book("zoe")
    await desk.cancel(row)
    desk.wire.calls.clear()
    begun = await desk.cases.erase_customer(SHOP, ZOE)
    assert (begun.cancelled, dict(desk.wire.calls)) == (0, {})
    assert await desk.stores.bookings.get(SHOP, row.reference) is None


@virtually
async def test_the_rest_of_the_mailbox_is_looked_through() -> None:
    """What staff or Microsoft's own page booked: to come it ends, in the past it is cleared."""
    desk = Desk()
    old = await past(desk, "zoe", notes=f"Rang twice.\n{block('BK-1', 'A word.')}")
    group = await past(desk, "zoe", "bob", service=COURSE, notes=block("BK-2", "zoe: Mine.\nAll mine."))
    alone = desk.seat("zoe", service=TALK).id
    shared = desk.seat("zoe", "una", "zoe", start=TEN + DAY).id
    other = desk.seat("una", service=TALK, start=TEN + DAY, notes="Una's.").id

    done = await erased(desk)

    assert not is_known(desk)
    assert desk.mailbox.stored(old).service_notes == "Booked online. Reference: BK-1"
    assert desk.mailbox.stored(group).service_notes == "Booked online. Reference: BK-2\n"
    assert [one.name for one in desk.mailbox.stored(group).attendees] == ["bob", None]
    assert desk.mailbox.appointments.get(alone) is None
    assert desk.names_in(shared) == ["una"]
    assert desk.mailbox.stored(other).service_notes == "Una's."
    assert (done.cancelled, done.cleared, done.left) == (2, 2, {})
    assert done.read >= 5
    assert done.requested < done.seen <= done.ended  # type: ignore[operator]


@virtually
async def test_a_seat_whose_address_is_blank_is_known_by_its_record() -> None:
    """Graph fills nothing in: an element may have a name alone. One with another address is another's."""
    desk = Desk()
    row = await desk.book("zoe")
    seats = (
        Attendee(row.customer_id, "Zoelle", None),
        Attendee(row.customer_id, "Bob", BOB),
        Attendee(row.customer_id, None, None),
    )
    made = await past(desk, "una", service=COURSE)
    desk.mailbox._put(  # noqa: SLF001 (the staff, by other means)
        replace(desk.mailbox.stored(made), attendees=(*desk.mailbox.stored(made).attendees, *seats))
    )
    await erased(desk)
    assert "Zoelle" not in texts(desk)
    assert "Bob" in desk.names_in(made)


@virtually
async def test_a_seat_without_a_known_record_goes_as_a_whole() -> None:
    """Graph refuses to write an element whose record is deleted, in appointments for one."""
    desk = Desk()
    made = await past(desk, "zoe")
    desk.mailbox.forget_customer(ZOE)
    done = await erased(desk)
    assert desk.mailbox.stored(made).attendees == ()
    assert (done.cleared, done.left) == (1, {})


@virtually
async def test_whom_graph_drops_along_is_put_back() -> None:
    """Somebody whose record the staff deleted keeps the seat in a group."""
    desk = Desk()
    made = await past(desk, "zoe", "una", service=COURSE)
    desk.mailbox.forget_customer("una@contoso.com")
    await erased(desk)
    assert "una" in desk.names_in(made)
    assert "zoe" not in texts(desk)


@virtually
async def test_only_the_older_members_for_one_customer_may_name_them() -> None:
    """An appointment to come in which others sit by now goes on."""
    desk = Desk()
    made = desk.seat("zoe", "una")
    desk.mailbox.unseat(made.id, ZOE)
    assert desk.mailbox.stored(made.id).customer_email == ZOE
    done = await erased(desk)
    assert desk.names_in(made.id) == ["una"]
    assert (done.cancelled, done.cleared) == (0, 1)
    assert "zoe" not in texts(desk)


@virtually
async def test_words_in_a_group_stay_where_no_seat_has_the_name() -> None:
    """Nobody else's words are taken for theirs."""
    desk = Desk()
    notes = "\n".join([block("BK-1", "zoe: Mine."), block("BK-2", "zoeline: His."), block("BK-3", "")])
    made = await past(desk, "zoe", "zoeline", service=COURSE, notes=notes)
    await erased(desk)
    left = desk.mailbox.stored(made).service_notes or ""
    assert "Mine." not in left
    assert "zoeline: His." in left
    assert all(f"BK-{number}" in left for number in (1, 2, 3))


@virtually
async def test_all_records_of_the_address_are_deleted() -> None:
    """Graph minds no second one; another address is another person."""
    desk = Desk()
    for email in (ZOE, "ZOE@contoso.com", BOB):
        desk.mailbox.add_customer(Customer(None, "x", email))
    done = await erased(desk)
    assert [one.email for one in desk.mailbox.customers] == [BOB]
    assert done.deleted == 2


@virtually
async def test_a_record_that_graph_does_not_delete_is_told() -> None:
    """It may answer 500 for good: five passes, then the receipt says what is left."""
    desk = Desk()
    desk.customer("zoe")
    desk.arm("delete_customer", Unavailable, times=None)
    done = await erased(desk)
    assert (done.passes, done.deleted, dict(done.left)) == (PASSES, 0, {"customer-not-deleted": 1})
    assert desk.wire.calls["delete_customer"] == PASSES


@virtually
@pytest.mark.parametrize("error", [Unavailable, Unreachable])
async def test_a_delete_whose_answer_was_lost_counts_by_what_is_there(error: type[Exception]) -> None:
    """The record is gone, whatever was said."""
    desk = Desk()
    desk.customer("zoe")
    desk.arm("delete_customer", error, done=1)
    done = await erased(desk)
    assert (done.deleted, dict(done.left)) == (1, {})


@virtually
async def test_a_record_that_went_meanwhile_is_no_error() -> None:
    """Lists may show a customer who is deleted."""
    desk = Desk()
    desk.customer("zoe")
    desk.graph.lag(timedelta(minutes=10))
    desk.mailbox.forget_customer(ZOE)
    done = await erased(desk)
    assert (done.deleted, dict(done.left), done.passes) == (0, {}, 1)


@virtually
@pytest.mark.parametrize(
    ("error", "is_done"),
    [(Unavailable, 0), (Unavailable, 1), (Unreachable, 0), (Unreachable, 1), (Throttled, 0)],
)
async def test_bad_weather_is_over_by_the_next_pass(error: type[Exception], is_done: int) -> None:
    """Whether a PATCH was done is seen by reading; what is still there is written again."""
    desk = Desk()
    made = await past(desk, "zoe", service=COURSE)
    desk.arm("clear_attendees", error, done=is_done)
    done = await erased(desk)
    assert "zoe" not in texts(desk)
    assert (done.cleared, dict(done.left)) == (1, {})
    assert desk.mailbox.stored(made).span.start == TEN - 2 * DAY


@virtually
async def test_what_graph_never_clears_is_told() -> None:
    """After four looks in each pass."""
    desk = Desk()
    await past(desk, "zoe")
    desk.arm("clear_attendees", Unavailable, times=None)
    done = await erased(desk)
    assert done.left["appointment-not-erased"] == 1


@pytest.mark.parametrize(
    ("operation", "sits_there", "times"),
    [("appointment", True, 1), ("delete_customer", False, 1), ("delete_customer", False, 2)],
)
@virtually
async def test_what_graph_does_not_find_in_passing_is_looked_for_again(
    operation: str, sits_there: bool, times: int
) -> None:
    """Nothing else is there of her, so no other find makes another pass."""
    desk = Desk()
    if sits_there:
        await past(desk, "zoe")
        desk.mailbox.forget_customer(ZOE)
    else:
        desk.mailbox.add_customer(Customer(None, "zoe", ZOE))
    desk.arm(operation, Missing, times=times)

    done = await erased(desk)

    assert not is_known(desk)
    assert done.left == {}


@virtually
async def test_an_appointment_that_is_not_found_under_its_lock_is_looked_for_again() -> None:
    """The second reading of it says in passing that it is gone."""
    desk = Desk()
    await past(desk, "zoe")
    desk.mailbox.forget_customer(ZOE)
    desk.arm("appointment", Missing, nth=2)
    done = await erased(desk)
    assert not is_known(desk)
    assert done.left == {}


@virtually
async def test_what_a_cancellation_says_of_a_person_goes_with_its_end() -> None:
    """Whichever key it came with: a record that fails in the first pass is not known to the second."""
    desk = Desk()
    row = await desk.book("zoe", COURSE)
    await desk.book("bob", COURSE)
    await desk.cancel(row, key=replace(REQUEST, key="c" * 64, reference=row.reference))
    assert (await erased(desk)).left == {}
    assert not is_known(desk)


@virtually
async def test_an_appointment_that_goes_while_it_is_listed_is_no_error() -> None:
    """Before it is read, and between reading and writing."""
    desk = Desk()
    made = desk.seat("zoe", service=TALK)
    desk.graph.lag(timedelta(hours=1))
    desk.mailbox.delete(made.id)
    assert (await erased(desk)).left == {}

    desk = Desk()
    made = desk.seat("zoe", service=TALK)
    lists = desk.cases.erase_customer.forgetting.locks

    class Deleting:
        def hold(self, names: Any) -> Any:  # noqa: ANN401
            if desk.mailbox.appointments.get(made.id) is not None:
                desk.mailbox.delete(made.id)
            return lists.hold(names)

    erase = desk.cases.erase_customer
    forgetting = replace(erase.forgetting, locks=Deleting())  # type: ignore[arg-type]
    person = erase._person(Erasure("r", SHOP, email_hash(desk.cases.hasher, SHOP, ZOE), TEN, TEN))  # noqa: SLF001
    assert await forgetting.appointment(person, made.id) == "absent"


@virtually
async def test_the_same_address_gets_the_same_receipt_while_it_is_under_way() -> None:
    """In any spelling; after the end a new one, which finds nothing."""
    desk = Desk()
    await desk.book("zoe")
    first = await desk.cases.erase_customer(SHOP, ZOE)
    assert (await desk.cases.erase_customer(SHOP, ZOE.upper())).receipt == first.receipt
    assert (await desk.cases.erase_customer(SHOP, BOB)).receipt != first.receipt
    await ended(desk, first)
    second = await erased(desk)
    assert second.receipt != first.receipt
    assert (second.cancelled, second.cleared, second.deleted, second.passes) == (0, 0, 0, 1)


@virtually
async def test_with_a_key_a_repetition_gets_its_own_receipt_also_after_the_end() -> None:
    """Also when the key is forgotten; another address under it is another request, and refused meanwhile."""
    desk = Desk()
    erase = desk.cases.erase_customer
    first = await ended(desk, await erase(SHOP, ZOE, REQUEST))
    assert (await erase(SHOP, ZOE, REQUEST)).receipt == first.receipt
    with pytest.raises(KeyReused):
        await erase(SHOP, BOB, OTHERS)
    assert await desk.stores.erasures.under_way(SHOP) == []
    assert await erase.find(SHOP, "unknown") is None

    await asyncio.sleep(RETENTION.total_seconds())
    assert (await erase(SHOP, ZOE, REQUEST)).receipt == first.receipt
    await asyncio.sleep(RETENTION.total_seconds())
    assert (await erase(SHOP, BOB, OTHERS)).receipt != first.receipt


@virtually
async def test_a_key_is_for_the_erasure_that_was_under_way_too() -> None:
    """Whoever asks for the same address meanwhile shares its receipt, and the key is bound to it."""
    desk = Desk()
    erase = desk.cases.erase_customer
    first = await erase(SHOP, ZOE)
    assert (await erase(SHOP, ZOE, REQUEST)).receipt == first.receipt
    await ended(desk, first)
    assert (await erase(SHOP, ZOE, REQUEST)).receipt == first.receipt
    with pytest.raises(KeyReused):
        await erase(SHOP, BOB, OTHERS)


@virtually
async def test_a_repetition_need_not_wait_for_the_first_request() -> None:
    """The receipt is there before the bookings are looked at."""
    desk = Desk()
    await desk.book("zoe")
    desk.wire.latency = 5.0
    asked = asyncio.ensure_future(desk.cases.erase_customer(SHOP, ZOE, REQUEST))
    await asyncio.sleep(0.1)
    again = await desk.cases.erase_customer(SHOP, ZOE, REQUEST)
    assert not asked.done()
    assert (again.cancelled, (await asked).receipt) == (0, again.receipt)


@virtually
async def test_a_key_whose_request_failed_is_free_and_one_that_cannot_be_ended_harms_nobody() -> None:
    """Without a receipt nothing was asked for; with one the same key leads to it."""
    desk = Desk()
    erase = desk.cases.erase_customer

    class Full:
        def __getattr__(self, name: str) -> Any:  # noqa: ANN401
            return getattr(desk.stores.erasures, name)

        async def insert(self, _: Erasure) -> Erasure:
            raise StoreUnavailable("erasures.insert", "503")

    with pytest.raises(StoreUnavailable):
        await replace(erase, stores=replace(desk.stores, erasures=Full()))(SHOP, ZOE, REQUEST)
    zoes = await erase(SHOP, ZOE, REQUEST)
    another = RequestKey("b0" * 32, "fingerprint")

    class Unwritten:
        def __getattr__(self, name: str) -> Any:  # noqa: ANN401
            return getattr(desk.stores.idempotency, name)

        async def replace(self, _: IdempotencyRecord) -> IdempotencyRecord:
            raise StoreUnavailable("idempotency.replace", "503")

    records = copy(erase.records)
    records._store = Unwritten()  # noqa: SLF001
    bobs = await replace(erase, records=records)(SHOP, BOB, another)
    assert zoes.receipt != bobs.receipt
    with pytest.raises(KeyInFlight):
        await erase(SHOP, BOB, another)
    await asyncio.sleep(60)
    assert (await erase(SHOP, BOB, another)).receipt == bobs.receipt


@virtually
async def test_what_fails_at_once_is_tried_again_by_the_timer() -> None:
    """The row stays until then."""
    desk = Desk()
    row = await desk.book("zoe")
    desk.arm("appointment", Unavailable)
    begun = await desk.cases.erase_customer(SHOP, ZOE)
    assert (begun.part, dict(begun.left)) == (Part.BOOKINGS, {"booking-not-erased": 1})
    assert await desk.row(row.reference)
    done = await ended(desk, begun)
    assert (done.cancelled, dict(done.left)) == (1, {})
    assert not is_known(desk)


@virtually
async def test_each_thing_that_could_not_be_done_is_counted_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Two bookings that cannot be ended are two, and the log says which receipt will name them."""
    desk = Desk()
    for service in (TALK, COURSE):
        await desk.book("zoe", service)
    desk.arm("appointment", Unavailable, times=None)

    begun = await desk.cases.erase_customer(SHOP, ZOE)

    assert dict(begun.left) == {"booking-not-erased": 2}
    logged = [vars(one) for one in caplog.records if one.message == "erasure.left"]
    assert [(one["receipt"], one["operation"], one["error"]) for one in logged] == [
        (begun.receipt, "booking-not-erased", "Unavailable")
    ] * 2


@virtually
async def test_a_booking_in_doubt_is_waited_for() -> None:
    """Theirs, and one that holds the sealed list of a group: whatever it ends as, the next pass sees it."""
    desk = Desk()
    row = await desk.book("zoe")
    sealed = attempt_of(row, Kind.CANCEL, desk.clock(), person="", sealed="sealed")
    lease = await desk.unknown(await desk.book("una", start=TEN + DAY), sealed)
    begun = await desk.cases.erase_customer(SHOP, ZOE)
    for _ in range(2):
        await asyncio.sleep(60)
        await desk.cases.erase_customer.advance(SHOP)
    found = await desk.cases.erase_customer.find(SHOP, begun.receipt)
    assert found is not None
    assert found.ended is None
    known = await desk.stores.idempotency.get(lease.record.key)
    assert known is not None
    await (await desk.records.take_over(known)).refuse()
    assert (await ended(desk, begun)).left == {}


@virtually
async def test_doubts_of_others_hold_up_nobody() -> None:
    """Another business's, somebody else's without a list, what was begun and never sent."""
    desk = Desk()
    row = await desk.book("una")
    for at, business in enumerate((SHOP, "other@contoso.com")):
        attempt = attempt_of(row, Kind.CANCEL, desk.clock(), business=business, sealed="x" if at else None)
        lease = await desk.lease(replace(REQUEST, key=f"f{at:063}"), attempt)
        await lease.unknown(is_over=True)
    await (await desk.lease(replace(REQUEST, key="e" * 64))).unknown(is_over=True)
    assert (await erased(desk)).passes == 1


@virtually
async def test_a_record_that_may_still_appear_is_waited_for() -> None:
    """The index knows of a create whose end nobody knows."""
    desk = Desk()
    name = email_hash(desk.cases.hasher, SHOP, ZOE)
    await desk.stores.customers.insert(SHOP, name, IndexRow(None, desk.clock() + timedelta(minutes=2.5)))
    done = await erased(desk)
    assert done.passes == 3
    assert await desk.stores.customers.get(SHOP, name) is None


@virtually
async def test_long_lists_are_read_in_slices_and_each_erasure_has_its_turn() -> None:
    """One reading of each appointment and pass; a short erasure is not behind a long one."""
    desk = Desk()
    count = 2 * PAGE + 20
    for number in range(count):
        desk.seat("una", service=TALK, start=TEN - timedelta(days=number + 2))
    late = desk.seat("zoe", service=TALK, start=TEN - timedelta(days=count + 2)).id
    erase = desk.cases.erase_customer
    first, second = await erase(SHOP, ZOE), await erase(SHOP, BOB)
    desk.wire.calls.clear()
    await erase.advance(SHOP)
    again, other = await erase.find(SHOP, first.receipt), await erase.find(SHOP, second.receipt)
    assert again is not None
    assert other is not None
    assert (again.passes, again.read, other.read) == (1, count + 1, count + 1)
    assert desk.wire.calls["appointment"] == 2 * (count + 1) + 3
    assert desk.mailbox.stored(late).attendees[0].name is None
    assert other.ended is not None
    log = [one.operation for one in desk.wire.log]
    pages = [at for at, name in enumerate(log) if name == "appointments_page"]
    gaps = [b - a for a, b in pairwise(pages)]
    assert max(gaps) <= 2 * SLICE + 20  # each call is logged when it is sent and when it arrives


@virtually
async def test_a_run_ends_in_time_and_the_next_goes_on_where_it_stopped() -> None:
    """No appointment is read twice in a pass, and none left out."""
    desk = Desk()
    for number in range(120):
        desk.seat("una", service=TALK, start=TEN - timedelta(days=number + 2))
    desk.wire.latency = 0.4
    begun = await desk.cases.erase_customer(SHOP, ZOE)
    before = desk.clock()
    await desk.cases.erase_customer.advance(SHOP)
    assert desk.clock() - before <= timedelta(seconds=46)
    found = await desk.cases.erase_customer.find(SHOP, begun.receipt)
    assert found is not None
    assert 0 < found.read < 120
    done = await ended(desk, begun)
    assert (done.read, done.passes) == (120, 1)


@virtually
async def test_the_rows_of_somebody_with_many_take_more_than_one_request() -> None:
    """What the time of the request does not allow is left to the timer."""
    desk = Desk()
    for number in range(4):
        await desk.book("zoe", start=TEN + number * DAY)
    desk.wire.latency = 3.0
    begun = await desk.cases.erase_customer(SHOP, ZOE)
    assert begun.part is Part.BOOKINGS
    assert 0 < begun.cancelled < 4
    done = await ended(desk, begun)
    assert (done.cancelled, dict(done.left)) == (4, {})


@virtually
async def test_a_page_whose_last_appointment_went_is_read_anew() -> None:
    """Somebody cancels between two steps: nothing is skipped for it."""
    desk = Desk()
    ids = [desk.seat("una", service=TALK, start=TEN - timedelta(days=n + 2)).id for n in range(5)]
    begun = await desk.cases.erase_customer(SHOP, ZOE)
    await desk.stores.erasures.replace(replace(begun, after="gone", read=3))
    done = await ended(desk, begun)
    assert done.read == 3 + len(ids)


@virtually
@pytest.mark.parametrize("part", [Part.APPOINTMENTS, Part.CUSTOMERS])
async def test_a_link_that_graph_no_longer_takes_begins_the_list_anew(part: Part) -> None:
    """Links may be too old; the list's own failure is tried again by the next run."""
    desk = Desk()
    desk.customer("zoe")
    begun = await desk.cases.erase_customer(SHOP, ZOE)
    await desk.stores.erasures.replace(replace(begun, part=part, page="too old", after="x"))
    assert (await ended(desk, begun)).deleted == 1


@virtually
async def test_an_outage_costs_no_pass(caplog: pytest.LogCaptureFixture) -> None:
    """What cannot even be listed is tried again by the next run; the log names the receipt alone."""
    desk = Desk()
    begun = await desk.cases.erase_customer(SHOP, ZOE)
    desk.arm("appointments_page", Rejected)
    await desk.cases.erase_customer.advance(SHOP)
    found = await desk.cases.erase_customer.find(SHOP, begun.receipt)
    assert found is not None
    assert (found.passes, found.part) == (0, Part.APPOINTMENTS)
    (line,) = [one for one in caplog.records if one.message == "erasure.delayed"]
    assert (line.__dict__["receipt"], line.__dict__["error"]) == (begun.receipt, "Rejected")
    assert (await ended(desk, begun)).passes == 1


@virtually
async def test_two_timers_do_not_go_on_with_the_same_step() -> None:
    """Whoever comes second finds another version, and leaves it."""
    desk = Desk()
    for number in range(3):
        desk.seat("una", service=TALK, start=TEN - timedelta(days=number + 2))
    begun = await desk.cases.erase_customer(SHOP, ZOE)
    desk.wire.latency = 0.1
    await asyncio.gather(*(desk.cases.erase_customer.advance(SHOP) for _ in range(2)))
    found = await desk.cases.erase_customer.find(SHOP, begun.receipt)
    assert found is not None
    assert found.read == 3


@virtually
async def test_what_the_first_request_did_counts_though_the_timer_was_faster() -> None:
    """The counts of both stand in the receipt."""
    desk = Desk()
    await desk.book("zoe")
    desk.wire.latency = 1.0
    asked = asyncio.ensure_future(desk.cases.erase_customer(SHOP, ZOE))
    await asyncio.sleep(0.5)
    (under_way,) = await desk.stores.erasures.under_way(SHOP)
    await desk.stores.erasures.replace(replace(under_way, cleared=7))
    begun = await asked
    assert (begun.cancelled, begun.cleared) == (1, 7)
    kept = await desk.cases.erase_customer.find(SHOP, begun.receipt)
    assert kept == begun


@virtually
async def test_two_requests_with_one_key_at_the_same_instant_share_a_receipt() -> None:
    """Whoever inserts second reads the first one's."""
    desk = Desk()
    erase = desk.cases.erase_customer
    first = await erase(SHOP, ZOE, REQUEST)
    await asyncio.sleep(RETENTION.total_seconds())  # from here on nobody but the receipt knows the key

    class Blind:
        def __getattr__(self, name: str) -> Any:  # noqa: ANN401
            return getattr(desk.stores.erasures, name)

        async def under_way(self, _: str) -> list[Erasure]:
            return []

    blind = replace(erase, stores=replace(desk.stores, erasures=Blind()))
    assert (await blind(SHOP, ZOE, REQUEST)).receipt == first.receipt


@virtually
async def test_a_receipt_that_always_changes_is_a_storage_out_of_order() -> None:
    """The caller is told to try again: the address has its receipt, and the timer goes on with it."""
    desk = Desk()
    erase = desk.cases.erase_customer

    class Changing:
        def __getattr__(self, name: str) -> Any:  # noqa: ANN401
            return getattr(desk.stores.erasures, name)

        async def replace(self, _: Erasure) -> Erasure:
            raise Changed

    changing = replace(erase, stores=replace(desk.stores, erasures=Changing()))
    with pytest.raises(StoreUnavailable) as caught:
        await changing(SHOP, ZOE)
    assert (caught.value.operation, caught.value.reason) == ("erasures.replace", "changed")
    (begun,) = await desk.stores.erasures.under_way(SHOP)
    assert (await ended(desk, begun)).left == {}


@virtually
async def test_whatever_dies_when_the_timer_goes_on() -> None:
    """The request is stopped at every tenth of a second; nothing of the person is left in the end."""
    for tenths in range(1, 16, 2):
        desk = Desk()
        await desk.book("zoe")
        seat = await desk.book("zoe", COURSE, start=TEN + DAY)
        await desk.book("bob", COURSE, start=TEN + DAY)
        desk.wire.latency = 0.1
        asked = asyncio.ensure_future(desk.cases.erase_customer(SHOP, ZOE))
        await asyncio.sleep(tenths / 10)
        asked.cancel()
        await asyncio.wait([asked])
        desk.wire.latency = 0.0
        (begun,) = await desk.stores.erasures.under_way(SHOP)
        await asyncio.sleep(61)  # what was in doubt is over, and so are its locks
        await desk.cases.upkeep()
        done = await ended(desk, begun)
        assert done.left == {}, tenths
        assert "zoe" not in texts(desk), tenths
        assert desk.names_in(seat.appointment_id) == ["bob"]


@virtually
async def test_an_appointment_that_somebody_joins_is_left_until_they_have() -> None:
    """The lock of its start is somebody else's: nothing is written beside them."""
    desk = Desk()
    made = await past(desk, "zoe", service=COURSE)
    name = service_start_lock(SHOP, COURSE.id, TEN - 2 * DAY)
    await desk.stores.locks.try_acquire(name, "somebody", desk.clock(), timedelta(seconds=90))
    begun = await desk.cases.erase_customer(SHOP, ZOE)
    await desk.cases.erase_customer.advance(SHOP)
    assert desk.names_in(made) == ["zoe"]
    assert desk.wire.calls["clear_attendees"] == 0
    found = await desk.cases.erase_customer.find(SHOP, begun.receipt)
    assert found is not None
    assert found.passes == 1
    done = await ended(desk, begun)
    assert (done.left, desk.names_in(made)) == ({}, [None])


@virtually
async def test_a_customer_who_is_being_made_is_left_until_then() -> None:
    """The lock of the address is somebody else's: neither record nor index is touched beside them."""
    desk = Desk()
    made = desk.customer("zoe")
    name = email_hash(desk.cases.hasher, SHOP, ZOE)
    await desk.stores.customers.insert(SHOP, name, IndexRow(made.id))
    await desk.stores.locks.try_acquire(
        customer_lock(SHOP, name), "somebody", desk.clock(), timedelta(seconds=90)
    )
    begun = await desk.cases.erase_customer(SHOP, ZOE)
    await desk.cases.erase_customer.advance(SHOP)
    assert desk.wire.calls["delete_customer"] == 0
    assert await desk.stores.customers.get(SHOP, name) is not None
    assert (await ended(desk, begun)).left == {}
    assert not is_known(desk)


@virtually
@pytest.mark.parametrize(("error", "are_free"), [(Unavailable, True), (Unreachable, False)])
async def test_locks_go_on_while_a_write_may_still_land(error: type[Exception], are_free: bool) -> None:
    """An answer of Graph's ends it; silence does not, whatever reading shows by then."""
    desk = Desk()
    await past(desk, "zoe", service=COURSE)
    desk.arm("clear_attendees", error)
    desk.arm("delete_customer", error)
    await desk.cases.erase_customer(SHOP, ZOE)
    await desk.cases.erase_customer.advance(SHOP)
    person = email_hash(desk.cases.hasher, SHOP, ZOE)
    names = (service_start_lock(SHOP, COURSE.id, TEN - 2 * DAY), customer_lock(SHOP, person))
    assert bool(await desk.free_locks(*names)) is are_free


SLOW = 0.1
"""Seconds that each call to Graph takes, so that two requests are really under way at once."""


NOTHING_STANDS = (RulesBroken, SlotBusy, BookingPending, NotBooked, KeyInFlight)
"""Ways of a move to end that leave the booking where it was, or nowhere."""


async def moving(desk: Desk, row: BookingRow) -> str:
    """A move that nobody tries again; what its caller was told."""
    try:
        await desk.move(row)
    except (OutcomeUnknown, *NOTHING_STANDS) as error:
        return type(error).__name__
    return "moved"


@virtually
@pytest.mark.parametrize("service", [TALK, COURSE], ids=lambda one: one.id)
@pytest.mark.parametrize(
    ("operation", "error", "done"),
    [
        ("", Rejected, 0),
        ("move_appointment", Unreachable, 1),
        ("move_appointment", Unavailable, 0),
        ("create_appointment", Unreachable, 1),
        ("update_attendees", Unreachable, 1),
    ],
)
async def test_a_move_that_is_under_way_takes_nobody_past_an_erasure(
    service: Service, operation: str, error: type[Exception], done: int
) -> None:
    """Whenever the erasure is asked for, and however the move ends: she is nowhere, and Bob where he was."""
    told = set[str]()
    for tenths in range(14):
        desk = Desk()
        bob = await desk.book("bob", COURSE)
        row = await desk.book("zoe", service, notes="Zoe's words.")
        desk.wire.latency = SLOW
        if operation:
            desk.arm(operation, error, done=done)
        move = asyncio.ensure_future(moving(desk, row))
        await asyncio.sleep(SLOW * tenths / 2)
        begun = await desk.cases.erase_customer(SHOP, ZOE)
        told.add(await move)
        for _ in range(3):
            await asyncio.sleep(60)
            await desk.reconcile.settle_all()
        finished = await ended(desk, begun)

        assert finished.left == {}, tenths
        assert not is_known(desk), tenths
        assert "zoe" not in repr(desk.stores.bookings.__dict__).lower()
        assert desk.names_in(bob.appointment_id) == ["bob"], tenths
        assert (await desk.row(bob.reference)).cancelled is None
        assert len(list(desk.mailbox.appointments)) == 1, tenths
    assert "moved" in told or operation
