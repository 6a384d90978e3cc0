"""Loads modules quickly: what they leave behind stays for the life of the worker, and is no garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
