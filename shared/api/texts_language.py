"""What a language needs to speak to visitors."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its sentences by key, and how it writes dates, times and numbers.

    `weekdays` begin with Monday; `first_weekday` is where its calendars begin (Monday is 0).
    """

    tag: str
    name: str
    weekdays: tuple[str, ...]
    short_weekdays: tuple[str, ...]
    months: tuple[str, ...]
    texts: Mapping[str, str]
    first_weekday: int = 0
    has_12_hours: bool = False
    decimal_comma: bool = True
