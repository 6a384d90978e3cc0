"""The slots of one service that anybody can book, and on demand why the others cannot be booked."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from shared.booking.ports import Clock
from shared.booking.slots.calendar import DayViews
from shared.booking.slots.catalogue import Catalogues, offered_service
from shared.domain.errors import NotFound, RulesBroken, Violation
from shared.domain.intervals import Interval, day_span, local_day
from shared.domain.model import Catalogue, Policy, Service
from shared.domain.rules.context import ServiceCalendar
from shared.domain.slots import Refusal, Slot, slots
from shared.domain.zones import UnknownZone, iana_zone

LONGEST_RANGE = 62
"""Days that one request may ask about."""

FURTHEST = timedelta(days=3653)
"""How far ahead anybody may ask; no policy reaches that far."""


@dataclass(frozen=True, slots=True)
class SlotQuery:
    """Slots that start on the dates `first` to `last`, both included, of `time_zone`.

    The zone is IANA's or Windows's name; None means the business's own.
    """

    business: str
    service_id: str
    first: date
    last: date
    time_zone: str | None = None
    staff_id: str | None = None
    explain: bool = False


@dataclass(frozen=True, slots=True)
class SlotList:
    """The slots in order, and the refusals where reasons were asked for; `zone` is the caller's."""

    catalogue: Catalogue
    service: Service
    policy: Policy
    zone: ZoneInfo
    slots: tuple[Slot, ...]
    refusals: tuple[Refusal, ...]
    is_explained: bool = False


class Availability:
    """Answers a `SlotQuery` from what all visitors of the last seconds share."""

    def __init__(self, catalogues: Catalogues, views: DayViews, clock: Clock) -> None:
        self._catalogues = catalogues
        self._views = views
        self._clock = clock

    async def __call__(self, query: SlotQuery) -> SlotList:
        """The slots; raises NotFound, RulesBroken for a range that is refused, and GraphError."""
        catalogue = await self._catalogues.get(query.business)
        service = offered_service(catalogue, query.service_id)
        if query.staff_id is not None and query.staff_id not in catalogue.staff:
            raise NotFound("staff", "/staffId")
        zone = _zone(query.time_zone or catalogue.business.time_zone)
        now = self._clock()
        _check_range(query, local_day(now, zone))
        span = Interval(day_span(query.first, zone).start, day_span(query.last, zone).end)
        view = await self._views.shared(catalogue, *_days(catalogue, span))
        calendar = ServiceCalendar.of(catalogue, service, view, now)
        found = list(slots(calendar, span, query.staff_id, query.explain))
        return SlotList(
            catalogue=catalogue,
            service=service,
            policy=calendar.policy,
            zone=zone,
            slots=tuple(one for one in found if isinstance(one, Slot)),
            refusals=tuple(one for one in found if isinstance(one, Refusal)),
            is_explained=query.explain,
        )


def _zone(name: str) -> ZoneInfo:
    try:
        return iana_zone(name)
    except UnknownZone as error:
        detail = "The time zone is neither an IANA name nor a Windows one."
        raise RulesBroken((Violation("unknown-time-zone", detail, "/timeZone"),)) from error


def _check_range(query: SlotQuery, today: date) -> None:
    broken: list[Violation] = []
    if query.last < query.first:
        broken.append(Violation("range-reversed", "The range ends before it begins.", "/to"))
    if (query.last - query.first).days >= LONGEST_RANGE:
        broken.append(Violation("range-too-long", f"At most {LONGEST_RANGE} days can be asked for.", "/to"))
    if query.last < today:
        broken.append(Violation("range-in-the-past", "All of the range is over.", "/to"))
    if query.last > today + FURTHEST:
        broken.append(Violation("range-too-far", "The range lies more than ten years ahead.", "/to"))
    if broken:
        raise RulesBroken(tuple(broken))


def _days(catalogue: Catalogue, span: Interval) -> tuple[date, date]:
    """The business's local days in which something that starts in `span` starts."""
    zone = iana_zone(catalogue.business.time_zone)
    return local_day(span.start, zone), local_day(span.end - timedelta.resolution, zone)
