"""The page's own files: its style, its script and the scripts by which other websites embed it."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, reduce
from hashlib import sha256
from json import dumps
from pathlib import Path

import azure.functions as func

from shared.api.responses.model import NO_STORE
from shared.pages.languages import LANGUAGES
from shared.pages.shop.colors import color_of, rules

FOLDER = Path(__file__).resolve().parents[2] / "web"
TYPES: Mapping[str, str] = {
    "book.css": "text/css",
    "book.js": "text/javascript",
    "embed.js": "text/javascript",
    "host.js": "text/javascript",
    "reference.js": "text/javascript",
    "elements.js": "text/javascript",
    "elements.css": "text/css",
}
PACKED = frozenset({"elements.js", "elements.css"})
"""Kept as gzip, as almost everybody takes them: they are large, and nobody edits them."""

STYLE = "book.css"
NEEDLESS = (
    (" {", "{"),
    ("{ ", "{"),
    ("; ", ";"),
    (";}", "}"),
    ("} ", "}"),
    (" }", "}"),
    (": ", ":"),
    (", ", ","),
)
"""Spaces that mean nothing in a style sheet; one before a colon means a descendant and stays."""

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
    is_packed: bool = False


def lean(text: str, media_type: str) -> str:
    """The same sheet or script in fewer bytes; a script keeps its lines."""
    if media_type == TYPES[STYLE]:
        first, *others = text.split("/*")
        words = "".join([first, *(one.partition("*/")[2] for one in others)]).split()
        return reduce(lambda sheet, pair: sheet.replace(*pair), NEEDLESS, " ".join(words))
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


@cache
def asset(name: str) -> Asset:
    """A file by its name in TYPES, read once; KeyError for any other name."""
    if name in PACKED:
        packed = (FOLDER / "elements" / f"{name}.gz").read_bytes()
        return Asset(packed, TYPES[name], sha256(packed).hexdigest()[:16], is_packed=True)
    written = lean((FOLDER / name).read_text("utf-8"), TYPES[name]).encode()
    body = written.replace(WORDS_MARK, _words()) if WORDS_MARK in written else written
    return Asset(body, TYPES[name], sha256(body).hexdigest()[:16])


@lru_cache(maxsize=64)
def styled(color: str | None) -> Asset:
    """The style sheet in a shop's colour of six digits, as `color_of` gives it; None for the usual colour."""
    plain = asset(STYLE)
    if color is None:
        return plain
    body = plain.body + rules(color).encode()
    return Asset(body, plain.media_type, sha256(body).hexdigest()[:16])


def style_address(color: str | None) -> str:
    """Where the style sheet in this colour is, for ever."""
    version = styled(color).version
    return f"/api/web/{STYLE}?v={version}" + (f"&color={color}" if color else "")


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
    found = styled(color_of(request.params.get("color"))) if name == STYLE else asset(name)
    headers = {
        "ETag": f'"{found.version}"',
        "Cache-Control": FOREVER if request.params.get("v") == found.version else SHORT,
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if found.version in request.headers.get("if-none-match", ""):
        return func.HttpResponse(status_code=304, headers=headers)
    body = found.body
    if found.is_packed:
        body, more = _packed_or_not(request, body)
        headers |= more
    return func.HttpResponse(body, headers=headers, mimetype=found.media_type, charset="utf-8")


def _packed_or_not(request: func.HttpRequest, body: bytes) -> tuple[bytes, Mapping[str, str]]:
    """A packed file as it is, or unpacked for whoever does not take gzip."""
    accepted = request.headers.get("accept-encoding", "").replace(" ", "").lower().split(",")
    if "gzip" in {one.removesuffix(";q=1") for one in accepted}:
        return body, {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return gzip.decompress(body), {"Vary": "Accept-Encoding"}
