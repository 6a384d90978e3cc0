"""The add-to-calendar file of a booking (RFC 5545)."""

from datetime import UTC, datetime

from shared.api.responses.managed import booking_now
from shared.api.responses.model import Moment
from shared.booking.manage.standing import Standing
from shared.pages.shop.places import address_line


def calendar_file(standing: Standing, alias: str, link: str | None) -> bytes:
    """One event in UTC whose UID comes from the reference, so that it never stands twice in a calendar.

    SEQUENCE counts the changes made here, so that a file that is downloaded again replaces the first.
    `link` leads to the page that manages the booking. A seat that somebody may get back is TENTATIVE.
    """
    from icalendar import Calendar, Event  # noqa: PLC0415 (few visitors ask for it; loading takes a while)

    booked, business, row = booking_now(standing), standing.catalogue.business, standing.row
    event, status = Event(), _status(standing)
    event.add("uid", f"{booked.reference}@{alias}.bookings")
    event.add("dtstamp", standing.now.replace(microsecond=0))
    event.add("dtstart", _utc(booked.start))
    event.add("dtend", _utc(booked.end))
    title = booked.service.name
    event.add("sequence", row.changes + (status == "CANCELLED"))
    event.add("summary", f"{title}, {business.display_name}")
    links = (booked.reference, booked.join_url, booked.browser_join_url, link)
    event.add("description", "\n".join(filter(None, links)))
    event.add("status", status)
    place = booked.join_url or booked.browser_join_url or booked.place or address_line(business.address)
    if place:
        event.add("location", place)
    calendar = Calendar()
    calendar.add("prodid", "-//Bookings Facade//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def _status(standing: Standing) -> str:
    if standing.stands:
        return "CONFIRMED"
    return "TENTATIVE" if standing.is_pending else "CANCELLED"


def _utc(moment: Moment) -> datetime:
    return datetime.fromisoformat(moment.utc).astimezone(UTC)
