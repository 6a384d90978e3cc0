"""The CORS middleware that Flex Consumption and `func` put in front of every function."""

from devtools.functions_host.settings import Cors
from devtools.functions_host.wire import Answer, Request

Headers = tuple[tuple[str, str], ...]


def is_preflight(request: Request) -> bool:
    """Whether a browser asks here for leave to send another request."""
    asks = "origin" in request.headers and "access-control-request-method" in request.headers
    return request.method == "OPTIONS" and asks


def preflight_answer(cors: Cors, request: Request) -> Answer:
    """The answer to a preflight: always 204, with the leave in headers only where the origin is listed."""
    granted = origin_headers(cors, request)
    if not granted:
        return Answer(204)
    asked = request.headers.get("access-control-request-headers", "")
    names: Headers = (("access-control-allow-headers", asked),) if asked else ()
    method = request.headers["access-control-request-method"]
    return Answer(204, (*granted, *names, ("access-control-allow-methods", method)))


def origin_headers(cors: Cors, request: Request) -> Headers:
    """Compute what lets the origin of a request read the answer; empty where it is not listed."""
    origin = request.headers.get("origin")
    if origin is None:
        return ()
    if "*" in cors.origins and not cors.credentials:
        return (("access-control-allow-origin", "*"),)
    # Letter by letter: an entry with a slash at its end, a space before it or a capital letter never matches.
    if "*" not in cors.origins and origin not in cors.origins:
        return ()
    credentials: Headers = (("access-control-allow-credentials", "true"),) if cors.credentials else ()
    # ASP.NET says Vary only where the answer really varies: a single fixed origin does not.
    vary: Headers = (("vary", "Origin"),) if len(cors.origins) > 1 or "*" in cors.origins else ()
    return (("access-control-allow-origin", origin), *credentials, *vary)
