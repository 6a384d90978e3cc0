"""The host itself: an ASGI app in front of the functions of one app."""

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

from azure.functions.timer import TimerRequest

from devtools.functions_host.admin import Admin, shows_homepage
from devtools.functions_host.cors import is_preflight, origin_headers, preflight_answer
from devtools.functions_host.declarations import (
    Declared,
    FunctionApp,
    HttpFunction,
    TimerFunction,
    read_declarations,
)
from devtools.functions_host.invocation import FunctionFailedError, Invoker, thread_count, trace_context
from devtools.functions_host.keys import Keys, read_keys
from devtools.functions_host.messages import BadReturnError, from_function, to_function
from devtools.functions_host.settings import Cors, HostJson, body_limit, parse_host_json
from devtools.functions_host.timers import next_occurrence, run_timer, timer_request, utc_now
from devtools.functions_host.wire import (
    Answer,
    BodyTooLargeError,
    Receive,
    Request,
    Scope,
    Send,
    read_body,
    read_request,
    send_answer,
)

log = logging.getLogger("functions_host")
_Result = TypeVar("_Result")


class FunctionsHost:
    """Serves one function app over ASGI.

    `start` runs the timers and `stop` ends everything; an ASGI server does both through its lifespan
    events. HTTP needs neither, so a test may drive the host in process without them.
    """

    def __init__(
        self,
        declared: Declared,
        settings: HostJson,
        *,
        cors: Cors,
        keys: Keys,
        invoker: Invoker,
        limit: int,
        run_timers: bool,
        homepage: bool,
    ) -> None:
        self.declared = declared
        self._settings = settings
        self._cors = cors
        self._keys = keys
        self._invoker = invoker
        self._limit = limit
        self._run_timers = run_timers
        self._admin = Admin(keys, declared.timers, self._fire_now, homepage)
        self._running: set[asyncio.Task[Any]] = set()
        self._loops: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection: a request or the server's lifespan."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def start(self) -> None:
        """Begin to run the timers."""
        if self._run_timers:
            self._loops = [self._watched(item) for item in self.declared.timers]

    def stop_timers(self) -> None:
        """Fire no timer any more; a run that is going on goes on."""
        for loop in self._loops:
            loop.cancel()

    def cancel(self) -> None:
        """Cancel what is running."""
        for task in list(self._running):
            task.cancel()

    def kill(self) -> None:
        """Do nothing: what is running ends with this process."""

    async def finish(self) -> None:
        """Wait until nothing is running any more."""
        await asyncio.gather(*self._loops, *self._running, return_exceptions=True)
        self._invoker.close()

    async def stop(self, grace: float = 5.0) -> None:
        """End the timers, give what is running `grace` seconds, then cancel it."""
        self.stop_timers()
        if self._running:
            await asyncio.wait(self._running, timeout=grace)
        self.cancel()
        await self.finish()

    def _watched(self, function: TimerFunction) -> asyncio.Task[None]:
        """The loop of a timer, running; one that dies says so, for nothing else would tell."""
        loop = asyncio.create_task(run_timer(function, self._fire))
        loop.add_done_callback(lambda ended: _tell_death(function, ended))
        return loop

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        await self.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop(grace=2.0)
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = read_request(scope)
        if is_preflight(request):
            answer = preflight_answer(self._cors, request)
        else:
            answer = _with_headers(
                await self._dispatch(request, receive), origin_headers(self._cors, request)
            )
        custom = tuple(self._settings.custom_headers.items())
        await send_answer(send, _with_headers(answer, custom), method=request.method)

    async def _dispatch(self, request: Request, receive: Receive) -> Answer:
        own = self._admin.answer(request)
        if own is not None:
            return own
        found = self._find(request)
        if found is None:
            return Answer(404)
        function, route_values = found
        if not self._keys.allow(function.auth_level, request.key):
            return Answer(401)
        try:
            body = await read_body(request, receive, self._limit)
        except BodyTooLargeError:
            return Answer(413)
        try:
            return await self._keep(self._invoke(function, request, body, route_values))
        except FunctionFailedError:
            return Answer(500)

    def _find(self, request: Request) -> tuple[HttpFunction, dict[str, str]] | None:
        for function in self.declared.http:
            if function.methods is None or request.method in function.methods:
                values = function.template.match(request.path)
                if values is not None:
                    return function, values
        return None

    async def _invoke(
        self, function: HttpFunction, request: Request, body: bytes, route_values: Mapping[str, str]
    ) -> Answer:
        argument = to_function(request, body, route_values)
        reason = "This function was programmatically called via the host APIs."
        try:
            result = await self._invoker.run(function, argument, trace_context(request.headers), reason)
            return from_function(result)
        except BadReturnError:
            log.exception("'Functions.%s' returned what cannot be sent", function.name)
            return Answer(500)

    def _fire_now(self, timer: TimerFunction) -> None:
        now = utc_now()
        self._begin(self._fire(timer, timer_request(now, next_occurrence(timer.schedule, now))))

    async def _fire(self, function: TimerFunction, request: TimerRequest) -> None:
        """Run a timer function; a failure is logged, and the next time comes all the same."""
        reason = f"Timer fired at {utc_now().isoformat()}"
        try:
            await self._keep(self._invoker.run(function, request, trace_context({}), reason))
        except FunctionFailedError:
            return

    async def _keep(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Wait for work that goes on even when the caller does not: a client that leaves stops nothing.

        Raises FunctionFailedError where the work itself was cancelled.
        """
        task = self._begin(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise FunctionFailedError from None
            raise

    def _begin(self, work: Coroutine[Any, Any, _Result]) -> asyncio.Task[_Result]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task


def _tell_death(function: TimerFunction, loop: asyncio.Task[None]) -> None:
    if not loop.cancelled() and (error := loop.exception()) is not None:
        log.critical(
            "the timer of 'Functions.%s' has died; it will not fire again", function.name, exc_info=error
        )


def _with_headers(answer: Answer, headers: tuple[tuple[str, str], ...]) -> Answer:
    """The answer with the headers that it does not have yet."""
    present = {name.lower() for name, _ in answer.headers}
    added = tuple((name, value) for name, value in headers if name.lower() not in present)
    return Answer(answer.status, (*answer.headers, *added), answer.body)


def create_host(
    function_app: FunctionApp,
    host_json: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    cors: Cors | None = None,
    folder: Path | None = None,
    run_timers: bool = True,
    late: Callable[[], None] | None = None,
) -> FunctionsHost:
    """The host of a function app, as an ASGI app.

    `host_json` is the parsed host.json; `environ` gives the keys, the body limit, the number of threads
    and the settings that schedules name; `folder` is what functions see as their directory; `late` is called
    when a function passes host.json's functionTimeout. Raises
    StartError, with what to change, where the app cannot be served as declared.
    """
    settings = parse_host_json(host_json or {})
    declared = read_declarations(function_app, settings.route_prefix, environ)
    for timer in declared.timers:
        next_occurrence(timer.schedule, utc_now())
    return FunctionsHost(
        declared,
        settings,
        cors=cors or Cors(),
        keys=read_keys(environ),
        invoker=Invoker(folder or Path.cwd(), settings.timeout, thread_count(environ), late),
        limit=body_limit(environ),
        run_timers=run_timers,
        homepage=shows_homepage(environ),
    )
