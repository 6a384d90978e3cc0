"""Whether a client wants a page or JSON."""

import re

HTML, JSON = "text/html", ("application/json", "application/problem+json")
ENTRY = re.compile(r"\s*([^\s;,]+)\s*(?:;[^,]*?\bq\s*=\s*([01](?:\.\d{0,3})?))?[^,]*")
MAX_ACCEPT = 1000


def prefers_html(accept: str) -> bool:
    """Whether the header Accept names HTML, and JSON less; a bare `*/*` is no browser."""
    weights: dict[str, float] = {}
    for entry in accept[:MAX_ACCEPT].lower().split(","):
        found = ENTRY.fullmatch(entry)
        if found is not None:
            weights[found[1]] = float(found[2] or 1)
    return weights.get(HTML, 0.0) > max(weights.get(kind, 0.0) for kind in JSON)
