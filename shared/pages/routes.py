"""The routes that answer with pages, and bookings that come as forms from them or from any other website."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import azure.functions as func

from shared.api.admission.permission import Permissions, is_permission
from shared.api.admission.visitors import Unproved
from shared.api.pipeline import problem_for
from shared.api.problems import Problem
from shared.api.requests.bodies import BookingBody
from shared.api.requests.fields import validated
from shared.api.requests.form_origin import check_form_origin
from shared.api.requests.forms import Form, form_submission, read_form
from shared.api.requests.ignored_fields import IgnoredFields
from shared.api.requests.negotiation import prefers_html
from shared.api.requests.query import query
from shared.api.requests.return_address import return_address, with_query
from shared.api.requests.submission import FIELD_NAME, Submission, is_form
from shared.api.responses.booking import BookingOutcome, booking_response
from shared.api.responses.model import NO_STORE
from shared.booking.lookup import FindBooking
from shared.booking.manage.manage import Manage
from shared.booking.ports import Clock
from shared.booking.sealing import Sealer
from shared.booking.slots.availability import Availability
from shared.booking.slots.catalogue import Catalogues
from shared.domain.addresses import mailbox_of, manage_address
from shared.domain.errors import GraphError, NotFound
from shared.domain.model import Catalogue
from shared.pages.calendars.file import calendar_file
from shared.pages.policy import PagePolicy

if TYPE_CHECKING:
    from shared.pages.flow import BookingFlow
    from shared.pages.manage.flow import ManageFlow

NO_FORM = Form({})
BEFORE_GRAPH = frozenset({"too-many-requests", "origin-refused"})
"""Refusals after which nobody at Graph is asked anything, not even for a page."""


IN_A_FRAME = frozenset({"iframe", "frame", "empty"})
"""Values of Sec-Fetch-Dest for what does not become the whole page: a frame's, or what a script asks for."""


class Book(Protocol):
    """The API's handler of a visitor's booking; `read` tells what the body says."""

    async def __call__(
        self, request: func.HttpRequest, read: Callable[[func.HttpRequest], Submission] = ..., /
    ) -> BookingOutcome:
        """What became of it; raises Problem and DomainError."""
        ...


