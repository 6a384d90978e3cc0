"""How the package is put together: what is followed, what is left out, and what stops a build."""

import ast
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pydantic_core
import pytest

from devtools.package.build import Order, build
from devtools.package.compiler import Trimmer
from devtools.package.contents import Contents, choose
from devtools.package.distributions import read_distributions
from devtools.package.errors import PackageError
from devtools.package.pages import compile_pages, is_foreign, is_template, offered_languages
from devtools.package.stage import describe
from devtools.package.strip import strip
from devtools.package.target import find_python, install
from shared.pages.languages import LANGUAGES

ROOT = Path(__file__).resolve().parents[2]
ENTITY = "msgraph_beta.generated.models.entity"
LEAN = f"from {ENTITY} import Entity\nEntity.get_field_deserializers = lambda self: {{}}\n"
APP = {"function_app.py": "import shared.graph\n", "shared/__init__.py": "", "host.json": "{}"}
SDK = {
    "msgraph_beta/__init__.py": "",
    "msgraph_beta/client_service_client.py": (
        "class Client:\n"
        "    def solutions(self):\n"
        "        from .solutions_request_builder import Solutions\n"
        "    def users(self):\n"
        "        from .users_request_builder import Users\n"
    ),
    "msgraph_beta/solutions_request_builder.py": (
        "class Solutions:\n"
        "    def get(self):\n"
        "        from .everything import Everything\n"
        "    def booking(self):\n"
        "        from .booking_request_builder import Booking\n"
    ),
    "msgraph_beta/booking_request_builder.py": (
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n"
        "    from .only_for_types import Types\n"
        "class Booking:\n"
        "    def get(self):\n"
        "        from .error import Error\n"
        "        return self._own()\n"
        "    def _own(self):\n"
        "        from .model import Model\n"
    ),
    "msgraph_beta/generated/__init__.py": "",
    "msgraph_beta/generated/models/__init__.py": "",
    "msgraph_beta/generated/models/entity.py": (
        "class Entity:\n"
        "    def get_field_deserializers(self):\n"
        "        from ...everything import Everything\n"
    ),
    **{f"msgraph_beta/{name}.py": "" for name in ("everything", "error", "model", "only_for_types")},
    "msgraph_beta/users_request_builder.py": "",
}  # fmt: skip


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def distribution(folder: Path, name: str, files: Mapping[str, str], requires: str = "") -> None:
    """Put a distribution into a folder of installed ones."""
    info = f"{name}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    metadata += f"Requires-Dist: {requires}\n" if requires else ""
    record = "".join(f"{file},,\n" for file in (*files, f"{info}/METADATA", f"{info}/RECORD"))
    write(folder, {**files, f"{info}/METADATA": metadata, f"{info}/RECORD": record})


def chosen(folder: Path, code: str, lean: str = LEAN, sdk: Mapping[str, str] = SDK) -> Contents:
    """What is chosen for an app whose `shared/graph` is this code."""
    app = write(
        folder / "app", {**APP, "shared/graph.py": f"import shared.lean\n{code}", "shared/lean.py": lean}
    )
    distribution(folder / "installed", "msgraph-beta-sdk", sdk)
    return choose(app, folder / "installed", read_distributions(folder / "installed"))


CALLS = (
    "from msgraph_beta.client_service_client import Client\n"
    "builder = Client().solutions().booking()\n"
    "answer = builder.get()\n"
)


def test_sdk_is_followed_method_by_method(tmp_path: Path) -> None:
    """Of the SDK comes what the calls in the code lead to: not the neighbours, not what is replaced."""
    reached = chosen(tmp_path, CALLS).reach.modules
    wanted = {"solutions_request_builder", "booking_request_builder", "error", "model"}
    assert {f"msgraph_beta.{name}" for name in wanted} <= reached
    assert {
        f"msgraph_beta.{name}" for name in ("users_request_builder", "everything", "only_for_types")
    } & reached == set()


def test_method_that_is_not_replaced_is_followed(tmp_path: Path) -> None:
    """Without the replacement the method brings everything in: the rule is derived from the code."""
    lean = f"from {ENTITY} import Entity\nEntity().get_field_deserializers()\n"
    assert "msgraph_beta.everything" in chosen(tmp_path, CALLS, lean).reach.modules


def test_builder_that_is_kept_may_be_asked_for_anything(tmp_path: Path) -> None:
    """Where a builder is put into a variable, every method name that the code uses may be meant for it."""
    code = f"{CALLS}kept = Client().solutions()\n"
    assert "msgraph_beta.everything" in chosen(tmp_path, code).reach.modules


