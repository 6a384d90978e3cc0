"""The checks of the infrastructure: the compiler, the offline checker, and what others wrote."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.infra.desk import INFRA, ROOT, SCRIPTS, without
from tests.infra.test_parameters import optional

BICEP_FILES = sorted(INFRA.rglob("*.bicep"))

# A compiler that writes down its arguments and two variables, and says what the test has put into a file.
FAKE_BICEP = """#!/bin/sh
[ "$1" != --version ] || { echo 'Bicep CLI version 0.0.0 (fake)'; exit 0; }
printf '%s|' "$@" >> "$FAKE/calls"
printf '%s|%s\\n' "${HUMAN_CHECK-unset}" "${AZURE_ENV_NAME-unset}" >> "$FAKE/calls"
if [ "$1" = format ]; then cp "$2" "$4"; [ ! -f "$FAKE/misformat" ] || echo >> "$4"; fi
if [ -f "$FAKE/$1" ]; then cat "$FAKE/$1" >&2; exit "$(cat "$FAKE/code" 2>/dev/null || echo 0)"; fi
"""


def check_with_compiler(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the check with the fake compiler on the path, and no offline checker."""
    (folder / "bicep").write_text(FAKE_BICEP)
    (folder / "bicep").chmod(0o755)
    environment = {
        **without("BICEP_CHECK"),
        "PATH": f"{folder}:{os.environ['PATH']}",
        "FAKE": str(folder),
        **variables,
    }
    return subprocess.run(
        [str(SCRIPTS / "check-bicep.sh")], env=environment, capture_output=True, text=True, check=False
    )


def calls(folder: Path, command: str) -> list[list[str]]:
    """The calls of one command of the compiler."""
    lines = (folder / "calls").read_text().splitlines()
    return [line.split("|") for line in lines if line.startswith(f"{command}|")]


def test_the_compiler_is_asked_for_everything(tmp_path: Path) -> None:
    """Each file is built, linted and formatted; the parameters compiled with nothing set, then all empty."""
    answer = check_with_compiler(tmp_path, HUMAN_CHECK="turnstile")
    assert answer.returncode == 0, answer.stderr
    for command in ("build", "lint"):
        assert len(calls(tmp_path, command)) == len(BICEP_FILES)
    assert len(calls(tmp_path, "format")) == len(BICEP_FILES) + 1
    seen = [call[-2:] for call in calls(tmp_path, "build-params")]
    assert seen == [["unset", "sample"], ["", "sample"]]
    assert "DID NOT RUN" not in answer.stderr


def test_every_optional_variable_is_emptied_for_the_compiler() -> None:
    """The script finds them by the default that they are read with."""
    pattern = r"readEnvironmentVariable\('([A-Z_]*)', ''\)"
    assert set(re.findall(pattern, (INFRA / "main.bicepparam").read_text("utf-8"))) == optional()


@pytest.mark.parametrize("command", ["build", "lint", "build-params"])
@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("main.bicep(5,1) : Warning BCP225: is not known", 0),
        ("main.bicepparam(3,1) : Error BCP033: no", 1),
        ("", 1),
    ],
)
def test_what_the_compiler_says_is_a_failure(tmp_path: Path, command: str, said: str, code: int) -> None:
    """An error is one, and a warning too."""
    (tmp_path / command).write_text(f"{said}\n")
    (tmp_path / "code").write_text(str(code))
    answer = check_with_compiler(tmp_path)
    assert answer.returncode == 1
    assert said in answer.stderr
    assert "FAILED" in answer.stderr


def test_another_format_is_a_failure(tmp_path: Path) -> None:
    """The files are as the compiler would format them."""
    (tmp_path / "misformat").touch()
    answer = check_with_compiler(tmp_path)
    assert answer.returncode == 1
    assert "is not formatted" in answer.stderr


def test_a_compiler_that_is_named_and_missing_is_a_failure(tmp_path: Path) -> None:
    """Whoever names one wants it to run."""
    assert check_with_compiler(tmp_path, BICEP=str(tmp_path / "nowhere")).returncode == 2


def test_what_did_not_run_is_said(tmp_path: Path) -> None:
    """Without a compiler and without a checker the script succeeds, and says that it proved nothing."""
    for tool in ("dirname", "mktemp", "rm"):
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))
    environment = {**without("BICEP_CHECK"), "PATH": str(tmp_path)}
    environment.pop("BICEP", None)
    answer = subprocess.run(
        ["/bin/sh", str(SCRIPTS / "check-bicep.sh")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0
    assert "THE COMPILER DID NOT RUN" in answer.stderr
    assert "skipped" in answer.stdout


needs_checker = pytest.mark.skipif(
    not os.environ.get("BICEP_CHECK"), reason="BICEP_CHECK names no Bicep checker on this machine"
)


FIRST_USE = 1500
"""Seconds that may go by, on a busy machine, until the checker is installed and has read its types."""


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SCRIPTS / "check-bicep.sh"), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )


