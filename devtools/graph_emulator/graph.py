"""One Graph request from its path to its answer: route, token, limit, weather, work, log."""

import asyncio
import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

from devtools.graph_emulator import appointments, businesses, catalogue
from devtools.graph_emulator.availability import get_staff_availability
from devtools.graph_emulator.errors import (
    GraphError,
    access_denied,
    bad_request,
    no_such_mailbox,
    not_a_booking_mailbox,
    throttled,
    unknown_error,
)
from devtools.graph_emulator.exchange import Json, Lost, Reply, Request
from devtools.graph_emulator.faults import BadWeather, Fault
from devtools.graph_emulator.roles import may
from devtools.graph_emulator.router import Route, find_route
from devtools.graph_emulator.store import Business
from devtools.graph_emulator.versions import body_from_v1, reply_from_beta
from devtools.graph_emulator.wire import guid, read_moment
from devtools.graph_emulator.world import Call, World

OPERATIONS: dict[str, Callable[[Call], Reply]] = {
    **businesses.OPERATIONS,
    **catalogue.OPERATIONS,
    **appointments.OPERATIONS,
    "getStaffAvailability": get_staff_availability,
}


AGS_DIAGNOSTIC = '{"ServerInfo":{"DataCenter":"Emulated","Slice":"E","Ring":"0","RoleInstance":"EMULATOR"}}'
"""Where an answer was made, as Graph says it in a header."""


class ConnectionLost(Exception):
    """The connection breaks at this point of a request."""


async def answer(world: World, request: Request) -> Reply | Lost:
    """The answer of Graph, logged; `Lost` where the weather breaks the connection."""
    entry: Json = {"operation": "unknown", "business": None}
    try:
        reply: Reply | Lost = await _serve(world, request, entry)
    except GraphError as error:
        reply = _error_reply(world, request, error)
    except ConnectionLost:
        reply = Lost()
    return _finish(world, request, entry, reply)


async def _serve(world: World, request: Request, entry: Json) -> Reply:
    route = find_route(request.method, request.segments)
    entry.update(operation=route.operation, business=route.business)
    claims = _authorise(world, request, route)
    business = _find_business(world, route)
    app_id = str(claims.get("appid", ""))
    if business is None:
        return await _work(Call(world, request, route, None))
    if not world.switches.throttle_lengthens:
        return await _in_turn(Call(world, request, route, business), app_id)
    seconds = world.throttle.is_early(app_id, business.id)
    if seconds is not None:
        raise throttled(seconds)
    try:
        return await _in_turn(Call(world, request, route, business), app_id)
    except GraphError as error:
        if error.status == 429:  # noqa: PLR2004 - the status says what it means
            world.throttle.close(app_id, business.id, error.retry_after or 0.0)
        raise


async def _in_turn(call: Call, app_id: str) -> Reply:
    """The work, where the mailbox has a place for it."""
    world, business = call.world, call.business
    if not world.throttle.enter(app_id, business.id, world.switches.concurrency_limit):
        raise throttled(world.switches.throttle_retry_after)
    try:
        with world.staff_edits.callers.writing(business.id, call.route.operation, call.item):
            return await _work(call)
    finally:
        world.throttle.leave(app_id, business.id)
        world.staff_edits.act(world.tenant, business, world.switches.visibility_delay)


def _authorise(world: World, request: Request, route: Route) -> Json:
    claims = world.identity.check(request.headers.get("authorization"))
    if not may(claims, route.operation, strict=world.switches.strict_roles):
        raise access_denied(world.switches.missing_role_status)
    return claims


def _find_business(world: World, route: Route) -> Business | None:
    if route.business is None:
        return None
    business = world.tenant.find(route.business)
    if business is not None:
        return business
    raise not_a_booking_mailbox() if route.business.lower() in world.tenant.mailboxes else no_such_mailbox()


async def _work(call: Call) -> Reply:
    """The weather before, the work in one step that nothing interrupts, the weather after."""
    if call.switches.latency > 0:
        await asyncio.sleep(call.switches.latency)
    delivered = await _weather(call, "before")
    reply = _perform(call) if delivered is None else _perform_twice(call, delivered)
    odd = await _weather(call, "after")
    return reply if odd is None else odd.odd(reply)


