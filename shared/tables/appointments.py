"""What the ledger keeps of an appointment: times, staff and counts; nothing about a person."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from shared.booking.records import LedgerEntry
from shared.domain.intervals import Interval
from shared.domain.model import Appointment
from shared.tables.times import parsed, stored


def kept(appointment: Appointment) -> Appointment:
    """The appointment as far as rules ask for it: nothing about people, no texts and no link."""
    return replace(
        appointment,
        attendees=(),
        service_notes=None,
        join_url=None,
        browser_join_url=None,
        service_name=None,
        created=None,
        location=None,
        price=None,
        price_type=None,
    )


def newest(entries: Iterable[LedgerEntry]) -> tuple[LedgerEntry, ...]:
    """Each appointment once, with its newest entry, in the order of their writing."""
    by_id: dict[str, LedgerEntry] = {}
    for entry in sorted(entries, key=lambda one: (one.written, one.appointment.id)):
        by_id.pop(entry.appointment.id, None)
        by_id[entry.appointment.id] = entry
    return tuple(by_id.values())


def to_json(appointment: Appointment) -> str:
    """The kept part as JSON; times in UTC, lengths in seconds."""
    return json.dumps(
        {
            "id": appointment.id,
            "serviceId": appointment.service_id,
            "start": stored(appointment.span.start),
            "end": stored(appointment.span.end),
            "staffMemberIds": appointment.staff_member_ids,
            "maximumAttendees": appointment.maximum_attendees,
            "filled": appointment.filled,
            "preBuffer": appointment.pre_buffer.total_seconds(),
            "postBuffer": appointment.post_buffer.total_seconds(),
        }
    )


def from_json(text: str) -> Appointment:
    """The appointment that `to_json` wrote."""
    value = json.loads(text)
    return Appointment(
        id=value["id"],
        service_id=value["serviceId"],
        span=Interval(parsed(value["start"]), parsed(value["end"])),
        staff_member_ids=tuple(value["staffMemberIds"]),
        maximum_attendees=value["maximumAttendees"],
        filled=value["filled"],
        pre_buffer=timedelta(seconds=value["preBuffer"]),
        post_buffer=timedelta(seconds=value["postBuffer"]),
    )
