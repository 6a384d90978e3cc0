"""What a customer tells the staff reaches them, whatever Graph keeps; and goes when the customer goes."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.booking.writes.notes import block, note_of
from shared.domain.errors import Conflicted, NotBooked, RulesBroken, Unreachable
from shared.domain.model import Appointment, Service
from tests.support.virtually import virtually
from tests.support.wire import AS_ASKED, Ending
from tests.support.world import COURSE, SHOP, TALK
from tests.unit.booking.create.test_appointment import Desk

NOTE = "Nut allergy!"
STAFF = "Ladder needed\r\n\tRoom 4"


class Told(Desk):
    """vic books with a note; in a course, zoe has a seat already and the staff have written something."""

    def __init__(self, service: Service = TALK) -> None:
        super().__init__(service)
        self.before = self.seat("zoe", notes=STAFF) if service is COURSE else None

    async def book(self) -> tuple[Appointment, str]:
        """The appointment as it is kept, and the reference."""
        plan, writing, lease = await self.begin(self.before)
        plan = replace(plan, request=replace(plan.request, notes=NOTE))
        if self.before is None:
            made = await self.writer.create(plan, writing)
        else:
            made = await self.writer.join(plan, self.before, writing)
        return self.mailbox.stored(made.id), lease.reference


def notes(change: Callable[[str], str]) -> Ending:
    """An ending in which other notes are stored than were sent."""
    return Ending(
        "other notes", stored=lambda one: replace(one, service_notes=change(one.service_notes or ""))
    )


@pytest.mark.parametrize("keeps_notes", [False, True])
@virtually
async def test_a_note_is_beside_the_reference(keeps_notes: bool) -> None:
    """And with the customer too, where Graph keeps it there; without a call more."""
    desk = Told()
    desk.mailbox.keeps_notes = keeps_notes
    made, reference = await desk.book()
    assert made.service_notes == block(reference, NOTE)
    assert [one.notes for one in made.attendees] == [NOTE if keeps_notes else None]
    assert desk.wire.calls == {"create_appointment": 1}


@virtually
async def test_a_joiners_note_comes_in_the_same_call() -> None:
    """Below what the staff wrote, which stays byte for byte."""
    desk = Told(COURSE)
    made, reference = await desk.book()
    assert made.service_notes == f"{STAFF}\n{block(reference, f'vic: {NOTE}')}"
    assert desk.names_in(made.id) == ["zoe", "vic"]
    assert desk.wire.calls == {"appointment": 2, "replace_attendees": 1}


@virtually
async def test_a_list_that_is_written_again_brings_the_notes_as_they_are_by_then() -> None:
    """The staff wrote something meanwhile."""
    desk = Told(COURSE)
    assert desk.before is not None
    kept = desk.before

    def staff_write(operation: str) -> Exception:
        desk.mailbox.replace_attendees(kept.id, kept.attendees, AS_ASKED, "Room 5\n")
        return Conflicted(operation, 412)

    desk.wire.arm("replace_attendees", Ending("staff write", staff_write, done=0))
    made, reference = await desk.book()
    assert made.service_notes == f"Room 5\n{block(reference, f'vic: {NOTE}')}"


@virtually
async def test_who_says_nothing_overwrites_no_notes() -> None:
    """The staff write between our reading and our writing: nothing of it is lost."""
    desk = Told(COURSE)
    assert desk.before is not None
    plan, writing, _ = await desk.begin(desk.before)

    def written(one: Appointment) -> Appointment:
        return replace(one, service_notes=f"{one.service_notes}!")

    desk.wire.arm("replace_attendees", Ending("staff write", stored=written))
    made = await desk.writer.join(plan, desk.before, writing)
    assert desk.mailbox.stored(made.id).service_notes == f"{STAFF}!"


@virtually
async def test_a_note_without_room_is_refused_before_anything_is_written() -> None:
    """With its code."""
    desk = Told(COURSE)
    assert desk.before is not None
    desk.mailbox.replace_attendees(desk.before.id, desk.before.attendees, AS_ASKED, "x" * 20_000)
    plan, writing, _ = await desk.begin(desk.before)
    noted = replace(
        plan,
        request=replace(plan.request, notes=NOTE),
        context=type(plan.context)(plan.context.calendar, replace(plan.context.request, note=NOTE)),
    )
    with pytest.raises(RulesBroken, match="notes-full"):
        await desk.writer.join(noted, desk.before, writing)
    assert "replace_attendees" not in desk.wire.calls


@pytest.mark.parametrize("service", [TALK, COURSE])
@virtually
async def test_a_note_that_is_not_there_is_written_again(service: Service) -> None:
    """By what was compared after the write."""
    desk = Told(service)
    operation = "create_appointment" if service is TALK else "replace_attendees"
    desk.wire.arm(operation, notes(lambda _: "Room 5"))
    made, reference = await desk.book()
    told = NOTE if service is TALK else f"vic: {NOTE}"
    assert made.service_notes == f"Room 5\n{block(reference, told)}"


@virtually
async def test_a_note_that_is_found_after_a_lost_answer_is_compared_too() -> None:
    """What was found of the POST is what the staff see."""
    desk = Told()
    lost = replace(notes(lambda kept: kept.splitlines()[0]), error=Unreachable)
    desk.wire.arm("create_appointment", lost)
    made, reference = await desk.book()
    assert made.service_notes == block(reference, NOTE)


@virtually
async def test_a_note_that_was_written_again_counts_whatever_was_answered() -> None:
    """Graph drops it at first, then takes it and says nothing: reading shows that it is there."""
    desk = Told()
    desk.wire.arm("create_appointment", notes(lambda kept: kept.splitlines()[0]))
    desk.arm("replace_attendees", Unreachable, done=1)
    made, reference = await desk.book()
    assert made.service_notes == block(reference, NOTE)
    assert desk.wire.calls["replace_attendees"] == 1


@virtually
async def test_a_note_that_cannot_be_kept_ends_the_booking(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody is told 201 for what the staff will not read."""
    desk = Told()
    desk.wire.arm("create_appointment", notes(lambda kept: kept.splitlines()[0]))
    desk.wire.arm("replace_attendees", notes(lambda kept: kept.splitlines()[0]))
    with pytest.raises(NotBooked):
        await desk.book()
    assert not list(desk.mailbox.appointments)
    assert "booking.note-lost" in [one.message for one in caplog.records]


