"""Each promise about moved and cancelled bookings has its control: a careless way that the audit catches."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import httpx
import pytest

from devtools.chaos.audit import audit
from devtools.chaos.by_hand import ByHand, Wish
from devtools.chaos.changes import CANCEL, MOVE
from devtools.chaos.told import CONFIRMED, LEFT, REFUSED, STUCK, Changed, Shown, Told
from shared.booking.create.plan import BookingPlan
from shared.booking.manage.reschedule import _Move
from shared.booking.manage.wish import MovePlan, WishPlanner
from shared.booking.manage.wish import Wish as NewTime
from shared.booking.records import BookingRow
from shared.booking.writes.engine import Writing
from shared.booking.writes.locks import booking_lock
from shared.booking.writes.outcomes import Confirmation
from tests.concurrency.careless import NeverSettles
from tests.concurrency.careless_graph import (
    BelievesInChanges,
    BelievesItself,
    MeetsOthers,
    SendsTheOldList,
    Watched,
)
from tests.concurrency.crew import Crew
from tests.concurrency.test_chaos_controls import (
    ANN,
    BOB,
    GUARDED,
    PATCH,
    POST,
    UNDONE,
    an_edit,
    settled,
    tasting,
)
from tests.support.facade import BENTO, BUSINESS, MAILBOX, Facade, customer, start_at

LATER = start_at(14, week=3)
ENDINGS = {200: CONFIRMED, 409: REFUSED, 422: REFUSED}


@dataclass
class Owner:
    """Somebody with a booking, and what they were told of it."""

    told: Told

    async def changes(self, facade: Facade, does: str, start: datetime = LATER) -> httpx.Response:
        """The answer to a wish to move the booking or to cancel it."""
        route = "reschedule" if does == MOVE else "cancel"
        answer = await facade.http.post(
            f"/api/v1/businesses/{BUSINESS}/bookings/{self.told.reference}/{route}",
            json={"start": start.isoformat()} if does == MOVE else {},
            headers={"Booking-Token": self.told.token, "Idempotency-Key": f"{does}-{self.told.name}"},
        )
        ending = ENDINGS.get(answer.status_code, LEFT)
        done = [1.0] if ending == CONFIRMED else []
        name = f"{does} {self.told.name}"
        self.told.changes.append(Changed(name, does, start, ending, asked=0.0, confirmed=done))
        return answer

    async def looks(self, facade: Facade) -> None:
        """Read how it stands once everything is over: a 202 means what is shown then."""
        document = (await facade.http.get(self.told.address)).json()
        status, start = document["status"], datetime.fromisoformat(document["start"]["utc"])
        self.told.shown = Shown(status, start)
        for one in self.told.changes:
            if one.ending == LEFT and status == "pending":
                one.ending = STUCK


async def booked(facade: Facade, email: str, **wish: Any) -> Owner:  # noqa: ANN401 (members of a JSON document)
    """A booking of the group service, or of another one."""
    answer = await facade.book(customer=customer(email), **wish)
    assert answer.status_code == 201, answer.text
    about = Wish(MAILBOX, wish.get("serviceId", BENTO), start_at(), email)
    token = answer.headers["location"].partition("token=")[2]
    reference = answer.json()["reference"]
    told = Told(email, about, CONFIRMED, business=BUSINESS, reference=reference, token=token)
    return Owner(told)


async def found(crew: Crew, facade: Facade, *owners: Owner, others: tuple[Told, ...] = ()) -> str:
    """The promises that the audit finds broken once everything is over, one in a line."""
    await settled(crew, facade)
    for one in owners:
        await one.looks(facade)
    state = await crew.emulator.state()
    business = {MAILBOX: state["businesses"][MAILBOX]}
    told = [*(one.told for one in owners), *others]
    return "\n".join(audit(told, business, ByHand(state["edits"]["done"])))


@GUARDED
async def test_whoever_leaves_before_they_have_the_new_seat_ends_with_none(
    crew: Crew, monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    """The new group cannot be made."""
    careful = _Move._change_seat  # noqa: SLF001 (what is made careless here)

    async def leaves_first(
        move: _Move, plan: MovePlan, target: BookingPlan, writing: Writing
    ) -> Confirmation:
        own = plan.standing
        await move.parts.graph.replace_attendees(
            move.row.business, own.appointment.id, own.others, check=writing.check
        )
        return await careful(move, plan, target, writing)

    if not guarded:
        monkeypatch.setattr(_Move, "_change_seat", leaves_first)
    facade = await crew.hire()
    ann, bob = await booked(facade, ANN), await booked(facade, BOB)
    await crew.emulator.arm({"operation": POST, "status": 400, "count": 9})

    answer = await ann.changes(facade, MOVE)

    assert answer.status_code == 503
    broken = await found(crew, facade, ann, bob)
    assert (f"{ANN}: confirmed, but its customer is in no appointment" in broken) is not guarded, broken
    assert (broken == "") is guarded, broken


@GUARDED
async def test_a_move_that_does_not_lock_its_new_time_goes_on_top_of_others(
    crew: Crew, monkeypatch: pytest.MonkeyPatch, *, guarded: bool
) -> None:
    """Bob books the new time between Ann's look at it and her move."""
    careful = WishPlanner.plan

    async def plan(planner: WishPlanner, row: BookingRow, wish: NewTime) -> MovePlan:
        own = frozenset({booking_lock(row.business, row.reference)})
        return replace(await careful(planner, row, wish), locks=own)

    async def foresee(_: WishPlanner, row: BookingRow, __: NewTime) -> frozenset[str]:
        return frozenset({booking_lock(row.business, row.reference)})

    if not guarded:
        monkeypatch.setattr(WishPlanner, "plan", plan)
        monkeypatch.setattr(WishPlanner, "foresee", foresee)
    other = await crew.hire()
    wish = await tasting(other)
    answers: list[httpx.Response] = []

    async def bob_comes() -> None:
        answers.append(await other.book(**wish, customer=customer(BOB), start=LATER.isoformat()))

    facade = await crew.hire(graph=partial(MeetsOthers, before_change=bob_comes))
    ann = await booked(facade, ANN, **wish)

    assert (await ann.changes(facade, MOVE)).status_code == 200

    (answer,) = answers
    assert answer.status_code == (409 if guarded else 201)
    bob = Told(BOB, Wish(MAILBOX, wish["serviceId"], LATER, BOB), ENDINGS.get(answer.status_code, CONFIRMED))
    broken = await found(crew, facade, ann, others=(bob,))
    assert ("overlap" in broken) is not guarded, broken
    assert (broken == "") is guarded, broken


