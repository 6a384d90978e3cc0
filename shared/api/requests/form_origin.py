"""From which websites forms are taken, where a deployment names them: what the browser says decides."""

from collections.abc import Collection

import azure.functions as func

from shared.api.problems import Problem

OWN = frozenset({"same-origin", "none"})
"""Values of Sec-Fetch-Site for a form of our own page, and for what no website sent."""


def check_form_origin(request: func.HttpRequest, allowed: Collection[str]) -> None:
    """Refuse a form from another website than these, where any are named; raises Problem 403.

    Whoever sends no Origin is no browser that another website could make send a form. Our own pages tell
    nobody where they are (`Referrer-Policy: no-referrer`), so that their Origin is `null` and the browser's
    Sec-Fetch-Site tells them from others.
    """
    origin: str = request.headers.get("origin", "")
    if not allowed or not origin or origin in allowed:
        return
    site: str = request.headers.get("sec-fetch-site", "")
    if site in OWN or (not site and origin.partition("://")[2] == request.headers.get("host")):
        return
    raise Problem("origin-refused", "Expected a form of one of the websites that this deployment names.")
