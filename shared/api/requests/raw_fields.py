"""The fields of a form in their order, as bytes: read strictly, few and small, and no files."""

from collections.abc import Callable, Sequence
from urllib.parse import unquote_to_bytes

from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser

from shared.api.requests.charsets import RawField

MAX_FIELDS = 100
MAX_VALUE = 16 * 1024
MAX_PART_HEADERS = 4
MAX_PART_HEADER = 512
MAX_BOUNDARY = 70
"""Characters of a multipart boundary (RFC 2046, section 5.1.1)."""

HEADERS = "latin-1"
"""How names in headers are read: byte by byte, since only the whole form tells its charset."""


def urlencoded(body: bytes) -> Sequence[RawField]:
    """The pairs of application/x-www-form-urlencoded; bytes that should be escaped count as they are.

    Raises ParserLimitReached.
    """
    if body.count(b"&") >= MAX_FIELDS:
        raise ParserLimitReached("fields")
    pairs = (pair.replace(b"+", b" ").partition(b"=") for pair in body.split(b"&") if pair)
    return [RawField(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in pairs]


def multipart(body: bytes, boundary: str, refuse_file: Callable[[bytes], None]) -> Sequence[RawField]:
    """The parts of a multipart body; a file's name is told to `refuse_file`, a file that is none is left out.

    Raises MultipartError and ParserLimitReached.
    """
    if len(boundary) > MAX_BOUNDARY:
        raise MultipartError("boundary")
    parser = PushMultipartParser(
        boundary,
        content_length=len(body),
        max_header_size=MAX_PART_HEADER,
        max_header_count=MAX_PART_HEADERS,
        max_segment_size=MAX_VALUE,
        max_segment_count=MAX_FIELDS,
        header_charset=HEADERS,
        strict=True,
    )
    found: list[tuple[MultipartSegment, bytearray]] = []
    with parser:
        for event in parser.parse(body):
            if isinstance(event, MultipartSegment):
                found.append((event, bytearray()))
            elif event:
                found[-1][1].extend(event)
    for part, value in found:
        if _is_file(part, value):
            refuse_file(_name(part))
    return [
        RawField(_name(part), bytes(value), part.charset) for part, value in found if part.filename is None
    ]


def _name(part: MultipartSegment) -> bytes:
    if part.disposition != "form-data" or not part.name:
        raise MultipartError("disposition")
    name: str = part.name
    return name.encode(HEADERS)


def _is_file(part: MultipartSegment, value: bytearray) -> bool:
    """Whether this is a file; where nobody chose one, browsers send an empty name and nothing."""
    if part.filename is not None:
        return bool(part.filename or value)
    return not (part.content_type or "text/plain").startswith("text/")
