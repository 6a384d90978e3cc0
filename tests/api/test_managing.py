"""Whoever booked can look, cancel and move: over HTTP, with the booking's token or a function key."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from icalendar import Calendar

from devtools.graph_emulator.client import ControlClient
from tests.support.facade import (
    BUSINESS,
    KEY,
    MAILBOX,
    Facade,
    booking,
    connect,
    customer,
    environment,
    load_app,
    start_at,
)

PARTNER = {"x-functions-key": KEY}


class Booked:
    """A booking, and what its owner or a backend does with it."""

    def __init__(self, facade: Facade, answer: httpx.Response) -> None:
        assert answer.status_code == 201, answer.text
        self.facade, self.answer = facade, answer
        self.reference: str = answer.json()["reference"]
        self.location = answer.headers["location"]
        self.path, _, query = self.location.partition("?")
        self.token = query.removeprefix("token=")

    async def read(self) -> dict[str, Any]:
        answer = await self.facade.http.get(self.location)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def post(self, action: str, body: object = None, **headers: str) -> httpx.Response:
        sent: dict[str, Any] = {} if body is None else {"json": body}
        return await self.facade.http.post(
            f"{self.path}/{action}", headers={"Booking-Token": self.token, **headers}, **sent
        )

    async def move(self, start: datetime, **more: object) -> httpx.Response:
        return await self.post("reschedule", {"start": start.isoformat(), **more})

    async def slots(self, day: datetime, **more: str) -> list[dict[str, Any]]:
        asked = {"from": f"{day.date()}", "to": f"{day.date()}", "token": self.token, **more}
        answer = await self.facade.http.get(f"{self.path}/slots", params=asked)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["slots"]
        return found


async def tasting(facade: Facade, start: datetime | None = None, email: str = "ann@contoso.com") -> Booked:
    """A booking of the service for one."""
    service = (await facade.services())["Menu tasting"]["id"]
    wish = booking(
        serviceId=service, start=(start or start_at()).isoformat(), answers=[], customer=customer(email)
    )
    return Booked(facade, await facade.book(wish))


async def bento(facade: Facade, email: str = "ann@contoso.com", start: datetime | None = None) -> Booked:
    """A seat in the group service."""
    return Booked(
        facade, await facade.book(customer=customer(email), start=(start or start_at()).isoformat())
    )


@pytest_asyncio.fixture
async def cancelling(emulator: ControlClient, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Facade]:
    """A facade whose identity may cancel with a message."""
    for name, value in environment(emulator, GRAPH_FEATURES="cancel").items():
        monkeypatch.setenv(name, value)
    module = load_app({})
    async with connect(module) as http:
        yield Facade(http, emulator, module)
        await module.facade.aclose()


async def move_by_hand(facade: Facade, appointment_id: str, start: datetime) -> None:
    """The staff give an appointment another time."""
    url = f"{facade.emulator.graph_root}/solutions/bookingBusinesses/{MAILBOX}/appointments/{appointment_id}"
    times = {
        name: {"dateTime": at.astimezone(UTC).isoformat(), "timeZone": "UTC"}
        for name, at in (("start", start), ("end", start + timedelta(hours=1)))
    }
    async with httpx.AsyncClient() as http:
        token = {"Authorization": f"Bearer {await facade.emulator.token()}"}
        answer = await http.patch(url, json=times, headers=token)
    assert answer.status_code == 204, answer.text


def seconds(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


async def test_a_booking_is_shown_as_it_stands(facade: Facade) -> None:
    """Time, staff, place, price, seats, and until when it may be cancelled and moved."""
    one = await bento(facade)

    now = await one.read()

    confirmed = one.answer.json()
    assert {name: now[name] for name in confirmed} == confirmed
    assert now["price"] == {"type": "fixedPrice", "amount": 10.0, "currency": "USD"}
    assert now["place"]
    until = (start_at() - timedelta(hours=1)).astimezone(UTC)
    for may in (now["canCancel"], now["canReschedule"]):
        assert (may["allowed"], may["code"]) == (True, None)
        assert seconds(may["until"]) == until


async def test_what_the_staff_moved_or_cancelled_shows(facade: Facade) -> None:
    """Graph is asked each time, in one call."""
    one = await tasting(facade)
    (made,) = await facade.appointments()
    await move_by_hand(facade, made["id"], start_at(11))
    before = len(await facade.calls())

    moved = await one.read()
    calls = (await facade.calls())[before:]
    await facade.emulator.decline(MAILBOX, made["id"])
    gone = await one.read()

    assert calls == ["appointments.get"]
    assert seconds(moved["start"]["utc"]) == start_at(11).astimezone(UTC)
    assert gone["status"] == "cancelled"
    assert gone["canCancel"] == {"allowed": False, "until": None, "code": "booking-cancelled"}


async def test_a_booking_for_one_is_cancelled_once(facade: Facade) -> None:
    """In two calls; the second time nothing is left to be done, and the same form books again."""
    one = await tasting(facade)
    before = len(await facade.calls())

    first = await one.post("cancel", {})
    calls = (await facade.calls())[before:]
    second = await one.post("cancel")

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["status"] == second.json()["status"] == "cancelled"
    assert calls == ["appointments.get", "appointments.delete"]
    assert await facade.appointments() == []
    assert (await one.read())["status"] == "cancelled"
    again = await tasting(facade)
    assert again.reference != one.reference
    assert len(await facade.appointments()) == 1


async def test_what_the_staff_cancelled_can_be_cancelled(facade: Facade) -> None:
    """Honestly: it is cancelled. And the same form books again."""
    one = await tasting(facade)
    await facade.emulator.decline(MAILBOX, (await facade.appointments())[0]["id"])

    answer = await one.post("cancel", {})

    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    await tasting(facade)


async def test_a_reason_is_refused_where_it_reaches_nobody(facade: Facade) -> None:
    """Where the identity may not cancel with a message, and always in a group."""
    one = await tasting(facade)

    answer = await one.post("cancel", {"reason": "I am ill."})

    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/reason", "reason-not-sent")]
    assert len(await facade.appointments()) == 1


async def test_a_reason_is_mailed_where_graph_can(cancelling: Facade) -> None:
    """To everybody in the appointment; to nobody of a group, where it is refused."""
    one, seat = await tasting(cancelling), await bento(cancelling, start=start_at(14))

    answer = await one.post("cancel", {"reason": "I am ill."})
    refused = await seat.post("cancel", {"reason": "I am ill."})

    mails = (await cancelling.emulator.state())["outbox"]
    told = {one["to"] for one in mails if one["kind"] == "cancellation" and one["text"] == "I am ill."}
    assert (answer.status_code, refused.status_code) == (200, 422)
    assert "ann@contoso.com" in told
    assert "appointments.cancel" in await cancelling.calls()


async def test_a_seat_is_given_up_and_the_others_stay(facade: Facade) -> None:
    """In four calls; the last one to leave takes along an appointment that the facade made."""
    one, other = await bento(facade), await bento(facade, "bob@contoso.com")
    before = len(await facade.calls())

    left = await one.post("cancel", {})
    calls = (await facade.calls())[before:]

    (made,) = await facade.appointments()
    assert (left.status_code, left.json()["status"]) == (200, "cancelled")
    assert [guest["emailAddress"] for guest in made["customers"]] == ["bob@contoso.com"]
    assert calls == ["appointments.get", "appointments.get", "appointments.patch", "appointments.get"]
    assert (await other.read())["status"] == "confirmed"
    assert (await other.post("cancel", {})).status_code == 200
    assert await facade.appointments() == []
    assert (await bento(facade)).reference != one.reference


async def test_a_booking_for_one_is_moved_in_five_calls(facade: Facade) -> None:
    """Reference and token stay; the old time is free, for the same person too."""
    one = await tasting(facade)
    before = len(await facade.calls())

    moved = await one.move(start_at(14))
    calls = (await facade.calls())[before:]

    (made,) = await facade.appointments()
    now = await one.read()
    assert moved.status_code == 200, moved.text
    assert seconds(moved.json()["start"]["utc"]) == start_at(14).astimezone(UTC)
    assert moved.json() == now
    assert made["start"]["dateTime"][:16] == start_at(14).astimezone(UTC).isoformat()[:16]
    assert sorted(calls) == [
        "appointments.get", "appointments.get", "appointments.patch", "calendarView", "getStaffAvailability",
    ]  # fmt: skip
    assert (await tasting(facade)).reference != one.reference
    assert len(await facade.appointments()) == 2


async def test_moving_to_the_time_it_has_is_no_error(facade: Facade) -> None:
    """Nothing is written; and going there and back and there again is three moves."""
    one = await tasting(facade)

    still = await one.move(start_at())
    there = [await one.move(start_at(hour)) for hour in (14, 10, 14)]

    assert still.status_code == 200, still.text
    assert [seconds(each.json()["start"]["utc"]) for each in there] == [
        start_at(hour).astimezone(UTC) for hour in (14, 10, 14)
    ]
    assert seconds((await one.read())["start"]["utc"]) == start_at(14).astimezone(UTC)


async def test_a_seat_is_moved_to_another_appointment(facade: Facade) -> None:
    """What was typed goes along; the others stay where they are."""
    one, other = await bento(facade), await bento(facade, "bob@contoso.com")

    moved = await one.move(start_at(14))

    old, new = sorted(await facade.appointments(), key=lambda made: str(made["start"]["dateTime"]))
    assert moved.status_code == 200, moved.text
    assert [guest["emailAddress"] for guest in old["customers"]] == ["bob@contoso.com"]
    (guest,) = new["customers"]
    assert guest["emailAddress"] == "ann@contoso.com"
    assert guest["customQuestionAnswers"][0]["answer"] == "25"
    assert seconds((await one.read())["start"]["utc"]) == start_at(14).astimezone(UTC)
    assert (await other.read())["seats"]["filled"] == 1


async def test_the_last_seat_moves_with_its_appointment(facade: Facade) -> None:
    """The old appointment is gone, the new one has everything; also where the times overlap."""
    one = await bento(facade)

    moved = await one.move(start_at(10, 15))

    (made,) = await facade.appointments()
    assert moved.status_code == 200, moved.text
    assert made["start"]["dateTime"][:16] == start_at(10, 15).astimezone(UTC).isoformat()[:16]


async def test_a_taken_time_is_refused_and_nothing_changes(facade: Facade) -> None:
    """With the rule, as whoever holds a token may know it."""
    one = await tasting(facade)
    staff = one.answer.json()["staff"][0]["id"]
    await facade.emulator.seed(
        businesses=[{"id": MAILBOX, "timeOff": {staff: [
            {"start": start_at(13).isoformat(), "end": start_at(16).isoformat()}
        ]}}]
    )  # fmt: skip

    answer = await one.move(start_at(14), staffId=staff)

    assert answer.status_code == 409
    assert [error["code"] for error in answer.json()["errors"]] == ["staff-out-of-office"]
    assert seconds((await one.read())["start"]["utc"]) == start_at().astimezone(UTC)


async def test_what_is_too_late_is_refused_with_its_rule(facade: Facade) -> None:
    """Cancelling and moving end the minimum lead time before the start, and slots are not listed."""
    one = await tasting(facade)
    (made,) = await facade.appointments()
    await move_by_hand(facade, made["id"], datetime.now(UTC) + timedelta(minutes=30))

    now = await one.read()
    cancelled, moved = await one.post("cancel", {}), await one.move(start_at(14))
    listed = await facade.http.get(
        f"{one.path}/slots",
        params={"from": f"{start_at().date()}", "to": f"{start_at().date()}", "token": one.token},
    )

    assert now["canCancel"] == {"allowed": False, "until": None, "code": "too-late-to-cancel"}
    assert now["canReschedule"]["code"] == "too-late-to-reschedule"
    assert [answer.status_code for answer in (cancelled, moved, listed)] == [422, 422, 422]
    assert cancelled.json()["errors"][0]["code"] == "too-late-to-cancel"
    assert moved.json()["errors"][0]["code"] == "too-late-to-reschedule"
    assert len(await facade.appointments()) == 1


async def test_slots_of_a_booking_count_its_own_time_as_free(facade: Facade) -> None:
    """What overlaps the booking's own time is offered to its owner alone, and a move accepts it."""
    one = await tasting(facade)
    staff = one.answer.json()["staff"][0]["id"]
    service = one.answer.json()["service"]["id"]
    asked = {"from": f"{start_at().date()}", "to": f"{start_at().date()}", "staffId": staff}
    public = await facade.http.get(f"/api/v1/businesses/{BUSINESS}/services/{service}/slots", params=asked)
    near = start_at(10, 15).astimezone(UTC)

    own = {seconds(slot["start"]["utc"]) for slot in await one.slots(start_at(), staffId=staff)}

    everybodys = {seconds(slot["start"]["utc"]) for slot in public.json()["slots"]}
    assert near in own - everybodys
    assert everybodys < own
    assert (await one.move(start_at(10, 15), staffId=staff)).status_code == 200


