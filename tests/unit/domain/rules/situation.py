"""One small business in Chicago, for the tests of rules: everything can be booked until a test changes it.

Open Monday to Friday 8:00-17:00, grid of 15 minutes, lead time 1 hour, 90 days ahead, staff may be
chosen. Ann and Bob give one service of 30 minutes. It is Monday, June 1, 2026, 7:00.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.intervals import Interval, LocalSpan, WeeklyHours, day_span
from shared.domain.model import (
    Appointment,
    AvailabilityStatus,
    Business,
    Catalogue,
    DayView,
    PolicySettings,
    Service,
    StaffAvailability,
    StaffMember,
)
from shared.domain.rules import judge
from shared.domain.rules.context import RuleContext, ServiceCalendar, SlotRequest

ZONE = ZoneInfo("America/Chicago")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SPAN = Interval(day_span(date(2026, 5, 30), ZONE).start, day_span(date(2026, 9, 5), ZONE).end)


def at(text: str) -> datetime:
    """An instant: `10:00` on Monday, June 1, or `2026-06-02 10:00`, as the clocks in Chicago show it."""
    return datetime.fromisoformat(text if "-" in text else f"2026-06-01 {text}").replace(tzinfo=ZONE)


def between(start: str, end: str) -> Interval:
    """The time from one instant to another."""
    return Interval(at(start), at(end))


def hours(opens: str, closes: str, days: range = range(5)) -> WeeklyHours:
    """The same hours on several weekdays."""
    span = LocalSpan(time.fromisoformat(opens), time.fromisoformat(closes))
    return dict.fromkeys(days, (span,))


MONDAY_AT_SEVEN = at("07:00")
POLICY = PolicySettings(15 * MINUTE, HOUR, 90 * DAY, True)
BUSINESS = Business("b@contoso.com", "Contoso", "America/Chicago", hours("08:00", "17:00"), POLICY)
SERVICE = Service("haircut", "Haircut", 30 * MINUTE, staff_member_ids=("ann", "bob"))
ANN = StaffMember("ann", "Ann", "America/Chicago")
BOB = StaffMember("bob", "Bob", "America/Chicago")


def appointment(start: str, end: str, *staff: str, **members: Any) -> Appointment:  # noqa: ANN401
    """Somebody's appointment for a haircut, one of one seats filled unless said otherwise."""
    given = {"id": f"at {start}", "service_id": "haircut", "maximum_attendees": 1, "filled": 1, **members}
    return Appointment(span=between(start, end), staff_member_ids=staff, **given)


def item(status: str, start: str, end: str) -> StaffAvailability:
    """One item of getStaffAvailability's answer."""
    return StaffAvailability(AvailabilityStatus(status), between(start, end))


@dataclass(frozen=True)
class Situation:
    """What is true; `items` are added to Graph's answer, in which everybody is available at all times."""

    service: Service = SERVICE
    business: Business = BUSINESS
    staff: tuple[StaffMember, ...] = (ANN, BOB)
    appointments: tuple[Appointment, ...] = ()
    items: Mapping[str, tuple[StaffAvailability, ...]] = field(default_factory=dict)
    now: datetime = MONDAY_AT_SEVEN
    available: bool = True

    def with_policy(self, **members: object) -> "Situation":
        """The same with another policy of the business."""
        policy = replace(self.business.policy, **members)  # type: ignore[arg-type]
        return replace(self, business=replace(self.business, policy=policy))

    @property
    def calendar(self) -> ServiceCalendar:
        """The calendar of the service."""
        free = (StaffAvailability(AvailabilityStatus.AVAILABLE, SPAN),) if self.available else ()
        items = {one.id: (*free, *self.items.get(one.id, ())) for one in self.staff}
        catalogue = Catalogue(
            self.business, {self.service.id: self.service}, {one.id: one for one in self.staff}
        )
        return ServiceCalendar.of(catalogue, self.service, DayView(SPAN, self.appointments, items), self.now)

    def context(
        self,
        start: str = "10:00",
        staff_id: str | None = None,
        *,
        end: str | None = None,
        fresh: Appointment | None = None,
        **request: Any,  # noqa: ANN401
    ) -> RuleContext:
        """A request for an appointment of the service's length, or until `end`."""
        begins = at(start)
        span = Interval(begins, at(end) if end else begins + self.service.default_duration)
        return RuleContext(self.calendar, SlotRequest(self.service, span, staff_id, **request), fresh)

    def codes(self, start: str = "10:00", staff_id: str | None = None, **more: Any) -> list[str]:  # noqa: ANN401
        """The codes of all rules that such a request breaks, in order."""
        violations = judge(self.context(start, staff_id, **more))
        assert all(is_sentence(one.detail) for one in violations), violations
        return [violation.code for violation in violations]


NORMAL = Situation()
GROUP = Situation(service=replace(SERVICE, maximum_attendees_count=3))


def is_sentence(text: str) -> bool:
    """Whether a text begins and ends as a sentence does."""
    return text[:1].isupper() and not text[1:2].isupper() and not text.isupper() and text.endswith(".")
