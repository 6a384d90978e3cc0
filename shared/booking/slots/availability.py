"""The slots of one service that anybody can book, and on demand why the others cannot be booked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.booking.ports import Clock
from shared.booking.slots.calendar import DayViews
from shared.booking.slots.catalogue import Catalogues, offered_service
from shared.domain.errors import NotFound, RulesBroken, Violation
from shared.domain.intervals import ONE_DAY, Interval, day_span, local_day
from shared.domain.model import Catalogue, DayView, Policy, Service
from shared.domain.roster import effective_policy
from shared.domain.rules.context import ServiceCalendar
from shared.domain.rules.timing import unread
from shared.domain.slots import Refusal, Slot, out_of_reach, slots
from shared.domain.zones import UnknownZone, iana_zone

LONGEST_RANGE = 62
"""Days that one request may ask about."""

EXPLAINED = 7
"""Days that anybody may ask about with reasons; partners may ask about all."""

MOST_EXPLAINED = EXPLAINED * 24 * 12
"""Starts that one answer gives the public reasons for: seven days in steps of five minutes."""

MOST_EXPLAINED_TO_PARTNERS = LONGEST_RANGE * 24 * 4
"""The same for partners: all days in steps of a quarter of an hour."""

FURTHEST = timedelta(days=3653)
"""How far ahead anybody may ask; no policy reaches that far."""


@dataclass(frozen=True, slots=True)
class SlotQuery:
    """Slots that start on the dates `first` to `last`, both included, of `time_zone`.

    The zone is IANA's or Windows's name; None means the business's own. A partner finds hidden services,
    and gets reasons for more days.
    """

    business: str
    service_id: str
    first: date
    last: date
    time_zone: str | None = None
    staff_id: str | None = None
    explain: bool = False
    is_partners: bool = False


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
        service = offered_service(catalogue, query.service_id, to_partner=query.is_partners)
        return await self.listed(query, catalogue, service)

    async def listed(
        self,
        query: SlotQuery,
        catalogue: Catalogue,
        service: Service,
        seen: Callable[[DayView], DayView] = lambda view: view,
    ) -> SlotList:
        """The slots of this service in the calendar as it is `seen`; raises likewise."""
        if query.staff_id is not None and query.staff_id not in catalogue.staff:
            raise NotFound("staff", "/staffId")
        zone = _zone(query.time_zone or catalogue.business.time_zone)
        now = self._clock()
        _check_range(query, local_day(now, zone))
        policy = effective_policy(catalogue.business, service)
        _check_explained(query, policy)
        span = Interval(day_span(query.first, zone).start, day_span(query.last, zone).end)
        known = unread(catalogue, service, span, now)
        found = await self._within_reach(query, known, span, seen)
        if query.explain:
            found.extend(out_of_reach(known, span, query.staff_id))
        return SlotList(
            catalogue=catalogue,
            service=service,
            policy=policy,
            zone=zone,
            slots=tuple(one for one in found if isinstance(one, Slot)),
            refusals=tuple(sorted((one for one in found if isinstance(one, Refusal)), key=_start)),
            is_explained=query.explain,
        )

    async def _within_reach(
        self,
        query: SlotQuery,
        known: ServiceCalendar,
        span: Interval,
        seen: Callable[[DayView], DayView],
    ) -> list[Slot | Refusal]:
        """What there is where the lead times let something begin; where they do not, nobody is asked."""
        start, end = max(span.start, known.earliest), min(span.end, known.latest + timedelta.resolution)
        if start >= end:
            return []
        within, catalogue = Interval(start, end), known.catalogue
        view = seen(await self._views.shared(catalogue, *_days(catalogue, within)))
        calendar = ServiceCalendar.of(catalogue, known.service, view, known.now)
        return list(slots(calendar, within, query.staff_id, query.explain))


def _start(refusal: Refusal) -> datetime:
    return refusal.start


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


def _check_explained(query: SlotQuery, policy: Policy) -> None:
    """An answer with reasons names every start of the grid: for fewer days where that is fine."""
    starts_a_day = -(-ONE_DAY // policy.time_slot_interval)
    days, starts = (
        (LONGEST_RANGE, MOST_EXPLAINED_TO_PARTNERS) if query.is_partners else (EXPLAINED, MOST_EXPLAINED)
    )
    most = max(1, min(days, starts // starts_a_day))
    if query.explain and (query.last - query.first).days >= most:
        detail = f"With explain=true, at most {most} {'day' if most == 1 else 'days'} can be asked for."
        raise RulesBroken((Violation("range-too-long", detail, "/explain"),))


def _days(catalogue: Catalogue, span: Interval) -> tuple[date, date]:
    """The business's local days in which something that starts in `span` starts."""
    zone = iana_zone(catalogue.business.time_zone)
    return local_day(span.start, zone), local_day(span.end - timedelta.resolution, zone)