def _perform_twice(call: Call, fault: Fault) -> Reply:
    """The network delivered the request two times; a caller sees one of the answers, or none."""
    replies = [_perform(call), _perform(call)]
    if fault.answer == "none":
        raise ConnectionLost
    return replies[fault.answer == "second"]


def _perform(call: Call) -> Reply:
    if call.found is not None and call.route.operation == "appointments.patch":
        call.world.staff_edits.strike(
            call.world.tenant, call.found, call.item, call.switches.visibility_delay
        )
    reply = _operate(call)
    if call.found is not None and call.route.operation in {"appointments.get", "calendarView"}:
        _note_reading(call, call.found)
    return reply


def _note_reading(call: Call, business: Business) -> None:
    """Whoever has read may write next, and the staff keep out of the way."""
    callers = call.world.staff_edits.callers
    if call.route.operation == "appointments.get":
        callers.read(business.id, call.item)
    else:
        start, end = (read_moment(call.request.query[name].replace(" ", "+")) for name in ("start", "end"))
        callers.viewed(business.id, start, end)


def _operate(call: Call) -> Reply:
    operation, body = call.route.operation, _read_body(call)
    if call.route.version == "beta":
        return OPERATIONS[operation](replace(call, body=body))
    reply = OPERATIONS[operation](replace(call, body=body_from_v1(operation, body)))
    return reply_from_beta(operation, reply)


async def _weather(call: Call, when: str) -> Fault | None:
    """Wait, or raise what the weather makes of this request; a fault of the work or its answer comes back."""
    business = call.found.id if call.found is not None else None
    for fault in call.world.weather.strike(when, call.route.operation, business):
        if fault.kind == "latency":
            await asyncio.sleep(fault.seconds)
        elif fault.kind == "disconnect":
            raise ConnectionLost
        elif fault.kind in {"twice", "body"}:
            return fault
        else:
            if fault.kind == "late":
                _land_later(call, fault.seconds)
            raise fault.error()
    return None


def _land_later(call: Call, seconds: float) -> None:
    """Have the work of an answered request done after so many seconds; until then it is under way."""
    under_way = ExitStack()
    if call.found is not None:
        callers, item = call.world.staff_edits.callers, call.item
        under_way.enter_context(callers.writing(call.found.id, call.route.operation, item))

    def land() -> None:
        with under_way:
            _perform(call)

    call.world.weather.later(seconds, land)


def _read_body(call: Call) -> object:
    body = call.request.body
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError as error:
        if call.route.operation == "getStaffAvailability":
            raise unknown_error() from error
        raise bad_request("Unable to read JSON request payload.") from error


def _error_reply(world: World, request: Request, error: GraphError) -> Reply:
    request_id, client_id = _ids(world, request)
    date = world.clock.now().strftime("%Y-%m-%dT%H:%M:%S")
    headers = {"Cache-Control": "no-store", "x-ms-ags-diagnostic": AGS_DIAGNOSTIC}
    if error.retry_after is not None:
        headers["Retry-After"] = f"{error.retry_after:g}"
    if error.status == 401:  # noqa: PLR2004 - the status says what it means
        headers["WWW-Authenticate"] = 'Bearer realm="", client_id="00000003-0000-0000-c000-000000000000"'
    reply = Reply(error.status, error.body(date, request_id, client_id), headers=headers)
    return error.dress(reply) if isinstance(error, BadWeather) else reply


def _ids(world: World, request: Request) -> tuple[str, str]:
    request_id = guid("request", world.journal.next_number)
    return request_id, request.headers.get("client-request-id", request_id)


def _finish(world: World, request: Request, entry: Json, reply: Reply | Lost) -> Reply | Lost:
    request_id, client_id = _ids(world, request)
    entry.update(
        method=request.method,
        path=request.path,
        query=request.query_string,
        status=0 if isinstance(reply, Lost) else reply.status,
        requestId=request_id,
        clientRequestId=client_id,
        time=world.stamp(),
    )
    world.journal.write(entry)
    if isinstance(reply, Lost):
        return reply
    ids = {
        "request-id": request_id,
        "client-request-id": client_id,
        "Strict-Transport-Security": "max-age=31536000",
    }
    return replace(reply, headers={**reply.headers, **ids})
