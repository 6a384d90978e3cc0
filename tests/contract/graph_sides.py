"""Two Graphs for the same tests: the gateway in front of the emulator, and the one in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import httpx
from isodate import duration_isoformat

from devtools.graph_emulator.client import ControlClient
from shared.booking.ports import Graph
from shared.domain.errors import (
    Conflicted,
    Denied,
    GraphError,
    Missing,
    Rejected,
    Throttled,
    Unavailable,
    Unreachable,
)
from shared.domain.intervals import Interval
from shared.domain.model import Attendee, Reminder
from shared.graph.client import Connection
from shared.graph.gateway import GraphGateway
from tests.support.facade import MAILBOX
from tests.support.fake_graph import FakeGraph
from tests.support.wire import Ending

EMULATED = {
    "business": "businesses.get",
    "reminders": "services.get",
    "calendar_view": "calendarView",
    "appointment": "appointments.get",
    "create_appointment": "appointments.create",
    "replace_attendees": "appointments.patch",
    "move_appointment": "appointments.patch",
    "opt_out": "appointments.patch",
    "delete_appointment": "appointments.delete",
    "cancel_appointment": "appointments.cancel",
    "create_customer": "customers.create",
    "appointments_page": "appointments.list",
    "customers_page": "customers.list",
    "clear_attendees": "appointments.patch",
    "delete_customer": "customers.delete",
}
"""The emulator's names of the port's operations."""

ERRORS: dict[int, type[GraphError]] = {
    400: Rejected, 401: Denied, 403: Denied, 404: Missing, 409: Conflicted, 412: Conflicted, 429: Throttled,
    500: Unavailable, 507: Unavailable,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trouble:
    """A call that is answered with a status, or not at all (0), before or after its work is done."""

    status: int
    is_done: bool = False
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Seated:
    """One customer in an appointment, as it is kept."""

    customer_id: str
    email: str
    notes: str | None
    street: str | None
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """One appointment as it is kept, whatever lists show."""

    id: str
    start: datetime
    staff: tuple[str, ...]
    seated: tuple[Seated, ...]


class GraphSide(Protocol):
    """A Graph with one business, and what a test needs to see of it and to do to it."""

    @property
    def graph(self) -> Graph:
        """The port under test."""
        ...

    async def kept(self) -> Sequence[Kept]:
        """All appointments of the business."""
        ...

    async def calls(self, operation: str) -> int:
        """How often this operation was sent."""
        ...

    async def arm(self, operation: str, trouble: Trouble, *, times: int = 1) -> None:
        """Let the next calls of this operation end so."""
        ...

    async def lag(self, length: timedelta) -> None:
        """Let lists hide for so long whatever is written from now on."""
        ...

    async def told(self, email: str) -> Sequence[str]:
        """What cancelled appointments were mailed to this customer with."""
        ...

    async def remind(self, service_id: str, reminder: Reminder) -> None:
        """The shop sets up one reminder of a service."""
        ...

    async def keep_notes(self) -> None:
        """Keep what customers with a record write, which Graph documents for new customers alone."""
        ...

    async def forget_customer(self, customer_id: str) -> None:
        """The staff delete a customer's record."""
        ...

    async def move(self, appointment_id: str, span: Interval) -> None:
        """The staff give an appointment another time."""
        ...

    async def delete_service(self, service_id: str) -> None:
        """The staff delete a service."""
        ...

    async def send_home(self, staff_id: str, span: Interval) -> None:
        """A staff member is out of office."""
        ...


