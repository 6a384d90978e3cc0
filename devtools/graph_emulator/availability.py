"""getStaffAvailability, from hours, personal calendars, time off and appointments with buffers.

It ignores what the real one ignores: service availability, lead times, the slot grid, the service's length.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from devtools.graph_emulator.errors import GraphError, unknown_error
from devtools.graph_emulator.exchange import Json, Reply, json_reply
from devtools.graph_emulator.hours import Window, whole_days, working_windows
from devtools.graph_emulator.schema import check
from devtools.graph_emulator.store import Appointment, Business
from devtools.graph_emulator.switches import Switches
from devtools.graph_emulator.wire import read_value, utc_value, zoned_value
from devtools.graph_emulator.world import Call
from devtools.graph_emulator.zones import Zone, display_name, resolve, windows_id

_AVAILABLE, _SLOTS, _BUSY, _OUT = "available", "slotsAvailable", "busy", "outOfOffice"
_RANK = {_AVAILABLE: 0, _SLOTS: 1, _BUSY: 2, _OUT: 3}


@dataclass(frozen=True, slots=True)
class Span:
    """A status over the half-open time from start to end; the service of a group appointment with it."""

    start: datetime
    end: datetime
    status: str
    service_id: str | None = None


def get_staff_availability(call: Call) -> Reply:
    """Whole local days of every asked member's hours, cut into spans of one status each."""
    try:
        given = check("staffAvailabilityRequest", call.body)
        start, first = read_value(given["startDateTime"])
        end, second = read_value(given["endDateTime"])
        staff_ids: list[str] = given["staffIds"]
    except (GraphError, KeyError, ValueError) as error:
        raise unknown_error() from error
    _refuse(call.switches, start, end, {first.kind, second.kind})
    members = [call.business.staff.get(staff_id.lower()) for staff_id in staff_ids]
    booked = call.business.appointments.visible()
    items = [_item(call, member, _Window(start, end, first), booked) for member in members]
    context = call.context("Collection(microsoft.graph.staffAvailabilityItem)")
    return json_reply(200, {**context, call.switches.availability_wrapper: items})


@dataclass(frozen=True, slots=True)
class _Window:
    start: datetime
    end: datetime
    zone: Zone

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()


def _refuse(switches: Switches, start: datetime, end: datetime, kinds: set[str]) -> None:
    if (end - start).total_seconds() < switches.availability_minimum_span:
        raise unknown_error()
    if switches.availability_rejects_iana and "iana" in kinds:
        raise unknown_error()


def _item(call: Call, member: Json | None, asked: _Window, booked: list[Appointment]) -> Json:
    if member is None or member["id"] in call.switches.refused_staff.lower():
        raise unknown_error()
    spans = _spans(call, member, asked, booked)
    write = _writer(call, asked.zone)
    return {"staffId": member["id"], "availabilityItems": [write(span) for span in spans]}


def _spans(call: Call, member: Json, asked: _Window, booked: list[Appointment]) -> list[Span]:
    switches = call.switches
    if switches.bug_narrow_window and asked.seconds <= switches.bug_narrow_window_span:
        return [Span(asked.start, asked.end, _AVAILABLE)]
    hours = whole_days if switches.availability_out_of_hours else working_windows
    windows = hours(call.business, member, asked.start, asked.end)
    if not windows:
        return []
    outer = (min(start for start, _ in windows), max(end for _, end in windows))
    taken = sorted(
        [*_appointments(switches, member, booked, outer), *_calendar(call.business, switches, member)],
        key=lambda span: (span.start, span.end),
    )
    if switches.bug_overlap_truncation:
        taken = _truncate(taken)
    return [span for window in windows for span in _cut(window, taken)]


def _appointments(
    switches: Switches, member: Json, booked: list[Appointment], outer: Window
) -> Iterator[Span]:
    for each in booked:
        if each.blocked_until <= outer[0] or each.blocked_from >= outer[1] or member["id"] not in each.staff:
            continue
        service_id = each.body["serviceId"] if each.is_group else None
        if not each.is_group or each.seats_left <= 0:
            yield Span(each.blocked_from, each.blocked_until, _BUSY, service_id)
        elif switches.group_buffers == "busy":
            yield Span(each.blocked_from, each.start, _BUSY)
            yield Span(each.start, each.end, _SLOTS, service_id)
            yield Span(each.end, each.blocked_until, _BUSY)
        else:
            yield Span(each.blocked_from, each.blocked_until, _SLOTS, service_id)


def _calendar(business: Business, switches: Switches, member: Json) -> Iterator[Span]:
    for entry in business.time_off.get(member["id"], ()):
        yield _entry(entry, _OUT)
    if not member["availabilityIsAffectedByPersonalCalendar"] or switches.bug_missing_personal_busy:
        return
    for entry in business.calendars.get(member["id"], ()):
        status = entry.get("status", _BUSY)
        if status in {_BUSY, _OUT}:
            yield _entry(entry, status)


def _entry(entry: Json, status: str) -> Span:
    return Span(read_value(entry["start"])[0], read_value(entry["end"])[0], status)


def _truncate(taken: list[Span]) -> list[Span]:
    """The reported bug: of two spans that overlap, the earlier one ends with the later one."""
    shortened = list(taken)
    for index, (first, second) in enumerate(pairwise(taken)):
        if first.start < second.start < first.end and second.end < first.end:
            shortened[index] = Span(first.start, second.end, first.status, first.service_id)
    return shortened


def _cut(window: Window, taken: list[Span]) -> Iterator[Span]:
    """The window in pieces, each with its strongest status; equal neighbours are one piece."""
    start, end = window
    inside = [span for span in taken if span.start < end and span.end > start and span.start < span.end]
    edges = {start, end}
    for span in inside:
        edges.update((max(span.start, start), min(span.end, end)))
    last: Span | None = None
    for begin, stop in pairwise(sorted(edges)):
        status, service_id = _strongest(inside, begin, stop)
        if last is not None and (last.status, last.service_id) == (status, service_id):
            last = Span(last.start, stop, status, service_id)
            continue
        if last is not None:
            yield last
        last = Span(begin, stop, status, service_id)
    if last is not None:
        yield last


def _strongest(inside: list[Span], begin: datetime, stop: datetime) -> tuple[str, str | None]:
    covering = [span for span in inside if span.start <= begin and span.end >= stop]
    if not covering:
        return _AVAILABLE, None
    best = max(covering, key=lambda span: _RANK[span.status])
    return best.status, best.service_id


def _writer(call: Call, asked: Zone) -> Callable[[Span], Json]:
    switches = call.switches
    # Who asks in UTC is echoed the zone of the business, so that the switches bite for everybody.
    zone = asked if asked.kind != "utc" else resolve(call.business.zone_name) or asked
    name = windows_id(zone) if switches.availability_zone == "windows" else display_name(zone)

    def moment(value: datetime) -> Json:
        return utc_value(value) if switches.availability_zone == "utc" else zoned_value(value, zone, name)

    def write(span: Span) -> Json:
        status = span.status
        if switches.availability_casing == "pascal":
            status = status[0].upper() + status[1:]
        return {
            "status": status,
            "startDateTime": moment(span.start),
            "endDateTime": moment(span.end),
            "serviceId": span.service_id,
        }

    return write