async def test_whoever_holds_the_token_is_told_why_not(facade: Facade) -> None:
    """With the rules themselves, as a move is refused with them; the public reads neutral words."""
    one = await tasting(facade)
    theirs = await tasting(facade, start_at(14), "una@contoso.com")
    staff = theirs.answer.json()["staff"][0]["id"]
    day = start_at().date().isoformat()
    asked = {"from": day, "to": day, "staffId": staff, "explain": "true"}

    answer = await facade.http.get(f"{one.path}/slots", params=asked, headers={"Booking-Token": one.token})

    (taken,) = [
        each
        for each in answer.json()["refused"]
        if seconds(each["start"]["utc"]) == start_at(14).astimezone(UTC)
    ]
    assert "staff-not-free" in [reason["code"] for reason in taken["reasons"]]


async def test_a_key_that_was_chosen_is_replayed_and_belongs_to_one_booking(facade: Facade) -> None:
    """Byte for byte, whatever happened since; the same key for another booking is refused."""
    one, other = await tasting(facade), await tasting(facade, start_at(15), "bob@contoso.com")
    key = {"Idempotency-Key": "my move"}
    first = await one.post("reschedule", {"start": start_at(12).isoformat()}, **key)
    await one.post("cancel", {})

    again = await one.post("reschedule", {"start": start_at(12).isoformat()}, **key)
    foreign = await other.post("reschedule", {"start": start_at(12).isoformat()}, **key)

    assert first.status_code == again.status_code == 200
    assert again.content == first.content
    assert (foreign.status_code, foreign.json()["code"]) == (422, "idempotency-key-reused")


