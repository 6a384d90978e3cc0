"""The bytes of a form as text, in whatever charset a browser or a program sent them.

A browser sends a form in the charset of the page that it stands in, says so only in a field `_charset_`
where the page has one, and writes what that charset lacks as `&#8211;` (HTML, "form submission"). Names of
charsets mean what they mean to browsers: ISO-8859-1 is windows-1252 (https://encoding.spec.whatwg.org).
"""

import codecs
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

UTF_8 = "utf-8"
WINDOWS_1252 = "cp1252"
CHARSET = "_charset_"

_MEANT = {
    "iso8859-1": WINDOWS_1252,
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
"""What browsers take a charset for, where that is more than what it was."""

_LABELS = {
    "windows-874": "cp874",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-gbk": "gb18030",
    "x-mac-cyrillic": "mac_cyrillic",
}
"""Names that browsers know and Python does not."""

_TAKEN = frozenset(
    {UTF_8, "cp874", "cp932", "cp949", "big5hkscs", "gb18030", "euc_jp", "iso2022_jp", "koi8-r", "koi8-u"}
).union(
    (f"cp125{n}" for n in range(9)),
    (f"iso8859-{n}" for n in range(2, 17)),
    ("cp866", "mac-roman", "mac-cyrillic"),
)
_REFERENCE = re.compile(r"&#([0-9]{2,7});")
_SURROGATES = range(0xD800, 0xE000)
_BYTES = {n: bytes([n]).decode(WINDOWS_1252, "ignore") or chr(n) for n in range(0x80, 0xA0)}


@dataclass(frozen=True, slots=True)
class RawField:
    """A field as it came; `charset` is what it says of itself."""

    name: bytes
    value: bytes
    charset: str | None = None


def codec(label: str | None) -> str | None:
    """Python's name of the charset that browsers take the label for; None where it says nothing.

    UTF-16 says nothing either, since no form is sent in it, nor does ASCII, which every charset holds.
    """
    wanted = (label or "").strip(" \"'").lower()
    try:
        name = codecs.lookup(_LABELS.get(wanted, wanted)).name
    except (LookupError, ValueError):
        return None
    meant = _MEANT.get(name, name)
    return meant if meant in _TAKEN else None


def texts(fields: Sequence[RawField], declared: str | None) -> list[tuple[str, str]]:
    """Names and values: by `_charset_`, else by what was declared, else UTF-8, else windows-1252.

    What cannot be read as it says it is is read as if it said nothing, so that every form can be read.
    """
    said = next((one.value.decode("latin-1") for one in fields if one.name == CHARSET.encode()), None)
    every = b"\n".join(part for one in fields for part in (one.name, one.value))
    usual = next(
        one for one in (codec(said), codec(declared), UTF_8, WINDOWS_1252) if one and _can(every, one)
    )
    return [(_text(one.name, usual), _text(one.value, _own(one) or usual)) for one in fields]


def _own(field: RawField) -> str | None:
    """The charset that a part names, if it is true."""
    own = codec(field.charset)
    return own if own and _can(field.value, own) else None


def _can(raw: bytes, charset: str) -> bool:
    if charset == WINDOWS_1252:
        return True
    try:
        raw.decode(charset)
    except UnicodeError:
        return False
    return True


def _text(raw: bytes, charset: str) -> str:
    if charset == UTF_8:
        return raw.decode(UTF_8)
    # Python refuses the bytes for which Windows has no character; browsers do not.
    of_windows = charset == WINDOWS_1252
    text = raw.decode("latin-1").translate(_BYTES) if of_windows else raw.decode(charset)
    return _REFERENCE.sub(lambda found: _lacking(found, charset), text)


def _lacking(found: re.Match[str], charset: str) -> str:
    """The character that a browser wrote as a reference; typed references are of those the charset has."""
    number = int(found[1])
    if number > sys.maxunicode or number in _SURROGATES:
        return found[0]
    try:  # Python also writes characters that a charset lacks as others that look like them
        has = chr(number).encode(charset).decode(charset) == chr(number)
    except UnicodeError:
        has = False
    return found[0] if has else chr(number)
