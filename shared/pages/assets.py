"""The page's own files: its style, its script and the scripts by which other websites embed it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from json import dumps
from pathlib import Path

import azure.functions as func

from shared.api.responses.model import NO_STORE
from shared.pages.languages import LANGUAGES

FOLDER = Path(__file__).resolve().parents[2] / "web"
TYPES: Mapping[str, str] = {
    "book.css": "text/css",
    "book.js": "text/javascript",
    "embed.js": "text/javascript",
    "host.js": "text/javascript",
}
FOREVER = "public, max-age=31536000, immutable"
WORDS_MARK = b"/* words */ {}"
"""Where a script has its words: `{"en": ["Book an appointment", "Close"]}`."""

SHORT = "public, max-age=300"
"""For addresses that do not name the content, such as the one that other sites carry."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file with the hash that names its content."""

    body: bytes
    media_type: str
    version: str


@cache
def asset(name: str) -> Asset:
    """A file by its name in TYPES, read once; KeyError for any other name."""
    body = (FOLDER / name).read_bytes().replace(WORDS_MARK, _words())
    return Asset(body, TYPES[name], sha256(body).hexdigest()[:16])


def _words() -> bytes:
    from shared.pages.texts import sentences  # noqa: PLC0415 (reading files of words takes a while)

    words = {tag: [sentences(tag)[key] for key in ("page.title", "page.close")] for tag in LANGUAGES}
    return dumps(words, ensure_ascii=False).encode()


def address(name: str) -> str:
    """Where this content of the file is, for ever."""
    return f"/api/web/{name}?v={asset(name).version}"


async def file(request: func.HttpRequest) -> func.HttpResponse:
    """`GET /web/{file}`."""
    name = request.route_params.get("file", "")
    if name not in TYPES:
        return func.HttpResponse(status_code=404, headers=NO_STORE)
    found = asset(name)
    headers = {
        "ETag": f'"{found.version}"',
        "Cache-Control": FOREVER if request.params.get("v") == found.version else SHORT,
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if found.version in request.headers.get("if-none-match", ""):
        return func.HttpResponse(status_code=304, headers=headers)
    return func.HttpResponse(found.body, headers=headers, mimetype=found.media_type, charset="utf-8")