async def test_a_move_in_doubt_is_told_as_such_and_settled_by_asking_again(facade: Facade) -> None:
    """202 with the booking's address; until it has ended nothing else can be done with the booking."""
    one = await tasting(facade)
    await facade.emulator.arm(
        {"operation": "appointments.patch", "kind": "disconnect", "when": "before"},
    )

    doubt = await one.move(start_at(14))
    poll = await facade.http.get(doubt.headers["location"])
    blocked = await one.post("cancel", {})

    assert (doubt.status_code, doubt.json()["status"]) == (202, "pending")
    assert (poll.status_code, poll.json()["status"]) == (200, "pending")
    assert int(doubt.headers["retry-after"]) > 0
    assert (blocked.status_code, blocked.json()["code"]) in {(409, "booking-pending"), (409, "slot-busy")}
    assert int(blocked.headers["retry-after"]) > 0


async def test_a_move_whose_answer_was_lost_is_recognised(facade: Facade) -> None:
    """It is read by id at once, and the answer is the usual one."""
    one = await tasting(facade)
    await facade.emulator.arm({"operation": "appointments.patch", "kind": "disconnect", "when": "after"})

    moved = await one.move(start_at(14))

    assert moved.status_code == 200, moved.text
    assert seconds((await one.read())["start"]["utc"]) == start_at(14).astimezone(UTC)


