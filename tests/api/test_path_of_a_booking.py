"""How far a reader has to jump: the files and the nested coroutines that a warm booking crosses.

And what it must not do each time: look for modules in all folders.
"""

import inspect
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import pytest

from shared.graph.calls import Calls
from tests.support.facade import Facade, booking, start_at

SHARED = Path(__file__).parents[2] / "shared"
MOST_FILES = 46
"""One for each part of the house that a booking needs, some 8,700 lines in all, in no file more than 300."""

MOST_COROUTINES = 10
COROUTINES = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


@contextmanager
def watched(files: set[str]) -> Iterator[None]:
    """The files of the product whose functions are called meanwhile."""

    def seen(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(str(SHARED)):
            files.add(frame.f_code.co_filename)

    sys.setprofile(seen)
    try:
        yield
    finally:
        sys.setprofile(None)


def nested() -> list[str]:
    """The coroutines of the project that wait for each other, from the outermost to this one."""
    frame: FrameType | None = inspect.currentframe()
    found = []
    while frame is not None:
        code = frame.f_code
        is_own = code.co_filename.startswith(str(SHARED)) or code.co_filename.endswith("function_app.py")
        if is_own and code.co_flags & COROUTINES:
            found.append(code.co_qualname if sys.version_info >= (3, 11) else code.co_name)
        frame = frame.f_back
    return found[::-1]


async def test_a_warm_booking_crosses_few_files_and_frames(
    facade: Facade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the function to the POST, and the whole of the request: more is a decision."""
    await facade.book(start=start_at(14).isoformat())
    frames: list[str] = []
    run = Calls.run

    async def watch(self: Calls, operation: Any, *rest: Any) -> Any:  # noqa: ANN401
        if operation.name == "appointments.create":
            frames.extend(nested())
        return await run(self, operation, *rest)

    monkeypatch.setattr(Calls, "run", watch)
    files: set[str] = set()
    with watched(files):
        answer = await facade.book(booking(start=start_at(15).isoformat()))

    assert answer.status_code == 201, answer.text
    names = sorted(str(Path(one).relative_to(SHARED)) for one in files)
    assert len(frames) <= MOST_COROUTINES, frames
    assert len(names) <= MOST_FILES, "\n".join(names)


class Watch:
    """Is asked first for every module that is not loaded yet; finds none."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def find_spec(self, name: str, _: Sequence[str] | None, __: ModuleType | None = None) -> None:
        """Keep the name."""
        self.asked.append(name)


async def test_a_warm_booking_loads_and_looks_for_no_module(
    facade: Facade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search that finds nothing goes through all folders, each time anew: it was a tenth of a booking."""
    await facade.book(start=start_at(14).isoformat())
    watch = Watch()
    monkeypatch.setattr(sys, "meta_path", [watch, *sys.meta_path])
    answer = await facade.book(booking(start=start_at(15).isoformat()))

    assert answer.status_code == 201, answer.text
    assert watch.asked == []
