"""What the steps before the form show: the services, then the days of a month and the times of a day."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from shared.api.responses.catalogue import staff as bookable_staff
from shared.domain.clocks import same_clock
from shared.domain.intervals import local_day
from shared.domain.model import Catalogue, Policy, Service
from shared.domain.roster import effective_policy
from shared.domain.slots import Slot
from shared.domain.zones import iana_zone
from shared.pages.months import MOST_MONTHS, first_of_next, last_of, open_months
from shared.pages.page_request import PageRequest
from shared.pages.shop.about import Fact, facts
from shared.pages.wanted_times import date_of
from shared.pages.zones.choices import zone_choices

Find = Callable[[date, date], Awaitable[Sequence[Slot]]]
"""The slots that start on the dates from the first to the last of the visitor's zone."""

WEEK = 7
PARTS = {5: "part.night", 12: "part.morning", 17: "part.afternoon", 24: "part.evening"}
"""The parts of a day, each by the hour at which it ends."""


def people(catalogue: Catalogue, service: Service) -> Sequence[tuple[str, str]]:
    """Whom a customer may choose for a service, by id and name."""
    rules = effective_policy(catalogue.business, service)
    found = bookable_staff(catalogue, service) if rules.allow_staff_selection else ()
    return [(one.id, one.name) for one in found]


def utc_text(instant: datetime) -> str:
    """An instant as it is sent: in UTC, so that nobody can misread it."""
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class TimeButton:
    """One start to choose: what is sent, and how it reads; the business's own time where it differs."""

    value: str
    clock: str
    end: str
    elsewhere: str | None
    seats: str | None


@dataclass(frozen=True)
class MonthView:
    """The step of day and time: one month's slots in the visitor's zone.

    `first` and `last` can be booked; a time that is chosen leads to the step `then`. `is_picked` tells that
    the visitor chose the `day`; where nobody named one, the first free day of the month is shown.
    """

    page: PageRequest
    catalogue: Catalogue
    service: Service
    zone: ZoneInfo
    first: date
    last: date
    month: date
    slots: Sequence[Slot]
    day: date | None = None
    then: str = "details"
    is_picked: bool = False

    @property
    def facts(self) -> Sequence[Fact]:
        """What there is to know of the service."""
        return facts(self.page.t, self.catalogue, self.service)

    @property
    def today(self) -> date:
        """Today where the visitor is."""
        return self.first

    @cached_property
    def shown_day(self) -> date | None:
        """The day whose times are shown: the chosen one, else the first free one of the month."""
        return self.day or min(
            (day for day in self.by_day if self.month <= day <= last_of(self.month)), default=None
        )

    @cached_property
    def by_day(self) -> Mapping[date, Sequence[Slot]]:
        """The slots by their local date."""
        days: dict[date, list[Slot]] = {}
        for slot in self.slots:
            days.setdefault(local_day(slot.start, self.zone), []).append(slot)
        return days

    @property
    def has_free_days(self) -> bool:
        """Whether any day of the month can be chosen."""
        return any(self.month <= day <= last_of(self.month) for day in self.by_day)

    @property
    def paging(self) -> Iterator[tuple[str, date]]:
        """The months before and after that have bookable days, each with the key of its words."""
        before, after = (self.month - timedelta(days=1)).replace(day=1), first_of_next(self.month)
        if last_of(before) >= self.first:
            yield "page.previous", before
        if after <= self.last:
            yield "page.next", after

    @property
    def weeks(self) -> Iterator[list[date | None]]:
        """The weeks of the month as the region's calendars have them; None where a day is another month's."""
        day = self.month - timedelta(days=(self.month.weekday() - self.page.t.formats.first_weekday) % WEEK)
        while day <= last_of(self.month):
            week = [day + timedelta(days=n) for n in range(WEEK)]
            yield [one if one.month == self.month.month else None for one in week]
            day += timedelta(days=WEEK)

    @property
    def people(self) -> Sequence[tuple[str, str]]:
        """Whom a customer may choose, by id and name."""
        return people(self.catalogue, self.service)

    @property
    def zones(self) -> Sequence[tuple[str, str]]:
        """The time zones to read times in; only those that were found where somebody searched."""
        theirs = iana_zone(self.catalogue.business.time_zone)
        return zone_choices(self.page.t, self.zone, theirs, self.first, self.page.zones)

    @property
    def zones_note(self) -> str:
        """In which zone times are shown, and that the business has another one where it has."""
        t, theirs = self.page.t, iana_zone(self.catalogue.business.time_zone)
        begin = datetime.combine(self.first, time(), self.zone)
        if same_clock(theirs, self.zone, begin):
            return t("zone.same", city=t.city(self.zone))
        return t("zone.other", city=t.city(self.zone), there=t.city(theirs))

    @property
    def times(self) -> Mapping[str, Sequence[TimeButton]]:
        """The starts of the day that is shown, by the key of the words for their part of the day."""
        parts: dict[str, list[TimeButton]] = {}
        for slot in self.by_day.get(self.shown_day or self.first, ()):
            hour = slot.start.astimezone(self.zone).hour
            part = next(key for end, key in PARTS.items() if hour < end)
            parts.setdefault(part, []).append(self.button(slot))
        return parts

    def button(self, slot: Slot) -> TimeButton:
        """A slot's time for the visitor, with the business's own where it differs."""
        t, theirs = self.page.t, iana_zone(self.catalogue.business.time_zone)
        return TimeButton(
            value=utc_text(slot.start),
            clock=t.clock(slot.start, self.zone),
            end=t.clock(slot.end, self.zone),
            elsewhere=t.elsewhere(slot.start, theirs, self.zone),
            seats=t.count("time.seats", slot.seats_left) if self.service.is_group else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthSearch:
    """Finds the month that a visitor asked for; without one, the first that has a free time."""

    page: PageRequest
    catalogue: Catalogue
    service: Service
    now: datetime
    find: Find

    async def __call__(self, asked: Mapping[str, str], near: date | None, then: str = "details") -> MonthView:
        """The month of what was asked for, else that of the date `near`, and the chosen day in it."""
        zone, policy = self.page.zone_at(self.catalogue.business), self._policy
        first, last = local_day(self.now, zone), local_day(self.now + policy.maximum_advance, zone)
        picked = date_of(asked.get("day", ""))
        day = picked or near
        wanted = date_of(asked.get("month", "") + "-01") or day
        month = min(max((wanted or first).replace(day=1), first.replace(day=1)), last.replace(day=1))
        found = await self.find(max(month, first), min(last_of(month), last))
        if not found and wanted is None:
            soonest = local_day(self.now + policy.minimum_lead_time, zone)
            later = list(open_months(policy, max(first_of_next(month), soonest), last))
            month, found = await self._first_free(later, last) or (month, found)
        if day is not None and day.replace(day=1) != month:
            day = None
        return MonthView(
            page=self.page,
            catalogue=self.catalogue,
            service=self.service,
            zone=zone,
            first=first,
            last=last,
            month=month,
            slots=found,
            day=day,
            then=then,
            is_picked=day is not None and day == picked,
        )

    @property
    def _policy(self) -> Policy:
        return effective_policy(self.catalogue.business, self.service)

    async def _first_free(self, months: Sequence[date], last: date) -> tuple[date, Sequence[Slot]] | None:
        """The first of these months with a free time, None where none is found."""
        for month in months[:MOST_MONTHS]:
            found = await self.find(month, min(last_of(month), last))
            if found:
                return month, found
        return None