@pytest.mark.parametrize("action", ["cancel", "reschedule"])
async def test_nothing_opens_without_the_bookings_own_token(facade: Facade, action: str) -> None:
    """Neither another booking's token, nor none, nor the right one at another business."""
    one, other = await tasting(facade), await tasting(facade, start_at(14), "bob@contoso.com")
    body = {"start": start_at(12).isoformat()} if action == "reschedule" else {}

    answers = [
        await facade.http.post(f"{one.path}/{action}", json=body, headers={"Booking-Token": other.token}),
        await facade.http.post(f"{one.path}/{action}", json=body),
        await facade.http.post(
            f"{one.path.replace(BUSINESS, 'paris-atelier')}/{action}",
            json=body,
            headers={"Booking-Token": one.token},
        ),
    ]

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {
        (404, "booking-token-invalid")
    }
    elsewhere = await facade.http.get(one.location.replace(BUSINESS, "paris-atelier"))
    assert elsewhere.status_code == 404
    assert (await one.read())["status"] == "confirmed"


async def test_a_backend_cancels_and_moves_with_its_key(facade: Facade) -> None:
    """Any booking of its business, without a token; and nothing without the key."""
    one = await tasting(facade)
    url = f"/api/v1/partner/businesses/{BUSINESS}/bookings/{one.reference}"
    body = {"start": start_at(14).isoformat()}

    refused = await facade.http.post(f"{url}/cancel", json={})
    other = "1" if url.endswith("0") else "0"
    unknown = await facade.http.post(f"{url[:-1]}{other}/cancel", json={}, headers=PARTNER)
    elsewhere = await facade.http.post(
        f"{url.replace(BUSINESS, 'paris-atelier')}/cancel", json={}, headers=PARTNER
    )
    moved = await facade.http.post(f"{url}/reschedule", json=body, headers=PARTNER)
    cancelled = await facade.http.post(f"{url}/cancel", json={}, headers=PARTNER)

    assert (refused.status_code, unknown.status_code, elsewhere.status_code) == (401, 404, 404)
    assert (moved.status_code, cancelled.status_code) == (200, 200)
    assert (await one.read())["status"] == "cancelled"