@pytest.mark.parametrize("kind", UNDONE)
@GUARDED
async def test_whoever_leaves_with_an_old_list_undoes_what_the_staff_did(
    crew: Crew, kind: str, *, guarded: bool
) -> None:
    """Ann's PATCH fails, the staff edit the list, and the PATCH is repeated."""
    facade = await crew.hire()
    owners = [await booked(facade, each) for each in (ANN, BOB, "una@contoso.com")]
    await crew.emulator.arm({"operation": PATCH, "status": 500})
    edit = an_edit(crew.emulator, kind, seed=1)
    facade = await crew.hire(graph=partial(Watched if guarded else SendsTheOldList, after_reading=edit))

    await owners[0].changes(facade, CANCEL)

    assert [each["kind"] for each in await crew.emulator.edits()] == [kind]
    broken = await found(crew, facade, *owners)
    assert (UNDONE[kind] in broken) is not guarded, broken
    assert (broken == "") is guarded, broken


@pytest.mark.parametrize("does", [MOVE, CANCEL])
@GUARDED
async def test_whoever_stays_and_lost_their_record_is_pushed_out_unless_they_are_put_back(
    crew: Crew, does: str, *, guarded: bool
) -> None:
    """The staff delete Bob's record; when Ann leaves, Graph drops him."""
    facade = await crew.hire()
    bob, ann = await booked(facade, BOB), await booked(facade, ANN)
    await an_edit(crew.emulator, "delete-customer")()
    facade = await crew.hire(graph=Watched if guarded else BelievesItself)

    await ann.changes(facade, does)

    assert [each["people"] for each in await crew.emulator.edits()] == [[BOB]]

    broken = await found(crew, await crew.hire(), ann, bob)
    assert (f"{BOB}: confirmed, but its customer is in no appointment" in broken) is not guarded, broken
    assert (broken == "") is guarded, broken


WRONG = {MOVE: "told to be at", CANCEL: "cancelled, but it stands"}


@pytest.mark.parametrize("does", WRONG)
@GUARDED
async def test_a_change_that_did_nothing_taken_for_done_is_told_and_not_so(
    crew: Crew, does: str, *, guarded: bool
) -> None:
    """Every PATCH and DELETE ends with an error before anything is done, and nobody looks again."""
    crew = crew if guarded else replace(crew, stores=replace(crew.stores, idempotency=NeverSettles()))
    facade = await crew.hire(graph=Watched if guarded else BelievesInChanges)
    ann = await booked(facade, ANN, **await tasting(facade))
    failing = {"status": 500, "count": 1 if guarded else 9}
    await crew.emulator.arm({"operation": PATCH, **failing}, {"operation": "appointments.delete", **failing})

    assert (await ann.changes(facade, does)).status_code == 200

    broken = await found(crew, await crew.hire(), ann)
    assert (WRONG[does] in broken) is not guarded, broken
    assert (broken == "") is guarded, broken


@pytest.mark.parametrize("does", [MOVE, CANCEL])
@GUARDED
async def test_a_change_in_doubt_ends_unless_nobody_looks(crew: Crew, does: str, *, guarded: bool) -> None:
    """The answer to Ann's write is lost, and nobody can look for it."""
    crew = crew if guarded else replace(crew, stores=replace(crew.stores, idempotency=NeverSettles()))
    ann = await booked(await crew.hire(), ANN, **await tasting(await crew.hire()))

    async def blind() -> None:
        lost = {"kind": "disconnect", "when": "after", "count": 1}
        unread = {"operation": "appointments.get", "status": 503, "count": 50}
        await crew.emulator.arm(
            {"operation": PATCH, **lost}, {"operation": "appointments.delete", **lost}, unread
        )

    facade = await crew.hire(graph=partial(MeetsOthers, before_change=blind))

    answer = await ann.changes(facade, does)

    assert answer.status_code == 202, answer.text
    broken = await found(crew, await crew.hire(), ann)
    assert ("no final answer" in broken) is not guarded, broken
    assert ("still pending" in broken) is not guarded, broken
    assert (broken == "") is guarded, broken
