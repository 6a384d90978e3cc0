"""The fields of a request: their types, and a value against its model with every mistake at once."""

import re
from collections.abc import Callable, Iterator, Sequence, Sized
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar
from urllib.parse import unquote

from annotated_types import GroupedMetadata
from pydantic import AfterValidator, BaseModel, BeforeValidator, EmailStr, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError, PydanticKnownError

from shared.api.problems import FieldError, Problem
from shared.api.requests import telephone
from shared.api.requests.expectations import expectation
from shared.api.requests.submission import WORD
from shared.domain.addresses import carries_a_link
from shared.domain.texts import clean, clean_address, clean_line, clean_name
from shared.platform.startup import compiling_late

with compiling_late():  # of its patterns for addresses beyond ASCII, few are ever used
    import email_validator  # noqa: F401 (which pydantic looks for when it meets an `EmailStr`)

MAX_EMAIL = 254


def _telephone(text: str) -> str:
    """The telephone number, in one form where it names its country."""
    found = telephone.kept(text)
    if found is None:
        raise PydanticCustomError("phone", "expected a telephone number")
    return found


def empty_is_none(value: object) -> object:
    """An empty form field says nothing."""
    return None if isinstance(value, str) and not clean(value) else value


def null_is(default: object, also: object) -> BeforeValidator:
    """A member that may be left out may be null too, and then says the same."""
    return BeforeValidator(lambda value: default if value is None else value, json_schema_input_type=also)


def cleaned(by: Callable[[str], str]) -> BeforeValidator:
    """Texts as people mean them, before anything is counted or compared."""
    return BeforeValidator(lambda value: by(value) if isinstance(value, str) else value)


@dataclass(frozen=True, slots=True)
class text(GroupedMetadata):  # noqa: N801 (reads as a constraint among those of the library)
    """A text from a person, cleaned and then bounded in characters."""

    most: int
    least: int = 0
    by: Callable[[str], str] = clean

    def __iter__(self) -> Iterator[object]:
        yield StringConstraints(min_length=self.least, max_length=self.most)
        yield cleaned(self.by)


def few(most: int) -> BeforeValidator:
    """A list of so many elements at most, counted before any of them is looked at."""

    def counted(value: object) -> object:
        if isinstance(value, Sized) and len(value) > most:
            found = {"field_type": "List", "max_length": most, "actual_length": len(value)}
            raise PydanticKnownError("too_long", found)
        return value

    return BeforeValidator(counted)


def short(most: int) -> BeforeValidator:
    """A text of so many characters at most, counted before anything but cleaning is done with it."""

    def counted(value: object) -> object:
        if isinstance(value, str) and len(value) > most:
            raise PydanticKnownError("string_too_long", {"max_length": most})
        return value

    return BeforeValidator(counted)


def _of_a_person(name: str) -> str:
    if carries_a_link(name):
        raise PydanticCustomError(
            "not_a_name", "expected a name, without the address of a website or a mailbox"
        )
    return name


Name = Annotated[Annotated[str, text(100, 1, clean_name)], AfterValidator(_of_a_person)]
Id = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_.=+/-]+$"),
    cleaned(clean_address),
]
OptionalId = Annotated[Id | None, BeforeValidator(empty_is_none)]
Phone = Annotated[Annotated[str, text(60, 1, clean_line)], AfterValidator(_telephone)]
OptionalPhone = Annotated[Phone | None, BeforeValidator(empty_is_none)]
Email = Annotated[EmailStr, StringConstraints(max_length=MAX_EMAIL), short(MAX_EMAIL), cleaned(clean_address)]
Line = Annotated[str, text(200, 0, clean_line)]
PostalCode = Annotated[str, text(30, 0, clean_line)]


LONGEST_MOMENT = 64
_SIGNS = str.maketrans({"\u2212": "-", "\u2010": "-", "\u2011": "-", "\u2013": "-"})
_LOST_PLUS = re.compile(r"([^Tt ]*\d[Tt ]\d[\d:.,]*) (\d\d(?::?\d\d)?)")


def iso_moment(text: str) -> datetime:
    """The date and time of an ISO 8601 text, with its offset where it has one; raises ValueError.

    A `+` that was not escaped in an address arrives as a space, and one that was escaped twice as `%2B`;
    both can only mean the `+` of an offset. Minus signs may be those of printed texts.
    """
    plain = clean(text)[:LONGEST_MOMENT].translate(_SIGNS)
    if "%" in plain:
        plain = unquote(plain)
    bent = _LOST_PLUS.fullmatch(plain)
    return datetime.fromisoformat(f"{bent[1]}+{bent[2]}" if bent else plain)


B = TypeVar("B", bound=BaseModel)


def validated(model: type[B], value: object, names: re.Pattern[str] = WORD) -> B:
    """The value as this model; raises Problem 422 with a JSON pointer for each mistake."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Problem("fields-invalid", errors=field_errors(error, model, names)) from None


MOST_LOOKED_AT = 200
"""Mistakes for which a sentence is made; several may come down to one, and more than a few are not told."""


def field_errors(
    error: ValidationError, model: type[BaseModel], names: re.Pattern[str] = WORD
) -> Sequence[FieldError]:
    """Each mistake with its pointer, its code and what is expected; never what was sent.

    The name of an unknown member was sent too: where it is none of `names`, the pointer leads to the
    object that it is in.
    """
    listed = error.errors(include_url=False, include_input=False)
    found = {
        FieldError(
            pointer(one["loc"] if one["type"] != "extra_forbidden" else _known(one["loc"], names)),
            one["type"].replace("_", "-"),
            expectation(one, model),
        ): None
        for one in listed[:MOST_LOOKED_AT]
    }
    return tuple(found)


def _known(location: tuple[int | str, ...], names: re.Pattern[str]) -> tuple[int | str, ...]:
    return location if names.fullmatch(str(location[-1])) else location[:-1]


def pointer(location: Sequence[int | str]) -> str:
    """A JSON pointer (RFC 6901), empty for the whole document."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)
