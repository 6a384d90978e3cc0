"""Texts from people, as they mean them: what nobody sees is taken away, what they see arrives.

People paste. What they paste carries characters of word processors, of chats and of contact cards that no
field shows, and one letter can be written in several ways. Every text that a person sends passes through
here, and so does every text of the shop's that it is compared with.
"""

import re
import unicodedata
from collections.abc import Iterator

from shared.domain.model import Question

LONGEST_RUN = 64
"""Combining marks in a row up to which a text is put into normal form: the time that takes is quadratic."""

ZWNJ, ZWJ = "\u200c", "\u200d"
VIRAMA = 9
"""The combining class of the sign that joins Indic letters; a joiner behind it changes its letter."""


def _span(first: int, last: int) -> str:
    return "".join(map(chr, range(first, last + 1)))


_SPACES = "\t\n \xa0\u1680" + _span(0x2000, 0x200A) + "\u202f\u205f\u3000"
_FORMATS = "".join(
    (
        "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e",
        _span(0x200B, 0x200F),
        _span(0x202A, 0x202E),
        _span(0x2060, 0x206F),
        "\u2800\u3164\ufeff\uffa0",
        _span(0xFFF0, 0xFFFC),
        _span(0x1BCA0, 0x1BCA3),
        _span(0x1D173, 0x1D17A),
    )
)
_SELECTORS = "\u180b\u180c\u180d\u180f" + _span(0xFE00, 0xFE0F) + _span(0xE0100, 0xE01EF)
_TAGS = _span(0xE0000, 0xE00FF) + _span(0xE01F0, 0xE0FFF)
INVISIBLE = _SPACES + _FORMATS + _SELECTORS + _TAGS
"""What leaves nothing on paper: spaces, and what Unicode calls default ignorable, fillers and blanks."""

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_OF_WORD = {0x1E: "-", 0x1F: ""}
"""Word's hyphens: the one that holds words together, and the one that is seen at a line's end alone."""

_CONTROLS = {n: "" for n in (*range(0x20), 0x7F) if chr(n) not in "\t\n"} | _OF_WORD
_WINDOWS = {n: bytes([n]).decode("cp1252", "ignore") for n in range(0x80, 0xA0)}
"""What was meant by C1 controls: nobody types these, and Windows has dashes, quotes and the euro there."""

_NOWHERE = {n: "" for plane in range(17) for n in (plane * 0x10000 + 0xFFFE, plane * 0x10000 + 0xFFFF)}
_NOWHERE |= dict.fromkeys(range(64976, 65008), "")
_TABLE = _CONTROLS | _WINDOWS | _NOWHERE
_PLAIN = re.compile(r"[\n -~]*")
_TAIL = re.compile(f"[{_SELECTORS}]*(?:[\U000e0020-\U000e007e]+\U000e007f)?")
"""What is part of the character before it: its variant, or the flag that it is."""

_UNSEEN = {ord(one): "" for one in _FORMATS + _TAGS}


def clean(text: str) -> str:
    r"""The text in Unicode's NFC, with `\n` as line end, without controls, and nothing unseen at its ends.

    Vertical tabs, form feeds and Unicode's separators are line ends; a tab stays. Invisible characters in
    the middle stay, since emoji and many scripts need them. Cleaning a clean text changes nothing.
    """
    if _PLAIN.fullmatch(text):
        return text.strip()
    return _trimmed(_composed(_LINE_ENDS.sub("\n", text).translate(_TABLE)))


def clean_line(text: str) -> str:
    """The same in one line: line ends and tabs become a space."""
    cleaned = clean(text)
    if "\n" not in cleaned and "\t" not in cleaned:
        return cleaned
    parts = (_trimmed(part) for part in re.split(r"[\n\t]", cleaned))
    return " ".join(part for part in parts if part)


def clean_name(text: str) -> str:
    """The name of a person in one line and without format characters; empty where nothing of it shows.

    Joiners stay where scripts need them: between letters, and behind the virama of Indic scripts.
    """
    line = clean_line(text)
    if line.isascii():
        return line
    name = _trimmed(_composed("".join(_without_formats(line))))
    shows = any(unicodedata.category(one)[0] != "M" and one not in INVISIBLE for one in name)
    return name if shows else ""


def clean_address(text: str) -> str:
    """An e-mail address without anything unseen, wherever it stands; spaces inside of it stay."""
    return clean(clean(text).translate(_UNSEEN))


def comparable(text: str) -> str:
    """The text in the one spelling that all have which look the same but for spaces."""
    return " ".join(clean(text).translate(_UNSEEN).split())


def _trimmed(text: str) -> str:
    """The text from its first to its last visible character, with what belongs to that one."""
    body = text.rstrip(INVISIBLE)
    tail = text[len(body) :]
    if not body:
        return ""
    if tail[:1] in {ZWNJ, ZWJ} and unicodedata.combining(body[-1]) == VIRAMA:
        return (body + tail[0]).lstrip(INVISIBLE)
    belongs = _TAIL.match(tail)
    return (body + (belongs[0] if belongs else "")).lstrip(INVISIBLE)


def _composed(text: str) -> str:
    """The text in NFC, or as it is where it heaps up marks as no writing does."""
    run = 0
    for one in text:
        run = run + 1 if unicodedata.combining(one) else 0
        if run > LONGEST_RUN:
            return text
    return unicodedata.normalize("NFC", text)


def _without_formats(line: str) -> Iterator[str]:
    for at, one in enumerate(line):
        if one in {ZWNJ, ZWJ}:
            if _joins(line[at - 1 : at], line[at + 1 : at + 2]):
                yield one
        elif unicodedata.category(one) != "Cf":
            yield one


def _joins(before: str, after: str) -> bool:
    """Whether a joiner between these two is part of how a word is written."""
    if before and unicodedata.combining(before) == VIRAMA:
        return True
    return all(one and unicodedata.category(one)[0] in "LM" for one in (before, after))


def choices(question: Question) -> tuple[str, ...]:
    """The options in their order, as they are shown: clean, and each once.

    An owner who types a space behind an option does not see it, and neither does anybody who chooses it.
    """
    shown = {comparable(one): clean_line(one) for one in reversed(question.options)}
    order = dict.fromkeys(comparable(one) for one in question.options)
    return tuple(shown[one] for one in order if one)


def chosen(question: Question, text: str) -> str | None:
    """The option that the text names, to the shop's own letter; None where it names none."""
    if text in question.options:
        return text
    wanted = comparable(text)
    return next((one for one in question.options if comparable(one) == wanted), None)
