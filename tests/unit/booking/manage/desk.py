"""A shop with somebody who has a booking, in virtual time."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.booking.create.request import BookingRequest
from shared.booking.create.seated import sealed
from shared.booking.manage.parts import Parts
from shared.booking.manage.standing import Standing
from shared.booking.manage.wish import Wish
from shared.booking.records import Attempt, BookingRow, IdempotencyRecord, Kind, State
from shared.booking.use_cases import UseCases
from shared.booking.writes.idempotency import Lease, RequestKey
from shared.domain.model import Appointment, Customer, Service
from tests.support.shop import Shop
from tests.support.world import HALF_HOUR, SHOP, TALK, TEN

LATER = TEN + 4 * HALF_HOUR
DAY = timedelta(days=1)


class Desk(Shop):
    """Bookings are made and changed by one worker; `manage` is what it does with those that stand."""

    def __init__(self, **different: Any) -> None:  # noqa: ANN401
        super().__init__()
        if different:
            self.cases = rehired(self.cases, **different)
        self.manage = self.cases.manage
        self.parts: Parts = self.manage.parts
        self.made = 0

    async def book(
        self, name: str = "vic", service: Service = TALK, start: datetime = TEN, notes: str | None = None
    ) -> BookingRow:
        """A booking, and its row."""
        self.made += 1
        who = Customer(None, name, f"{name}@contoso.com")
        wish = BookingRequest(SHOP, service.id, start, who, notes=notes)
        key = RequestKey(f"{self.made:064}", "fingerprint", is_natural=True, caller=name, is_ours=True)
        booked = await self.cases.create_booking(wish, key)
        self.wire.calls.clear()
        return await self.row(booked.reference)

    async def row(self, reference: str) -> BookingRow:
        """The row of a booking as it is now."""
        found = await self.stores.bookings.get(SHOP, reference)
        assert found is not None
        return found

    async def read(self, row: BookingRow) -> Standing:
        """How it stands."""
        return await self.manage.read(await self.row(row.reference))

    async def cancel(
        self, row: BookingRow, reason: str | None = None, key: RequestKey | None = None
    ) -> dict[str, Any]:
        """The answer to a cancellation."""
        found: dict[str, Any] = json.loads(
            await self.manage.cancel(await self.row(row.reference), reason, key)
        )
        return found

    async def move(
        self,
        row: BookingRow,
        start: datetime = LATER,
        staff_id: str | None = None,
        **more: Any,  # noqa: ANN401
    ) -> dict[str, Any]:
        """The answer to a move."""
        wish = Wish(start, staff_id, more.pop("zone", None))
        found: dict[str, Any] = json.loads(
            await self.manage.reschedule(await self.row(row.reference), wish, more.get("key"))
        )
        return found

    def shown(self, row: BookingRow) -> Appointment:
        """The booking's appointment as it is kept."""
        return self.mailbox.stored(row.appointment_id)

    async def record(self, row: BookingRow) -> IdempotencyRecord:
        """The record of the request that was begun last for a booking."""
        found = await self.stores.idempotency.get((await self.row(row.reference)).pending or "")
        assert found is not None
        return found

    async def unknown(
        self, row: BookingRow, attempt: Attempt, *, is_over: bool = True, key: str = "c" * 64
    ) -> Lease:
        """A change whose end nobody knows, taken over by whoever settles it."""
        request = RequestKey(key, "", reference=row.reference)
        lease = await self.lease(request, attempt)
        await self.stores.bookings.replace(replace(await self.row(row.reference), pending=request.key))
        await lease.unknown(is_over=is_over)
        return lease

    async def settled(self, lease: Lease) -> str | None:
        """What is found out about it by whoever takes it over now."""
        known = await self.stores.idempotency.get(lease.record.key)
        assert known is not None
        return await self.reconcile.earlier(
            await self.records.take_over(replace(lease.record, version=known.version))
        )


def attempt_of(row: BookingRow, kind: Kind, at: datetime, **different: Any) -> Attempt:  # noqa: ANN401
    """An attempt to change this booking."""
    plain = Attempt(
        business=SHOP,
        service_id=row.service_id,
        span=row.span,
        staff_member_ids=row.staff_member_ids,
        customer_id=row.customer_id,
        time_zone="UTC",
        at=at,
        locks=("lock",),
        appointment_id=row.appointment_id,
        kind=kind,
        person=row.person,
    )
    return replace(plain, **different)


def those_in(desk: Desk, appointment: Appointment, *names: str) -> dict[str, object]:
    """What an attempt records of these people, who were in its list."""
    people = [one for one in appointment.attendees if one.name in names]
    return {
        "seated": tuple(one.customer_id or "" for one in people),
        "sealed": sealed(people, desk.parts.booked.sealer),
    }


def rehired(cases: UseCases, **different: Any) -> UseCases:  # noqa: ANN401
    """The same worker with other settings."""
    given = cases
    return UseCases(
        given.graph,
        given.stores,
        given.clock,
        new_id=given._new_id,  # noqa: SLF001
        timings=given._timings,  # noqa: SLF001
        secret=b"one secret for all workers",
        render=given._render,  # noqa: SLF001
        mailboxes=given.mailboxes,
        zones={},
        **different,
    )


ENDED = {State.COMPLETED, State.REFUSED}
