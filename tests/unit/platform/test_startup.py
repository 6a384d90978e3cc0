"""Modules are loaded without garbage collection, which goes on afterwards, and without what nobody needs."""

import gc
import sys
from importlib import import_module
from pathlib import Path

import pytest

from shared.platform.startup import standing_in_for, without_garbage_collection


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


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package of which one module imports a heavy one."""
    folder = tmp_path / "a_library"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "heavy.py").write_text("def work() -> int:\n    return 7\n")
    (folder / "light.py").write_text(
        "from a_library.heavy import work\n\n\nclass Kind:\n    def work(self):\n        return work()\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("a_library", "a_library.heavy", "a_library.light"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return folder.name


def test_what_is_imported_in_vain_is_not_loaded(library: str) -> None:
    """Its names can be imported; whoever calls one is told, and it can be loaded as ever afterwards."""
    with standing_in_for("a_library.heavy"):
        light = import_module(f"{library}.light")
    with pytest.raises(NotImplementedError, match=r"a_library\.heavy\.work is never loaded"):
        light.Kind().work()
    assert "a_library.heavy" not in sys.modules
    assert import_module("a_library.heavy").work() == 7


def test_what_is_loaded_already_stays(library: str) -> None:
    """Whoever uses the module beside goes on with it."""
    heavy = import_module(f"{library}.heavy")
    with standing_in_for("a_library.heavy"):
        light = import_module(f"{library}.light")
    assert light.Kind().work() == 7
    assert sys.modules["a_library.heavy"] is heavy


def test_nothing_stands_in_after_a_failure(library: str) -> None:
    """Nor where the import fails."""
    with pytest.raises(ModuleNotFoundError), standing_in_for("a_library.heavy"):
        import_module(f"{library}.absent")
    assert "a_library.heavy" not in sys.modules


def test_a_stand_in_is_no_package() -> None:
    """The import system is told that it has nothing of what modules have."""
    with standing_in_for("a_module_that_is_not"), pytest.raises(ModuleNotFoundError, match="not a package"):
        import_module("a_module_that_is_not.inside")