async def test_nobody_has_too_many_bookings_to_come(
    emulator: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was cancelled does not count any more."""
    for name, value in environment(emulator, LIMITS='{"person": {"open": 2}}').items():
        monkeypatch.setenv(name, value)
    module = load_app({})
    async with connect(module) as http:
        facade = Facade(http, emulator, module)
        first = await tasting(facade)
        await tasting(facade, start_at(12))
        service = first.answer.json()["service"]["id"]
        third = booking(
            serviceId=service,
            start=start_at(14).isoformat(),
            answers=[],
            customer=customer("ann@contoso.com"),
        )

        refused = await facade.book(third)
        await first.post("cancel", {})
        allowed = await facade.book(third)
        await module.facade.aclose()

    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
    assert allowed.status_code == 201, allowed.text


async def listed(facade: Facade, **asked: str) -> httpx.Response:
    """What a backend is shown."""
    url = f"/api/v1/partner/businesses/{BUSINESS}/bookings"
    return await facade.http.get(url, params=asked, headers=PARTNER)


async def test_a_backend_finds_a_booking_whose_token_it_lost(facade: Facade) -> None:
    """By its reference, as it stands now; the token that comes with it opens it."""
    one = await tasting(facade)
    await one.move(start_at(14))

    answer = await listed(facade, reference=one.reference)

    (found,) = answer.json()["bookings"]
    now = await one.read()
    assert {name: found[name] for name in now} == now
    assert (found["token"], found["campaign"], answer.json()["cursor"]) == (one.token, None, None)
    assert (await listed(facade, reference="BK-00000000")).json() == {"bookings": [], "cursor": None}


async def test_a_backend_lists_a_person_and_a_period_page_by_page(facade: Facade) -> None:
    """By start, no token; only what is shown is read at Graph. The campaign is the shop's to know."""
    service = (await facade.services())["Menu tasting"]["id"]
    for hour, email in ((15, "ann@contoso.com"), (10, "ann@contoso.com"), (12, "bob@contoso.com")):
        wish = booking(
            serviceId=service, start=start_at(hour).isoformat(), answers=[],
            customer=customer(email), campaign=f"letter {hour}",
        )  # fmt: skip
        assert (await facade.book(wish)).status_code == 201
    before = len(await facade.calls())
    day = f"{start_at().date()}"

    person = (await listed(facade, email="ANN@contoso.com")).json()
    period = await listed(facade, **{"from": day, "to": day, "limit": "2"})
    calls = (await facade.calls())[before:]
    rest = await listed(facade, **{"from": day, "to": day, "limit": "2", "cursor": period.json()["cursor"]})

    assert [one["campaign"] for one in person["bookings"]] == ["letter 10", "letter 15"]
    assert [one["campaign"] for one in period.json()["bookings"]] == ["letter 10", "letter 12"]
    assert [one["campaign"] for one in rest.json()["bookings"]] == ["letter 15"]
    assert rest.json()["cursor"] is None
    assert all("token" not in one for one in person["bookings"])
    assert calls == ["appointments.get"] * 4


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"reference": "BK-00000000", "email": "ann@contoso.com"},
        {"from": "2026-12-01"},
        {"to": "2026-12-01"},
        {"from": "2026-12-02", "to": "2026-12-01"},
        {"email": "ann@contoso.com", "cursor": "ü"},
        {"email": "ann@contoso.com", "cursor": "bm8="},
        {"email": "ann@contoso.com", "limit": "21"},
        {"email": "nobody"},
    ],
)
async def test_a_list_is_of_one_thing(facade: Facade, asked: dict[str, str]) -> None:
    """What is unclear is refused with where it lies."""
    answer = await listed(facade, **asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "fields-invalid")


