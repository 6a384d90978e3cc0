"""From a visitor's choices to the page of the next step, over the same use cases as the API."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import azure.functions as func

from shared.api.admission.permission import Permissions
from shared.api.admission.visitors import Unproved
from shared.api.problems import Problem, problem_of
from shared.api.requests.booking_request import start_of
from shared.api.requests.forms import MULTIPART, Form, form_key
from shared.api.requests.query import query
from shared.api.requests.submission import media_type
from shared.api.responses.booking import BookingConfirmed, BookingOutcome, unconfirmed
from shared.api.responses.catalogue import offered
from shared.booking.ports import Clock
from shared.booking.records import IdempotencyRecord
from shared.booking.sealing import Sealer
from shared.booking.slots.availability import Availability, SlotQuery
from shared.booking.slots.catalogue import Catalogues, offered_service
from shared.domain.addresses import mailbox_of
from shared.domain.errors import DomainError, GraphError
from shared.domain.intervals import local_day
from shared.domain.model import Catalogue, Service
from shared.domain.roster import effective_policy
from shared.domain.slots import Slot
from shared.pages.choose import MonthSearch, MonthView, people
from shared.pages.details import FormView, affordable, has_room, sent_again
from shared.pages.error_texts import about_time, asks_for_another_time, shown
from shared.pages.page_request import PageRequest
from shared.pages.policy import PagePolicy
from shared.pages.rendering import Renderer
from shared.pages.result import POLL, ConfirmedView
from shared.pages.shop.about import facts
from shared.pages.wanted_times import NEAR, linked, meant_by, nearest, why_not, windows

NO_FORM = Form({})
PASSING = frozenset({429, 502, 503, 504})
"""What may be better in a moment."""

OTHERS = 6
"""Times that are offered instead of one that cannot be booked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingFlow:
    """Makes the pages of the steps; all of them may raise NotFound, RulesBroken and GraphError."""

    mailboxes: Mapping[str, str]
    catalogues: Catalogues
    availability: Availability
    clock: Clock
    policy: PagePolicy
    permissions: Permissions | None
    new_key: Callable[[], str]
    sealer: Sealer

    @property
    def render(self) -> Renderer:
        """Makes the answer of a template and what it shows, under the deployment's policy."""
        return Renderer(self.policy)

    def first(self, request: func.HttpRequest) -> func.HttpResponse:
        """The page before anything is loaded; asks nobody."""
        page = self._page(request, query(request))
        self.catalogues.check_open(self._mailbox(page))
        then = page.link(step="days" if "service" in page.kept else "services")
        return self.render("loading.html", page, load=then)

    async def step(self, request: func.HttpRequest) -> func.HttpResponse:
        """The page for what has been chosen so far."""
        asked = query(request)
        page = PageRequest.of(request, asked)
        catalogue = await self.catalogues.for_public(self._mailbox(page))
        page = page.at_shop(catalogue).in_zone(asked.get("zone", ""), self.clock())
        if asked.get("step") == "services" or "service" not in page.kept:
            page = page.without_staff_but(catalogue.staff)
            lines = [(one, facts(page.t, catalogue, one)) for one in offered(catalogue)]
            return self.render("services.html", page, catalogue=catalogue, services=lines)
        service = offered_service(catalogue, page.kept["service"])
        if page.kept.get("staff") in catalogue.staff:
            page = page.without_staff_but([one for one, _ in people(catalogue, service)])
        zone = page.zone_at(catalogue.business)
        start, near = linked(asked.get("start", ""), zone)
        if start is not None and asked.get("step") != "days":
            form = FormView(page, catalogue, service, zone, start, now=self.clock())
            return await self._linked(form, start)
        view = await self._month(page, asked, catalogue, service, near)
        note = "time.unread" if "start" in asked and start is None else None
        return self.render("times.html", page, view=view, catalogue=catalogue, note=note)

    async def _linked(self, form: FormView, start: datetime) -> func.HttpResponse:
        """The form for the time of a link; the times around it where it cannot be chosen any more.

        Where the calendar does not answer, nobody knows, and the form is there all the same.
        """
        page, catalogue, service, now = form.page, form.catalogue, form.service, self.clock()
        soonest = now + effective_policy(catalogue.business, service).minimum_lead_time
        near = local_day(start, form.zone) if start >= soonest else None
        try:
            view = await self._month(page, {}, catalogue, service, near)
        except GraphError:
            return self._form(form)
        note = why_not(catalogue, service, start, now, view.slots)
        if note is None:
            return self._form(form)
        return self.render("times.html", page, view=view, catalogue=catalogue, note=note)

    def result(
        self, request: func.HttpRequest, record: IdempotencyRecord, token: str, catalogue: Catalogue | None
    ) -> func.HttpResponse:
        """The page of a booking: confirmed, pending, or failed."""
        page = PageRequest.of(request, query(request)).at_shop(catalogue)
        state = unconfirmed(record)
        if state is None:
            booked = BookingConfirmed.model_validate_json(record.answer or "")
            view = ConfirmedView(page, booked, token, catalogue, self._mailed(page), self.clock())
            return self.render("confirmed.html", page, view=view, catalogue=catalogue)
        template = "pending.html" if state.status == "pending" else "failed.html"
        return self.render(template, page, reference=state.reference, catalogue=catalogue, poll=POLL)

    def failure(self, request: func.HttpRequest, problem: Problem) -> func.HttpResponse:
        """A page that could not be made, and the way back to the beginning."""
        page = self._page(request, query(request))
        return self._sorry(page, problem, NO_FORM)

    async def retyped(
        self, request: func.HttpRequest, given: Mapping[str, str], form: Form
    ) -> func.HttpResponse:
        """The form with everything that was typed; where no time is chosen yet, some are offered again."""
        page = PageRequest.of(request, given)
        catalogue = await self.catalogues.for_public(self._mailbox(page))
        page = page.at_shop(catalogue)
        service = offered_service(catalogue, page.kept.get("service", ""))
        start, zone = _sent(form), page.zone_at(catalogue.business)
        others = () if start else await self._others(page, catalogue, service, (), same=False)
        values = affordable(form.fields)
        return self._form(FormView(page, catalogue, service, zone, start, values, others=others))

    async def refused(
        self, request: func.HttpRequest, given: Mapping[str, str], form: Form, problem: Problem
    ) -> func.HttpResponse:
        """The form again, with everything that was typed and every error beside its field."""
        page = PageRequest.of(request, given)
        try:
            catalogue = await self.catalogues.for_public(self._mailbox(page))
            page = page.at_shop(catalogue)
            service = offered_service(catalogue, page.kept.get("service", ""))
        except DomainError:
            return self._sorry(page, problem, form)
        errors, start = shown(page.t, problem, form, service), _sent(form)
        others: Sequence[Slot] = ()
        zone = page.zone_at(catalogue.business)
        if asks_for_another_time(problem, errors):
            wanted = meant_by(form["start"], start, zone)
            others = await self._others(page, catalogue, service, wanted, same=problem.code == "slot-busy")
            errors = about_time(errors) if others else errors
        view = FormView(
            page, catalogue, service, zone, start, affordable(form.fields), errors, others, now=self.clock()
        )
        return self._form(view, problem)

    async def unproved(
        self,
        request: func.HttpRequest,
        given: Mapping[str, str],
        form: Form,
        problem: Unproved,
    ) -> func.HttpResponse:
        """The page that proves that a person books: what will be booked, with everything that was typed.

        An error only where something was sent as a proof, which then was none; and an error stays small.
        """
        if form.proof and not has_room(form.fields):
            return await self.refused(request, given, form, problem)
        page = PageRequest.of(request, given)
        try:
            catalogue = await self.catalogues.for_public(self._mailbox(page))
            page = page.at_shop(catalogue)
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
            sent=sent_again(form, page, form_key(request, form) or self.new_key()),
            permission=self.permissions.issue(problem.scope, form.proof) if self.permissions else "",
            is_multipart=media_type(request) == MULTIPART,
            failed=form.proof is not None,
        )

    def waiting(
        self, request: func.HttpRequest, given: Mapping[str, str], form: Form, problem: Problem
    ) -> func.HttpResponse:
        """Somebody who has to wait; nobody is asked for anything, and everything typed can be sent again."""
        return self._sorry(self._page(request, given), problem, form)

    def unreadable(
        self, request: func.HttpRequest, given: Mapping[str, str], problem: Problem
    ) -> func.HttpResponse:
        """A form that could not be read at all."""
        return self._sorry(self._page(request, given), problem, NO_FORM)

    def leaving(
        self, request: func.HttpRequest, given: Mapping[str, str], made: BookingOutcome, where: str
    ) -> func.HttpResponse:
        """A booking in a frame whose visitor goes on elsewhere, in the whole window."""
        page, stands = self._page(request, given), made.status == "confirmed"
        return self.render("leaving.html", page, reference=made.reference, stands=stands, where=where)

    def address(self, request: func.HttpRequest, given: Mapping[str, str], reference: str, token: str) -> str:
        """The address of a booking's own page."""
        page, email = PageRequest.of(request, given), given.get("customer.email", "")
        mailed = self.sealer.seal_alike(f"{reference} {email}") if email else None
        booked = {"reference": reference, "token": token, "mailed": mailed}
        return page.link(service=None, staff=None, campaign=None, **booked)

    def _mailed(self, page: PageRequest) -> str | None:
        """The e-mail address of this very booking, which no address bar shows in the open."""
        reference, _, email = (self.sealer.unseal(page.here.get("mailed", "")) or "").partition(" ")
        return email if reference == page.here.get("reference") else None

    def _form(self, view: FormView, problem: Problem | None = None) -> func.HttpResponse:
        status, headers = (problem.status, problem.all_headers) if problem else (200, {})
        return self.render("details.html", view.page, status, headers, view=view, catalogue=view.catalogue)

    def _sorry(self, page: PageRequest, problem: Problem, form: Form) -> func.HttpResponse:
        """What went wrong; what was typed goes along with a button that sends it again."""
        texts = shown(page.t, problem, form, None)
        again = page.elsewhere_in(page.t.tag) if problem.status in PASSING and form is NO_FORM else None
        kept = {**form.fields, "lang": page.t.tag} if form.fields and has_room(form.fields) else {}
        kept.pop("humanCheck", None)
        return self.render(
            "sorry.html", page, problem.status, problem.all_headers, errors=texts, kept=kept, again=again
        )

    def _page(self, request: func.HttpRequest, given: Mapping[str, str]) -> PageRequest:
        """The request in the shop's language, as far as the shop is known; asks nobody."""
        page = PageRequest.of(request, given)
        return page.at_shop(self.catalogues.known(self.mailboxes.get(page.alias, "")))

    def _mailbox(self, page: PageRequest) -> str:
        return mailbox_of(self.mailboxes, page.alias)

    async def _month(
        self,
        page: PageRequest,
        asked: Mapping[str, str],
        catalogue: Catalogue,
        service: Service,
        near: date | None,
    ) -> MonthView:
        async def find(first: date, last: date) -> Sequence[Slot]:
            return await self._slots(page, service, first, last)

        search = MonthSearch(page=page, catalogue=catalogue, service=service, now=self.clock(), find=find)
        return await search(asked, near)

    async def _slots(self, page: PageRequest, service: Service, first: date, last: date) -> Sequence[Slot]:
        """The slots that start on these dates of the visitor's zone."""
        zone = page.zone.key if page.zone else None
        wanted = SlotQuery(self._mailbox(page), service.id, first, last, zone, page.kept.get("staff"))
        return (await self.availability(wanted)).slots

    async def _others(
        self,
        page: PageRequest,
        catalogue: Catalogue,
        service: Service,
        wanted: Sequence[datetime],
        *,
        same: bool,
    ) -> Sequence[Slot]:
        """The bookable starts that lie nearest; the wanted one itself only if it is the `same` again."""
        now, zone = self.clock(), page.zone_at(catalogue.business)
        last = local_day(now + effective_policy(catalogue.business, service).maximum_advance, zone)
        for first in windows(wanted, now, last, zone):
            try:
                found = await self._slots(page, service, first, first + NEAR)
            except DomainError:
                return ()
            others = nearest(found, wanted or (now,), OTHERS, same=same)
            if others:
                return others
        return ()


def _sent(form: Form) -> datetime | None:
    """The start that a form asked for, which may be local in its `timeZone`."""
    try:
        return start_of(form["start"], form["timeZone"] or None)
    except (Problem, ValueError, OverflowError):
        return None