@virtually
async def test_a_note_that_is_kept_in_other_words_stands(caplog: pytest.LogCaptureFixture) -> None:
    """It is there for the staff to read; that it differs is logged, without a word of it."""
    desk = Told()
    for operation in ("create_appointment", "replace_attendees"):
        desk.wire.arm(operation, notes(lambda kept: kept.replace("Nut", "N&#117;t")))
    made, reference = await desk.book()
    assert note_of(made.service_notes, reference) == "N&#117;t allergy!"
    assert "booking.note-lost" in [one.message for one in caplog.records]


@virtually
async def test_a_note_that_the_customer_element_keeps_is_told() -> None:
    """Where Graph keeps it there and drops the other one, nothing more is written."""
    desk = Told()
    desk.mailbox.keeps_notes = True
    desk.wire.arm("create_appointment", notes(lambda kept: kept.splitlines()[0]))
    made, _ = await desk.book()
    assert [one.notes for one in made.attendees] == [NOTE]
    assert desk.wire.calls == {"create_appointment": 1}


@virtually
async def test_who_is_taken_out_takes_the_note_along() -> None:
    """The reference of the record that is worked on, or of one that has ended, tells which."""
    desk = Told(COURSE)
    made, reference = await desk.book()
    for settled in ("", reference):
        desk.mailbox.replace_attendees(made.id, made.attendees, AS_ASKED, made.service_notes)
        right = desk.writing()
        right.settled = settled
        await desk.proof.take_back(SHOP, made, desk.vic.id or "", right)
        kept = desk.mailbox.stored(made.id)
        assert desk.names_in(made.id) == ["zoe"]
        assert kept.service_notes == (f"{STAFF}\n" if settled else made.service_notes)
