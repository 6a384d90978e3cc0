"""Modules are loaded without garbage collection, which goes on afterwards."""

import gc

import pytest

from shared.platform.startup import without_garbage_collection


def test_garbage_is_left_alone_inside_and_collected_after() -> None:
    """What is there at the end of the block is out of the collector's sight for good."""
    with without_garbage_collection():
        kept = [[number] for number in range(100)]
        assert not gc.isenabled()
    try:
        assert gc.isenabled()
        assert gc.get_freeze_count() > len(kept)
    finally:
        gc.unfreeze()


@pytest.mark.parametrize("error", [ImportError, KeyboardInterrupt])
def test_a_failure_turns_the_collector_on_again(error: type[BaseException]) -> None:
    """Whatever ends the block, and only if it was on before."""
    for begin, was_on in ((gc.enable, True), (gc.disable, False)):
        begin()
        try:
            with pytest.raises(error), without_garbage_collection():
                raise error
            assert gc.isenabled() is was_on
        finally:
            gc.enable()
            gc.unfreeze()