async def test_nobody_lists_without_a_key(facade: Facade) -> None:
    """Not even with a booking's token."""
    one = await tasting(facade)
    url = f"/api/v1/partner/businesses/{BUSINESS}/bookings"
    params = {"reference": one.reference, "token": one.token}
    assert (await facade.http.get(url, params=params)).status_code == 401


async def test_the_calendar_file_follows_the_booking(facade: Facade) -> None:
    """One event at one address: moved it counts up, cancelled it says so; its place is the service's."""
    one = await bento(facade)

    async def event() -> Any:  # noqa: ANN401 (the library is untyped)
        file = await facade.http.get(f"{one.path}/calendar.ics", params={"token": one.token})
        assert b"METHOD:PUBLISH" in file.content
        (found,) = Calendar.from_ical(file.content).walk("VEVENT")
        return found

    first = await event()
    await one.move(start_at(14))
    moved = await event()
    await one.post("cancel", {})
    gone = await event()

    assert {str(each["uid"]) for each in (first, moved, gone)} == {str(first["uid"])}
    assert [int(each["sequence"]) for each in (first, moved, gone)] == [0, 1, 2]
    assert [str(each["status"]) for each in (first, moved, gone)] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert (first["dtstart"].dt, moved["dtstart"].dt) == (
        start_at().astimezone(UTC), start_at(14).astimezone(UTC),
    )  # fmt: skip
    assert str(first["location"]) == (await one.read())["place"]
