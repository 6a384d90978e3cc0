"""From a visitor's choices to the page of the next step, over the same use cases as the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from shared.api.forms import Form
from shared.api.pages_choose import Choice, days, services, shell
from shared.api.pages_details import Details, details
from shared.api.pages_errors import about_time, asks_for_another_time, shown
from shared.api.pages_layout import Page
from shared.api.pages_month import first_of_next, last_of
from shared.api.pages_result import once_more
from shared.api.pages_visit import Visit
from shared.api.parsing import start_of
from shared.api.problems import Problem
from shared.booking.ports import Clock
from shared.booking.slots.availability import Availability, SlotQuery, offered_service
from shared.booking.slots.catalogue import Catalogues
from shared.domain.errors import DomainError, GraphError, NotFound
from shared.domain.model import Catalogue, Service
from shared.domain.policy import effective_policy
from shared.domain.slots import Slot
from shared.domain.zones import iana_zone, local_day

OTHERS = 6
"""Times that are offered instead of one that cannot be booked."""

NEAR = timedelta(days=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """Makes the pages of the steps; all of them may raise NotFound, RulesBroken and GraphError."""

    mailboxes: Mapping[str, str]
    catalogues: Catalogues
    availability: Availability
    clock: Clock
    human_check: str

    def mailbox(self, visit: Visit) -> str:
        """The mailbox behind the alias."""
        try:
            return self.mailboxes[visit.alias]
        except KeyError:
            raise NotFound("business") from None

    async def step(self, visit: Visit, asked: Mapping[str, str]) -> Page:
        """The page for what has been chosen so far."""
        catalogue = await self.catalogues.get(self.mailbox(visit))
        if asked.get("step") == "services" or "service" not in visit.kept:
            return services(visit, catalogue)
        service = offered_service(catalogue, visit.kept["service"])
        start = _start(asked.get("start", ""))
        if start is None or asked.get("step") == "days":
            return days(visit, await self._choice(visit, asked, catalogue, service))
        zone = visit.zone_at(catalogue.business)
        return details(visit, Details(catalogue, service, zone, start, self.human_check))

    def first(self, visit: Visit) -> Page:
        """The page before anything is loaded; asks nobody."""
        self.mailbox(visit)
        return shell(visit)

    async def name(self, visit: Visit) -> Catalogue | None:
        """The catalogue, for what is nice to have."""
        try:
            return await self.catalogues.get(self.mailbox(visit))
        except GraphError:
            return None

    async def _choice(
        self, visit: Visit, asked: Mapping[str, str], catalogue: Catalogue, service: Service
    ) -> Choice:
        zone = visit.zone_at(catalogue.business)
        now = self.clock()
        today = local_day(now, zone)
        last = local_day(now + effective_policy(catalogue.business, service).maximum_advance, zone)
        day = _date(asked.get("day", ""))
        wanted = _date(asked.get("month", "") + "-01") or day
        month = (wanted or today).replace(day=1)
        month = min(max(month, today.replace(day=1)), last.replace(day=1))
        found = await self._slots(visit, service, max(month, today), min(last_of(month), last))
        if not found and wanted is None and first_of_next(month) <= last:
            month = first_of_next(month)
            found = await self._slots(visit, service, month, min(last_of(month), last))
        if day is not None and day.replace(day=1) != month:
            day = None
        return Choice(catalogue, service, zone, today, last, month, found, day)

    async def _slots(self, visit: Visit, service: Service, first: date, last: date) -> Sequence[Slot]:
        """The slots that start on these dates of the visitor's zone."""
        zone = visit.zone.key if visit.zone else None
        query = SlotQuery(self.mailbox(visit), service.id, first, last, zone, visit.kept.get("staff"))
        return (await self.availability(query)).slots

    async def refused(self, visit: Visit, form: Form, problem: Problem, headers: Mapping[str, str]) -> Page:
        """The form again, with everything that was typed and every error beside its field."""
        try:
            catalogue = await self.catalogues.get(self.mailbox(visit))
            service = offered_service(catalogue, visit.kept.get("service", ""))
        except DomainError:
            return once_more(visit, form, shown(visit.t, problem, form, None), problem.status, headers)
        errors = shown(visit.t, problem, form, service)
        start = _sent(form)
        others: Sequence[Slot] = ()
        if asks_for_another_time(problem, errors):
            wanted = start or self.clock()
            others = await self._others(visit, service, wanted, same=problem.code == "slot-busy")
            errors = about_time(errors) if others else errors
        view = Details(
            catalogue=catalogue,
            service=service,
            zone=visit.zone_at(catalogue.business),
            start=start,
            human_check=self.human_check,
            values=form.fields,
            errors=errors,
            others=others,
            status=problem.status,
            headers=headers,
        )
        return details(visit, view)

    async def _others(self, visit: Visit, service: Service, start: datetime, *, same: bool) -> Sequence[Slot]:
        """The bookable starts that lie nearest."""
        zone = visit.zone.key if visit.zone else None
        first = local_day(max(start, self.clock()), visit.zone or iana_zone("UTC"))
        staff = visit.kept.get("staff")
        query = SlotQuery(self.mailbox(visit), service.id, first, first + NEAR, zone, staff)
        try:
            found = [one for one in (await self.availability(query)).slots if same or one.start != start]
        except DomainError:
            return ()
        found.sort(key=lambda one: abs(one.start - start))
        return sorted(found[:OTHERS], key=lambda one: one.start)


def _start(text: str) -> datetime | None:
    """A start as the page sends it: with its offset, so that no zone can change what it means."""
    try:
        start = datetime.fromisoformat(text)
        return start.astimezone(UTC) if start.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _sent(form: Form) -> datetime | None:
    """The start that a form asked for, which may be local in its `timeZone`."""
    try:
        return start_of(form["start"], form["timeZone"] or None)
    except (Problem, ValueError, OverflowError):
        return None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