def test_other_distributions_come_by_their_own_rules(tmp_path: Path) -> None:
    """Reached modules; the whole where a name is computed; tzdata for zoneinfo; nothing where nobody asks."""
    installed = tmp_path / "installed"
    distribution(
        installed,
        "plain",
        {"plain/__init__.py": "", "plain/used.py": "", "plain/idle.py": "", "plain/data.txt": ""},
    )
    distribution(
        installed,
        "clever",
        {
            "clever/__init__.py": "from importlib import import_module\nimport_module('clever.' + 'part')\n",
            "clever/part.py": "import late\n",
            "clever/tests/test_it.py": "import nobody\n",
        },
    )  # fmt: skip
    distribution(installed, "late", {"late.py": ""})
    distribution(installed, "nobody", {"nobody.py": ""})
    distribution(installed, "tzdata", {"tzdata/__init__.py": "", "tzdata/zoneinfo/UTC": ""})
    code = f"{CALLS}import clever, zoneinfo\ndef later():\n    from plain import used\n"
    contents = chosen(tmp_path, code)
    files = {
        part.distribution.name: {f for f in part.files if "dist-info" not in f} for part in contents.parts
    }
    assert files["plain"] == {"plain/__init__.py", "plain/used.py", "plain/data.txt"}
    assert files["clever"] == {"clever/__init__.py", "clever/part.py"}
    assert files["late"] == {"late.py"}
    assert files["tzdata"] == {"tzdata/__init__.py", "tzdata/zoneinfo/UTC"}
    assert [each.name for each in contents.left_out] == ["nobody"]


def test_changed_sdk_stops_the_build(tmp_path: Path) -> None:
    """An SDK without the method that is replaced, or under another name, is refused with what to look at."""
    entity = "class Entity:\n    def read_fields(self):\n        pass\n"
    changed = {**SDK, "msgraph_beta/generated/models/entity.py": entity}
    with pytest.raises(PackageError, match=r"sdk_patches\.py replaces Entity\.get_field_deserializers"):
        chosen(tmp_path / "method", CALLS, sdk=changed)
    with pytest.raises(PackageError, match="does not reach msgraph_beta"):
        chosen(tmp_path / "name", "import json\n", lean="")


def test_unsupported_python_is_refused(tmp_path: Path) -> None:
    """A Python of another version, or no Python, is named, with how to name a right one."""
    old = tmp_path / "python3.12"
    old.write_text("#!/bin/sh\necho cpython 3.12\n")
    old.chmod(0o755)
    for given in (str(old), "/bin/false", "/no/such/python"):
        with pytest.raises(PackageError, match=r"is not a? ?Python 3\.13.*--python"):
            find_python(given)


@pytest.mark.parametrize(
    "line",
    ["isodate==0.7.2 --hash=sha256:" + "0" * 64, "isodate==0.0.0 --hash=sha256:" + "0" * 64, "isodate>=0.7"],
    ids=["changed wheel", "no wheel", "no hash"],
)
def test_wheels_must_be_the_locked_ones(tmp_path: Path, line: str) -> None:
    """A wheel that is missing, or is not the locked one, stops the build with the installer's reason."""
    lock = tmp_path / "requirements.txt"
    lock.write_text(f"{line}\n")
    with pytest.raises(PackageError, match=r"(?s)could not be installed:\n.*isodate"):
        install(lock, tmp_path / "installed")


def test_failed_build_leaves_no_zip(tmp_path: Path) -> None:
    """After a failed build there is neither a half-written zip nor the one of an earlier build."""
    out = tmp_path / "dist"
    write(out, {"app.zip": "an older one", "manifest.json": "{}"})
    app = write(tmp_path / "app", {**APP, "requirements.txt": "isodate==0.0.0 --hash=sha256:" + "0" * 64})
    with pytest.raises(PackageError):
        build(Order(app, out, is_proved=False))
    assert list(out.iterdir()) == []


def test_other_machines_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the package cannot be started, it is not built in silence without its proof."""
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    with pytest.raises(PackageError, match="cannot be tried out on this machine"):
        build(Order(tmp_path, tmp_path / "dist"))


def test_command_tells_what_is_wrong(tmp_path: Path) -> None:
    """The command ends with 1 and a message, without a traceback."""
    command = [sys.executable, "-m", "devtools.package", "--python", "/bin/false", "--out", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.startswith("package: /bin/false is not Python 3.13")
    assert "Traceback" not in ended.stderr


def test_libraries_lose_what_only_debuggers_read(tmp_path: Path) -> None:
    """A real library of this machine gets no larger, and still is one; what is no ELF file stays as it is."""
    real = Path(pydantic_core.__file__).parent.glob("*.so")
    library, target = next(real), tmp_path / "target.so"
    strip(library, target)
    assert target.read_bytes().startswith(b"\x7fELF")
    assert b".symtab" not in target.read_bytes()
    assert target.stat().st_size <= library.stat().st_size
    for content in (b"", b"MZ for Windows"):
        (tmp_path / "other").write_bytes(content)
        strip(tmp_path / "other", target)
        assert target.read_bytes() == content


def test_a_library_that_cannot_be_read_stops_the_build(tmp_path: Path) -> None:
    """It would be sent out as it is, and nobody would know; the message says what to install."""
    (tmp_path / "broken.so").write_bytes(b"\x7fELF and nothing more")
    with pytest.raises(PackageError, match="Install GNU binutils or LLVM"):
        strip(tmp_path / "broken.so", tmp_path / "target.so")


def test_only_the_languages_that_pages_speak_come_along() -> None:
    """CLDR's data of an offered language with all its regions, and the root; no other language."""
    kept = [
        file
        for file in ("root.dat", "en.dat", "en_GB.dat", "fr_CH.dat", "pt.dat", "zh_Hans_HK.dat", "enn.dat")
        if not is_foreign(f"babel/locale-data/{file}", frozenset({"en", "fr"}))
    ]
    assert kept == ["root.dat", "en.dat", "en_GB.dat", "fr_CH.dat"]
    assert not is_foreign("babel/global.dat", frozenset())
    assert offered_languages(ROOT) == set(LANGUAGES)


