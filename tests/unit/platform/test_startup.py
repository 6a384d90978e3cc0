"""Modules are loaded without garbage collection, which goes on afterwards, and without what nobody needs."""

import gc
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from shared.platform.startup import (
    as_if_not_installed,
    compiling_late,
    standing_in_for,
    without_garbage_collection,
)
from tests.support.servers import ROOT


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


def test_a_library_does_without_what_it_is_told_is_not_there(library: str, tmp_path: Path) -> None:
    """Also where it asks for a module of the package; afterwards it is there as ever."""
    (tmp_path / library / "light.py").write_text(
        "try:\n    import a_library.heavy as found\nexcept ImportError:\n    found = None\n"
    )
    with as_if_not_installed("a_library.heavy"):
        assert import_module(f"{library}.light").found is None
        with pytest.raises(ModuleNotFoundError):
            import_module("a_library.heavy.inside")
    assert import_module("a_library.heavy").work() == 7


def test_what_is_loaded_already_is_there(library: str) -> None:
    """Whoever uses it goes on with it."""
    heavy = import_module(f"{library}.heavy")
    with as_if_not_installed("a_library.heavy"):
        assert import_module(f"{library}.light").Kind().work() == 7
    assert sys.modules["a_library.heavy"] is heavy


def test_everything_is_there_again_after_a_failure(library: str) -> None:
    """Whatever ends the import."""
    with pytest.raises(ModuleNotFoundError), as_if_not_installed("a_library.heavy"):
        import_module(f"{library}.light")
    assert import_module(f"{library}.light").Kind().work() == 7


def test_a_stand_in_is_no_package() -> None:
    """The import system is told that it has nothing of what modules have."""
    with standing_in_for("a_module_that_is_not"), pytest.raises(ModuleNotFoundError, match="not a package"):
        import_module("a_module_that_is_not.inside")


def test_an_expression_is_compiled_by_its_first_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """And only once, with the flags that it was given."""
    with compiling_late():
        word: Any = re.compile("[a-z]+", re.IGNORECASE)
    assert not isinstance(word, re.Pattern)
    compiled: list[object] = []
    compile_now = re.compile

    def note(*given: Any) -> object:  # noqa: ANN401
        compiled.append(given)
        return compile_now(*given)

    monkeypatch.setattr(re, "compile", note)
    assert compiled == []
    assert [word.fullmatch("Abc")[0], word.search("1 d")[0]] == ["Abc", "d"]
    assert word.match("1") is None
    assert compiled == [("[a-z]+", re.IGNORECASE)]


def test_expressions_are_compiled_at_once_again_after_a_failure() -> None:
    """Whatever ends the import."""
    with pytest.raises(ImportError), compiling_late():
        raise ImportError
    assert isinstance(re.compile("a"), re.Pattern)


def test_a_plain_address_needs_no_pattern_that_only_others_need() -> None:
    """In a worker of its own, since patterns stay compiled: of four large sets of characters one is used."""
    program = """
from pydantic import TypeAdapter
from shared.api.requests.fields import Email
from email_validator import rfc_constants
address = TypeAdapter(Email)
large = ["ATEXT_INTL_DOT_RE", "DOT_ATOM_TEXT_INTL", "ATEXT_HOSTNAME_INTL", "QTEXT_INTL"]
for given in ("ada@example.com", "jos\u00e9@example.com"):
    valid = address.validate_python(given)
    print(valid.encode(), [one for one in large if "_compiled" in vars(vars(rfc_constants)[one])])
"""
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines() == [
        "b'ada@example.com' ['ATEXT_HOSTNAME_INTL']",
        "b'jos\\xc3\\xa9@example.com' ['DOT_ATOM_TEXT_INTL', 'ATEXT_HOSTNAME_INTL']",
    ]


def test_a_number_is_read_without_what_looks_for_numbers_in_texts_and_while_one_types() -> None:
    """In a worker of its own."""
    program = """
import sys
from shared.api.requests.telephone import kept
print(kept("+1 (425) 555-0100"), *sorted(one for one in sys.modules if one.startswith("phonenumbers.phonen")))
print("phonenumbers.asyoutypeformatter" in sys.modules)
"""
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines() == [
        "+14255550100 phonenumbers.phonenumber phonenumbers.phonenumberutil",
        "False",
    ]


def test_a_worker_starts_without_a_server_and_without_another_http() -> None:
    """Functions serves, and nobody signs in with a browser; its first call loads no more of these."""
    program = """
import sys
import function_app
import httpcore
from shared.graph.credentials import credential
credential("managed_identity", None)
unwanted = ("h2", "http.server", "socketserver", "werkzeug.serving", "werkzeug.test")
print([one for one in unwanted if one in sys.modules])
"""
    settings = {
        "BOOKING_BUSINESSES": '{"shop": "shop@contoso.com"}',
        "BOOKING_SECRET": "for this test alone, and long enough",
    }
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT, env=settings
    )
    assert answer.stdout.splitlines() == ["[]"]
