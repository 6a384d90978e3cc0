"""From a visitor's choices to the page of the next step, over the same use cases as the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import azure.functions as func

from shared.api.admission.visitors import Unproved
from shared.api.problems import Problem, problem_of
from shared.api.requests.body import media_type
from shared.api.requests.booking_request import start_of
from shared.api.requests.forms import MULTIPART, Form
from shared.api.responses.booking import BookingConfirmed, unconfirmed
from shared.api.responses.catalogue import offered
from shared.booking.ports import Clock
from shared.booking.records import IdempotencyRecord
from shared.booking.slots.availability import Availability, SlotQuery
from shared.booking.slots.catalogue import Catalogues, offered_service
from shared.domain.errors import DomainError, NotFound
from shared.domain.intervals import local_day
from shared.domain.model import Catalogue, Service
from shared.domain.roster import effective_policy
from shared.domain.slots import Slot
from shared.domain.zones import iana_zone
from shared.pages.choose import MonthView, facts, first_of_next, last_of
from shared.pages.details import FormView
from shared.pages.error_texts import about_time, asks_for_another_time, shown
from shared.pages.page_request import PageRequest
from shared.pages.policy import PagePolicy
from shared.pages.proof import ProofFields
from shared.pages.rendering import Renderer
from shared.pages.result import POLL, ConfirmedView

NO_FORM = Form({})
OTHERS = 6
"""Times that are offered instead of one that cannot be booked."""

NEAR = timedelta(days=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingFlow:
    """Makes the pages of the steps; all of them may raise NotFound, RulesBroken and GraphError."""

    mailboxes: Mapping[str, str]
    catalogues: Catalogues
    availability: Availability
    clock: Clock
    policy: PagePolicy

    @property
    def render(self) -> Renderer:
        """Makes the answer of a template and what it shows, under the deployment's policy."""
        return Renderer(self.policy)

    def first(self, request: func.HttpRequest) -> func.HttpResponse:
        """The page before anything is loaded; asks nobody."""
        page = PageRequest.of(request, request.params)
        self.catalogues.check_open(self._mailbox(page))
        then = page.link(step="days" if "service" in page.kept else "services")
        return self.render("loading.html", page, load=then)

    async def step(self, request: func.HttpRequest) -> func.HttpResponse:
        """The page for what has been chosen so far."""
        page, asked = PageRequest.of(request, request.params), request.params
        catalogue = await self.catalogues.for_public(self._mailbox(page))
        if asked.get("step") == "services" or "service" not in page.kept:
            lines = [(one, facts(page.t, catalogue, one)) for one in offered(catalogue)]
            return self.render("services.html", page, catalogue=catalogue, services=lines)
        service = offered_service(catalogue, page.kept["service"])
        start = _start(asked.get("start", ""))
        if start is None or asked.get("step") == "days":
            view = await self._month(page, asked, catalogue, service)
            return self.render("times.html", page, view=view, catalogue=catalogue)
        zone = page.zone_at(catalogue.business)
        return self._form(FormView(page, catalogue, service, zone, start))

    def result(
        self, request: func.HttpRequest, record: IdempotencyRecord, token: str, catalogue: Catalogue | None
    ) -> func.HttpResponse:
        """The page of a booking: confirmed, pending, or failed."""
        page = PageRequest.of(request, request.params)
        state = unconfirmed(record)
        if state is None:
            booked = BookingConfirmed.model_validate_json(record.answer or "")
            view = ConfirmedView(page, booked, token, catalogue)
            return self.render("confirmed.html", page, view=view, catalogue=catalogue)
        template = "pending.html" if state.status == "pending" else "failed.html"
        return self.render(template, page, reference=state.reference, catalogue=catalogue, poll=POLL)

    def failure(self, request: func.HttpRequest, problem: Problem) -> func.HttpResponse:
        """A page that could not be made, and the way back to the beginning."""
        page = PageRequest.of(request, request.params)
        return self._sorry(page, problem, NO_FORM)

    async def refused(
        self, request: func.HttpRequest, given: Mapping[str, str], form: Form, problem: Problem
    ) -> func.HttpResponse:
        """The form again, with everything that was typed and every error beside its field."""
        page = PageRequest.of(request, given)
        try:
            catalogue = await self.catalogues.for_public(self._mailbox(page))
            service = offered_service(catalogue, page.kept.get("service", ""))
        except DomainError:
            return self._sorry(page, problem, form)
        errors, start = shown(page.t, problem, form, service), _sent(form)
        others: Sequence[Slot] = ()
        if asks_for_another_time(problem, errors):
            others = await self._others(page, service, start, same=problem.code == "slot-busy")
            errors = about_time(errors) if others else errors
        zone = page.zone_at(catalogue.business)
        view = FormView(page, catalogue, service, zone, start, form.fields, errors, others)
        return self._form(view, problem)

    async def unproved(
        self,
        request: func.HttpRequest,
        given: Mapping[str, str],
        form: Form,
        problem: Unproved,
        proofs: ProofFields,
    ) -> func.HttpResponse:
        """The page that proves that a person books: what will be booked, with everything that was typed.

        An error only where something was sent as a proof, which then was none.
        """
        page = PageRequest.of(request, given)
        try:
            catalogue = await self.catalogues.for_public(self._mailbox(page))
            service = offered_service(catalogue, problem.scope.service_id)
        except DomainError as error:
            return await self.refused(request, given, form, problem_of(error))
        zone = page.zone_at(catalogue.business)
        return self.render(
            "proof.html",
            page,
            problem.status if form.proof else 200,
            view=FormView(page, catalogue, service, zone, problem.scope.start),
            catalogue=catalogue,
            sent=proofs(request, form, page, problem.scope),
            is_multipart=media_type(request) == MULTIPART,
            failed=form.proof is not None,
        )

    def waiting(
        self, request: func.HttpRequest, given: Mapping[str, str], form: Form, problem: Problem
    ) -> func.HttpResponse:
        """Somebody who has to wait; nobody is asked for anything, and everything typed can be sent again."""
        return self._sorry(PageRequest.of(request, given), problem, form)

    def unreadable(
        self, request: func.HttpRequest, given: Mapping[str, str], problem: Problem
    ) -> func.HttpResponse:
        """A form that could not be read at all."""
        return self._sorry(PageRequest.of(request, given), problem, NO_FORM)

    def address(self, request: func.HttpRequest, given: Mapping[str, str], reference: str, token: str) -> str:
        """The address of a booking's own page."""
        page = PageRequest.of(request, given)
        return page.link(service=None, staff=None, reference=reference, token=token)

    def _form(self, view: FormView, problem: Problem | None = None) -> func.HttpResponse:
        status, headers = (problem.status, problem.all_headers) if problem else (200, {})
        return self.render("details.html", view.page, status, headers, view=view, catalogue=view.catalogue)

    def _sorry(self, page: PageRequest, problem: Problem, form: Form) -> func.HttpResponse:
        """What went wrong; what was typed goes along with a button that sends it again."""
        texts = shown(page.t, problem, form, None)
        kept = {**form.fields, "lang": page.t.tag} if form.fields else {}
        kept.pop("humanCheck", None)
        return self.render("sorry.html", page, problem.status, problem.all_headers, errors=texts, kept=kept)

    def _mailbox(self, page: PageRequest) -> str:
        try:
            return self.mailboxes[page.alias]
        except KeyError:
            raise NotFound("business") from None

    async def _month(
        self, page: PageRequest, asked: Mapping[str, str], catalogue: Catalogue, service: Service
    ) -> MonthView:
        zone, now = page.zone_at(catalogue.business), self.clock()
        first = local_day(now, zone)
        last = local_day(now + effective_policy(catalogue.business, service).maximum_advance, zone)
        day = _date(asked.get("day", ""))
        wanted = _date(asked.get("month", "") + "-01") or day
        month = min(max((wanted or first).replace(day=1), first.replace(day=1)), last.replace(day=1))
        found = await self._slots(page, service, max(month, first), min(last_of(month), last))
        if not found and wanted is None and first_of_next(month) <= last:
            month = first_of_next(month)
            found = await self._slots(page, service, month, min(last_of(month), last))
        if day is not None and day.replace(day=1) != month:
            day = None
        return MonthView(page, catalogue, service, zone, first, last, month, found, day)

    async def _slots(self, page: PageRequest, service: Service, first: date, last: date) -> Sequence[Slot]:
        """The slots that start on these dates of the visitor's zone."""
        zone = page.zone.key if page.zone else None
        query = SlotQuery(self._mailbox(page), service.id, first, last, zone, page.kept.get("staff"))
        return (await self.availability(query)).slots

    async def _others(
        self, page: PageRequest, service: Service, wanted: datetime | None, *, same: bool
    ) -> Sequence[Slot]:
        """The bookable starts that lie nearest; the wanted one itself only if it is the `same` again."""
        start = wanted or self.clock()
        first = local_day(max(start, self.clock()), page.zone or iana_zone("UTC"))
        try:
            found = await self._slots(page, service, first, first + NEAR)
        except DomainError:
            return ()
        near = [one for one in found if same or one.start != start]
        near.sort(key=lambda one: abs(one.start - start))
        return sorted(near[:OTHERS], key=lambda one: one.start)


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
