"""A value against the model of a request; every mistake at once, with its place."""

from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from shared.api.problems import MOST_ERRORS, FieldError, Problem
from shared.api.requests.body import WORD
from shared.api.requests.expectations import expectation

B = TypeVar("B", bound=BaseModel)


def validated(model: type[B], value: object) -> B:
    """The value as this model; raises Problem 422 with a JSON pointer for each mistake."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Problem("fields-invalid", errors=field_errors(error, model)) from None


MOST_LOOKED_AT = 200
"""Mistakes for which a sentence is made; several may come down to one, and more than a few are not told."""


def field_errors(error: ValidationError, model: type[BaseModel]) -> Sequence[FieldError]:
    """Each mistake with its pointer, its code and what is expected; never what was sent.

    The name of an unknown member was sent too: where it is no plain word, the pointer leads to the
    object that it is in.
    """
    listed = error.errors(include_url=False, include_input=False)
    found = {
        FieldError(
            pointer(one["loc"] if one["type"] != "extra_forbidden" else _known(one["loc"])),
            one["type"].replace("_", "-"),
            expectation(one, model),
        ): None
        for one in listed[:MOST_LOOKED_AT]
    }
    return tuple(found)[:MOST_ERRORS]


def _known(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    return location if WORD.fullmatch(str(location[-1])) else location[:-1]


def pointer(location: Sequence[int | str]) -> str:
    """A JSON pointer (RFC 6901), empty for the whole document."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)
