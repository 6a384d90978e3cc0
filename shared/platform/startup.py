"""Loads modules quickly: what they leave behind stays for the life of the worker, and is no garbage."""

import gc
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from types import ModuleType
from typing import Any, NoReturn


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Run the block without garbage collection, and keep what is there after it out of all later ones.

    Looking for garbage among thousands of new functions and classes costs a tenth of a worker's start.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


class Unused:
    """Stands where something is imported that the app never calls."""

    def __new__(cls, *_: object, **__: object) -> NoReturn:
        """Say so; raises NotImplementedError."""
        raise NotImplementedError(f"{cls.__module__}.{cls.__qualname__} is never loaded by this app")


class StandIn(ModuleType):
    """A module from which any name can be imported, each an `Unused`."""

    def __getattr__(self, name: str) -> type[Unused]:
        """A class of this name; raises AttributeError for what the import system asks for."""
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (Unused,), {"__module__": self.__name__})


@contextmanager
def standing_in_for(*modules: str) -> Iterator[None]:
    """Import without these modules whatever imports them; afterwards they can be imported as ever.

    Those that are loaded already stay as they are.
    """
    stand_ins = {name: StandIn(name) for name in modules if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]


@contextmanager
def as_if_not_installed(*packages: str) -> Iterator[None]:
    """Import what can do without these packages as if they were not there; those already loaded stay."""
    absent = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type] # None is how the import system says so
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


class LateExpression:
    """A regular expression that its first use compiles."""

    def __init__(self, *given: Any) -> None:  # noqa: ANN401 (the arguments of `re.compile`)
        self._given = given

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(*self._given)

    def __getattr__(self, name: str) -> object:
        """Asked once for each name: what is found is the object's own from then on."""
        found = getattr(self._compiled, name)
        setattr(self, name, found)
        return found


@contextmanager
def compiling_late() -> Iterator[None]:
    """Import without compiling the regular expressions in it: each is compiled by its first use.

    A set of characters that reaches to the end of Unicode takes 5 ms, whether it is ever used or not. Nobody
    else may import meanwhile.
    """
    compile_now = re.compile
    re.compile = LateExpression  # type: ignore[assignment] # stands for it as far as it is used
    try:
        yield
    finally:
        re.compile = compile_now