def test_what_libraries_load_for_others_stays_out(tmp_path: Path) -> None:
    """A library that would load aiohttp by default comes without it, and the manifest says why."""
    installed = tmp_path / "installed"
    distribution(installed, "core", {"core/__init__.py": "def transport():\n    import aiohttp\n"})
    distribution(installed, "aiohttp", {"aiohttp/__init__.py": ""})
    contents = chosen(tmp_path, f"{CALLS}import core\n")
    left_out = {one["name"]: one["why"] for one in describe(contents)["leftOut"]}
    assert "core" not in left_out
    assert "azure_transport.py" in left_out["aiohttp"]


def test_only_offered_languages_are_chosen(tmp_path: Path) -> None:
    """The choice of the package's files asks which languages the app has."""
    write(tmp_path / "app", {"shared/pages/locales/fr.toml": ""})
    data = {f"babel/locale-data/{name}.dat": "" for name in ("root", "fr", "fr_CA", "pt")}
    distribution(tmp_path / "installed", "babel", {"babel/__init__.py": "", **data})
    (babel,) = (
        one for one in chosen(tmp_path, f"{CALLS}import babel\n").parts if one.distribution.name == "babel"
    )
    kept = {Path(file).stem for file in babel.files if file.endswith(".dat")}
    assert kept == {"root", "fr", "fr_CA"}


def test_a_template_that_does_not_compile_stops_the_build(tmp_path: Path) -> None:
    """The build fails with the template's name, not the first visitor's request."""
    app = tmp_path / "app"
    shutil.copytree(ROOT / "shared", app / "shared", ignore=shutil.ignore_patterns("__pycache__"))
    compile_pages(app, tmp_path / "good")
    assert list((tmp_path / "good" / "shared" / "pages" / "compiled").glob("*.py"))
    (app / "shared" / "pages" / "templates" / "services.html").write_text("{% if %}", "utf-8")
    with pytest.raises(PackageError, match="the templates do not compile"):
        compile_pages(app, tmp_path / "bad")


def test_templates_come_as_modules() -> None:
    """The source of a template stays at home; the style of the reference page is no template."""
    assert is_template("shared/pages/templates/layout.html")
    assert not is_template("shared/pages/templates/reference.css")
    assert not is_template("web/page.html")


def test_dependencies_are_trimmed_and_still_mean_the_same() -> None:
    """No docstring is left but a word for each dataclass, which else would work one out at every import."""
    source = (
        'from dataclasses import dataclass\n"""not a docstring"""\n'
        'def function():\n    """gone"""\n'
        "@dataclass(frozen=True)\nclass Point:\n    x: int\n"
        '@dataclass\nclass Named:\n    """gone"""\n'
        'class Plain:\n    """gone"""\n'
    )
    trimmed = ast.fix_missing_locations(Trimmer([]).visit(ast.parse(source)))
    found: dict[str, Any] = {}

    exec(compile(trimmed, "trimmed", "exec"), found)  # noqa: S102 (the source is above)

    assert [found[name].__doc__ for name in ("function", "Plain", "Point", "Named")] == [
        None,
        None,
        "Point",
        "Named",
    ]
    assert repr(found["Point"](1)) == "Point(x=1)"
    assert found["function"]() is None


def test_models_of_the_sdk_are_neither_compared_nor_shown() -> None:
    """Nobody does; whoever tells a dataclass what to make of itself gets that."""
    source = (
        "from dataclasses import dataclass\n@dataclass\nclass Model:\n    name: str\n"
        "@dataclass(order=True)\nclass Told:\n    name: str\n"
    )
    trimmed = ast.fix_missing_locations(Trimmer([], is_sdk=True).visit(ast.parse(source)))
    found: dict[str, Any] = {}

    exec(compile(trimmed, "trimmed", "exec"), found)  # noqa: S102 (the source is above)

    assert found["Model"]("Ada").name == "Ada"
    assert found["Model"]("Ada") != found["Model"]("Ada")
    assert "Ada" not in repr(found["Model"]("Ada"))
    assert found["Told"]("Ada") == found["Told"]("Ada")
