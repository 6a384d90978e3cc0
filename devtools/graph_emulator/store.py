"""What the tenant holds: booking mailboxes and their collections, in memory, seen late where wished."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from devtools.graph_emulator.exchange import Json
from devtools.graph_emulator.wire import guid, item_id

T = TypeVar("T")


class Collection(Generic[T]):
    """Values by id, in the order of their creation.

    `get` sees a write at once. `visible` sees it only when the delay in seconds (real time) has passed: a new
    value is missing until then, a changed one shows its old form, a removed one is still there.
    """

    __slots__ = ("_history", "_items")

    def __init__(self) -> None:
        self._items: dict[str, T] = {}
        self._history: dict[str, list[tuple[float, T | None]]] = {}

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: str) -> T | None:
        """The value as it is now."""
        return self._items.get(key)

    def values(self) -> Iterator[T]:
        """All values as they are now."""
        return iter(self._items.values())

    def put(self, key: str, value: T, delay: float = 0.0) -> None:
        """Insert or replace a value."""
        self._remember(key, value, delay)
        self._items[key] = value

    def remove(self, key: str, delay: float = 0.0) -> None:
        """Take a value away; nothing happens where there is none."""
        if key in self._items:
            self._remember(key, None, delay)
            del self._items[key]

    def visible(self) -> list[T]:
        """The values that lists show at this moment."""
        self._forget()
        if not self._history:
            return list(self._items.values())
        shown = ((key, self._seen(key)) for key in dict.fromkeys([*self._items, *self._history]))
        return [value for _, value in shown if value is not None]

    def catch_up(self) -> None:
        """Show at once what was to be seen late."""
        self._history.clear()

    def _remember(self, key: str, value: T | None, delay: float) -> None:
        if delay <= 0 and key not in self._history:
            return
        past = self._history.setdefault(key, [(0.0, self._items.get(key))])
        past.append((time.monotonic() + delay, value))

    def _seen(self, key: str) -> T | None:
        if key not in self._history:
            return self._items[key]
        now = time.monotonic()
        return [value for since, value in self._history[key] if since <= now][-1]

    def _forget(self) -> None:
        if self._history:
            now = time.monotonic()
            over = [key for key, past in self._history.items() if past[-1][0] <= now]
            for key in over:
                del self._history[key]


@dataclass(frozen=True, slots=True)
class Appointment:
    """One stored appointment: its full wire form, and its instants in UTC for quick comparisons."""

    id: str
    body: Json
    start: datetime
    end: datetime
    blocked_from: datetime
    blocked_until: datetime
    staff: tuple[str, ...]

    @property
    def seats_left(self) -> int:
        """Free seats; nothing or less means full."""
        return int(self.body["maximumAttendeesCount"]) - int(self.body["filledAttendeesCount"])

    @property
    def is_group(self) -> bool:
        """Whether more than one customer may attend."""
        return int(self.body["maximumAttendeesCount"]) > 1


@dataclass(slots=True)
class Business:
    """One booking mailbox; what Graph never shows follows after `appointments`.

    `created` has a monotonic time of each appointment, `dropped` whom its last list named in vain and when.
    """

    record: Json
    services: Collection[Json] = field(default_factory=Collection)
    staff: Collection[Json] = field(default_factory=Collection)
    customers: Collection[Json] = field(default_factory=Collection)
    questions: Collection[Json] = field(default_factory=Collection)
    appointments: Collection[Appointment] = field(default_factory=Collection)
    calendars: dict[str, list[Json]] = field(default_factory=dict)
    time_off: dict[str, list[Json]] = field(default_factory=dict)
    created: dict[str, float] = field(default_factory=dict)
    dropped: dict[str, tuple[float, list[str]]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The SMTP address of the mailbox."""
        return str(self.record["id"])

    @property
    def zone_name(self) -> str:
        """The time zone in which the business hours are written."""
        settings: Json = self.record.get("bookingPageSettings") or {}
        return str(settings.get("businessTimeZone") or "UTC")

    def catch_up(self) -> None:
        """Every list shows what is there."""
        for one in (self.services, self.staff, self.customers, self.questions, self.appointments):
            one.catch_up()


@dataclass(slots=True)
class Tenant:
    """All booking mailboxes, the other mailboxes, and the counters from which ids are made."""

    businesses: dict[str, Business] = field(default_factory=dict)
    mailboxes: set[str] = field(default_factory=set)
    counters: dict[str, int] = field(default_factory=dict)

    def find(self, business_id: str) -> Business | None:
        """The business of that address, whatever the case of its letters."""
        return self.businesses.get(business_id.lower())

    def add(self, business: Business) -> None:
        """Insert or replace a business."""
        self.businesses[business.id.lower()] = business

    def new_guid(self, kind: str) -> str:
        """The next GUID of its kind."""
        return guid(kind, self._count(kind))

    def new_item_id(self) -> str:
        """The next appointment id."""
        return item_id(self._count("appointment"))

    def _count(self, kind: str) -> int:
        self.counters[kind] = self.counters.get(kind, 0) + 1
        return self.counters[kind]

    def describe(self) -> dict[str, Any]:
        """Everything, appointments with their full customers and notes."""
        return {key: _describe(business) for key, business in self.businesses.items()}


def _describe(business: Business) -> Json:
    return {
        "business": business.record,
        "services": list(business.services.values()),
        "staffMembers": list(business.staff.values()),
        "customers": list(business.customers.values()),
        "customQuestions": list(business.questions.values()),
        "appointments": [appointment.body for appointment in business.appointments.values()],
        "personalCalendars": business.calendars,
        "timeOff": business.time_off,
    }
