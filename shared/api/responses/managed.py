"""The answers about a booking as it stands now, and after it was changed."""

from datetime import datetime
from typing import Literal

from isodate import duration_isoformat
from pydantic import Field

from shared.api.responses.booking import BookedService, Seats
from shared.api.responses.catalogue import PriceOut
from shared.api.responses.model import Instant, Moment, Named, ResponseModel, moment
from shared.booking.manage.standing import Standing
from shared.booking.records import Kind
from shared.booking.writes.outcomes import Confirmation
from shared.domain.model import Appointment, Catalogue, Service
from shared.domain.roster import effective_policy
from shared.domain.rules.manage import Permission, permission, too_late_to_cancel, too_late_to_reschedule

CANCELLED = Permission(allowed=False, code="booking-cancelled")


class PermissionOut(ResponseModel):
    """Whether the booking may be changed in this way."""

    allowed: bool
    until: Instant | None = Field(description="The last moment at which it may, in UTC")
    code: str | None = Field(description="The rule that forbids it")


class BookingNow(ResponseModel):
    """A booking as it stands in the calendar now, whatever the staff did to it."""

    reference: str = Field(pattern="^BK-[0-9A-HJKMNP-TV-Z]{8}$")
    status: Literal["confirmed", "pending", "cancelled"] = Field(
        description="Pending while it is not known how an earlier change of it ended"
    )
    service: BookedService
    start: Moment
    end: Moment
    staff: tuple[Named, ...]
    place: str | None = Field(description="Where it takes place, as the shop names it")
    price: PriceOut
    seats: Seats
    join_url: str | None = Field(description="Where to join an online appointment")
    browser_join_url: str | None = Field(description="Where to join it with a browser alone")
    can_cancel: PermissionOut
    can_reschedule: PermissionOut


class PartnerBooking(BookingNow):
    """A booking as a backend sees it."""

    campaign: str | None = Field(description="What it came from, if that was told")
    token: str | None = Field(
        default=None, description="The booking's token; only where it was asked for by its reference"
    )


class BookingPage(ResponseModel):
    """Some bookings by their start, and where the next ones are."""

    bookings: tuple[PartnerBooking, ...]
    cursor: str | None = Field(description="For the next page; null on the last one")


def for_backend(standing: Standing, token: str | None = None) -> PartnerBooking:
    """A booking that was read just now, for its backend."""
    now = booking_now(standing)
    shown = {name: getattr(now, name) for name in BookingNow.model_fields}
    given = {} if token is None else {"token": token}
    return PartnerBooking(**shown, campaign=standing.row.campaign, **given)


def booking_now(standing: Standing) -> BookingNow:
    """A booking that was read just now."""
    status: Literal["confirmed", "pending", "cancelled"] = "confirmed" if standing.stands else "cancelled"
    return _booking(
        standing.row.reference,
        "pending" if standing.is_pending else status,
        (standing.catalogue, standing.service, standing.appointment, standing.row.time_zone),
        (standing.can_cancel, standing.can_reschedule),
    )


def changed(made: Confirmation, now: datetime) -> BookingNow:
    """A booking that was changed just now."""
    policy, start = effective_policy(made.catalogue.business, made.service), made.appointment.span.start
    may = (
        permission(policy, start, too_late_to_cancel(policy, start, now)),
        permission(policy, start, too_late_to_reschedule(policy, start, now)),
    )
    is_cancelled = made.kind is Kind.CANCEL
    return _booking(
        made.reference,
        "cancelled" if is_cancelled else "confirmed",
        (made.catalogue, made.service, made.appointment, made.time_zone),
        (CANCELLED, CANCELLED) if is_cancelled else may,
    )


def _booking(
    reference: str,
    status: Literal["confirmed", "pending", "cancelled"],
    what: tuple[Catalogue, Service, Appointment, str],
    may: tuple[Permission, Permission],
) -> BookingNow:
    catalogue, service, booked, zone = what
    staff = catalogue.staff
    return BookingNow(
        reference=reference,
        status=status,
        service=BookedService(
            id=service.id, name=service.display_name, duration=duration_isoformat(booked.span.length)
        ),
        start=moment(booked.span.start, zone),
        end=moment(booked.span.end, zone),
        staff=tuple(
            Named(id=one, name=staff[one].display_name) for one in booked.staff_member_ids if one in staff
        ),
        place=_place(service, booked),
        price=_price(catalogue, service, booked),
        seats=Seats(maximum=booked.maximum_attendees, filled=max(booked.filled, len(booked.attendees))),
        join_url=booked.join_url,
        browser_join_url=booked.browser_join_url,
        can_cancel=_permission(may[0]),
        can_reschedule=_permission(may[1]),
    )


def _place(service: Service, booked: Appointment) -> str | None:
    found = booked.location or service.default_location
    return None if found is None else found.display_name


def _price(catalogue: Catalogue, service: Service, booked: Appointment) -> PriceOut:
    currency = catalogue.business.currency
    if booked.price is None or not booked.price_type:
        return PriceOut(type=service.default_price_type, amount=service.default_price, currency=currency)
    return PriceOut(type=booked.price_type, amount=booked.price, currency=currency)


def _permission(may: Permission) -> PermissionOut:
    until = None if may.until is None else may.until.isoformat(timespec="seconds").replace("+00:00", "Z")
    return PermissionOut(allowed=may.allowed, until=until, code=may.code)
