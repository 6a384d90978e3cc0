"""The booking page's routes, and bookings that come as forms from it or from any other website."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import azure.functions as func

from shared.api.calendar_file import calendar_file
from shared.api.forms import Form, is_form, json_request, read_form
from shared.api.handlers import Handlers
from shared.api.pages_errors import shown
from shared.api.pages_layout import Page, PagePolicy, response
from shared.api.pages_negotiation import prefers_html
from shared.api.pages_result import failure, result
from shared.api.pages_return import return_address, with_query
from shared.api.pages_steps import Steps
from shared.api.pages_visit import Visit
from shared.api.parsing import validated
from shared.api.pipeline import NO_STORE
from shared.api.problems import Problem, problem_of, seconds
from shared.api.schemas import BookingBody
from shared.domain.errors import DomainError, NotFound

logger = logging.getLogger(__name__)

NOTHING = Form({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """What browsers ask for: the steps of the page, its result, and the booking sent by its form."""

    handlers: Handlers
    steps: Steps
    policy: PagePolicy

    async def page(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /book/{business}`."""
        visit = Visit.of(request, request.params)
        try:
            page = await self._page(visit, request)
        except Exception as error:  # noqa: BLE001 (whatever went wrong, the visitor gets a page)
            problem = _problem(error)
            page = failure(visit, shown(visit.t, problem, NOTHING, None), problem.status, _headers(problem))
        return response(visit, page, self.policy)

    async def _page(self, visit: Visit, request: func.HttpRequest) -> Page:
        asked = request.params
        if "reference" in asked:
            booked = await self._booked(request, asked["reference"])
            return result(visit, booked, asked.get("token", ""), await self.steps.name(visit))
        if asked.get("step", "load") == "load" and ("service" not in asked or "step" in asked):
            return self.steps.first(visit)
        await self.handlers.admission.gate.visit(request)
        return await self.steps.step(visit, asked)

    async def _booked(self, request: func.HttpRequest, reference: str) -> Mapping[str, Any]:
        """The state of the booking that the request has the token of, as the API tells it."""
        route = {"business": request.route_params.get("business", ""), "reference": reference}
        asked = func.HttpRequest(
            "GET", request.url, headers=request.headers, params=request.params, route_params=route, body=b""
        )
        answer = await self.handlers.booking(asked)
        booked: Mapping[str, Any] = json.loads(answer.get_body())
        return booked

    async def calendar(self, request: func.HttpRequest) -> func.HttpResponse:
        """`GET /v1/businesses/{business}/bookings/{reference}/calendar.ics` with the booking's token."""
        visit = Visit.of(request, request.params)
        booked = await self._booked(request, request.route_params.get("reference", ""))
        if "end" not in booked or booked["status"] != "confirmed":
            raise NotFound("booking")
        known = await self.steps.name(visit)
        body = calendar_file(booked, visit.alias, known.business if known else None, self.steps.clock())
        headers = {
            **NO_STORE,
            "Content-Disposition": f'attachment; filename="{booked["reference"]}.ics"',
        }
        return func.HttpResponse(body, headers=headers, mimetype="text/calendar", charset="utf-8")

    async def book(self, request: func.HttpRequest) -> func.HttpResponse:
        """`POST /v1/businesses/{business}/bookings`, as JSON or as a form; browsers get pages."""
        if not is_form(request):
            return await self.handlers.book(request)
        if prefers_html(request.headers.get("accept", "")):
            return await self._submitted(request)
        form = read_form(request)
        self._check(form)
        return await self.handlers.book(json_request(request, form))

    async def _submitted(self, request: func.HttpRequest) -> func.HttpResponse:
        form = NOTHING
        try:
            form = read_form(request)
            self._check(form)
            answer = await self.handlers.book(json_request(request, form))
            return _moved(_visit(request, form), form, answer)
        except Exception as error:  # noqa: BLE001 (as above)
            problem = _problem(error)
        visit = _visit(request, form, returns=not _is_about_return(problem))
        if form is NOTHING:
            page = failure(visit, shown(visit.t, problem, form, None), problem.status, _headers(problem))
        else:
            page = await self.steps.refused(visit, form, problem, _headers(problem))
        return response(visit, page, self.policy)

    def _check(self, form: Form) -> None:
        """Refuse a return address that is not allowed, along with whatever else is wrong."""
        try:
            return_address(form["returnUrl"], self.policy.return_origins)
        except Problem as refused:
            try:
                validated(BookingBody, form.value())
            except Problem as also:
                raise Problem("fields-invalid", errors=(*refused.errors, *also.errors)) from None
            raise


def _visit(request: func.HttpRequest, form: Form, *, returns: bool = True) -> Visit:
    given = {**form.fields, "service": form["serviceId"], "staff": form["staffId"]}
    return Visit.of(request, given if returns else {**given, "returnUrl": ""})


def _moved(visit: Visit, form: Form, answer: func.HttpResponse) -> func.HttpResponse:
    """303 to the page that the form named, else to the booking's own, which may be loaded again."""
    booked = json.loads(answer.get_body())
    reference, status = booked["reference"], booked["status"]
    if form["returnUrl"]:
        location = with_query(form["returnUrl"], {"reference": reference, "status": status})
    else:
        token = parse_qs(urlsplit(answer.headers["Location"]).query)["token"][0]
        location = visit.link(service=None, staff=None, reference=reference, token=token)
    kept = {name: answer.headers[name] for name in ("Idempotent-Replayed",) if name in answer.headers}
    headers = {**NO_STORE, "Vary": "Accept", **kept, "Location": location}
    return func.HttpResponse(status_code=303, headers=headers, mimetype="text/html")


def _problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, DomainError):
        return problem_of(error)
    logger.error("request.failed", extra={"event": "request.failed"}, exc_info=error)
    return Problem("internal-error")


def _headers(problem: Problem) -> Mapping[str, str]:
    wait = {} if problem.retry_after is None else {"Retry-After": seconds(problem.retry_after)}
    return {**problem.headers, **wait}


def _is_about_return(problem: Problem) -> bool:
    return any(one.pointer == "/returnUrl" for one in problem.errors)
