"""The deployment package: what is in it, that it works, and that nothing that it needs can be missing."""

import json
import random
import re
import zipfile
from pathlib import Path

import pytest

from devtools.package.build import MOST_BYTES, MOST_FILES, Order, build
from devtools.package.cases import SECRET
from devtools.package.driver import bare, running
from devtools.package.errors import PackageError
from devtools.package.proof import prove
from devtools.package.reach import NEVER_LOADED
from devtools.package.stage import PACKAGES
from devtools.package.target import PYTHON
from tests.support.packages import Package
from tests.support.servers import ROOT

pytestmark = pytest.mark.timeout(900)

SAMPLES = 5
NEEDED_LATER = (
    "msgraph_beta.generated.models.o_data_errors.inner_error",  # when Graph answers with an error
    "shared.tables.table",  # with the store in Azure
    "azure.data.tables.aio._table_client_async",  # with the store in Azure
)
"""Modules that a facade which books well does without."""


def names(package: Package) -> list[str]:
    with zipfile.ZipFile(package.zip) as archive:
        return archive.namelist()


def test_layout_is_what_functions_expects(package: Package) -> None:
    """The app lies at the root, its dependencies below `.python_packages`, and every part says what it is."""
    found = names(package)
    roots = {name.split("/")[0] for name in found}
    assert {"function_app.py", "host.json", "manifest.json", "shared", ".python_packages"} <= roots
    assert roots <= {
        "function_app.py",
        "host.json",
        "manifest.json",
        "shared",
        "docs",
        "web",
        "__pycache__",
        ".python_packages",
    }
    assert [name for name in found if name.endswith(".py")] == ["function_app.py"]
    assert f"{PACKAGES.as_posix()}/msgraph_beta/graph_service_client.pyc" in found
    assert f"{PACKAGES.as_posix()}/azure/functions/__init__.pyc" in found
    assert not [name for name in found if re.search(r"\.pyi$|/tests?/|local\.settings|/RECORD$", name)]


def test_package_is_small(package: Package) -> None:
    """The zip keeps its limits, and of the SDK's 28,954 modules no more than 200 are in it."""
    assert package.zip.stat().st_size <= MOST_BYTES == 12_000_000
    assert len(names(package)) <= MOST_FILES == 4_000
    assert sum("/msgraph_beta/" in name for name in names(package)) <= 200


def test_manifest_accounts_for_everything(package: Package) -> None:
    """Every locked distribution is in the manifest, either in the package with a reason or left out."""
    with zipfile.ZipFile(package.zip) as archive:
        inside = json.loads(archive.read("manifest.json"))
    assert inside == json.loads(package.zip.with_name("manifest.json").read_text("utf-8"))
    told = {each["name"] for each in inside["distributions"] + inside["leftOut"]}
    locked = re.findall(
        r"^([\w.-]+)==([\w.]+)(.*)$", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE
    )
    expected = {name for name, _, marker in locked if "< '3.13'" not in marker}
    assert expected - told == set()
    assert all(each["why"] for each in inside["distributions"] + inside["leftOut"])
    assert any("Entity.get_field_deserializers" in each for each in inside["notFollowed"])


def test_bytecode_needs_no_times(package: Package) -> None:
    """All bytecode is of the kind that is valid on a read-only mount: hash-based and unchecked (PEP 552)."""
    with zipfile.ZipFile(package.zip) as archive:
        flags = {archive.read(name)[4:8] for name in archive.namelist() if name.endswith(".pyc")}
    assert flags == {b"\x01\x00\x00\x00"}


def test_same_sources_same_bytes(package: Package, tmp_path: Path) -> None:
    """A second build in another folder makes the same zip, byte for byte."""
    again = build(Order(package.sources, tmp_path, package.python, is_proved=False))
    assert again.read_bytes() == package.zip.read_bytes()


async def test_missing_module_is_noticed(package: Package, tmp_path: Path) -> None:
    """Without any one of the modules that the app needs, the proof fails: a sample, the same in every run."""
    whole = package.unpack(tmp_path / "whole")
    loaded = await prove(whole, package.python)
    # A folder is a package without its __init__.py too, so those with nothing in them can be missed.
    pool = sorted(
        name
        for name in loaded
        if name.startswith(("shared.", "msgraph_", "kiota_", "azure.identity"))
        and any((root / f"{name.replace('.', '/')}.pyc").is_file() for root in (whole, whole / PACKAGES))
    )
    sample = random.Random(7).sample(pool, SAMPLES)  # noqa: S311 (a sample, no secret)
    unnoticed = []
    for name in (*sample, *NEEDED_LATER):
        file = file_of(whole, name)
        content = file.read_bytes()
        file.unlink()
        try:
            await prove(whole, package.python)
        except PackageError:
            pass
        else:
            unnoticed.append(name)
        finally:
            file.write_bytes(content)
    assert unnoticed == []


async def test_what_is_left_out_must_not_be_asked_for(package: Package, tmp_path: Path) -> None:
    """Not even where whoever asks does without it; what stands in for it is told apart."""
    whole = package.unpack(tmp_path / "whole")
    for compiled in (whole / "__pycache__").iterdir():
        compiled.unlink()
    entry = whole / "function_app.py"
    asks = "try:\n    import cryptography.fernet\nexcept ImportError:\n    pass\n"
    entry.write_text(entry.read_text("utf-8") + asks, "utf-8")
    with pytest.raises(PackageError, match="left out as never loaded: cryptography\n"):
        await prove(whole, package.python)


def test_what_is_never_loaded_is_not_there(package: Package) -> None:
    """The manifest says why, for each of them."""
    found = names(package)
    for module in NEVER_LOADED:
        path = f"{PACKAGES.as_posix()}/{module.replace('.', '/')}"
        assert not [name for name in found if name.startswith((f"{path}/", f"{path}."))]
    with zipfile.ZipFile(package.zip) as archive:
        assert json.loads(archive.read("manifest.json"))["neverLoaded"] == NEVER_LOADED


async def test_a_credential_that_is_left_out_is_refused_at_start(package: Package, tmp_path: Path) -> None:
    """By the name of its setting; a developer's own runs from the sources."""
    whole = package.unpack(tmp_path / "whole")
    settings = {
        "BOOKING_BUSINESSES": '{"shop": "shop@contoso.com"}',
        "BOOKING_SECRET": SECRET,
        "GRAPH_CREDENTIAL": "environment",
    }
    with pytest.raises(PackageError, match="GRAPH_CREDENTIAL: expected managed_identity"):
        async with running(bare(whole, package.python), settings, tmp_path / "log"):
            pass


def file_of(folder: Path, module: str) -> Path:
    path = module.replace(".", "/")
    candidates = (f"{path}.pyc", f"{path}/__init__.pyc")
    return next(
        file for root in (folder, folder / PACKAGES) for name in candidates if (file := root / name).is_file()
    )


def test_infrastructure_runs_the_packages_python() -> None:
    """The function app's runtime is the Python for which the package is compiled."""
    source = (ROOT / "infra" / "main.bicep").read_text("utf-8")
    assert f"param pythonVersion string = '{PYTHON}'" in source
