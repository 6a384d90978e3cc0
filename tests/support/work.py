"""Work that is counted instead of timed: lines run, calls made, characters that built-in methods pass."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

CONSTANT = frozenset({"append", "extend", "startswith", "endswith", "__len__"})
"""Methods that cost no more for a longer text (or are paid for by what is added)."""


def work(call: Callable[[], object], errors: tuple[type[Exception], ...] = (Exception,)) -> int:
    """How much the call does in Python; what it raises of these kinds is an end like any other.

    A line or a call counts one; a method of a text or of bytes counts the length of that text, whatever
    it stopped at: too much rather than too little. What compiled code does beyond that is not seen.
    """
    done = 0

    def on_line(_: FrameType, event: str, __: object) -> Any:  # noqa: ANN401 (a trace function returns itself)
        nonlocal done
        done += event == "line"
        return on_line

    def on_call(_: FrameType, event: str, called: object) -> None:
        nonlocal done
        if event == "c_call":
            text = getattr(called, "__self__", None)
            walks = (
                isinstance(text, str | bytes | bytearray) and getattr(called, "__name__", "") not in CONSTANT
            )
            done += len(text) if walks else 1  # type: ignore[arg-type]

    before = sys.gettrace(), sys.getprofile()
    sys.settrace(on_line)
    sys.setprofile(on_call)
    try:
        call()
    except errors:
        pass
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    return done
