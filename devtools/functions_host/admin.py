"""What the host answers by itself: its page at `/`, and the routes below /admin and /runtime."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from devtools.functions_host.declarations import TimerFunction
from devtools.functions_host.keys import Keys
from devtools.functions_host.wire import Answer, Request

_FUNCTIONS: Final = "/admin/functions/"
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
_JSON: Final = (("content-type", "application/json"),)
_HTML: Final = (("content-type", "text/html; charset=utf-8"),)
_HOMEPAGE: Final = b"<!DOCTYPE html><title>Your Azure Function App is up and running.</title>"


@dataclass(frozen=True, slots=True)
class Admin:
    """Answers for the host: `fire` begins a run of a timer function."""

    keys: Keys
    timers: Sequence[TimerFunction]
    fire: Callable[[TimerFunction], None]
    homepage: bool

    def answer(self, request: Request) -> Answer | None:
        """The answer to a request that is the host's own business; None for every other."""
        if request.path == "/":
            return Answer(200, _HTML, _HOMEPAGE) if self.homepage else Answer(204)
        if request.path.startswith("/runtime/webhooks/"):
            return Answer(404) if self.keys.allow("admin", request.key) else Answer(401)
        if not request.path.startswith("/admin/"):
            return None
        if request.path == "/admin/host/ping":
            return Answer(200)
        return self._refusal(request) or self._serve(request)

    def _refusal(self, request: Request) -> Answer | None:
        """The refusal of who may not; without a master key the routes serve this machine alone."""
        open_here = not self.keys.has_master and request.client in _LOOPBACK
        if open_here or self.keys.allow("admin", request.key):
            return None
        if self.keys.knows(request.key):
            return Answer(403, (("www-authenticate", "Bearer"),))
        return Answer(401)

    def _serve(self, request: Request) -> Answer:
        if (request.method, request.path) == ("GET", "/admin/host/status"):
            return Answer(200, _JSON, b'{"state":"Running"}')
        name = request.path.removeprefix(_FUNCTIONS).lower()
        timer = next((item for item in self.timers if item.name.lower() == name), None)
        if timer is None or request.method != "POST" or not request.path.startswith(_FUNCTIONS):
            return Answer(404)
        if not request.headers.get("content-type", "").startswith("application/json"):
            return Answer(415)
        self.fire(timer)
        return Answer(202)


def shows_homepage(environ: Mapping[str, str]) -> bool:
    """Whether AzureWebJobsDisableHomepage leaves the page at `/` on."""
    return environ.get("AzureWebJobsDisableHomepage", "").lower() != "true"
