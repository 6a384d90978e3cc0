"""Ways to Graph that lack one guard each: what the controls of chaos must catch."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from shared import bootstrap
from shared.booking.ports import Check
from shared.domain.errors import GraphError, Missing, Rejected, Throttled
from shared.domain.intervals import Interval
from shared.domain.model import Appointment, Attendee, Draft
from shared.graph.gateway import GraphGateway
from shared.settings import Settings

Happens = Callable[[], Awaitable[object]]


async def nothing() -> None:
    """What happens by default."""


class Watched(GraphGateway):
    """The real gateway, with something that happens once after a POST and once after a reading by id."""

    def __init__(
        self, settings: Settings, after_post: Happens = nothing, after_reading: Happens = nothing
    ) -> None:
        inner = bootstrap.gateway(settings)
        super().__init__(inner._connection, inner._calls)  # noqa: SLF001 (the same gateway, but watched)
        self._after_post, self._after_reading = after_post, after_reading

    async def create_appointment(self, business: str, draft: Draft, *, check: Check) -> Appointment:
        try:
            return await super().create_appointment(business, draft, check=check)
        finally:
            happens, self._after_post = self._after_post, nothing
            await happens()

    async def appointment(self, business: str, appointment_id: str) -> Appointment:
        found = await super().appointment(business, appointment_id)
        happens, self._after_reading = self._after_reading, nothing
        await happens()
        return found


class TakesItForARefusal(Watched):
    """Whatever a POST ends with other than an appointment that can be read: nothing was booked."""

    async def create_appointment(self, business: str, draft: Draft, *, check: Check) -> Appointment:
        try:
            return await super().create_appointment(business, draft, check=check)
        except Throttled:
            raise
        except Exception as error:
            raise Rejected("appointments.create", 400) from error


class KeepsEverything(Watched):
    """Takes nothing back."""

    async def delete_appointment(self, *_: object, **__: object) -> None:
        return None


class BelievesItself(Watched):
    """Takes every PATCH for done, and sees in an appointment what it wrote there."""

    def __init__(
        self, settings: Settings, after_post: Happens = nothing, after_reading: Happens = nothing
    ) -> None:
        super().__init__(settings, after_post, after_reading)
        self._seen: dict[str, Appointment] = {}
        self._written: set[str] = set()

    async def replace_attendees(
        self,
        business: str,
        appointment_id: str,
        attendees: Sequence[Attendee],
        service_notes: str | None = None,
        *,
        check: Check,
    ) -> None:
        try:
            await super().replace_attendees(business, appointment_id, attendees, service_notes, check=check)
        except Throttled:
            raise
        except GraphError:
            pass
        self._written.add(appointment_id)
        self._seen[appointment_id] = replace(self._seen[appointment_id], attendees=tuple(attendees))

    async def appointment(self, business: str, appointment_id: str) -> Appointment:
        if appointment_id not in self._written:
            self._seen[appointment_id] = await super().appointment(business, appointment_id)
        return self._seen[appointment_id]


class SendsTheOldList(Watched):
    """Repeats a PATCH with the list that it sent first, whatever it has read since."""

    def __init__(
        self, settings: Settings, after_post: Happens = nothing, after_reading: Happens = nothing
    ) -> None:
        super().__init__(settings, after_post, after_reading)
        self._lists: dict[str, Sequence[Attendee]] = {}

    async def replace_attendees(
        self,
        business: str,
        appointment_id: str,
        attendees: Sequence[Attendee],
        service_notes: str | None = None,
        *,
        check: Check,
    ) -> None:
        first = self._lists.setdefault(appointment_id, attendees)
        await super().replace_attendees(business, appointment_id, first, service_notes, check=check)


class BlindMeansEmpty(KeepsEverything):
    """What cannot be read is not there, and what is there twice stays."""

    async def appointment(self, business: str, appointment_id: str) -> Appointment:
        try:
            return await super().appointment(business, appointment_id)
        except GraphError as error:
            raise Missing("appointments.get", 404) from error

    async def calendar_view(self, business: str, span: Interval) -> tuple[Appointment, ...]:
        try:
            return await super().calendar_view(business, span)
        except GraphError:
            return ()

    async def appointments_since(self, business: str, since: datetime) -> tuple[Appointment, ...]:
        try:
            return await super().appointments_since(business, since)
        except GraphError:
            return ()


class Stopped(GraphGateway):
    """A worker that is stopped before it learns what became of its POST: killed, or cancelled."""

    def __init__(self, settings: Settings, *, cancelled: bool) -> None:
        inner = bootstrap.gateway(settings)
        super().__init__(inner._connection, inner._calls)  # noqa: SLF001 (the same gateway, but mortal)
        self._cancelled = cancelled
        self.is_stopped = asyncio.Event()

    async def create_appointment(self, business: str, draft: Draft, *, check: Check) -> Appointment:
        with suppress(GraphError):
            await super().create_appointment(business, draft, check=check)
        self.is_stopped.set()
        if self._cancelled:
            raise asyncio.CancelledError
        await asyncio.Event().wait()
        raise AssertionError("unreachable: nobody wakes the dead")


class MeetsOthers(Watched):
    """Something happens right before an appointment is moved or ended."""

    def __init__(self, settings: Settings, before_change: Happens) -> None:
        super().__init__(settings)
        self._before_change = before_change

    async def _meet(self) -> None:
        happens, self._before_change = self._before_change, nothing
        await happens()

    async def move_appointment(
        self, business: str, appointment_id: str, span: Interval, staff_ids: Sequence[str], *, check: Check
    ) -> None:
        await self._meet()
        await super().move_appointment(business, appointment_id, span, staff_ids, check=check)

    async def delete_appointment(self, business: str, appointment_id: str, *, check: Check) -> None:
        await self._meet()
        await super().delete_appointment(business, appointment_id, check=check)


class BelievesInChanges(Watched):
    """Takes every move and every end of an appointment for done, and sees it so."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._moved: dict[str, tuple[Interval, tuple[str, ...]]] = {}
        self._gone: set[str] = set()

    async def move_appointment(
        self, business: str, appointment_id: str, span: Interval, staff_ids: Sequence[str], *, check: Check
    ) -> None:
        with suppress(GraphError):
            await super().move_appointment(business, appointment_id, span, staff_ids, check=check)
        self._moved[appointment_id] = (span, tuple(staff_ids))

    async def delete_appointment(self, business: str, appointment_id: str, *, check: Check) -> None:
        with suppress(GraphError):
            await super().delete_appointment(business, appointment_id, check=check)
        self._gone.add(appointment_id)

    async def appointment(self, business: str, appointment_id: str) -> Appointment:
        if appointment_id in self._gone:
            raise Missing("appointments.get", 404)
        seen = await super().appointment(business, appointment_id)
        span, staff_ids = self._moved.get(appointment_id, (seen.span, seen.staff_member_ids))
        return replace(seen, span=span, staff_member_ids=staff_ids)

    async def calendar_view(self, business: str, span: Interval) -> tuple[Appointment, ...]:
        return tuple(one for one in await super().calendar_view(business, span) if one.id not in self._gone)
