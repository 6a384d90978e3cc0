"""Running one function once: its context, its thread or coroutine, its time-out and its log lines."""

import asyncio
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from azure.functions import Context

from devtools.functions_host.declarations import Function
from devtools.functions_host.errors import StartError

log = logging.getLogger("functions_host")


class FunctionFailedError(Exception):
    """A function raised or ran out of time; the log has already told why."""


@dataclass(frozen=True, slots=True)
class TraceContext:
    """The W3C trace headers of an invocation."""

    trace_parent: str
    trace_state: str

    @property
    def Traceparent(self) -> str:  # noqa: N802 - the older spelling, which the worker still offers
        """The same as `trace_parent`."""
        return self.trace_parent

    @property
    def Tracestate(self) -> str:  # noqa: N802 - as above
        """The same as `trace_state`."""
        return self.trace_state

    @property
    def attributes(self) -> dict[str, str]:
        """Tags of the activity: none here."""
        return {}


def trace_context(headers: Mapping[str, str]) -> TraceContext:
    """Continue the caller's trace where it sent one, else begin one."""
    begun = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
    return TraceContext(headers.get("traceparent", begun), headers.get("tracestate", ""))


@dataclass(frozen=True, slots=True)
class RetryContext:
    """Retry policies are not imitated: every invocation is the first attempt."""

    retry_count: int = 0
    max_retry_count: int = 0
    exception: None = None


class InvocationContext(Context):
    """The `context` argument of one invocation."""

    def __init__(self, invocation_id: str, function: str, folder: Path, trace: TraceContext) -> None:
        self._invocation_id = invocation_id
        self._function_name = function
        self._function_directory = str(folder)
        self._trace_context = trace
        self._local = threading.local()
        self._local.invocation_id = invocation_id

    @property
    def invocation_id(self) -> str:
        """The id that the log lines of this invocation carry."""
        return self._invocation_id

    @property
    def thread_local_storage(self) -> threading.local:  # type: ignore[override] # the library says "type of"
        """Storage that carries the invocation's id to the app's own threads."""
        return self._local

    @property
    def function_name(self) -> str:
        """The name under which the function is declared."""
        return self._function_name

    @property
    def function_directory(self) -> str:
        """The folder of the app."""
        return self._function_directory

    @property
    def trace_context(self) -> TraceContext:  # type: ignore[override] # the same shape, not the same class
        """The trace that this invocation belongs to."""
        return self._trace_context

    @property
    def retry_context(self) -> RetryContext:  # type: ignore[override] # as above
        """Which attempt this is."""
        return RetryContext()


class Invoker:
    """Runs functions: coroutines on the event loop, the others in a pool of threads.

    `late` is called when one of them runs out of time: the real host kills the worker then, and every call
    that is in it.
    """

    def __init__(
        self, folder: Path, timeout: timedelta | None, threads: int, late: Callable[[], None] | None = None
    ) -> None:
        self._folder = folder
        self._timeout = None if timeout is None else timeout.total_seconds()
        self._late = late
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="function")

    async def run(self, function: Function, argument: object, trace: TraceContext, reason: str) -> object:
        """What a function returned that was run once.

        Raises FunctionFailedError after logging the traceback. The log holds the function's name and the
        invocation's id, never a query string or a body.
        """
        invocation_id = str(uuid4())
        log.info("Executing 'Functions.%s' (Reason='%s', Id=%s)", function.name, reason, invocation_id)
        started = time.perf_counter()
        outcome = "Failed"
        try:
            result = await self._call(function, argument, invocation_id, trace)
            outcome = "Succeeded"
        except TimeoutError as error:
            log.exception("'Functions.%s' (Id=%s) ended with a time-out", function.name, invocation_id)
            if self._late is not None:
                self._late()
            raise FunctionFailedError from error
        except Exception as error:
            log.exception("'Functions.%s' (Id=%s) raised", function.name, invocation_id)
            raise FunctionFailedError from error
        finally:
            elapsed = round((time.perf_counter() - started) * 1000)
            line = "Executed 'Functions.%s' (%s, Id=%s, Duration=%dms)"
            log.info(line, function.name, outcome, invocation_id, elapsed)
        return result

    async def _call(
        self, function: Function, argument: object, invocation_id: str, trace: TraceContext
    ) -> object:
        arguments = {function.argument: argument}
        if function.wants_context:
            arguments["context"] = InvocationContext(invocation_id, function.name, self._folder, trace)
        if function.is_async:
            return await asyncio.wait_for(function.call(**arguments), self._timeout)
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(self._threads, lambda: function.call(**arguments))
        return await asyncio.wait_for(running, self._timeout)

    def close(self) -> None:
        """Begin no further work; a thread that is still busy is left to its end."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def thread_count(environ: Mapping[str, str]) -> int:
    """PYTHON_THREADPOOL_THREAD_COUNT, with the default of Python's own pool."""
    text = environ.get("PYTHON_THREADPOOL_THREAD_COUNT")
    if text is None:
        return min(32, (os.cpu_count() or 1) + 4)
    if not text.isascii() or not text.isdecimal() or not int(text):
        raise StartError(f"PYTHON_THREADPOOL_THREAD_COUNT is not a positive number: {text!r}")
    return int(text)
