"""The shop's one colour, made into a palette on which everything can be read (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

USUAL = "0f6cbd"
"""The colour of pages whose shop has chosen none."""

CODE = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
READABLE, SEEN = 4.5, 3.0
"""The contrast that text needs, and that anything else needs to be told from what it lies on."""

STEP = 0.04
BLACK, WHITE = (0.0, 0.0, 0.0), (255.0, 255.0, 255.0)
Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Ground:
    """What lies below everything in one theme: the card, and how much of the colour tints a part of it."""

    card: str
    tint: float
    away: Rgb
    """The end to which a colour is moved until it stands out."""


LIGHT = Ground("ffffff", 0.09, BLACK)
DARK = Ground("1c2128", 0.22, WHITE)


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one theme: what is filled, text on it, text beside it, and the tinted ground."""

    fill: str
    on_fill: str
    link: str
    wash: str

    def __str__(self) -> str:
        return f"--shop:#{self.fill};--on-shop:#{self.on_fill};--link:#{self.link};--wash:#{self.wash}"


def color_of(code: str | None) -> str | None:
    """Six lower case hexadecimal digits of a code such as `#006D7D` or `#0AF`, None where it is none."""
    found = CODE.fullmatch((code or "").strip())
    if found is None:
        return None
    digits = found[1].lower()
    return digits if len(digits) > len("0af") else "".join(digit * 2 for digit in digits)


@lru_cache(maxsize=256)
def palette(color: str, ground: Ground) -> Palette:
    """The palette of a colour of six digits: the colour itself, moved no further than reading takes."""
    card = _rgb(ground.card)
    fill = next(one for one in _moved(_rgb(color), ground.away) if contrast(one, card) >= SEEN)
    wash = _rgb(_digits(_mixed(card, fill, ground.tint)))
    link = next(one for one in _moved(fill, ground.away) if _reads(one, (card, wash)))
    on_fill = WHITE if contrast(WHITE, fill) >= READABLE else BLACK
    return Palette(*map(_digits, (fill, on_fill, link, wash)))


def contrast(one: Rgb, other: Rgb) -> float:
    """How far two colours are apart, from 1 to 21 (WCAG 2.2, contrast ratio)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _reads(text: Rgb, grounds: Sequence[Rgb]) -> bool:
    return all(contrast(text, ground) >= READABLE for ground in grounds)


def _moved(color: Rgb, end: Rgb) -> Iterator[Rgb]:
    """The colour, then ever nearer to the end."""
    for n in range(round(1 / STEP) + 1):
        yield _rgb(_digits(_mixed(color, end, n * STEP)))


def _mixed(one: Rgb, other: Rgb, part: float) -> Rgb:
    red, green, blue = (a + (b - a) * part for a, b in zip(one, other, strict=True))
    return red, green, blue


def _luminance(color: Rgb) -> float:
    red, green, blue = (_linear(channel / 255) for channel in color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    low = 0.04045
    return channel / 12.92 if channel <= low else float(((channel + 0.055) / 1.055) ** 2.4)


def _rgb(digits: str) -> Rgb:
    red, green, blue = (float(int(digits[n : n + 2], 16)) for n in (0, 2, 4))
    return red, green, blue


def _digits(color: Rgb) -> str:
    return "".join(f"{round(channel):02x}" for channel in color)


def rules(color: str) -> str:
    """The style rules that set the palettes of both themes; they follow the page's theme, else the system."""
    light, dark = palette(color, LIGHT), palette(color, DARK)
    return (
        f":root{{{light}}}"
        f"@media(prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}"
        f":root[data-theme=dark]{{{dark}}}"
    )
