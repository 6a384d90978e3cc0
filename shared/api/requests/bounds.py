"""What a request may weigh: bounds that are looked at before anybody reads it."""

import re
from urllib.parse import urlsplit

import azure.functions as func

from shared.api.problems import Problem

MAX_BODY = 64 * 1024
"""The most bytes that a body may have; looked at before anything is parsed."""

MAX_TARGET = 2048
"""The most characters that path and query may have together."""

WORD = re.compile("[A-Za-z]{1,40}")
"""A name that may be repeated to whoever sent it: it can be no address, number or token."""


def check_bounds(request: func.HttpRequest) -> None:
    """Refuse what is too large before anybody reads it; raises Problem 413 and 414."""
    url = urlsplit(request.url)
    if len(url.path) + len(url.query) > MAX_TARGET:
        raise Problem("target-too-long", f"Expected at most {MAX_TARGET} characters of path and query.")
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdecimal() and len(declared.lstrip("0")) > len(str(MAX_BODY)):
        raise _too_large()
    if declared.isascii() and declared.isdecimal() and int(declared) > MAX_BODY:
        raise _too_large()


def bounded(request: func.HttpRequest) -> bytes:
    """The body, if it is not too large; raises Problem 413."""
    body: bytes = request.get_body()
    if len(body) > MAX_BODY:
        raise _too_large()
    return body


def _too_large() -> Problem:
    return Problem("body-too-large", f"Expected at most {MAX_BODY} bytes.")