@dataclass(frozen=True, kw_only=True)
class Pages:
    """What browsers ask for: the steps of the page, its result, and the booking sent by its form.

    What makes the pages is loaded when the first one is asked for. `new_key` gives an idempotency key of
    our own; there are no `permissions` where a button alone never books. `count_change` counts a change of
    a booking as a booking is counted, and raises TooManyRequests. `own_root` is where the deployment is
    reached; where nobody knows, the request's host if the pages `trusts_host`.
    """

    mailboxes: Mapping[str, str]
    catalogues: Catalogues
    availability: Availability
    manage: Manage
    find_booking: FindBooking
    visit: Callable[[func.HttpRequest], Awaitable[None]]
    book_for_visitor: Book
    policy: PagePolicy
    clock: Clock
    ignored_fields: IgnoredFields
    permissions: Permissions | None
    new_key: Callable[[], str]
    count_change: Callable[[func.HttpRequest], Awaitable[None]]
    sealer: Sealer
    own_root: str | None = None
    trusts_host: bool = False

    @cached_property
    def flow(self) -> "BookingFlow":
        """The steps of the booking page."""
        from shared.pages.flow import BookingFlow  # noqa: PLC0415 (templates and languages take a while)

        return BookingFlow(
            mailboxes=self.mailboxes,
            catalogues=self.catalogues,
            availability=self.availability,
            clock=self.clock,
            policy=self.policy,
            permissions=self.permissions,
            new_key=self.new_key,
            sealer=self.sealer,
        )

    @cached_property
    def manage_flow(self) -> "ManageFlow":
        """The page of whoever has booked."""
        from shared.pages.manage.flow import ManageFlow  # noqa: PLC0415 (as above)

        return ManageFlow(
            mailboxes=self.mailboxes,
            managing=self.manage,
            find_booking=self.find_booking,
            count_change=self.count_change,
            clock=self.clock,
            policy=self.policy,
        )

    async def page(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /book/{business}`, and by `POST` the form as it was typed, in another language."""
        flow, asked = self.flow, query(request)
        try:
            if request.method == "POST":
                return await self._retyped(request, asked)
            if "reference" in asked:
                return await self._result(request, asked["reference"], asked.get("token", ""))
            if asked.get("step", "load") == "load" and ("service" not in asked or "step" in asked):
                return flow.first(request)
            await self.visit(request)
            return await flow.step(request)
        except Exception as error:  # noqa: BLE001 (whatever went wrong, the visitor gets a page)
            return flow.failure(request, problem_for(error))

    async def _retyped(self, request: func.HttpRequest, asked: Mapping[str, str]) -> func.HttpResponse:
        """The form again with everything that was typed; the address says the language, the body all else."""
        await self.visit(request)
        form = read_form(request, self.ignored_fields)
        given = _given(form, returns=not self._refuses_return(form))
        return await self.flow.retyped(request, {**given, "lang": asked.get("lang", "")}, form)

    async def _result(self, request: func.HttpRequest, reference: str, token: str) -> func.HttpResponse:
        """What became of a booking; as it stands now where it was changed since, or its record has gone."""
        await self.visit(request)
        row = await self.manage.parts.rows.opened(self._mailbox(request), reference, token)
        record = await self.find_booking(self._mailbox(request), reference, token)
        if row is not None and (record is None or row.changes or row.cancelled is not None):
            return await self.manage_flow.now(request, row, token)
        if record is None:
            raise _invalid()
        return self.flow.result(request, record, token, await self._known_catalogue(request))

    async def manage_page(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET` and `POST /manage/{business}`; the reference and the token come in the body alone."""
        try:
            if request.method != "POST":
                return self.manage_flow.first(request)
            await self.visit(request)
            return await self.manage_flow.sent(request)
        except Exception as error:  # noqa: BLE001 (whatever went wrong, the visitor gets a page)
            return self.manage_flow.failure(request, problem_for(error))

    async def calendar(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /v1/businesses/{business}/bookings/{reference}/calendar.ics` with the booking's token."""
        await self.visit(request)
        reference = request.route_params.get("reference", "")
        row = await self.manage.parts.rows.opened(self._mailbox(request), reference, _token(request))
        if row is None:
            record = await self.find_booking(self._mailbox(request), reference, _token(request))
            raise _invalid() if record is None else NotFound("booking")
        alias, root = request.route_params.get("business", ""), self.own_root or self._host(request)
        link = root and manage_address(root, alias, reference, _token(request))
        body = calendar_file(await self.manage.read(row), alias, link)
        disposition = f'attachment; filename="{row.reference}.ics"'
        headers = {**NO_STORE, "Content-Disposition": disposition}
        return func.HttpResponse(body, headers=headers, mimetype="text/calendar", charset="utf-8")

    async def book(self, request: func.HttpRequest) -> func.HttpResponse:
        """`POST /v1/businesses/{business}/bookings`, as JSON or as a form; browsers get pages."""
        if not is_form(request):
            return booking_response(await self.book_for_visitor(request))
        if prefers_html(request.headers.get("accept", "")):
            return await self._submitted(request)
        return booking_response(await self.book_for_visitor(request, self._reading([])))

    async def _submitted(self, request: func.HttpRequest) -> func.HttpResponse:
        read: list[Form] = []
        try:
            made = await self.book_for_visitor(request, self._reading(read))
            return self._moved(request, read[0], made)
        except Exception as error:  # noqa: BLE001 (whatever went wrong, the visitor gets a page)
            problem = problem_for(error)
        form = read[0] if read else _typed(request, problem)
        given = _given(form, returns=all(one.pointer != "/returnUrl" for one in problem.errors))
        if problem.code in BEFORE_GRAPH:
            return self.flow.waiting(request, given, form, problem)
        if form is NO_FORM:
            return self.flow.unreadable(request, given, problem)
        if isinstance(problem, Unproved) and (form.proof is None or is_permission(form.proof)):
            return await self.flow.unproved(request, given, form, problem)
        return await self.flow.refused(request, given, form, problem)

    def _reading(self, read: list[Form]) -> Callable[[func.HttpRequest], Submission]:
        """What reads the form, once its visitor is let in, and keeps it in the list."""

        def submission(request: func.HttpRequest) -> Submission:
            check_form_origin(request, self.policy.form_origins)
            read.append(read_form(request, self.ignored_fields))
            self._check(read[0])
            return form_submission(request, read[0])

        return submission

    def _refuses_return(self, form: Form) -> bool:
        try:
            return_address(form["returnUrl"], self.policy.return_origins)
        except Problem:
            return True
        return False

    def _check(self, form: Form) -> None:
        """Refuse a return address that is not allowed, along with whatever else is wrong."""
        try:
            return_address(form["returnUrl"], self.policy.return_origins)
        except Problem as refused:
            try:
                validated(BookingBody, form.value(), FIELD_NAME)
            except Problem as also:
                raise Problem("fields-invalid", errors=(*refused.errors, *also.errors)) from None
            raise

    def _moved(self, request: func.HttpRequest, form: Form, made: BookingOutcome) -> func.HttpResponse:
        """303 to the page that the form named, else to the booking's own, which may be loaded again.

        In another website's frame a page that leads there instead: the address is for the whole window.
        """
        back = return_address(form["returnUrl"], self.policy.return_origins)
        if back is not None:
            where = with_query(back, {"reference": made.reference, "status": made.status})
            if form["embed"] and request.headers.get("sec-fetch-dest", "") in IN_A_FRAME:
                return self.flow.leaving(request, _given(form), made, where)
        else:
            where = self.flow.address(request, _given(form), made.reference, made.token)
        replayed = {"Idempotent-Replayed": "true"} if made.is_replay else {}
        headers = {**NO_STORE, "Vary": "Accept", **replayed, "Location": where}
        return func.HttpResponse(status_code=303, headers=headers, mimetype="text/html")

    async def _known_catalogue(self, request: func.HttpRequest) -> Catalogue | None:
        """The catalogue, for what is nice to have."""
        try:
            return await self.catalogues.get(self._mailbox(request))
        except GraphError:
            return None

    def _host(self, request: func.HttpRequest) -> str | None:
        """The request's own host; whoever asks may write anything there, so no deployment believes it."""
        url = urlsplit(request.url)
        return f"{url.scheme}://{url.netloc}" if self.trusts_host else None

    def _mailbox(self, request: func.HttpRequest) -> str:
        return mailbox_of(self.mailboxes, request.route_params.get("business", ""))


def _typed(request: func.HttpRequest, problem: Problem) -> Form:
    """What a visitor typed who only has to wait, so that it can be sent again; read after the limit."""
    try:
        return read_form(request) if problem.code == "too-many-requests" else NO_FORM
    except Problem:
        return NO_FORM


def _invalid() -> Problem:
    return Problem("booking-token-invalid", "Expected a reference together with its own token.")


def _token(request: func.HttpRequest) -> str:
    token: str = request.headers.get("booking-token") or request.params.get("token", "")
    return token


def _given(form: Form, *, returns: bool = True) -> Mapping[str, str]:
    """A form's fields under the names that the page has for them."""
    given = {**form.fields, "service": form["serviceId"], "staff": form["staffId"]}
    return given if returns else {**given, "returnUrl": ""}
