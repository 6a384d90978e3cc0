"""Tests in virtual time: a wait of minutes takes no time, and no test depends on the machine's load."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import ParamSpec

from tests.support.virtual_time import VirtualLoop

P = ParamSpec("P")


def virtually(test: Callable[P, Coroutine[None, None, None]]) -> Callable[P, None]:
    """The same test, to its end on a virtual loop of its own."""

    @functools.wraps(test)
    def run(*given: P.args, **more: P.kwargs) -> None:
        loop = VirtualLoop()
        try:
            loop.run_until_complete(test(*given, **more))
            _end_what_is_left(loop)
        finally:
            loop.close()

    return run


def loop_now() -> VirtualLoop:
    """The virtual loop of the test that runs."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    return loop


def _end_what_is_left(loop: VirtualLoop) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.wait(left, timeout=60))  # those of a dead worker never end