@dataclass
class Gateway:
    """A gateway, the connection below it and what went over the wire; the emulator does the rest."""

    graph: GraphGateway
    connection: Connection
    emulator: ControlClient
    seen: list[tuple[httpx.Request, httpx.Response]] = field(default_factory=list)

    def record(self) -> None:
        """Keep every request and answer from now on."""

        async def keep(response: httpx.Response) -> None:
            await response.aread()
            self.seen.append((response.request, response))

        http = self.connection.client.request_adapter._http_client  # noqa: SLF001 (to listen, not to change)
        http.event_hooks["response"].append(keep)

    async def kept(self) -> Sequence[Kept]:
        return [_kept(one) for one in await self.emulator.appointments(MAILBOX)]

    async def calls(self, operation: str) -> int:
        counts = (await self.emulator.requests())["counts"]
        return int(counts.get(EMULATED[operation], 0))

    async def arm(self, operation: str, trouble: Trouble, *, times: int = 1) -> None:
        kind = {"kind": "status", "status": trouble.status} if trouble.status else {"kind": "disconnect"}
        when = "after" if trouble.is_done else "before"
        pause = {} if trouble.retry_after is None else {"retryAfter": trouble.retry_after}
        await self.emulator.arm(
            {"operation": EMULATED[operation], "when": when, "count": times, **kind, **pause}
        )

    async def lag(self, length: timedelta) -> None:
        await self.emulator.switch(visibility_delay=length.total_seconds())

    async def told(self, email: str) -> Sequence[str]:
        mails = (await self.emulator.state())["outbox"]
        return [one["text"] for one in mails if one["kind"] == "cancellation" and email == one["to"]]

    async def remind(self, service_id: str, reminder: Reminder) -> None:
        told = {
            "message": reminder.message,
            "offset": duration_isoformat(reminder.offset),
            "recipients": reminder.recipients,
        }
        await self.emulator.seed(business=MAILBOX, services=[{"id": service_id, "defaultReminders": [told]}])

    async def keep_notes(self) -> None:
        await self.emulator.switch(notes_with_existing_customer="kept")

    async def forget_customer(self, customer_id: str) -> None:
        await self._send("DELETE", f"customers/{customer_id}")

    async def move(self, appointment_id: str, span: Interval) -> None:
        times = {"start": _moment(span.start), "end": _moment(span.end)}
        await self._send("PATCH", f"appointments/{appointment_id}", times)

    async def delete_service(self, service_id: str) -> None:
        await self._send("DELETE", f"services/{service_id}")

    async def send_home(self, staff_id: str, span: Interval) -> None:
        entry = {"start": span.start.isoformat(), "end": span.end.isoformat()}
        await self.emulator.seed(businesses=[{"id": MAILBOX, "timeOff": {staff_id: [entry]}}])

    async def _send(self, method: str, path: str, body: object = None) -> None:
        """A call past the facade, as Microsoft's own pages make it."""
        url = f"{self.emulator.graph_root}/solutions/bookingBusinesses/{MAILBOX}/{path}"
        headers = {"Authorization": f"Bearer {await self.emulator.token()}"}
        async with httpx.AsyncClient(headers=headers) as http:
            answer = await http.request(method, url, json=body)
        assert answer.status_code == httpx.codes.NO_CONTENT, answer.text


@dataclass
class InMemory:
    """The Graph in memory."""

    graph: FakeGraph

    async def kept(self) -> Sequence[Kept]:
        found = self.graph.mailbox(MAILBOX).appointments
        return [
            Kept(one.id, one.span.start, one.staff_member_ids, tuple(map(_seated, one.attendees)))
            for one in found
        ]

    async def calls(self, operation: str) -> int:
        return self.graph.wire.calls[operation]

    async def arm(self, operation: str, trouble: Trouble, *, times: int = 1) -> None:
        self.graph.wire.arm(operation, Ending("armed", _error(trouble), int(trouble.is_done)), times=times)

    async def lag(self, length: timedelta) -> None:
        self.graph.lag(length)

    async def told(self, email: str) -> Sequence[str]:
        return [reason for to, reason in self.graph.mailbox(MAILBOX).mails if to == email]

    async def remind(self, service_id: str, reminder: Reminder) -> None:
        self.graph.mailbox(MAILBOX).reminders[service_id] = (reminder,)

    async def keep_notes(self) -> None:
        self.graph.mailbox(MAILBOX).keeps_notes = True

    async def forget_customer(self, customer_id: str) -> None:
        mailbox = self.graph.mailbox(MAILBOX)
        mailbox.forget_customer(mailbox.customer(customer_id).email)

    async def move(self, appointment_id: str, span: Interval) -> None:
        self.graph.mailbox(MAILBOX).move(appointment_id, span)

    async def delete_service(self, service_id: str) -> None:
        self.graph.mailbox(MAILBOX).delete_service(service_id)

    async def send_home(self, staff_id: str, span: Interval) -> None:
        self.graph.mailbox(MAILBOX).time_off[staff_id] = (span,)


def _error(trouble: Trouble) -> Any:  # noqa: ANN401 (a factory of errors, by operation)
    kind = ERRORS.get(trouble.status, Unreachable)
    wait = None if trouble.retry_after is None else timedelta(seconds=trouble.retry_after)
    return lambda operation: kind(operation, trouble.status, wait)


def _seated(attendee: Attendee) -> Seated:
    street = None if attendee.address is None else attendee.address.street
    texts = tuple(answer.text for answer in attendee.answers)
    return Seated(attendee.customer_id or "", attendee.email or "", attendee.notes, street, texts)


def _kept(body: dict[str, Any]) -> Kept:
    start = datetime.fromisoformat(body["start"]["dateTime"][:19] + "+00:00")
    return Kept(body["id"], start, tuple(body["staffMemberIds"]), tuple(map(_guest, body["customers"])))


def _guest(customer: dict[str, Any]) -> Seated:
    address = (customer.get("location") or {}).get("address") or {}
    texts = tuple(answer["answer"] for answer in customer["customQuestionAnswers"])
    return Seated(
        customer["customerId"], customer["emailAddress"], customer["notes"], address.get("street"), texts
    )


def _moment(instant: datetime) -> dict[str, str]:
    return {"dateTime": instant.isoformat(), "timeZone": "UTC"}
