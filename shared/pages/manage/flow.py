"""From a booking's reference and token to the page that shows, moves or cancels it, by use cases alone."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import azure.functions as func

from shared.api.problems import Problem, problem_of
from shared.api.requests.bodies import CancelBody, RescheduleBody
from shared.api.requests.booking_request import start_of, wished_time
from shared.api.requests.fields import validated
from shared.api.requests.forms import Form, read_form
from shared.api.requests.query import query
from shared.api.requests.submission import FIELD_NAME
from shared.api.responses.booking import unconfirmed
from shared.booking.lookup import FindBooking
from shared.booking.manage.manage import Manage
from shared.booking.manage.standing import Standing
from shared.booking.manage.wish import Wish
from shared.booking.ports import Clock
from shared.booking.records import BookingRow
from shared.booking.slots.availability import SlotQuery
from shared.domain.addresses import mailbox_of
from shared.domain.errors import BookingPending, OutcomeUnknown, Refused
from shared.domain.intervals import local_day
from shared.domain.slots import Slot
from shared.domain.zones import iana_zone
from shared.pages.choose import MonthSearch
from shared.pages.error_texts import shown
from shared.pages.manage.credentials import Credentials
from shared.pages.manage.views import CANCELLED, MOVED, BookingView, MoveView
from shared.pages.page_request import SHOWN, PageRequest
from shared.pages.policy import PagePolicy
from shared.pages.rendering import Renderer
from shared.pages.result import POLL

PATH = "/api/manage"
KEPT = SHOWN | {"staff"}
NO_FORM = Form({})
LOOKED_AT = {"cancel": "reason", "move": "time"}
"""The page of each step that changes something; whoever wants it in another language changes nothing."""

INVALID = Problem("booking-token-invalid")


@dataclass(frozen=True, slots=True)
class Opened:
    """A booking that somebody has opened, and what they sent."""

    request: func.HttpRequest
    page: PageRequest
    form: Form
    row: BookingRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageFlow:
    """Makes the pages of a booking; all of them may raise NotFound, GraphError and StoreUnavailable.

    Nothing is known by an address: each step is a form that brings the reference and the token in its body.
    """

    mailboxes: Mapping[str, str]
    managing: Manage
    find_booking: FindBooking
    count_change: Callable[[func.HttpRequest], Awaitable[None]]
    clock: Clock
    policy: PagePolicy

    @property
    def render(self) -> Renderer:
        """Makes the answer of a template; no page of a booking asks for a human check, nor loads one."""
        return Renderer(replace(self.policy, human_check="off"))

    def first(self, request: func.HttpRequest) -> func.HttpResponse:
        """The form that opens a booking; asks nobody."""
        page = self._page(request, query(request))
        self._mailbox(page)
        return self.render("manage/open.html", page, reference="", error=None)

    async def sent(self, request: func.HttpRequest) -> func.HttpResponse:
        """The page that a form asks for; raises Problem where it cannot be read."""
        form = read_form(request, ())
        page, given = self._page(request, {**form.fields, **_spoken(request)}), Credentials.of(form)
        row = await self.managing.parts.rows.opened(self._mailbox(page), given.reference, given.token)
        page = replace(page, secret={"reference": given.reference, "token": given.token})
        if row is None:
            return await self._without_row(page, given)
        page = replace(page, zone=page.zone or iana_zone(row.time_zone))
        steps: Mapping[str, Callable[[Opened], Awaitable[func.HttpResponse]]] = {
            "days": self._days,
            "time": self._time,
            "move": self._move,
            "reason": self._reason,
            "cancel": self._cancel,
        }
        step = LOOKED_AT.get(form["step"], form["step"]) if _spoken(request) else form["step"]
        return await steps.get(step, self._look)(Opened(request, page, form, row))

    async def now(self, request: func.HttpRequest, row: BookingRow, token: str) -> func.HttpResponse:
        """The booking as it stands, for a page whose address has the token: the result page of a booking."""
        page = replace(
            self._page(request, query(request)), secret={"reference": row.reference, "token": token}
        )
        return self._shown(page, await self.managing.read(row))

    def failure(self, request: func.HttpRequest, problem: Problem) -> func.HttpResponse:
        """A page that could not be made, and the way to try again."""
        form = _typed(request)
        page, given = self._page(request, {**query(request), **form.fields}), Credentials.of(form)
        if given.token:
            page = replace(page, secret={"reference": given.reference, "token": given.token})
        texts = shown(page.t, problem, NO_FORM, None)
        return self.render(
            "sorry.html", page, problem.status, problem.all_headers, errors=texts, kept={}, again=None
        )

    async def _without_row(self, page: PageRequest, given: Credentials) -> func.HttpResponse:
        """A booking that does not stand yet or never did; else the form again."""
        record = await self.find_booking(self._mailbox(page), given.reference, given.token)
        if record is None:
            again = replace(page, secret={})
            error = page.t.code(INVALID.code)
            return self.render(
                "manage/open.html", again, INVALID.status, reference=given.reference, error=error
            )
        state = unconfirmed(record)
        if state is not None and state.status == "failed":
            return self.render("failed.html", page, reference=record.reference)
        return self._pending(page, record.reference)

    async def _look(self, opened: Opened, done: str | None = None) -> func.HttpResponse:
        """The booking as it stands."""
        return self._shown(opened.page, await self.managing.read(opened.row), done)

    def _shown(self, page: PageRequest, standing: Standing, done: str | None = None) -> func.HttpResponse:
        page = page.at_shop(standing.catalogue)
        if standing.is_pending:
            return self._pending(page, standing.row.reference)
        view = BookingView(page, standing)
        return self.render("manage/booking.html", page, view=view, catalogue=standing.catalogue, done=done)

    def _pending(self, page: PageRequest, reference: str) -> func.HttpResponse:
        return self.render("manage/pending.html", page, reference=reference, poll=POLL)

    async def _days(self, opened: Opened, problem: Problem | None = None) -> func.HttpResponse:
        """The days and times that it can be moved to; the booking itself where it cannot be moved."""
        standing = await self.managing.read(opened.row)
        page = opened.page.at_shop(standing.catalogue).in_zone(opened.form["zone"], self.clock())
        if not standing.can_reschedule.allowed:
            return self._shown(page, standing)
        zone = page.zone_at(standing.catalogue.business)

        async def find(first: date, last: date) -> Sequence[Slot]:
            row, staff = opened.row, page.kept.get("staff")
            wanted = SlotQuery(row.business, row.service_id, first, last, zone.key, staff)
            return (await self.managing.slots(row, wanted)).slots

        catalogue, service = standing.catalogue, standing.service
        search = MonthSearch(page=page, catalogue=catalogue, service=service, now=self.clock(), find=find)
        near = local_day(standing.appointment.span.start, zone)
        view = await search(opened.form.fields, near, then="time")
        status, headers = (problem.status, problem.all_headers) if problem else (200, {})
        return self.render(
            "manage/times.html",
            page,
            status,
            headers,
            view=view,
            catalogue=catalogue,
            booking=BookingView(page, standing),
            note=None,
            errors=shown(page.t, problem, NO_FORM, service) if problem else (),
        )

    async def _time(self, opened: Opened) -> func.HttpResponse:
        """The chosen time beside the one that it has, and the button that moves it."""
        try:
            start = start_of(opened.form["start"], None)
        except Problem as problem:
            return await self._days(opened, problem)
        standing = await self.managing.read(opened.row)
        page = opened.page.at_shop(standing.catalogue)
        if not standing.can_reschedule.allowed:
            return self._shown(page, standing)
        view = MoveView(BookingView(page, standing), start)
        return self.render("manage/move.html", page, view=view, catalogue=standing.catalogue)

    async def _move(self, opened: Opened) -> func.HttpResponse:
        """The booking at its new time; it is moved only if it is still the one that was looked at."""
        form, row = opened.form, opened.row
        try:
            sent = {name: form[name] for name in ("start", "timeZone") if form[name]}
            body = validated(RescheduleBody, {**sent, "staffId": form["staff"] or None}, FIELD_NAME)
            start, zone = wished_time(body.start, body.time_zone)
        except Problem as problem:
            return await self._days(opened, problem)
        if form["changes"] == str(row.changes):
            await self.count_change(opened.request)
            try:
                await self.managing.reschedule(row, Wish(start, body.staff_id, zone), None)
            except (OutcomeUnknown, BookingPending):
                return self._pending(opened.page, row.reference)
            except Refused as error:
                return await self._days(opened, problem_of(error))
        opened = await self._again(opened)
        standing = await self.managing.read(opened.row)
        is_there = standing.stands and standing.appointment.span.start == start
        return self._shown(opened.page, standing, MOVED if is_there else "manage.changed")

    async def _reason(self, opened: Opened, problem: Problem | None = None) -> func.HttpResponse:
        """What would be cancelled, and the button that cancels it; a reason where somebody would read it."""
        standing = await self.managing.read(opened.row)
        page = opened.page.at_shop(standing.catalogue)
        if not standing.can_cancel.allowed:
            return self._shown(page, standing)
        is_heard = self.managing.parts.sends_reason and standing.appointment.maximum_attendees == 1
        return self.render(
            "manage/cancel.html",
            page,
            problem.status if problem else 200,
            problem.all_headers if problem else {},
            view=BookingView(page, standing),
            catalogue=standing.catalogue,
            asks_reason=is_heard,
            reason=opened.form["reason"],
            errors=shown(page.t, problem, NO_FORM, standing.service) if problem else (),
        )

    async def _cancel(self, opened: Opened) -> func.HttpResponse:
        """The booking cancelled; the second time too."""
        await self.count_change(opened.request)
        try:
            body = validated(CancelBody, {"reason": opened.form["reason"]}, FIELD_NAME)
            await self.managing.cancel(opened.row, body.reason or None, None)
        except (OutcomeUnknown, BookingPending):
            return self._pending(opened.page, opened.row.reference)
        except Problem as problem:
            return await self._reason(opened, problem)
        except Refused as error:
            return await self._reason(opened, problem_of(error))
        return await self._look(await self._again(opened), CANCELLED)

    async def _again(self, opened: Opened) -> Opened:
        """The same with the row as it is after the change."""
        row = opened.row
        return replace(
            opened, row=await self.managing.parts.rows.store.get(row.business, row.reference) or row
        )

    def _page(self, request: func.HttpRequest, given: Mapping[str, str]) -> PageRequest:
        """The request in the shop's language, as far as the shop is known; asks nobody."""
        page = PageRequest.of(request, {name: text for name, text in given.items() if name in KEPT})
        page = replace(page, path=PATH)
        known = self.managing.parts.booked.catalogues.known(self.mailboxes.get(page.alias, ""))
        return page.at_shop(known)

    def _mailbox(self, page: PageRequest) -> str:
        return mailbox_of(self.mailboxes, page.alias)


def _spoken(request: func.HttpRequest) -> Mapping[str, str]:
    """The language of a button that shows the same page in another one; all else is in the body."""
    return {"lang": request.params["lang"]} if request.params.get("lang") else {}


def _typed(request: func.HttpRequest) -> Form:
    """What was sent, so that it can be sent again; nothing where it cannot be read."""
    try:
        return read_form(request, ()) if request.method == "POST" else NO_FORM
    except Problem:
        return NO_FORM