@needs_checker
@pytest.mark.timeout(FIRST_USE)
def test_bicep_is_sound() -> None:
    """The files as they are pass the check, and all of them are checked."""
    answer = check(INFRA)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert f"{len(BICEP_FILES)} files, no errors" in answer.stdout


FAULTS = {
    "a wrong property": ("app/storage.bicep", "allowSharedKeyAccess: false", "allowSharedKeys: false"),
    "a missing module parameter": ("main.bicep", "    graphCloud: graphCloud\n", ""),
    "an undeclared name": ("app/functions.bicep", "serverFarmId: plan.id", "serverFarmId: plans.id"),
    "a missing property": ("app/storage.bicep", "  sku: { name: 'Standard_LRS' }\n", ""),
    "an output that is not": ("main.bicep", "identity.outputs.clientId", "identity.outputs.client"),
}


@needs_checker
@pytest.mark.timeout(FIRST_USE)
@pytest.mark.parametrize("fault", FAULTS)
def test_bicep_check_finds_a_fault(tmp_path: Path, fault: str) -> None:
    """The check is no formality: each seeded fault makes it fail."""
    name, sound, faulty = FAULTS[fault]
    copy = tmp_path / "infra"
    shutil.copytree(INFRA, copy)
    source = (copy / name).read_text(encoding="utf-8")
    assert sound in source
    (copy / name).write_text(source.replace(sound, faulty), encoding="utf-8")
    answer = check(copy)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "error" in answer.stdout


# -- what others wrote ---------------------------------------------------------------------------------------

PROGRAMS = ("checkov", "zizmor", "shellcheck", "actionlint")


def check_others(folder: Path, *failing: str, parsed: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the other checkers as fakes, of which some find something."""
    bin_folder = folder / "venv" / "bin"
    bin_folder.mkdir(parents=True)
    shutil.copy(INFRA / "requirements-checkers.txt", folder / "venv" / "installed.txt")
    for name in PROGRAMS:
        text = f'echo "$0 $*" >> {folder}/calls\n'
        text += f"echo '\"parsing_errors\": {0 if parsed else 1}'\n" if name == "checkov" else ""
        (bin_folder / name).write_text(f"#!/bin/sh\n{text}exit {int(name in failing)}\n")
        (bin_folder / name).chmod(0o755)
    environment = {
        **os.environ, "CHECKERS_VENV": str(folder / "venv"), "PATH": f"{bin_folder}:{os.environ['PATH']}",
    }  # fmt: skip
    return subprocess.run(
        [str(SCRIPTS / "check-others.sh")], env=environment, capture_output=True, text=True, check=False
    )


def test_other_checkers_are_asked(tmp_path: Path) -> None:
    """All four run, over every script and every workflow."""
    answer = check_others(tmp_path)
    assert answer.returncode == 0, answer.stderr
    asked = (tmp_path / "calls").read_text()
    assert all(f"{name}: nothing found" in answer.stdout for name in PROGRAMS)
    for path in [
        *SCRIPTS.glob("*.sh"),
        *(ROOT / ".github" / "workflows").glob("*.yml"),
        ROOT / ".ci" / "run",
    ]:
        assert str(path) in asked


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_another_checker_finds_is_a_failure(tmp_path: Path, name: str) -> None:
    """One that finds something fails the check, and the others run all the same."""
    answer = check_others(tmp_path, name)
    assert answer.returncode == 1
    assert f"{name}: FAILED" in answer.stderr
    assert answer.stdout.count("nothing found") == len(PROGRAMS) - 1


def test_a_file_that_checkov_cannot_read_is_a_failure(tmp_path: Path) -> None:
    """A file that is skipped would pass unseen."""
    answer = check_others(tmp_path, parsed=False)
    assert answer.returncode == 1
    assert "could not read" in answer.stderr


def test_every_suppression_has_its_reason() -> None:
    """What checkov leaves out says why, beside it."""
    lines = (INFRA / "checkov.yaml").read_text("utf-8").splitlines()
    suppressed = [line for line in lines if line.startswith("  - ")]
    assert len(suppressed) > 10
    assert all(re.fullmatch(r"  - CKV_AZURE_\d+ # \S.+", line) for line in suppressed)
    disabled = [
        line
        for path in SCRIPTS.glob("*.sh")
        for line in path.read_text("utf-8").splitlines()
        if "disable=" in line
    ]
    assert all(line.count("#") == 2 for line in disabled)
