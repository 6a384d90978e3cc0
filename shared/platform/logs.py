"""Log lines that can hold no personal data: one JSON object of allowed members per line."""

import json
import logging
import traceback
from collections.abc import Callable
from contextvars import ContextVar

correlation_id: ContextVar[str] = ContextVar("correlation_id", default="")
"""The id of the request at hand: in every log line, problem and call to Graph, and the header Request-Id."""

ALLOWED = (
    "event", "operation", "status", "error", "milliseconds", "reference", "staff_choice", "sent", "lost",
    "ended", "policy", "reason", "count", "business", "subject", "receipt", "clientRequestId",
    "graphRequestId",
)  # fmt: skip
"""The extras that may be logged; whatever else a record carries stays where it was made."""

QUIET = ("httpx", "httpcore", "azure", "msal", "urllib3")
"""Libraries whose lines tell addresses and URLs; only their warnings are wanted."""

GUARDED = {"shared": logging.INFO, "asyncio": logging.WARNING}
"""The loggers whose records may hold what a caller typed: the house's own, and the event loop's, which
writes out errors that nobody waited for."""

OUTLET = "bookings_facade"
"""The logger through which the finished lines leave for the host."""


class AllowList(logging.Handler):
    """Writes each record that it is given anew, from allowed members alone, and sends it on to the host.

    A message with arguments and the texts of exceptions may hold what a caller typed, so neither is
    kept: of an exception its type remains, and where it was raised.
    """

    def __init__(self, correlation_id: Callable[[], str]) -> None:
        super().__init__()
        self._correlation_id = correlation_id
        self._outlet = logging.getLogger(OUTLET)

    def emit(self, record: logging.LogRecord) -> None:
        """Send one line on."""
        self._outlet.log(record.levelno, "%s", self.line(record))

    def line(self, record: logging.LogRecord) -> str:
        """The record as one JSON object."""
        members: dict[str, object] = {"logger": record.name, "correlationId": self._correlation_id()}
        members |= {name: getattr(record, name) for name in ALLOWED if hasattr(record, name)}
        if "event" not in members:
            members["event"] = "log"
        if record.exc_info and record.exc_info[1] is not None:
            members["exception"] = _places(record.exc_info[1])
        return json.dumps(members, default=str)


def _places(error: BaseException) -> list[str]:
    """The types of the exception and its causes, each with the lines that it came through."""
    places: list[str] = []
    link: BaseException | None = error
    while link is not None and len(places) < 10:  # noqa: PLR2004 (a chain longer than this says no more)
        frames = traceback.extract_tb(link.__traceback__)
        where = " < ".join(
            f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames)
        )
        places.append(f"{type(link).__name__} at {where}")
        link = link.__cause__ or link.__context__
    return places


def install(correlation_id: Callable[[], str]) -> None:
    """Let records leave through the allow-list only; doing it twice changes nothing more."""
    for name, level in GUARDED.items():
        guarded = logging.getLogger(name)
        guarded.handlers = [AllowList(correlation_id)]
        guarded.propagate = False
        guarded.setLevel(level)
    logging.getLogger(OUTLET).setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
